"""What was kept: how a ledger reads the blocks so far, whoever keeps them.

Records and nodes are read under the root of the last block, so that what is served is what was
signed. Entries are what is worked out from records to find them in order; they are kept in places,
one for each index, each kind of total, and the timers, under sortable bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias

from servanda.chain.block import Header
from servanda.chain.state_tree import Node, NodePath, Nodes

Entries: TypeAlias = "Mapping[bytes, Mapping[bytes, bytes | None]]"
"""What changes in each place: the value under a key, or None where it is gone."""


class Readable(Protocol):
    """What a state is read from."""

    def record(self, identity: bytes, height: int) -> bytes | None:
        """Return the value of a record at a height, or None if there was none."""

    def entries(self, place: bytes, low: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries of a place from `low` to before `end`, in order."""

    def last_entry(self, place: bytes) -> tuple[bytes, bytes] | None:
        """Return the last entry of a place, or None."""


class Kept(Readable, Protocol):
    """What was kept of the blocks so far."""

    def header(self, height: int) -> Header:
        """Return the header of a block."""

    def tree(self, height: int) -> Nodes:
        """Return the nodes of the state tree of a height."""

    def head(self) -> Header | None:
        """Return the header of the last block, or None before the first."""

    def sources(self) -> Mapping[bytes, bytes]:
        """Return the sources of contracts by their hash."""

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return a node of the state tree."""

    def next_numbers(self) -> tuple[int, int]:
        """Return the numbers under which the next node and the next record will be kept."""

    def has_run(self, transaction: bytes, expiry_ms: int) -> bool:
        """Whether a transaction, by hash and expiry, has run or has lapsed."""
