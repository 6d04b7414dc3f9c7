"""Bounds of two versions: whether every value that the old one allowed is allowed by the new one.

Values that are kept, and values that callers hold, were looked at under the old bound alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from servanda.interpreter.model import Bound
from servanda.interpreter.types import (
    DECIMAL,
    INT,
    AmountType,
    BalanceType,
    EnumType,
    LifecycleType,
    OptionalType,
    Type,
)
from servanda.interpreter.values.numbers import AMOUNT_LIMIT, INT_LIMIT


class Ends(NamedTuple):
    """The least and the greatest value; None is no end. An open end is not reached itself."""

    low: Any
    high: Any
    is_open: bool


def is_within(old: Bound | None, new: Bound | None, held: Type) -> bool:
    """Whether every value of a type within `old` is within `new`, whatever it is."""
    if new is None:
        return True
    base = held.base if isinstance(held, OptionalType) else held
    if isinstance(base, EnumType | LifecycleType) or new.names is not None:
        return _names(old, base) <= set(new.names or ())
    inner, outer = _ends(old, base), _ends(new, base)
    if outer.low is not None and (inner.low is None or inner.low < outer.low):
        return False
    if outer.high is None:
        return True
    if inner.high is None or inner.high > outer.high:
        return False
    return inner.high < outer.high or inner.is_open or not outer.is_open


def _names(old: Bound | None, held: Type) -> set[str]:
    if old is not None and old.names is not None:
        return set(old.names)
    if isinstance(held, EnumType):
        return set(held.members)
    return set(held.states) if isinstance(held, LifecycleType) else {""}


def _ends(bound: Bound | None, held: Type) -> Ends:
    """Return the ends of a bound, or those that the type has by itself."""
    if bound is not None:
        is_whole = held != DECIMAL and type(bound.high) is int
        if bound.is_high_open and is_whole and not isinstance(bound.high, Decimal):
            high: Any = bound.high
            return Ends(bound.low, high - 1, is_open=False)
        return Ends(bound.low, bound.high, bound.is_high_open)
    if isinstance(held, BalanceType):
        return Ends(0, AMOUNT_LIMIT - 1, is_open=False)
    if isinstance(held, AmountType):
        return Ends(1 - AMOUNT_LIMIT, AMOUNT_LIMIT - 1, is_open=False)
    if held == INT:
        return Ends(1 - INT_LIMIT, INT_LIMIT - 1, is_open=False)
    return Ends(None, None, is_open=False)
