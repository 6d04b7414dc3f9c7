"""Sealed values on a chain: who may send one, who must be able to read it, and who cannot cheat."""

# An argument is of any type of the language.
# ruff: noqa: ANN401

from __future__ import annotations

import hashlib
from typing import Any

import chains
import filings
import pytest
from filings import FilingChain, private, public

from servanda.chain.encoding import decode, encode
from servanda.chain.ledger import Ledger
from servanda.chain.sealed import NotOpened, add_readers
from servanda.interpreter.values.sealed import array_of, parts_of


@pytest.fixture
def chain() -> FilingChain:
    """Return a chain on which icbc has filed a report."""
    made = FilingChain()
    made.does("icbc", "Filings.file", "a", "icbc", made.sealed("icbc", "all is well"))
    return made


def refused(receipt: Any) -> tuple[str, str]:
    """Return the code and the message of a refusal."""
    assert receipt[0] == 0, receipt
    return receipt[2], receipt[3]


def shared(chain: FilingChain, by: str, reader: str, key: str = "a") -> Any:
    """Return the report of a filing, opened by one reader to another."""
    sealed = parts_of(chain.report(key))
    bound = chain.bound(sealed.author)
    more = add_readers(sealed, bound, private(by), {reader: public(reader)}, bytes(32))
    return array_of(more)


# ── what is promised ──────────────────────────────────────────────────────────────────────────────


def test_a_value_passes_through_unread(chain: FilingChain) -> None:
    """From the argument to the record and the event, byte for byte; its readers open it."""
    receipt = decode(chain.kept.blocks[-1].receipts[0])
    assert chain.report("a") == receipt[6][0][2][1]  # type: ignore[index]
    for name in filings.READERS:
        assert chain.opened(chain.report("a"), name).value == "all is well"
    with pytest.raises(NotOpened, match="not sealed to this key"):
        chain.opened(chain.report("a"), "boc")


def test_it_is_there_after_a_start(chain: FilingChain) -> None:
    """What was kept of a sealed value is what it was."""
    before = chain.report("a")
    chain.reopened()
    assert chain.report("a") == before
    assert chain.ledger.state.machine.members.sealing_keys["nfra"] == public("nfra")
    chain.does("icbc", "Filings.amend", "a", chain.sealed("icbc", "worse"))
    assert chain.opened(chain.report("a"), "nfra").value == "worse"


def test_it_stays_sealed_through_an_upgrade(chain: FilingChain) -> None:
    """A later version reads what was kept as it was, and takes what is sealed from then on."""
    before = chain.report("a")
    later = filings.CONTRACT.replace("version 1", "version 2").replace(
        "  bank: Bank\n  report", "  bank: Bank\n  more: Sealed of Text to bank?\n  report"
    )
    assert chain.upgrade(later, "Filings")[2] is None
    for text in ("worse", "better"):
        assert chain.report("a") == before
        chain.does("icbc", "Filings.amend", "a", chain.sealed("icbc", text), version=2)
        before = chain.report("a")
        assert chain.opened(before, "nfra").value == text
        chain.reopened()


def test_an_audit_comes_to_the_same(chain: FilingChain) -> None:
    """Whoever executes the blocks again needs none of the keys."""
    chain.does("nfra", "Filings.share", "a", "boc", shared(chain, "nfra", "boc"))
    kept = chains.MemoryKept(chain.genesis.hash)
    ledger = Ledger(chain.genesis, {}, kept)
    for execution in chain.kept.blocks:
        again = ledger.execute(execution.header.time_ms, execution.transactions)
        assert again.header == execution.header
        kept.keep(again)
        ledger.commit()


def test_an_optional_one_may_be_missing(chain: FilingChain) -> None:
    """`Sealed of T to reader?` is missing until it is set, and may be again."""
    assert chain.row("Filings", "Filing", "a").f_extra is None
    amount = chain.sealed("icbc", (500, "CNY"), ("icbc",), type_name="Amount of CNY")
    chain.does("icbc", "Filings.price", "a", amount)
    assert chain.row("Filings", "Filing", "a").f_extra == amount
    chain.does("icbc", "Filings.price", "a", None)
    assert chain.row("Filings", "Filing", "a").f_extra is None


# ── who must be able to read it ───────────────────────────────────────────────────────────────────


def test_every_reader_that_the_type_names_can_read(chain: FilingChain) -> None:
    """A party in a path, and each holder of a role; more readers are no harm."""
    for readers, told in (
        (("nfra",), "`report` is not sealed to icbc, who must be able to read it"),
        (("icbc",), "`report` is not sealed to nfra, who must be able to read it as Regulator"),
    ):
        receipt = chain.run("icbc", "Filings.amend", "a", chain.sealed("icbc", "x", readers))
        assert refused(receipt) == ("BAD_ARGUMENT", told)
    chain.does("icbc", "Filings.amend", "a", chain.sealed("icbc", "x", ("boc", "icbc", "nfra")))


def test_a_role_is_all_who_hold_it_and_have_a_key(chain: FilingChain) -> None:
    """A second regulator counts from the block after it has a key, and no longer when suspended."""
    chain.does("ann", "Membership.grant", "thief", "Regulator")
    chain.does("icbc", "Filings.amend", "a", chain.sealed("icbc", "x"))
    chain.enrol_key("thief")
    receipt = chain.run("icbc", "Filings.amend", "a", chain.sealed("icbc", "x"))
    assert refused(receipt)[1].startswith("`report` is not sealed to thief")
    chain.does("ann bob", "Membership.suspend", "thief", "stolen")
    chain.does("icbc", "Filings.amend", "a", chain.sealed("icbc", "x"))


def test_a_role_without_readers_is_refused() -> None:
    """What nobody could read of those it is for is not taken."""
    chain = FilingChain("ann:Registrar bob:Registrar icbc:Bank boc:Bank nfra:Other")
    receipt = chain.run("icbc", "Filings.file", "a", "icbc", chain.sealed("icbc", "x"))
    assert refused(receipt) == (
        "BAD_ARGUMENT",
        "`report` must be open to Regulator, and no Regulator has a sealing key",
    )


def test_a_reader_without_a_key_is_refused(chain: FilingChain) -> None:
    """Neither a member that has none, nor a name that is no member's."""
    for name in ("thief", "nobody", "\u202enobody"):
        sealed = chain.sealed("icbc", "x", ("icbc", "nfra", name))
        code, told = refused(chain.run("icbc", "Filings.amend", "a", sealed))
        assert code == "BAD_ARGUMENT"
        assert "who has no sealing key" in told
        assert "\u202e" not in told


def test_a_key_that_was_changed_is_refused(chain: FilingChain) -> None:
    """Sealed before a rotation, executed after it: nobody relies on a key that may be stolen."""
    sealed = chain.sealed("icbc", "x")
    chain.enrol_key("nfra", 2)
    receipt = chain.run("icbc", "Filings.amend", "a", sealed)
    assert refused(receipt) == (
        "BAD_ARGUMENT",
        "`report` is sealed to a key that nfra does not use: seal it again",
    )
    keys = {"icbc": public("icbc"), "nfra": public("nfra", 2)}
    chain.does("icbc", "Filings.amend", "a", chain.sealed("icbc", "x", keys=keys))
    assert chain.opened(chain.report("a"), "nfra", 2).value == "x"


def test_what_waits_is_held_against_the_keys_of_its_block(chain: FilingChain) -> None:
    """A transaction that waited for a signature while a key changed is refused."""
    sealed = chain.sealed("icbc", "x")
    transaction = chain.transaction("icbc nfra", "Filings.agree", "a", sealed)
    (receipt,) = chain.block(chain.signed(transaction, ("icbc",)))
    assert receipt[0] == 2
    chain.enrol_key("icbc", 2)
    (receipt,) = chain.block(chain.signed(transaction, ("nfra",)))
    assert refused(receipt)[1].startswith("`report` is sealed to a key that icbc does not use")


def test_old_values_stay_readable(chain: FilingChain) -> None:
    """A new key changes nothing that is there."""
    chain.enrol_key("nfra", 2)
    assert chain.opened(chain.report("a"), "nfra").value == "all is well"


# ── sealing keys ──────────────────────────────────────────────────────────────────────────────────


def test_a_member_alone_sets_its_sealing_key(chain: FilingChain) -> None:
    """Nobody sets it for another, and nobody takes one that was another's; one's own come back."""
    action = "Membership.set_sealing_key"
    assert chain.code("thief", action, "icbc", public("thief")) == "NOT_AUTHORISED"
    assert chain.code("ann bob", action, "icbc", public("thief")) == "NOT_AUTHORISED"
    assert chain.code("thief", action, "thief", public("icbc")) == "KEY_TAKEN"
    chain.enrol_key("icbc", 2)
    assert chain.code("thief", action, "thief", public("icbc")) == "KEY_TAKEN"
    chain.enrol_key("icbc", 1)
    assert chain.ledger.state.machine.members.sealing_keys["icbc"] == public("icbc")


def test_a_weak_key_is_no_sealing_key(chain: FilingChain) -> None:
    """A member may write anything there; nothing can be sealed to it."""
    chain.does("thief", "Membership.set_sealing_key", "thief", bytes(32))
    assert "thief" not in chain.ledger.state.machine.members.sealing_keys


# ── copies and shares ─────────────────────────────────────────────────────────────────────────────


def test_a_copy_is_refused(chain: FilingChain) -> None:
    """What another sealed is nobody's own: neither as it is, nor under another name."""
    copied = chain.report("a")
    assert chain.code("thief", "Filings.file", "b", "thief", copied) == "BAD_ARGUMENT"
    code, told = refused(chain.run("boc", "Filings.file", "b", "boc", copied))
    assert (code, told) == (
        "BAD_ARGUMENT",
        '`report` was sealed by "icbc", who has not signed this',
    )
    renamed = (copied[0], "boc", *copied[2:])
    with_own = chain.sealed("boc", "x", keys={"boc": public("boc")})
    mixed = (*renamed[:4], tuple(sorted((*renamed[4], *with_own[4]))))
    chain.does("boc", "Filings.file", "b", "boc", mixed)
    for name in ("boc", "nfra"):
        with pytest.raises(NotOpened, match="made elsewhere"):
            chain.opened(chain.report("b"), name)


def test_a_value_of_another_chain_does_not_open(chain: FilingChain) -> None:
    """The same members with the same keys: what was sealed on one chain is closed on the other."""
    other = FilingChain(filings.MEMBERS + " more:Bank")
    other.does("icbc", "Filings.file", "a", "icbc", chain.report("a"))
    with pytest.raises(NotOpened, match="made elsewhere"):
        other.opened(other.report("a"), "nfra")


def test_a_reader_shares_what_it_can_read(chain: FilingChain) -> None:
    """The same content for one reader more; the author is still who sealed it."""
    before = chain.report("a")
    chain.does("nfra", "Filings.share", "a", "boc", shared(chain, "nfra", "boc"))
    after = parts_of(chain.report("a"))
    assert after.author == "icbc"
    assert after.commitment == parts_of(before).commitment
    assert chain.opened(chain.report("a"), "boc").value == "all is well"
    assert chain.opened(chain.report("a"), "icbc").value == "all is well"


def test_a_share_changes_nothing_else(chain: FilingChain) -> None:
    """Another content, a reader taken away or a key exchanged is no share, whoever signs."""
    good = shared(chain, "nfra", "boc")
    other = chain.sealed("nfra", "worse", ("boc", "icbc", "nfra"))
    own = chain.sealed("icbc", "worse", ("boc", "icbc", "nfra"))
    without = (*good[:4], tuple(one for one in good[4] if one[0] != "icbc"))
    broken = (
        *good[:4],
        tuple((*one[:3], bytes(48)) if one[0] == "icbc" else one for one in good[4]),
    )
    for value, told in (
        (other, "is not the same as what is sealed there"),
        (own, "is not the same as what is sealed there"),
        ((*good[:2], bytes(32), *good[3:]), "is not the same as what is sealed there"),
        (without, "is no longer open to icbc, who can read it now"),
        (broken, "is no longer open to icbc, who can read it now"),
        (chain.report("a"), "is not sealed to boc, who must be able to read it"),
    ):
        receipt = chain.run("icbc", "Filings.share", "a", "boc", value)
        assert refused(receipt) == ("BAD_ARGUMENT", f"`report` {told}")


def test_a_share_of_another_record_is_refused(chain: FilingChain) -> None:
    """What one filing holds is not put into another by sharing."""
    chain.does("boc", "Filings.file", "b", "boc", chain.sealed("boc", "mine", ("boc", "nfra")))
    good = shared(chain, "nfra", "boc")
    assert chain.code("nfra", "Filings.share", "b", "boc", good) == "BAD_ARGUMENT"


def test_who_is_suspended_keeps_what_it_had(chain: FilingChain) -> None:
    """A share leaves the keys of before alone, also those of a member in no good standing."""
    chain.does("nfra", "Filings.share", "a", "boc", shared(chain, "nfra", "boc"))
    chain.does("ann bob", "Membership.suspend", "boc", "stolen")
    chain.enrol_key("thief")
    chain.does("icbc", "Filings.share", "a", "thief", shared(chain, "icbc", "thief"))
    assert parts_of(chain.report("a")).readers == ("boc", "icbc", "nfra", "thief")
    receipt = chain.run("icbc", "Filings.amend", "a", chain.sealed("icbc", "x", ("boc", "icbc")))
    assert refused(receipt)[1] == '`report` is sealed to "boc", who has no sealing key'


DESK = """\
contract Desk version 1

use Intake as intake

role Bank, Regulator

lifecycle Progress
  Open -> Late
  Late

record Case[id: Text]
  bank: Bank
  report: Sealed of Text to bank or Regulator
  progress: Progress

event Reminded(case: Case, report: Sealed of Text to Regulator)

action begin(id: Text, bank: Bank, report: Sealed of Text to bank or Regulator)
  by bank
  create Case(id: id, bank: bank, report: report)
  intake.receive(id, bank, report)

when case: Case has been Open for 1 day
  case.progress becomes Late
  emit Reminded(case, case.report)
"""

INTAKE = """\
contract Intake version 1

role Bank, Regulator

record Received[id: Text]
  bank: Bank
  report: Sealed of Text to bank or Regulator

action receive(id: Text, bank: Bank, report: Sealed of Text to bank or Regulator)
  by contract Desk or Bank
  create Received(id: id, bank: bank, report: report)
"""


def test_contracts_and_timers_pass_it_on(chain: FilingChain) -> None:
    """What one contract took another may hold, and a timer may tell, also after a key changed."""
    chain.deploy(INTAKE, "Intake")
    chain.deploy(DESK, "Desk")
    sealed = chain.sealed("icbc", "urgent")
    chain.does("icbc", "Desk.begin", "c", "icbc", sealed)
    assert chain.row("Intake", "Received", "c").f_report == sealed
    chain.enrol_key("nfra", 2)
    (timer,) = chain.block(wait_ms=2 * 86_400_000)
    assert timer[0] == 1
    assert timer[6] == (("Desk", "Reminded", ("c", sealed)),)
    assert chain.code("thief", "Intake.receive", "d", "thief", sealed) == "BAD_ARGUMENT"
    assert chain.code("icbc", "Desk.begin", "d", "icbc", sealed) == "BAD_ARGUMENT"


def test_what_is_passed_on_costs_by_its_length(chain: FilingChain) -> None:
    """A step for 16 bytes, wherever a contract passes a value on: no loop is cheap."""
    costs = []
    for size in (1, 8_001):
        receipt = chain.run("icbc", "Filings.amend", "a", chain.sealed("icbc", "x" * size))
        costs.append(receipt[8])
    assert costs[1] - costs[0] == 8_000 // 16
    given = chain.run("icbc", "Filings.file", "b", "icbc", chain.sealed("icbc", "x" * 8_001))
    # It goes into the record, and from there into the event.
    assert given[8] > 2 * 8_000 // 16


def test_it_is_taken_behind_an_upgrade_in_its_block(chain: FilingChain) -> None:
    """The keys in force are those of the end of the block before, whatever is upgraded in it."""
    data = filings.CONTRACT.replace("version 1", "version 2").encode()
    arguments = ("Membership.upgrade", "Filings", 2, hashlib.sha256(data).digest())
    upgrade = chain.transaction("ann bob", *arguments, attachment=data)
    sealed = chain.sealed("icbc", "urgent")
    amend = chain.transaction("icbc", "Filings.amend", "a", sealed, version=2)
    receipts = chain.block(chain.signed(upgrade), chain.signed(amend))
    assert [(one[0], one[2]) for one in receipts] == [(0, None), (0, None)]
    assert chain.report("a") == sealed


# ── what is not sealed at all ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "value",
    [None, "all is well", 5, (), (1, "icbc"), {"a": 1}, (1, "icbc", bytes(32), bytes(80), ())],
    ids=repr,
)
def test_what_is_not_sealed_is_refused(chain: FilingChain, value: Any) -> None:
    """A plain value where a sealed one must be, or an empty envelope."""
    before = encode(chain.report("a"))
    assert chain.code("icbc", "Filings.amend", "a", value) == "BAD_ARGUMENT"
    assert encode(chain.report("a")) == before


def test_a_refusal_comes_in_its_order(chain: FilingChain) -> None:
    """The form is looked at first, then whether the record is there, then the readers."""
    sealed = chain.sealed("icbc", "x", ("icbc",))
    assert chain.code("icbc", "Filings.amend", "none", "x") == "BAD_ARGUMENT"
    assert chain.code("icbc", "Filings.amend", "none", sealed) == "MISSING_RECORD"
    assert chain.code("icbc", "Filings.amend", "a", sealed) == "BAD_ARGUMENT"
    mine = chain.sealed("boc", "x")
    assert chain.code("boc", "Filings.amend", "a", mine) == "NOT_AUTHORISED"
