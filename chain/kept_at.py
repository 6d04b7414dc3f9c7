"""What was kept at any height: a chain as it stood at an earlier block.

In comes a store and a height; out comes what a ledger asks for (`kept.py`), so that a ledger can
stand at any block that there was. The records of that height are proved by its root. The entries
that find them are kept for the last block only, and are worked out again here from all records:
that takes time and memory in proportion to the state, so it is for looking back, not for a node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from sortedcontainers import SortedDict

from servanda.chain.block import Header
from servanda.chain.encoding import decode
from servanda.chain.genesis import Genesis
from servanda.chain.state import ChainState
from servanda.chain.state_tree import Node, NodePath, Nodes
from servanda.chain.store import Store
from servanda.interpreter.values.time_zones import Zone


class KeptAt:
    """What was kept up to a height. Nothing can be added to it."""

    def __init__(
        self, genesis: Genesis, zones: Mapping[str, Zone], store: Store, height: int
    ) -> None:
        self._genesis = genesis
        self._zones = zones
        self._store = store
        self._height = height

    def head(self) -> Header | None:
        """Return the header of the block at the height, or None before the first."""
        return self._store.header(self._height) if self._height else None

    def header(self, height: int) -> Header:
        """Return the header of a block that is no later."""
        assert height <= self._height, "what came later is not known here"
        return self._store.header(height)

    def tree(self, height: int) -> Nodes:
        """Return the nodes of the state tree of a height that is no later."""
        assert height <= self._height, "what came later is not known here"
        return self._store.tree(height)

    def record(self, identity: bytes, height: int) -> bytes | None:
        """Return the value that a record had at a height that is no later."""
        assert height <= self._height, "what came later is not known here"
        return self._store.record(identity, height)

    def entries(self, place: bytes, low: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries of a place from `low` to before `end`, in order."""
        found = self._entries.get(place, SortedDict())
        for key in found.irange(low, end, inclusive=(True, False)):
            yield key, found[key]

    def last_entry(self, place: bytes) -> tuple[bytes, bytes] | None:
        """Return the last entry of a place, or None."""
        found = self._entries.get(place)
        return found.peekitem() if found else None

    def sources(self) -> Mapping[bytes, bytes]:
        """Return all sources; which of them ran, the records say."""
        return self._store.sources()

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return a node of the state tree."""
        return self._store.tree(self._height).find(path, expected)

    def next_numbers(self) -> tuple[int, int]:
        """Return the numbers of the node and the record that came next."""
        return self._store.numbers_after(self._height)

    def has_run(self, transaction: bytes, expiry_ms: int) -> bool:
        """Whether a transaction had run or lapsed by then."""
        height = self._store.height_of(transaction, expiry_ms)
        return height is not None and height <= self._height

    @cached_property
    def _entries(self) -> dict[bytes, SortedDict[bytes, bytes]]:
        records: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
        for identity, value in self._store.records(self._height):
            named: Any = decode(identity)
            contract, record, key = named
            records.setdefault((contract, record), []).append((key, decode(value)))
        state = ChainState(self._genesis, self._zones, 0)
        found = state.entries_of(records, self._store.sources())
        return {
            place: SortedDict({key: value for key, value in entries.items() if value is not None})
            for place, entries in found.items()
        }
