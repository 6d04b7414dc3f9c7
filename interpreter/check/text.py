"""Elaborate text literals: what may be shown in a hole, and how a currency is shown.

In come texts with holes; out come constants, or texts whose holes are typed.
"""

from __future__ import annotations

from dataclasses import replace

from servanda.grammar import tree
from servanda.interpreter.check.fit import settled
from servanda.interpreter.check.misfit import origin, refuse_sealed, report_unrounded
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.unit import currency_value, unit_in
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.model import Constant, FieldValue, TextValue, Value
from servanda.interpreter.types import (
    ANYTHING,
    SERIAL,
    TEXT,
    EventType,
    FieldUnit,
    ListType,
    OutputsType,
    RowType,
    SetType,
    Type,
    UnroundedType,
    show_type,
)

TEXT_BYTES_MAX = 4_096


@value_of.register(tree.TextLiteral)
def value_of_text(
    expression: tree.TextLiteral,
    scope: Scope,
    wanted: Type | None = None,  # noqa: ARG001 -- `fit` makes a Hash of a literal
) -> Value:
    """Return a text; each hole holds what can be shown."""
    plain = "".join(part for part in expression.parts if isinstance(part, str))
    if len(plain.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
        scope.report(
            "E0335",
            f"a text has at most {TEXT_BYTES_MAX:_} bytes",
            expression.span,
            "this one has more",
            advice="write a shorter text, or keep its hash in a `Hash`",
        )
        return unknown(expression.span)
    if all(isinstance(part, str) for part in expression.parts):
        return Constant(type=TEXT, span=expression.span, value=plain)
    parts = tuple(
        part if isinstance(part, str) else hole_of(part, scope) for part in expression.parts
    )
    units = tuple(
        None if isinstance(part, str) else currency_value(unit_in(part.type), scope, part.span)
        for part in parts
    )
    return TextValue(type=TEXT, span=expression.span, parts=parts, units=units)


def hole_of(written: tree.Expression, scope: Scope) -> Value:
    """Return the value of a hole, or report that it cannot be shown."""
    value = settled(value_of(written, scope), scope, "shown")
    if value.type == ANYTHING:
        return value
    if refuse_sealed(value, scope, "shown in a text"):
        return unknown(written.span)
    shown = value.type
    while isinstance(shown, ListType | SetType):
        shown = shown.item
    if isinstance(shown, UnroundedType):
        report_unrounded(shown.unit, scope, "an amount that is shown", written.span)
        return unknown(written.span)
    if isinstance(shown, OutputsType | RowType | EventType):
        scope.report(
            "E0321",
            f"cannot show {show_type(shown)} in a text",
            written.span,
            "this has several parts",
            others=origin(value, scope),
            advice="show one of its fields: `{x.field}`",
        )
        return unknown(written.span)
    unit = unit_in(shown)
    if isinstance(unit, FieldUnit) and currency_value(unit, scope, written.span) is None:
        return unknown(written.span)
    return as_serial(value, scope)


def as_serial(value: Value, scope: Scope) -> Value:
    """Return the key that the chain gave as a Serial, which is shown as a name and not counted."""
    if isinstance(value, FieldValue):
        slot = scope.checking.declarations.record(value.record).slots.get(value.field)
        if slot is not None and slot.type == SERIAL:
            return replace(value, type=SERIAL)
    return value
