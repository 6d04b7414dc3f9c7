"""Timers: what happens by itself, when, in which order, and when it cannot."""

from __future__ import annotations

from typing import Any

import pytest
import worlds

from servanda.interpreter.costs import FIRING_STEPS
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.receipts import Firing, Receipt
from servanda.interpreter.values.show import show_time
from servanda.interpreter.values.time_zones import read_zone_data
from servanda.interpreter.values.times import parse_time
from servanda.zones import read_zone

World = Any

CONTRACT = """\
contract Clock version 1
role Bank
lifecycle Stage
  New -> New | Warm | Done
  Warm -> New | Warm | Done
  Done
record Job[name: Text]
  stage: Stage
  until: Time?
  day: Date
event Fired(what: Text, job: Job, meant: Time, on_date: Date, at_time: Time)
clause fire(what: Text, job: Job, meant: Time, on_date: Date)
  emit Fired(what, job, meant, on_date, now)
when job: Job has been New for 3 days
  fire("new", job, due, today)
when job: Job in New | Warm reaches job.until
  fire("until", job, due, today)
when job: Job in New | Warm reaches job.day
  fire("day", job, due, today)
action make(name: Text, until: Time?, day: Date)
  by Bank
  create Job(name: name, until: until, day: day)
action step(job: Job, stage: Stage)
  by Bank
  job.stage becomes stage
action set(job: Job, until: Time?)
  by Bank
  job.until = until
action set_day(job: Job, day: Date)
  by Bank
  job.day = day
action touch(job: Job, is_done: Bool)
  by Bank
  emit Fired("touched", job, now, today, now)
  job.until = now
  job.stage becomes New
  require is_done else NOT_DONE "no"
"""
FAR = 30_000
"""A date that no test reaches."""


def fired(receipts: list[Receipt]) -> list[str]:
    """Return what fired, for which moment, on which date and at which time, in order."""
    return [
        f"{one.values[0]} {one.values[1]} {show_time(one.values[2])}"  # type: ignore[arg-type]
        for receipt in receipts
        for one in receipt.events
    ]


def run_until(world: World, time: str) -> list[str]:
    """Open blocks whenever something is due until a time; return what fired."""
    end, found = parse_time(time), []
    while (due := world.machine.next_due()) is not None and due < end:
        found += fired(world.machine.advance(max(due, world.machine.now + 1)))
    found += fired(world.machine.advance(end))
    world.machine.audit()
    return found


@pytest.fixture
def clock() -> World:
    """Return a world without jobs."""
    return worlds.world(CONTRACT, members="Bank:b")


def test_has_been_counts_from_the_entry(clock: World) -> None:
    """It is due the duration after the record entered the state, and not once it has left."""
    clock.does("b", "make", "a", None, FAR)
    clock.does("b", "make", "left", None, FAR)
    clock.at("2026-01-06T09:00Z")
    clock.does("b", "make", "b", None, FAR)
    clock.does("b", "step", "left", "Warm")
    assert clock.at("2026-01-08T08:59Z") == []
    assert fired(clock.at("2026-01-08T09:00Z")) == ["new a 2026-01-08T09:00Z"]
    assert run_until(clock, "2026-02-01T00:00Z") == ["new b 2026-01-09T09:00Z"]
    # A record that comes back waits from then on.
    clock.does("b", "step", "left", "New")
    assert run_until(clock, "2026-03-01T00:00Z") == ["new left 2026-02-04T00:00Z"]


def test_a_self_arrow_begins_again(clock: World) -> None:
    """Stepping from a state to itself is written on purpose: the wait starts from there."""
    clock.does("b", "make", "a", None, FAR)
    clock.at("2026-01-07T09:00Z")
    clock.does("b", "step", "a", "New")
    assert run_until(clock, "2026-02-01T00:00Z") == ["new a 2026-01-10T09:00Z"]


def test_reaches_follows_its_field(clock: World) -> None:
    """The moment may be set, moved, cleared and set to the past; each moment fires once."""
    times = {day: parse_time(f"2026-01-{day:02d}T12:00Z") for day in (5, 6, 7, 20)}
    for name in ("a", "cleared", "moved", "past"):
        clock.does("b", "make", name, times[20], FAR)
        clock.does("b", "step", name, "Warm")
    clock.does("b", "set", "cleared", None)
    clock.does("b", "set", "moved", times[6])
    clock.at("2026-01-06T10:00Z")
    clock.does("b", "set", "past", times[5])
    # It is past already, so it is for that moment and runs in the next block.
    assert fired(clock.at("2026-01-06T11:00Z")) == ["until past 2026-01-05T12:00Z"]
    assert run_until(clock, "2026-01-07T00:00Z") == ["until moved 2026-01-06T12:00Z"]
    clock.does("b", "set", "moved", times[7])
    clock.does("b", "step", "a", "Done")
    assert run_until(clock, "2026-02-01T00:00Z") == ["until moved 2026-01-07T12:00Z"]


def test_moving_among_the_named_states_reaches_nothing_again(clock: World) -> None:
    """A moment that was reached is over, for as long as the record stays in the named states."""
    clock.does("b", "make", "a", parse_time("2026-01-05T10:00Z"), FAR)
    assert fired(clock.at("2026-01-05T10:00Z")) == ["until a 2026-01-05T10:00Z"]
    clock.does("b", "step", "a", "Warm")
    assert run_until(clock, "2026-01-06T00:00Z") == []


def test_a_date_is_reached_at_its_midnight(clock: World) -> None:
    """A Date falls due when it begins in the time zone of the contract."""
    clock.does("b", "make", "a", None, parse_time("2026-01-07T00:00Z") // 86_400_000)
    assert run_until(clock, "2026-01-08T00:00Z") == ["day a 2026-01-07T00:00Z"]
    zones = {"Asia/Shanghai": read_zone_data("Asia/Shanghai", read_zone("Asia/Shanghai"))}
    text = CONTRACT.replace("version 1\n", 'version 1\ntimezone "Asia/Shanghai"\n')
    world = worlds.world(text, members="Bank:b", zones=zones)
    world.does("b", "make", "a", None, parse_time("2026-01-07T00:00Z") // 86_400_000)
    receipts = world.at("2026-01-06T16:00Z")
    assert fired(receipts) == ["day a 2026-01-06T16:00Z"]
    assert receipts[0].events[0].values[3] == parse_time("2026-01-07T00:00Z") // 86_400_000


def test_inside_it_is_the_moment_that_it_was_for(clock: World) -> None:
    """A timer that runs late knows what it was for, that day, and when it runs."""
    clock.does("b", "make", "a", None, FAR)
    (receipt,) = clock.at("2026-05-05T00:00Z")
    _, _, meant, on, at = receipt.events[0].values
    assert show_time(meant) == "2026-01-08T09:00Z"
    assert on == parse_time("2026-01-08T00:00Z") // 86_400_000
    assert show_time(at) == "2026-05-05T00:00Z"


def test_the_order_is_by_moment_clause_and_key(clock: World) -> None:
    """Equal moments run in the order of the clauses in the source, then of the keys."""
    noon = parse_time("2026-01-08T09:00Z")
    for name in ("c", "a", "b"):
        clock.does("b", "make", name, noon, FAR)
    clock.does("b", "make", "z", noon - 1, FAR)
    what = [one.rpartition(" ")[0] for one in fired(clock.at("2026-02-01T00:00Z"))]
    assert what == ["until z", "new a", "new b", "new c", "new z", "until a", "until b", "until c"]


def test_a_refused_action_leaves_the_queue_as_it_was(clock: World) -> None:
    """What an action armed, disarmed or moved is undone with it."""
    clock.does("b", "make", "a", parse_time("2026-01-09T00:00Z"), FAR)
    assert clock.code("b", "touch", "a", False) == "NOT_DONE"
    assert run_until(clock, "2026-01-20T00:00Z") == [
        "new a 2026-01-08T09:00Z",
        "until a 2026-01-09T00:00Z",
    ]
    clock.does("b", "touch", "a", True)
    assert len(run_until(clock, "2026-02-20T00:00Z")) == 2


def test_what_is_overdue_about_an_argument_runs_first(clock: World) -> None:
    """Nobody acts on a stale record: its timers run before, and stay when the action is refused."""
    clock.does("b", "make", "a", parse_time("2026-01-06T00:00Z"), FAR)
    clock.does("b", "make", "b", parse_time("2026-01-06T00:00Z"), FAR)
    clock.machine.block_steps_max = 0
    assert clock.at("2026-01-09T00:00Z") == []
    assert clock.run("nobody", "touch", "a", True).code == "NOT_AUTHORISED"
    assert fired(clock.machine.overdue_receipts) == [
        "until a 2026-01-06T00:00Z",
        "new a 2026-01-08T09:00Z",
    ]
    clock.machine.overdue_receipts.clear()
    assert clock.code("b", "touch", "a", False) == "NOT_DONE"
    assert clock.machine.overdue_receipts == []
    # The other record was not touched: its timers are still waiting.
    assert clock.machine.queue.first_at == parse_time("2026-01-06T00:00Z")
    clock.machine.audit()


PERIODIC = """\
contract Daily version 1
timezone "Europe/Berlin"
role Bank
lifecycle Stage
  On -> Off
  Off -> On
record Job[name: Text]
  kind: Kind
  count: Int in 0..1_000 = 0
  most: Int = 1_000
  stage: Stage
record Log[id: Serial]
  name: Text
enum Kind: Daily, Third, Plain, Monthly, Noon
event Fired(what: Text, job: Job, meant: Time)
clause fire(kind: Kind, job: Job, meant: Time)
  if job.kind == kind
    emit Fired("{kind}", job, meant)
    job.count = if job.count < job.most then job.count + 1 else 1_001
every day at 02:30 for job: Job in On
  fire(Daily, job, due)
every 3 days at 02:30 for job: Job in On
  fire(Third, job, due)
every 2 days for job: Job in On
  fire(Plain, job, due)
every month on 31 for job: Job in On
  fire(Monthly, job, due)
every month on 15 at 12:00 for job: Job
  fire(Noon, job, due)
action make(name: Text, kind: Kind, most: Int)
  by Bank
  create Job(name: name, kind: kind, most: most)
action step(job: Job, stage: Stage)
  by Bank
  job.stage becomes stage
action allow(job: Job)
  by Bank
  job.most = 1_000
"""


def daily(**limits: int) -> World:
    """Return a world in Berlin at 2026-03-27T10:00 of summer time's eve."""
    zones = {"Europe/Berlin": read_zone_data("Europe/Berlin", read_zone("Europe/Berlin"))}
    return worlds.world(
        PERIODIC, members="Bank:b", zones=zones, start="2026-03-27T10:00Z", **limits
    )


def test_every_day_follows_the_clocks_of_the_zone() -> None:
    """In spring, when 02:30 does not exist, it is 03:30; the day after it is 02:30 again."""
    world = daily()
    world.does("b", "make", "a", "Daily", 1_000)
    assert run_until(world, "2026-03-31T12:00Z") == [
        "Daily a 2026-03-28T01:30Z",
        "Daily a 2026-03-29T01:30Z",
        "Daily a 2026-03-30T00:30Z",
        "Daily a 2026-03-31T00:30Z",
    ]
    run_until(world, "2026-10-24T12:00Z")
    # In autumn 02:30 comes twice, and the first is meant.
    assert run_until(world, "2026-10-26T12:00Z") == [
        "Daily a 2026-10-25T00:30Z",
        "Daily a 2026-10-26T01:30Z",
    ]


def test_every_few_days_and_every_month() -> None:
    """Periods count from the entry; a month without a 31st has its last day for it."""
    world = daily()
    for kind in ("Third", "Plain", "Monthly", "Noon"):
        world.does("b", "make", kind, kind, 1_000)
    found = run_until(world, "2026-07-01T00:00Z")
    monthly = [one.split()[2] for one in found if one.startswith("Monthly")]
    assert monthly == [
        "2026-03-30T22:00Z",
        "2026-04-29T22:00Z",
        "2026-05-30T22:00Z",
        "2026-06-29T22:00Z",
    ]
    third = [one.split()[2] for one in found if one.startswith("Third")]
    assert third[:3] == ["2026-03-30T00:30Z", "2026-04-02T00:30Z", "2026-04-05T00:30Z"]
    plain = [one.split()[2] for one in found if one.startswith("Plain")]
    assert plain[:2] == ["2026-03-29T10:00Z", "2026-03-31T10:00Z"]
    noon = [one.split()[2] for one in found if one.startswith("Noon")]
    assert noon == ["2026-04-15T10:00Z", "2026-05-15T10:00Z", "2026-06-15T10:00Z"]


def test_missed_days_are_run_later_once_each() -> None:
    """A chain that stood still runs every day that it missed, in order."""
    world = daily()
    world.does("b", "make", "a", "Daily", 1_000)
    assert [one[-17:-7] for one in fired(world.at("2026-04-02T12:00Z"))] == [
        f"2026-{day}" for day in ("03-28", "03-29", "03-30", "03-31", "04-01", "04-02")
    ]
    assert world.row("Job", "a").f_count == 6
    world.does("b", "step", "a", "Off")
    assert fired(world.at("2026-04-09T12:00Z")) == []
    world.does("b", "step", "a", "On")
    assert len(run_until(world, "2026-04-12T12:00Z")) == 3


def test_a_fault_is_recorded_and_tried_again() -> None:
    """It changes nothing, is tried after an hour and then daily, and no day is lost."""
    world = daily()
    world.does("b", "make", "a", "Daily", 1)
    assert len(run_until(world, "2026-03-28T12:00Z")) == 1
    before = world.row("Job", "a").f_count
    (fault,) = world.at("2026-03-29T01:30Z")
    assert (fault.code, fault.events) == ("OVERFLOW", ())
    assert world.clause(fault).startswith("job.count = ")
    assert world.row("Job", "a").f_count == before
    assert show_time(world.machine.next_due() or 0) in {"2026-03-29T02:30Z", "2026-03-29T10:00Z"}
    (again,) = [one for one in world.at("2026-03-29T02:30Z") if "day at" in one.title]
    assert again.code == "OVERFLOW"
    assert [one for one in world.at("2026-03-30T02:29Z") if one.code] == []
    (third,) = [one for one in world.at("2026-03-30T02:30Z") if one.code]
    assert third.code == "OVERFLOW"
    world.does("b", "allow", "a")
    assert run_until(world, "2026-04-01T12:00Z") == [
        "Daily a 2026-03-29T01:30Z",
        "Daily a 2026-03-30T00:30Z",
        "Daily a 2026-03-31T00:30Z",
        "Daily a 2026-04-01T00:30Z",
    ]


def test_an_action_catches_up_with_all_that_was_missed() -> None:
    """Every missed day of a record runs before somebody acts on it, but no fault again."""
    world = daily()
    world.does("b", "make", "a", "Daily", 2)
    world.machine.block_steps_max = 0
    world.at("2026-04-02T12:00Z")
    assert world.run("b", "allow", "a").code is None
    codes = [one.code for one in world.machine.overdue_receipts if "day at" in one.title]
    assert codes == [None, None, "OVERFLOW"]
    world.machine.overdue_receipts.clear()
    world.does("b", "allow", "a")
    assert world.machine.overdue_receipts == []
    # The hour is over, but the block could not pay for another try: nobody forces one by a call.
    world.at("2026-04-02T14:00Z")
    world.does("b", "allow", "a")
    assert [one for one in world.machine.overdue_receipts if "day at" in one.title] == []
    world.machine.audit()


def test_timers_spend_half_of_a_block_and_the_rest_carry_over() -> None:
    """A block that cannot pay for all that is due leaves the rest, in order, to the next."""
    world = daily(block_steps_max=4_000)
    for number in range(30):
        world.does("b", "make", f"j{number:02d}", "Daily", 1_000)
    receipts: list[Receipt] = []
    blocks = 0
    while len(fired(receipts)) < 30:
        found = world.machine.advance(parse_time("2026-03-28T02:00Z") + blocks)
        spent = [FIRING_STEPS + one.cost for one in found]
        assert sum(spent) <= 2_000 + max(spent)
        receipts += found
        blocks += 1
    assert blocks > 3
    assert fired(receipts) == [f"Daily j{number:02d} 2026-03-28T01:30Z" for number in range(30)]


def test_the_code_with_probes_does_the_same() -> None:
    """Timers can be traced too, and then come to the same."""
    plain, probed = daily(), daily()
    for world in (plain, probed):
        world.does("b", "make", "a", "Daily", 2)
    seen: list[tuple[Firing, Trace]] = []

    def choose(firing: Firing) -> Trace:
        seen.append((firing, Trace()))
        return seen[-1][1]

    probed.machine.choose_trace = choose
    for day in range(28, 32):
        seen.clear()
        time = parse_time(f"2026-03-{day}T12:00Z")
        receipts = probed.machine.advance(time)
        assert plain.machine.advance(time) == receipts
        assert [firing.title for firing, _ in seen] == [one.title for one in receipts]
        for (firing, trace), receipt in zip(seen, receipts, strict=True):
            (root,) = trace.root.parts
            assert (root.kind, root.value.key) == ("timer", firing.key)
            refusals = [one.title for one in trace.root.all() if one.kind == "refusal"]
            assert refusals == ([] if receipt.code is None else [receipt.code])
    assert worlds.snapshot(plain.machine) == worlds.snapshot(probed.machine)


HOSTILE = """\
contract Hostile version 1
role Bank
record Job[id: Serial]
  until: Time
  count: Int = 0
when job: Job reaches job.until
  job.count = job.count + 1
  job.until = job.until - 1 hour
  create Job(until: now)
action make(until: Time)
  by Bank
  create Job(until: until)
action touch(job: Job)
  by Bank
  job.count = job.count + 1
"""


def test_a_timer_that_makes_itself_due_again_hangs_nothing() -> None:
    """It runs once a block however often it sets itself to the past; what it makes is paid for."""
    world = worlds.world(HOSTILE, members="Bank:b", block_steps_max=2_000, call_steps_max=1_000)
    world.does("b", "make", parse_time("2026-01-05T10:00Z"))
    for minute in range(3):
        receipts = world.at(f"2026-01-05T11:0{minute}Z")
        assert 1 <= len(receipts) <= 1_000
        assert world.row("Job", 1).f_count == minute + 1
    world.does("b", "touch", 1)
    assert len(world.machine.overdue_receipts) == 1
    world.machine.audit()


def test_a_timer_that_cannot_end_in_time_is_a_fault() -> None:
    """A timer pays for its steps like a call, and one that costs too much changes nothing."""
    world = daily()
    world.does("b", "make", "a", "Daily", 1_000)
    world.machine.call_steps_max = 5
    found = world.at("2026-03-28T12:00Z")
    assert {one.code for one in found} == {"COST_LIMIT"}
    assert world.row("Job", "a").f_count == 0
    world.machine.audit()


def test_creating_a_record_pays_for_its_timers(clock: World) -> None:
    """Whoever makes a record that timers watch pays what they may cost."""
    with_timers = clock.run("b", "make", "a", None, FAR).cost
    without = worlds.world(
        HOSTILE.replace("when job: Job reaches job.until\n", "clause none(job: Job)\n"),
        members="Bank:b",
    )
    assert with_timers > without.run("b", "make", 0).cost + 10
