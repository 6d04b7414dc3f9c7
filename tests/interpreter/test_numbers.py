"""Arithmetic is exact, bounded, and the same whatever the process does with its own context."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values import numbers
from servanda.interpreter.values.calendar_dates import DayCount, year_fraction
from servanda.interpreter.values.numbers import (
    AMOUNT_LIMIT,
    DIGITS_MAX,
    INT_LIMIT,
    Rounding,
    Unreadable,
    absolute,
    add,
    check_amount,
    check_int,
    decimal_from_int,
    divide,
    multiply,
    negate,
    parse_decimal,
    parse_int,
    percent,
    round_decimal,
    round_to_int,
    scale,
    subtract,
)
from servanda.interpreter.values.show import show_decimal
from servanda.interpreter.values.units import amount_from_decimal, decimal_from_amount

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_SIGNALS: list[type[decimal.DecimalException]] = [
    decimal.Clamped,
    decimal.DivisionByZero,
    decimal.FloatOperation,
    decimal.Inexact,
    decimal.InvalidOperation,
    decimal.Overflow,
    decimal.Rounded,
    decimal.Subnormal,
    decimal.Underflow,
]
HOSTILE_CONTEXTS = [
    decimal.Context(prec=1, rounding=decimal.ROUND_UP, traps=[]),
    decimal.Context(prec=3, rounding=decimal.ROUND_FLOOR, Emin=-2, Emax=2, traps=[]),
    decimal.Context(prec=2, rounding=decimal.ROUND_05UP, capitals=0, traps=ALL_SIGNALS),
    decimal.Context(prec=90, rounding=decimal.ROUND_CEILING, traps=ALL_SIGNALS),
]

ints = st.integers(-INT_LIMIT + 1, INT_LIMIT - 1)


def decimals(exponent_min: int = -60, exponent_max: int = 60) -> st.SearchStrategy[Decimal]:
    """Decimals of the language: at most 34 digits and no minus zero."""
    return st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent, numbers.CONTEXT) or Decimal(0),
        st.integers(-9999, 9999) | ints,
        st.integers(exponent_min, exponent_max),
    )


def nearest(exact: Fraction) -> Fraction:
    """Round to 34 digits, half-even, by the definition and without the decimal module."""
    if exact == 0:
        return exact
    exponent = len(str(abs(exact.numerator))) - len(str(exact.denominator)) - DIGITS_MAX - 1
    while abs(exact) / Fraction(10) ** exponent >= INT_LIMIT:
        exponent += 1
    return round(exact / Fraction(10) ** exponent) * Fraction(10) ** exponent


def round_fraction(exact: Fraction, mode: str) -> int:
    """Round to a whole number by the definition of each mode."""
    below, above = math.floor(exact), math.ceil(exact)
    if mode in {"ceiling", "floor"}:
        return above if mode == "ceiling" else below
    if mode in {"up", "down"}:
        return above if (mode == "up") == (exact > 0) else below
    if exact - below == Fraction(1, 2) and mode == "half_up":
        return above if exact > 0 else below
    return round(exact)


@given(decimals(), decimals())
def test_every_operation_gives_the_exact_result_rounded_once(left: Decimal, right: Decimal) -> None:
    """Sum, difference, product and quotient are the nearest Decimals to the exact ones."""
    a, b = Fraction(left), Fraction(right)
    assert Fraction(add(left, right)) == nearest(a + b)
    assert Fraction(subtract(left, right)) == nearest(a - b)
    assert Fraction(multiply(left, right)) == nearest(a * b)
    if b:
        assert Fraction(divide(left, right)) == nearest(a / b)


@given(ints, ints)
def test_ints_take_part_exactly(left: int, right: int) -> None:
    """An Int in an operation means the Decimal equal to it; two Ints divide to a Decimal."""
    assert add(left, right) == add(decimal_from_int(left), decimal_from_int(right))
    assert int(decimal_from_int(left)) == left
    if right:
        quotient = divide(left, right)
        assert isinstance(quotient, Decimal)
        assert Fraction(quotient) == nearest(Fraction(left, right))


@given(st.lists(st.integers(-AMOUNT_LIMIT + 1, AMOUNT_LIMIT - 1), min_size=3, max_size=3))
def test_addition_of_amounts_is_associative(amounts: list[int]) -> None:
    """Where every sum is exact, the order of adding does not matter."""
    a, b, c = (decimal_from_int(amount) for amount in amounts)
    assert add(add(a, b), c) == add(a, add(b, c)) == sum(amounts)


def no_minus_zero(value: Decimal) -> bool:
    """Whether a value is finite and its sign is not that of a minus zero."""
    return value.is_finite() and not (value.is_zero() and value.is_signed())


@given(decimals(-6176, -6000) | st.just(Decimal(0)), decimals(-200, 100))
def test_no_result_is_minus_zero(tiny: Decimal, other: Decimal) -> None:
    """Neither 0 * -1 nor a product too small to hold nor a rounding leaves a sign on a zero."""
    results = [
        add(tiny, negate(tiny)),
        subtract(tiny, tiny),
        multiply(tiny, other),
        multiply(negate(tiny), other),
        multiply(tiny, tiny),
        multiply(negate(tiny), tiny),
        negate(multiply(tiny, tiny)),
        absolute(negate(tiny)),
        scale(negate(tiny), -100),
        round_decimal(negate(absolute(tiny)), 2, Rounding.CEILING),
        round_decimal(negate(absolute(other)), 2),
        parse_decimal("-0.00"),
    ]
    if other:
        results.append(divide(negate(tiny), other))
    assert all(no_minus_zero(result) for result in results)


def everything(left: Decimal, right: Decimal) -> list[object]:
    """Return the outcome of every public function that touches a Decimal."""

    def outcome(function: Callable[..., object], *given_arguments: object) -> object:
        try:
            result = function(*given_arguments)
        except Refused as refused:
            return refused.code
        return result.as_tuple() if isinstance(result, Decimal) else result

    results = [outcome(function, left, right) for function in (add, subtract, multiply, divide)]
    results += [outcome(function, left) for function in (negate, absolute, percent, show_decimal)]
    for mode in Rounding:
        results.append(outcome(round_to_int, left, mode))
        results.append(outcome(round_decimal, left, 2, mode))
        results.append(outcome(amount_from_decimal, left, 3, mode))
    results += [outcome(decimal_from_amount, 12_345, 3), outcome(decimal_from_int, INT_LIMIT - 1)]
    results += [outcome(year_fraction, 10_000, 20_000, convention) for convention in DayCount]
    results += [outcome(parse_decimal, "9_876_543_210.0123456789")]
    return [*results, left < right, left == right, left >= 7, bool(left), min(left, right)]


@given(decimals(), decimals(), st.sampled_from(HOSTILE_CONTEXTS))
def test_the_context_of_the_process_changes_nothing(
    left: Decimal, right: Decimal, hostile: decimal.Context
) -> None:
    """Another precision, rounding, range or trap in the process leaves every digit the same."""
    expected = everything(left, right)
    with decimal.localcontext(hostile):
        assert everything(left, right) == expected


@pytest.mark.parametrize("mode", list(Rounding))
@given(value=decimals(-40, 0))
def test_rounding_follows_its_definition(mode: Rounding, value: Decimal) -> None:
    """Each mode gives the whole number, and the last place, that its definition names."""
    assert round_to_int(value, mode) == round_fraction(Fraction(value), mode)
    expected = Fraction(round_fraction(Fraction(value) * 100, mode), 100)
    assert Fraction(round_decimal(value, 2, mode)) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("half_even", [2, 2, 3, -2, -2, -3]),
        ("half_up", [2, 3, 3, -2, -3, -3]),
        ("up", [3, 3, 3, -3, -3, -3]),
        ("down", [2, 2, 2, -2, -2, -2]),
        ("ceiling", [3, 3, 3, -2, -2, -2]),
        ("floor", [2, 2, 2, -3, -3, -3]),
    ],
)
def test_ties_and_signs(mode: str, expected: list[int]) -> None:
    """The modes differ on ties and on negative numbers just as their names say."""
    values = [Decimal(text) for text in ("2.1", "2.5", "2.51", "-2.1", "-2.5", "-2.51")]
    assert [round_to_int(value, mode) for value in values] == expected


def test_rounding_to_more_places_than_there_are_changes_nothing() -> None:
    """A number of 34 digits needs no room for zeros behind its point."""
    widest = Decimal("9" * 34)
    assert round_decimal(widest, 2) == widest
    assert round_decimal(Decimal("1E+6000"), 34) == Decimal("1E+6000")
    assert round_decimal(Decimal("0.995"), 2, Rounding.HALF_UP) == 1


def test_out_of_range_is_refused_as_overflow() -> None:
    """Whatever does not fit is a refusal, never another exception and never a wrong figure."""
    largest = Decimal("9.999999999999999999999999999999999E+6144")
    attempts: list[Callable[[], object]] = [
        lambda: add(largest, largest),
        lambda: subtract(negate(largest), largest),
        lambda: multiply(largest, 10),
        lambda: divide(largest, Decimal("0.1")),
        lambda: scale(largest, 1),
        lambda: round_to_int(largest),
        lambda: round_to_int(Decimal("1E+34")),
        lambda: round_to_int(INT_LIMIT),
        lambda: round_decimal(Decimal("1.5"), 35),
        lambda: round_decimal(Decimal("1.5"), -1),
        lambda: decimal_from_int(INT_LIMIT),
        lambda: check_int(INT_LIMIT),
        lambda: check_int(-INT_LIMIT),
        lambda: check_amount(AMOUNT_LIMIT),
        lambda: check_amount(-AMOUNT_LIMIT),
    ]
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == Code.OVERFLOW
    assert check_int(1 - INT_LIMIT) == 1 - INT_LIMIT
    assert check_amount(AMOUNT_LIMIT - 1) == AMOUNT_LIMIT - 1


@pytest.mark.parametrize("dividend", [0, 1, Decimal(0), Decimal("-1.5")])
@pytest.mark.parametrize("divisor", [0, Decimal(0), Decimal("0.00")])
def test_division_by_zero_is_refused(dividend: numbers.Number, divisor: numbers.Number) -> None:
    """Also zero by zero, which the standard treats otherwise."""
    with pytest.raises(Refused) as refused:
        divide(dividend, divisor)
    assert refused.value.code == Code.DIVISION_BY_ZERO


def test_a_cancelled_zero_rounds_like_any_other() -> None:
    """A zero left over from large numbers carries no trace of their size."""
    left_over = subtract(Decimal("1E+100"), Decimal("1E+100"))
    assert round_to_int(left_over) == 0
    assert left_over.as_tuple() == Decimal(0).as_tuple()


def test_percent_is_exact() -> None:
    """3.65% is 0.0365."""
    assert percent(Decimal("3.65")) == Decimal("0.0365")


@given(ints)
def test_ints_are_read_back(value: int) -> None:
    """Plain digits and digits in groups mean the same Int."""
    assert parse_int(str(value)) == parse_int(f"{value:_}") == value


@given(decimals(-34, 0))
def test_decimals_are_read_back(value: Decimal) -> None:
    """Plain notation, as it is shown, means the same Decimal."""
    assert parse_decimal(f"{value:f}") == parse_decimal(show_decimal(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".5",
        "5.",
        "1e5",
        "1E5",
        "NaN",
        "Infinity",
        "-inf",
        "1__0",
        "_1",
        "1_",
        "1_.0",
        "1._0",
        "1.0_",
        "1,000",
        " 1",
        "1\n",
        "0x10",
        "--1",
        "1.2.3",
        "٣",
        "1²",
        "3.65%",
    ],
)
def test_what_is_no_number_is_unreadable(text: str) -> None:
    """Only the digits 0 to 9, one sign, one point, and underscores between digits."""
    with pytest.raises(Unreadable):
        parse_decimal(text)
    with pytest.raises(Unreadable):
        parse_int(text)


@pytest.mark.parametrize(
    "text", ["9" * 35, "1" * 10_000_000, "1_" * 1_000_000, "0" * 101], ids=lambda text: text[:3]
)
def test_a_number_too_long_is_unreadable_at_once(text: str) -> None:
    """The length is bounded before anything looks at the digits."""
    with pytest.raises(Unreadable):
        parse_int(text)
    with pytest.raises(Unreadable):
        parse_decimal(text)


def test_more_than_34_digits_are_never_rounded_silently() -> None:
    """What is read is what was written; zeros at either end cost no digits."""
    with pytest.raises(Unreadable):
        parse_decimal("1." + "0" * 33 + "1")
    assert parse_decimal("00001." + "0" * 60) == 1
