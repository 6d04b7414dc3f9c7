"""The state tree as it is kept: nodes by number, each with the numbers of what stands below it.

In come the nodes and records that a block made, numbered in the order in which they are kept; out
come the bytes of each node, and later the nodes and records again. Nothing that was kept is ever
changed: a node that changes is kept anew, and shares with the one before it all that did not. So
the number of a root leads to the whole state of its height, and every step down is checked by the
hash that stands above it.

    node = which places are taken, and which of these are records: two bytes each ‖
           of each place that is taken, in order: of a record the hash of its key and that of its
           value, else the hash of the node below ‖
           of each again: the number of the record or node, in eight bytes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from servanda.chain.state_tree import EMPTY, PLACES, DamagedNode, Node, NodePath, nibble, path_of

NODES_KEPT_MAX = 500_000
"""So many nodes are in memory."""


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
        self._nodes: dict[NodePath, Node] = {}

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path, whose hash is known from above it."""
        node = self._nodes.get(path) or self._at(path)
        if node is None or node.digest != expected:
            raise self._damaged(f"the state tree has no node {path.hex() or 'at its root'}")
        return node

    def record(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the hash of the value, and the number, of the record of a key's hash, or None."""
        depth = 0
        while (node := self._at(path_of(key, depth))) is not None:
            place = nibble(key, depth)
            entry = node.entry_at(place)
            if entry is not None:
                return (entry.value, node.number_at(place)) if entry.key == key else None
            depth += 1
        return None

    def records(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Yield the hashes of key and value, and the number, of every record, by hash of key."""
        return iter(()) if self.root == EMPTY else self._records_below(self.number, self.root)

    def _records_below(self, number: int, expected: bytes) -> Iterator[tuple[bytes, bytes, int]]:
        node = self._read_kept(number, expected)
        for place in range(PLACES):
            below, entry = node.hash_at(place), node.entry_at(place)
            if entry is not None:
                yield entry.key, entry.value, node.number_at(place)
            elif below is not None:
                yield from self._records_below(node.number_at(place), below)

    def _at(self, path: NodePath) -> Node | None:
        """Return the node at a path, or None if there is none."""
        known = self._nodes.get(path)
        if known is not None:
            return known
        number, expected = self.number, self.root
        if not path:
            if expected == EMPTY:
                return None
        else:
            above, place = self._at(path[:-1]), path[-1]
            if above is None or above.entry_at(place) is not None:
                return None
            below = above.hash_at(place)
            if below is None:
                return None
            number, expected = above.number_at(place), below
        found = self._nodes[path] = self._read_kept(number, expected)
        return found

    def _read_kept(self, number: int, expected: bytes) -> Node:
        try:
            return Node.from_bytes(self._read(number), expected, number)
        except DamagedNode as damaged:
            raise self._damaged(str(damaged)) from None

    # ── going on ──────────────────────────────────────────────────────────────────────────────

    def advance(self, made: Mapping[NodePath, Node]) -> None:
        """Go on to the next height, by the nodes that its block made: the root is the last."""
        if len(self._nodes) + len(made) > NODES_KEPT_MAX:
            self._nodes.clear()
        self._nodes.update(made)
        self.height += 1
        if made:
            root = made[b""]
            self.number, self.root = root.number, root.digest
