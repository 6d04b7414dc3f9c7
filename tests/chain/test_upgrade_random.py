"""Random later versions on a chain: each is taken or refused by name, and all is right then."""

from __future__ import annotations

import random
from typing import Any

import chains
import pytest
import small_bank as bank
from upgrades import DAY_MS, cny
from version_strategies import rich_bank, write_later

from servanda.interpreter.refusals import Code
from servanda.interpreter.values.times import parse_time

Chain = Any
Receipt = Any
REFUSALS = {"BAD_UPGRADE", Code.INVARIANT, Code.OVERFLOW, Code.DIVISION_BY_ZERO}


def begun() -> Chain:
    """Return a chain with a rich bank, accounts, holds and timers that wait."""
    made = chains.Chain(bank.MEMBERS)
    made.deploy(rich_bank(), "Bank")
    for holder, number in (("icbc", "a"), ("boc", "b"), ("icbc", "c")):
        made.does(holder, "Bank.open", number)
    made.does("pboc", "Bank.deposit", "a", cny(500))
    for number in "ac":
        made.does("icbc pboc", "Bank.put_by", number, cny(5))
    made.does("pboc", "Bank.keep", 2)
    made.does("icbc", "Bank.tune", "a", "Blue", 7, parse_time("2026-02-01T00:00Z"))
    return made


def act(chain: Chain, version: int, step: int, wait_ms: int) -> None:
    """Let this and that be tried, and some time pass."""
    chain.run("icbc", "Bank.open", f"x{step}", version=version)
    chain.run("icbc", "Bank.pay", "a", "b", cny(1), version=version)
    chain.run("icbc pboc", "Bank.put_by", "c", cny(1), version=version)
    chain.run("icbc", "Bank.tune", "c", "Red", 4, None, version=version)
    chain.block(wait_ms=wait_ms)


def tried(chain: Chain, text: str, version: int, more: tuple[int, int]) -> Receipt:
    """Try an upgrade, and go on whatever comes of it; return its receipt."""
    receipt = chain.upgrade(text, "Bank", version)
    assert receipt[2] is None or receipt[2] in REFUSALS, receipt
    chain.ledger.state.machine.audit()
    act(chain, chain.ledger.state.versions["Bank"], *more)
    chain.ledger.state.machine.audit()
    return receipt


@pytest.mark.parametrize("seed", range(5))
def test_random_versions_follow_or_are_refused(seed: int) -> None:
    """On a node that goes on and on one that is started anew before and after, the same blocks."""
    chance = random.Random(seed)  # noqa: S311 -- programs for a test
    steady, restless = begun(), begun()
    version, text = 1, rich_bank()
    for step in range(3):
        later = write_later(chance, text, version + 1)
        wait_ms = chance.choice((1_000, DAY_MS, 3 * DAY_MS))
        receipt = tried(steady, later, version + 1, (step, wait_ms))
        restless.reopened()
        assert tried(restless, later, version + 1, (step, wait_ms)) == receipt
        assert steady.ledger.info == restless.ledger.info
        if receipt[2] is None:
            version, text = version + 1, later
