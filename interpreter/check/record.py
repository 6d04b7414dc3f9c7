"""Records from heading to model: what may be a key, which defaults fit, who may read.

In comes a `RecordHeading`; out comes a `RecordModel`. Its indexes are added at the end, when every
`where` of the contract has been seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.interpreter.check.authority import authority_of
from servanda.interpreter.check.body import report
from servanda.interpreter.check.constants import folded
from servanda.interpreter.check.declare_record import RecordHeading
from servanda.interpreter.check.effect import check_bound
from servanda.interpreter.check.expression import fitted
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.symbols import RecordSymbol, SlotSymbol
from servanda.interpreter.model import Constant, FieldModel, ListValue, RecordModel, Value
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    CURRENCY,
    DATE,
    HASH,
    INT,
    PARTY,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    BalanceType,
    EnumType,
    FixedUnit,
    LifecycleType,
    ListType,
    OptionalType,
    RecordType,
    RoleType,
    SetType,
    Type,
    show_type,
)

KEY_TYPES = (BOOL, INT, TEXT, DATE, TIME, HASH, PARTY, CURRENCY, SERIAL, ANYTHING)


def check_record(heading: RecordHeading) -> RecordModel:
    """Return the model of a record, without its indexes."""
    written, scope, symbol = heading.written, heading.scope, heading.symbol
    lifecycles: list[SlotSymbol] = []
    fields: list[FieldModel] = []
    for typed in (*written.keys, *written.fields):
        slot = symbol.slots[typed.name.text]
        if slot.span != typed.name.span:
            continue  # Named twice, which is reported already.
        if slot.is_key:
            check_key(slot, typed, written, scope)
        else:
            check_held(slot, typed, lifecycles, scope)
        fields.append(
            FieldModel(
                slot.name,
                slot.type,
                slot.bound,
                default_of(slot, typed, scope),
                slot.is_key,
                slot.is_fixed,
                slot.span,
            )
        )
    check_circle(heading)
    seen_by = authority_of(written.seen_by, scope) if written.seen_by else None
    return RecordModel(
        symbol.type,
        tuple(one for one in fields if one.is_key),
        tuple(one for one in fields if not one.is_key),
        symbol.lifecycle_field,
        seen_by,
        heading.this,
        (),
        written.span,
        written.description,
    )


def check_key(
    slot: SlotSymbol, typed: tree.TypedName, written: tree.RecordDeclaration, scope: Scope
) -> None:
    """Report a key by which no record could be told from another for good."""
    held = slot.type
    if typed.default is not None:
        report(
            scope,
            "E0354",
            f"the key `{slot.name}` takes no default",
            typed.default.span,
            "a default",
            help="remove it: every record has a key of its own",
        )
    if held == SERIAL and len(written.keys) > 1:
        report(
            scope,
            "E0351",
            "a Serial is the only key of its record",
            typed.type.span,
            "the chain numbers all records of a type in one row",
            help="make the other keys fields",
        )
    if held in KEY_TYPES or isinstance(held, RoleType | EnumType | RecordType):
        return
    if isinstance(held, AmountType) and isinstance(held.unit, FixedUnit):
        return  # A whole number of one unit, as good a name as an Int.
    report(
        scope,
        "E0350",
        f"a value of type `{show_type(held)}` cannot be a key",
        typed.type.span,
        "a key tells records apart and never changes",
        help="use Text, Int, Serial, Date, Time, Hash, Bool, Currency, an Amount of one unit, "
        "a party, an enum or a record",
    )


def check_held(
    slot: SlotSymbol, typed: tree.TypedName, lifecycles: list[SlotSymbol], scope: Scope
) -> None:
    """Report a field whose type a record cannot hold."""
    held = slot.type
    inner = inner_type(held)
    if isinstance(held, LifecycleType):
        if lifecycles:
            report(
                scope,
                "E0352",
                "a record is in one lifecycle",
                typed.type.span,
                "a second lifecycle",
                Label(lifecycles[0].span, "the first one"),
                help="make it an enum, or a record of its own",
            )
        lifecycles.append(slot)
    elif held == SERIAL:
        report(
            scope,
            "E0351",
            "a Serial is a key",
            typed.type.span,
            "a field",
            help="write `Int`, which is what a number that the chain gave is",
        )
    elif held != inner and isinstance(inner, BalanceType):
        report(
            scope,
            "E0355",
            "a Balance stands alone in a field",
            typed.type.span,
            f"of type `{show_type(held)}`",
            help="declare a record with a Balance and refer to it",
        )
    if typed.bound is not None and isinstance(held, RecordType):
        report(
            scope,
            "E0355",
            "a field cannot hold another record to its state",
            typed.bound.span,
            "the other record moves on by itself",
            help="ask for the state where the record is used",
        )


def inner_type(held: Type) -> Type:
    """Return the type inside `?`, lists and sets."""
    if isinstance(held, OptionalType):
        return inner_type(held.base)
    if isinstance(held, ListType | SetType):
        return inner_type(held.item)
    return held


def default_of(slot: SlotSymbol, typed: tree.TypedName, scope: Scope) -> Value | None:
    """Return the value that a field has when nobody says one."""
    written = typed.default
    if written is None or slot.is_key:
        return None
    if isinstance(slot.type, LifecycleType | BalanceType):
        is_state = isinstance(slot.type, LifecycleType)
        report(
            scope,
            "E0354",
            f"`{slot.name}` takes no default",
            written.span,
            "a lifecycle starts at its first state" if is_state else "a Balance starts at nothing",
            help="remove it",
        )
        return None
    value = fitted(written, slot.type, scope, f"the default of `{slot.name}`")
    if ANYTHING in (value.type, slot.type):
        return None
    if isinstance(value, ListValue):
        value = constant_list(value, slot.type)
    if not isinstance(value, Constant):
        report(
            scope,
            "E0354",
            f"the default of `{slot.name}` is not known beforehand",
            written.span,
            "this is computed",
            help="write a constant, and set the field where the record is created",
        )
        return None
    check_bound(value, slot.bound, slot, scope)
    return value


ITEMS_COUNT_MAX = 1_000
"""A list holds no more, also one that nobody gives."""


def constant_list(value: ListValue, held: Type) -> Value:
    """Return a list or set of constants as one; a set is in order, each item once."""
    items: list[Any] = [one.value for item in value.items if (one := folded(item)) is not None]
    if len(items) < len(value.items) or len(items) > ITEMS_COUNT_MAX:
        return value
    kept = tuple(sorted(set(items))) if isinstance(value.type, SetType) else tuple(items)
    return Constant(type=held, span=value.span, value=kept)


def check_circle(heading: RecordHeading) -> None:
    """Report a record whose key needs a record of its own type: there could never be a first."""
    wanted = heading.symbol.type
    reached: list[RecordType] = []
    waiting = list(key_records(heading.symbol))
    while waiting:
        record = waiting.pop()
        if record == wanted:
            report(
                heading.scope,
                "E0350",
                f"the key of `{wanted.name}` leads back to `{wanted.name}`",
                heading.symbol.span,
                "no first record could ever be created",
                help="make the reference a field instead of a key",
            )
            return
        if record not in reached:
            reached.append(record)
            waiting.extend(key_records(heading.scope.checking.declarations.record(record)))


def key_records(symbol: RecordSymbol) -> Iterator[RecordType]:
    """Yield the records that the keys of a record refer to."""
    for slot in symbol.keys:
        if isinstance(slot.type, RecordType):
            yield slot.type
