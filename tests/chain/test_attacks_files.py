"""Hostile files: packs, genesis documents and proofs that were bent on purpose.

Each is refused by name, in bounded time and memory; what is taken says what it said before.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import chains
import every_type
import pytest
import small_bank as bank
from chains import StoredChain
from hypothesis import example, given
from hypothesis import strategies as st
from mutate import mutated

from servanda.chain.audit import Found, audit_pack
from servanda.chain.block import Block, read_block, sealed_bytes
from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.genesis import BadGenesis, Genesis, read_genesis
from servanda.chain.ledger import Ledger
from servanda.chain.merkle import proof_of
from servanda.chain.pack import MAGIC, BadPack, block_bytes_max, pack, unpack
from servanda.chain.proof import NotProved, record_proof, transaction_proof, verify

TURNS = int(os.environ.get("SERVANDA_DAMAGES", "12")) * 3
FEW = 6
"""So many blocks of the history are enough to bend one and go on."""


def sealed(header: bytes) -> dict[str, bytes]:
    """Return the seal of the only sealer, who may be the attacker."""
    return {"node": chains.key_of("node").sign(sealed_bytes(header))}


@pytest.fixture(scope="module")
def history() -> chains.Chain:
    """Return a chain on which everything has happened."""
    return every_type.rich_history()


@pytest.fixture(scope="module")
def blocks(history: chains.Chain) -> list[bytes]:
    """Return its first blocks, sealed."""
    return [
        Block(one.header, one.transactions, sealed(one.header.to_bytes())).to_bytes()
        for one in history.kept.blocks[:FEW]
    ]


def audited(data: bytes, chain: chains.Chain) -> int:
    """Return how many blocks of a pack are right, or raise what is wrong with it."""
    genesis, found = unpack(io.BytesIO(data).read)
    return len(list(audit_pack(genesis, found, chain.zones)))


def packed(genesis: Genesis, blocks: list[bytes]) -> bytes:
    """Return a pack."""
    return b"".join(pack(genesis, blocks))


# ── packs ─────────────────────────────────────────────────────────────────────────────────────


def test_a_bent_block_is_found(history: chains.Chain, blocks: list[bytes]) -> None:
    """Also where its sealer bends it, item by item, and seals it anew."""
    assert audited(packed(history.genesis, blocks), history) == FEW
    for turn in range(TURNS):
        random = Random(turn)  # noqa: S311 -- the same again
        at = random.randrange(3, FEW)
        parts: Any = mutated(decode(blocks[at]), random)
        try:
            bent = encode(parts)
            if turn % 4 and isinstance(parts, tuple) and parts and type(parts[0]) is bytes:
                bent = encode((*parts[:2], sealed(parts[0])))
        except AssertionError:
            continue  # It is nothing that has an encoding.
        if bent == blocks[at]:
            continue
        sent = packed(history.genesis, [*blocks[:at], bent, *blocks[at + 1 :]])
        with pytest.raises((Found, BadPack)):
            audited(sent, history)


def test_a_bent_pack_is_refused(history: chains.Chain, blocks: list[bytes]) -> None:
    """Bits flipped in its frames, frames lost, doubled or swapped, an end that is none."""
    good = packed(history.genesis, blocks)
    frames = blocks
    bad = [
        b"",
        MAGIC,
        MAGIC[:-1] + b"2" + good[len(MAGIC) :],
        good[:-1],
        good[:-4],
        good + b"\0",
        packed(history.genesis, frames[1:]),
        packed(history.genesis, [*frames[:2], frames[1], *frames[2:]]),
        packed(history.genesis, [frames[1], frames[0], *frames[2:]]),
        MAGIC + b"\xff\xff\xff\xff" + good[len(MAGIC) + 4 :],
        MAGIC + bytes(4) + good,
    ]
    for turn in range(TURNS // 4):
        random = Random(turn)  # noqa: S311 -- the same again
        at = random.randrange(len(good))
        bad.append(good[:at] + bytes([good[at] ^ 1 << random.randrange(8)]) + good[at + 1 :])
        bad.append(good[: random.randrange(len(good))])
    for data in bad:
        try:
            audited(data, history)
        except (Found, BadPack):
            continue
        # A flipped bit may stand in a space of the genesis document, which says the same without.
        assert unpack(io.BytesIO(data).read)[0].hash == history.genesis.hash


def test_lengths_are_claims() -> None:
    """Nothing is asked for that could not be there, and no more at once than a megabyte."""
    asked: list[int] = []
    genesis = chains.genesis_of(bank.MEMBERS)
    start = b"".join(pack(genesis, []))[:-4]

    def read_from(data: bytes) -> Any:  # noqa: ANN401 -- a function to read with
        file = io.BytesIO(data)

        def read(count: int) -> bytes:
            asked.append(count)
            return file.read(count)

        return read

    for claim in (block_bytes_max(genesis) + 1, 2**31, 2**32 - 1):
        _, found = unpack(read_from(start + claim.to_bytes(4) + b"x" * 100))
        with pytest.raises(BadPack, match="says that it has"):
            list(found)
    _, found = unpack(read_from(start + block_bytes_max(genesis).to_bytes(4) + b"x" * 100))
    with pytest.raises(BadPack, match="cut off"):
        list(found)
    assert max(asked) <= 1_048_576
    with pytest.raises(BadPack, match="the genesis says that it has"):
        unpack(read_from(MAGIC + (2**31).to_bytes(4)))


BOMBS = {
    "an array of 2**60": b"\x9b" + (2**60).to_bytes(8),
    "transactions without number": b"\x83\x40\x9b" + (2**60).to_bytes(8) + b"\x40" * 50,
    "a transaction of 2**60 bytes": b"\x83\x40\x81\x5b" + (2**60).to_bytes(8),
    "maps for transactions": b"\x83\x40\x9a" + (10**5).to_bytes(4) + b"\xa1\x61a\x00" * 10**5,
    "numbers for transactions": b"\x83\x40\x9a" + (10**6).to_bytes(4) + bytes(10**6),
    "seals without number": b"\x83\x40\x80\xbb" + (2**60).to_bytes(8),
    "huge seals": b"\x83\x40\x80" + b"\x81" * 10**6,
    "lists without end": b"\x83\x40\x9f" + b"\x40" * 100,
    "nothing": b"",
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_block_that_explodes_is_refused_first(what: str) -> None:
    """Before anything is built of it that is larger than itself."""
    with pytest.raises(Malformed):
        read_block(BOMBS[what])


@given(data=st.binary(max_size=40))
@example(b"\x83\x58\x01a\x80\xa0")
@example(b"\x83\x40\x80\xf6")
def test_any_bytes_are_a_block_or_malformed(data: bytes) -> None:
    """There is one spelling of each block, and nothing else is read."""
    try:
        block = read_block(data)
    except Malformed:
        return
    assert block.to_bytes() == data


def test_a_block_is_read_as_it_was_written(blocks: list[bytes]) -> None:
    """Part by part it comes to what the general reader says."""
    for data in blocks:
        parts: Any = decode(data)
        block = read_block(data)
        assert block.to_bytes() == data
        assert (block.header.to_bytes(), block.transactions, dict(block.seals)) == parts


# ── genesis ───────────────────────────────────────────────────────────────────────────────────


def plain(item: Any) -> Any:  # noqa: ANN401 -- of any type
    """Return an item as JSON can hold it."""
    match item:
        case bytes():
            return item.hex()
        case tuple() | list():
            return [plain(one) for one in item]
        case Decimal():
            return 0.5
        case Mapping():
            return {str(name): plain(one) for name, one in item.items()}
        case _:
            return item


def test_a_bent_genesis_is_refused_or_runs(history: chains.Chain) -> None:
    """Whatever one item says: it is refused by name, or a chain begins with it and comes back."""
    document = json.loads(history.genesis.to_json())
    taken, told = 0, []
    for turn in range(TURNS * 3):
        random = Random(turn)  # noqa: S311 -- the same again
        text = json.dumps(plain(mutated(document, random)))
        try:
            genesis = read_genesis(text)
            ledger = Ledger(genesis, history.zones, chains.MemoryKept())
        except BadGenesis as bad:
            told.append(str(bad))
            continue
        taken += 1
        assert read_genesis(genesis.to_json()).hash == genesis.hash
        execution = ledger.execute(min(genesis.time_ms + 1, 253_402_300_799_999), [b"nothing"])
        assert execution.header.height == 1
    assert taken
    assert max(map(len, told)) < 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        '{"a":' * 100_000,
        "null",
        "1" * 100_000,
        "1e999",
        "NaN",
        '"\\ud800"',
        '{"name": 1, "name": 2}',
        '{"\\ud800": 1}',
        "\ufeff{}",
        "{}" + " " * 2_000_000,
        "é" * 600_000,
    ],
)
def test_what_is_no_genesis_is_told(text: str) -> None:
    """JSON of any kind, and what is none."""
    with pytest.raises(BadGenesis):
        read_genesis(text)


@pytest.mark.parametrize("name", ["call_steps_max", "block_steps_max", "lifetime_ms_max"])
@pytest.mark.parametrize("value", [0, -1, 2**40, 2**53, 2**200])
def test_a_genesis_cannot_ask_for_work_without_end(name: str, value: int) -> None:
    """Whoever checks a stranger's chain executes what its genesis allows."""
    document = json.loads(chains.genesis_of(bank.MEMBERS).to_json())
    document["parameters"][name] = value
    with pytest.raises(BadGenesis, match=name):
        read_genesis(json.dumps(document))


FIELD = "  key_since: Time\n"
MEMBERSHIPS = {
    "money that nobody gave it": (FIELD, FIELD + "  money: Balance of CNY\n", "not optional"),
    "a number that is never set": (FIELD, FIELD + "  count: Int in 5..9 = 7\n", "not optional"),
    "a deployment by hash and name": (
        "action deploy(name: Text, source: Hash)",
        "action deploy(source: Hash, name: Text)",
        "takes something else",
    ),
    "a time zone that is not there": (
        "version 1\n",
        'version 1\ntimezone "Asia/Nowhere"\n',
        "time zone",
    ),
    "members by something else": (
        "record KeyUse[key: Hash]",
        "record KeyUse[key: Hash, at: Time]",
        "errors",
    ),
    "another name": ("contract Membership version 1", "contract Members version 1", "not of"),
    "another version": ("contract Membership version 1", "contract Membership version 2", "not of"),
    "no contract": ("contract Membership version 1", "contrakt", "errors"),
}


@pytest.mark.parametrize("what", MEMBERSHIPS)
def test_a_membership_that_cannot_run_is_refused(what: str) -> None:
    """A genesis brings its own contract: what the chain needs of it is looked at first."""
    before, after, told = MEMBERSHIPS[what]
    assert before in chains.MEMBERSHIP
    genesis = replace(
        chains.genesis_of(bank.MEMBERS), membership=chains.MEMBERSHIP.replace(before, after, 1)
    )
    with pytest.raises(BadGenesis, match=told):
        Ledger(genesis, {}, chains.MemoryKept())
    with pytest.raises(Found, match="cannot be run"):
        list(audit_pack(genesis, [], {}))


def test_a_membership_may_have_more(history: chains.Chain) -> None:
    """Fields that can be missing, timers, invariants: such a chain runs and comes back."""
    more = chains.MEMBERSHIP.replace(FIELD, FIELD + "  note: Text?\n", 1).replace(
        "# ── Contracts",
        "every day at 02:00 for member: Member in Active\n  member.key_since = now\n\n"
        'invariant "nobody is called eve"\n  for m in Member\n  holds m.name != "eve"\n\n'
        "# ── Contracts",
        1,
    )
    chain = type(history)(bank.MEMBERS)
    chain.genesis = replace(chain.genesis, membership=more)
    chain.kept = chains.MemoryKept(chain.genesis.hash)
    chain.reopened()
    chain.block(wait_ms=3 * 24 * chains.HOUR_MS)
    assert chain.code("ann", "Membership.enrol", "eve", bytes(32)) == "INVARIANT"
    chain.does("ann", "Membership.enrol", "cy", chains.public_key_of("cy"))
    chain.reopened().state.machine.audit()


# ── proofs ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[bytes]]:
    """Return the hash of a genesis, and proofs: of a record, of none, and of a transaction."""
    made = StoredChain(tmp_path_factory.mktemp("chain"))
    store, height = made.kept, made.kept.height
    header, seals = store.header(height), store.seals(height)
    found = []
    for key in ("a", "nobody"):
        identity = encode(("Bank", "Account", key))
        found.append(record_proof(made.genesis, made.ledger.query(identity), seals))
    envelopes, receipts = store.transactions(height), store.receipts(height)
    found.append(
        transaction_proof(
            *(made.genesis, header, seals),
            (envelopes[0], 0, 1, proof_of(envelopes, 0)),
            (receipts[0], 0, 1, proof_of(receipts, 0)),
        )
    )
    store.close()
    return made.genesis.hash, found


def test_a_bent_proof_proves_nothing_else(proofs: tuple[bytes, list[bytes]]) -> None:
    """Item by item, in its genesis, header, seals, path, record or receipt."""
    chain, documents = proofs
    told = []
    for document in documents:
        honest = verify(document, chain)
        for turn in range(TURNS * 4):
            random = Random(turn)  # noqa: S311 -- the same again
            try:
                bent = encode(mutated(decode(document), random))
            except AssertionError:
                continue
            try:
                proved = verify(bent, chain)
            except NotProved as wrong:
                told.append(str(wrong))
                continue
            assert proved == honest
    assert max(map(len, told)) < 400


def test_a_proof_that_explodes_is_refused(proofs: tuple[bytes, list[bytes]]) -> None:
    """By its length, or by what it says of lengths."""
    chain, documents = proofs
    for data in (*BOMBS.values(), documents[0] + bytes(5_000_000), b"\x81" * 100_000):
        with pytest.raises(NotProved):
            verify(data, chain)


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    """A sparse file of ten gigabytes is not read whole."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    with path.open("rb") as file, pytest.raises(BadPack):
        unpack(file.read)
    with path.open("r+b") as file:
        file.write(b"".join(pack(chains.genesis_of(bank.MEMBERS), []))[:-4])
    with path.open("rb") as file, pytest.raises(BadPack, match="behind its end"):
        list(unpack(file.read)[1])
