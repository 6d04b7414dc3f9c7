"""Outward: run-time values as they leave a contract (see `receipts.Call`).

In comes a value with its type; out comes an Amount with its unit, a record as its key. The code of
an event does the same in generated code; this is for what an action or a rule gives, and for what a
record holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from servanda.interpreter.execute.arguments import is_key
from servanda.interpreter.execute.state import FIELD, Row, Tables
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import (
    AmountType,
    BalanceType,
    FieldUnit,
    ListType,
    OptionalType,
    RecordType,
    SetType,
    Type,
    Unit,
)


def outward(value: Any, given: Type, unit: str = "") -> Any:
    """Return a value in its outward form; `unit` is the code of a unit that a field holds."""
    if value is None:
        return None
    match given:
        case RecordType():
            return value.key
        case OptionalType(base=base):
            return outward(value, base, unit)
        case AmountType(unit=counted) | BalanceType(unit=counted):
            return Amount(value, unit if isinstance(counted, FieldUnit) else counted.code)
        case ListType(item=item) | SetType(item=item):
            return tuple([outward(one, item, unit) for one in value])
        case _:
            return value


def unit_given(
    result: Type,
    parameters: Sequence[ParameterModel],
    arguments: Sequence[Any],
    tables: Tables,
) -> str:
    """Return the unit that a result counts in when an argument says it, else nothing.

    The arguments are those of a call that was done, so that each is known to be good.
    """
    unit = _unit_in(result)
    if not isinstance(unit, FieldUnit):
        return ""
    place, parameter = next(
        (place, one) for place, one in enumerate(parameters) if one.local.number == unit.root
    )
    value = arguments[place]
    if isinstance(parameter.local.type, RecordType):
        table = tables[parameter.local.type]
        assert is_key(table, value), "the call was done, so its records have been found"
        value = table.rows[value]
    for name in unit.fields:
        value = getattr(value, FIELD + name)
    assert not isinstance(value, Row), "a unit is a Currency"
    return str(value)


def unit_held(row: Row, held: Type) -> str:
    """Return the unit in which a field of a record counts where another field says it."""
    unit = _unit_in(held)
    value: Any = row
    for name in unit.fields if isinstance(unit, FieldUnit) else ():
        value = getattr(value, FIELD + name)
    return value if isinstance(value, str) else ""


def _unit_in(given: Type) -> Unit | None:
    match given:
        case AmountType(unit=unit) | BalanceType(unit=unit):
            return unit
        case OptionalType(base=inner) | ListType(item=inner) | SetType(item=inner):
            return _unit_in(inner)
        case _:
            return None
