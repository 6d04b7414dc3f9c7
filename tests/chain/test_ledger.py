"""The ledger: what is taken, in which order, what it comes to, and that it is the same again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import chains
import pytest
import small_bank as bank

from servanda.chain.block import Block
from servanda.chain.ledger import BadBlock, Ledger
from servanda.chain.state_tree import EMPTY, update_tree
from servanda.chain.transaction import Envelope, TransactionRefused, read_envelope
from servanda.interpreter.receipts import Amount

Chain = Any
Receipt = Any


def cny(yuan: int) -> Amount:
    """Return whole yuan."""
    return Amount(yuan * 100, "CNY")


@pytest.fixture
def chain() -> Chain:
    """Return a chain with a bank, two accounts and 500 yuan in the first."""
    made = chains.Chain(bank.MEMBERS)
    made.deploy(bank.BANK, "Bank")
    made.does("icbc", "Bank.open", "a")
    made.does("boc", "Bank.open", "b")
    made.does("pboc", "Bank.deposit", "a", cny(500))
    return made


def refused(ledger: Ledger, data: bytes) -> str:
    """Return why a transaction is not taken."""
    with pytest.raises(TransactionRefused) as caught:
        ledger.check(data)
    return str(caught.value.code)


# ── running ───────────────────────────────────────────────────────────────────────────────────


def test_what_was_signed_happens(chain: Chain) -> None:
    """A payment moves the money, tells the payee and is kept with its cost."""
    receipt = chain.run("icbc", "Bank.pay", "a", "b", cny(200))
    kind, _, code, _, clause, value, events, notices, cost = receipt
    assert (kind, code, clause, value, events) == (0, None, None, None, ())
    assert notices == (("Bank", "boc", '200.00 CNY for "b"'),)
    assert cost > 0
    assert chain.row("Bank", "Account", "b").b_balance == 20_000


def test_a_refusal_is_kept_with_its_clause(chain: Chain) -> None:
    """The code, the message and the place in the source that was deployed."""
    receipt = chain.run("icbc", "Bank.pay", "a", "b", cny(600))
    _, _, code, message, (source, start, end), *_ = receipt
    assert code == "INSUFFICIENT"
    assert "less than 600.00 CNY" in message
    assert source == "Bank version 1"
    assert bank.BANK[start:end] == "move amount from payer.balance to payee.balance"


def test_an_event_is_kept_by_value(chain: Chain) -> None:
    """What subscribers receive stands in the receipt."""
    receipt = chain.run("icbc", "Bank.open", "c")
    assert receipt[6] == (("Bank", "Opened", ("c", "icbc")),)


def test_timers_run_before_transactions(chain: Chain) -> None:
    """What is due by a block's time has happened when its transactions run."""
    assert chain.does("icbc pboc", "Bank.put_by", "a", cny(5)) == 1
    again = chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", cny(1)))
    later = chain.transaction(
        "icbc pboc", "Bank.put_by", "a", cny(6), expiry_ms=chain.time_ms + 10**9
    )
    receipts = chain.block(again, chain.signed(later), wait_ms=3 * 24 * chains.HOUR_MS)
    assert [one[0] for one in receipts] == [1, 4, 0]
    assert receipts[0][1][:4] == ("Bank", "when one: Hold has been Held for 2 days", "Hold", 1)
    assert receipts[1][2] == "EXPIRED"


# ── what is not taken ─────────────────────────────────────────────────────────────────────────


def test_a_transaction_runs_once(chain: Chain) -> None:
    """Not twice in one block, nor later, nor after a restart; nor does one that was refused."""
    for amount in (cny(1), cny(10_000)):
        data = chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", amount))
        first, second = chain.block(data, data)
        assert (first[0], second[0], second[2]) == (0, 4, "REPLAYED")
        assert refused(chain.ledger, data) == "REPLAYED"
        assert refused(chain.reopened(), data) == "REPLAYED"
    assert chain.row("Bank", "Account", "b").b_balance == 100


def test_the_chain_says_why_it_does_not_take_something(chain: Chain) -> None:
    """Each reason has a code, and the first in precedence is told."""
    ledger, signed = chain.ledger, chain.signed
    make = chain.transaction
    arguments = ("icbc", "Bank.pay", "a", "b", cny(1))
    good = signed(make(*arguments))
    ledger.check(good)
    assert refused(ledger, b"\0" * 70_000) == "TOO_LARGE"
    assert refused(ledger, good[:-1]) == "MALFORMED"
    assert refused(ledger, signed(make(*arguments, chain=bytes(32)))) == "WRONG_CHAIN"
    assert refused(ledger, signed(make(*arguments, expiry_ms=chain.time_ms))) == "EXPIRED"
    assert refused(ledger, signed(make(*arguments, expiry_ms=chain.time_ms + 10**11))) == "EXPIRED"
    assert refused(ledger, signed(make("eve", "Bank.open", "c"))) == "UNKNOWN_SIGNER"
    assert refused(ledger, signed(make(*arguments), [])) == "BAD_SIGNATURE"
    assert refused(ledger, signed(make(*arguments, version=2))) == "WRONG_VERSION"


def test_a_signature_is_for_one_transaction(chain: Chain) -> None:
    """A thief who holds a valid signature cannot put it under anything else."""
    one = chain.transaction("icbc", "Bank.pay", "a", "b", cny(1))
    other = chain.transaction("icbc", "Bank.pay", "a", "b", cny(500))
    signature = read_envelope(chain.signed(one)).signatures["icbc"]
    stolen = Envelope(other.to_bytes(), other, {"icbc": signature}).to_bytes()
    assert refused(chain.ledger, stolen) == "BAD_SIGNATURE"
    swapped = chain.transaction("boc", "Bank.pay", "a", "b", cny(1))
    body = swapped.to_bytes()
    own = chains.key_of("icbc").sign(b"servanda transaction\0" + body)
    assert (
        refused(chain.ledger, Envelope(body, swapped, {"boc": own}).to_bytes()) == "BAD_SIGNATURE"
    )
    for domain in (b"", b"servanda block\0"):
        bare = chains.key_of("icbc").sign(domain + one.to_bytes())
        envelope = Envelope(one.to_bytes(), one, {"icbc": bare}).to_bytes()
        assert refused(chain.ledger, envelope) == "BAD_SIGNATURE"


def test_one_flipped_bit_is_refused(chain: Chain) -> None:
    """Anywhere in a transaction: it is malformed, or its signature is not good."""
    data = chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", cny(1)))
    codes = set()
    for bit in range(0, len(data) * 8, 3):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        codes.add(refused(chain.ledger, bytes(changed)))
    assert codes <= {
        *("MALFORMED", "WRONG_CHAIN", "EXPIRED", "UNKNOWN_SIGNER", "BAD_SIGNATURE"),
        "WRONG_VERSION",
    }
    assert {"MALFORMED", "WRONG_CHAIN", "BAD_SIGNATURE"} <= codes


# ── several signers ───────────────────────────────────────────────────────────────────────────


def test_a_transaction_waits_for_its_signers(chain: Chain) -> None:
    """It runs when the last signature arrives, against the state of that block, in any order."""
    transaction = chain.transaction("icbc pboc", "Bank.put_by", "a", cny(5))
    (waits,) = chain.block(chain.signed(transaction, ["pboc"]))
    assert (waits[0], waits[2]) == (2, ("icbc",))
    chain.reopened()
    (runs,) = chain.block(chain.signed(transaction, ["icbc"]))
    assert (runs[0], runs[2], runs[5]) == (0, None, 1)
    assert refused(chain.ledger, chain.signed(transaction, ["icbc"])) == "REPLAYED"


def test_a_signature_that_is_there_already_adds_nothing(chain: Chain) -> None:
    """One signer cannot stand in for the other by signing twice."""
    transaction = chain.transaction("icbc pboc", "Bank.put_by", "a", cny(5))
    (waits,) = chain.block(chain.signed(transaction, ["icbc"]))
    assert (waits[0], waits[2]) == (2, ("pboc",))
    again = chain.signed(transaction, ["icbc"])
    assert refused(chain.ledger, again) == "REPLAYED"
    (refusal,) = chain.block(again)
    assert (refusal[0], refusal[2]) == (4, "REPLAYED")


def test_what_waits_lapses_at_its_expiry(chain: Chain) -> None:
    """Nobody can complete it later; and what never waited leaves nothing behind."""
    expiry_ms = chain.time_ms + chains.HOUR_MS
    transaction = chain.transaction("icbc pboc", "Bank.put_by", "a", cny(5), expiry_ms=expiry_ms)
    chain.block(chain.signed(transaction, ["icbc"]))
    assert len(chain.ledger.state.pending) == 1
    late = chain.signed(transaction, ["pboc"])
    lapsed, refusal = chain.block(late, wait_ms=chains.HOUR_MS)
    assert (lapsed[0], refusal[0], refusal[2]) == (3, 4, "EXPIRED")
    assert chain.ledger.state.pending == {}
    assert chain.reopened().state.pending == {}


def test_who_gets_a_new_key_signs_again(chain: Chain) -> None:
    """A signature that waits counts no more when its key may be in other hands."""
    transaction = chain.transaction("icbc pboc", "Bank.put_by", "a", cny(5))
    chain.block(chain.signed(transaction, ["icbc"]))
    key = chains.public_key_of("icbc-2")
    chain.does("ann bob", "Membership.replace_key", "icbc", key, "stolen")
    (waits,) = chain.block(chain.signed(transaction, ["pboc"]))
    assert (waits[0], waits[2]) == (2, ("icbc",))


# ── members ───────────────────────────────────────────────────────────────────────────────────


def test_a_suspended_member_signs_nothing_from_the_next_block_on(chain: Chain) -> None:
    """Within the block of its suspension it still counts; after it, it does not."""
    suspension = chain.transaction("ann bob", "Membership.suspend", "icbc", "its key was stolen")
    theft = [
        chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", cny(1))) for _ in range(2)
    ]
    receipts = chain.block(chain.signed(suspension), theft[0])
    assert [one[2] for one in receipts] == [None, None]
    assert refused(chain.ledger, theft[1]) == "UNKNOWN_SIGNER"
    assert refused(chain.reopened(), theft[1]) == "UNKNOWN_SIGNER"
    chain.does("ann bob", "Membership.reinstate", "icbc", "a new key")
    chain.ledger.check(theft[1])


def test_a_rotated_key_counts_from_the_next_block_on(chain: Chain) -> None:
    """The old key is refused, the new one taken."""
    chain.does("icbc", "Membership.rotate", "icbc", chains.public_key_of("icbc-2"))
    transaction = chain.transaction("icbc", "Bank.pay", "a", "b", cny(1))
    assert refused(chain.ledger, chain.signed(transaction)) == "BAD_SIGNATURE"
    body = transaction.to_bytes()
    signature = chains.key_of("icbc-2").sign(b"servanda transaction\0" + body)
    chain.ledger.check(Envelope(body, transaction, {"icbc": signature}).to_bytes())


def test_grave_changes_need_two_registrars(chain: Chain) -> None:
    """One registrar enrols and grants; all else takes two, and two always remain."""
    assert chain.code("ann", "Membership.suspend", "icbc", "x") == "NOT_AUTHORISED"
    assert chain.code("ann icbc", "Membership.suspend", "boc", "x") == "NOT_AUTHORISED"
    assert (
        chain.code("icbc", "Membership.enrol", "eve", chains.public_key_of("eve"))
        == "NOT_AUTHORISED"
    )
    assert chain.code("ann", "Membership.grant", "icbc", "Registrar") == "GRAVE"
    assert chain.code("ann bob", "Membership.suspend", "bob", "x") == "TOO_FEW"
    chain.does("ann", "Membership.enrol", "cy", chains.public_key_of("cy"))
    chain.does("ann", "Membership.grant", "cy", "Institution")
    chain.does("cy", "Bank.open", "c")
    chain.does("ann bob", "Membership.appoint", "cy")
    chain.does("ann cy", "Membership.suspend", "bob", "left")
    assert chain.code("ann bob", "Membership.appoint", "boc") is not None


def test_a_key_is_one_members_for_ever(chain: Chain) -> None:
    """Nobody can take a key that is or was another's, or the history would change its signer."""
    key = chains.public_key_of("icbc")
    assert chain.code("ann", "Membership.enrol", "eve", key) == "KEY_TAKEN"
    chain.does("icbc", "Membership.rotate", "icbc", chains.public_key_of("icbc-2"))
    assert chain.code("ann", "Membership.enrol", "eve", key) == "KEY_TAKEN"


# ── deploying ─────────────────────────────────────────────────────────────────────────────────


def deployed(chain: Chain, source: str, name: str, digest: bytes | None = None) -> Receipt:
    """Return the receipt of a deployment."""
    data = source.encode()
    digest = digest or hashlib.sha256(data).digest()
    return chain.run("ann bob", "Membership.deploy", name, digest, attachment=data)


def test_a_bad_source_is_not_deployed(chain: Chain) -> None:
    """It is refused with what is wrong in it, and nothing of it is kept."""
    for source, name, told in (
        ("contract Empty version 1\nrole\n", "Empty", "E0"),
        (bank.BANK, "Bank", "is there already"),
        (bank.BANK, "Other", "not of `Other`"),
        ("contract Other version 2\nrole Bank\n", "Other", "version 2"),
        ("contract Other version 1\nuse Nowhere\nrole Bank\n", "Other", "Nowhere"),
        ("contract Other version 1\nuse Other as o\nrole Bank\n", "Other", "Other"),
    ):
        receipt = deployed(chain, source, name)
        assert receipt[2] in {"BAD_CONTRACT", "DUPLICATE_KEY"}, receipt
        assert told in receipt[3], receipt
    wrong = deployed(chain, "contract Other version 1\nrole Bank\n", "Other", bytes(32))
    assert (wrong[2], "another hash" in wrong[3]) == ("BAD_CONTRACT", True)
    assert deployed(chain, "contract Other version 1\nrole Bank\n", "Other")[2] is None
    chain.reopened()


def test_contracts_use_those_that_run(chain: Chain) -> None:
    """Also when both came in one block, and after a restart."""
    used = "contract Used version 1\nrole Bank\nrule two(): Int = 2\n"
    user = (
        (
            "contract Zebra version 1\nuse Used as u\nrole Bank\nrecord R[id: Serial]\n  n: Int\n"
            "action make()\n  by Institution2\n  create R(n: u.two())\n"
        )
        .replace("role Bank", "role Institution2")
        .replace("use Used as u\nrole", "use Used as u\nrole")
    )
    envelopes = []
    for source, name in ((used, "Used"), (user, "Zebra")):
        data = source.encode()
        digest = hashlib.sha256(data).digest()
        transaction = chain.transaction(
            "ann bob", "Membership.deploy", name, digest, attachment=data
        )
        envelopes.append(chain.signed(transaction))
    receipts = chain.block(*envelopes)
    assert [one[2] for one in receipts] == [None, None], receipts
    chain.reopened()
    chain.does("ann", "Membership.grant", "icbc", "Institution2")
    chain.does("icbc", "Zebra.make")
    assert chain.row("Zebra", "R", 1).f_n == 2


# ── the same again ────────────────────────────────────────────────────────────────────────────


def busy(chain: Chain) -> None:
    """Let much happen on a chain."""
    for number in range(6):
        chain.does("icbc", "Bank.open", f"x{number}")
        chain.run("icbc", "Bank.pay", "a", f"x{number}", cny(number))
        chain.run("icbc pboc", "Bank.put_by", "a", cny(100 * number))
    chain.does("ann", "Membership.enrol", "cy", chains.public_key_of("cy"))
    chain.block(wait_ms=50 * chains.HOUR_MS)


def test_the_same_blocks_give_the_same_roots(chain: Chain) -> None:
    """A second ledger that executes them comes to every header, to the byte."""
    busy(chain)
    again = chains.MemoryKept(chain.genesis.hash)
    ledger = Ledger(chain.genesis, {}, again)
    for execution in chain.kept.blocks:
        block = Block(execution.header, execution.transactions, {})
        ledger.validate(block)
        found = ledger.execute(execution.header.time_ms, execution.transactions)
        assert found.header == execution.header
        assert found.receipts == execution.receipts
        again.keep(found)
        ledger.commit()
    assert list(again.other_rows()) == list(chain.kept.other_rows())
    assert again.values == chain.kept.values


def test_the_root_is_that_of_all_records(chain: Chain) -> None:
    """Built from nothing over what is kept, the tree has the root of the last header."""
    busy(chain)
    leaves = {
        hashlib.sha256(identity).digest(): (hashlib.sha256(value).digest(), 0)
        for identity, value in chain.kept.values.items()
    }
    root, _ = update_tree(chains.MemoryKept(), EMPTY, leaves, 1)
    assert root == chain.ledger.info.state


class Restarted(chains.Chain):
    """A chain whose ledger is made anew before every block."""

    def block(self, *envelopes: bytes, wait_ms: int = 1_000) -> list[Any]:
        """Make a block, on what was kept alone."""
        self.reopened()
        found = super().block(*envelopes, wait_ms=wait_ms)
        self.ledger.state.machine.audit()
        return found


def test_a_restart_at_any_block_changes_nothing() -> None:
    """A ledger that is made anew before every block comes to the same."""
    plain, restarted = chains.Chain(bank.MEMBERS), Restarted(bank.MEMBERS)
    for chain in (plain, restarted):
        chain.deploy(bank.BANK, "Bank")
        chain.does("icbc", "Bank.open", "a")
        chain.does("boc", "Bank.open", "b")
        chain.does("pboc", "Bank.deposit", "a", cny(500))
        busy(chain)
    assert restarted.ledger.info == plain.ledger.info
    assert restarted.kept.values == plain.kept.values


def test_a_block_that_does_not_follow_is_refused(chain: Chain) -> None:
    """Of another chain, height, time or previous block, or with other transactions."""
    data = chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", cny(1)))
    time_ms = chain.time_ms + 1_000
    good = chain.ledger.execute(time_ms, (data,)).header
    ledger = Ledger(chain.genesis, {}, chain.kept)
    ledger.validate(Block(good, (data,), {}))
    for wrong in (
        replace(good, chain=bytes(32)),
        replace(good, height=good.height + 1),
        replace(good, previous=bytes(32)),
        replace(good, time_ms=ledger.info.time_ms),
        replace(good, transactions=bytes(32)),
    ):
        with pytest.raises(BadBlock):
            ledger.validate(Block(wrong, (data,), {}))


def test_prepare_chooses_what_can_be_taken(chain: Chain) -> None:
    """Bad ones are left out, and a block has a size."""
    good = [chain.signed(chain.transaction("icbc", "Bank.open", f"y{n}")) for n in range(4)]
    offered = [good[0], b"nonsense", good[1], good[1], good[2], good[3]]
    size = sum(map(len, good[:3]))
    chosen = chain.ledger.prepare(chain.time_ms + 1, offered, size)
    assert chosen == (good[0], good[1], good[2])
