"""Elaborate an expression: from the syntax tree to a model value with its type.

`value_of` dispatches on the kind of node; each sibling registers the kinds it knows
(`check_expression` gathers them, import it from there). This file has the literals. After a
diagnostic the value is of type ANYTHING, which fits everywhere, so one mistake is reported once.
"""

from __future__ import annotations

from decimal import Decimal
from functools import singledispatch

from servanda.grammar import tree
from servanda.grammar.familiar_units import familiar_number
from servanda.grammar.source import Span
from servanda.grammar.tree import DurationUnit
from servanda.interpreter.check.familiar_words import currency_meant
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.unit import declared_units, unit_at
from servanda.interpreter.model import Constant, Value
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MISSING,
    MONTHS,
    TIME,
    AmountType,
    OptionalType,
    Type,
    show_type,
)
from servanda.interpreter.values.calendar_dates import parse_date
from servanda.interpreter.values.numbers import (
    DIGITS_MAX,
    INT_LIMIT,
    Unreadable,
    parse_decimal,
    percent,
)
from servanda.interpreter.values.times import (
    DAY_MS,
    DURATION_MAX_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    parse_time,
)
from servanda.interpreter.values.units import AMOUNT_FORM, parse_amount

MILLISECONDS = {
    DurationUnit.SECOND: SECOND_MS,
    DurationUnit.MINUTE: MINUTE_MS,
    DurationUnit.HOUR: HOUR_MS,
    DurationUnit.DAY: DAY_MS,
}
MONTHS_COUNT_MAX = 120_000


def unknown(span: Span) -> Value:
    """Return the value that stands for what could not be checked."""
    return Constant(type=ANYTHING, span=span, value=None)


@singledispatch
def value_of(expression: tree.Expression, scope: Scope, wanted: Type | None = None) -> Value:
    """Return the checked value of `expression`.

    `wanted` guides what means nothing by itself: the name of a state, `0`, `[]`, `missing`. The
    value may have another type all the same: `fitted` also converts.
    """
    raise AssertionError(f"no way to check a {type(expression).__name__} at {scope} for {wanted}")


Literal = (
    tree.IntegerLiteral
    | tree.DecimalLiteral
    | tree.AmountLiteral
    | tree.DurationLiteral
    | tree.DateLiteral
    | tree.InstantLiteral
    | tree.BoolLiteral
    | tree.MissingLiteral
)


@value_of.register(tree.IntegerLiteral)
@value_of.register(tree.DecimalLiteral)
@value_of.register(tree.AmountLiteral)
@value_of.register(tree.DurationLiteral)
@value_of.register(tree.DateLiteral)
@value_of.register(tree.InstantLiteral)
@value_of.register(tree.BoolLiteral)
@value_of.register(tree.MissingLiteral)
def value_of_literal(expression: Literal, scope: Scope, wanted: Type | None = None) -> Value:
    """Return what a literal stands for; only `missing` asks what is wanted."""
    match expression:
        case tree.IntegerLiteral():
            return integer_of(expression, scope)
        case tree.DecimalLiteral():
            return decimal_of(expression, scope)
        case tree.AmountLiteral():
            return amount_of(expression, scope)
        case tree.DurationLiteral():
            return duration_of(expression, scope)
        case tree.DateLiteral():
            return date_of(expression, scope)
        case tree.InstantLiteral():
            return instant_of(expression, scope)
        case tree.BoolLiteral():
            return Constant(type=BOOL, span=expression.span, value=expression.value)
        case tree.MissingLiteral():
            guided = wanted if isinstance(wanted, OptionalType) else MISSING
            return Constant(type=guided, span=expression.span, value=None)


def integer_of(expression: tree.IntegerLiteral, scope: Scope) -> Value:
    """Return an Int that fits into 34 digits."""
    if expression.value >= INT_LIMIT:
        too_large("whole number", f"{DIGITS_MAX} digits", expression.span, scope)
        return unknown(expression.span)
    return Constant(type=INT, span=expression.span, value=expression.value)


def decimal_of(expression: tree.DecimalLiteral, scope: Scope) -> Value:
    """Return a Decimal of at most 34 digits."""
    try:
        value = parse_decimal(expression.digits)
    except Unreadable:
        too_large("number", f"{DIGITS_MAX} digits", expression.span, scope)
        return unknown(expression.span)
    written = percent(value) if expression.is_percent else value
    return Constant(type=DECIMAL, span=expression.span, value=written)


def amount_of(expression: tree.AmountLiteral, scope: Scope) -> Value:
    """Return an Amount in smallest units, exactly as written."""
    unit = unit_at(expression.unit, scope)
    if unit is None:
        report_unknown_unit(expression.unit, scope, expression.digits)
        return unknown(expression.span)
    form = AMOUNT_FORM.fullmatch(expression.digits)
    fraction = (form[2] or "") if form else ""
    if len(fraction) > unit.decimals:
        allowed = "no decimals" if not unit.decimals else f"{unit.decimals}"
        written = "1 decimal" if len(fraction) == 1 else f"{len(fraction)} decimals"
        scope.report(
            "E0310",
            f"`{expression.digits} {unit.code}` has more decimals than its unit",
            expression.span,
            f"{written}, but {unit.code} has {allowed}",
            advice=f"write at most {unit.decimals} decimals"
            if unit.decimals
            else f"write a whole number of {unit.code}",
        )
        return unknown(expression.span)
    try:
        value = parse_amount(expression.digits, unit.decimals)
    except Unreadable:
        too_large("amount", "27 digits, counted in the smallest unit", expression.span, scope)
        return unknown(expression.span)
    return Constant(type=AmountType(unit), span=expression.span, value=value)


def report_unknown_unit(path: tree.Path, scope: Scope, digits: str = "") -> None:
    """Report a unit that is neither of ISO 4217 nor declared, behind `digits` or alone."""
    if path.names[0].text in scope.checking.misnamed:
        return
    shown, last = ".".join(name.text for name in path.names), path.names[-1].text
    if not is_first_path(path, scope):
        return
    if len(path.names) == 1:
        scope.checking.misnamed.add(shown)
    declared = declared_units(scope)
    meant = currency_meant(shown)
    familiar = familiar_number(digits, shown) if digits else ""
    meant = meant or next((one for one in declared if one.endswith(f".{last}")), "")
    scope.report(
        "E0217",
        f"unknown unit `{shown}`",
        path.span,
        "no currency of ISO 4217 and no declared unit",
        advice=(f"write `{familiar}`" if familiar else "")
        or (f"did you mean `{meant}`?" if meant else "")
        or did_you_mean(shown, declared)
        or f"write a code of ISO 4217, as in `CNY`, or declare it: `unit {last} decimals 2`",
    )


def is_first_path(path: tree.Path, scope: Scope) -> bool:
    """Whether nobody was told yet that a path leads nowhere, from its first name or as a whole."""
    checking, first = scope.checking, path.names[0].text
    if scope.this is not None and not checking.is_first(show_type(scope.this.type), first):
        return False
    is_declared = checking.declarations.find(first) is not None
    whole = ".".join(name.text for name in path.names)
    return checking.is_first("", whole if is_declared else first)


def too_large(what: str, most: str, span: Span, scope: Scope) -> None:
    """Report a literal that no value can hold."""
    scope.report(
        "E0311",
        f"this {what} is too large",
        span,
        f"a {what} has at most {most}" if what != "amount" else f"an amount has at most {most}",
        advice="write a shorter one",
    )


def duration_of(expression: tree.DurationLiteral, scope: Scope) -> Value:
    """Return a Duration in milliseconds, or Months."""
    is_months = expression.unit is DurationUnit.MONTH
    count = expression.count * (1 if is_months else MILLISECONDS[expression.unit])
    if count > (MONTHS_COUNT_MAX if is_months else DURATION_MAX_MS):
        scope.report(
            "E0311",
            "this duration is too large",
            expression.span,
            "no two dates of the calendar are so far apart",
            advice="write a shorter one",
        )
        return unknown(expression.span)
    return Constant(type=MONTHS if is_months else DURATION, span=expression.span, value=count)


def date_of(expression: tree.DateLiteral, scope: Scope) -> Value:
    """Return a Date that the calendar has."""
    try:
        value = parse_date(expression.text)
    except Unreadable:
        return no_such_time("day", expression.text, expression.span, scope)
    return Constant(type=DATE, span=expression.span, value=value)


def instant_of(expression: tree.InstantLiteral, scope: Scope) -> Value:
    """Return a Time that the calendar has."""
    try:
        value = parse_time(expression.text)
    except Unreadable:
        return no_such_time("time", expression.text, expression.span, scope)
    return Constant(type=TIME, span=expression.span, value=value)


def no_such_time(what: str, text: str, span: Span, scope: Scope) -> Value:
    """Report a day or a time that does not exist."""
    scope.report(
        "E0312",
        f"there is no {what} `{text}`",
        span,
        "not in the calendar",
        advice="months have 28 to 31 days, hours go from 00 to 23, minutes from 00 to 59",
    )
    return unknown(span)


def negated(value: Constant) -> Constant | None:
    """Return `-value` as a constant, if its type has a sign."""
    found = value.value
    if isinstance(found, Decimal):
        # Minus zero does not exist: `copy_negate` is exact and zero is left alone.
        return Constant(type=value.type, span=value.span, value=found.copy_negate() or Decimal(0))
    if isinstance(found, int) and not isinstance(found, bool):
        return Constant(type=value.type, span=value.span, value=-found)
    return None


def is_zero(value: Value) -> bool:
    """Whether `value` is the literal `0`, the zero of any Amount."""
    return isinstance(value, Constant) and value.type == INT and value.value == 0
