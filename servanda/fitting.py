"""Fitting: whether a value that somebody sent has the form of its type, so that it can be shown.

In come arguments in their outward form, as they stand in a transaction: whoever signed it could put
anything there, and the chain keeps what it refused. What does not fit is shown as it was sent.
"""

# What was sent may be anything.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    INT,
    MONTHS,
    SERIAL,
    TIME,
    AmountType,
    ListType,
    OptionalType,
    ProofType,
    RecordType,
    SealedType,
    SetType,
    Type,
)
from servanda.interpreter.values.calendar_dates import DATE_MAX, DATE_MIN
from servanda.interpreter.values.show import show_list, show_text
from servanda.interpreter.values.times import DURATION_MAX_MS, TIME_MAX_MS, TIME_MIN_MS
from servanda.value_text import show_value

HASH_BYTES = 32


def show_sent(value: Any, held: Type | None, decimals: Mapping[str, int]) -> str:
    """Return an argument as the language would write it, or as it was sent."""
    return show_value(value, held, decimals) if fits(value, held) else _as_sent(value)


def _as_sent(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = [f"{show_text(str(name))}: {_as_sent(one)}" for name, one in value.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, tuple):
        return show_list(_as_sent(one) for one in value)
    return show_value(value, None, {})


def fits(value: Any, held: Type | None) -> bool:
    """Whether a value has the form of its type; of no type, whether it is no map."""
    match held:
        case OptionalType(base=base):
            return value is None or fits(value, base)
        case ListType(item=item) | SetType(item=item):
            return type(value) is tuple and all(fits(one, item) for one in value)
        case AmountType():
            return isinstance(value, Amount) and _is_int(value.steps) and type(value.unit) is str
        case None | RecordType() | ProofType() | SealedType():
            return not isinstance(value, Mapping)  # Each is shown whatever is in it.
        case _:
            return _FORMS.get(held, _is_text)(value)


def _is_int(value: Any) -> bool:
    return type(value) is int


def _is_text(value: Any) -> bool:
    return type(value) is str


def _within(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


_FORMS: dict[Type, Callable[[Any], bool]] = {
    BOOL: lambda value: type(value) is bool,
    INT: _is_int,
    SERIAL: _is_int,
    DECIMAL: lambda value: isinstance(value, Decimal),
    DATE: _within(DATE_MIN, DATE_MAX),
    TIME: _within(TIME_MIN_MS, TIME_MAX_MS),
    DURATION: _within(-DURATION_MAX_MS, DURATION_MAX_MS),
    MONTHS: _is_int,
    HASH: lambda value: type(value) is bytes and len(value) == HASH_BYTES,
}
