"""The state tree: one root over all records, with proofs that a record is there, or is not.

In come the hashes of keys and values that a block changed; out come the new root and the nodes that
changed. A node has sixteen places, one for each next half byte of a key's hash; a record that is
alone behind a place stands there itself, as a leaf. Records are never removed, so that nodes only
grow, and the tree is the same in whatever order its records came.

    leaf = SHA-256(0x00 ‖ key hash ‖ value hash)
    node = SHA-256(0x01 ‖ a bit for each place that is taken, in two bytes ‖ the hashes in order)

The root of no records at all is 32 zero bytes. Where nodes are kept is somebody else's job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from servanda.chain.merkle import HASH_BYTES, LEAF, NODE, hash_of

EMPTY = bytes(HASH_BYTES)
"""The root of a tree without records."""

PLACES = 16
DEPTH_MAX = 2 * HASH_BYTES
BITMAP_BYTES = 2
BITS = tuple(1 << place for place in range(PLACES))

NodePath = bytes
"""The half bytes that lead to a node, each in a byte of its own."""


class Entry(NamedTuple):
    """A record, by the hash of its key and the hash of its value."""

    key: bytes
    value: bytes

    @property
    def hash(self) -> bytes:
        """The hash of its leaf."""
        return hash_of(LEAF + self.key + self.value)


class DamagedNode(ValueError):  # noqa: N818 -- what is wrong is the bytes, not the program
    """A node that was read is not the one that was written."""


class Node:
    """Sixteen places: the hash behind each (None: nothing), and which of them are records."""

    __slots__ = ("entries", "hashes")

    def __init__(self) -> None:
        self.hashes: list[bytes | None] = [None] * PLACES
        self.entries: dict[int, Entry] = {}

    def copy(self) -> Node:
        """Return a node that can be changed without changing this one."""
        other = Node()
        other.hashes = self.hashes.copy()
        other.entries = self.entries.copy()
        return other

    def put(self, place: int, entry: Entry) -> None:
        """Set a record in a place."""
        self.entries[place] = entry
        self.hashes[place] = entry.hash

    @property
    def hash(self) -> bytes:
        """The hash of the node."""
        return hash_of(NODE + _bitmap(self.hashes) + b"".join(filter(None, self.hashes)))

    def to_bytes(self) -> bytes:
        """Return the node as it is kept: which places are taken, which are records, then each."""
        kept = [
            b"".join(self.entries[place]) if place in self.entries else found
            for place, found in enumerate(self.hashes)
            if found is not None
        ]
        are_records = sum(1 << place for place in self.entries)
        return _bitmap(self.hashes) + are_records.to_bytes(BITMAP_BYTES) + b"".join(kept)

    @staticmethod
    def from_bytes(data: bytes, expected: bytes) -> Node:
        """Return the node of a hash from its bytes, or raise `DamagedNode`."""
        taken = int.from_bytes(data[:BITMAP_BYTES])
        are_records = int.from_bytes(data[BITMAP_BYTES : 2 * BITMAP_BYTES])
        node, at = Node(), 2 * BITMAP_BYTES
        for place in range(PLACES):
            bit = 1 << place
            if taken & are_records & bit:
                middle = at + HASH_BYTES
                node.put(place, Entry(data[at:middle], data[middle : middle + HASH_BYTES]))
                at = middle + HASH_BYTES
            elif taken & bit:
                node.hashes[place] = data[at : at + HASH_BYTES]
                at += HASH_BYTES
        if at != len(data) or are_records & ~taken or node.hash != expected:
            raise DamagedNode("a node of the state tree is not the one that was written")
        return node


def _taken(hashes: Sequence[bytes | None]) -> int:
    return sum([bit for bit, found in zip(BITS, hashes, strict=True) if found is not None])


def _bitmap(hashes: Sequence[bytes | None]) -> bytes:
    return _taken(hashes).to_bytes(BITMAP_BYTES)


class Nodes(Protocol):
    """Where nodes are found."""

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path, whose hash is known from above it."""


def nibble(key: bytes, depth: int) -> int:
    """Return the half byte of a key's hash that leads on from a node at `depth`."""
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def path_of(key: bytes, depth: int) -> NodePath:
    """Return the path to the node at `depth` on the way to a key."""
    return bytes([nibble(key, place) for place in range(depth)])


# ── changing ──────────────────────────────────────────────────────────────────────────────────


def update_tree(
    nodes: Nodes, root: bytes, changes: Mapping[bytes, bytes]
) -> tuple[bytes, dict[NodePath, Node]]:
    """Return the root after some records got new values, and the nodes that are new.

    `changes` are value hashes by key hash. The work is proportional to what changed, times the
    depth of the tree, which grows with the logarithm of the number of records.
    """
    if not changes:
        return root, {}
    made: dict[NodePath, Node] = {}
    entries = [Entry(key, changes[key]) for key in sorted(changes)]
    return _update(nodes, b"", root, entries, made), made


def _update(
    nodes: Nodes, path: NodePath, old: bytes, entries: Sequence[Entry], made: dict[NodePath, Node]
) -> bytes:
    """Put sorted entries below the node at `path` (EMPTY: there is none yet); return its hash."""
    depth = len(path)
    node = Node() if old == EMPTY else nodes.find(path, old).copy()
    for place, group in groupby(entries, lambda entry: nibble(entry.key, depth)):
        coming = list(group)
        there = node.hashes[place]
        resident = node.entries.get(place)
        if len(coming) == 1 and (there is None or (resident and resident.key == coming[0].key)):
            node.put(place, coming[0])
            continue
        if resident is not None:
            # Two records share this way, so that both go one node deeper.
            del node.entries[place]
            there = None
            if all(entry.key != resident.key for entry in coming):
                coming = sorted([*coming, resident])
        below = path + bytes([place])
        node.hashes[place] = _update(nodes, below, there or EMPTY, coming, made)
    made[path] = node
    return node.hash


# ── proving ───────────────────────────────────────────────────────────────────────────────────


class Step(NamedTuple):
    """A node on the way to a key: which places are taken, and the hashes of all but ours."""

    taken: int
    others: tuple[bytes, ...]


class Proof(NamedTuple):
    """The way from the root to where a key stands or would stand.

    `found` is the record there: the one that is proved, or another that stands in its way, which
    proves that the first is absent; None where the place is free.
    """

    steps: tuple[Step, ...]
    found: Entry | None


def prove(nodes: Nodes, root: bytes, key: bytes) -> Proof:
    """Return the proof that a key hash has its value, or none, under a root."""
    steps: list[Step] = []
    expected = root
    while expected != EMPTY:
        depth = len(steps)
        node = nodes.find(path_of(key, depth), expected)
        place = nibble(key, depth)
        others = [one for other, one in enumerate(node.hashes) if one and other != place]
        steps.append(Step(_taken(node.hashes), tuple(others)))
        there = node.hashes[place]
        if there is None or place in node.entries:
            return Proof(tuple(steps), node.entries.get(place))
        expected = there
    return Proof(tuple(steps), None)


def root_from_proof(key: bytes, proof: Proof) -> bytes | None:
    """Return the root that a proof leads to, or None where it has no such form.

    Under that root the key has the value hash of `proof.found` if its key is `key`; else the key
    is in no record.
    """
    steps, found = proof
    if len(steps) > DEPTH_MAX or len(key) != HASH_BYTES:
        return None
    if found is not None:
        depth = len(steps)
        if not depth or any(len(part) != HASH_BYTES for part in found):
            return None
        # Who stands in the way of a key has come by the same way.
        if path_of(found.key, depth) != path_of(key, depth):
            return None
    below = EMPTY if found is None else found.hash
    for depth in range(len(steps) - 1, -1, -1):
        above = _hash_of_step(steps[depth], nibble(key, depth), below)
        if above is None:
            return None
        below = above
    return below


def _hash_of_step(step: Step, place: int, below: bytes) -> bytes | None:
    taken, others = step
    if not 0 <= taken < 1 << PLACES or any(len(one) != HASH_BYTES for one in others):
        return None
    is_taken = bool(taken >> place & 1)
    if is_taken != (below != EMPTY) or taken.bit_count() != len(others) + is_taken:
        return None
    before = (taken & ((1 << place) - 1)).bit_count()
    hashes = [*others[:before], *([below] if is_taken else []), *others[before:]]
    return hash_of(NODE + taken.to_bytes(BITMAP_BYTES) + b"".join(hashes))
