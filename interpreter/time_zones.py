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

from servanda.interpreter.calendar_dates import (
    DAYS_OF_MONTHS,
    date_in_month,
    is_leap,
    join_date,
    split_date,
)
from servanda.interpreter.numbers import Unreadable

SECOND_MS = 1_000
DAY_MS = 86_400 * SECOND_MS
CYCLE_MS = 146_097 * DAY_MS
"""After 400 years the Gregorian calendar repeats itself, weekdays included."""
CYCLE_YEARS = 400
OFFSET_MIN_S, OFFSET_MAX_S = -89_999, 93_599
"""No offset lies outside these (RFC 9636, 3.2), so no reading is further from its time."""
REACH_MS = 2 * DAY_MS
RULE_YEAR_MAX = 9_500
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
    """A time zone: `offsets_ms[n]` holds until `changes_ms[n]`, the last one for ever.

    If `repeats_from_ms` is given, what happens from there on happened 400 years before.
    """

    name: str
    changes_ms: tuple[int, ...]
    offsets_ms: tuple[int, ...]
    repeats_from_ms: int | None = None


UTC = Zone("UTC", (), (0,))


def offset_at(time_ms: int, zone: Zone) -> int:
    """Return the milliseconds by which the clocks of `zone` are ahead of UTC at `time_ms`."""
    time_ms -= _cycles_ms(time_ms, zone)
    return zone.offsets_ms[bisect_right(zone.changes_ms, time_ms)]


def first_time_of(reading_ms: int, zone: Zone) -> int:
    """Return the first time at which the clocks of `zone` show `reading_ms`.

    A reading counts milliseconds since 1970-01-01T00:00 on those clocks. One that they skip (they
    were put forward) is read as if they had not been.
    """
    cycles_ms = _cycles_ms(reading_ms, zone)
    reading_ms -= cycles_ms
    changes_ms, offsets_ms = zone.changes_ms, zone.offsets_ms
    first = bisect_right(changes_ms, reading_ms - REACH_MS)
    last = bisect_right(changes_ms, reading_ms + REACH_MS)
    for index in range(first, last + 1):
        time_ms = reading_ms - offsets_ms[index]
        if index == len(changes_ms) or time_ms < changes_ms[index]:
            # It is shown now, or it was skipped by the change that began this stretch.
            is_skipped = index > first and time_ms < changes_ms[index - 1]
            return reading_ms - offsets_ms[index - is_skipped] + cycles_ms
    raise AssertionError("the last offset holds for ever")


def read_zone_data(name: str, data: bytes) -> Zone:
    """Return the zone that `data` (TZif) describes. Raises `Unreadable`."""
    damaged = Unreadable(f"the data of time zone `{name}` are damaged")
    if len(data) > DATA_SIZE_MAX:
        raise damaged
    try:
        table = _read_table(data)
        changes_s, offsets_s = list(table.changes_s), list(table.offsets_s)
        repeats_from_s = _append_rule(table.footer, changes_s, offsets_s)
    except (ValueError, IndexError, struct.error):
        raise damaged from None
    return Zone(
        name,
        tuple(change * SECOND_MS for change in changes_s),
        tuple(offset * SECOND_MS for offset in offsets_s),
        None if repeats_from_s is None else repeats_from_s * SECOND_MS,
    )


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


def _cycles_ms(time_ms: int, zone: Zone) -> int:
    if zone.repeats_from_ms is None or time_ms < zone.repeats_from_ms:
        return 0
    return ((time_ms - zone.repeats_from_ms) // CYCLE_MS + 1) * CYCLE_MS


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
    offsets_s = [struct.unpack_from(">l", data, place + 6 * n)[0] for n in range(type_count)]
    # Type 0 holds before the first change (RFC 9636, 3.2).
    return _Table(
        changes_s,
        tuple(_check_offset(offsets_s[kind]) for kind in (0, *types)),
        _read_footer(data[end:]),
    )


def _body_end(data: bytes, start: int, *, time_size: int) -> int:
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
    if len(footer) < len(b"\n\n") or footer[:1] != b"\n" or footer.find(b"\n", 1) < 0:
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
    first_year = split_date(changes_s[-1] // 86_400).year if changes_s else 1
    if first_year > RULE_YEAR_MAX:
        raise ValueError
    known_until_s = changes_s[-1] if changes_s else join_date(1, 1, 1) * 86_400
    last_year = first_year + CYCLE_YEARS + 2
    for year in range(first_year, last_year + 1):
        start_s = _day_in_year(rule.start_day, year) * 86_400 + rule.start_s - rule.winter_s
        end_s = _day_in_year(rule.end_day, year) * 86_400 + rule.end_s - rule.summer_s
        for change_s, offset_s in sorted([(start_s, rule.summer_s), (end_s, rule.winter_s)]):
            if change_s > known_until_s and offset_s != offsets_s[-1]:
                changes_s.append(change_s)
                offsets_s.append(offset_s)
    if changes_s != sorted(set(changes_s)):
        raise ValueError
    # A whole year of changes stands on either side of the seam.
    return join_date(last_year, 1, 1) * 86_400


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
    summer_s = _check_offset(-_seconds(summer) if summer else winter_s + 3_600)
    return _YearlyRule(
        winter_s, summer_s, start_day, _seconds(start or "2"), end_day, _seconds(end or "2")
    )


def _seconds(text: str) -> int:
    hours, minutes, seconds, *_ = *(int(part) for part in text.lstrip("+-").split(":")), 0, 0
    if hours > 167:  # noqa: PLR2004 -- a week less an hour (RFC 9636, 3.3.2)
        raise ValueError
    total = hours * 3_600 + minutes * 60 + seconds
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
