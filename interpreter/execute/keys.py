"""Records shown by their keys, as the language writes them: `Rate[2026-01-05, "Left"]`.

In comes a key as a table holds it; out comes text. A key says nothing of its types (a Date in it
is a number of days), so the record's declaration says them.
"""

# A key may be of any type of Python's; the declared types say which.

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from servanda.interpreter.execute.state import Table
from servanda.interpreter.model import FieldModel
from servanda.interpreter.types import (
    BOOL,
    DATE,
    HASH,
    INT,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    FixedUnit,
    RecordType,
    Type,
)
from servanda.interpreter.values import show

NAME_LENGTH_MAX = 128
"""So many characters of a text are shown: all of one that is a key, for it has no more bytes."""

KeysOf = Callable[[RecordType], Sequence[FieldModel]]
"""How the keys of a record are declared."""


def show_record(table: Table, key: Any) -> str:
    """Return the record of a table that a key names: `Rate[2026-01-05, "Left"]`."""
    return show.show_reference(table.name, show_keys(table.model.keys, key, _keys_in(table)))


def show_key(table: Table, key: Any) -> str:
    """Return the same without the name of the record: `2026-01-05, "Left"`."""
    return ", ".join(show_keys(table.model.keys, key, _keys_in(table)))


def show_keys(declared: Sequence[FieldModel], key: Any, keys_of: KeysOf) -> list[str]:
    """Return each part of a key as the language writes it."""
    parts = key if type(key) is tuple and len(declared) > 1 else (key,)
    shown = zip(declared, parts, strict=True)
    return [_show_part(one.type, part, keys_of) for one, part in shown]


def _keys_in(table: Table) -> KeysOf:
    return lambda record: table.tables[record].model.keys


def _show_part(held: Type, part: Any, keys_of: KeysOf) -> str:
    match held:
        case RecordType(name=name):
            # It is held as its record's key, which may itself have several parts.
            return show.show_reference(name, show_keys(keys_of(held), part, keys_of))
        case AmountType(unit=FixedUnit(code=code, decimals=decimals)):
            return show.show_amount(part, decimals, code)
        case _:
            return _SHOWERS.get(held, _show_name)(part)


def _show_text(text: str) -> str:
    return show.show_text(text, NAME_LENGTH_MAX)


def _show_name(name: str) -> str:
    """Return a party, a currency or the value of an enum, which reads as itself."""
    is_plain = len(name) <= NAME_LENGTH_MAX and not show.ESCAPED.search(name)
    return name if is_plain else _show_text(name)


_SHOWERS: dict[Type, Callable[[Any], str]] = {
    BOOL: show.show_bool,
    INT: show.show_int,
    SERIAL: show.show_serial,
    TEXT: _show_text,
    DATE: show.show_date,
    TIME: show.show_time,
    HASH: show.show_hash,
}
