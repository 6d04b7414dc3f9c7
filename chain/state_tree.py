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

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple, Protocol, TypeAlias

from servanda.chain.merkle import HASH_BYTES, LEAF, NODE, hash_of

EMPTY = bytes(HASH_BYTES)
"""The root of a tree without records."""

PLACES = 16
DEPTH_MAX = 2 * HASH_BYTES
BITMAP_BYTES = 2
ENTRY_BYTES = 2 * HASH_BYTES
NUMBER_BYTES = 8

NodePath = bytes
"""The half bytes that lead to a node, each in a byte of its own."""

HALF_BYTES = bytes.maketrans(b"0123456789abcdef", bytes(range(PLACES)))
"""What turns the hexadecimal digits of a key's hash into its half bytes."""


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


class Node(NamedTuple):
    """Sixteen places, of which those that are taken stand in rows of bytes, in their order.

    A block makes some thousands of nodes: three rows of bytes are copied, hashed and kept in a
    fraction of the time that sixteen objects take. Numbers say where something is kept, and not
    what it is: no hash is over them.
    """

    digest: bytes
    number: int
    """Under which the node itself is kept."""
    taken: int
    """A bit for each place that is taken."""
    are_records: int
    """A bit for each place where a record stands."""
    hashes: bytes
    """The hash behind each place that is taken."""
    parts: bytes
    """What is kept of each: of a record the key hash and the value hash, else the hash behind."""
    numbers: bytes
    """The number under which each of these is kept."""

    def hash_at(self, place: int) -> bytes | None:
        """Return the hash behind a place, or None where it is free."""
        if not self.taken >> place & 1:
            return None
        at = HASH_BYTES * _before(self.taken, place)
        return self.hashes[at : at + HASH_BYTES]

    def number_at(self, place: int) -> int:
        """Return the number of what stands in a place that is taken."""
        at = NUMBER_BYTES * _before(self.taken, place)
        return int.from_bytes(self.numbers[at : at + NUMBER_BYTES])

    def entry_at(self, place: int) -> Entry | None:
        """Return the record that stands in a place, or None."""
        if not self.are_records >> place & 1:
            return None
        at = HASH_BYTES * (_before(self.taken, place) + _before(self.are_records, place))
        middle = at + HASH_BYTES
        return Entry(self.parts[at:middle], self.parts[middle : middle + HASH_BYTES])

    def to_bytes(self) -> bytes:
        """Return the node as it is kept: which places are taken, which are records, then each."""
        head = self.taken << 8 * BITMAP_BYTES | self.are_records
        return head.to_bytes(2 * BITMAP_BYTES) + self.parts + self.numbers

    @staticmethod
    def from_bytes(data: bytes, expected: bytes, number: int = 0) -> Node:
        """Return the node of a hash from its bytes, or raise `DamagedNode`."""
        taken = int.from_bytes(data[:BITMAP_BYTES])
        are_records = int.from_bytes(data[BITMAP_BYTES : 2 * BITMAP_BYTES])
        hashes, at = [], 2 * BITMAP_BYTES
        for place in range(PLACES):
            bit = 1 << place
            if taken & are_records & bit:
                hashes.append(hash_of(LEAF + data[at : at + ENTRY_BYTES]))
                at += ENTRY_BYTES
            elif taken & bit:
                hashes.append(data[at : at + HASH_BYTES])
                at += HASH_BYTES
        rows = b"".join(hashes), data[2 * BITMAP_BYTES : at], data[at:]
        node = _node(number, taken, are_records, *rows)
        is_whole = len(rows[2]) == NUMBER_BYTES * taken.bit_count()
        if not is_whole or are_records & ~taken or node.digest != expected:
            raise DamagedNode("a node of the state tree is not the one that was written")
        return node


NO_NODE = Node(EMPTY, 0, 0, 0, b"", b"", b"")
"""What stands where there is nothing yet."""


def _node(
    number: int, taken: int, are_records: int, hashes: bytes, parts: bytes, numbers: bytes
) -> Node:
    digest = sha256(NODE + taken.to_bytes(BITMAP_BYTES) + hashes).digest()
    # The constructor of a named tuple is a function more.
    return tuple.__new__(Node, (digest, number, taken, are_records, hashes, parts, numbers))


def _before(bits: int, place: int) -> int:
    """Return how many of the places before one have their bit set."""
    return (bits & ((1 << place) - 1)).bit_count()


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


class Coming(NamedTuple):
    """A record that is to stand in the tree."""

    way: bytes
    """The half bytes of its key."""
    entry: bytes
    leaf: bytes
    """The hash of its leaf."""
    number: bytes


Change: TypeAlias = "tuple[bytes, int]"
"""The hash of a value, and the number under which the record is kept."""


def update_tree(
    nodes: Nodes, root: bytes, changes: Mapping[bytes, Change], first: int
) -> tuple[bytes, dict[NodePath, Node]]:
    """Return the root after some records got new values, and the nodes that are new.

    `changes` are by key hash. The new nodes are numbered from `first` on, each behind those below
    it. The work is proportional to what changed, times the depth of the tree, which grows with the
    logarithm of the number of records.
    """
    if not changes:
        return root, {}
    made: dict[NodePath, Node] = {}
    coming = []
    for key in sorted(changes):
        value, number = changes[key]
        coming.append(_coming(key + value, number.to_bytes(NUMBER_BYTES)))
    return _update(nodes, b"", root, coming, made, first).digest, made


def _coming(entry: bytes, number: bytes) -> Coming:
    way = entry[:HASH_BYTES].hex().encode().translate(HALF_BYTES)
    return tuple.__new__(Coming, (way, entry, sha256(LEAF + entry).digest(), number))


def _update(
    nodes: Nodes,
    path: NodePath,
    old: bytes,
    coming: list[Coming],
    made: dict[NodePath, Node],
    first: int,
) -> Node:
    """Put sorted records below the node at a path (EMPTY: there is none); return the new one."""
    depth, count, start = len(path), len(coming), 0
    node = NO_NODE if old == EMPTY else nodes.find(path, old)
    _, _, taken, are_records, hashes, parts, numbers = node
    while start < count:
        # Those that come the same way stand side by side.
        way, entry, below, number = coming[start]
        place, stop = way[depth], start + 1
        while stop < count and coming[stop][0][depth] == place:
            stop += 1
        bit = 1 << place
        is_record = are_records & bit
        index = (taken & bit - 1).bit_count()
        behind = index + 1 if taken & bit else index
        its_part = HASH_BYTES * (index + (are_records & bit - 1).bit_count())
        behind_part = its_part + HASH_BYTES * (behind - index + (1 if is_record else 0))
        if stop == start + 1 and (
            behind == index
            or (is_record and parts[its_part : its_part + HASH_BYTES] == entry[:HASH_BYTES])
        ):
            are_records |= bit
        else:
            group = coming[start:stop]
            there = hashes[HASH_BYTES * index : HASH_BYTES * behind] or EMPTY
            if is_record:
                # Two records share this way, so that both go one node deeper.
                are_records ^= bit
                its_number = numbers[NUMBER_BYTES * index : NUMBER_BYTES * behind]
                group = _with_resident(group, parts[its_part:behind_part], its_number)
                there = EMPTY
            lower = _update(nodes, path + way[depth : depth + 1], there, group, made, first)
            entry = below = lower.digest
            number = lower.number.to_bytes(NUMBER_BYTES)
        taken |= bit
        hashes = hashes[: HASH_BYTES * index] + below + hashes[HASH_BYTES * behind :]
        numbers = numbers[: NUMBER_BYTES * index] + number + numbers[NUMBER_BYTES * behind :]
        parts = parts[:its_part] + entry + parts[behind_part:]
        start = stop
    made[path] = new = _node(first + len(made), taken, are_records, hashes, parts, numbers)
    return new


def _with_resident(group: list[Coming], resident: bytes, number: bytes) -> list[Coming]:
    """Return those who come to where a record stands, with that one unless it is among them."""
    found = _coming(resident, number)
    return group if any(one.way == found.way for one in group) else sorted([*group, found])


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
        hashes = [node.hash_at(other) for other in range(PLACES) if other != place]
        steps.append(Step(node.taken, tuple(filter(None, hashes))))
        there, found = node.hash_at(place), node.entry_at(place)
        if there is None or found is not None:
            return Proof(tuple(steps), found)
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
