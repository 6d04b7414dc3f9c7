"""Elaborate aggregates: `sum(a.balance for a in Account where …)` and its siblings.

In come comprehensions of the tree; out come aggregate values. What is added up must be of one
unit, whichever item it comes from.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.interpreter.check.comparison import is_ordered, report_unordered
from servanda.interpreter.check.domain import domain_of
from servanda.interpreter.check.equal_paths import other_names
from servanda.interpreter.check.familiar_words import function_meant
from servanda.interpreter.check.fit import fit, settled
from servanda.interpreter.check.misfit import origin, refuse_sealed
from servanda.interpreter.check.path import names_of
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.unit import unit_in, with_unit
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.model import AggregateKind, AggregateValue, Local, Value
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    DECIMAL,
    DURATION,
    INT,
    AmountType,
    EventType,
    FieldUnit,
    ListType,
    OptionalType,
    OutputsType,
    RowType,
    Type,
    Unit,
    UnroundedType,
    show_type,
)


@value_of.register(tree.Aggregate)
def value_of_aggregate(
    expression: tree.Aggregate,
    scope: Scope,
    wanted: Type | None = None,
) -> Value:
    """Return what an aggregate makes of the items of its domain."""
    kind = kind_of(expression.callee, scope)
    binder, domain, inner = domain_of(
        expression.domain, expression.binder, expression.where, expression.limit, scope
    )
    guide = wanted.item if isinstance(wanted, ListType) else None
    value = value_of(expression.value, inner, guide)
    if kind is None:
        return unknown(expression.span)
    if kind is AggregateKind.COUNT:
        result: Type = INT
    elif kind in (AggregateKind.ANY, AggregateKind.ALL):
        value = fit(value, BOOL, inner, f"what `{kind.value}` asks", expression.value.span)
        result = BOOL
    else:
        value = without_binder_unit(value, binder, kind, inner)
        value = settled(value, inner, f"used in `{kind.value}`")
        if value.type == ANYTHING or refuse_sealed(value, inner, f"used in `{kind.value}`"):
            return unknown(expression.span)
        found = result_of(kind, value, inner)
        if found is None:
            return unknown(expression.span)
        result = found
    return AggregateValue(
        type=result, span=expression.span, kind=kind, value=value, binder=binder, domain=domain
    )


def kind_of(callee: tree.Expression, scope: Scope) -> AggregateKind | None:
    """Return which aggregate is called, or report that it is none."""
    names = names_of(callee)
    written = ".".join(name.text for name in names)
    if written in {kind.value for kind in AggregateKind}:
        return AggregateKind(written)
    kinds = [kind.value for kind in AggregateKind]
    scope.report(
        "E0215",
        f"`{written}` does not range over a domain" if written else "this is no aggregate",
        callee.span,
        "`for` is only written in an aggregate",
        advice=function_meant(written)
        or did_you_mean(written, kinds)
        or f"write one of {', '.join(f'`{k}`' for k in kinds)}",
    )
    return None


def result_of(kind: AggregateKind, value: Value, scope: Scope) -> Type | None:
    """Return the type of an aggregate, or report values of which it makes nothing."""
    given = value.type
    is_money = isinstance(given, AmountType | UnroundedType)
    match kind:
        case AggregateKind.LIST if not isinstance(given, OutputsType | RowType | EventType):
            return ListType(given)
        case AggregateKind.SUM if is_money or given in (INT, DECIMAL, DURATION):
            return given
        case AggregateKind.PRODUCT if given in (INT, DECIMAL):
            return given
        case AggregateKind.LEAST | AggregateKind.MOST:
            if is_ordered(given):
                return OptionalType(given)
            report_unordered(given, value.span, scope, origin(value, scope))
            return None
    makes = {
        AggregateKind.SUM: ("added up", "sum numbers, amounts or durations"),
        AggregateKind.PRODUCT: ("multiplied", "multiply Ints or Decimals"),
        AggregateKind.LIST: ("kept in a list", "list one of its fields"),
    }
    use, advice = makes[kind]
    scope.report(
        "E0323",
        f"values of type {show_type(given)} cannot be {use}",
        value.span,
        f"this is {show_type(given)}",
        others=origin(value, scope),
        advice=advice,
    )
    return None


def without_binder_unit(value: Value, binder: Local, kind: AggregateKind, scope: Scope) -> Value:
    """Return money in a unit that is the same for every item, or report that it may differ."""
    unit = unit_in(value.type)
    if not isinstance(unit, FieldUnit) or unit.root != binder.number:
        return value
    for other in other_names(unit, scope):
        if is_free_of(other, binder):
            return fit(value, with_unit(value.type, other), scope, "an amount", value.span)
    shown = f"{binder.name}.{'.'.join(unit.fields)}"
    scope.report(
        "E0334",
        f"`{kind.value}` over amounts of different units",
        value.span,
        f"each is in its own `{shown}`",
        others=origin(value, scope),
        advice=f"keep to one unit: `where … and {shown} == CNY`",
    )
    return unknown(value.span)


def is_free_of(unit: Unit, binder: Local) -> bool:
    """Whether a unit does not hang on the binder."""
    return not isinstance(unit, FieldUnit) or unit.root != binder.number
