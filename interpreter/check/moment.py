"""The moment that `reaches` waits for: a value of the record's own fields, which may be missing.

In comes an expression; out comes the model of a Time, or of a `Time?` that is missing wherever a
field is missing that the moment is made of. It refuses to know when anything is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from servanda.grammar import tree
from servanda.interpreter.check.body import report
from servanda.interpreter.check.expression import value_of
from servanda.interpreter.check.facts import Chain, type_declared
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.symbols import RecordSymbol
from servanda.interpreter.model import (
    Arithmetic,
    Both,
    Builtin,
    BuiltinCall,
    Conditional,
    Constant,
    Conversion,
    Convert,
    FieldValue,
    IsAbsent,
    LocalValue,
    Negation,
    Value,
)
from servanda.interpreter.types import ANYTHING, BOOL, DATE, TIME, OptionalType, show_type
from servanda.interpreter.walk import find_values, values_in

OWN_PARTS = (Constant, Arithmetic, Negation, Convert, Conditional, IsAbsent)
"""What a moment may be made of, besides the record's own fields and the choice between moments."""


def check_moment(
    written: tree.Expression, record: RecordSymbol, binder: LocalValue, scope: Scope
) -> Value | None:
    """Return the moment that is reached: a Time or Date in the record's own fields."""
    inner = scope.child()
    for slot in record.slots.values():
        if isinstance(slot.type, OptionalType):
            inner.present.add(Chain(binder.local, (slot.name,)))
    value = value_of(written, inner)
    if value.type == ANYTHING:
        return None
    base = value.type.base if isinstance(value.type, OptionalType) else value.type
    if base not in (TIME, DATE):
        report(
            scope,
            "E0414",
            f"a moment is a Time or a Date, not `{show_type(value.type)}`",
            written.span,
            f"of type `{show_type(value.type)}`",
            help="name a field of type Time, Date, `Time?` or `Date?`",
        )
        return None
    foreign = next(find_values(value, lambda one: not is_own(one, binder)), None)
    if foreign is not None:
        report(
            scope,
            "E0414",
            f"`reaches` reads only the fields of `{binder.local.name}` itself",
            foreign.span,
            "this may change without the record",
            help=f"keep the moment in a field of `{binder.local.name}`",
        )
        return None
    return missing_with_its_parts(value if base == TIME else midnight_of(value), scope)


def is_own(value: Value, binder: LocalValue) -> bool:
    """Whether a part of a moment depends on the record alone, through pure arithmetic."""
    if isinstance(value, FieldValue):
        return value.object == binder
    if isinstance(value, LocalValue):
        return value == binder
    if isinstance(value, BuiltinCall):
        return value.builtin in (Builtin.LEAST, Builtin.MOST)
    return isinstance(value, OWN_PARTS)


def midnight_of(value: Value) -> Value:
    """Return the Time at which a Date begins."""
    wanted = OptionalType(TIME) if isinstance(value.type, OptionalType) else TIME
    return Convert(type=wanted, span=value.span, conversion=Conversion.DATE_TO_TIME, operand=value)


def missing_with_its_parts(moment: Value, scope: Scope) -> Value:
    """Return a moment that is missing where a field is that it was checked without asking for."""
    is_there = presence_of(moment, scope)
    if is_there is None:
        return moment
    wanted = OptionalType(TIME)
    absent = Constant(type=wanted, span=moment.span, value=None)
    return Conditional(
        type=wanted, span=moment.span, condition=is_there, then=moment, otherwise=absent
    )


def presence_of(value: Value, scope: Scope) -> Value | None:
    """Return the condition that all fields are there that `value` needs; None if they always are.

    Of a conditional only the side that is taken is needed, and a question needs no answer.
    """
    match value:
        case IsAbsent():
            return None
        case FieldValue():
            declared = type_declared(value, scope)
            if not isinstance(declared, OptionalType):
                return None
            operand = replace(value, type=declared)
            return IsAbsent(type=BOOL, span=value.span, operand=operand, is_negated=True)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            first, second = presence_of(then, scope), presence_of(otherwise, scope)
            if first is None and second is None:
                return presence_of(condition, scope)
            always = Constant(type=BOOL, span=value.span, value=True)
            taken = replace(value, type=BOOL, then=first or always, otherwise=second or always)
            return all_of([presence_of(condition, scope), taken])
    return all_of([presence_of(part, scope) for part in values_in(value)])


def all_of(conditions: Sequence[Value | None]) -> Value | None:
    """Return the conjunction of conditions, leaving out those that always hold."""
    whole: Value | None = None
    for one in conditions:
        if whole is None or one is None:
            whole = whole or one
        else:
            whole = Both(type=BOOL, span=whole.span, left=whole, right=one)
    return whole
