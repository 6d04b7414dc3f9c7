"""What generated code calls: lookups, and the refusals of the language in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from servanda.grammar.source import Span
from servanda.interpreter.costs import TEXT_STEP_LENGTH
from servanda.interpreter.execute import arguments, keys, proofs, sealed
from servanda.interpreter.execute.arguments import (
    KEY_BYTES_MAX,
    TEXT_BYTES_MAX,
    over_cost,
    sorted_set,
    weight_of,
)
from servanda.interpreter.execute.keys import show_record
from servanda.interpreter.execute.state import Row, Table, place_of_balance
from servanda.interpreter.generate.showing import SHOWING
from servanda.interpreter.receipts import Amount, Event, Notice
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.types import TEXT
from servanda.interpreter.values import calendar_dates, numbers, show, times, units
from servanda.interpreter.values.numbers import Unreadable, check_amount
from servanda.interpreter.values.show import show_amount, show_text

if TYPE_CHECKING:
    from servanda.interpreter.execute.context import Context

INSUFFICIENT = Code.INSUFFICIENT.value
HUNDREDTHS = 2
PLAIN_KEY = re.compile(r"[A-Za-z0-9 ._/-]{1,64}").fullmatch
LIST_COUNT_MAX = arguments.LIST_COUNT_MAX
RANGE_COUNT_MAX = 10_000


def find(table: Table, key: Any) -> Any:
    """Return the record of a key, or refuse `MISSING_RECORD`."""
    row = table.rows.get(key)
    if row is None:
        raise Refused(Code.MISSING_RECORD, f"there is no {show_record(table, key)}")
    return row


def show_key(row: Row) -> str:
    """Return a record as its key."""
    return keys.show_key(row.table, row.key)


def out_of_bound(name: str) -> Refused:
    """Return the refusal of a value that leaves its declared bound."""
    return Refused(Code.OVERFLOW, f"`{name}` would leave what its `in` allows")


def not_a_member(party: object, name: str) -> Refused:
    """Return the refusal of a party that is suspended or lacks the role of a field."""
    return Refused(Code.NOT_AUTHORISED, f"`{name}`: {party} is no member in good standing")


def no_transition(row: Row, old: str, new: str) -> Refused:
    """Return the refusal of a step that no arrow allows."""
    name = show_record(row.table, row.key)
    return Refused(Code.NO_TRANSITION, f"{name} is {old}, and no arrow leads from there to {new}")


def wrong_state(row: Row, state: str, wanted: tuple[str, ...]) -> Refused:
    """Return the refusal of an action on a record that is not in a state it names."""
    name = show_record(row.table, row.key)
    return Refused(Code.WRONG_STATE, f"{name} is {state}, not {' or '.join(wanted)}")


def negative_amount() -> Refused:
    """Return the refusal of moving less than nothing."""
    return Refused(Code.NEGATIVE_AMOUNT, "less than nothing cannot be moved")


def insufficient(row: Row, slot: str, amount: int, span: Span) -> Refused:
    """Return the refusal of taking more than a balance holds."""
    table = row.table
    unit = (row.places[slot] or place_of_balance(row, slot))[1]
    key = row.key
    if type(key) is str and table.model.keys[0].type is TEXT and PLAIN_KEY(key):
        shown = f'{table.name}["{key}"]'
    else:
        shown = show_record(table, key)
    if table.decimals_of(unit) == HUNDREDTHS:
        # This is the refusal that is met most, so the likely case is written out.
        wanted = f"{amount // 100:_}.{amount % 100:02d}"
    else:
        wanted = show_amount(amount, table.decimals_of(unit), unit)[: -len(unit) - 1]
    return Refused(INSUFFICIENT, f"the {slot[2:]} of {shown} is less than {wanted} {unit}", span)


def duplicate_key(table: Table, key: Any) -> Refused:
    """Return the refusal of creating what there is already."""
    return Refused(Code.DUPLICATE_KEY, f"{show_record(table, key)} is there already")


def not_signed() -> Refused:
    """Return the refusal of a call that nobody signed."""
    return Refused(Code.NOT_SIGNED, "nobody signed")


def not_authorised() -> Refused:
    """Return the refusal of signers whom `by` does not name."""
    return Refused(Code.NOT_AUTHORISED, "none of those who signed may do this")


def too_much_money() -> Refused:
    """Return the refusal of a balance that would hold 10**27 steps or more."""
    return Refused(Code.OVERFLOW, "the balance has more than 27 digits")


def check_key(text: str, name: str) -> None:
    """Refuse a key that is too long to keep."""
    if len(text) * 4 > KEY_BYTES_MAX and len(text.encode()) > KEY_BYTES_MAX:
        raise Refused(Code.OVERFLOW, f"the key `{name}` is longer than {KEY_BYTES_MAX} bytes")


def text(c: Context, made: str) -> str:
    """Return a text made from holes, refusing one that is too long to keep."""
    size = len(made)
    c.steps += size // TEXT_STEP_LENGTH
    if size * 4 > TEXT_BYTES_MAX and len(made.encode()) > TEXT_BYTES_MAX:
        raise Refused(Code.OVERFLOW, f"the text is longer than {TEXT_BYTES_MAX} bytes")
    return made


def same(c: Context, left: Any, right: Any) -> bool:
    """Whether two lists are the same: a step for each value that may have to be looked at."""
    c.steps += weight_of(left)
    return bool(left == right)


def weighed(c: Context, collection: Any) -> Any:
    """Return a list that is looked through or sent out, at a step for each value inside it."""
    c.steps += weight_of(collection)
    return collection


def set_of_list(c: Context, items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a List as a Set, at a step for each value that is put in order."""
    c.steps += len(items)
    return sorted_set(items)


def list_of(items: list[Any]) -> tuple[Any, ...]:
    """Return a List, refusing one that is too long to keep."""
    if len(items) > LIST_COUNT_MAX:
        raise Refused(Code.OVERFLOW, f"the list has more than {LIST_COUNT_MAX} items")
    return tuple(items)


def count_up(low: int, end: int) -> range:
    """Return low..end (without end), refusing more than 10,000 numbers."""
    if end - low > RANGE_COUNT_MAX:
        raise over_cost()
    return range(low, end)


def all_rows(table: Table) -> list[Any]:
    """Return every record of a table in key order."""
    return list(table.records())


def collected_sum(found: list[Any], check: Callable[[Any], Any]) -> Any:
    """Return the checked sum of what the rows of a table gave."""
    total: Any = 0
    for one in found:
        total = numbers.add(total, one) if check is decimal_sum else total + one
    return check(total)


def decimal_sum(total: Any) -> Any:
    """Return a sum of Decimals, also that of none."""
    return total or numbers.ZERO


def parse_bool(text_: str) -> bool:
    """Return the Bool that a cell spells: `true` or `false`, `1` or `0`."""
    if text_ in {"true", "1"}:
        return True
    if text_ in {"false", "0"}:
        return False
    message = f"{show_text(text_, 40)} is not true or false"
    raise Unreadable(message)


def names_for_generated_code() -> dict[str, Any]:
    """Return the globals that every generated module starts with."""
    names: dict[str, Any] = {
        "Refused": Refused,
        "Amount": Amount,
        "Event": Event,
        "Notice": Notice,
        "new": tuple.__new__,
        "ZERO": numbers.ZERO,
        "ONE": numbers.decimal_from_int(1),
        "set_of": sorted_set,
        "check_amount": check_amount,
        "not_given": None,
        "__builtins__": _BUILTINS,
    }
    for module in (arguments, proofs, sealed, calendar_dates, numbers, times, units, show):
        names.update({name: getattr(module, name) for name in _EXPORTS if hasattr(module, name)})
    names.update({one.__name__: one for one in _OWN})
    return names


_BUILTINS = {
    "abs": abs,
    "int": int,
    "len": len,
    "list": list,
    "map": map,
    "max": max,
    "min": min,
    "range": range,
    "str": str,
    "tuple": tuple,
    "type": type,
    "AssertionError": AssertionError,
}
"""Generated code needs no more of Python than this, so it gets no more."""

_EXPORTS = (
    *("add", "subtract", "multiply", "divide", "negate", "absolute", "check_int"),
    *("decimal_from_int", "round_to_int", "round_decimal", "parse_int", "parse_decimal"),
    *("round_amount", "amount_from_decimal", "decimal_from_amount", "parse_amount"),
    *("add_months", "days_between", "year_fraction", "parse_date", "parse_time"),
    *("check_time", "check_duration", "add_duration_to_date", "add_months_to_time", "instant"),
    *("take_bool", "take_int", "take_decimal", "take_text", "take_date", "take_time"),
    *("take_duration", "take_hash", "take_currency", "take_amount", "take_name", "take_party"),
    *(
        "take_list",
        "take_set",
        "nested",
        "take_record",
        "take_key",
        "found_item",
        "found_hidden_item",
    ),
    *("unwrap", "rows_within", "bad_count", "bad_bound", "missing_argument", "hidden_argument"),
    *("outsider", "hash_of_text", "take_proof", "OwnRecord"),
    *("take_sealed", "check_readers", "carried", "ToSeal"),
    *SHOWING,
)

_OWN = (
    *(find, show_key, over_cost, out_of_bound, not_a_member, no_transition, wrong_state),
    *(
        too_much_money,
        negative_amount,
        insufficient,
        duplicate_key,
        not_signed,
        not_authorised,
        check_key,
    ),
    *(
        text,
        same,
        weighed,
        set_of_list,
        list_of,
        count_up,
        all_rows,
        collected_sum,
        decimal_sum,
        parse_bool,
    ),
)
