"""Units are those of ISO 4217, and rounding is the only way from a Decimal to an Amount."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.numbers import (
    AMOUNT_LIMIT,
    Rounding,
    Unreadable,
    add,
    divide,
    multiply,
)
from servanda.interpreter.values.units import (
    CODES_BY_DECIMALS,
    DECIMALS_MAX,
    ISO_4217,
    amount_from_decimal,
    decimal_from_amount,
    parse_amount,
    round_amount,
)

PUBLISHED = Path(__file__).resolve().parents[2] / ".." / "shared/cases/payments/iso4217.csv"

amounts = st.integers(-AMOUNT_LIMIT + 1, AMOUNT_LIMIT - 1)
decimal_counts = st.integers(0, DECIMALS_MAX)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the shared case files are not here")
def test_the_table_is_the_published_one() -> None:
    """Every current code with a minor unit is there with its decimals, and no other code is."""
    with PUBLISHED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    expected = {
        row["code"]: int(row["minor_unit"])
        for row in rows
        if row["status"] == "current" and row["minor_unit"] != "-"
    }
    assert len(expected) > 150
    assert {unit.code: unit.decimals for unit in ISO_4217.values()} == expected


def test_the_table_is_well_formed() -> None:
    """A code stands once, in capitals, in order, under itself; XAU and its like are left out."""
    written = [code for codes in CODES_BY_DECIMALS.values() for code in codes.split()]
    assert sorted(written) == list(ISO_4217)
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in written)
    assert all(code == unit.code for code, unit in ISO_4217.items())
    assert not {"XAU", "XDR", "XXX", "XTS", "BGN", "ANG", "SLL"} & set(ISO_4217)


@pytest.mark.parametrize(
    ("code", "decimals"), [("JPY", 0), ("CNY", 2), ("USD", 2), ("KWD", 3), ("CLF", 4)]
)
def test_decimals_of_well_known_units(code: str, decimals: int) -> None:
    """A yen has no smaller unit, a yuan a hundred fen, a Kuwaiti dinar a thousand fils."""
    assert ISO_4217[code].decimals == decimals


@given(amounts, decimal_counts, st.sampled_from(list(Rounding)))
def test_an_amount_survives_the_way_out_and_back(amount: int, decimals: int, mode: str) -> None:
    """The number of an amount is exact, so every rounding gives the same amount back."""
    number = decimal_from_amount(amount, decimals)
    assert Fraction(number) == Fraction(amount, 10**decimals)
    assert amount_from_decimal(number, decimals, mode) == amount


@given(amounts, decimal_counts)
def test_a_written_amount_is_read_exactly(amount: int, decimals: int) -> None:
    """Text with the unit's decimals means the same smallest units."""
    assert parse_amount(f"{decimal_from_amount(amount, decimals):f}", decimals) == amount


@given(st.integers(0, AMOUNT_LIMIT - 1), st.integers(1, 1000))
def test_parts_of_an_amount_are_at_most_a_unit_apart(amount: int, count: int) -> None:
    """An n-th of an amount, rounded down, taken n times, leaves less than n smallest units."""
    part = round_amount(divide(amount, count), Rounding.DOWN)
    assert 0 <= amount - part * count < count


def test_an_unrounded_amount_takes_an_amount_exactly() -> None:
    """Interest on 184.44 CNY at 3.65% is kept in fen with its fraction until it is rounded."""
    interest = multiply(18_444, Decimal("0.0365"))
    assert interest == Decimal("673.206")
    assert round_amount(add(interest, 18_444)) == 19_117
    assert round_amount(interest, Rounding.UP) == 674


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("184.44", 2, 18_444),
        ("184.4", 2, 18_440),
        ("184", 2, 18_400),
        ("-0.05", 2, -5),
        ("-0.00", 2, 0),
        ("+1_000.5", 3, 1_000_500),
        ("7", 0, 7),
    ],
)
def test_amounts_that_are_read(text: str, decimals: int, expected: int) -> None:
    """Fewer decimals than the unit has mean zeros in their place."""
    assert parse_amount(text, decimals) == expected


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("184.444", 2),
        ("184.440", 2),
        ("7.0", 0),
        ("", 2),
        ("1e3", 2),
        ("1,000.00", 2),
        ("184.44 CNY", 2),
        (" 184.44", 2),
        ("184.", 2),
        (".44", 2),
        ("NaN", 2),
        ("1" * 26, 2),
        ("9" * 1_000_000, 2),
        ("0." + "0" * 1_000_000, 2),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_amounts_that_are_unreadable(text: str, decimals: int) -> None:
    """Nothing is rounded, guessed or cut off while reading."""
    with pytest.raises(Unreadable):
        parse_amount(text, decimals)


def test_an_amount_too_large_is_refused() -> None:
    """What has 28 digits in the smallest unit is no Amount, whatever the unit."""
    largest = decimal_from_amount(AMOUNT_LIMIT - 1, 2)
    assert amount_from_decimal(largest, 2) == AMOUNT_LIMIT - 1
    for value in (add(largest, Decimal("0.01")), Decimal("1E+30"), Decimal("-9E+6144")):
        with pytest.raises(Refused) as refused:
            amount_from_decimal(value, 2)
        assert refused.value.code == Code.OVERFLOW
