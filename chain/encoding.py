"""Encoding: one value, one byte string.

In come values, out come bytes, and back. The form is the core deterministic encoding of CBOR
(RFC 8949, section 4.2.1), narrowed to what the chain needs: integers, byte strings, texts, arrays,
maps with texts as keys, true, false, null, and Decimals as decimal fractions (tag 4) without
trailing zeros. Integers beyond 64 bits are bignums (tags 2 and 3). Floats, other tags, other simple
values and every second spelling of a value are refused on reading.

# INVARIANT: decode(encode(v)) == v, and encode(decode(b)) == b for every b that decode takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

import cbor2

from servanda.interpreter.values.numbers import CONTEXT, DIGITS_MAX

Item: TypeAlias = (
    "bool | int | str | bytes | Decimal | tuple[Item, ...] | Mapping[str, Item] | None"
)
"""What can be encoded; an array is a tuple, so that what was decoded can be a key."""

KEYS_KEPT_MAX = 1_000
"""Records of one type have one set of keys, which is put in order once."""

DEPTH_MAX = 64
"""Arrays and maps inside one another."""

INTEGER_BITS_MAX = 128
"""Every integer of the language fits, with room; more digits are an attack, not an amount."""
INTEGER_MAX = (1 << INTEGER_BITS_MAX) - 1
INTEGER_MIN = -INTEGER_MAX

FRACTION = 4
"""The tag of a decimal fraction (RFC 8949, section 3.4.4)."""

EXPONENT_MAX = 6_144
"""No Decimal of the language has a digit before 10**-6176 or from 10**6145 on."""
EXPONENT_MIN = -6_176

_TEXT, _ARRAY, _MAP = 0x60, 0x80, 0xA0
IN_HEAD_MAX = 24
"""A count below this stands in the head itself; from it on, in one, two or four bytes behind."""


class Malformed(ValueError):  # noqa: N818 -- what is wrong is the bytes, not the program
    """Bytes are not the encoding of a value; the message says what is wrong, never the bytes."""


def encode(item: Item) -> bytes:
    """Return the one encoding of a value."""
    if type(item) is str:
        data = item.encode()
        if len(data) < IN_HEAD_MAX:
            return _TEXT_HEADS[len(data)] + data
    encoded: bytes = cbor2.dumps(item if type(item) in _PLAIN else _ordered(item))
    return encoded


def encode_array(items: Sequence[bytes]) -> bytes:
    """Return the encoding of an array from those of its items."""
    return array_head(len(items)) + b"".join(items)


@lru_cache(KEYS_KEPT_MAX)
def array_head(count: int) -> bytes:
    """Return what stands before the encoded items of an array (RFC 8949, section 3.1, type 4)."""
    return _head(_ARRAY, count)


@lru_cache(KEYS_KEPT_MAX)
def map_head(count: int) -> bytes:
    """Return what stands before the encoded keys, each with its value, of a map (type 5)."""
    return _head(_MAP, count)


def _head(kind: int, count: int) -> bytes:
    if count < IN_HEAD_MAX:
        return bytes([kind | count])
    power = 0 if count < 1 << 8 else 1 if count < 1 << 16 else 2
    return bytes([kind | IN_HEAD_MAX + power]) + count.to_bytes(1 << power)


def _ordered(item: Any) -> Any:  # noqa: ANN401 -- what the library takes
    """Return a value with its maps in the order of their encoded keys, and Decimals in their form.

    The library can do both itself, in three times the time.
    """
    kind = type(item)
    if kind in _PLAIN:
        return item
    if kind is tuple:
        for one in item:
            if type(one) not in _PLAIN:
                # Nearly all is plain, and a call for each leaf would cost more than all the rest.
                return tuple([one if type(one) in _PLAIN else _ordered(one) for one in item])
        return item
    if kind in _MAPS:
        return {
            key: item[key] if type(item[key]) in _PLAIN else _ordered(item[key])
            for key in in_order(tuple(item))
        }
    if isinstance(item, tuple):  # Of a kind of its own, as an Amount is.
        return _ordered(tuple(item))
    assert kind is Decimal, f"a {kind.__name__} is never encoded"
    return _fraction(item)


@lru_cache(KEYS_KEPT_MAX)
def in_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return keys in the order of their encodings: a shorter text has a smaller head."""
    encoded = {key: key.encode() for key in keys}
    return tuple(sorted(keys, key=lambda key: (len(encoded[key]), encoded[key])))


def decode(data: bytes) -> Item:
    """Return the value that bytes encode, or raise `Malformed`."""
    try:
        item: Item = cbor2.loads(data, **_STRICT)
    except cbor2.CBORDecodeError as error:
        raise Malformed(_what_is_wrong(error)) from None
    except (RecursionError, OverflowError, MemoryError):
        raise Malformed("it is nested too deeply or too large") from None
    size = _size_of(item)
    # The library reads longer spellings of a number or a length, and keys in any order.
    if size != len(data) if size is not None else encode(item) != data:
        raise Malformed("it is not in the one canonical form")
    return item


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, cbor2.CBORDecodeEOF):
        return "it ends too early"
    text = str(error.__cause__ or error)
    return text if text in _OWN_MESSAGES else "it is not well formed"


def _size_of(item: Item) -> int | None:
    """Return the size of an item's one encoding; refuse what the narrow form does not have.

    Each head is the shortest there is for what it says: an encoding of the same item that is not
    the one is longer. None where the size says too little: of a map, whose keys have an order, of a
    Decimal and of an integer beyond 64 bits.
    """
    waiting: list[Any] = [item]
    size, is_known = 0, True
    for one in waiting:  # What is put behind the last one is looked at too.
        kind = type(one)
        if kind is str:
            count = len(one) if one.isascii() else len(one.encode())
            size += count
        elif kind is bytes:
            count = len(one)
            size += count
        elif kind is tuple:
            count = len(one)
            waiting.extend(one)
        elif kind is int:
            if one > INTEGER_MAX or one < INTEGER_MIN:
                raise Malformed("an integer is too large")
            count = one if one >= 0 else -1 - one
        elif kind in _MAPS:
            is_known, count = False, 0
            for key in one:
                if type(key) is not str:
                    raise Malformed("a key is not a text")
            waiting.extend(one.values())
        elif kind is Decimal:
            is_known, count = False, 0
        elif kind in _PLAIN:
            count = 0
        else:
            raise Malformed("it holds a value of a kind that is not used here")
        if count < IN_HEAD_MAX:
            size += 1
        elif count < 1 << 16:
            size += 2 if count < 1 << 8 else 3
        elif count < 1 << 32:
            size += 5
        elif count < 1 << 64:
            size += 9
        else:
            is_known = False
    return size if is_known else None


def _fraction(value: Decimal) -> cbor2.CBORTag:
    """Return `[exponent, mantissa]` under its tag, the mantissa without trailing zeros."""
    assert value.is_finite(), "a Decimal of the language is a number"
    sign, numbers, exponent = value.as_tuple()
    assert isinstance(exponent, int), "it is finite"
    digits = "".join(map(str, numbers)).lstrip("0")
    assert len(digits) <= DIGITS_MAX, "a Decimal of the language has at most 34 digits"
    mantissa = digits.rstrip("0")
    if not mantissa:
        return cbor2.CBORTag(FRACTION, (0, 0))
    exponent += len(digits) - len(mantissa)
    return cbor2.CBORTag(FRACTION, (exponent, -int(mantissa) if sign else int(mantissa)))


def _decimal(parts: object, _: object) -> Decimal:
    """Return the Decimal of `[exponent, mantissa]`."""
    if type(parts) is not tuple or [type(part) for part in parts] != [int, int]:
        raise Malformed(_NO_DECIMAL)
    exponent, mantissa = parts
    digits = str(abs(mantissa)) if mantissa.bit_length() <= INTEGER_BITS_MAX else ""
    if not digits or len(digits) > DIGITS_MAX:
        raise Malformed(_NO_DECIMAL)
    if exponent < EXPONENT_MIN or exponent + len(digits) - 1 > EXPONENT_MAX:
        raise Malformed(_NO_DECIMAL)
    value = Decimal((int(mantissa < 0), tuple(map(int, digits)), exponent))
    return CONTEXT.plus(value)


def _refuse_tag(*_: object) -> NoReturn:
    raise Malformed(_NO_TAG)


_NO_DECIMAL = "it holds a decimal fraction that is no Decimal"
_NO_TAG = "it holds a tag that is not used here"
_OWN_MESSAGES = frozenset({_NO_DECIMAL, _NO_TAG})

_TEXT_HEADS = tuple([bytes([_TEXT | count]) for count in range(IN_HEAD_MAX)])
_PLAIN = frozenset({int, str, bytes, bool, type(None)})
_MAPS = frozenset({dict, cbor2.frozendict})
_BIGNUMS = {2, 3}
_KNOWN_TAGS = (*range(300), 1_001, 1_004, 43_000, 55_799)
"""Among these are all to which the library gives a meaning of its own; the hook takes the rest."""

_STRICT: dict[str, Any] = {
    "tag_hook": _refuse_tag,
    "semantic_decoders": {
        **{tag: _refuse_tag for tag in _KNOWN_TAGS if tag not in _BIGNUMS},
        FRACTION: _decimal,
    },
    "max_depth": DEPTH_MAX,
    "allow_indefinite": False,
    "allow_duplicate_keys": False,
    "strict_hashable_types": True,
    "immutable": True,
}
