"""Authority: forged, stolen, swapped and borrowed signatures; contracts that spend a caller's."""

from __future__ import annotations

from typing import Any

import chains
import pytest
import small_bank as bank

from servanda.chain.transaction import Envelope, Transaction, TransactionRefused, signed_bytes
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.state import undo
from servanda.interpreter.receipts import Amount
from servanda.interpreter.refusals import Refused


@pytest.fixture
def chain() -> chains.Chain:
    """Return a chain with a bank, two accounts and 500 yuan in the first."""
    made = chains.Chain(bank.MEMBERS)
    made.deploy(bank.BANK, "Bank")
    made.does("icbc", "Bank.open", "a")
    made.does("boc", "Bank.open", "b")
    made.does("pboc", "Bank.deposit", "a", Amount(50_000, "CNY"))
    return made


def signature(name: str, body: bytes) -> bytes:
    """Return a member's signature of a body."""
    return chains.key_of(name).sign(signed_bytes(body))


def envelope(transaction: Transaction, **signatures: bytes) -> bytes:
    """Return an envelope with these signatures, good or not."""
    return Envelope(transaction.to_bytes(), transaction, signatures).to_bytes()


def why(chain: chains.Chain, data: bytes) -> str:
    """Return why an envelope is not taken, by whoever is asked, and see that nothing changes."""
    before = chain.kept.values
    with pytest.raises(TransactionRefused) as caught:
        chain.ledger.check(data)
    (receipt,) = chain.block(data)
    assert (receipt[0], receipt[2]) == (4, caught.value.code)
    assert chain.kept.values == before
    return str(caught.value.code)


# ── signatures ────────────────────────────────────────────────────────────────────────────────


def test_a_signature_is_good_for_nothing_else(chain: chains.Chain) -> None:
    """Any field that differs makes it another body: action, argument, order, nonce, expiry."""
    signed = chain.transaction("icbc pboc", "Bank.put_by", "a", Amount(100, "CNY"))
    stolen = {name: signature(name, signed.to_bytes()) for name in signed.signers}
    others = (
        signed._replace(action="open"),
        signed._replace(contract="Membership"),
        signed._replace(version=2),
        signed._replace(arguments=("a", (101, "CNY"))),
        signed._replace(arguments=("b", (100, "CNY"))),
        signed._replace(arguments=(*signed.arguments, None)),
        signed._replace(signers=("pboc", "icbc")),
        signed._replace(nonce=bytes(15) + b"x"),
        signed._replace(expiry_ms=signed.expiry_ms + 1),
        signed._replace(attachment=b"x"),
    )
    for other in others:
        assert why(chain, envelope(other, **stolen)) == "BAD_SIGNATURE"
    assert why(chain, envelope(signed._replace(chain=bytes(32)), **stolen)) == "WRONG_CHAIN"
    assert chain.block(envelope(signed, **stolen))[0][2] is None


def test_a_signature_does_not_cross_chains(chain: chains.Chain) -> None:
    """Two chains of the same members and keys: what is signed on one is nothing on the other."""
    twin = chains.Chain(bank.MEMBERS, lifetime_ms_max=86_400_000)
    assert twin.genesis.hash != chain.genesis.hash
    data = twin.signed(twin.transaction("icbc", "Bank.pay", "a", "b", Amount(1, "CNY")))
    assert why(chain, data) == "WRONG_CHAIN"


def test_signatures_cannot_be_swapped(chain: chains.Chain) -> None:
    """Each under its own name: neither exchanged, nor doubled, nor of a stranger."""
    made = chain.transaction("icbc pboc", "Bank.put_by", "a", Amount(100, "CNY"))
    body = made.to_bytes()
    icbc, pboc, eve = (signature(name, body) for name in ("icbc", "pboc", "eve"))
    assert why(chain, envelope(made, icbc=pboc, pboc=icbc)) == "BAD_SIGNATURE"
    assert why(chain, envelope(made, icbc=icbc, pboc=icbc)) == "BAD_SIGNATURE"
    assert why(chain, envelope(made, icbc=icbc, pboc=eve)) == "BAD_SIGNATURE"
    assert why(chain, envelope(made, icbc=icbc, eve=eve)) == "MALFORMED"
    assert why(chain, envelope(made, icbc=icbc, pboc=bytes(64))) == "BAD_SIGNATURE"
    assert why(chain, envelope(made, icbc=icbc, pboc=pboc[:-1])) == "MALFORMED"


def test_one_bad_signature_spoils_all(chain: chains.Chain) -> None:
    """A good one beside it is not taken, not kept, and does not wait."""
    made = chain.transaction("icbc pboc", "Bank.put_by", "a", Amount(100, "CNY"))
    good = signature("icbc", made.to_bytes())
    assert why(chain, envelope(made, icbc=good, pboc=good)) == "BAD_SIGNATURE"
    assert len(chain.ledger.state.pending) == 0


def test_what_waits_is_completed_by_its_own_signers_alone(chain: chains.Chain) -> None:
    """A signature for one that waits does not complete another that looks the same."""
    one, other = (
        chain.transaction("icbc pboc", "Bank.put_by", "a", Amount(100, "CNY")) for _ in range(2)
    )
    chain.block(envelope(one, icbc=signature("icbc", one.to_bytes())))
    stolen = signature("pboc", other.to_bytes())
    assert why(chain, envelope(one, pboc=stolen)) == "BAD_SIGNATURE"
    (waits,) = chain.block(envelope(other, pboc=stolen))
    assert (waits[0], waits[2]) == (2, ("icbc",))
    assert len(chain.ledger.state.pending) == 2


def test_a_stolen_key_is_worth_nothing_from_the_next_block_on(chain: chains.Chain) -> None:
    """Suspended: neither alone, nor beside others, nor for what waits with its signature."""
    waits = chain.transaction("icbc pboc", "Bank.put_by", "a", Amount(100, "CNY"))
    chain.block(envelope(waits, icbc=signature("icbc", waits.to_bytes())))
    chain.does("ann bob", "Membership.suspend", "icbc", "stolen")
    pay = chain.transaction("icbc", "Bank.pay", "a", "b", Amount(1, "CNY"))
    assert why(chain, chain.signed(pay)) == "UNKNOWN_SIGNER"
    beside = chain.transaction("icbc boc", "Bank.open", "c")
    assert why(chain, chain.signed(beside)) == "UNKNOWN_SIGNER"
    completes = envelope(waits, pboc=signature("pboc", waits.to_bytes()))
    assert why(chain, completes) == "UNKNOWN_SIGNER"
    # A member in good standing cannot act for it either.
    assert chain.code("boc", "Bank.pay", "a", "b", Amount(1, "CNY")) == "NOT_AUTHORISED"
    chain.does("ann bob", "Membership.replace_key", "icbc", chains.public_key_of("new"), "lost")
    chain.does("ann bob", "Membership.reinstate", "icbc", "a new key")
    assert why(chain, chain.signed(pay)) == "BAD_SIGNATURE"
    # What waited has lost the signature of the old key: it must be signed anew.
    (again,) = chain.block(completes)
    assert (again[0], again[2]) == (2, ("icbc",))


def test_a_thief_cannot_stay(chain: chains.Chain) -> None:
    """Who rotates a stolen key holds the member until registrars replace it, and no longer."""
    chain.does("icbc", "Membership.rotate", "icbc", chains.public_key_of("thief"))
    thief = chain.transaction("icbc", "Bank.pay", "a", "b", Amount(1, "CNY"))
    stolen = chains.key_of("thief").sign(signed_bytes(thief.to_bytes()))
    assert chain.block(envelope(thief, icbc=stolen))[0][2] is None
    chain.does("ann bob", "Membership.replace_key", "icbc", chains.public_key_of("new"), "stolen")
    more = chain.transaction("icbc", "Bank.pay", "a", "b", Amount(1, "CNY"))
    stolen = chains.key_of("thief").sign(signed_bytes(more.to_bytes()))
    assert why(chain, envelope(more, icbc=stolen)) == "BAD_SIGNATURE"
    assert chain.code("ann", "Membership.enrol", "eve", chains.public_key_of("thief")) == (
        "KEY_TAKEN"
    )


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"\x05" + bytes(31)])
def test_a_key_that_is_none_signs_nothing(chain: chains.Chain, key: bytes) -> None:
    """Small order, no point, not canonical: it can be enrolled, and then nothing fits it."""
    chain.does("ann", "Membership.enrol", "eve", key)
    made = chain.transaction("eve", "Bank.open", "c")
    for forged in (bytes(64), key + bytes(32), b"\x01" + bytes(63)):
        assert why(chain, envelope(made, eve=forged)) == "BAD_SIGNATURE"


# ── contracts ─────────────────────────────────────────────────────────────────────────────────

VAULT = """\
contract Vault version 1

role Institution

record Box[name: Text]
  holder: Institution
  count: Int = 0

action make(name: Text): Box
  by Institution as holder
  give create Box(name: name, holder: holder)

action empty(box: Box)
  "Only its holder, with a signature of its own."
  by box.holder
  box.count = box.count + 1

action swap(box: Box)
  by box.holder or contract Broker
  box.count = box.count + 10

action take_any(box: Box)
  by contract Broker
  box.count = box.count + 100
"""

BROKER = """\
contract Broker version 1

use Vault as vault

role Institution

record Deal[id: Serial]
  box: vault.Box

action swap(box: vault.Box)
  by Institution
  vault.swap(box)

action take(box: vault.Box)
  by Institution or contract Front
  vault.take_any(box)
"""

BROKERS = BROKER.replace("contract Broker ", "contract Brokers ")
"""Another contract, whose name begins with that of the first."""

ROBBER = BROKER.replace(
    "action take(",
    "action rob(box: vault.Box)\n  by Institution\n  vault.empty(box)\n\naction take(",
)
"""The deputy: it is called by a holder and tries what only that holder may do."""

FRONT = """\
contract Front version 1

use Broker as broker
use Vault as vault

role Institution

record Note[id: Serial]
  box: vault.Box

action take(box: vault.Box)
  by Institution
  broker.take(box)
"""


@pytest.fixture
def vault(chain: chains.Chain) -> chains.Chain:
    """Return a chain with a box of icbc, and contracts that call one another."""
    for name, source in {
        "Vault": VAULT,
        "Broker": BROKER,
        "Front": FRONT,
    }.items():
        chain.deploy(source, name)
    chain.does("icbc", "Vault.make", "box")
    return chain


@pytest.mark.parametrize(("source", "name"), [(ROBBER, "Broker"), (BROKERS, "Brokers")])
def test_a_contract_spends_nobodys_signature(chain: chains.Chain, source: str, name: str) -> None:
    """Who calls has signed for the broker alone: what needs the holder does not even deploy."""
    chain.deploy(VAULT, "Vault")
    with pytest.raises(AssertionError, match="E0455"):
        chain.deploy(source, name)


def test_a_caller_that_may_not_is_refused_as_it_runs(vault: chains.Chain) -> None:
    """The same holds without the checker: a signer of the call is no signer of what it calls."""
    machine = vault.ledger.state.machine
    context = Context(machine, "Broker", ("icbc",))
    context.call("Vault", "swap", ("box",))
    undo(context.undo)
    context = Context(machine, "Front", ("icbc",))
    with pytest.raises(Refused, match="NOT_AUTHORISED"):
        context.call("Vault", "swap", ("box",))
    context = Context(machine, "Broker", ("icbc",))
    with pytest.raises(Refused, match="Vault"):
        context.call("Vault", "empty", ("box",))


def test_no_contract_is_entered_again(vault: chains.Chain) -> None:
    """Uses have no circle, and whoever tried would be stopped by an assertion, not by luck."""
    context = Context(vault.ledger.state.machine, "Broker", ("icbc",))
    context.stack = ("Vault",)
    with pytest.raises(AssertionError, match="acyclic"):
        context.call("Vault", "swap", ("box",))


def test_by_contract_is_the_immediate_caller(vault: chains.Chain) -> None:
    """The one that is named, also where another has called that one; and no member."""
    vault.does("boc", "Broker.take", "box")
    vault.does("boc", "Broker.swap", "box")
    vault.does("boc", "Front.take", "box")
    count = vault.row("Vault", "Box", "box").f_count
    assert count == 210
    refused = {"NOT_SIGNED", "NOT_AUTHORISED"}
    assert vault.code("icbc boc", "Vault.take_any", "box") in refused
    assert vault.code("boc", "Vault.swap", "box") in refused
    assert vault.row("Vault", "Box", "box").f_count == count


def test_a_member_is_no_contract(vault: chains.Chain) -> None:
    """Somebody is enrolled under the name of a contract, and gains nothing by it."""
    vault.does("ann", "Membership.enrol", "Broker", chains.public_key_of("Broker"))
    vault.does("ann", "Membership.grant", "Broker", "Institution")
    assert vault.code("Broker", "Vault.take_any", "box") == "NOT_AUTHORISED"
    assert vault.code("Broker", "Vault.empty", "box") == "NOT_AUTHORISED"


def test_no_contract_comes_back_into_itself(vault: chains.Chain) -> None:
    """A circle of uses cannot be deployed: not at once, and not by a name that comes later."""
    alone = "contract Ring version 1\nuse Ring as r\nrole Institution\nrule one(): Int = 1\n"
    later = "contract Ring version 1\nuse Rong as r\nrole Institution\nrule one(): Int = 1\n"
    for source in (alone, later):
        with pytest.raises(AssertionError, match="BAD_CONTRACT"):
            vault.deploy(source, "Ring")
    # A second contract of a name cannot take the place of the first.
    with pytest.raises(AssertionError, match="DUPLICATE_KEY"):
        vault.deploy(BROKERS.replace("Brokers", "Broker"), "Broker")


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("suspend", ("icbc", "x")),
        ("expel", ("icbc", "x")),
        ("appoint", ("icbc",)),
        ("replace_key", ("icbc", bytes(32), "x")),
        ("withdraw", (("icbc", "Institution"),)),
        ("deploy", ("X", bytes(32))),
    ],
)
def test_one_registrar_is_not_two(
    chain: chains.Chain, action: str, arguments: tuple[Any, ...]
) -> None:
    """Neither by signing twice, nor with a member, nor with a registrar that was suspended."""
    codes = {"NOT_AUTHORISED", "WRONG_STATE"}
    for signers in ("ann", "ann icbc", "ann icbc boc pboc", "icbc boc"):
        assert chain.code(signers, f"Membership.{action}", *arguments) in codes
    made = chain.transaction("ann bob", f"Membership.{action}", *arguments)
    own = signature("ann", made.to_bytes())
    assert why(chain, envelope(made, ann=own, bob=own)) == "BAD_SIGNATURE"
    doubled = made._replace(signers=("ann", "ann"))
    assert why(chain, envelope(doubled, ann=signature("ann", doubled.to_bytes()))) == "MALFORMED"
