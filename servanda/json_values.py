"""Values of records as JSON values, each in one form.

| type | form |
|---|---|
| Bool | `true`, `false` |
| Int, Serial | a number; beyond 2**53, where readers lose digits, text |
| Decimal | text, as `"0.0365"` |
| Text, parties, roles, currencies, states and names of enums | text |
| Date, Time | text in ISO 8601, as `"2026-01-05"`, `"2026-01-05T09:00Z"` |
| Duration | text in ISO 8601, in seconds: `"PT259200S"` |
| Amount, Balance | `{"amount": "1234.50", "unit": "CNY"}` |
| record | its key; a list when it has several parts |
| Hash | text, hexadecimal |
| List, Set | a list |
| Sealed | `{"sealed_by", "readers", "commitment", "envelope"}`, bytes in hexadecimal |
| missing | `null` |
"""

# A value of the language may be of any type of Python's; its own type says which.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from servanda.chain.encoding import encode
from servanda.diagnostic_json import JsonValue
from servanda.interpreter.execute.state import FIELD, Row
from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import (
    BOOL,
    DATE,
    DURATION,
    HASH,
    TIME,
    AmountType,
    BalanceType,
    FixedUnit,
    ListType,
    OptionalType,
    RecordType,
    SealedType,
    SetType,
    Type,
    Unit,
)
from servanda.interpreter.values.sealed import parts_of
from servanda.interpreter.values.show import show_date, show_time

NUMBER_MAX = 2**53
"""Up to this every reader of JSON keeps a whole number exact."""


def to_json(
    value: Any, held: Type, decimals: Mapping[str, int], row: Row | None = None
) -> JsonValue:
    """Return a value of type `held`; `row` is the record it stands in, which may hold its unit."""
    if value is None:
        return None
    match held:
        case OptionalType(base=base):
            return to_json(value, base, decimals, row)
        case ListType(item=item) | SetType(item=item):
            return [to_json(one, item, decimals, row) for one in value]
        case AmountType(unit=unit) | BalanceType(unit=unit):
            return _money(value, unit, decimals, row)
        case SealedType():
            return sealed_to_json(value)
        case RecordType():
            return _key(value.key if isinstance(value, Row) else value)
        case _ if held == BOOL:
            return bool(value)
        case _ if held == DATE:
            return show_date(value)
        case _ if held == TIME:
            return show_time(value)
        case _ if held == DURATION:
            return _duration(value)
        case _ if held == HASH:
            return bytes(value).hex()
        case _:
            return _plain(value)


def sealed_to_json(value: Any) -> JsonValue:
    """Return what everybody sees of a sealed value, and all of it for whoever opens it."""
    sealed = parts_of(value)
    return {
        "sealed_by": sealed.author,
        "readers": [*sealed.readers],
        "commitment": sealed.commitment.hex(),
        "envelope": encode(value).hex(),
    }


def _plain(value: Any) -> JsonValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= NUMBER_MAX else str(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _decimal(value: Decimal) -> str:
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _key(key: Any) -> JsonValue:
    if isinstance(key, tuple):
        return [_key(part) for part in key]
    return _plain(key)


def _money(value: Any, unit: Unit, decimals: Mapping[str, int], row: Row | None) -> JsonValue:
    if isinstance(value, Amount):
        steps, code = value
    else:
        steps, code = value, _unit_code(unit, row)
    return {"amount": money_text(steps, decimals[code]), "unit": code}


def money_text(steps: int, decimals: int) -> str:
    """Return `1234.50` for 123450 smallest units of a unit with 2 decimals."""
    whole, part = divmod(abs(steps), 10**decimals)
    sign = "-" if steps < 0 else ""
    return f"{sign}{whole}.{part:0{decimals}d}" if decimals else f"{sign}{whole}"


def _unit_code(unit: Unit, row: Row | None) -> str:
    if isinstance(unit, FixedUnit):
        return unit.code
    value: Any = row
    for name in unit.fields:
        value = getattr(value, FIELD + name)
    return str(value)


def _duration(milliseconds: int) -> str:
    seconds, part = divmod(abs(milliseconds), 1_000)
    sign = "-" if milliseconds < 0 else ""
    fraction = f".{part:03d}".rstrip("0") if part else ""
    return f"{sign}PT{seconds}{fraction}S"
