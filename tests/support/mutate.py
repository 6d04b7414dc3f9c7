"""Mutations: a document is taken apart, one item of it is changed, and it is put together again.

In come items (or JSON) and a source of chance; out come others that have nearly the same form.
"""

# An item is of any type.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any

from servanda.chain.encoding import Malformed, decode, encode

WILD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 2**127, -(2**127), 253_402_300_799_999),
    *("", "a", "Bank", "\u202e", "x" * 5_000, "é", "9999-12-31T23:59:59Z", "node"),
    *(b"", b"\0", bytes(32), b"x" * 64, bytes(32) + b"x"),
    *((), (1,), ((),), {}, {"": 1}, {"a": {}}, Decimal("0.5"), Decimal("1E+6000")),
)
SHARE_OF_CHILDREN = 0.85
"""How often a part is changed, and not the whole."""


def mutated(item: Any, random: Random) -> Any:
    """Return an item of which one part is another."""
    is_deeper = random.random() < SHARE_OF_CHILDREN
    if isinstance(item, tuple | list) and item and is_deeper:
        at = random.randrange(len(item))
        match random.randrange(8):
            case 0:
                parts = [*item[:at], *item[at + 1 :]]
            case 1:
                parts = [*item[:at], item[at], *item[at:]]
            case _:
                parts = [*item[:at], mutated(item[at], random), *item[at + 1 :]]
        return type(item)(parts)
    if isinstance(item, Mapping) and item and is_deeper:
        key = random.choice(sorted(item))
        changed = dict(item)
        match random.randrange(8):
            case 0:
                del changed[key]
            case 1:
                changed[random.choice(("zz", "", "a"))] = changed.pop(key)
            case _:
                changed[key] = mutated(item[key], random)
        return changed
    if type(item) is bytes and is_deeper:
        return _mutated_bytes(item, random)
    if type(item) is int and is_deeper:
        return item + random.choice((-1, 1, 1_000, -(10**9)))
    if type(item) is str and item and is_deeper:
        at = random.randrange(len(item))
        return item[:at] + random.choice(("", "x", "\n", "\0", "0", '"')) + item[at + 1 :]
    return random.choice(WILD)


def _mutated_bytes(data: bytes, random: Random) -> bytes:
    """Return bytes with a change inside: as an item where they encode one, else as they are."""
    try:
        inner = decode(data)
    except Malformed:
        inner = None
    if isinstance(inner, tuple) and random.randrange(6):
        return encode(mutated(inner, random))
    if not data:
        return b"\0"
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
