"""The shelf: the part of a state that is kept elsewhere, and fetched when it is asked for.

A machine alone has all of its state in memory, and no shelf. A chain whose state is larger than
its memory gives each table, the timers and the running totals a shelf; what they hold then is what
has changed since it was last kept, and what was fetched. Nothing here knows where that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from servanda.interpreter.execute.invariants import Total
    from servanda.interpreter.execute.state import IndexTable, Row
    from servanda.interpreter.execute.timers import Order


class Shelf(Protocol):
    """Where a machine finds what is not in memory."""

    def fill(self, row: Row) -> bool:
        """Give a row, which has its key, all of its fields; False if there is no such record."""

    def lost(self, record: str, key: Any) -> Exception:
        """Return the error of a record that an index lists and that is not there."""

    def entries(
        self, index: IndexTable, values: tuple[Any, ...], start: tuple[Any, ...] | None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the entries of an index with these values, in order, from one on."""

    def last(self, index: IndexTable) -> tuple[Any, ...] | None:
        """Return the last entry of an index without values, or None."""

    def orders(self, start: tuple[Any, ...] | None) -> Iterator[Order]:
        """Yield where timers stand in the queue, in order, from one on."""

    def total(self, total: Total, group: Row | None) -> Any:
        """Return a running total of a group; 0 for none."""


class Rows(dict[Any, Any]):
    """Rows by key, of which those that are not in memory are fetched when asked for.

    Whoever goes over all of them, or counts them, asks the table.
    """

    __slots__ = ("_fetch",)

    def __init__(self, fetch: Callable[[Any], Any], held: dict[Any, Any]) -> None:
        super().__init__(held)
        self._fetch = fetch

    def __missing__(self, key: Any) -> Any:
        """Return the row of a key that is not in memory."""
        row = self._fetch(key)
        if row is None:
            raise KeyError(key)
        self[key] = row
        return row

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the row of a key, or the default where there is no such record."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        """Whether there is a record of this key."""
        return self.get(key) is not None
