"""Records as they are kept: by name, never by position, so that a later version can read them.

In come rows of a machine, out come the identity and the value of each, and back. The identity is
`[contract, record, key]`. The value is a map from the names of the fields; beside them, under the
empty name that no field has, stand the timers that wait for the record: `{title: [at, due,
faults]}`, in milliseconds.

How a value of each type is encoded stands in docs/chain.md, "Values".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from servanda.chain.encoding import Item, array_head, encode, in_order, map_head
from servanda.interpreter.compare import timer_names
from servanda.interpreter.execute.state import Row, Table, Tables, slot_of
from servanda.interpreter.execute.timers import Entry, Order
from servanda.interpreter.model import ContractModel
from servanda.interpreter.types import ListType, OptionalType, RecordType, SetType, Type

TIMERS = ""
IDENTITY_PARTS = 3
Convert: TypeAlias = "Callable[[Any], Any]"


def identity_of(record: RecordType, key: Item) -> bytes:
    """Return the identity of the record of a key, whether it is there or not."""
    return encode((record.contract, record.name, key))


class RecordForm:
    """How the records of one table are kept."""

    def __init__(
        self, table: Table, contract: ContractModel, added: Mapping[str, Item] | None = None
    ) -> None:
        self.table = table
        self.added = {} if added is None else added
        """What a record has in fields that were not there yet when it was kept."""
        self._identity_head = (
            array_head(IDENTITY_PARTS) + encode(table.contract) + encode(table.name)
        )
        self._fields = [
            (
                one.name,
                slot_of(table.model, one.name),
                writer(one.type),
                reader(one.type, table.tables),
            )
            for one in table.model.fields
        ]
        named = {field[0]: field for field in self._fields}
        self._value_head = map_head(len(named))
        self._encoded_fields = [
            (encode(name), *named[name][1:3]) for name in in_order(tuple(named))
        ]
        self._keys = [
            (slot_of(table.model, one.name), reader(one.type, table.tables))
            for one in table.model.keys
        ]
        self._titles = timer_names(contract)
        self._numbers = {title: number for number, title in self._titles.items()}

    @property
    def timer_numbers(self) -> Iterable[int]:
        """The numbers of the timers of its contract."""
        return self._titles

    def identity(self, key: Item) -> bytes:
        """Return the identity of the record of a key."""
        return self._identity_head + encode(key)

    def encoded(self, row: Row) -> bytes:
        """Return the encoding of the value of a row with its waiting timers.

        It is put together from that of each field, behind its name, in the order of the names: a
        block writes some thousands of records of few types.
        """
        if row.armed:
            return encode(self.value(row, row.armed))
        data = self._value_head
        for name, slot, write in self._encoded_fields:
            held = getattr(row, slot)
            data += name + encode(held if write is None else write(held))
        return data

    def value(self, row: Row, armed: Mapping[tuple[str, int], Entry]) -> dict[str, Item]:
        """Return the value of a row with its waiting timers."""
        found: dict[str, Item] = {}
        for name, slot, write, _ in self._fields:
            held = getattr(row, slot)
            found[name] = held if write is None else write(held)
        if armed:
            found[TIMERS] = {
                self._titles[number]: (entry.order.at, entry.due, entry.fault_count)
                for (_, number), entry in armed.items()
            }
        return found

    def fill(self, row: Row, value: Mapping[str, Any]) -> None:
        """Give a row, which has its key, the fields and timers of a value that was kept."""
        key = row.key
        parts = key if len(self._keys) > 1 else (key,)
        for (slot, read), part in zip(self._keys, parts, strict=True):
            setattr(row, slot, part if read is None else read(part))
        for name, slot, _, read in self._fields:
            held = value[name] if name in value else self.added[name]
            setattr(row, slot, held if read is None else read(held))
        contract = self.table.contract
        armed = {}
        for title, (at, due, fault_count) in value.get(TIMERS, {}).items():
            number = self._numbers[title]
            armed[contract, number] = Entry(Order(at, contract, number, key), due, fault_count)
        row.armed = armed or None


def writer(held: Type) -> Convert | None:
    """Return what makes the encoded form of a value; None where it is the value itself."""
    return _converter(held, lambda _: _key_of)


def reader(held: Type, tables: Tables) -> Convert | None:
    """Return what makes the value of an encoded form; None where it is the form itself."""
    return _converter(held, lambda record: tables[record].reference)


def _converter(held: Type, of_record: Callable[[RecordType], Convert]) -> Convert | None:
    """Return what converts the records in a value, at any depth."""
    match held:
        case RecordType():
            return of_record(held)
        case OptionalType(base=inner):
            convert = _converter(inner, of_record)
            return None if convert is None else _if_there(convert)
        case ListType(item=inner) | SetType(item=inner):
            convert = _converter(inner, of_record)
            return None if convert is None else _for_each(convert)
        case _:
            return None


def _if_there(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _for_each(convert: Convert) -> Convert:
    return lambda value: tuple([convert(one) for one in value])


def _key_of(row: Row) -> Any:  # noqa: ANN401 -- a key is of whatever type the record says
    return row.key
