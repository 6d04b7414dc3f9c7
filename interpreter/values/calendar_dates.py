"""The calendar: dates as days since 1970-01-01, months, and day counts.

In come dates, texts and numbers of days or months; out come dates and Decimals, or an `OVERFLOW`
refusal for what lies outside the years 1 to 9999. It refuses to know what day it is, time zones
(see `times`) and holidays. The calendar is the Gregorian one, also before its adoption (ISO 8601).
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.numbers import Unreadable, divide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
DATE_MIN = dt.date.min.toordinal() - EPOCH_ORDINAL
"""0001-01-01."""
DATE_MAX = dt.date.max.toordinal() - EPOCH_ORDINAL
"""9999-12-31."""
MONTHS_PER_YEAR = 12
MONTHS_MAX = dt.MAXYEAR * MONTHS_PER_YEAR
"""No longer duration fits between two dates."""

FEBRUARY = 2
DAYS_OF_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

DATE_FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


class DateParts(NamedTuple):
    """A date as people write it; `month` and `day` count from 1."""

    year: int
    month: int
    day: int


class DayCount(StrEnum):
    """The day count conventions of `year_fraction`, under the language's own names."""

    ACTUAL_365 = "actual_365"
    ACTUAL_360 = "actual_360"
    ACTUAL_ACTUAL = "actual_actual"
    THIRTY_E_360 = "thirty_e_360"


def check_date(date: int) -> int:
    """Return `date`, or refuse with `OVERFLOW` if it is not of the years 1 to 9999."""
    if DATE_MIN <= date <= DATE_MAX:
        return date
    raise date_out_of_range()


def date_out_of_range() -> Refused:
    """Return the refusal for a date or moment that the calendar does not hold."""
    return Refused(Code.OVERFLOW, "the date is not between 0001-01-01 and 9999-12-31")


def split_date(date: int) -> DateParts:
    """Return year, month and day of `date`."""
    day = dt.date.fromordinal(check_date(date) + EPOCH_ORDINAL)
    return DateParts(day.year, day.month, day.day)


def join_date(year: int, month: int, day: int) -> int:
    """Return the date of a day that exists; `ValueError` for one that does not."""
    return dt.date(year, month, day).toordinal() - EPOCH_ORDINAL


def parse_date(text: str) -> int:
    """Read `2026-01-05`. Raises `Unreadable`."""
    form = DATE_FORM.fullmatch(text)
    if form is None:
        raise Unreadable("expected a date such as `2026-01-05`")
    try:
        return join_date(int(form[1]), int(form[2]), int(form[3]))
    except ValueError:
        raise Unreadable(f"there is no day `{text}`") from None


def add_days(date: int, days: int) -> int:
    """Return the date `days` after `date` (before it, if negative)."""
    return check_date(date + days)


def check_months(months: int) -> int:
    """Return `months`, or refuse with `OVERFLOW` what is longer than the calendar."""
    if -MONTHS_MAX <= months <= MONTHS_MAX:
        return months
    raise Refused(Code.OVERFLOW, "the duration is longer than 9999 years")


def add_months(date: int, months: int) -> int:
    """Return the same day `months` later; a day that the month lacks gives its last."""
    start = split_date(date)
    year, month_before = divmod(start.year * MONTHS_PER_YEAR + start.month - 1 + months, 12)
    return date_in_month(year, month_before + 1, start.day)


def date_in_month(year: int, month: int, day: int) -> int:
    """Return day 1 to 31 of a month; a day that the month lacks gives its last."""
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise date_out_of_range()
    last = 29 if month == FEBRUARY and is_leap(year) else DAYS_OF_MONTHS[month - 1]
    return join_date(year, month, min(day, last))


def is_leap(year: int) -> bool:
    """Return whether the year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_between(start: int, end: int) -> int:
    """Return the days from `start` to `end`, negative if `end` is the earlier."""
    return end - start


def year_fraction(start: int, end: int, convention: str) -> Decimal:
    """Return the years from `start` to `end` by `convention`, rounded once, at the 34th digit.

    The fraction from `end` to `start` is its negative. Source: ISDA 2006 definitions, 4.16 (b)
    actual/actual, (d) actual/365 fixed, (e) actual/360 and (g) 30E/360 (the Eurobond basis).
    """
    return COUNT_YEARS[convention](start, end)


def _actual_365(start: int, end: int) -> Decimal:
    return divide(end - start, 365)


def _actual_360(start: int, end: int) -> Decimal:
    return divide(end - start, 360)


def _actual_actual(start: int, end: int) -> Decimal:
    days_in_leap_years = _leap_year_days_before(end) - _leap_year_days_before(start)
    days_in_other_years = end - start - days_in_leap_years
    # Over one denominator, so that the sum of the two fractions is rounded once and not thrice.
    return divide(days_in_leap_years * 365 + days_in_other_years * 366, 366 * 365)


def _leap_year_days_before(date: int) -> int:
    year = split_date(date).year
    past = year - 1
    days = (past // 4 - past // 100 + past // 400) * 366
    return days + (date - join_date(year, 1, 1) if is_leap(year) else 0)


def _thirty_e_360(start: int, end: int) -> Decimal:
    first, last = split_date(start), split_date(end)
    months = (last.year - first.year) * MONTHS_PER_YEAR + last.month - first.month
    return divide(months * 30 + min(last.day, 30) - min(first.day, 30), 360)


COUNT_YEARS: Mapping[str, Callable[[int, int], Decimal]] = MappingProxyType(
    {
        DayCount.ACTUAL_365: _actual_365,
        DayCount.ACTUAL_360: _actual_360,
        DayCount.ACTUAL_ACTUAL: _actual_actual,
        DayCount.THIRTY_E_360: _thirty_e_360,
    }
)
