"""State: the tables of a contract's records, their indexes, and the journal that undoes changes.

In come changes made by generated code; what comes out is either kept or undone to the last
field. Rows are objects of a slotted class per record type, so that generated code reads a field
as an attribute; a row whose fields are on a shelf gets them when the first is read. Nothing here
knows what the changes mean.

# INVARIANT: after `undo(journal)` every table, index and timer is as when the journal began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from servanda.interpreter.execute.ordered import Entry, Ordered
from servanda.interpreter.execute.shelf import Rows, Shelf
from servanda.interpreter.model import Index, RecordModel
from servanda.interpreter.types import BalanceType, FieldUnit, FixedUnit, RecordType

FIELD = "f_"
BALANCE = "b_"
"""Slots that hold money have a prefix of their own, so that the journal shows them."""


class Row:
    """A record of some type; each record type has its own subclass with a slot per field."""

    __slots__ = ("armed", "key")
    armed: Any
    """The timers that wait for it, by contract and number; None where none does."""
    key: Any
    """Its key's value (a reference is its record's key), or a tuple of them: ordered, hashable."""
    table: Table
    """The table of its type."""
    places: dict[str, tuple[str, str] | None]
    """For each Balance slot the contract and the unit; None when a field holds the unit."""

    def __getattr__(self, slot: str) -> Any:
        """Return a field that was not in memory: Python asks here for empty slots only."""
        is_field = slot == "armed" or slot in type(self).__slots__
        if not is_field or not self.table.fill(self):
            raise AttributeError(slot)
        return getattr(self, slot)


Journal = list[tuple[Any, str, Any]]
"""`(row, slot, old value)`, or `(what undoes it, "", change)`, undone in reverse order."""

Before = dict[str, Any]
"""Fields as they were, by slot."""


def slot_of(record: RecordModel, name: str) -> str:
    """Return the attribute that holds a key or field."""
    for field in (*record.keys, *record.fields):
        if field.name == name:
            return (BALANCE if isinstance(field.type, BalanceType) else FIELD) + name
    message = f"no field {name}"
    raise AssertionError(message)


class IndexTable:
    """The rows of one table by the values of some fields, then by a range field and key."""

    __slots__ = ("buckets", "equality_slots", "model", "range_slot", "shelf")

    def __init__(self, model: Index, record: RecordModel) -> None:
        self.model = model
        self.equality_slots = tuple([slot_of(record, name) for name in model.equality_fields])
        self.range_slot = slot_of(record, model.range_field) if model.range_field else None
        self.shelf: Shelf | None = None
        self.buckets: dict[tuple[object, ...], Ordered] = {}

    def add(self, row: Row) -> None:
        """Add a row under its present values."""
        values = self._values(row)
        bucket = self.buckets.get(values)
        if bucket is None:
            bucket = self.buckets[values] = self._bucket(values)
        bucket.add(self._entry(row))

    def discard(self, row: Row) -> None:
        """Remove a row, which still has the values it was added under."""
        values = self._values(row)
        bucket = self.buckets.get(values)
        if bucket is None:
            bucket = self.buckets[values] = self._bucket(values)
        bucket.remove(self._entry(row))
        if not bucket:
            del self.buckets[values]

    def _values(self, row: Row) -> tuple[Any, ...]:
        return tuple([getattr(row, slot) for slot in self.equality_slots])

    def _entry(self, row: Row) -> Entry:
        if self.range_slot is None:
            return (row.key,)
        value = getattr(row, self.range_slot)
        # A missing value sorts before every present one and is never in a range.
        return (value is not None, value, row.key)

    def _bucket(self, values: tuple[Any, ...]) -> Ordered:
        shelf = self.shelf
        return Ordered(None if shelf is None else partial(shelf.entries, self, values))

    def starting(self, values: tuple[object, ...], start: Entry | None = None) -> Iterator[Entry]:
        """Yield the entries with these values, in order, from one on."""
        bucket = self.buckets.get(values)
        if bucket is None:
            if self.shelf is None:
                return iter(())
            bucket = self._bucket(values)
        return bucket.starting(start)

    def find(self, table: Table, values: tuple[object, ...]) -> Iterable[Any]:
        """Return the rows with these values, in key order; of an index without a range.

        They are looked up one by one, so that a loop that stops early costs no more than it took.
        """
        return map(table.finder, map(key_of, self.starting(values)))

    def find_within(
        self,
        table: Table,
        values: tuple[object, ...],
        low: Any,
        high: Any,
        meter: Meter,
        *,
        is_low_open: bool,
        is_high_open: bool,
    ) -> list[Any]:
        """Return the rows with these values whose range field is in low..high, in key order.

        All must be found before the first in key order is known, so each costs a step, also those
        behind a `limit`.
        """
        keys = []
        for entry in self._within(values, low, high, is_low_open, is_high_open):
            keys.append(entry[2])
            meter.steps += 1
            if meter.steps > meter.steps_max:
                break  # The loop over what was found ends before its first turn.
        keys.sort()
        return list(map(table.finder, keys))

    def _within(
        self, values: tuple[Any, ...], low: Any, high: Any, is_low_open: bool, is_high_open: bool
    ) -> Iterator[Any]:
        for entry in self.starting(values, (True,) if low is None else (True, low)):
            value = entry[1]
            if low is not None and is_low_open and value == low:
                continue
            if high is not None and (value > high or (is_high_open and value == high)):
                return
            yield entry


def key_of(entry: Entry) -> Any:
    """Return the key of the record that an entry of an index stands for."""
    return entry[-1]


class Meter(Protocol):
    """Who pays for what is looked at."""

    steps: int
    steps_max: int


class Table:
    """All records of one type, by key, with their indexes and the timers that watch them."""

    __slots__ = (
        "contract",
        "decimals_of",
        "indexes",
        "indexes_by_slot",
        "make",
        "model",
        "name",
        "rows",
        "serial",
        "shelf",
        "tables",
        "watch",
    )

    def __init__(
        self,
        contract: str,
        model: RecordModel,
        decimals_of: Callable[[str], int],
        tables: Tables,
    ) -> None:
        self.contract = contract
        self.decimals_of = decimals_of
        """How many decimals a unit has."""
        self.model = model
        self.name = model.type.name
        self.tables = tables
        """All tables of the machine: a key may be a reference to a record of another."""
        self.rows: dict[Any, Any] = {}
        self.shelf: Shelf | None = None
        self.serial = 0
        self.make = _row_class(model, self)
        self.indexes: dict[Index, IndexTable] = {}
        self.indexes_by_slot: dict[str, list[IndexTable]] = {}
        self.watch: Watch | None = None
        for index in model.indexes:
            self.add_index(index)

    def add_index(self, index: Index) -> None:
        """Keep an index from now on, over the rows there are too."""
        if index in self.indexes:
            return
        table = IndexTable(index, self.model)
        for slot in (*table.equality_slots, *([table.range_slot] if table.range_slot else [])):
            self.indexes_by_slot.setdefault(slot, []).append(table)
        for row in self.records():
            table.add(row)
        table.shelf = self.shelf
        self.indexes[index] = table

    @property
    def listing(self) -> IndexTable:
        """The index of all records by their keys, which only a table with a shelf keeps."""
        return self.indexes[Index(self.model.type, ())]

    def put_on(self, shelf: Shelf) -> None:
        """Look for records on a shelf from now on, beside those that are here already."""
        self.add_index(Index(self.model.type, ()))
        self.shelf = shelf
        for index in self.indexes.values():
            index.shelf = shelf
        self.rows = Rows(self._fetch, self.rows)
        if self.model.is_serial and not self.serial:
            last = shelf.last(self.listing)
            self.serial = 0 if last is None else last[-1]

    def _fetch(self, key: Any) -> Row | None:
        row: Row = self.make()
        row.key = key
        return row if self.fill(row) else None

    def fill(self, row: Row) -> bool:
        """Give a row the fields that are on the shelf; False if there is no such record."""
        return self.shelf is not None and self.shelf.fill(row)

    def forget(self) -> None:
        """Let go of what is in memory, all of which is on the shelf by now."""
        assert self.shelf is not None, "what is kept nowhere else is not let go of"
        self.rows.clear()

    def settle(self) -> None:
        """Take note that what has changed is on the shelf by now."""
        for index in self.indexes.values():
            index.buckets.clear()

    def insert(self, row: Row, journal: Journal) -> None:
        """Add a new row, whose key is free, with all its fields set."""
        row.armed = None
        self.rows[row.key] = row
        journal.append((self, "", (row, None, None)))
        for index in self.indexes.values():
            index.add(row)
        if self.watch is not None:
            self.watch.created(row, journal)

    def sorted_keys(self) -> list[Any]:
        """Return the key of every record, in order."""
        if self.shelf is None:
            return sorted(self.rows)
        return [key_of(entry) for entry in self.listing.starting(())]

    def records(self) -> Iterator[Any]:
        """Yield every record, in the order of their keys."""
        if self.shelf is None:
            yield from map(self.rows.__getitem__, self.sorted_keys())
            return
        for entry in self.listing.starting(()):
            # Whoever goes over all records would fill the memory with them.
            key = key_of(entry)
            yield dict.get(self.rows, key) or self._fetch(key) or self.listed(key)

    @property
    def finder(self) -> Callable[[Any], Any]:
        """What returns the row of a key that an index gave."""
        return self.rows.__getitem__ if self.shelf is None else self.listed

    def listed(self, key: Any) -> Any:
        """Return the row of a key that an index gave."""
        row = self.rows.get(key)
        if row is None:
            assert self.shelf is not None, "an index holds the rows of its table"
            raise self.shelf.lost(self.name, key)
        return row

    def reference(self, key: Any) -> Any:
        """Return the row of a record that is there, though its fields may come only later."""
        row = dict.get(self.rows, key)
        if row is None:
            row = self.rows[key] = self.make()
            row.key = key
        return row

    def change(self, row: Row, slot: str, value: object, journal: Journal) -> None:
        """Set a field that an index or a timer looks at."""
        old = getattr(row, slot)
        journal.append((self, "", (row, slot, old)))
        self._set(row, slot, value)
        if self.watch is not None:
            self.watch.changed(row, slot, old, journal)

    def undo(self, change: tuple[Row, str | None, object]) -> None:
        """Take back an `insert` or a `change`."""
        row, slot, old = change
        if slot is not None:
            self._set(row, slot, old)
            return
        for index in self.indexes.values():
            index.discard(row)
        del self.rows[row.key]
        if self.model.is_serial:
            self.serial -= 1

    def _set(self, row: Row, slot: str, value: object) -> None:
        indexes = self.indexes_by_slot.get(slot, ())
        for index in indexes:
            index.discard(row)
        setattr(row, slot, value)
        for index in indexes:
            index.add(row)


class Watch(Protocol):
    """Who wants to know of new rows and changed fields: the timers."""

    def created(self, row: Row, journal: Journal) -> None:
        """Arm the timers of a new row."""

    def changed(self, row: Row, slot: str, old: object, journal: Journal) -> None:
        """Arm again what depends on `slot`."""


def _row_class(model: RecordModel, table: Table) -> type[Any]:
    slots = tuple(slot_of(model, field.name) for field in (*model.keys, *model.fields))
    places = {
        BALANCE + field.name: (table.contract, field.type.unit.code)
        if isinstance(field.type.unit, FixedUnit)
        else None
        for field in model.fields
        if isinstance(field.type, BalanceType)
    }
    return type(model.type.name, (Row,), {"__slots__": slots, "table": table, "places": places})


def undo(journal: Journal) -> None:
    """Take back every change, last first."""
    for target, slot, old in reversed(journal):
        if slot:
            setattr(target, slot, old)
        else:
            target.undo(old)
    journal.clear()


def rows_in(journal: Journal) -> dict[Row, None]:
    """Return the rows of which anything changed, also when their timers are due."""
    found: dict[Row, None] = {}
    note_rows(journal, found)
    return found


def note_rows(journal: Journal, found: dict[Row, None]) -> None:
    """Take note of the rows that `rows_in` returns.

    A change that is of no row has None in the place of the row.
    """
    for target, slot, change in journal:
        row = target if slot else change[0]
        if row is not None:
            found[row] = None


def changed_rows(journal: Journal) -> dict[Any, Before | None]:
    """Return the rows that were made or changed, in order of first touch.

    With each come the fields that changed, as they were at first; None for a row that was made.
    """
    found: dict[Any, Before | None] = {}
    for target, slot, change in journal:
        if slot:
            row, its_slot, old = target, slot, change
        elif type(target) is Table:
            row, its_slot, old = change
        else:
            continue
        before = found.setdefault(row, {} if its_slot else None)
        if before is not None and its_slot not in before:
            before[its_slot] = old
    return found


def place_of_balance(row: Any, slot: str) -> tuple[str, str]:
    """Return the contract, and the code of the unit, of the money in a Balance slot of a row."""
    fixed: tuple[str, str] | None = row.places[slot]
    if fixed is not None:
        return fixed
    table: Table = row.table
    field = next(one for one in table.model.fields if BALANCE + one.name == slot)
    assert isinstance(field.type, BalanceType)
    assert isinstance(field.type.unit, FieldUnit)
    value = row
    for name in field.type.unit.fields:
        value = getattr(value, FIELD + name)
    return table.contract, str(value)


Tables = dict[RecordType, Table]
