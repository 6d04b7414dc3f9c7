"""Dates, months and day counts follow the Gregorian calendar and the published conventions."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.calendar_dates import (
    DATE_MAX,
    DATE_MIN,
    MONTHS_MAX,
    DayCount,
    add_days,
    add_months,
    check_date,
    check_months,
    date_in_month,
    days_between,
    is_leap,
    join_date,
    parse_date,
    split_date,
    year_fraction,
)
from servanda.interpreter.values.numbers import Rounding, Unreadable, negate, round_decimal
from servanda.interpreter.values.show import show_date

CASES = Path(__file__).resolve().parents[2] / ".." / "shared/cases/dates"
EPOCH = dt.date(1970, 1, 1)

dates = st.integers(DATE_MIN, DATE_MAX)
dates_around_now = st.integers(parse_date("1900-01-01"), parse_date("2100-12-31"))
PUBLISHED_CONVENTIONS = {
    "Act360": DayCount.ACTUAL_360,
    "Act365Fixed": DayCount.ACTUAL_365,
    "Basis30360ICMA": DayCount.THIRTY_E_360,
}
"""The names of the published vectors for the conventions that the language has."""

needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the shared case files are not here")


def add_period(start: str, count: int, unit: str) -> str:
    """Add days, weeks, months or years by the function of the language meant for them."""
    date = parse_date(start)
    if unit in {"D", "W"}:
        return show_date(add_days(date, count * {"D": 1, "W": 7}[unit]))
    return show_date(add_months(date, count * {"M": 1, "Y": 12}[unit]))


@needs_cases
def test_day_counts_are_the_published_ones() -> None:
    """Every published vector of a convention that the language has, to its ten places."""
    cases = json.loads((CASES / "day_count.json").read_text(encoding="utf-8"))
    vectors = [row for row in cases["day_count_fraction"] if row[0] in PUBLISHED_CONVENTIONS]
    assert len(vectors) >= 25
    for convention, start, end, expected in vectors:
        fraction = year_fraction(
            parse_date(start), parse_date(end), PUBLISHED_CONVENTIONS[convention]
        )
        rounded = round_decimal(fraction, 10, Rounding.HALF_EVEN)
        assert rounded == Decimal(expected), (convention, start, end)


@needs_cases
def test_periods_are_the_published_ones() -> None:
    """Days, weeks, months and years from a date lead to the published dates."""
    cases = json.loads((CASES / "roll_calendar_schedule.json").read_text(encoding="utf-8"))
    assert len(cases["add_period"]) >= 7
    for start, count, unit, expected in cases["add_period"]:
        assert add_period(start, count, unit) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2003-11-01", "2004-05-01", "0.4977243806"),
        ("1999-02-01", "1999-07-01", "0.4109589041"),
        ("1999-07-01", "2000-07-01", "1.0013773486"),
        ("2000-01-30", "2000-06-30", "0.4153005464"),
        ("1999-11-30", "2000-04-30", "0.4155400853"),
    ],
)
def test_actual_actual_is_the_published_one(start: str, end: str, expected: str) -> None:
    """The examples of ISDA's paper `EMU and market conventions` of 1998, by its formula."""
    fraction = year_fraction(parse_date(start), parse_date(end), DayCount.ACTUAL_ACTUAL)
    assert round_decimal(fraction, 10) == Decimal(expected)


@given(dates_around_now, st.integers(0, 1500))
def test_actual_actual_counts_each_day_in_its_own_year(start: int, length: int) -> None:
    """A day is 1/366 of a leap year and 1/365 of any other: the sum over all days."""
    days = range(start, start + length)
    leap_count = sum(1 for day in days if is_leap(split_date(day).year))
    exact = Fraction(leap_count, 366) + Fraction(length - leap_count, 365)
    fraction = year_fraction(start, start + length, DayCount.ACTUAL_ACTUAL)
    assert abs(Fraction(fraction) - exact) < Fraction(1, 10**33)


@pytest.mark.parametrize("convention", list(DayCount))
@given(start=dates, end=dates)
def test_a_year_fraction_backwards_is_the_negative(
    convention: DayCount, start: int, end: int
) -> None:
    """Nothing passes from a day to itself, and the way back undoes the way there."""
    assert year_fraction(start, start, convention) == 0
    forth, back = year_fraction(start, end, convention), year_fraction(end, start, convention)
    assert back == negate(forth)


@pytest.mark.parametrize("convention", [DayCount.ACTUAL_ACTUAL, DayCount.THIRTY_E_360])
@given(year=st.integers(1, 9990), count=st.integers(0, 9))
def test_whole_calendar_years_are_whole(convention: DayCount, year: int, count: int) -> None:
    """From one 1 January to another it is a whole number of years, leap or not."""
    start, end = join_date(year, 1, 1), join_date(year + count, 1, 1)
    assert year_fraction(start, end, convention) == count


@given(dates)
def test_dates_are_read_back(date: int) -> None:
    """Days since 1970, parts and text all name the same day."""
    assert parse_date(show_date(date)) == date
    assert join_date(*split_date(date)) == date
    assert show_date(date) == (EPOCH + dt.timedelta(days=date)).isoformat()


def test_the_epoch_is_day_zero() -> None:
    """1970-01-01 is 0, and the calendar has its 9999 years and no more."""
    assert parse_date("1970-01-01") == 0
    assert parse_date("2026-01-05") == 20_458
    assert (show_date(DATE_MIN), show_date(DATE_MAX)) == ("0001-01-01", "9999-12-31")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-1-5",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "0000-01-01",
        "10000-01-01",
        "2026/01/05",
        "20260105",
        " 2026-01-05",
        "2026-01-05\n",
        "٢٠٢٦-01-05",
        "-001-01-01",
        "2026-01-05T00:00Z",
        "9" * 1_000_000,
    ],
    ids=lambda text: repr(text)[:30],
)
def test_what_is_no_date_is_unreadable(text: str) -> None:
    """Four digits, two, two, and a day that exists."""
    with pytest.raises(Unreadable):
        parse_date(text)


@given(dates_around_now, st.integers(-500, 500))
def test_a_month_later_is_the_same_day_or_the_last(date: int, months: int) -> None:
    """The month is the one counted to; the day changes only where that month lacks it."""
    start, end = split_date(date), split_date(add_months(date, months))
    assert (end.year - start.year) * 12 + end.month - start.month == months
    if end.day != start.day:
        next_day = split_date(add_months(date, months) + 1)
        assert end.day < start.day
        assert next_day.day == 1


@given(dates_around_now, st.integers(-200, 200), st.integers(-200, 200))
def test_months_keep_order_and_add_up_until_the_28th(date: int, few: int, more: int) -> None:
    """More months never lead to an earlier day; up to the 28th two steps are as one."""
    assert (add_months(date, few) <= add_months(date, more)) or few > more
    assert add_months(date, few) <= add_months(date + 1, few)
    if split_date(date).day <= 28:
        assert add_months(add_months(date, few), more) == add_months(date, few + more)


def test_months_are_counted_from_the_first_date() -> None:
    """31 January plus two months is 31 March, though plus one month is 28 February."""
    start = parse_date("2026-01-31")
    shown = [show_date(add_months(start, n)) for n in range(4)]
    assert shown == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert show_date(add_months(parse_date("2024-02-29"), 12)) == "2025-02-28"
    assert show_date(add_months(parse_date("2024-02-29"), -48)) == "2020-02-29"


@given(dates, dates)
def test_days_between_undoes_add_days(start: int, end: int) -> None:
    """From one date it is just so many days to the other."""
    assert add_days(start, days_between(start, end)) == end
    assert (
        days_between(start, end)
        == ((EPOCH + dt.timedelta(end)) - (EPOCH + dt.timedelta(start))).days
    )


def test_dates_out_of_range_are_refused_as_overflow() -> None:
    """The calendar ends are refusals, also for numbers that no date arithmetic could hold."""
    for attempt in (
        lambda: check_date(DATE_MAX + 1),
        lambda: add_days(DATE_MAX, 1),
        lambda: add_days(DATE_MIN, -1),
        lambda: add_days(0, 10**33),
        lambda: add_months(DATE_MAX, 1),
        lambda: add_months(DATE_MIN, -1),
        lambda: add_months(0, -(10**33)),
        lambda: date_in_month(10_000, 1, 1),
        lambda: date_in_month(0, 12, 31),
        lambda: check_months(MONTHS_MAX + 1),
        lambda: split_date(DATE_MAX + 1),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == Code.OVERFLOW
    assert add_months(DATE_MAX, 0) == DATE_MAX
    assert check_months(-MONTHS_MAX) == -MONTHS_MAX
