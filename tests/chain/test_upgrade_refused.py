"""Upgrades that may not be: each is refused by name, says why, and leaves no trace."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import chains
import pytest
import small_bank as bank
from upgrades import (
    DAILY,
    FEW_HOLDS,
    HELD,
    HELD_BY,
    NOTED,
    SHOP,
    WRITTEN,
    cny,
    fill,
    filled,
    later,
    read,
    refused,
    upgraded,
)

from servanda.chain.membership import MEMBERSHIP
from servanda.chain.merkle import hash_of
from servanda.interpreter.receipts import Call
from servanda.interpreter.refusals import Code

Chain = Any


@pytest.fixture
def chain() -> Chain:
    """Return a chain with a bank, two accounts, 500 yuan in the first and a hold of five."""
    return filled()


# ── what is refused ───────────────────────────────────────────────────────────────────────────


IN_ALL = (
    'invariant "in all"\n  holds sum(a.balance for a in Account) <= 499 CNY\n\ninvariant "nobody'
)


@pytest.mark.parametrize(
    ("text", "version", "code", "part"),
    [
        (later(version=1), 1, "NO_LATER", "version 1 is in force"),
        (later(version=3), 2, "BAD_CONTRACT", "is of `Bank` version 3, not of `Bank` version 2"),
        (later().replace("contract Bank", "contract Other"), 2, "BAD_CONTRACT", "`Other`"),
        (later().replace("open(number", "open(numbre"), 2, "BAD_CONTRACT", "E02"),
        ("?", 2, "BAD_CONTRACT", "the source has errors: E01"),
        (later(("  rate: Decimal = 0.5%\n", "")), 2, "BAD_UPGRADE", "E0603, `Account` lacks"),
        (later(("2 days", "3 days")), 2, "BAD_UPGRADE", "E0612"),
        (later(("2 days", "3 days"), ("rate: Decimal", "rate: Int")), 2, "BAD_CONTRACT", "E03"),
        (
            later(("2 days", "3 days"), ("  dates: List of Date\n", "  dates: List of Text\n"),
                  ("[today]", '["?"]')),
            *(2, "BAD_UPGRADE", "; and 1 more"),
        ),
        (later(("<= 1_000_000 CNY", "<= 499 CNY")), 2, "INVARIANT", "nobody holds more"),
        (later(("<= 1_000 CNY", "<= 4 CNY")), 2, "INVARIANT", "holds stay below"),
        (
            later(('invariant "nobody', IN_ALL)),
            *(2, "INVARIANT", "in all"),
        ),
    ],
)  # fmt: skip
def test_an_upgrade_that_may_not_be(
    chain: Chain, text: str, version: int, code: str, part: str
) -> None:
    """It is refused by name, says why, and leaves no trace in any record."""
    given = refused(chain, text, version)
    assert given[0] == code
    assert part in given[1]


def test_what_else_stands_in_the_way(chain: Chain) -> None:
    """Another source than was signed, one registrar, a contract that is not there, none at all."""
    data = later().encode()
    wrong = ("Membership.upgrade", "Bank", 2, bytes(32))
    assert chain.code("ann bob", *wrong, attachment=data) == "BAD_CONTRACT"
    right = ("Membership.upgrade", "Bank", 2, hashlib.sha256(data).digest())
    assert chain.code("ann", *right, attachment=data) == Code.NOT_AUTHORISED
    assert chain.code("ann bob", *right) == "BAD_CONTRACT"
    assert chain.upgrade(later(), "Shop")[2] == Code.MISSING_RECORD
    assert chain.upgrade(chains.MEMBERSHIP, MEMBERSHIP)[2] == Code.MISSING_RECORD
    for arguments in ((), ("Bank",), ("Bank", "2", bytes(32)), (("Bank",), 2, b"")):
        assert chain.code("ann bob", "Membership.upgrade", *arguments) in {
            Code.BAD_ARGUMENT,
            Code.MISSING_RECORD,
        }


@pytest.mark.parametrize(
    "kept",
    ["  deployment.version = version\n", "  deployment.source = source\n"],
)
def test_a_membership_that_does_not_record_it(kept: str) -> None:
    """A chain whose own membership contract forgets an upgrade does not carry it out."""
    assert kept in chains.MEMBERSHIP
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chains, "MEMBERSHIP", chains.MEMBERSHIP.replace(kept, ""))
        chain = filled()
    assert refused(chain, later()) == (
        "BAD_CONTRACT",
        "the membership contract does not record what it lets run",
    )
    chain.reopened().state.machine.audit()


def test_what_it_costs_is_bounded_and_paid(chain: Chain) -> None:
    """Every record that is looked at costs steps; more than a block has are refused by name."""
    few = chain.upgrade(later(HELD_BY), "Bank")[8]
    large = chains.Chain(bank.MEMBERS)
    fill(large)
    for number in range(100):
        large.does("icbc", "Bank.open", f"account {number}")
    many = large.upgrade(later(HELD_BY), "Bank")[8]
    assert many > few + 400
    large.ledger.state.machine.block_steps_max = 300
    code, message = refused(large, later(HELD_BY, FEW_HOLDS, version=3), 3)
    assert (code, "more than 300 steps" in message) == (Code.COST_LIMIT, True)
    assert large.kept.blocks[-2].header.height == large.ledger.info.height - 1
    assert read(large.kept.blocks[-2].receipts[-1])[8] > 300


# ── contracts that use one another ────────────────────────────────────────────────────────────


@pytest.fixture
def shops() -> Chain:
    """Return a chain on which a shop uses the bank."""
    made = chains.Chain(f"{bank.MEMBERS} desk:Desk")
    fill(made)
    made.deploy(SHOP, "Shop")
    made.does("desk", "Shop.sell", "a")
    return made


def shop_holds(chain: Chain) -> int:
    """Return how many holds the shop finds."""
    answer = chain.ledger.state.machine.ask(Call("Shop", "held_of", ("a",), ("desk",)))
    assert answer.is_done, answer
    return int(answer.value)


def test_who_uses_it_goes_on_with_the_later_version(shops: Chain) -> None:
    """Its version stays, its look-ups find what is there, and so after a restart."""
    upgraded(shops, later(NOTED, WRITTEN, (HELD, DAILY + HELD)))
    for count in (1, 2):
        assert shop_holds(shops) == count
        shops.does("desk", "Shop.look", 1, 1)
        assert shops.row("Shop", "Ticket", 1).f_account.f_note == "none"
        assert shops.row("Shop", "Ticket", 1).f_account is shops.row("Bank", "Account", "a")
        shops.does("icbc pboc", "Bank.put_by", "a", cny(5), version=2)
        shops.reopened().state.machine.audit()
    upgraded(shops, SHOP.replace("version 1", "version 2"), 2, "Shop")
    assert shops.code("desk", "Shop.look", 1, 1) == "WRONG_VERSION"
    shops.does("desk", "Shop.look", 1, 1, version=2)


MORE_STATES = later(
    ("  Held -> Freed\n", "  Held -> Freed | Lost\n  Lost\n"),
    ('invariant "nobody', ("action lose(one: Hold in Held)\n  by CentralBank\n"
     '  one.progress becomes Lost\n\ninvariant "nobody')),
)  # fmt: skip
STATE_RULE = """\
role Desk
record Look[id: Serial]
  hold: bank.Hold
  is_held: Bool = false
action look(look: Look)
  by Desk
  choose look.hold.progress
    Held
      look.is_held = true
    Freed
      look.is_held = false
action begin(hold: bank.Hold)
  by Desk
  create Look(hold: hold)
"""


def test_who_uses_it_must_still_be_right(shops: Chain) -> None:
    """A state that a contract which uses this one does not know of: the upgrade is refused."""
    code, message = refused(shops, MORE_STATES)
    assert code == "BAD_UPGRADE"
    assert "`Shop`, which uses `Bank`, would be wrong" in message
    assert "Lost" in message
    wiser = SHOP.replace("version 1", "version 2").replace("    Freed\n", "    else\n")
    upgraded(shops, wiser, 2, "Shop")
    upgraded(shops, MORE_STATES)
    shops.reopened().state.machine.audit()


def test_every_node_refuses_the_same_first() -> None:
    """Of two contracts that would be wrong, and of two units: whichever began to run first."""
    told = []
    units = later(("lifecycle", "unit Yak decimals 2\nunit Bee decimals 2\n\nlifecycle"))
    bodies = {
        **dict.fromkeys(("Zoo", "Ark"), "use Bank as bank\n" + STATE_RULE),
        **{f"{name}s": f"unit {name} decimals 0\nrule one(): Int = 1\n" for name in ("Yak", "Bee")},
    }
    for is_anew in (False, True):
        chain = filled()
        envelopes = []
        for name, body in bodies.items():
            data = f"contract {name} version 1\n{body}".encode()
            deploy = ("ann bob", "Membership.deploy", name, hashlib.sha256(data).digest())
            envelopes.append(chain.signed(chain.transaction(*deploy, attachment=data)))
        assert [one[2] for one in chain.block(*envelopes)] == [None] * 4
        if is_anew:
            chain.reopened()
        told.append([refused(chain, text) for text in (MORE_STATES, units)])
    assert told[0] == told[1]
    assert "`Ark`, which uses `Bank`, would be wrong" in told[0][0][1]
    assert told[0][1][1] == "Bees declares the unit Bee already"


def test_contracts_use_one_another_in_no_circle(shops: Chain) -> None:
    """A contract cannot come to use one that uses it; it may use any other."""
    circle = later(("role Inst", "use Shop as shop\n\nrole Inst"))
    code, message = refused(shops, circle)
    assert (code, "uses `Bank` itself" in message) == ("BAD_UPGRADE", True)
    itself = later(("role Inst", "use Bank as bank\n\nrole Inst"))
    assert refused(shops, itself)[0] == "BAD_CONTRACT"
    shops.deploy("contract Rates version 1\nrule rate(): Decimal = 3%\n", "Rates")
    uses = later(
        ("role Inst", "use Rates as rates\n\nrole Inst"),
        ("  issue amount", "  account.rate = rates.rate()\n  issue amount"),
    )
    upgraded(shops, uses)
    shops.reopened()
    shops.does("pboc", "Bank.deposit", "a", cny(1), version=2)
    assert shops.row("Bank", "Account", "a").f_rate == Decimal("0.03")
    assert shop_holds(shops) == 1


def test_a_unit_that_another_declares(shops: Chain) -> None:
    """Two contracts cannot declare one unit, also not by an upgrade."""
    shops.deploy("contract Stars version 1\nunit Star decimals 0\nrule one(): Int = 1\n", "Stars")
    code, message = refused(shops, later(("lifecycle", "unit Star decimals 2\n\nlifecycle")))
    assert (code, message) == ("BAD_UPGRADE", "Stars declares the unit Star already")


# ── what waits ────────────────────────────────────────────────────────────────────────────────


def test_what_waits_for_the_old_version_lapses(chain: Chain) -> None:
    """Nobody could sign it any more. What waits for another contract waits on."""
    old = chain.transaction("icbc pboc", "Bank.put_by", "a", cny(9))
    other = chain.transaction("ann bob", "Membership.suspend", "boc", "its key was stolen")
    chain.block(chain.signed(old, ["icbc"]), chain.signed(other, ["ann"]))
    data = later().encode()
    digest = hashlib.sha256(data).digest()
    upgrade = chain.transaction("ann bob", "Membership.upgrade", "Bank", 2, digest, attachment=data)
    lapsed, done = chain.block(chain.signed(upgrade))
    assert lapsed == (3, hash_of(old.to_bytes()))
    assert (done[0], done[2]) == (0, None)
    for _ in range(2):
        assert list(chain.ledger.state.pending) == [hash_of(other.to_bytes())]
        (again,) = chain.block(chain.signed(old, ["pboc"]))
        assert again[2] == "REPLAYED"
        chain.reopened()
    assert chain.block(chain.signed(other, ["bob"]))[-1][2] is None


def test_an_upgrade_may_wait_for_its_second_registrar(chain: Chain) -> None:
    """It runs against the state in which the last signature arrives."""
    data = later(("<= 1_000_000 CNY", "<= 600 CNY")).encode()
    digest = hashlib.sha256(data).digest()
    upgrade = chain.transaction("ann bob", "Membership.upgrade", "Bank", 2, digest, attachment=data)
    (waiting,) = chain.block(chain.signed(upgrade, ["ann"]))
    assert waiting[2] == ("bob",)
    chain.does("pboc", "Bank.deposit", "a", cny(200))
    chain.reopened()
    (receipt,) = chain.block(chain.signed(upgrade, ["bob"]))
    assert receipt[2] == Code.INVARIANT
    assert chain.ledger.state.versions["Bank"] == 1
