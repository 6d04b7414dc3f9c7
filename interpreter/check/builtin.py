"""Elaborate calls of the functions of the language: `round`, `days`, `least`, `amount`, ….

In come calls whose name is that of a function of the language; out come `BuiltinCall`s with the
unit, rounding mode or day count that they fix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from servanda.grammar import tree
from servanda.grammar.format_expression import flat_expression
from servanda.interpreter.check.arithmetic import as_decimal, is_money
from servanda.interpreter.check.comparison import is_ordered, report_unordered
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.fit import fit, fitted, settled
from servanda.interpreter.check.misfit import origin, refuse_sealed, report_units
from servanda.interpreter.check.operator import together
from servanda.interpreter.check.path import names_of
from servanda.interpreter.check.proof import chain_hash_of
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.unit import currency_value, unit_of_currency
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.model import Builtin, BuiltinCall, NamedValue, Value
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    TEXT,
    TIME,
    AmountType,
    Type,
    Unit,
    UnroundedType,
    show_type,
    show_unit,
)
from servanda.interpreter.values.calendar_dates import DayCount
from servanda.interpreter.values.numbers import Rounding

PARSED: Mapping[Builtin, Type] = MappingProxyType(
    {
        Builtin.PARSE_INT: INT,
        Builtin.PARSE_DECIMAL: DECIMAL,
        Builtin.PARSE_DATE: DATE,
        Builtin.PARSE_TIME: TIME,
        Builtin.PARSE_BOOL: BOOL,
    }
)
"""What each conversion of scripts makes of a text."""

USAGE: Mapping[Builtin, tuple[str, int, int | None]] = MappingProxyType(
    {
        Builtin.ROUND_AMOUNT: ("round(x, CNY)", 2, 3),
        Builtin.NUMBER: ("number(amount)", 1, 1),
        Builtin.DAYS: ("days(a, b)", 2, 2),
        Builtin.YEAR_FRACTION: ("year_fraction(a, b, actual_365)", 3, 3),
        Builtin.LEAST: ("least(a, b)", 2, None),
        Builtin.MOST: ("most(a, b)", 2, None),
        Builtin.ABSOLUTE: ("absolute(x)", 1, 1),
        Builtin.CHAIN_HASH: ("chain_hash()", 0, 1),
        Builtin.PARSE_INT: ("int(row.x)", 1, 1),
        Builtin.PARSE_DECIMAL: ("decimal(row.x)", 1, 1),
        Builtin.PARSE_AMOUNT: ("amount(row.x, CNY)", 2, 2),
        Builtin.PARSE_DATE: ("date(row.x)", 1, 1),
        Builtin.PARSE_TIME: ("time(row.x)", 1, 1),
        Builtin.PARSE_BOOL: ("bool(row.x)", 1, 1),
    }
)
"""How each is written, with the least and the most arguments that it takes."""

OF_SCRIPTS = frozenset((*PARSED, Builtin.PARSE_AMOUNT))
BUILTINS: Mapping[str, Builtin] = MappingProxyType({one.value: one for one in USAGE})


def rounded_usage(expression: tree.Apply, values: Sequence[Value]) -> str:
    """Return how `round` of one amount is written, in the unit that it has; or nothing."""
    name = expression.callee
    is_round = isinstance(name, tree.NameReference) and name.name.text == "round"
    if not is_round or len(values) != 1:
        return ""
    held = values[0].type
    if not isinstance(held, AmountType | UnroundedType):
        return ""
    return f"round({flat_expression(expression.arguments[0].value)}, {show_unit(held.unit)})"


def builtin_of(builtin: Builtin, expression: tree.Apply, scope: Scope) -> Value:
    """Return a call of a function of the language."""
    usage, count_min, count_max = USAGE[builtin]
    span = expression.span
    if builtin in OF_SCRIPTS and scope.place is not Place.SCRIPT:
        scope.report(
            "E0220",
            f"`{builtin.value}` reads text in scripts and tests alone",
            expression.callee.span,
            "a contract gets its values typed",
            advice="take a parameter of the type that is meant",
        )
        return unknown(span)
    named = next((one.name for one in expression.arguments if one.name is not None), None)
    count = len(expression.arguments)
    if named is not None or count < count_min or (count_max is not None and count > count_max):
        values = [value_of(one.value, scope) for one in expression.arguments]
        usage = rounded_usage(expression, values) or usage
        scope.report(
            "E0308",
            f"`{builtin.value}` is written `{usage}`",
            span if named is None else named.span,
            "its arguments have no names" if named else f"{count} given",
            advice=f"write `{usage}`"
            if count or builtin not in (Builtin.LEAST, Builtin.MOST)
            else f"write `{usage}`, or `{builtin.value}(x for …)`",
        )
        return unknown(span)
    written = [one.value for one in expression.arguments]
    return ELABORATORS[builtin](builtin, written, expression, scope)


def round_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `round(x, CNY, half_up)`, or `round(x, 2)` of a number."""
    span = expression.span
    value = settled(value_of(written[0], scope), scope, "rounded")
    target = settled(value_of(written[1], scope), scope, "rounded to")
    mode = str(Rounding.HALF_EVEN)
    if len(written) > len(("x", "unit")):
        found = word_of(written[2], [one.value for one in Rounding], "rounding mode", scope)
        if found is None:
            return unknown(span)
        mode = found
    if ANYTHING in (value.type, target.type):
        return unknown(span)
    if target.type == INT:
        number = fit(value, DECIMAL, scope, "what is rounded to places", written[0].span)
        arguments = (number, target)
        return BuiltinCall(
            type=DECIMAL,
            span=span,
            builtin=Builtin.ROUND_DECIMAL,
            arguments=arguments,
            mode=mode,
        )
    target = fit(target, CURRENCY, scope, "what is rounded to", written[1].span)
    unit = unit_from(target, scope)
    if unit is None:
        return unknown(span)
    if value.type in (INT, DECIMAL):
        value = as_decimal(value)
    elif not isinstance(value.type, AmountType | UnroundedType):
        report_not_counted("round", value, scope)
        return unknown(span)
    elif not same_unit(value.type.unit, unit, scope):
        report_units(
            value.type.unit, unit, scope, "what is rounded", written[0].span, origin(value, scope)
        )
        return unknown(span)
    return BuiltinCall(
        type=AmountType(unit),
        span=span,
        builtin=builtin,
        arguments=(value,),
        unit=unit,
        unit_value=currency_value(unit, scope, span),
        mode=mode,
    )


def unit_from(target: Value, scope: Scope) -> Unit | None:
    """Return the unit that a Currency value is, or report that it could change."""
    if target.type == ANYTHING:
        return None
    unit = unit_of_currency(target, scope)
    if unit is None:
        scope.report(
            "E0326",
            "a unit is written by its name or held in a fixed field",
            target.span,
            "this could be another unit each time",
            others=origin(target, scope),
            advice="write `let unit = Currency(…)` above, and `unit` here"
            if isinstance(target, NamedValue)
            else "write a unit such as `CNY`, or bind what holds it with `let x = …`",
        )
    return unit


def word_of(written: tree.Expression, words: Iterable[str], what: str, scope: Scope) -> str | None:
    """Return one of the words that a function takes, or report that it is none of them."""
    known = list(words)
    names = names_of(written)
    if len(names) == 1 and names[0].text in known:
        return names[0].text
    shown = names[0].text if len(names) == 1 else ""
    scope.report(
        "E0221",
        f"unknown {what} `{shown}`" if shown else f"a {what} is written by its name",
        written.span,
        f"no {what} of this name",
        advice=did_you_mean(shown, known)
        or f"write one of {', '.join(f'`{one}`' for one in known)}",
    )
    return None


def report_not_counted(use: str, value: Value, scope: Scope) -> None:
    """Report a value that is no number and no amount."""
    scope.report(
        "E0302",
        f"cannot {use} {show_type(value.type)}",
        value.span,
        f"this is {show_type(value.type)}",
        others=origin(value, scope),
        advice="write a number or an amount",
    )


def number_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `number(amount)`: whole units without their currency."""
    value = settled(value_of(written[0], scope), scope, "taken as a number")
    if value.type == ANYTHING:
        return unknown(expression.span)
    if not isinstance(value.type, AmountType | UnroundedType):
        report_not_counted("take a number from", value, scope)
        return unknown(expression.span)
    unit = value.type.unit
    return BuiltinCall(
        type=DECIMAL,
        span=expression.span,
        builtin=builtin,
        arguments=(value,),
        unit=unit,
        unit_value=currency_value(unit, scope, expression.span),
    )


def days_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `days(a, b)`."""
    arguments = dates_of(builtin, written, scope)
    return BuiltinCall(type=INT, span=expression.span, builtin=builtin, arguments=arguments)


def dates_of(builtin: Builtin, written: list[tree.Expression], scope: Scope) -> tuple[Value, ...]:
    """Return the two dates between which is counted."""
    whats = (f"the first date of `{builtin.value}`", f"the second date of `{builtin.value}`")
    return tuple(fitted(one, DATE, scope, what) for one, what in zip(written, whats, strict=False))


def year_fraction_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `year_fraction(a, b, convention)`."""
    arguments = dates_of(builtin, written, scope)
    convention = word_of(written[2], [one.value for one in DayCount], "day count convention", scope)
    if convention is None:
        return unknown(expression.span)
    return BuiltinCall(
        type=DECIMAL,
        span=expression.span,
        builtin=builtin,
        arguments=arguments,
        mode=convention,
    )


def choice_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `least(a, b, …)` or `most(a, b, …)`."""
    values = [settled(value_of(one, scope), scope, f"used in `{builtin.value}`") for one in written]
    use = f"used in `{builtin.value}`"
    if any(one.type == ANYTHING or refuse_sealed(one, scope, use) for one in values):
        return unknown(expression.span)
    found = together(values, None, [scope] * len(values))
    if found is None:
        first = values[0]
        odd = next((one for one in values if one.type != first.type), first)
        scope.report(
            "E0322",
            f"`{builtin.value}` chooses among values of one type, not "
            f"{show_type(first.type)} and {show_type(odd.type)}",
            odd.span,
            f"this is {show_type(odd.type)}",
            others=origin(odd, scope),
            advice="write values of one type",
        )
        return unknown(expression.span)
    shared, kept = found
    if not is_ordered(shared):
        report_unordered(shared, expression.span, scope)
        return unknown(expression.span)
    return BuiltinCall(type=shared, span=expression.span, builtin=builtin, arguments=kept)


def absolute_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return `absolute(x)`."""
    value = settled(value_of(written[0], scope), scope, "taken without its sign")
    if value.type == ANYTHING:
        return unknown(expression.span)
    if value.type not in (INT, DECIMAL, DURATION) and not is_money(value):
        report_not_counted("take the sign from", value, scope)
        return unknown(expression.span)
    return BuiltinCall(type=value.type, span=expression.span, builtin=builtin, arguments=(value,))


def parsed_of(
    builtin: Builtin, written: list[tree.Expression], expression: tree.Apply, scope: Scope
) -> Value:
    """Return a value read from a text, as in `int(row.time)`."""
    text = fitted(written[0], TEXT, scope, f"what `{builtin.value}` reads")
    if builtin is not Builtin.PARSE_AMOUNT:
        return BuiltinCall(
            type=PARSED[builtin], span=expression.span, builtin=builtin, arguments=(text,)
        )
    unit = unit_from(fitted(written[1], CURRENCY, scope, "the unit of an amount"), scope)
    if unit is None:
        return unknown(expression.span)
    return BuiltinCall(
        type=AmountType(unit),
        span=expression.span,
        builtin=builtin,
        arguments=(text,),
        unit=unit,
        unit_value=currency_value(unit, scope, expression.span),
    )


Elaborator = Callable[[Builtin, list[tree.Expression], tree.Apply, Scope], Value]
ELABORATORS: Mapping[Builtin, Elaborator] = MappingProxyType(
    {
        Builtin.ROUND_AMOUNT: round_of,
        Builtin.NUMBER: number_of,
        Builtin.DAYS: days_of,
        Builtin.YEAR_FRACTION: year_fraction_of,
        Builtin.LEAST: choice_of,
        Builtin.MOST: choice_of,
        Builtin.ABSOLUTE: absolute_of,
        Builtin.CHAIN_HASH: chain_hash_of,
        Builtin.PARSE_AMOUNT: parsed_of,
        **dict.fromkeys(PARSED, parsed_of),
    }
)
