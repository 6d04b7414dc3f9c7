"""Upgrades on a chain: what was kept is read right, what waits goes on, all is found."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import chains
import pytest
from upgrades import (
    COUNTED,
    DAILY,
    DAY_MS,
    FEW_HOLDS,
    HELD,
    HELD_BY,
    NOTED,
    SHOP,
    WRITTEN,
    cny,
    filled,
    held,
    later,
    read,
    upgraded,
)

from servanda.chain.membership import MEMBERSHIP
from servanda.interpreter.refusals import Code
from servanda.interpreter.values.times import parse_time

Chain = Any


@pytest.fixture
def chain() -> Chain:
    """Return a chain with a bank, two accounts, 500 yuan in the first and a hold of five."""
    return filled()


# ── in force ──────────────────────────────────────────────────────────────────────────────────


def test_the_later_version_is_in_force_at_once(chain: Chain) -> None:
    """In the same block: what was signed for the old one is not taken, the new actions run."""
    data = later(NOTED, WRITTEN).encode()
    digest = hashlib.sha256(data).digest()
    upgrade = chain.transaction("ann bob", "Membership.upgrade", "Bank", 2, digest, attachment=data)
    old = chain.transaction("icbc", "Bank.pay", "a", "b", cny(1))
    new = chain.transaction("icbc", "Bank.write", "a", "mine", version=2)
    early = chain.transaction("icbc", "Bank.pay", "a", "b", cny(2))
    receipts = chain.block(*map(chain.signed, (early, upgrade, old, new)))
    assert [(one[0], one[2]) for one in receipts] == [
        (0, None),
        (0, None),
        (4, "WRONG_VERSION"),
        (0, None),
    ]
    assert receipts[1][6] == (("Membership", "ContractChanged", ("Bank", 2, digest)),)
    assert chain.row("Bank", "Account", "a").f_note == "mine"
    assert chain.row("Bank", "Account", "b").b_balance == 200
    assert chain.row(MEMBERSHIP, "Deployment", "Bank").f_version == 2
    assert chain.row(MEMBERSHIP, "Release", ("Bank", 1)).f_version == 1
    assert chain.row(MEMBERSHIP, "Release", ("Bank", 2)).f_source == digest
    chain.ledger.state.machine.audit()
    chain.reopened().state.machine.audit()
    assert chain.row("Bank", "Account", "a").f_note == "mine"
    assert chain.code("icbc", "Bank.write", "b", "no", version=2) == "NOT_AUTHORISED"


def test_much_happens_in_the_block_of_an_upgrade(chain: Chain) -> None:
    """Before, between and behind two upgrades: all of it is kept, and found after a restart."""

    def membership(action: str, name: str, *version: int, text: str) -> bytes:
        data = text.encode()
        digest = hashlib.sha256(data).digest()
        words = ("ann bob", f"Membership.{action}", name, *version, digest)
        return bytes(chain.signed(chain.transaction(*words, attachment=data)))

    def act(*words: object, version: int = 1) -> bytes:
        return bytes(chain.signed(chain.transaction(*words, version=version)))

    second, third = later(NOTED, HELD_BY), later(NOTED, WRITTEN, FEW_HOLDS, version=3)
    third = third.replace("action deposit", f"{HELD_BY[1]}", 1)
    envelopes = [
        act("icbc", "Bank.open", "c"),
        act("icbc pboc", "Bank.put_by", "c", cny(3)),
        act("ann bob", "Membership.suspend", "boc", "its key was stolen"),
        membership("upgrade", "Bank", 2, text=second),
        act("icbc", "Bank.open", "d", version=2),
        act("icbc", "Bank.pay", "a", "d", cny(1), version=2),
        membership("deploy", "Shop", text=SHOP),
        membership("upgrade", "Bank", 3, text=third),
        act("icbc", "Bank.open", "e", version=3),
        act("icbc", "Bank.write", "d", "mine", version=3),
        act("icbc pboc", "Bank.put_by", "d", cny(1), version=3),
    ]
    receipts = chain.block(*envelopes, wait_ms=chains.HOUR_MS)
    assert [one[2] for one in receipts] == [None] * len(envelopes)
    for _ in range(2):
        machine = chain.ledger.state.machine
        machine.audit()
        assert chain.ledger.state.versions == {MEMBERSHIP: 1, "Bank": 3, "Shop": 1}
        assert "boc" not in chain.ledger.state.keys
        assert held(chain, "icbc") == 4
        notes = [chain.row("Bank", "Account", key).f_note for key in "abcde"]
        assert notes == ["none", "none", "none", "mine", "none"]
        assert chain.row("Bank", "Account", "d").b_balance == 100
        assert [one.key for one in machine.queue.orders()] == [1, 2, 3]
        chain.reopened()
    freed = [one for one in chain.block(wait_ms=3 * DAY_MS) if one[0] == 1]
    assert len(freed) == 3


def test_records_that_are_there_have_the_default_of_the_field(chain: Chain) -> None:
    """For good: a later default is that of new records, before and after a restart."""
    upgraded(chain, later(NOTED, WRITTEN))
    assert chain.row("Bank", "Account", "a").f_note == "none"
    assert chain.row("Bank", "Account", "a").b_spare == 0
    chain.does("icbc", "Bank.open", "c", version=2)
    other = (NOTED[0], NOTED[1].replace('"none"', '"new"'))
    upgraded(chain, later(other, WRITTEN, version=5), 5)
    chain.does("icbc", "Bank.open", "d", version=5)
    for _ in range(2):
        notes = [chain.row("Bank", "Account", key).f_note for key in "abcd"]
        assert notes == ["none", "none", "none", "new"]
        chain.reopened()
    # Once it is written, the record holds it itself.
    chain.does("icbc", "Bank.write", "a", "mine", version=5)
    identity = next(one for one in chain.kept.values if read(one) == ("Bank", "Account", "a"))
    assert read(chain.kept.values[identity])["note"] == "mine"


def test_every_kind_of_new_field(chain: Chain) -> None:
    """What is missing, a list, an enum, a lifecycle, a balance: all begin as the contract says."""
    text = later(
        (
            "lifecycle",
            "enum Kind: Red, Blue\n\nlifecycle Mood\n  Calm -> Loud\n  Loud\n\nlifecycle",
        ),
        (
            "  last: Hold?",
            ("  last: Hold?\n  guest: Account?\n  dates: List of Date = [2026-01-05]\n"
            "  kind: Kind = Blue\n  share: Decimal = 0.1%\n  cap: Amount of CNY = 5 CNY\n"
            "  mood: Mood"),
        ),
        (
            "action deposit",
            ("action shout(account: Account in Calm)\n  by account.holder\n"
            "  account.mood becomes Loud\n\naction deposit"),
        ),
    )  # fmt: skip
    upgraded(chain, text)
    for _ in range(2):
        row = chain.row("Bank", "Account", "b")
        assert (row.f_guest, row.f_kind, row.f_mood, row.f_cap) == (None, "Blue", "Calm", 500)
        assert len(row.f_dates) == 1
        chain.reopened()
    chain.does("boc", "Bank.shout", "b", version=2)
    assert chain.row("Bank", "Account", "b").f_mood == "Loud"


# ── timers ────────────────────────────────────────────────────────────────────────────────────


def test_an_open_timer_keeps_its_moment_and_does_what_is_in_force(chain: Chain) -> None:
    """Also where timers before it give it another number."""
    due = [one.at for one in chain.ledger.state.machine.queue.orders()]
    text = later((HELD + "  one", f'{DAILY}{HELD}  notify one.account.holder that "now"\n  one'))
    upgraded(chain, text)
    chain.reopened().state.machine.audit()
    orders = list(chain.ledger.state.machine.queue.orders())
    assert [one.at for one in orders if one.number == 1] == due
    receipts = chain.block(wait_ms=3 * DAY_MS)
    fired = [one for one in receipts if one[1][1] == HELD.strip()]
    assert [one[1][4] for one in fired] == due
    assert fired[0][7] == (("Bank", "icbc", "now"),)
    assert chain.row("Bank", "Hold", 1).f_progress == "Freed"


def test_a_new_timer_counts_from_the_upgrade_for_what_is_there(chain: Chain) -> None:
    """`has been` and `every` from then on, `reaches` at its moment, at once if that has passed."""
    chain.block(wait_ms=chains.HOUR_MS)
    text = later(
        ("  dates: List of Date", "  dates: List of Date\n  until: Time = 2026-01-05T00:00Z"),
        (HELD, f"{DAILY}when one: Hold reaches one.until\n  one.account.rate = 7%\n\n"
         "when one: Hold has been Held for 1 day\n  one.progress becomes Freed\n\n" + HELD),
        ("  one.progress becomes Freed\n\ninvariant",
         "  if one.progress is Held\n    one.progress becomes Freed\n\ninvariant"),
    )  # fmt: skip
    upgraded(chain, text)
    now = chain.time_ms
    due = {one.number: one.at for one in chain.ledger.state.machine.queue.orders()}
    assert due[0] == now + DAY_MS
    assert due[1] == parse_time("2026-01-05T00:00Z")
    assert due[2] == now + DAY_MS
    chain.reopened().state.machine.audit()
    (receipt,) = chain.block()
    assert receipt[1][:3] == ("Bank", "when one: Hold reaches one.until", "Hold")
    assert chain.row("Bank", "Account", "a").f_rate == Decimal("0.07")
    titles = [one[1][1] for one in chain.block(wait_ms=DAY_MS)]
    assert "when one: Hold has been Held for 1 day" in titles
    assert chain.row("Bank", "Hold", 1).f_progress == "Freed"


def test_a_timer_that_faulted_waits_on(chain: Chain) -> None:
    """With the number of its tries and the moment it is for, under its new number."""
    upgraded(chain, later((HELD + "  one", HELD + "  one.account.rate = 1 / (1 - 1)\n  one")))
    (fault,) = chain.block(wait_ms=3 * DAY_MS)
    assert fault[2] == "DIVISION_BY_ZERO"
    row = chain.row("Bank", "Hold", 1)
    (before,) = chain.ledger.state.machine.queue.armed(row).values()
    upgraded(chain, later((HELD, DAILY + HELD), version=3), 3)
    armed = chain.ledger.state.machine.queue.armed(chain.row("Bank", "Hold", 1))
    after = armed["Bank", 1]
    assert (after.due, after.fault_count, after.order.at) == (before.due, 1, before.order.at)


# ── what is looked for ────────────────────────────────────────────────────────────────────────


def test_new_indexes_and_totals_are_made_of_what_is_there(chain: Chain) -> None:
    """A look-up of the new version finds old records; a total counts them, under a new number."""
    upgraded(chain, later(HELD_BY, FEW_HOLDS))
    for _ in range(2):
        assert (held(chain, "icbc"), held(chain, "boc")) == (1, 1)
        chain.reopened().state.machine.audit()
    assert chain.code("icbc pboc", "Bank.put_by", "a", cny(5), version=2) is None
    assert chain.code("icbc pboc", "Bank.put_by", "a", cny(5), version=2) == Code.INVARIANT
    assert chain.code("icbc pboc", "Bank.put_by", "a", cny(999), version=2) == Code.INVARIANT
    upgraded(chain, later(HELD_BY, version=3), 3)
    assert chain.code("icbc pboc", "Bank.put_by", "a", cny(5), version=3) is None
    assert chain.code("icbc pboc", "Bank.put_by", "a", cny(990), version=3) == Code.INVARIANT
    chain.reopened().state.machine.audit()


def test_an_index_that_was_dropped_comes_back_right(chain: Chain) -> None:
    """What was kept for an earlier version is not taken for what is there now."""
    none = (
        HELD_BY[0],
        HELD_BY[1].replace(COUNTED, "count(n for n in 1..5 where n < 0)"),
    )
    upgraded(chain, later(HELD_BY))
    upgraded(chain, later(none, version=3), 3)
    assert held(chain, "icbc") == 0
    chain.does("icbc", "Bank.open", "c", version=3)
    upgraded(chain, later(HELD_BY, version=4), 4)
    for _ in range(2):
        assert held(chain, "icbc") == 2
        chain.reopened().state.machine.audit()
