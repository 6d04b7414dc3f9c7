"""Elaborate equality of money whose unit is held in a field, where an `expect` asks for it.

In comes a comparison of the tree; out come its sides, and an equality of amounts with their units.
A contract settles first in which unit money is, since something is decided by it; a test only says
what it expects, and money of another unit is not what it expects.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.source import Span
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.field import field_of
from servanda.interpreter.check.path import symbol_of
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.symbols import RecordSymbol
from servanda.interpreter.check.unit import (
    as_read,
    currency_value,
    field_of_this,
    read_quietly,
    unit_in,
)
from servanda.interpreter.check.value import is_zero, value_of
from servanda.interpreter.model import Constant, FieldValue, SameMoney, Value
from servanda.interpreter.types import (
    BOOL,
    CURRENCY,
    AmountType,
    FieldUnit,
    FixedUnit,
    OptionalType,
    RecordType,
    Type,
)

THIS = -1
"""The root of a unit that is a field of the record that holds the money."""


def side_of(expression: tree.Expression, scope: Scope, wanted: Type | None = None) -> Value:
    """Return one side of an equality; money of a record that is looked up keeps its unit there."""
    if not scope.is_expected or not isinstance(expression, tree.Member):
        return value_of(expression, scope, wanted)
    first: tree.Expression = expression
    while isinstance(first, tree.Member):
        first = first.object
    if not isinstance(first, tree.Index) or not isinstance(
        symbol_of(first.object, scope), RecordSymbol
    ):
        return value_of(expression, scope, wanted)
    holder = value_of(expression.object, scope)
    if isinstance(holder.type, RecordType):
        slot = scope.checking.declarations.record(holder.type).slots.get(expression.name.text)
        held = as_read(slot.type) if slot is not None else None
        if is_counted(held) and held is not None and field_of_this(held, holder, scope) is None:
            return FieldValue(
                type=held,
                span=expression.span,
                object=holder,
                record=holder.type,
                field=expression.name.text,
            )
    return field_of(holder, expression.name, expression.span, scope)


def same_money_of(
    comparator: str, left: Value, right: Value, span: Span, scope: Scope
) -> Value | None:
    """Return the equality of two amounts with their units, or None where it is a plain one."""
    is_asked = scope.is_expected and comparator in ("==", "!=")
    if not is_asked or is_plain(left.type, right.type, scope):
        return None
    first, second = unit_held(left, scope), unit_held(right, scope)
    # Nothing is nothing in any unit.
    first = second if first is None and is_zero(left) else first
    second = first if second is None and is_zero(right) else second
    if first is None or second is None:
        return None
    return SameMoney(
        type=BOOL,
        span=span,
        left=left,
        right=right,
        left_unit=first,
        right_unit=second,
        is_negated=comparator == "!=",
    )


def is_counted(held: Type | None) -> bool:
    """Whether this is an Amount, or one that may be missing."""
    return isinstance(held.base if isinstance(held, OptionalType) else held, AmountType)


def is_plain(left: Type, right: Type, scope: Scope) -> bool:
    """Whether the units of two types are known to be one, or never are one."""
    units = [unit for unit in (unit_in(left), unit_in(right)) if unit is not None]
    if all(isinstance(one, FixedUnit) for one in units):
        return True
    is_own = any(isinstance(one, FieldUnit) and one.root == THIS for one in units)
    return not is_own and same_unit(units[0], units[-1], scope)


def unit_held(value: Value, scope: Scope) -> Value | None:
    """Return the Currency in which an amount is, as a value of its own."""
    unit = unit_in(value.type) if is_counted(value.type) else None
    if isinstance(unit, FixedUnit):
        return Constant(type=CURRENCY, span=value.span, value=unit.code)
    if not isinstance(unit, FieldUnit) or unit.root != THIS:
        return currency_value(unit, scope, value.span)
    if not isinstance(value, FieldValue):
        return None
    held: Value = value.object
    for name in unit.fields:
        inner = read_quietly(held, name, scope)
        if inner is None:
            return None
        held = inner
    return held
