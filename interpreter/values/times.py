"""Times: milliseconds since 1970-01-01T00:00Z, durations, and the next day or month.

In come times, durations, zones and texts; out come times and dates, or an `OVERFLOW` refusal for
what lies outside the years 1 to 9999. It refuses to know what time it is. Leap seconds do not
exist here, as in POSIX time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.calendar_dates import (
    DATE_MAX,
    DATE_MIN,
    MONTHS_PER_YEAR,
    add_months,
    check_date,
    date_in_month,
    date_out_of_range,
    parse_date,
    split_date,
)
from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.time_zones import DAY_S, first_time_of, offset_at

if TYPE_CHECKING:
    from servanda.interpreter.values.time_zones import Zone

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
TIME_MIN_MS = DATE_MIN * DAY_MS
"""0001-01-01T00:00Z."""
TIME_MAX_MS = (DATE_MAX + 1) * DAY_MS - 1
"""9999-12-31T23:59:59.999Z."""
DURATION_MAX_MS = TIME_MAX_MS - TIME_MIN_MS

TIME_OF_DAY_FORM = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
TIME_FORM = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9])"
    r"(?::([0-5][0-9])(?:\.([0-9]{3}))?)?Z"
)


def check_time(time_ms: int) -> int:
    """Return `time_ms`, or refuse with `OVERFLOW` if it is not of the years 1 to 9999."""
    if TIME_MIN_MS <= time_ms <= TIME_MAX_MS:
        return time_ms
    raise date_out_of_range()


def check_duration(duration_ms: int) -> int:
    """Return `duration_ms`, or refuse with `OVERFLOW` what is longer than the calendar."""
    if -DURATION_MAX_MS <= duration_ms <= DURATION_MAX_MS:
        return duration_ms
    raise Refused(Code.OVERFLOW, "the duration is longer than 9999 years")


def parse_time(text: str) -> int:
    """Read `2026-01-05T09:00Z`, with seconds or milliseconds if written. Raises `Unreadable`."""
    form = TIME_FORM.fullmatch(text)
    if form is None:
        raise Unreadable("expected a time such as `2026-01-05T09:00Z`")
    time_of_day_ms = int(form[2]) * HOUR_MS + int(form[3]) * MINUTE_MS
    time_of_day_ms += int(form[4] or 0) * SECOND_MS + int(form[5] or 0)
    return parse_date(form[1]) * DAY_MS + time_of_day_ms


def parse_time_of_day(text: str) -> int:
    """Read `02:00` as milliseconds after midnight. Raises `Unreadable`."""
    form = TIME_OF_DAY_FORM.fullmatch(text)
    if form is None:
        raise Unreadable("expected a time of day such as `02:00`")
    return int(form[1]) * HOUR_MS + int(form[2]) * MINUTE_MS


def add_duration(time_ms: int, duration_ms: int) -> int:
    """Return the time `duration_ms` after `time_ms` (before it, if negative)."""
    return check_time(time_ms + duration_ms)


def add_duration_to_date(date: int, duration_ms: int) -> int:
    """Return the date on which `duration_ms` after the midnight that begins `date` falls."""
    return check_date(date + duration_ms // DAY_MS)


def add_months_to_time(time_ms: int, months: int, zone: Zone) -> int:
    """Return the same time of the same day `months` later, as the clocks of `zone` show it."""
    if months == 0:
        # The second of two equal clock readings in autumn must not become the first.
        return time_ms
    date, time_of_day_ms = divmod(_clock_reading(time_ms, zone), DAY_MS)
    return instant(add_months(check_date(date), months), time_of_day_ms, zone)


def local_date(time_ms: int, zone: Zone) -> int:
    """Return the date that the calendars of `zone` show at `time_ms`."""
    return check_date(_clock_reading(time_ms, zone) // DAY_MS)


def instant(date: int, time_of_day_ms: int, zone: Zone) -> int:
    """Return the time at which the clocks of `zone` show `date` and `time_of_day_ms`.

    Of two such times (the clock was put back) it is the first; if there is none (the clock was put
    forward) the reading moves forward by as much as the clock did.
    """
    assert 0 <= time_of_day_ms < DAY_MS, "a time of day is less than a day"
    seconds, milliseconds = divmod(time_of_day_ms, SECOND_MS)
    reading_s = check_date(date) * DAY_S + seconds
    return check_time(first_time_of(reading_s, zone) * SECOND_MS + milliseconds)


def next_daily(after_ms: int, time_of_day_ms: int, zone: Zone) -> int:
    """Return the first time after `after_ms` at which it is `time_of_day_ms` in `zone`."""
    # The day before counts too: in a gap its time may have moved past midnight.
    first = max(DATE_MIN, local_date(after_ms, zone) - 1)
    # Four days are enough: the reading of the day after the next is later in every zone.
    for date in range(first, first + 4):
        due_ms = instant(date, time_of_day_ms, zone)
        if due_ms > after_ms:
            return due_ms
    raise AssertionError("no zone repeats two whole days")


def next_monthly(after_ms: int, day_of_month: int, time_of_day_ms: int, zone: Zone) -> int:
    """Return the first time after `after_ms` at which it is that day and time in `zone`.

    A month without day `day_of_month` (1 to 31) has its last day for it.
    """
    today = split_date(local_date(after_ms, zone))
    # The month before counts too, as the day before does in `next_daily`.
    first = max(MONTHS_PER_YEAR, today.year * MONTHS_PER_YEAR + today.month - 2)
    for month_index in range(first, first + 4):
        year, month_before = divmod(month_index, MONTHS_PER_YEAR)
        date = date_in_month(year, month_before + 1, day_of_month)
        due_ms = instant(date, time_of_day_ms, zone)
        if due_ms > after_ms:
            return due_ms
    raise AssertionError("no zone repeats a whole month")


def _clock_reading(time_ms: int, zone: Zone) -> int:
    return time_ms + offset_at(time_ms // SECOND_MS, zone) * SECOND_MS
