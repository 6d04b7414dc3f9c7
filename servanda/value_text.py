"""Values as text for people, by their types, as the language itself writes them.

In come values of the run time or in their outward form (an Amount with its unit, a record as its
key); out comes one line of text.
"""

# A value of the language may be of any type of Python's; its own type says which.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from servanda.interpreter.execute.explain import Seen
from servanda.interpreter.execute.keys import show_keys, show_record
from servanda.interpreter.execute.proofs import OwnRecord, Proved
from servanda.interpreter.execute.state import Row
from servanda.interpreter.model import ContractModel, FieldModel
from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import (
    BOOL,
    DATE,
    DURATION,
    HASH,
    MONTHS,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    BalanceType,
    FixedUnit,
    ListType,
    OptionalType,
    OutputsType,
    ProofType,
    RecordType,
    SealedType,
    SetType,
    Type,
    UnroundedType,
)
from servanda.interpreter.values import show as values
from servanda.interpreter.values.sealed import ToSeal
from servanda.interpreter.values.units import ISO_4217

SHOWN_LENGTH_MAX = 200


def decimals_by_unit(contracts: Iterable[ContractModel]) -> dict[str, int]:
    """Return how many decimals each unit has that these contracts know."""
    decimals = {code: unit.decimals for code, unit in ISO_4217.items()}
    for contract in contracts:
        decimals.update(contract.units)
    return decimals


def show_seen(seen: Seen, decimals: Mapping[str, int]) -> str:
    """Return the value that an explanation noted."""
    if seen.unit is not None and isinstance(seen.value, int):
        return show_value(Amount(seen.value, seen.unit), seen.type, decimals)
    return show_value(seen.value, seen.type, decimals)


def show_value(value: Any, shown: Type | None, decimals: Mapping[str, int]) -> str:
    """Return a value as the language would write it."""
    if value is None:
        return values.MISSING
    match shown:
        case OptionalType(base=base):
            return show_value(value, base, decimals)
        case ListType(item=item) | SetType(item=item):
            return values.show_list(show_value(one, item, decimals) for one in value)
        case ProofType() if not isinstance(value, Proved):
            return _show_proof(value)
        case OutputsType(outputs=outputs):
            held = zip(value, outputs, strict=True)
            return ", ".join(show_value(one, output, decimals) for one, (_, output) in held)
        case SealedType():
            return "…" if isinstance(value, ToSeal) else values.show_sealed(value)
        case RecordType(name=name):
            return _show_record(value, name)
        case AmountType(unit=unit) | BalanceType(unit=unit) | UnroundedType(unit=unit):
            return _show_money(value, unit, decimals)
        case _:
            shower = _SHOWERS.get(shown) if shown is not None else None
            return shower(value) if shower is not None else _show_plain(value, shown)


def show_named(record: RecordType, key: Any, contracts: Mapping[str, ContractModel]) -> str:
    """Return the record of a key that some contract has: `Rate[2026-01-05, "Left"]`."""
    keys = show_keys(_keys_of(record, contracts), key, lambda one: _keys_of(one, contracts))
    return values.show_reference(record.name, keys)


def _keys_of(record: RecordType, contracts: Mapping[str, ContractModel]) -> tuple[FieldModel, ...]:
    return contracts[record.contract].records[record.name].keys


def _show_text(text: str) -> str:
    return values.show_text(text, SHOWN_LENGTH_MAX)


_SHOWERS: dict[Type, Any] = {
    BOOL: values.show_bool,
    TEXT: _show_text,
    SERIAL: values.show_serial,
    DATE: values.show_date,
    TIME: values.show_time,
    DURATION: values.show_duration,
    MONTHS: values.show_months,
    HASH: values.show_hash,
}


def _show_plain(value: Any, shown: Type | None) -> str:
    if isinstance(value, bool):
        return values.show_bool(value)
    if isinstance(value, int):
        return values.show_int(value)
    if isinstance(value, Decimal):
        return values.show_decimal(value)
    if isinstance(value, str):
        # A party, a state or an enum's name reads as itself.
        return value if shown is not None else _show_text(value)
    if isinstance(value, Row):
        return _show_record(value, "")
    if isinstance(value, bytes):
        return values.show_hash(value)
    if isinstance(value, tuple):
        return values.show_list(_show_plain(one, None) for one in value)
    return str(value)


def _show_proof(value: Any) -> str:
    """Return a proof as it was sent, or as a test writes one: what it shows is not known yet."""
    if isinstance(value, OwnRecord):
        return f"proof({_show_record(value.key, value.record)})"
    return f"a proof of {len(value):,} bytes" if isinstance(value, bytes) else "no proof"


def _show_record(value: Any, name: str) -> str:
    if isinstance(value, Row):
        return show_record(value.table, value.key)
    parts = value if isinstance(value, tuple) else (value,)
    return values.show_reference(name, [_show_key(part) for part in parts])


def _show_key(part: object) -> str:
    return str(part) if type(part) is int else _show_plain(part, None)


def _show_money(value: Any, unit: object, decimals: Mapping[str, int]) -> str:
    if isinstance(value, Amount) and not value.unit:
        return values.show_int(value.steps)
    if isinstance(value, Amount):
        return values.show_amount(value.steps, decimals.get(value.unit, 0), value.unit)
    if isinstance(unit, FixedUnit) and isinstance(value, int):
        return values.show_amount(value, unit.decimals, unit.code)
    if isinstance(unit, FixedUnit):
        return f"{values.show_decimal(value.scaleb(-unit.decimals))} {unit.code} (not rounded)"
    return f"{_show_plain(value, None)} in its smallest unit"
