"""The state tree as it is kept: nodes by number, each with the numbers of what stands below it.

In come the nodes and records that a block made, numbered in the order in which they are kept; out
come the bytes of each node, and later the nodes and records again. Nothing that was kept is ever
changed: a node that changes is kept anew, and shares with the one before it all that did not. So
the number of a root leads to the whole state of its height, and every step down is checked by the
hash that stands above it.

    node = the node of `state_tree.py` ‖ for each place that is taken, in order, eight bytes:
           the number of the node, or of the record, that stands there
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from servanda.chain.state_tree import (
    BITMAP_BYTES,
    EMPTY,
    DamagedNode,
    Entry,
    Node,
    NodePath,
    nibble,
    path_of,
)

NUMBER_BYTES = 8
NODES_KEPT_MAX = 200_000
"""So many nodes are in memory."""


class KeptNode(NamedTuple):
    """A node, its hash, and the numbers of what stands in each place that is taken."""

    digest: bytes
    node: Node
    numbers: Mapping[int, int]


class KeptTree:
    """The state tree of one height.

    `read` gives the bytes of a node by its number, `damaged` the error that names what is wrong.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        damaged: Callable[[str], Exception],
        height: int,
        number: int,
        root: bytes,
    ) -> None:
        self._read = read
        self._damaged = damaged
        self.height = height
        self.number = number
        """Of the root."""
        self.root = root
        self._nodes: dict[NodePath, KeptNode] = {}

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path, whose hash is known from above it."""
        kept = self._at(path)
        if kept is None or kept.digest != expected:
            raise self._damaged(f"the state tree has no node {path.hex() or 'at its root'}")
        return kept.node

    def record(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the hash of the value, and the number, of the record of a key's hash, or None."""
        depth = 0
        while (kept := self._at(path_of(key, depth))) is not None:
            place = nibble(key, depth)
            entry = kept.node.entries.get(place)
            if entry is not None:
                return (entry.value, kept.numbers[place]) if entry.key == key else None
            depth += 1
        return None

    def records(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Yield the hashes of key and value, and the number, of every record, by hash of key."""
        return iter(()) if self.root == EMPTY else self._records_below(self.number, self.root)

    def _records_below(self, number: int, expected: bytes) -> Iterator[tuple[bytes, bytes, int]]:
        kept = self._read_kept(number, expected)
        for place, below in kept.numbers.items():
            entry = kept.node.entries.get(place)
            if entry is None:
                yield from self._records_below(below, kept.node.hashes[place] or EMPTY)
            else:
                yield entry.key, entry.value, below

    def _at(self, path: NodePath) -> KeptNode | None:
        """Return the node at a path, or None if there is none."""
        known = self._nodes.get(path)
        if known is not None:
            return known
        if not path:
            number, expected = self.number, self.root
            if expected == EMPTY:
                return None
        else:
            above, place = self._at(path[:-1]), path[-1]
            if above is None or place in above.node.entries or place not in above.numbers:
                return None
            number, expected = above.numbers[place], above.node.hashes[place] or EMPTY
        found = self._nodes[path] = self._read_kept(number, expected)
        return found

    def _read_kept(self, number: int, expected: bytes) -> KeptNode:
        try:
            return read_kept(self._read(number), expected)
        except DamagedNode as damaged:
            raise self._damaged(str(damaged)) from None

    # ── going on ──────────────────────────────────────────────────────────────────────────────

    def advance(
        self, made: Mapping[NodePath, Node], records: Mapping[bytes, int], first: int
    ) -> list[tuple[int, bytes]]:
        """Go on to the next height; return the nodes that it made, with their numbers.

        `made` has every node behind those below it; `records` are the numbers of the records of
        the block, by the hash of the key; `first` is the number of the first node.
        """
        numbered: dict[NodePath, KeptNode] = {}
        numbers: dict[NodePath, int] = {}
        kept = []
        for number, (path, node) in enumerate(made.items(), start=first):
            below = self._numbers_below(path, node, numbers, records)
            numbers[path] = number
            numbered[path] = KeptNode(node.hash, node, below)
            kept.append((number, write_kept(node, below)))
        if len(self._nodes) + len(numbered) > NODES_KEPT_MAX:
            self._nodes.clear()
        self._nodes.update(numbered)
        self.height += 1
        if made:
            self.number, self.root = numbers[b""], numbered[b""].digest
        return kept

    def _numbers_below(
        self,
        path: NodePath,
        node: Node,
        made: Mapping[NodePath, int],
        records: Mapping[bytes, int],
    ) -> dict[int, int]:
        before = self._at(path)
        found: dict[int, int] = {}
        for place, hash_below in enumerate(node.hashes):
            if hash_below is None:
                continue
            entry = node.entries.get(place)
            key_or_path = path + bytes([place]) if entry is None else entry.key
            number = (made if entry is None else records).get(key_or_path)
            if number is None:
                number = self._number_before(before, place, entry)
            found[place] = number
        return found

    def _number_before(self, before: KeptNode | None, place: int, entry: Entry | None) -> int:
        """Return the number of what no record of this block has changed."""
        if before is not None:
            stood = before.node.entries.get(place)
            if entry is None or (stood is not None and stood.key == entry.key):
                return before.numbers[place]
        # A record that stood further up, until another came to share its way.
        assert entry is not None, "a node that no block made"
        known = self.record(entry.key)
        assert known is not None, "a record that no block made"
        return known[1]


def write_kept(node: Node, numbers: Mapping[int, int]) -> bytes:
    """Return a node as it is kept."""
    return node.to_bytes() + struct.pack(f">{len(numbers)}Q", *numbers.values())


def read_kept(data: bytes, expected: bytes) -> KeptNode:
    """Return the node of a hash from its bytes, or raise `DamagedNode`."""
    taken = int.from_bytes(data[:BITMAP_BYTES])
    size = NUMBER_BYTES * taken.bit_count()
    node = Node.from_bytes(data[: len(data) - size], expected)
    places = [place for place, found in enumerate(node.hashes) if found is not None]
    found = struct.unpack(f">{len(places)}Q", data[len(data) - size :])
    return KeptNode(expected, node, dict(zip(places, found, strict=True)))
