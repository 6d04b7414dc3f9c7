"""Exact arithmetic: Decimals of 34 digits, bounded Ints, rounding, and numbers read from text.

In come Decimals and ints that already hold the rules below; out come the same, or a refusal
(`OVERFLOW`, `DIVISION_BY_ZERO`). It refuses to know the decimal context of the process or the
thread: all arithmetic names `CONTEXT`, so that no setting elsewhere changes a result. The
operators of `Decimal` are therefore not used here, save comparison, which reads no context.

A Decimal of the language is never NaN, infinite or minus zero. Two equal Decimals may differ in
their trailing zeros; no function here or in `values` lets that difference be seen.
Source: IEEE 754-2019, decimal128.
"""

from __future__ import annotations

import re
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from servanda.interpreter.refusals import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

Number = Decimal | int
"""Arithmetic takes both, because every Int and every Amount is an exact Decimal."""

DIGITS_MAX = 34
INT_LIMIT = 10**DIGITS_MAX
"""Every Int lies strictly between minus this and this, so that each is an exact Decimal."""
AMOUNT_LIMIT = 10**27
"""Every Amount lies strictly between minus this and this, in the smallest unit."""
TEXT_LENGTH_MAX = 100
"""Longer text is no number that anybody wrote; it is refused before it is looked at."""

INT_FORM = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*")
DECIMAL_FORM = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?")

CONTEXT = Context(
    prec=DIGITS_MAX,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=1,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""The one context of the language. Underflow is not trapped: it rounds, as the standard says."""

ZERO = Decimal(0)
"""The only zero: every result ends in `or ZERO`, which also turns -0 and 0E+67 into it."""
ONE_HUNDREDTH = Decimal("0.01")


class Rounding(StrEnum):
    """How a number between two steps goes to one of them, under the language's own names."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"
    CEILING = "ceiling"
    FLOOR = "floor"


ROUNDING_IN_CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        Rounding.HALF_EVEN: ROUND_HALF_EVEN,
        Rounding.HALF_UP: ROUND_HALF_UP,  # A tie goes away from zero.
        Rounding.UP: ROUND_UP,  # Away from zero.
        Rounding.DOWN: ROUND_DOWN,  # Towards zero.
        Rounding.CEILING: ROUND_CEILING,
        Rounding.FLOOR: ROUND_FLOOR,
    }
)


class Unreadable(ValueError):  # noqa: N818 -- what is wrong is the text, not the program
    """A text is not of the form asked for; the message says which form, never the text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check_int(value: int) -> int:
    """Return `value`, or refuse with `OVERFLOW` if an Int cannot hold it."""
    if -INT_LIMIT < value < INT_LIMIT:
        return value
    raise Refused(Code.OVERFLOW, "the whole number has more than 34 digits")


def check_amount(value: int) -> int:
    """Return `value` (smallest units), or refuse with `OVERFLOW` if an Amount cannot hold it."""
    if -AMOUNT_LIMIT < value < AMOUNT_LIMIT:
        return value
    raise Refused(Code.OVERFLOW, "the amount has more than 27 digits")


def decimal_from_int(value: int) -> Decimal:
    """Return `value` exactly; more than 34 digits are refused with `OVERFLOW`."""
    return Decimal(check_int(value))


def add(left: Number, right: Number) -> Decimal:
    """Return left + right."""
    try:
        return CONTEXT.add(left, right) or ZERO
    except Overflow:
        raise _too_large() from None


def subtract(left: Number, right: Number) -> Decimal:
    """Return left - right."""
    try:
        return CONTEXT.subtract(left, right) or ZERO
    except Overflow:
        raise _too_large() from None


def multiply(left: Number, right: Number) -> Decimal:
    """Return left * right."""
    try:
        return CONTEXT.multiply(left, right) or ZERO
    except Overflow:
        raise _too_large() from None


def divide(left: Number, right: Number) -> Decimal:
    """Return left / right, also of two Ints; a zero divisor refuses with `DIVISION_BY_ZERO`."""
    if not right:
        raise Refused(Code.DIVISION_BY_ZERO, "a number cannot be divided by zero")
    try:
        return CONTEXT.divide(left, right) or ZERO
    except Overflow:
        raise _too_large() from None


def negate(value: Number) -> Decimal:
    """Return -value; the negative of zero is zero."""
    return CONTEXT.minus(value) or ZERO


def absolute(value: Number) -> Decimal:
    """Return the distance of `value` from zero."""
    return CONTEXT.abs(value) or ZERO


def scale(value: Number, digits: int) -> Decimal:
    """Return value * 10**digits, exactly as far as the exponent reaches."""
    try:
        return CONTEXT.scaleb(value, digits) or ZERO
    except Overflow:
        raise _too_large() from None


def percent(value: Number) -> Decimal:
    """Return the number that `value%` stands for: 3.65 gives 0.0365."""
    return multiply(value, ONE_HUNDREDTH)


def round_to_int(value: Number, mode: str = Rounding.HALF_EVEN) -> int:
    """Return the Int that `value` rounds to; refuse with `OVERFLOW` what no Int can hold."""
    if isinstance(value, int):
        return check_int(value)
    # The magnitude is looked at first: 1E+6144 must not become an int of 6,145 digits.
    if value.adjusted() > DIGITS_MAX:
        raise Refused(Code.OVERFLOW, "the whole number has more than 34 digits")
    return check_int(int(value.to_integral_value(ROUNDING_IN_CONTEXT[mode], CONTEXT)))


def round_decimal(value: Number, places: int, mode: str = Rounding.HALF_EVEN) -> Decimal:
    """Return `value` rounded to `places` decimal places, 0 to 34."""
    if not 0 <= places <= DIGITS_MAX:
        raise Refused(Code.OVERFLOW, "a number is rounded to 0 to 34 decimal places")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a Decimal of the language is finite"
    if exponent >= -places:
        # Nothing to drop. Padding with zeros instead could need more than 34 digits.
        return number
    step = Decimal((0, (1,), -places))
    return number.quantize(step, ROUNDING_IN_CONTEXT[mode], CONTEXT) or ZERO


def parse_int(text: str) -> int:
    """Read `1_000` or `-5`; underscores stand only between digits. Raises `Unreadable`."""
    if len(text) > TEXT_LENGTH_MAX or not INT_FORM.fullmatch(text):
        raise Unreadable("expected a whole number such as `1_000`")
    value = int(text)
    if not -INT_LIMIT < value < INT_LIMIT:
        raise Unreadable("a whole number has at most 34 digits")
    return value


def parse_decimal(text: str) -> Decimal:
    """Read `184.44` or `-1_000`, without exponent or percent sign. Raises `Unreadable`.

    A text of more than 34 digits is refused rather than rounded: what is read is what was written.
    """
    if len(text) > TEXT_LENGTH_MAX or not DECIMAL_FORM.fullmatch(text):
        raise Unreadable("expected a number such as `184.44`")
    written = Decimal(text)
    value = CONTEXT.plus(written)
    if value != written:
        raise Unreadable("a number has at most 34 digits")
    return value or ZERO


def _too_large() -> Refused:
    return Refused(Code.OVERFLOW, "the result is larger than any number of the language")
