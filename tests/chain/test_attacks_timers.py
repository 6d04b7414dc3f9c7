"""Timer storms: whatever falls due at once is spread over blocks, in order, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import chains
import pytest
import small_bank as bank

from servanda.chain.encoding import decode
from servanda.chain.store import Store, create_store
from servanda.interpreter.costs import FIRING_STEPS
from servanda.interpreter.values.times import DAY_MS

STORM = """\
contract Storm version 1

role Institution

lifecycle Progress
  Held -> Freed
  Freed

record Hold[id: Serial]
  until: Time
  count: Int = 0
  progress: Progress

action hold(times: Int in 0..1_000, until: Time)
  by Institution
  for i in 1..times
    create Hold(until: until)

action touch(one: Hold)
  by Institution
  one.count = one.count + 100

when one: Hold has been Held for 2 days
  one.progress becomes Freed

when one: Hold reaches one.until
  one.count = one.count + 1
"""

COUNT = int(os.environ.get("SERVANDA_TIMERS", "3000"))
"""So many records, each with two timers; `SERVANDA_TIMERS=100000` is the storm at full size."""
BLOCKS = 6
"""So many blocks the storm takes at least."""


class Stormy(chains.Chain):
    """A chain on the disk that can be let go of and taken up again."""

    def __init__(self, folder: Path, **parameters: int) -> None:
        super().__init__(bank.MEMBERS, **parameters)
        self.folder = str(folder)
        create_store(self.folder, self.genesis.hash)
        self.open()

    def open(self) -> None:
        """Open what is on the disk."""
        self.kept = Store(self.folder, writes=True)
        chains.close_when_dropped(self.kept)
        self.reopened()

    def restart(self) -> None:
        """Be another process."""
        self.kept.close()
        self.open()


def stormy(folder: Path) -> Stormy:
    """Return a chain whose blocks can pay for a sixth of the storm."""
    # Timers may spend half of a block.
    steps = 2 * (2 * COUNT * (FIRING_STEPS + 10)) // BLOCKS
    return Stormy(folder, block_steps_max=max(1_000_000, steps))


def place_of(receipt: Any) -> tuple[Any, ...]:  # noqa: ANN401 -- what was decoded
    """Return where a firing stands in the order: due, contract, clause, key."""
    contract, title, _, key, due = receipt[1]
    return due, contract, "reaches" in title, key


@pytest.fixture
def storm(tmp_path: Path) -> Stormy:
    """Return a chain with as many timers as there are, and none of them due."""
    chain = stormy(tmp_path)
    # The name that is longer sorts behind, and is deployed first.
    chain.deploy(STORM.replace("contract Storm ", "contract Storms "), "Storms")
    chain.deploy(STORM, "Storm")
    soon = chain.time_ms + DAY_MS
    for number in range(0, COUNT // 2, 500):
        times = min(500, COUNT // 2 - number)
        for contract in ("Storms", "Storm"):
            sent = chain.transaction("icbc", f"{contract}.hold", times, soon + number % 3)
            assert chain.block(chain.signed(sent), wait_ms=1)[0][2] is None
    return chain


def test_a_storm_is_spread_over_blocks_and_nothing_is_lost(storm: Stormy) -> None:
    """Each runs once, in the order of due, contract, clause and key, over restarts as well."""
    fired: list[Any] = []
    steps_max = storm.genesis.parameters.block_steps_max
    blocks = 0
    while len(fired) < 2 * COUNT:
        if blocks % 2:
            storm.restart()
        receipts = storm.block(wait_ms=10 * DAY_MS if not blocks else 1)
        assert receipts, "every block goes on with it"
        spent = [FIRING_STEPS + one[-1] for one in receipts]
        assert sum(spent[:-1]) <= steps_max // 2
        assert {(one[0], one[2]) for one in receipts} == {(1, None)}
        fired += [place_of(one) for one in receipts]
        blocks += 1
    assert blocks >= BLOCKS
    assert len(set(fired)) == 2 * COUNT
    assert fired == sorted(fired)
    assert {place[1] for place in fired} == {"Storm", "Storms"}
    assert storm.block(wait_ms=1) == []
    storm.restart()
    storm.ledger.state.machine.audit()
    assert storm.block(wait_ms=DAY_MS) == []


def test_who_acts_in_a_storm_meets_no_stale_record(storm: Stormy) -> None:
    """A record whose turn has not come is caught up with before anybody acts on it, once."""
    last = COUNT // 2
    sent = storm.transaction("icbc", "Storms.touch", last, expiry_ms=storm.time_ms + 20 * DAY_MS)
    receipts = storm.block(storm.signed(sent), wait_ms=10 * DAY_MS)
    early = [one for one in receipts if one[0] == 1 and one[1][:4:3] == ("Storms", last)]
    assert len(early) == 2
    assert receipts[-3:-1] == early
    assert receipts[-1][:1] + receipts[-1][2:3] == (0, None)
    assert storm.row("Storms", "Hold", last).f_count == 101
    fired = [place_of(one) for one in receipts[:-1]]
    for _ in range(10 * BLOCKS):
        fired += [place_of(one) for one in storm.block(wait_ms=1)]
    assert len(fired) == len(set(fired)) == 2 * COUNT
    assert storm.row("Storms", "Hold", last).f_count == 101


def test_a_storm_costs_the_same_for_each(storm: Stormy) -> None:
    """Rows of the store that are read in a block grow with what runs in it, not with its square."""
    queries = 0
    database = storm.kept._database._connection

    def count(_: str) -> None:
        nonlocal queries
        queries += 1

    database.set_trace_callback(count)
    fired = len(storm.block(wait_ms=10 * DAY_MS))
    database.set_trace_callback(None)
    assert fired > COUNT // BLOCKS
    assert queries < 25 * fired


HOSTILE = """\
contract Hostile version 1

role Institution

record Job[id: Serial]
  until: Time
  count: Int = 0

action make(until: Time)
  by Institution
  create Job(until: until)

when job: Job reaches job.until
  job.count = job.count + 1
  job.until = job.until - 1 hour
  create Job(until: now)
"""


def test_timers_that_breed_are_paid_for() -> None:
    """Each makes another and sets itself to the past: a block still ends, and so does the next."""
    chain = chains.Chain(bank.MEMBERS, block_steps_max=100_000)
    chain.deploy(HOSTILE, "Hostile")
    for _ in range(20):
        chain.does("icbc", "Hostile.make", chain.time_ms + 1)
    counts = [len(chain.block(wait_ms=1)) for _ in range(12)]
    assert max(counts) <= 50_000 // FIRING_STEPS + 1
    assert chain.code("icbc", "Hostile.make", chain.time_ms) is None
    chain.reopened().state.machine.audit()


def test_two_timers_of_one_title_both_run() -> None:
    """They are kept under names of their own, and come back as two."""
    twice = STORM + "\nwhen one: Hold reaches one.until\n  one.count = one.count + 10\n"
    chain = chains.Chain(bank.MEMBERS)
    chain.deploy(twice, "Storm")
    chain.does("icbc", "Storm.hold", 1, chain.time_ms + DAY_MS)
    chain.reopened()
    receipts = chain.block(wait_ms=DAY_MS)
    assert len(receipts) == 2
    assert chain.row("Storm", "Hold", 1).f_count == 11
    kept = [decode(one) for one in chain.kept.receipts(chain.kept.height)]
    assert kept == receipts
