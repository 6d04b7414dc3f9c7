"""Times are exact milliseconds, and zones follow their data, also where a clock is put."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import struct
import zoneinfo
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.calendar_dates import parse_date, split_date
from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.show import show_date, show_time
from servanda.interpreter.values.time_zones import UTC, Zone, offset_at, read_zone_data
from servanda.interpreter.values.times import (
    DAY_MS,
    DURATION_MAX_MS,
    HOUR_MS,
    MINUTE_MS,
    TIME_MAX_MS,
    TIME_MIN_MS,
    add_duration,
    add_duration_to_date,
    add_months_to_time,
    check_duration,
    check_time,
    instant,
    local_date,
    next_daily,
    next_monthly,
    parse_time,
    parse_time_of_day,
)
from servanda.zones import UnknownZone, read_zone, zone_names

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    "Asia/Shanghai",  # No summer time since 1991.
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # The clock is put by half an hour.
    "Pacific/Apia",  # Had no 30 December 2011.
    "America/Juneau",  # Had one day of 1867 twice.
    "America/Scoresbysund",  # Puts its clock around midnight.
    "Africa/Casablanca",
    "Pacific/Kiritimati",
)
ZONES = {name: read_zone_data(name, read_zone(name)) for name in NAMES}
BERLIN, NEW_YORK, APIA = ZONES["Europe/Berlin"], ZONES["America/New_York"], ZONES["Pacific/Apia"]

times = st.integers(parse_time("1860-01-01T00:00Z"), parse_time("2100-01-01T00:00Z"))
times_of_day = st.integers(0, DAY_MS - 1) | st.sampled_from(range(0, DAY_MS, 30 * MINUTE_MS))
zones = st.sampled_from([UTC, *ZONES.values()])
near_changes = st.builds(
    lambda near, hours: parse_time(near) + hours * HOUR_MS // 2,
    st.sampled_from(
        ["2026-03-29T01:00Z", "2026-10-25T01:00Z", "2011-12-30T10:00Z", "1867-10-18T12:00Z"]
    ),
    st.integers(-150, 150),
)


def library_zone(name: str) -> dt.tzinfo:
    """Return the same zone as the standard library understands it."""
    if name == "UTC":
        return dt.UTC
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(read_zone(name)), key=name)


LIBRARY_ZONES = {name: library_zone(name) for name in ("UTC", *NAMES)}


def clock(time_ms: int, zone: Zone) -> dt.datetime:
    """Return what the standard library says the clocks of a zone show."""
    utc = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=time_ms)
    return utc.astimezone(LIBRARY_ZONES[zone.name])


@given(st.integers(TIME_MIN_MS, TIME_MAX_MS))
def test_times_are_read_back(time_ms: int) -> None:
    """Text shows every millisecond, and no more than is needed."""
    assert parse_time(show_time(time_ms)) == time_ms
    minute_ms = time_ms - time_ms % MINUTE_MS
    assert len(show_time(minute_ms)) == len("2026-01-05T09:00Z")
    assert parse_time(show_time(minute_ms)) == minute_ms


def test_the_three_forms_of_a_time() -> None:
    """Minutes, seconds or milliseconds; the shortest is shown."""
    assert parse_time("1970-01-01T00:00Z") == 0
    assert parse_time("2026-01-05T09:00:30.250Z") == 20_458 * DAY_MS + 9 * HOUR_MS + 30_250
    assert show_time(parse_time("2026-01-05T09:00:00.000Z")) == "2026-01-05T09:00Z"
    assert show_time(parse_time("2026-01-05T09:00:30.000Z")) == "2026-01-05T09:00:30Z"
    assert show_time(parse_time("2026-01-05T09:00:00.007Z")) == "2026-01-05T09:00:00.007Z"
    assert show_time(-1) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-05",
        "2026-01-05T09:00",
        "2026-01-05T09:00z",
        "2026-01-05t09:00Z",
        "2026-01-05T24:00Z",
        "2026-01-05T09:60Z",
        "2026-01-05T09:00:60Z",
        "2026-01-05T9:00Z",
        "2026-01-05T09:00:30.25Z",
        "2026-01-05T09:00:30.2500Z",
        "2026-01-05T09:00+00:00",
        "2026-02-30T09:00Z",
        "0000-01-01T00:00Z",
        "2026-01-05T09:00Z\n",
        "2026-01-05 09:00Z",
        "2026-01-05T٢٢:00Z",
        "9" * 1_000_000,
    ],
    ids=lambda text: repr(text)[:30],
)
def test_what_is_no_time_is_unreadable(text: str) -> None:
    """A time is always in Z, of a day that exists and of one of the three forms."""
    with pytest.raises(Unreadable):
        parse_time(text)


def test_times_of_day() -> None:
    """From 00:00 to 23:59, two digits each."""
    assert parse_time_of_day("02:30") == 2 * HOUR_MS + 30 * MINUTE_MS
    assert parse_time_of_day("23:59") == DAY_MS - MINUTE_MS
    for text in ("24:00", "2:30", "02:60", "02:30:00", "", "02:30\n"):
        with pytest.raises(Unreadable):
            parse_time_of_day(text)


@given(times | near_changes, zones)
def test_the_date_is_that_of_the_zone(time_ms: int, zone: Zone) -> None:
    """A date is what the clocks of the zone show, by the standard library's reckoning."""
    assert show_date(local_date(time_ms, zone)) == clock(time_ms, zone).date().isoformat()


@given(times | near_changes, zones)
def test_an_instant_is_the_first_at_which_the_clock_shows_it(time_ms: int, zone: Zone) -> None:
    """Reading a clock and asking for the reading leads back, or to the earlier of two."""
    shown = clock(time_ms, zone).replace(tzinfo=None)
    midnight = dt.datetime.combine(shown.date(), dt.time())
    time_of_day_ms = (shown - midnight) // dt.timedelta(milliseconds=1)
    found = instant(local_date(time_ms, zone), time_of_day_ms, zone)
    assert found <= time_ms
    assert clock(found, zone).replace(tzinfo=None) == shown


def test_gaps_move_forward_and_folds_take_the_first() -> None:
    """Berlin has no 02:30 on 29 March 2026 and two on 25 October 2026."""
    half_past_two = parse_time_of_day("02:30")
    gap = instant(parse_date("2026-03-29"), half_past_two, BERLIN)
    fold = instant(parse_date("2026-10-25"), half_past_two, BERLIN)
    assert show_time(gap) == "2026-03-29T01:30Z"
    assert clock(gap, BERLIN).strftime("%H:%M") == "03:30"
    assert show_time(fold) == "2026-10-25T00:30Z"
    skipped = instant(parse_date("2011-12-30"), half_past_two, APIA)
    assert show_date(local_date(skipped, APIA)) == "2011-12-31"


def test_shanghai_begins_its_day_at_16_utc() -> None:
    """The date of a contract is that of its time zone."""
    shanghai = ZONES["Asia/Shanghai"]
    assert show_date(local_date(parse_time("2026-01-05T15:59Z"), shanghai)) == "2026-01-05"
    assert show_date(local_date(parse_time("2026-01-05T16:00Z"), shanghai)) == "2026-01-06"
    assert show_time(instant(parse_date("2026-01-06"), 0, shanghai)) == "2026-01-05T16:00Z"


@given(times | near_changes, times_of_day, zones)
def test_next_daily_is_the_first_after(after_ms: int, time_of_day_ms: int, zone: Zone) -> None:
    """No day of those around gives an earlier moment after, and the moment is that of a day."""
    due_ms = next_daily(after_ms, time_of_day_ms, zone)
    today = local_date(after_ms, zone)
    moments = [instant(date, time_of_day_ms, zone) for date in range(today - 5, today + 6)]
    assert due_ms == min(moment for moment in moments if moment > after_ms)


@given(times | near_changes, st.integers(1, 31), times_of_day, zones)
def test_next_monthly_is_the_first_after(
    after_ms: int, day_of_month: int, time_of_day_ms: int, zone: Zone
) -> None:
    """No month of those around gives an earlier moment after."""
    due_ms = next_monthly(after_ms, day_of_month, time_of_day_ms, zone)
    today = local_date(after_ms, zone)
    moments = []
    for date in range(today - 100, today + 100):
        is_last = split_date(date + 1).day == 1
        day = split_date(date).day
        if day == day_of_month or (is_last and day < day_of_month):
            moments.append(instant(date, time_of_day_ms, zone))
    assert due_ms == min(moment for moment in moments if moment > after_ms)


def test_periodic_timers_keep_to_the_clock_on_the_wall() -> None:
    """Every day at 09:00 stays at 09:00 when the clock is put; day 31 is the last of February."""
    nine = parse_time_of_day("09:00")
    due_ms = parse_time("2026-03-27T08:00Z")
    shown = []
    for _ in range(3):
        due_ms = next_daily(due_ms, nine, BERLIN)
        shown.append(show_time(due_ms))
    assert shown == ["2026-03-28T08:00Z", "2026-03-29T07:00Z", "2026-03-30T07:00Z"]
    due_ms = next_monthly(parse_time("2026-01-31T00:00Z"), 31, 0, UTC)
    assert show_time(due_ms) == "2026-02-28T00:00Z"
    assert show_time(next_monthly(due_ms, 31, 0, UTC)) == "2026-03-31T00:00Z"


@given(times, st.integers(-500, 500))
def test_months_keep_the_time_of_day(time_ms: int, months: int) -> None:
    """In UTC a month later it is the same time of day, and no month later the same time."""
    later_ms = add_months_to_time(time_ms, months, UTC)
    assert later_ms % DAY_MS == time_ms % DAY_MS
    for zone in ZONES.values():
        assert add_months_to_time(time_ms, 0, zone) == time_ms


def test_a_time_skipped_at_midnight_still_comes_after_it() -> None:
    """What the skipped end of one day or month moves into the next is due there."""
    scoresbysund = ZONES["America/Scoresbysund"]  # Has no 23:30 on 28 March 2026.
    after_ms, due_ms = parse_time("2026-03-29T01:10Z"), parse_time("2026-03-29T01:30Z")
    half_past_eleven = parse_time_of_day("23:30")
    assert next_daily(after_ms, half_past_eleven, scoresbysund) == due_ms
    assert next_monthly(after_ms, 28, half_past_eleven, scoresbysund) == due_ms
    manila = read_zone_data("Asia/Manila", read_zone("Asia/Manila"))  # Had no 31 December 1844.
    new_year = parse_date("1845-01-01")
    due_ms = next_monthly(instant(new_year, 0, manila), 31, HOUR_MS, manila)
    assert due_ms == instant(new_year, HOUR_MS, manila)


def test_no_month_later_is_the_same_time() -> None:
    """Also for the second 02:30 of the night in which Berlin puts its clock back."""
    second_ms = parse_time("2026-10-25T01:30Z")
    assert add_months_to_time(second_ms, 0, BERLIN) == second_ms


def test_a_month_later_in_new_york_it_is_the_same_time_there() -> None:
    """9 in the morning stays 9 in the morning, though an hour earlier in UTC."""
    later_ms = add_months_to_time(parse_time("2026-02-10T14:00Z"), 1, NEW_YORK)
    assert show_time(later_ms) == "2026-03-10T13:00Z"


def test_a_duration_moves_a_date_by_its_whole_days() -> None:
    """36 hours from midnight end on the next day, an hour before midnight lies on the last."""
    date = parse_date("2026-01-05")
    assert add_duration_to_date(date, 3 * DAY_MS) == date + 3
    assert add_duration_to_date(date, 36 * HOUR_MS) == date + 1
    assert add_duration_to_date(date, -HOUR_MS) == date - 1


def refusal_of(attempt: Callable[[], int]) -> str | None:
    """Return the code with which the attempt is refused, if it is."""
    try:
        attempt()
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize("zone", [UTC, *ZONES.values()], ids=lambda zone: zone.name)
def test_the_ends_of_time_are_refused_as_overflow(zone: Zone) -> None:
    """Near the years 1 and 9999 there is an answer or an overflow, and nothing else."""
    last_date, first_date = TIME_MAX_MS // DAY_MS, TIME_MIN_MS // DAY_MS
    beyond: list[Callable[[], int]] = [
        lambda: check_time(TIME_MAX_MS + 1),
        lambda: add_duration(TIME_MIN_MS, -1),
        lambda: add_duration(0, 10**40),
        lambda: add_duration_to_date(0, 10**40),
        lambda: check_duration(DURATION_MAX_MS + 1),
        lambda: local_date(10**40, zone),
        lambda: add_months_to_time(0, 10**30, zone),
        lambda: next_daily(TIME_MAX_MS, 0, zone),
        lambda: next_monthly(TIME_MAX_MS, 31, 0, zone),
    ]
    assert [refusal_of(attempt) for attempt in beyond] == [Code.OVERFLOW] * len(beyond)
    at_the_ends: list[Callable[[], int]] = [
        lambda: local_date(TIME_MIN_MS, zone),
        lambda: local_date(TIME_MAX_MS, zone),
        lambda: instant(last_date, DAY_MS - 1, zone),
        lambda: instant(last_date, 0, zone),
        lambda: instant(first_date, DAY_MS - 1, zone),
        lambda: instant(first_date, 0, zone),
        lambda: next_daily(TIME_MIN_MS, 0, zone),
        lambda: next_monthly(TIME_MIN_MS, 1, 0, zone),
        lambda: add_months_to_time(TIME_MAX_MS, -1, zone),
    ]
    codes = {refusal_of(attempt) for attempt in at_the_ends}
    assert codes == ({None} if zone is UTC else {None, Code.OVERFLOW})


def test_a_zone_is_read_from_its_own_bytes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the machine's database nor the environment has a part in it."""
    data = read_zone("Europe/Berlin")
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    monkeypatch.setenv("PYTHONTZPATH", "")
    monkeypatch.setenv("TZ", "America/New_York")
    named_otherwise = read_zone_data("Nowhere/Else", data)
    assert named_otherwise.name == "Nowhere/Else"
    for time in ("2026-01-05T23:30Z", "2026-07-05T22:30Z"):
        assert local_date(parse_time(time), named_otherwise) == parse_date(time[:10]) + 1


@given(st.data())
def test_damaged_zone_data_are_unreadable(data: st.DataObject) -> None:
    """Cut or changed bytes give a zone or the named error, never another exception."""
    whole = bytearray(read_zone("Europe/Berlin"))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(Unreadable):
        zone = read_zone_data("Europe/Berlin", cut)
        assert zone.name == "Europe/Berlin"
        for time_ms in (TIME_MIN_MS, 0, TIME_MAX_MS):
            reading_ms = time_ms + offset_at(time_ms // 1_000, zone) * 1_000
            assert abs(reading_ms - time_ms) < 2 * DAY_MS


def data_with_rule(rule: str) -> bytes:
    """Return the data of a zone without changes, five hours behind UTC but for its yearly rule."""
    header = struct.pack(">4sc15x6I", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lBB", -5 * 3_600, 0, 0) + b"EST\0"
    return (header + body) * 2 + b"\n" + rule.encode() + b"\n"


@pytest.mark.parametrize(
    "rule",
    [
        "EST5EDT,M3.2.0,M11.1.0",
        "EST5EDT4,M3.5.6/-1,M10.5.0/0:30",
        "EST5<+0330>-3:30,M9.1.1/50,M4.4.4/-50",
        "EST5WINTER6,M10.5.0/2,M3.5.0/1",
    ],
)
def test_yearly_rules_by_weekday_agree_with_the_standard_library(rule: str) -> None:
    """Summer and negative summer time, hours beyond the day, in leap years and far centuries."""
    zone = read_zone_data("Test", data_with_rule(rule))
    library = zoneinfo.ZoneInfo.from_file(io.BytesIO(data_with_rule(rule)), key="Test")
    assert len(zone.changes_s) > 800
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    for year in (1904, 2023, 2024, 2100, 2399, 2400, 2402, 7999):
        for step in range(0, 367 * 24 * 60, 45):
            time_s = parse_time(f"{year}-01-01T00:00Z") // 1_000 + step * 60
            shown = (epoch + dt.timedelta(seconds=time_s)).astimezone(library)
            assert dt.timedelta(seconds=offset_at(time_s, zone)) == shown.utcoffset(), shown


@pytest.mark.parametrize(
    ("rule", "year", "start", "end"),
    [
        ("EST5EDT,J59/2,J300/1:15:30", 2023, "02-28T07:00Z", "10-27T05:15:30Z"),
        ("EST5EDT,J59/2,J300/1:15:30", 2024, "02-28T07:00Z", "10-27T05:15:30Z"),
        ("EST5EDT,J60,J364/20", 2023, "03-01T07:00Z", "12-31T00:00Z"),
        ("EST5EDT,J60,J364/20", 2024, "03-01T07:00Z", "12-31T00:00Z"),
        ("EST5EDT,59,299", 2023, "03-01T07:00Z", "10-27T06:00Z"),
        ("EST5EDT,59,299", 2024, "02-29T07:00Z", "10-26T06:00Z"),
        ("EST5EDT,0/5,364/-20", 2023, "01-01T10:00Z", "12-30T08:00Z"),
        ("EST5EDT,0/5,364/-20", 7996, "01-01T10:00Z", "12-29T08:00Z"),
    ],
)
def test_yearly_rules_by_number_of_the_day(rule: str, year: int, start: str, end: str) -> None:
    """`J` counts from 1 and never 29 February, a bare number from 0 and every day (POSIX)."""
    zone = read_zone_data("Test", data_with_rule(rule))
    for moment, before, after in ((start, -5, -4), (end, -4, -5)):
        time_s = parse_time(f"{year}-{moment}") // 1_000
        assert offset_at(time_s - 1, zone) == before * 3_600
        assert offset_at(time_s, zone) == after * 3_600


@pytest.mark.parametrize(
    "rule",
    [
        "EST",
        "E5",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.1.0,M11.1.0",
        "EST999",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,J0,J300",
        "EST5EDT,366,1",
        "EST5EDT,J60/168,J300",
        "EST5EDT,J60/-168,J300",
        "EST5EDT,1,2\x00",
        "EST5:60",
        "É5",
    ],
    ids=repr,
)
def test_a_broken_yearly_rule_is_damage(rule: str) -> None:
    """A rule that POSIX does not allow gives no zone."""
    with pytest.raises(Unreadable):
        read_zone_data("Test", data_with_rule(rule))


def test_a_zone_without_a_rule_keeps_its_offset() -> None:
    """Its one offset holds at all times, and data too large are refused unread."""
    zone = read_zone_data("Test", data_with_rule("EST5"))
    for time_s in (-(10**10), 0, 10**11):
        assert offset_at(time_s, zone) == -5 * 3_600
    with pytest.raises(Unreadable):
        read_zone_data("Test", data_with_rule("EST5") + bytes(70_000))


def moments_to_compare(zone: Zone) -> list[int]:
    """Return seconds around the changes of a zone, early, late and in the year 2400 and beyond."""
    moments = [parse_time(f"{year}-07-05T12:00Z") // 1_000 for year in range(1850, 9_999, 61)]
    for change_s in zone.changes_s[:400:3]:
        if moments[0] < change_s < moments[-1]:
            moments += [change_s - 1, change_s, change_s + 1]
    return moments


@pytest.mark.parametrize("name", zone_names())
def test_every_zone_agrees_with_the_standard_library(name: str) -> None:
    """Offsets, and the times of readings, in each zone of the database."""
    zone, library = read_zone_data(name, read_zone(name)), library_zone(name)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    for time_s in moments_to_compare(zone):
        shown = (epoch + dt.timedelta(seconds=time_s)).astimezone(library)
        assert dt.timedelta(seconds=offset_at(time_s, zone)) == shown.utcoffset(), shown
        for shift in (-90, 0, 90):
            reading = (shown + dt.timedelta(minutes=shift)).replace(tzinfo=None)
            days, time_of_day = divmod(reading - epoch.replace(tzinfo=None), dt.timedelta(days=1))
            expected = reading.replace(tzinfo=library, fold=0) - epoch
            found = instant(days, time_of_day // dt.timedelta(milliseconds=1), zone)
            assert dt.timedelta(milliseconds=found) == expected, shown


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "Asia/../Asia/Shanghai",
        "Asia",
        "asia/shanghai",
        "",
        "Asia/Shanghai/",
        "Asia//Shanghai",
        "Asia\\Shanghai",
        "Mars/Olympus",
        "..",
        ".",
        "zones",
        "Asia/Shanghai\x00",
        "__init__.py",
        "A" * 1_000_000,
    ],
    ids=lambda name: repr(name)[:30],
)
def test_no_other_name_is_read(name: str) -> None:
    """Only a listed name, letter by letter, leads to any bytes."""
    with pytest.raises(UnknownZone) as unknown:
        read_zone(name)
    assert unknown.value.name == name
