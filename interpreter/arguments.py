"""Arguments from outside: each is checked to be a value of its type, or refused `BAD_ARGUMENT`.

Nothing is trusted: a value of the wrong Python type, out of the range of its type, or with
characters that hide, never reaches a contract.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from servanda.interpreter.calendar_dates import DATE_MAX, DATE_MIN
from servanda.interpreter.numbers import AMOUNT_LIMIT, DIGITS_MAX, INT_LIMIT
from servanda.interpreter.receipts import Amount
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.state import Row, Table
from servanda.interpreter.times import DURATION_MAX_MS, TIME_MAX_MS, TIME_MIN_MS
from servanda.interpreter.types import (
    BOOL,
    HASH,
    PARTY,
    TEXT,
    EnumType,
    LifecycleType,
    RecordType,
    RoleType,
)
from servanda.interpreter.values import CONTROL_OR_BIDIRECTIONAL, show_text

if TYPE_CHECKING:
    from servanda.interpreter.context import Context

TEXT_BYTES_MAX = 4_096
KEY_BYTES_MAX = 128
LIST_COUNT_MAX = 1_000
HASH_BYTES = 32
SHOWN_LENGTH_MAX = 40
EXPONENT_MAX = 6_144
UNIT_FORM = re.compile(r"\w{1,64}")


def bad(name: str, what: str) -> Refused:
    """Return the refusal of the argument `name`."""
    return Refused(Code.BAD_ARGUMENT, f"`{name}` {what}")


def bad_count(wanted: int, given: int) -> Refused:
    """Return the refusal of a call with the wrong number of arguments."""
    return Refused(Code.BAD_ARGUMENT, f"{wanted} arguments are wanted, {given} were given")


def bad_bound(name: str) -> Refused:
    """Return the refusal of an argument outside its bound."""
    return bad(name, "is outside what its `in` allows")


def take_bool(value: object, name: str) -> bool:
    """Return a Bool."""
    if value is True or value is False:
        return value
    raise bad(name, "is not true or false")


def take_int(value: object, name: str) -> int:
    """Return an Int of at most 34 digits."""
    if type(value) is int and -INT_LIMIT < value < INT_LIMIT:
        return value
    raise bad(name, "is not a whole number of at most 34 digits")


def take_decimal(value: object, name: str) -> Decimal:
    """Return a Decimal of at most 34 digits; a whole number will do."""
    if type(value) is int and -INT_LIMIT < value < INT_LIMIT:
        return Decimal(value)
    if type(value) is Decimal and value.is_finite():
        _, digits, exponent = value.as_tuple()
        if len(digits) <= DIGITS_MAX and abs(int(exponent)) <= EXPONENT_MAX:
            return value if value else Decimal(0)
    raise bad(name, "is not a decimal of at most 34 digits")


def take_text(value: object, name: str) -> str:
    """Return a Text without control or bidirectional characters, at most 4,096 bytes long."""
    if type(value) is not str:
        raise bad(name, "is not a text")
    if len(value) <= TEXT_BYTES_MAX:
        if value.isascii() and value.isprintable():
            return value
        if not CONTROL_OR_BIDIRECTIONAL.search(value) and _bytes_count(value, name) <= TEXT_BYTES_MAX:
            return value
        if CONTROL_OR_BIDIRECTIONAL.search(value):
            raise bad(name, "has control or bidirectional characters")
    raise bad(name, f"is longer than {TEXT_BYTES_MAX} bytes")


def _bytes_count(value: str, name: str) -> int:
    try:
        return len(value.encode())
    except UnicodeEncodeError:
        raise bad(name, "has characters that are no text") from None


def take_date(value: object, name: str) -> int:
    """Return a Date."""
    if type(value) is int and DATE_MIN <= value <= DATE_MAX:
        return value
    raise bad(name, "is not a date")


def take_time(value: object, name: str) -> int:
    """Return a Time."""
    if type(value) is int and TIME_MIN_MS <= value <= TIME_MAX_MS:
        return value
    raise bad(name, "is not a time")


def take_duration(value: object, name: str) -> int:
    """Return a Duration."""
    if type(value) is int and abs(value) <= DURATION_MAX_MS:
        return value
    raise bad(name, "is not a duration")


def take_hash(value: object, name: str) -> bytes:
    """Return a Hash, given as 32 bytes or 64 hexadecimal digits in lower case."""
    if type(value) is bytes and len(value) == HASH_BYTES:
        return value
    if type(value) is str:
        return hash_of_text(value, name)
    raise bad(name, "is not a hash")


def hash_of_text(value: str, name: str = "hash") -> bytes:
    """Return the Hash that 64 hexadecimal digits in lower case spell."""
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return bytes.fromhex(value)
    raise bad(name, "is not a hash of 64 hexadecimal digits in lower case")


def take_currency(value: object, name: str) -> str:
    """Return the code of a unit."""
    if type(value) is str and UNIT_FORM.fullmatch(value):
        return value
    raise bad(name, "is not a unit")


def take_amount(value: object, name: str, unit: str | None) -> int:
    """Return the steps of an Amount of `unit` (None: its unit is compared later)."""
    if type(value) is Amount:
        steps = value[0]
        if type(steps) is int and -AMOUNT_LIMIT < steps < AMOUNT_LIMIT:
            if unit is None or value[1] == unit:
                return steps
            raise bad(name, f"is in {_shown(value[1])}, not in {unit}")
    raise bad(name, "is not an amount" if unit is None else f"is not an amount of {unit}")


def check_unit(value: Any, name: str, unit: str) -> None:
    """Refuse an Amount whose unit is not the one that a field names."""
    if value is not None and value[1] != unit:
        raise bad(name, f"is in {_shown(value[1])}, not in {unit}")


def take_name(value: object, name: str, names: tuple[str, ...]) -> str:
    """Return the name of a state or of an enum's member."""
    if type(value) is str:
        for one in names:
            if one == value:
                return one
    raise bad(name, f"is none of {', '.join(names)}")


def take_party(c: Context, value: object, name: str, roles: tuple[str, ...] | None) -> str:
    """Return a member in good standing, with one of `roles` when some are named."""
    if type(value) is str and c.has_role(value, roles):
        return value
    what = "a member" if roles is None else " or ".join(roles)
    raise bad(name, f"is not {what} in good standing")


def take_list(value: object, name: str, take: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return a List of at most 1,000 items."""
    if type(value) is not tuple and type(value) is not list:
        raise bad(name, "is not a list")
    if len(value) > LIST_COUNT_MAX:
        raise bad(name, f"has more than {LIST_COUNT_MAX} items")
    return tuple([take(item) for item in value])


def take_set(value: object, name: str, take: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return a Set: sorted, and refused when something stands in it twice."""
    items = take_list(value, name, take)
    found = sorted_set(items)
    if len(found) != len(items):
        raise bad(name, "has an item twice")
    return found


def sorted_set(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the items without duplicates, in their order (records by key)."""
    if items and isinstance(items[0], Row):
        by_key = {item.key: item for item in items}
        return tuple(by_key[key] for key in sorted(by_key))
    return tuple(sorted(set(items)))


def take_record(table: Table, value: object, name: str) -> Any:
    """Return the row that a key names, or None when there is none."""
    if type(value) is table.make:
        return value
    if not is_key(table, value):
        raise bad(name, f"is not the key of a record {table.model.type.name}")
    return table.rows.get(value)


def is_key(table: Table, value: object) -> bool:
    """Whether `value` has the form of a key of the table."""
    keys = table.model.keys
    if len(keys) == 1:
        return _is_key_part(keys[0].type, value)
    return (
        type(value) is tuple
        and len(value) == len(keys)
        and all(_is_key_part(key.type, part) for key, part in zip(keys, value, strict=True))
    )


def _is_key_part(key: object, part: object) -> bool:
    if isinstance(key, RecordType):
        # A reference is the key of its record: text, number, bytes, or a tuple of them.
        return type(part) in {str, int, bool, bytes, tuple} and _is_flat(part)
    if key == BOOL:
        return type(part) is bool
    if key == HASH:
        return type(part) is bytes
    if key in {TEXT, PARTY} or isinstance(key, EnumType | LifecycleType | RoleType):
        return type(part) is str
    return type(part) is int


def _is_flat(part: object) -> bool:
    return type(part) is not tuple or all(
        type(one) in {str, int, bool, bytes, tuple} and _is_flat(one) for one in part
    )


def found_item(table: Table, value: object, name: str, row: Any) -> Any:
    """Return `row`, refusing an item that names no record."""
    if row is None:
        raise missing_argument(table, name, value)
    return row


def missing_argument(table: Table, name: str, value: object) -> Refused:
    """Return the refusal of an argument that names no record."""
    record = table.model.type.name
    return Refused(Code.MISSING_RECORD, f"`{name}`: there is no {record} {_shown(value)}")


def hidden_argument(
    c: Context, table: Table, name: str, value: object, roles: tuple[str, ...]
) -> Refused:
    """Return what an outsider is told of a record that is missing: the same as if it were there."""
    if not c.signers and c.caller is None:
        return Refused(Code.NOT_SIGNED, "nobody signed")
    if c.caller is not None or c.signer_with(roles) is not None:
        return missing_argument(table, name, value)
    return Refused(Code.NOT_AUTHORISED, "none of those who signed may do this")


def _shown(value: object) -> str:
    return show_text(str(value), SHOWN_LENGTH_MAX)
