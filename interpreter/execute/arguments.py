"""Arguments from outside: each is checked to be a value of its type, or refused `BAD_ARGUMENT`.

Nothing is trusted: a value of the wrong Python type, out of the range of its type, or with
characters that hide, never reaches a contract.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, Overflow
from typing import TYPE_CHECKING, Any

from servanda.interpreter.execute.keys import show_record
from servanda.interpreter.execute.state import Row, Table
from servanda.interpreter.receipts import Amount
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.types import (
    BOOL,
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    INT,
    PARTY,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    RecordType,
    RoleType,
    Type,
)
from servanda.interpreter.values.calendar_dates import DATE_MAX, DATE_MIN
from servanda.interpreter.values.numbers import AMOUNT_LIMIT, CONTEXT, INT_LIMIT
from servanda.interpreter.values.show import CONTROL_OR_BIDIRECTIONAL, show_text
from servanda.interpreter.values.times import DURATION_MAX_MS, TIME_MAX_MS, TIME_MIN_MS

if TYPE_CHECKING:
    from servanda.interpreter.execute.context import Context

TEXT_BYTES_MAX = 4_096
KEY_BYTES_MAX = 128
LIST_COUNT_MAX = 1_000
HASH_BYTES = 32
AMOUNT_PARTS = 2
SHOWN_LENGTH_MAX = 40
NAMES = (CURRENCY, PARTY)
"""Plain types whose values are names, looked up where they are used."""


def bad(name: str, what: str) -> Refused:
    """Return the refusal of the argument `name`."""
    return Refused(Code.BAD_ARGUMENT, f"`{name}` {what}")


def bad_count(wanted: int, given: object) -> Refused:
    """Return the refusal of a call with the wrong number of arguments."""
    if type(given) is not tuple:
        return Refused(Code.BAD_ARGUMENT, "the arguments are not a tuple")
    return Refused(Code.BAD_ARGUMENT, f"{wanted} arguments are wanted, {len(given)} were given")


def bad_signers() -> Refused:
    """Return the refusal of signers that are not names."""
    return Refused(Code.BAD_ARGUMENT, "the signers are not a tuple of names")


def bad_bound(name: str) -> Refused:
    """Return the refusal of an argument outside its bound."""
    return bad(name, "is outside what its `in` allows")


def over_cost() -> Refused:
    """Return the refusal of a call that works too long."""
    return Refused(Code.COST_LIMIT, "this needs more steps than one call may take")


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
        try:
            kept = CONTEXT.plus(value)
        except Overflow:
            kept = None
        if kept is not None and kept == value:
            return kept or Decimal(0)
    raise bad(name, "is not a decimal of at most 34 digits")


def take_text(value: object, name: str) -> str:
    """Return a Text without control or bidirectional characters, at most 4,096 bytes long."""
    if type(value) is not str:
        raise bad(name, "is not a text")
    if len(value) <= TEXT_BYTES_MAX and value.isascii() and value.isprintable():
        return value
    what = what_is_wrong(value, TEXT_BYTES_MAX)
    if what is not None:
        raise bad(name, what)
    return value


def what_is_wrong(value: str, bytes_max: int) -> str | None:
    """Return why a text cannot be taken, or None when it can."""
    # The length is looked at first: nothing may be searched that is a megabyte long.
    if len(value) > bytes_max:
        return f"is longer than {bytes_max} bytes"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "has characters that are no text"
    if size > bytes_max:
        return f"is longer than {bytes_max} bytes"
    if CONTROL_OR_BIDIRECTIONAL.search(value):
        return "has control or bidirectional characters"
    return None


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


PLAIN_TAKERS: Mapping[Type, Callable[[object, str], Any]] = {
    BOOL: take_bool,
    INT: take_int,
    SERIAL: take_int,
    DECIMAL: take_decimal,
    TEXT: take_text,
    DATE: take_date,
    TIME: take_time,
    DURATION: take_duration,
    HASH: take_hash,
}
"""What takes a value whose form its type alone decides, whoever holds it and wherever it is."""


def hash_of_text(value: str, name: str = "hash") -> bytes:
    """Return the Hash that 64 hexadecimal digits in lower case spell."""
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return bytes.fromhex(value)
    raise bad(name, "is not a hash of 64 hexadecimal digits in lower case")


def take_currency(c: Context, value: object, name: str) -> str:
    """Return the code of a unit that there is."""
    if type(value) is str and c.machine.knows_unit(value):
        return value
    raise bad(name, "is not a unit")


def take_amount(value: object, name: str, unit: str | None) -> Any:
    """Return the steps of an Amount of `unit`; without one the Amount itself (see `unwrap`)."""
    if type(value) is Amount and len(value) == AMOUNT_PARTS:
        steps, given = value
        if type(steps) is int and type(given) is str and -AMOUNT_LIMIT < steps < AMOUNT_LIMIT:
            if unit is None:
                return value
            if given == unit:
                return steps
            raise bad(name, f"is in {_shown(given)}, not in {unit}")
    raise bad(name, "is not an amount" if unit is None else f"is not an amount of {unit}")


def unwrap(value: Any, name: str, unit: str) -> Any:
    """Return the steps of Amounts at any depth, which must be of the unit that a field names.

    `Amount(0, "")` is what a caller gives who knows no unit: nothing is nothing of any.
    """
    if value is None:
        return None
    if type(value) is not Amount:
        return tuple([unwrap(one, name, unit) for one in value])
    if value[1] != unit and value != (0, ""):
        raise bad(name, f"is in {_shown(value[1])}, not in {unit}")
    return value[0]


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


def take_list(
    value: object, name: str, take: Callable[[Any], Any], depth: int = 1
) -> tuple[Any, ...]:
    """Return a List of at most 1,000 items; the lists inside it hold no more together."""
    if type(value) is not tuple and type(value) is not list:
        raise bad(name, "is not a list")
    if len(value) > LIST_COUNT_MAX:
        raise bad(name, f"has more than {LIST_COUNT_MAX} items")
    items = tuple([take(item) for item in value])
    if _are_too_many(items, depth):
        raise bad(name, f"holds more than {LIST_COUNT_MAX} values in its lists together")
    return items


def take_set(
    value: object, name: str, take: Callable[[Any], Any], depth: int = 1
) -> tuple[Any, ...]:
    """Return a Set: sorted, and refused when something stands in it twice."""
    items = take_list(value, name, take, depth)
    found = sorted_set(items)
    if len(found) != len(items):
        raise bad(name, "has an item twice")
    return found


def nested(items: tuple[Any, ...], depth: int) -> tuple[Any, ...]:
    """Return a List of lists, `depth` deep, refusing one whose lists hold too much together.

    A list of one list, a thousand times, would else be a million values in few steps.
    """
    if _are_too_many(items, depth):
        raise Refused(Code.OVERFLOW, f"the lists hold more than {LIST_COUNT_MAX} values together")
    return items


def _are_too_many(items: tuple[Any, ...], depth: int) -> bool:
    """Whether the lists of some depth hold more than 1,000 items together."""
    for _ in range(depth - 1):
        inner = [one for one in items if one is not None]
        if sum(map(len, inner)) > LIST_COUNT_MAX:
            return True
        items = tuple([item for one in inner for item in one])
    return False


def weight_of(value: Any) -> int:
    """Return how many values a List holds, those of the lists inside it included."""
    if type(value) is not tuple:
        return 0
    return len(value) + sum([weight_of(one) for one in value if type(one) is tuple])


def sorted_set(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the items without duplicates, in their order (records by key)."""
    if items and isinstance(items[0], Row):
        by_key = {item.key: item for item in items}
        return tuple([by_key[key] for key in sorted(by_key)])
    return tuple(sorted(set(items)))


def take_record(table: Table, value: object, name: str) -> Any:
    """Return the row that a key names, or None when there is none."""
    return table.rows.get(take_key(table, value, name))


def take_key(table: Table, value: object, name: str) -> Any:
    """Return `value` when it has the form of a key of the table, whether or not a row has it."""
    if not is_key(table, value):
        raise bad(name, f"is not the key of a record {table.model.type.name}")
    return value


def is_key(table: Table, value: Any) -> bool:
    """Whether `value` has the form of a key: nothing else is ever hashed or compared."""
    keys = table.model.keys
    if len(keys) == 1:
        return _is_key_part(table, keys[0].type, value)
    if type(value) is not tuple or len(value) != len(keys):
        return False
    for key, part in zip(keys, value, strict=True):  # noqa: SIM110 -- one frame less for each key
        if not _is_key_part(table, key.type, part):
            return False
    return True


def _is_key_part(table: Table, key: Type, part: Any) -> bool:
    if isinstance(key, RecordType):
        # A reference is held as its record's key; the keys of a record never lead back to it.
        return is_key(table.tables[key], part)
    if key == BOOL:
        return type(part) is bool
    if key == HASH:
        return type(part) is bytes and len(part) == HASH_BYTES
    if key == TEXT:
        return type(part) is str and what_is_wrong(part, KEY_BYTES_MAX) is None
    if isinstance(key, EnumType):
        return type(part) is str and part in key.members
    if key in NAMES or isinstance(key, RoleType):
        return type(part) is str and what_is_wrong(part, TEXT_BYTES_MAX) is None
    return type(part) is int and _low(key) <= part <= _high(key)


def _low(key: Type) -> int:
    if isinstance(key, AmountType):
        return 1 - AMOUNT_LIMIT
    return DATE_MIN if key == DATE else TIME_MIN_MS if key == TIME else 1 - INT_LIMIT


def _high(key: Type) -> int:
    if isinstance(key, AmountType):
        return AMOUNT_LIMIT - 1
    return DATE_MAX if key == DATE else TIME_MAX_MS if key == TIME else INT_LIMIT - 1


def found_item(table: Table, key: Any, name: str) -> Any:
    """Return the row of a key inside a list or an optional argument."""
    row = table.rows.get(key)
    if row is None:
        raise missing_argument(table, name, key)
    return row


def found_hidden_item(c: Context, table: Table, key: Any, name: str, roles: tuple[str, ...]) -> Any:
    """Return the row of a key as `found_item` does, telling outsiders nothing."""
    row = table.rows.get(key)
    if row is None:
        raise hidden_argument(c, table, name, key, roles)
    return row


def rows_within(value: Any) -> tuple[Any, ...]:
    """Return the rows inside an argument at any depth, in order."""
    if value is None:
        return ()
    if isinstance(value, tuple):
        return tuple([row for one in value for row in rows_within(one)])
    return (value,)


def missing_argument(table: Table, name: str, key: Any) -> Refused:
    """Return the refusal of an argument that names no record."""
    return Refused(Code.MISSING_RECORD, f"`{name}`: there is no {show_record(table, key)}")


def hidden_argument(
    c: Context, table: Table, name: str, key: Any, roles: tuple[str, ...]
) -> Refused:
    """Return what an outsider is told of a record that is missing: the same as if it were there."""
    if c.caller is not None or c.signer_with(roles) is not None:
        return missing_argument(table, name, key)
    return outsider(c)


def outsider(c: Context) -> Refused:
    """Return what those are told who may not see a record, whether it exists or not."""
    if not c.signers and c.caller is None:
        return Refused(Code.NOT_SIGNED, "nobody signed")
    return Refused(Code.NOT_AUTHORISED, "none of those who signed may do this")


def _shown(value: str) -> str:
    return show_text(value, SHOWN_LENGTH_MAX)
