"""Time zones: what the clocks of a place show at a time, and when they show a reading.

In come the bytes of one zone of the IANA database and times; out come offsets from UTC and times.
It refuses to know where the bytes come from, and the database, the environment and the C library
of the machine, since they may differ from its neighbour's: equal bytes give equal answers.
Source: RFC 9636 (TZif, version 2 and later) and, for its footer, POSIX.1-2017, 8.3, `TZ`.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from servanda.interpreter.values.calendar_dates import (
    DATE_MIN,
    DAYS_OF_MONTHS,
    date_in_month,
    is_leap,
    join_date,
    split_date,
)
from servanda.interpreter.values.numbers import Unreadable

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
CYCLE_S = 146_097 * DAY_S
"""After 400 years the Gregorian calendar repeats itself, weekdays included."""
CYCLE_YEARS = 400
OFFSET_MIN_S, OFFSET_MAX_S = -89_999, 93_599
"""No offset lies outside these (RFC 9636, 3.2), so no reading is further from its time."""
REACH_S = 2 * DAY_S
RULE_DATE_MAX = join_date(9_500, 1, 1)
"""A yearly rule that begins later is damage: its first cycle would leave the calendar."""
DATA_SIZE_MAX = 65_536
"""The largest zone of the database has less than 4 KiB."""

HEADER = struct.Struct(">4sc15x6I")
OFFSET = r"[+-]?[0-9]{1,3}(?::[0-5][0-9]){0,2}"
NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
DAY = r"M(?:1[0-2]|[1-9])\.[1-5]\.[0-6]|J?[0-9]{1,3}"
RULE_FORM = re.compile(
    rf"{NAME}({OFFSET})(?:{NAME}({OFFSET})?,({DAY})(?:/({OFFSET}))?,({DAY})(?:/({OFFSET}))?)?"
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone: `offsets_s[n]` holds until `changes_s[n]`, the last one for ever.

    If `repeats_from_s` is given, what happens from there on happened 400 years before.
    """

    name: str
    changes_s: tuple[int, ...]
    offsets_s: tuple[int, ...]
    repeats_from_s: int | None = None


UTC = Zone("UTC", (), (0,))


def offset_at(time_s: int, zone: Zone) -> int:
    """Return the seconds by which the clocks of `zone` are ahead of UTC at `time_s`."""
    time_s -= _cycles_before(time_s, zone)
    return zone.offsets_s[bisect_right(zone.changes_s, time_s)]


def first_time_of(reading_s: int, zone: Zone) -> int:
    """Return the first time, in seconds, at which the clocks of `zone` show `reading_s`.

    A reading counts seconds since 1970-01-01T00:00 on those clocks. One that they skip (they were
    put forward) is read as if they had not been.
    """
    cycles_s = _cycles_before(reading_s, zone)
    reading_s -= cycles_s
    changes_s, offsets_s = zone.changes_s, zone.offsets_s
    first = bisect_right(changes_s, reading_s - REACH_S)
    for index in range(first, len(offsets_s)):
        time_s = reading_s - offsets_s[index]
        if index == len(changes_s) or time_s < changes_s[index]:
            if index > first and time_s < changes_s[index - 1]:
                # Too late for the stretch before and too early for this one: it was skipped.
                time_s = reading_s - offsets_s[index - 1]
            return time_s + cycles_s
    raise AssertionError("the last offset holds for ever")


def read_zone_data(name: str, data: bytes) -> Zone:
    """Return the zone that `data` (TZif) describes. Raises `Unreadable`."""
    try:
        if len(data) > DATA_SIZE_MAX:
            raise ValueError  # noqa: TRY301 -- damage of one more kind
        table = _read_table(data)
        changes_s, offsets_s = list(table.changes_s), list(table.offsets_s)
        repeats_from_s = _append_rule(table.footer, changes_s, offsets_s)
    except (ValueError, IndexError, struct.error):
        raise Unreadable(f"the data of time zone `{name}` are damaged") from None
    return Zone(name, tuple(changes_s), tuple(offsets_s), repeats_from_s)


class _Table(NamedTuple):
    changes_s: tuple[int, ...]
    offsets_s: tuple[int, ...]
    footer: str


class _YearlyRule(NamedTuple):
    """From `start` the offset is `summer_s`, from `end` it is `winter_s`."""

    winter_s: int
    summer_s: int
    start_day: str
    start_s: int
    end_day: str
    end_s: int


def _cycles_before(time_s: int, zone: Zone) -> int:
    """Return the whole cycles, in seconds, that take `time_s` back into the known years."""
    if zone.repeats_from_s is None or time_s < zone.repeats_from_s:
        return 0
    return ((time_s - zone.repeats_from_s) // CYCLE_S + 1) * CYCLE_S


def _read_table(data: bytes) -> _Table:
    start = _body_end(data, 0, time_size=4)  # The first body repeats the second in 32 bits.
    end = _body_end(data, start, time_size=8)
    _, _, _, _, _, change_count, type_count, _ = HEADER.unpack_from(data, start)
    place = start + HEADER.size
    changes_s = struct.unpack_from(f">{change_count}q", data, place)
    if list(changes_s) != sorted(set(changes_s)):
        raise ValueError
    place += change_count * 8
    types = data[place : place + change_count]
    place += change_count
    offsets_s: list[int] = [
        struct.unpack_from(">l", data, place + 6 * number)[0] for number in range(type_count)
    ]
    # Type 0 holds before the first change (RFC 9636, 3.2).
    return _Table(
        changes_s,
        tuple(_check_offset(offsets_s[kind]) for kind in (0, *types)),
        _read_footer(data[end:]),
    )


def _body_end(data: bytes, start: int, *, time_size: int) -> int:
    magic: bytes
    version: bytes
    counts: list[int]
    magic, version, *counts = HEADER.unpack_from(data, start)
    universal, standard, leap_count, change_count, type_count, name_size = counts
    # A zone that counts leap seconds does not agree with the time of the blocks.
    if magic != b"TZif" or version < b"2" or leap_count or not type_count:
        raise ValueError
    size = change_count * (time_size + 1) + type_count * 6 + name_size + standard + universal
    end = start + HEADER.size + size
    if end > len(data):
        raise ValueError
    return end


def _read_footer(footer: bytes) -> str:
    if footer[:1] != b"\n":
        raise ValueError
    return footer[1 : footer.index(b"\n", 1)].decode("ascii")


def _check_offset(offset_s: int) -> int:
    if OFFSET_MIN_S <= offset_s <= OFFSET_MAX_S:
        return offset_s
    raise ValueError


def _append_rule(footer: str, changes_s: list[int], offsets_s: list[int]) -> int | None:
    """Add the changes that `footer` rules for a cycle of years; return where it repeats."""
    rule = _parse_rule(footer)
    if rule is None:
        return None
    known_until_s = max([DATE_MIN * DAY_S, *changes_s[-1:]])
    if known_until_s // DAY_S > RULE_DATE_MAX:
        raise ValueError
    first_year = split_date(known_until_s // DAY_S).year
    last_year = first_year + CYCLE_YEARS + 2
    for year in range(first_year, last_year + 1):
        start_s = _day_in_year(rule.start_day, year) * DAY_S + rule.start_s - rule.winter_s
        end_s = _day_in_year(rule.end_day, year) * DAY_S + rule.end_s - rule.summer_s
        for change_s, offset_s in sorted([(start_s, rule.summer_s), (end_s, rule.winter_s)]):
            if change_s > known_until_s and offset_s != offsets_s[-1]:
                changes_s.append(change_s)
                offsets_s.append(offset_s)
    if changes_s != sorted(set(changes_s)):
        raise ValueError
    # A whole year of changes stands on either side of the seam.
    return join_date(last_year, 1, 1) * DAY_S


def _parse_rule(footer: str) -> _YearlyRule | None:
    """Return the yearly rule of a footer; none if it has no summer time or is empty."""
    form = RULE_FORM.fullmatch(footer)
    if form is None:
        if footer:
            raise ValueError
        return None
    winter, summer, start_day, start, end_day, end = form.groups()
    winter_s = _check_offset(-_seconds(winter))
    if start_day is None:
        return None
    summer_s = _check_offset(-_seconds(summer) if summer else winter_s + HOUR_S)
    return _YearlyRule(
        winter_s, summer_s, start_day, _seconds(start or "2"), end_day, _seconds(end or "2")
    )


def _seconds(text: str) -> int:
    hours, minutes, seconds, *_ = *(int(part) for part in text.lstrip("+-").split(":")), 0, 0
    if hours > 167:  # noqa: PLR2004 -- a week less an hour (RFC 9636, 3.3.2)
        raise ValueError
    total = hours * HOUR_S + minutes * 60 + seconds
    return -total if text.startswith("-") else total


def _day_in_year(day: str, year: int) -> int:
    """Return the date of `M3.5.0` (last Sunday of March), `J60` (1 March) or `59` (from 0)."""
    new_year = join_date(year, 1, 1)
    if day.startswith("M"):
        month, week, weekday = (int(part) for part in day[1:].split("."))
        first = date_in_month(year, month, 1)
        # 1970-01-01 was a Thursday, which is day 4 of a week that begins with Sunday as 0.
        date = first + (weekday - (first + 4)) % 7 + (week - 1) * 7
        return date if date <= date_in_month(year, month, 31) else date - 7
    number = int(day.removeprefix("J"))
    if number > 365 or (number == 0 and day.startswith("J")):  # noqa: PLR2004 -- days of a year
        raise ValueError
    if day.startswith("J"):
        # `J` never counts 29 February.
        number -= 0 if is_leap(year) and number > sum(DAYS_OF_MONTHS[:2]) else 1
    return new_year + number
