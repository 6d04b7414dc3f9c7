"""Sortable bytes: values as bytes that stand in the order of the values.

In come the scalars of the language, records (by their keys) and tuples of these; out come bytes.
Values of one type compare as their bytes do, and no value's bytes begin with those of another: the
order of a tuple is that of its parts. It is the form of the keys under which a store keeps what is
looked up in order, and is never read back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from servanda.interpreter.execute.state import Row

MISSING, FALSE, TRUE = b"\x01", b"\x02", b"\x03"
ZERO_INTEGER = 0x20
"""The byte of the integer 0; others tell the number of their bytes above or below it."""
INTEGER_BYTES_MAX = 16
TEXT, BYTES = b"\x40", b"\x41"
NEGATIVE, ZERO, POSITIVE = b"\x50", b"\x51", b"\x52"
EXPONENT_BIAS = 1 << 15
NUL, NUL_INSIDE, END = b"\x00", b"\x00\xff", b"\x00\x01"
"""A byte 0 inside is told apart from an end by what stands behind it, which sorts after an end."""
BEHIND_ALL = b"\xff"
"""No value begins with this byte: what stands before it begins with what it is put behind."""

_COMPLEMENT = bytes(range(255, -1, -1))


def sortable(value: Any) -> bytes:  # noqa: ANN401 -- a scalar of any type
    """Return the sortable bytes of a value."""
    kind = type(value)
    if kind is str:
        return TEXT + _ended(value.encode())
    if kind is int:
        return _integer(value)
    if kind is tuple:
        return b"".join([sortable(part) for part in value])
    if value is None:
        return MISSING
    if kind is bool:
        return TRUE if value else FALSE
    if kind is bytes:
        return BYTES + _ended(value)
    if kind is Decimal:
        return _decimal(value)
    if isinstance(value, Row):
        return sortable(value.key)
    message = f"{kind.__name__} has no order"
    raise AssertionError(message)


def _ended(data: bytes) -> bytes:
    """Return bytes with an end that sorts before any further byte."""
    return data.replace(NUL, NUL_INSIDE) + END


def _integer(value: int) -> bytes:
    size = (abs(value).bit_length() + 7) // 8
    assert size <= INTEGER_BYTES_MAX, "every integer of the language has at most 128 bits"
    if value >= 0:
        return bytes([ZERO_INTEGER + size]) + value.to_bytes(size)
    return bytes([ZERO_INTEGER - size]) + (-value).to_bytes(size).translate(_COMPLEMENT)


def _decimal(value: Decimal) -> bytes:
    if not value:
        return ZERO
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    size = (value.adjusted() + EXPONENT_BIAS).to_bytes(2) + digits.encode() + END
    return POSITIVE + size if value > 0 else NEGATIVE + size.translate(_COMPLEMENT)
