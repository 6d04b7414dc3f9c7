"""What `reaches` waits for follows the fields that it reads, there or missing, exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.timers import Entry
from servanda.interpreter.receipts import Call
from servanda.interpreter.values.times import DAY_MS, HOUR_MS, parse_time

START = parse_time(worlds.START)


class Fields(NamedTuple):
    """The fields of a job; times in milliseconds, days since the epoch."""

    one: int | None
    two: int | None
    made: int
    day: int | None
    hours: int | None
    is_late: bool


def shifted(moment: int | None, by: int) -> int | None:
    """Return a moment that is later, if there is one."""
    return None if moment is None else moment + by


def either(choose: Callable[..., int], *moments: int | None) -> int | None:
    """Return the least or most of moments, if all are there."""
    known = [one for one in moments if one is not None]
    return choose(known) if len(known) == len(moments) else None


def after_hours(f: Fields) -> int | None:
    """Return the time at which a job was made and as many hours."""
    return None if f.hours is None else f.made + f.hours * HOUR_MS


MOMENTS: dict[str, Callable[[Fields], int | None]] = {
    "j.one": lambda f: f.one,
    "j.one + 2 hours": lambda f: shifted(f.one, 2 * HOUR_MS),
    "j.day + 1 day": lambda f: None if f.day is None else (f.day + 1) * DAY_MS,
    "least(j.one, j.two)": lambda f: either(min, f.one, f.two),
    "most(j.one + 1 hour, j.two, j.made)": lambda f: either(
        max, shifted(f.one, HOUR_MS), f.two, f.made
    ),
    "j.made + j.hours * 1 hour": after_hours,
    "(if j.one is missing then j.made else j.one) + 1 hour": lambda f: (
        (f.made if f.one is None else f.one) + HOUR_MS
    ),
    "(if j.one is missing then j.two else least(j.one, j.made))": lambda f: (
        f.two if f.one is None else min(f.one, f.made)
    ),
    "(if j.is_late then j.one else j.two) + 1 hour": lambda f: shifted(
        f.one if f.is_late else f.two, HOUR_MS
    ),
    "(if j.hours is not missing then j.two else missing)": lambda f: (
        None if f.hours is None else f.two
    ),
}
"""Moments as they are written, each with what it means."""

CONTRACT = """\
contract Jobs version 1
role Bank
record Job[name: Text]
  one: Time?
  two: Time?
  made: Time
  day: Date?
  hours: Int?
  is_late: Bool
event Fired(name: Text, timer: Int, at: Time)
action make(name: Text, one: Time?, two: Time?, made: Time, day: Date?, hours: Int?, is_late: Bool)
  by Bank
  create Job(
    name: name, one: one, two: two, made: made, day: day, hours: hours, is_late: is_late
  )
""" + "".join(
    f"action set_{name}(job: Job, {name}: {held})\n  by Bank\n  job.{name} = {name}\n"
    for name, held in {
        "one": "Time?",
        "two": "Time?",
        "made": "Time",
        "day": "Date?",
        "hours": "Int?",
        "is_late": "Bool",
    }.items()
)
TIMERS = "".join(
    f"when j: Job reaches {moment}\n  emit Fired(j.name, {number}, due)\n"
    for number, moment in enumerate(MOMENTS)
)
PROGRAMS = worlds.programs(CONTRACT + TIMERS)

times = st.integers(1, 500).map(lambda hours: START + hours * HOUR_MS)
days = st.integers(1, 20).map(lambda count: START // DAY_MS + count)
optional_times = st.none() | times
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "one": optional_times,
    "two": optional_times,
    "made": times,
    "day": st.none() | days,
    "hours": st.none() | st.integers(1, 100),
    "is_late": st.booleans(),
}
changes = st.sampled_from(list(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), FIELDS[name]))


def waiting(machine: Machine, number: int) -> Entry | None:
    """Return the entry of a timer of the only job."""
    (table,) = machine.tables.values()
    return machine.queue.waiting(table.rows["a"], "Jobs", number)


@settings(max_examples=60, deadline=None)
@given(st.builds(Fields, **FIELDS), st.lists(changes, max_size=8), st.booleans())
def test_a_timer_waits_for_what_the_fields_say(
    fields: Fields, changed: list[tuple[str, object]], is_traced: bool
) -> None:
    """Each change arms, re-arms or disarms every timer that reads the field, and no other."""
    machine = Machine()
    for program in PROGRAMS:
        machine.deploy(program)
    machine.members.enrol("b", "Bank")
    machine.advance(START)
    run = (lambda call: machine.trace(call)[0]) if is_traced else machine.execute
    assert run(Call("Jobs", "make", ("a", *fields), ("b",))).code is None
    for name, value in [("made", fields.made), *changed]:
        assert run(Call("Jobs", f"set_{name}", ("a", value), ("b",))).code is None
        fields = Fields(**{**fields._asdict(), name: value})
        for number, meaning in enumerate(MOMENTS.values()):
            entry, moment = waiting(machine, number), meaning(fields)
            assert (None if entry is None else entry.due) == moment
        machine.audit()
    fired = [
        event.values
        for hour in range(1, 24 * 40)
        for receipt in machine.advance(START + hour * HOUR_MS)
        for event in receipt.events
    ]
    wanted = [("a", number, meaning(fields)) for number, meaning in enumerate(MOMENTS.values())]
    assert sorted(fired) == sorted(one for one in wanted if one[2] is not None)


@pytest.mark.parametrize("value", [None, START + HOUR_MS])
def test_a_refused_change_leaves_the_timer_as_it_was(value: int | None) -> None:
    """From there to missing and back, a refusal takes the entry back too."""
    refusing = 'action fail(job: Job, one: Time?)\n  by Bank\n  job.one = one\n  refuse NO "no"\n'
    world = worlds.world(CONTRACT + refusing + TIMERS, members="Bank:b")
    start = START + 5 * HOUR_MS if value is None else None
    world.does("b", "make", "a", start, None, START + HOUR_MS, None, None, False)
    before = waiting(world.machine, 1)
    assert (before is None) == (start is None)
    assert world.code("b", "fail", "a", value) == "NO"
    assert waiting(world.machine, 1) == before
