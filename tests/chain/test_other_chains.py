"""Two chains: what a proof of the other one is taken for, and why others are refused."""

# An argument is of any type of the language.
# ruff: noqa: ANN401

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from chains import HOUR_MS, key_of, public_key_of
from two_chains import RECEIVER, SENDER, OneOfTwo, cny, seals_of, two_chains

from servanda.chain.encoding import decode, encode
from servanda.chain.genesis import BadGenesis, read_genesis_bytes
from servanda.chain.merkle import NODE, hash_of
from servanda.chain.proof import CARRIED, FORMAT
from servanda.chain.state_tree import Entry, nibble
from servanda.interpreter.execute.proofs import NoProof

DAY_MS = 24 * HOUR_MS


def sent(sending: OneOfTwo, until_ms: int) -> int:
    """Send 100 yuan to the other chain; return the number of the message."""
    number = sending.does("icbc", "Sender.send", "6222-01", "6216-02", cny(100), until_ms)
    assert isinstance(number, int)
    return number


def refusal(chain: OneOfTwo, action: str, *arguments: Any) -> tuple[str, str]:
    """Run an action that must be refused; return the code and the message."""
    receipt = chain.run("icbc", action, *arguments)
    assert receipt[2] is not None, "this should be refused"
    return receipt[2], receipt[3]


def test_a_message_that_is_proved_is_received_once_and_settled() -> None:
    """Locked there, issued here, retired there: the money is in the world once at every moment."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    message = sending.proof("Sender", "Sent", number)
    receiving.does("icbc", "Receiver.receive", message)
    assert receiving.row("Receiver", "Account", "6216-02").b_balance == 10_000
    assert refusal(receiving, "Receiver.receive", message)[0] == "DUPLICATE_KEY"
    received = receiving.proof("Receiver", "Received", (sending.genesis.hash, number))
    assert refusal(sending, "Sender.refund", number, received)[0] == "RECEIVED"
    sending.does("icbc", "Sender.settle", number, received)
    assert sending.row("Sender", "Sent", number).f_transfer == "Settled"
    assert sending.code("icbc", "Sender.settle", number, received) == "WRONG_STATE"


def test_what_nobody_received_is_refunded_on_a_proof_of_absence_from_its_time_on() -> None:
    """A proof of absence from before `until` proves nothing of what came after."""
    sending, receiving = two_chains()
    until_ms = sending.time_ms + DAY_MS
    number = sent(sending, until_ms)
    key = (sending.genesis.hash, number)
    early = receiving.proof("Receiver", "Received", key)
    assert refusal(sending, "Sender.refund", number, early)[0] == "TOO_EARLY"
    assert refusal(sending, "Sender.settle", number, early)[0] == "NOT_RECEIVED"
    receiving.block(wait_ms=until_ms - receiving.time_ms)
    message = sending.proof("Sender", "Sent", number)
    assert refusal(receiving, "Receiver.receive", message)[0] == "TOO_LATE"
    assert refusal(sending, "Sender.refund", number, early)[0] == "TOO_EARLY"
    sending.does("icbc", "Sender.refund", number, receiving.proof("Receiver", "Received", key))
    assert sending.row("Sender", "Account", "6222-01").b_balance == 50_000


@pytest.mark.parametrize("behind", ["sending", "receiving"])
def test_neither_chain_waits_for_the_clock_of_the_other(behind: str) -> None:
    """A chain that is a year behind changes nothing: `until` is a time of the receiver alone."""
    sending, receiving = two_chains()
    late = sending if behind == "receiving" else receiving
    late.block(wait_ms=365 * DAY_MS)
    until_ms = receiving.time_ms + DAY_MS
    taken, left = sent(sending, until_ms), sent(sending, until_ms)
    receiving.does("icbc", "Receiver.receive", sending.proof("Sender", "Sent", taken))
    absent = receiving.proof("Receiver", "Received", (sending.genesis.hash, left))
    assert refusal(sending, "Sender.refund", left, absent)[0] == "TOO_EARLY"
    receiving.block(wait_ms=DAY_MS)
    moment = receiving.moment
    for number, action in ((taken, "Sender.settle"), (left, "Sender.refund")):
        proof = moment.proof("Receiver", "Received", (sending.genesis.hash, number))
        sending.does("icbc", action, number, proof)
    message = sending.proof("Sender", "Sent", left)
    assert refusal(receiving, "Receiver.receive", message)[0] == "TOO_LATE"


def fields_of(data: bytes) -> dict[str, Any]:
    """Return the fields of the value of a record."""
    found: Any = decode(data)
    return dict(found)


def lies(sending: OneOfTwo, receiving: OneOfTwo, number: int) -> dict[str, tuple[object, str]]:
    """Return proofs that a lying relayer might give for that of a message, and what they meet."""
    moment = sending.moment
    right: Any = decode(moment.proof("Sender", "Sent", number))
    header, value = moment.header, fields_of(right[5])
    dearer = encode({**value, "amount": 99_999_999})
    forged = replace(header, state=bytes(32))
    stranger = {"node": key_of("mallory").sign(b"x")}
    other = OneOfTwo("another")
    other.block()
    return {
        "a word": ("trust me", "is no proof"),
        "no document": (b"\xff", "it cannot be read"),
        "another form": (encode(("servanda record", 1, b"", {}, b"", None, (), None)), "form"),
        "a seal of nobody": (moment.proof("Sender", "Sent", number, {}), "0 good seals, and 1"),
        "a seal of a stranger": (moment.proof("Sender", "Sent", number, stranger), "0 good seals"),
        "a state made up": (
            encode((*right[:2], forged.to_bytes(), seals_of(forged, "node"), *right[4:])),
            "does not lead to the state",
        ),
        "another amount": (encode((*right[:5], dearer, *right[6:])), "had another value"),
        "said to be absent": (
            encode((*right[:5], None, *right[6:])),
            "something else than it says",
        ),
        "another path": (encode((*right[:6], (), *right[7:])), "does not lead to the state"),
        "the chain that receives": (
            receiving.proof("Receiver", "Account", "6216-02"),
            "its header is of another chain",
        ),
        "another chain": (other.proof("Membership", "Member", "ann"), "is of another chain"),
        "another record": (sending.proof("Sender", "Account", "6222-01"), "is a proof of"),
        "another contract": (sending.proof("Membership", "Member", "ann"), "is a proof of"),
    }


def test_a_lying_relayer_is_told_what_is_wrong() -> None:
    """Nothing of what it makes up is taken, and each lie is refused by its name."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    for lie, (proof, told) in lies(sending, receiving, number).items():
        code, message = refusal(receiving, "Receiver.receive", proof)
        assert (code, told in message) == ("BAD_ARGUMENT", True), (lie, message)
    assert receiving.row("Receiver", "Account", "6216-02").b_balance == 0


def test_every_bit_of_a_proof_counts() -> None:
    """A proof with one bit changed is refused as none, or shows what it showed before."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    proof = sending.proof("Sender", "Sent", number)
    take = receiving.ledger.state.others.claim_of
    right = take("A", proof)
    for place in range(0, len(proof) * 8, 5):
        data = bytearray(proof)
        data[place // 8] ^= 1 << place % 8
        try:
            assert take("A", bytes(data)) == right
        except NoProof:
            continue


def test_an_old_proof_shows_what_was_then() -> None:
    """What was proved once stays true of its time, also when the chain has gone on since."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    old = sending.moment
    for _ in range(3):
        sent(sending, sending.time_ms + DAY_MS)
    receiving.does("icbc", "Receiver.receive", old.proof("Sender", "Sent", number))
    absent = old.proof("Sender", "Sent", number + 1)
    assert refusal(receiving, "Receiver.receive", absent)[0] == "NOT_SENT"


def test_a_message_to_another_chain_is_not_taken() -> None:
    """Two chains with one receiver each: a message is for that which the sender bound."""
    sending, receiving = two_chains()
    twin = OneOfTwo("twin")
    twin.know("A", sending, "Sender", SENDER)
    twin.deploy(RECEIVER, "Receiver")
    twin.does("icbc", "Receiver.open", "6216-02")
    number = sent(sending, sending.time_ms + DAY_MS)
    message = sending.proof("Sender", "Sent", number)
    assert refusal(twin, "Receiver.receive", message)[0] == "OTHER_CHAIN"
    receiving.does("icbc", "Receiver.receive", message)


def test_proofs_of_a_chain_that_is_not_trusted_are_refused_until_it_is_again() -> None:
    """Two registrars stop what comes from a chain whose sealers may be in bad hands."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    message = sending.proof("Sender", "Sent", number)
    assert receiving.code("ann", "Membership.distrust", "A", "stolen") == "NOT_AUTHORISED"
    receiving.does("ann bob", "Membership.distrust", "A", "stolen keys")
    code, told = refusal(receiving, "Receiver.receive", message)
    assert (code, "not trusted at present" in told) == ("BAD_ARGUMENT", True)
    receiving.does("ann bob", "Membership.trust", "A", "new machines")
    receiving.does("icbc", "Receiver.receive", message)


def test_a_chain_that_was_opened_again_knows_the_others() -> None:
    """Names, geneses and sources of other chains are kept with the blocks."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    receiving.reopened()
    receiving.does("icbc", "Receiver.receive", sending.proof("Sender", "Sent", number))
    sending.reopened()
    received = receiving.proof("Receiver", "Received", (sending.genesis.hash, number))
    sending.does("icbc", "Sender.settle", number, received)


def test_what_is_bound_and_introduced_is_checked() -> None:
    """A genesis and a source are those of the hash, and come before what needs them."""
    sending, receiving = OneOfTwo("sending"), OneOfTwo("receiving")
    genesis = receiving.genesis.to_bytes()
    digest, source = receiving.genesis.hash, RECEIVER.encode()

    def told(action: str, *arguments: Any, attachment: bytes, by: str = "ann bob") -> str:
        receipt = sending.run(by, f"Membership.{action}", *arguments, attachment=attachment)
        return f"{receipt[2]}: {receipt[3]}"

    assert "NOT_AUTHORISED" in told("bind", "B", digest, attachment=genesis, by="ann")
    assert "BAD_CHAIN: what is attached" in told("bind", "B", bytes(32), attachment=genesis)
    own = sending.genesis
    assert "of this chain" in told("bind", "B", own.hash, attachment=own.to_bytes())
    assert "BAD_CHAIN" in told("bind", "B", hash_of(b"\xff"), attachment=b"\xff")
    asked: tuple[Any, ...] = ("deploy", "Sender", hash_of(SENDER.encode()))
    assert "BAD_CONTRACT: the source has errors: E0258" in told(*asked, attachment=SENDER.encode())
    assert "None" in told("bind", "B", digest, attachment=genesis)
    assert "DUPLICATE_KEY" in told("bind", "B", digest, attachment=genesis)
    asked = ("introduce", "B", "Receiver")
    assert "BAD_CONTRACT" in told(*asked, bytes(32), attachment=source)
    wrong = b"contract Receiver version 1\nrecord R[a: Nothing]\n"
    assert "E0203 in line 2" in told(*asked, hash_of(wrong), attachment=wrong)
    asked = ("introduce", "B", "Sender")
    assert "is of `Receiver`, not" in told(*asked, hash_of(source), attachment=source)
    own_use = b"contract Loop version 1\nuse Loop as l\n"
    asked = ("introduce", "B", "Loop")
    assert "E0257" in told(*asked, hash_of(own_use), attachment=own_use)


def test_a_genesis_is_read_from_its_bytes_alone() -> None:
    """Its bytes have one form; everything else is refused as the document would be."""
    genesis = OneOfTwo("sending").genesis
    data = genesis.to_bytes()
    assert read_genesis_bytes(data) == genesis
    parts: Any = decode(data)
    for other in (
        b"",
        encode(3),
        encode({**parts, "more": 1}),
        encode({**parts, "time": -(10**30)}),
        encode({**parts, "members": (("ann", b"", ()),)}),
        encode({**parts, "members": (3,)}),
        encode({**parts, "sealers": {"node": bytes(32)}}),
        encode({**parts, "sealers": {"node": public_key_of("node").hex()}}),
        encode({**parts, "seals": 9}),
        encode({**parts, "zones": 3}),
    ):
        with pytest.raises(BadGenesis):
            read_genesis_bytes(other)


def test_a_proof_costs_what_it_weighs() -> None:
    """Whoever sends a large proof pays for it, also when it proves nothing."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    right: Any = decode(sending.proof("Sender", "Sent", number))
    padded = encode((*right[:7], bytes(40_000)))
    small = receiving.run("icbc", "Receiver.receive", b"")
    large = receiving.run("icbc", "Receiver.receive", padded)
    assert (small[2], large[2]) == ("BAD_ARGUMENT", "BAD_ARGUMENT")
    assert large[8] - small[8] >= 10 * 40_000


def test_a_chain_in_bad_hands_harms_nobody_but_itself() -> None:
    """Its sealers may seal any value: what is none of its type is refused, and nothing falls."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    identity = encode(("Sender", "Sent", number))
    value = fields_of(sending.kept.values[identity])
    for field, told in (
        ({"amount": None}, "`message.record.amount` is not an amount"),
        ({"amount": 10**30}, "`message.record.amount` is not an amount"),
        ({"amount": (5, "CNY")}, "`message.record.amount` is not an amount"),
        ({"until": "soon"}, "`message.record.until` is not a time"),
        ({"payee": "\u202e"}, "`message.record.payee` has control"),
        ({"destination": b""}, "`message.record.destination` is not a hash"),
        ({"transfer": "Lost"}, "`message.record.transfer` is none of"),
        ({"payer": ("a", "b")}, "`message.record.payer.number` is not a text"),
    ):
        proof = sealed(sending, identity, {**value, **field})
        code, message = refusal(receiving, "Receiver.receive", proof)
        assert (code, told in message) == ("BAD_ARGUMENT", True), message
    lacking = {name: one for name, one in value.items() if name != "until"}
    for other, told in (
        (lacking, "the record has no such field"),
        (3, "proves something else"),
        (b"", "proves something else"),
    ):
        code, message = refusal(receiving, "Receiver.receive", sealed(sending, identity, other))
        assert (code, told in message) == ("BAD_ARGUMENT", True), message
    names: tuple[Any, ...] = (
        3,
        ("Sender", "Sent"),
        ("Sender", "Sent", {}),
        ("Sender", "Sent", b"x"),
    )
    for name in names:
        code, _ = refusal(receiving, "Receiver.receive", sealed(sending, encode(name), value))
        assert code == "BAD_ARGUMENT"
    more = {**value, "later": "a field of a later version"}
    receiving.does("icbc", "Receiver.receive", sealed(sending, identity, more))


def sealed(chain: OneOfTwo, identity: bytes, value: Any) -> bytes:
    """Return the proof of a record, alone in a state that the sealers of a chain made up."""
    held = encode(value)
    leaf = Entry(hash_of(identity), hash_of(held))
    taken = 1 << nibble(leaf.key, 0)
    root = hash_of(NODE + taken.to_bytes(2) + leaf.hash)
    header = replace(chain.moment.header, state=root)
    path = (((taken, ()),), tuple(leaf)[:2])
    return encode((CARRIED, FORMAT, header.to_bytes(), seals_of(header), identity, held, *path))


def test_a_contract_that_reads_another_chain_can_be_upgraded() -> None:
    """The later version reads it as well, and the proofs that were good stay good."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    later = (
        RECEIVER.replace("version 1", "version 2")
        .replace("by Bank\n  require message", "by Bank or Carrier\n  require message")
        .replace("role Bank", "role Bank, Carrier")
    )
    data = later.encode()
    asked = ("ann bob", "Membership.upgrade", "Receiver", 2, hash_of(data))
    receiving.does(*asked, attachment=data)
    receiving.reopened()
    message = sending.proof("Sender", "Sent", number)
    receiving.does("icbc", "Receiver.receive", message, version=2)
    received = receiving.proof("Receiver", "Received", (sending.genesis.hash, number))
    sending.does("icbc", "Sender.settle", number, received)


def test_as_many_seals_are_needed_as_the_genesis_says() -> None:
    """Of three sealers two must seal, whoever they are; a third name helps nobody."""
    sending, receiving = two_chains()
    names = ("node", "second", "third")
    sealers = {one: public_key_of(one) for one in names}
    genesis = replace(sending.genesis, sealers=sealers, seals_min=2)
    receiving.does(
        *("ann bob", "Membership.bind", "C", genesis.hash), attachment=genesis.to_bytes()
    )
    header = replace(sending.moment.header, chain=genesis.hash)
    take = receiving.ledger.state.others.claim_of
    identity = encode(("Membership", "Member", "ann"))

    def proof(*seals: str) -> bytes:
        leaf = Entry(hash_of(identity), hash_of(encode({})))
        taken = 1 << nibble(leaf.key, 0)
        made = replace(header, state=hash_of(NODE + taken.to_bytes(2) + leaf.hash))
        path = (((taken, ()),), tuple(leaf)[:2])
        sealed_by = seals_of(made, *seals)
        return encode((CARRIED, FORMAT, made.to_bytes(), sealed_by, identity, encode({}), *path))

    for good in (("node", "second"), ("second", "third"), names):
        assert take("C", proof(*good)).record == "Member"
    for bad in (("node",), ("third", "mallory"), ("mallory", "trudy")):
        with pytest.raises(NoProof, match="2 are needed"):
            take("C", proof(*bad))


def test_blocks_with_proofs_are_executed_again_to_the_same_roots() -> None:
    """Whoever replays a chain verifies the proofs from what its own blocks carried."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    receiving.does("icbc", "Receiver.receive", sending.proof("Sender", "Sent", number))
    again = OneOfTwo("receiving")
    for block in receiving.kept.blocks:
        execution = again.ledger.execute(block.header.time_ms, block.transactions)
        assert execution.header == block.header
        again.keep(execution)
        again.ledger.commit()


def test_a_later_version_goes_on_taking_proofs() -> None:
    """An upgrade of either side changes nothing of what was proved and of what may be proved."""
    sending, receiving = two_chains()
    number = sent(sending, sending.time_ms + DAY_MS)
    message = sending.proof("Sender", "Sent", number)
    later = RECEIVER.replace("version 1", "version 2")
    assert receiving.upgrade(later, "Receiver")[2] is None
    assert receiving.code("icbc", "Receiver.receive", message) == "WRONG_VERSION"
    receiving.does("icbc", "Receiver.receive", message, version=2)
    receiving.reopened()
    assert receiving.code("icbc", "Receiver.receive", message, version=2) == "DUPLICATE_KEY"
    received = receiving.proof("Receiver", "Received", (sending.genesis.hash, number))
    assert sending.upgrade(SENDER.replace("version 1", "version 2"), "Sender")[2] is None
    sending.does("icbc", "Sender.settle", number, received, version=2)
