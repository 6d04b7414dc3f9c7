"""State: the tables of a contract's records, their indexes, and the journal that undoes changes.

In come changes made by generated code; what comes out is either kept or undone to the last
field. Rows are objects of a slotted class per record type, so that generated code reads a field
as an attribute. Nothing here knows what the changes mean.

# INVARIANT: after `undo(journal)` every table, index and timer is as when the journal began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from sortedcontainers import SortedList

from servanda.interpreter.model import Index, RecordModel
from servanda.interpreter.types import BalanceType, FieldUnit, FixedUnit, RecordType

FIELD = "f_"
BALANCE = "b_"
"""Slots that hold money have a prefix of their own, so that the journal shows them."""


class Row:
    """A record of some type; each record type has its own subclass with a slot per field."""

    __slots__ = ("key",)
    key: Any
    """Its key's value (a reference is its record's key), or a tuple of them: ordered, hashable."""
    table: Table
    """The table of its type."""
    places: dict[str, tuple[str, str] | None]
    """For each Balance slot the contract and the unit; None when a field holds the unit."""


class Undoing(Protocol):
    """What can take back a change that is more than one field."""

    def undo(self, change: Any) -> None:
        """Take `change` back; changes come back in reverse order."""


Journal = list[tuple[Any, str, Any]]
"""`(row, slot, old value)`, or `(undoing, "", change)`."""


def slot_of(record: RecordModel, name: str) -> str:
    """Return the attribute that holds a key or field."""
    for field in (*record.keys, *record.fields):
        if field.name == name:
            return (BALANCE if isinstance(field.type, BalanceType) else FIELD) + name
    message = f"no field {name}"
    raise AssertionError(message)


class IndexTable:
    """The rows of one table by the values of some fields, then by a range field and key."""

    __slots__ = ("buckets", "equality_slots", "range_slot")

    def __init__(self, equality_slots: tuple[str, ...], range_slot: str | None) -> None:
        self.equality_slots = equality_slots
        self.range_slot = range_slot
        self.buckets: dict[tuple[object, ...], SortedList[Any]] = {}

    def add(self, row: Row) -> None:
        """Add a row under its present values."""
        values = tuple([getattr(row, slot) for slot in self.equality_slots])
        bucket = self.buckets.get(values)
        if bucket is None:
            bucket = self.buckets[values] = SortedList()
        bucket.add(self._entry(row))

    def discard(self, row: Row) -> None:
        """Remove a row, which still has the values it was added under."""
        values = tuple([getattr(row, slot) for slot in self.equality_slots])
        bucket = self.buckets[values]
        bucket.remove(self._entry(row))
        if not bucket:
            del self.buckets[values]

    def _entry(self, row: Row) -> tuple[object, ...]:
        if self.range_slot is None:
            return (row.key,)
        value = getattr(row, self.range_slot)
        # A missing value sorts before every present one and is never in a range.
        return (value is not None, value, row.key)

    def find(self, table: Table, values: tuple[object, ...]) -> Iterable[Any]:
        """Return the rows with these values, in key order; of an index without a range.

        They are looked up one by one, so that a loop that stops early costs no more than it took.
        """
        return map(table.rows.__getitem__, map(_key_of, self.buckets.get(values, ())))

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
        bucket = self.buckets.get(values)
        if bucket is None:
            return []
        keys = []
        for entry in self._within(bucket, low, high, is_low_open, is_high_open):
            keys.append(entry[2])
            meter.steps += 1
            if meter.steps > meter.steps_max:
                break  # The loop over what was found ends before its first turn.
        keys.sort()
        return [table.rows[key] for key in keys]

    def _within(
        self, bucket: SortedList[Any], low: Any, high: Any, is_low_open: bool, is_high_open: bool
    ) -> Iterator[Any]:
        start = bucket.bisect_left((True,)) if low is None else bucket.bisect_left((True, low))
        for entry in bucket.islice(start):
            value = entry[1]
            if low is not None and is_low_open and value == low:
                continue
            if high is not None and (value > high or (is_high_open and value == high)):
                return
            yield entry


def _key_of(entry: tuple[Any, ...]) -> Any:
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
        slots = tuple(slot_of(self.model, name) for name in index.equality_fields)
        range_slot = slot_of(self.model, index.range_field) if index.range_field else None
        table = self.indexes[index] = IndexTable(slots, range_slot)
        for slot in (*slots, *([range_slot] if range_slot else [])):
            self.indexes_by_slot.setdefault(slot, []).append(table)
        for row in self.records():
            table.add(row)

    def insert(self, row: Row, journal: Journal) -> None:
        """Add a new row, whose key is free, with all its fields set."""
        self.rows[row.key] = row
        journal.append((self, "", (row, None, None)))
        for index in self.indexes.values():
            index.add(row)
        if self.watch is not None:
            self.watch.created(row, journal)

    def sorted_keys(self) -> list[Any]:
        """Return the key of every record, in order."""
        return sorted(self.rows)

    def records(self) -> Iterator[Any]:
        """Yield every record, in the order of their keys."""
        for key in self.sorted_keys():
            yield self.rows[key]

    def reference(self, key: Any) -> Any:
        """Return the row of a record that is there, though its fields may come only later."""
        row = self.rows.get(key)
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


def rows_in(journal: Journal) -> dict[Any, None]:
    """Return the rows of which anything changed, also when their timers are due."""
    return {(target if slot else change[0]): None for target, slot, change in journal}


def touched_rows(journal: Journal) -> list[Any]:
    """Return the rows that were made or changed, each once, in order of first touch."""
    found: dict[Any, None] = {}
    for target, slot, change in journal:
        if slot:
            found[target] = None
        elif type(target) is Table:
            found[change[0]] = None
    return list(found)


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
