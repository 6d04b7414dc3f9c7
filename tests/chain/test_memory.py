"""The clock of a chain in memory stops at what falls due, and nothing keeps it from moving on."""

import worlds

from servanda.chain.memory import move_clock
from servanda.interpreter.values.times import DAY_MS, parse_time

CLOCKS = """contract Clocks version 1

role Bank

record Clock[name: Text]
  past: Time?
  moment: Time?
  count: Int = 0
  seen: Time?

action wind(name: Text, past: Time?, moment: Time?)
  by Bank
  create Clock(name: name, past: past, moment: moment)

when clock: Clock reaches clock.past
  clock.count = clock.count + 1
  clock.past = now - 1 day

when clock: Clock reaches clock.moment
  clock.seen = now
"""

START = parse_time("2026-01-05T09:00Z")


def test_the_present_inside_a_timer_is_the_moment_it_was_due() -> None:
    """A wait of a month opens a block at each moment in between."""
    world = worlds.world(CLOCKS, members="Bank:icbc")
    world.does("icbc", "wind", "a", None, START + 3 * DAY_MS)
    list(move_clock(world.machine, START + 30 * DAY_MS))
    assert world.row("Clock", "a").f_seen == START + 3 * DAY_MS
    assert world.machine.now == START + 30 * DAY_MS


def test_a_timer_that_arms_itself_for_the_past_cannot_stop_the_clock() -> None:
    """Its turns are few in a block, and there are as many blocks as moments really due."""
    world = worlds.world(CLOCKS, members="Bank:icbc")
    world.does("icbc", "wind", "a", START - DAY_MS, START + 3 * DAY_MS)
    receipts = list(move_clock(world.machine, START + 10_000 * DAY_MS))
    # Two blocks; in each the first turn arms it later than it was, so it has one more.
    assert world.row("Clock", "a").f_count == 4
    assert len(receipts) == 5


def test_the_same_time_opens_no_block() -> None:
    """Steps at one time are in one block."""
    world = worlds.world(CLOCKS, members="Bank:icbc")
    assert list(move_clock(world.machine, world.machine.now)) == []
