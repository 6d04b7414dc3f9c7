"""Check arithmetic: what adds, multiplies and divides with what, and what comes of it.

In come checked operands; out come `Arithmetic` and `Negation` with their conversions written out,
or a diagnostic. It refuses to know syntax.
"""

from __future__ import annotations

from decimal import Decimal

from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.grammar.tree import Operator
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.fit import convert, converted, settled
from servanda.interpreter.check.misfit import how_to_agree, how_to_count, origin, refuse_sealed
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.value import is_zero, negated, unknown
from servanda.interpreter.model import (
    Arithmetic,
    Constant,
    Conversion,
    Negation,
    Operation,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MONTHS,
    TEXT,
    TIME,
    AmountType,
    Type,
    Unit,
    UnroundedType,
    show_type,
    show_unit,
)
from servanda.interpreter.values.times import DAY_MS

USES = {
    Operator.ADD: "added",
    Operator.SUBTRACT: "subtracted",
    Operator.MULTIPLY: "multiplied",
    Operator.DIVIDE: "divided",
}
REFUSALS = {
    Operator.ADD: "cannot add {0} and {1}",
    Operator.SUBTRACT: "cannot subtract {1} from {0}",
    Operator.MULTIPLY: "cannot multiply {0} by {1}",
    Operator.DIVIDE: "cannot divide {0} by {1}",
}

AMOUNTS = {Operator.ADD: Operation.ADD_AMOUNT, Operator.SUBTRACT: Operation.SUBTRACT_AMOUNT}

Rule = tuple[Operation, Type]

CALENDAR: dict[tuple[Operator, Type, Type], Rule] = {
    (Operator.ADD, TIME, DURATION): (Operation.ADD_TIME, TIME),
    (Operator.SUBTRACT, TIME, DURATION): (Operation.SUBTRACT_TIME, TIME),
    (Operator.SUBTRACT, TIME, TIME): (Operation.TIME_DIFFERENCE, DURATION),
    (Operator.ADD, DURATION, DURATION): (Operation.ADD_DURATION, DURATION),
    (Operator.SUBTRACT, DURATION, DURATION): (Operation.SUBTRACT_DURATION, DURATION),
    (Operator.MULTIPLY, DURATION, INT): (Operation.MULTIPLY_DURATION, DURATION),
    (Operator.ADD, DATE, DURATION): (Operation.ADD_DATE, DATE),
    (Operator.SUBTRACT, DATE, DURATION): (Operation.SUBTRACT_DATE, DATE),
    (Operator.SUBTRACT, DATE, DATE): (Operation.DATE_DIFFERENCE, DURATION),
    (Operator.ADD, DATE, MONTHS): (Operation.ADD_MONTHS_DATE, DATE),
    (Operator.SUBTRACT, DATE, MONTHS): (Operation.SUBTRACT_MONTHS_DATE, DATE),
    (Operator.ADD, TIME, MONTHS): (Operation.ADD_MONTHS_TIME, TIME),
    (Operator.SUBTRACT, TIME, MONTHS): (Operation.SUBTRACT_MONTHS_TIME, TIME),
    (Operator.ADD, MONTHS, MONTHS): (Operation.ADD_DURATION, MONTHS),
    (Operator.SUBTRACT, MONTHS, MONTHS): (Operation.SUBTRACT_DURATION, MONTHS),
    (Operator.MULTIPLY, MONTHS, INT): (Operation.MULTIPLY_DURATION, MONTHS),
}
"""Arithmetic of the calendar; sums and products are also looked up the other way round."""

WHOLE = {
    Operator.ADD: Operation.ADD_INT,
    Operator.SUBTRACT: Operation.SUBTRACT_INT,
    Operator.MULTIPLY: Operation.MULTIPLY_INT,
}
DECIMALS = {
    Operator.ADD: Operation.ADD_DECIMAL,
    Operator.SUBTRACT: Operation.SUBTRACT_DECIMAL,
    Operator.MULTIPLY: Operation.MULTIPLY_DECIMAL,
    Operator.DIVIDE: Operation.DIVIDE_DECIMAL,
}


def arithmetic_of(operator: Operator, left: Value, right: Value, span: Span, scope: Scope) -> Value:
    """Return `left operator right`, or report why the two do not go together."""
    use = USES[operator]
    left, right = settled(left, scope, use), settled(right, scope, use)
    if ANYTHING in (left.type, right.type):
        return unknown(span)
    if operator is Operator.DIVIDE and is_nothing(right):
        return no_quotient(right, span, scope)
    if {left.type, right.type} <= {INT, DECIMAL}:
        return numbers_of(operator, left, right, span)
    if is_money(left) or is_money(right):
        return money_of(operator, left, right, span, scope)
    rule = CALENDAR.get((operator, left.type, right.type))
    if rule is None and operator in (Operator.ADD, Operator.MULTIPLY):
        rule = CALENDAR.get((operator, right.type, left.type))
        if rule is not None:
            left, right = right, left
    if rule is None:
        return no_arithmetic(operator, left, right, span, scope)
    operation, result = rule
    is_part_of_day = isinstance(right, Constant) and not is_whole_days(right)
    if left.type == DATE and right.type == DURATION and is_part_of_day:
        report_part_of_day(right, scope)
        return unknown(span)
    return Arithmetic(type=result, span=span, operation=operation, left=left, right=right)


def is_money(value: Value) -> bool:
    """Whether a value is an Amount, rounded or not."""
    return isinstance(value.type, AmountType | UnroundedType)


def is_nothing(value: Value) -> bool:
    """Whether a value is written as zero: a number, or an Amount of any unit."""
    is_counted = value.type in (INT, DECIMAL) or is_money(value)
    return isinstance(value, Constant) and is_counted and value.value == 0


def no_quotient(divisor: Value, span: Span, scope: Scope) -> Value:
    """Report a division that is refused whatever is divided."""
    scope.report(
        "E0336",
        "cannot divide by zero",
        span,
        "this is always refused with `DIVISION_BY_ZERO`",
        others=(Label(divisor.span, "this is zero"),),
        advice="divide by a number other than zero",
    )
    return unknown(span)


def is_whole_days(value: Constant) -> bool:
    """Whether a constant duration is of whole days."""
    return isinstance(value.value, int) and value.value % DAY_MS == 0


def numbers_of(operator: Operator, left: Value, right: Value, span: Span) -> Value:
    """Return arithmetic of Ints and Decimals; a quotient is always a Decimal."""
    if left.type == right.type == INT and operator is not Operator.DIVIDE:
        return Arithmetic(type=INT, span=span, operation=WHOLE[operator], left=left, right=right)
    return Arithmetic(
        type=DECIMAL,
        span=span,
        operation=DECIMALS[operator],
        left=as_decimal(left),
        right=as_decimal(right),
    )


def as_decimal(value: Value) -> Value:
    """Return an Int or Decimal as a Decimal."""
    if value.type != INT:
        return value
    if isinstance(value, Constant) and isinstance(value.value, int):
        return Constant(type=DECIMAL, span=value.span, value=Decimal(value.value))
    return convert(Conversion.INT_TO_DECIMAL, value, DECIMAL)


def money_of(operator: Operator, left: Value, right: Value, span: Span, scope: Scope) -> Value:
    """Return arithmetic in which at least one side is an Amount."""
    if operator in (Operator.ADD, Operator.SUBTRACT):
        return sum_of_money(operator, left, right, span, scope)
    if is_money(left) and is_money(right):
        if operator is Operator.DIVIDE:
            return ratio_of(left, right, span, scope)
        return no_arithmetic(operator, left, right, span, scope)
    if is_money(right):
        if operator is Operator.DIVIDE:
            return no_arithmetic(operator, left, right, span, scope)
        left, right = right, left
    if right.type not in (INT, DECIMAL):
        return no_arithmetic(operator, left, right, span, scope)
    if isinstance(left.type, AmountType) and right.type == INT and operator is Operator.MULTIPLY:
        return Arithmetic(
            type=left.type,
            span=span,
            operation=Operation.MULTIPLY_AMOUNT,
            left=left,
            right=right,
        )
    unrounded = unrounded_of(left)
    return Arithmetic(
        type=unrounded.type,
        span=span,
        operation=DECIMALS[operator],
        left=unrounded,
        right=as_decimal(right),
    )


def unrounded_of(value: Value) -> Value:
    """Return an Amount counted in Decimal smallest units."""
    if isinstance(value.type, AmountType):
        wanted = UnroundedType(value.type.unit)
        return convert(Conversion.AMOUNT_TO_UNROUNDED, value, wanted)
    return value


def sum_of_money(operator: Operator, left: Value, right: Value, span: Span, scope: Scope) -> Value:
    """Return a sum or difference of two Amounts of one unit."""
    left_unit, right_unit = unit_of(left, right), unit_of(right, left)
    if left_unit is None or right_unit is None:
        return no_arithmetic(operator, left, right, span, scope)
    if not same_unit(left_unit, right_unit, scope):
        report_two_units(REFUSALS[operator], left, right, span, scope)
        return unknown(span)
    is_exact = not any(isinstance(one.type, UnroundedType) for one in (left, right))
    wanted: Type = AmountType(left_unit) if is_exact else UnroundedType(left_unit)
    operation = AMOUNTS[operator] if is_exact else DECIMALS[operator]
    first, second = converted(left, wanted, scope), converted(right, wanted, scope)
    assert first is not None, "an Amount fits its own unit"
    assert second is not None, "an Amount fits its own unit"
    return Arithmetic(type=wanted, span=span, operation=operation, left=first, right=second)


def unit_of(value: Value, other: Value) -> Unit | None:
    """Return the unit of an Amount; a bare `0` has that of the other side."""
    if isinstance(value.type, AmountType | UnroundedType):
        return value.type.unit
    if is_zero(value) and isinstance(other.type, AmountType | UnroundedType):
        return other.type.unit
    return None


def ratio_of(left: Value, right: Value, span: Span, scope: Scope) -> Value:
    """Return how many times one Amount is another of the same unit."""
    left_unit, right_unit = unit_of(left, right), unit_of(right, left)
    assert left_unit is not None, "both sides are money"
    assert right_unit is not None, "both sides are money"
    if not same_unit(left_unit, right_unit, scope):
        report_two_units(REFUSALS[Operator.DIVIDE], left, right, span, scope)
        return unknown(span)
    return Arithmetic(
        type=DECIMAL,
        span=span,
        operation=Operation.DIVIDE_DECIMAL,
        left=unrounded_of(left),
        right=unrounded_of(right),
    )


def report_two_units(refusal: str, left: Value, right: Value, span: Span, scope: Scope) -> None:
    """Report two Amounts of different units that should be one."""
    left_unit, right_unit = unit_of(left, right), unit_of(right, left)
    if left_unit is None or right_unit is None:
        return
    shown, other = show_unit(left_unit), show_unit(right_unit)
    scope.report(
        "E0303",
        refusal.format(f"an amount in {shown}", f"one in {other}"),
        span,
        "two units that are not known to be one",
        others=(
            Label(left.span, f"this is in {shown}"),
            Label(right.span, f"this is in {other}"),
            *origin(left, scope),
            *origin(right, scope),
        ),
        advice=how_to_agree(left_unit, right_unit, scope),
    )


def report_part_of_day(value: Value, scope: Scope) -> None:
    """Report hours that are added to a date."""
    scope.report(
        "E0332",
        "a date has no hours: only whole days or months are added to it",
        value.span,
        "this is no whole number of days",
        advice="write days, or begin with a time such as `now`",
    )


def no_arithmetic(operator: Operator, left: Value, right: Value, span: Span, scope: Scope) -> Value:
    """Report two types that do not go together."""
    if any(refuse_sealed(one, scope, "calculated with") for one in (left, right)):
        return unknown(span)
    first, second = show_type(left.type), show_type(right.type)
    scope.report(
        "E0302",
        REFUSALS[operator].format(first, second),
        span,
        f"{first} `{operator.value}` {second}",
        others=(*origin(left, scope), *origin(right, scope)),
        advice=how_instead(operator, left, right, scope),
    )
    return unknown(span)


def how_instead(operator: Operator, left: Value, right: Value, scope: Scope) -> str:
    """Return what to write instead of arithmetic that is not there."""
    types = (left.type, right.type)
    is_sum = operator in (Operator.ADD, Operator.SUBTRACT)
    if is_sum and TEXT in types:
        return 'put both into one text: `"{a}{b}"`'
    money = next((one for one in (left, right) if is_money(one)), None)
    if money is not None:
        unit = unit_of(money, money)
        number = right if money is left else left
        if is_sum and unit is not None and number.type in (INT, DECIMAL):
            return how_to_count(number, unit, scope)
        if is_money(left) and is_money(right):
            return "take one of them out of its currency with `number(…)`"
        return "write a number for one of them"
    if is_sum and (INT in types) and (DATE in types or TIME in types):
        return "write what is counted, as in `3 days` or `n * 1 day`"
    if {DATE, TIME} <= set(types):
        return "write both as dates or both as times"
    if operator is Operator.DIVIDE and DURATION in types:
        return "count days with `days(a, b)`, which is a number"
    if DURATION in types and MONTHS in types:
        return "add months first and days after, each to a date or a time"
    return "write numbers, amounts of one unit, or times and durations"


def negation_of(value: Value, span: Span, scope: Scope) -> Value:
    """Return `-value`."""
    value = settled(value, scope, "negated")
    if value.type == ANYTHING:
        return unknown(span)
    if value.type not in (INT, DECIMAL, DURATION, MONTHS) and not is_money(value):
        scope.report(
            "E0302",
            f"cannot negate {show_type(value.type)}",
            span,
            f"this is {show_type(value.type)}",
            others=origin(value, scope),
            advice="write `not` before a Bool, and `-` only before what can be counted",
        )
        return unknown(span)
    if isinstance(value, Constant) and (folded := negated(value)) is not None:
        return Constant(type=folded.type, span=span, value=folded.value)
    return Negation(type=value.type, span=span, operand=value)
