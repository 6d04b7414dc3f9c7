"""The shelf of a chain: what its machine looks for beyond its memory, in what was kept.

In come rows, indexes, timers and totals that are asked for; out comes what the last block left of
them. The other way go the changes of a block, as the entries that are to be kept:

    ["index", contract, record, [field …], range field]    sortable(values, entry) -> entry
    ["timers"]                                              sortable(order) -> order
    ["total", contract, invariant, number]                  sortable(key of the group) -> total

An index by no fields lists the records of a table by their keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from servanda.chain.database import StoreFailed
from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.kept import Readable
from servanda.chain.records import RecordForm
from servanda.chain.sortable import BEHIND_ALL, sortable
from servanda.interpreter.execute.invariants import Total
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.ordered import Ordered
from servanda.interpreter.execute.state import IndexTable, Row
from servanda.interpreter.execute.timers import Order
from servanda.interpreter.model import Index
from servanda.interpreter.types import RecordType


class DamagedRecord(StoreFailed):
    """What was kept of a record cannot be read; the message names the record."""


PLACES_KEPT_MAX = 10_000
TIMERS = encode(("timers",))


class ChainShelf:
    """The shelf of a machine, as of one height."""

    def __init__(self, kept: Readable, forms: Mapping[RecordType, RecordForm]) -> None:
        self.height = 0
        self.kept = kept
        self._forms = forms
        self._timers: dict[tuple[str, int], None] = {}
        """Those of all contracts that run here, by contract and number."""

    # ── what a machine asks for ───────────────────────────────────────────────────────────────

    def fill(self, row: Row) -> bool:
        """Give a row, which has its key, all of its fields; False if there is no such record."""
        form = self._forms[row.table.model.type]
        value = self.kept.record(form.identity(row.key), self.height)
        if value is None:
            return False
        kept: Any = decode(value)
        form.fill(row, kept)
        return True

    def lost(self, record: str, key: Any) -> Exception:  # noqa: ANN401 -- of any type
        """Return the error of a record that an index lists and that is not there."""
        return DamagedRecord(f"{record}[{key!r}] is listed, and is not there")

    def entries(
        self, index: IndexTable, values: tuple[Any, ...], start: tuple[Any, ...] | None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the entries of an index with these values, in order, from one on."""
        prefix = sortable(values)
        low = prefix if start is None else prefix + sortable(start)
        place, end = place_of(index.model), prefix + BEHIND_ALL
        return (listed_tuple(*one, prefix) for one in self.kept.entries(place, low, end))

    def last(self, index: IndexTable) -> tuple[Any, ...] | None:
        """Return the last entry of an index without values, or None."""
        found = self.kept.last_entry(place_of(index.model))
        return None if found is None else listed_tuple(*found)

    def orders(self, start: tuple[Any, ...] | None) -> Iterator[Order]:
        """Yield where timers stand in the queue, in order, from one on."""
        low = b"" if start is None else sortable(tuple(start))
        for one in self.kept.entries(TIMERS, low, BEHIND_ALL):
            match listed_tuple(*one):
                case (int(at), str(contract), int(number), key) if self._is_timer(contract, number):
                    yield Order(at, contract, number, key)
                case _:
                    raise DamagedRecord("a timer that is listed is none")

    def _is_timer(self, contract: str, number: int) -> bool:
        if (contract, number) not in self._timers:
            self._timers |= {
                (form.table.contract, number): None
                for form in self._forms.values()
                for number in form.timer_numbers
            }
        return (contract, number) in self._timers

    def total(self, total: Total, group: Row | None) -> int | Decimal:
        """Return a running total of a group; 0 for none."""
        low = sortable(group)
        found = next(self.kept.entries(place_of_total(total.name), low, low + BEHIND_ALL), None)
        if found is None or found[0] != low:
            return 0
        try:
            text = found[1].decode()
            return Decimal(text[1:]) if text[0] == DECIMAL else int(text[1:])
        except (ValueError, IndexError, ArithmeticError):
            raise DamagedRecord("a total is no number") from None


def listed(key: bytes, value: bytes, prefix: bytes = b"") -> Any:  # noqa: ANN401 -- of any type
    """Return what an entry lists, which must be what it stands under. Raises `DamagedRecord`."""
    found = None
    try:
        found = decode(value)
        is_right = prefix + sortable(found) == key
    except (Malformed, AssertionError):
        # What has no order cannot have been put in order: it was not written here.
        is_right = False
    if not is_right:
        raise DamagedRecord("an entry does not stand under what it lists")
    return found


def listed_tuple(key: bytes, value: bytes, prefix: bytes = b"") -> tuple[Any, ...]:
    """Return the parts of what an entry lists, one at least. Raises `DamagedRecord`."""
    found = listed(key, value, prefix)
    if type(found) is not tuple or not found:
        raise DamagedRecord("an entry lists nothing")
    return found


# ── what a machine has changed ────────────────────────────────────────────────────────────────


def changed_entries(machine: Machine) -> dict[bytes, dict[bytes, bytes | None]]:
    """Return what changed since the machine last settled, by place."""
    found: dict[bytes, dict[bytes, bytes | None]] = {}
    for table in machine.tables.values():
        for index in table.indexes.values():
            changes: dict[bytes, bytes | None] = {}
            for values, bucket in index.buckets.items():
                _add_changes(changes, sortable(values), bucket)
            found[place_of(index.model)] = changes
    found[TIMERS] = {}
    _add_changes(found[TIMERS], b"", machine.queue.changes)
    for total in machine.totals:
        place = place_of_total(total.name)
        found[place] = {sortable(group): _total(held) for group, held in total.totals.items()}
    return {place: changes for place, changes in found.items() if changes}


def _add_changes(found: dict[bytes, bytes | None], prefix: bytes, bucket: Ordered) -> None:
    for entry in bucket.gone:
        found[prefix + sortable(tuple(entry))] = None
    for entry in bucket.added:
        found[prefix + sortable(tuple(entry))] = encode(tuple(entry))


INTEGER, DECIMAL = "i", "d"


def _total(held: int | Decimal) -> bytes | None:
    """Return a total as it is kept: it may have more digits than any value of the language."""
    if not held:
        return None
    return f"{INTEGER if type(held) is int else DECIMAL}{held}".encode()


@lru_cache(PLACES_KEPT_MAX)
def place_of(index: Index) -> bytes:
    """Return the name of the place where the entries of an index are kept."""
    record = index.record
    name = ("index", record.contract, record.name, index.equality_fields, index.range_field)
    return encode(name)


def place_of_total(name: tuple[str, int, int]) -> bytes:
    """Return the name of the place where a running total of every group is kept."""
    return encode(("total", *name))
