"""Proofs and audits: what holds is proved to anybody, and nothing that was bent passes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chains
import pytest
from chains import StoredChain
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.chain.audit import Found, audit
from servanda.chain.block import sealed_bytes
from servanda.chain.encoding import decode, encode
from servanda.chain.ledger import Ledger
from servanda.chain.merkle import proof_of
from servanda.chain.proof import (
    NotProved,
    ProvedRecord,
    ProvedTransaction,
    record_proof,
    transaction_proof,
    verify,
)
from servanda.chain.store import FILE, Store, StoreFailed, create_store
from servanda.interpreter.receipts import Amount

ACCOUNT = encode(("Bank", "Account", "a"))
NOBODY = encode(("Bank", "Account", "nobody"))


def proved_record(chain: StoredChain, identity: bytes, height: int) -> bytes:
    """Return the proof of a record at a height."""
    store = chain.kept
    return record_proof(chain.genesis, chain.ledger.query(identity, height), store.seals(height))


def proved_transaction(chain: StoredChain, height: int, place: int, other: int) -> bytes:
    """Return the proof of a transaction with a receipt of its block."""
    store = chain.kept
    envelopes, receipts = store.transactions(height), store.receipts(height)
    return transaction_proof(
        chain.genesis,
        store.header(height),
        store.seals(height),
        (envelopes[place], place, len(envelopes), proof_of(envelopes, place)),
        (receipts[other], other, len(receipts), proof_of(receipts, other)),
    )


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredChain]:
    """Return a chain with accounts; block 6 holds two payments."""
    made = StoredChain(tmp_path_factory.mktemp("chain"))
    made.block(
        *[
            made.signed(made.transaction("icbc", "Bank.pay", "a", "b", Amount(n, "CNY")))
            for n in (1, 60_000)
        ]
    )
    yield made
    made.kept.close()


def test_a_record_is_proved_as_it_was(chain: StoredChain) -> None:
    """With the genesis' hash alone: the value, the height, the time and who sealed it."""
    for height, balance in ((3, 0), (4, 50_000), (6, 49_999)):
        proved = verify(proved_record(chain, ACCOUNT, height), chain.genesis.hash)
        assert isinstance(proved, ProvedRecord)
        assert proved.value is not None
        value: Any = decode(proved.value)
        assert (value["balance"], value["holder"]) == (balance, "icbc")
        assert (proved.header.height, proved.sealed_by) == (height, ("node",))


def test_absence_is_proved(chain: StoredChain) -> None:
    """A record that never was, and one that was not yet."""
    for identity, height in ((NOBODY, 6), (ACCOUNT, 1)):
        proved = verify(proved_record(chain, identity, height), chain.genesis.hash)
        assert isinstance(proved, ProvedRecord)
        assert proved.value is None


def test_a_transaction_is_proved_with_what_it_came_to(chain: StoredChain) -> None:
    """Done or refused; and no receipt of another transaction passes as its own."""
    for place, code in ((0, None), (1, "INSUFFICIENT")):
        document = proved_transaction(chain, 6, place, place)
        proved = verify(document, chain.genesis.hash)
        assert isinstance(proved, ProvedTransaction)
        receipt: Any = decode(proved.receipt)
        assert receipt[2] == code
    with pytest.raises(NotProved, match="another transaction"):
        verify(proved_transaction(chain, 6, 0, 1), chain.genesis.hash)


def test_what_is_no_record_is_not_proved_to_be_absent(chain: StoredChain) -> None:
    """Nothing stands under bytes that name no record: a document that says so says nothing."""
    for identity in (b"\xff", b"", encode("Account"), encode(("Bank", 5, "a")), encode((1, 2, 3))):
        with pytest.raises(NotProved, match=r"cannot be read|is no record"):
            verify(proved_record(chain, identity, 6), chain.genesis.hash)


def test_what_a_chain_keeps_of_itself_is_proved(chain: StoredChain) -> None:
    """What was issued, which is a number and no map of fields."""
    identity = encode(("", "issued", ("Bank", "CNY")))
    proved = verify(proved_record(chain, identity, 6), chain.genesis.hash)
    assert isinstance(proved, ProvedRecord)
    assert proved.value == encode(50_000)


def test_garbage_in_a_block_proves_nothing_and_stands_in_no_way(tmp_path: Path) -> None:
    """A block holds whatever its sealer took up; what is no transaction is not proved as one."""
    made = StoredChain(tmp_path)
    good = made.signed(made.transaction("icbc", "Bank.pay", "a", "b", Amount(1, "CNY")))
    garbage = (encode(5), encode((5, 5)), b"\xff", encode((encode(5), {})))
    receipts = made.block(good, *garbage)
    height = made.kept.height
    assert [one[0] for one in receipts] == [0, 4, 4, 4, 4]
    proved = verify(proved_transaction(made, height, 0, 0), made.genesis.hash)
    assert isinstance(proved, ProvedTransaction)
    assert proved.envelope == good
    for place in range(1, len(receipts)):
        with pytest.raises(NotProved, match="cannot be read"):
            verify(proved_transaction(made, height, place, place), made.genesis.hash)
    with pytest.raises(NotProved, match="another transaction"):
        verify(proved_transaction(made, height, 0, 1), made.genesis.hash)
    made.kept.close()


def test_another_chain_and_too_few_seals_prove_nothing(chain: StoredChain) -> None:
    """Who knows the genesis' hash cannot be told about another chain, or by nobody."""
    document = proved_record(chain, ACCOUNT, 6)
    with pytest.raises(NotProved, match="of the chain"):
        verify(document, bytes(32))
    parts: Any = decode(document)
    unsealed = encode((*parts[:4], {}, *parts[5:]))
    with pytest.raises(NotProved, match="0 good seals"):
        verify(unsealed, chain.genesis.hash)
    stranger = chains.key_of("eve").sign(sealed_bytes(parts[3]))
    forged = encode((*parts[:4], {"node": stranger}, *parts[5:]))
    with pytest.raises(NotProved, match="0 good seals"):
        verify(forged, chain.genesis.hash)


def test_no_other_value_passes(chain: StoredChain) -> None:
    """More money, no record, a record that is not there: each with the honest path."""
    parts: Any = decode(proved_record(chain, ACCOUNT, 6))
    honest: Any = decode(parts[6])
    richer = encode({**honest, "balance": 10**9})
    for value in (richer, None):
        with pytest.raises(NotProved):
            verify(encode((*parts[:6], value, *parts[7:])), chain.genesis.hash)
    absent: Any = decode(proved_record(chain, NOBODY, 6))
    with pytest.raises(NotProved):
        verify(encode((*absent[:6], richer, *absent[7:])), chain.genesis.hash)
    with pytest.raises(NotProved):
        verify(encode((*parts[:5], NOBODY, *parts[6:])), chain.genesis.hash)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_bent_document_proves_nothing_else(chain: StoredChain, data: st.DataObject) -> None:
    """Flipped, cut or filled anywhere: refused, or the very same is proved."""
    document = data.draw(
        st.sampled_from([proved_record(chain, ACCOUNT, 6), proved_transaction(chain, 6, 1, 1)])
    )
    honest = verify(document, chain.genesis.hash)
    bent = bytearray(document)
    place = data.draw(st.integers(0, len(bent) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "fill"])):
        case "flip":
            bent[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del bent[place:]
        case _:
            bent[place:place] = data.draw(st.binary(min_size=1, max_size=4))
    try:
        proved = verify(bytes(bent), chain.genesis.hash)
    except NotProved:
        return
    assert proved == honest


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_answered(chain: StoredChain, data: bytes) -> None:
    """A hostile file is refused, never a crash."""
    with pytest.raises(NotProved):
        verify(data, chain.genesis.hash)


# ── audit ─────────────────────────────────────────────────────────────────────────────────────


def test_an_honest_store_passes(chain: StoredChain) -> None:
    """Every block, in order."""
    store = Store(chain.folder, writes=False)
    assert list(audit(store, chain.genesis, {})) == [1, 2, 3, 4, 5, 6]
    store.close()


def audit_all(folder: str, chain: StoredChain) -> None:
    """Audit a store to its end."""
    store = Store(folder, writes=False)
    try:
        list(audit(store, chain.genesis, {}))
    finally:
        store.close()


FORGERIES = {
    "a record": "UPDATE records SET value = x'a0' WHERE number = 12",
    "a lost record": "DELETE FROM records WHERE number = 12",
    "one more record": "INSERT INTO records VALUES (1000, x'00', x'00')",
    "a lost node": "DELETE FROM nodes WHERE number = (SELECT root FROM blocks WHERE height = 6)",
    "one more node": "INSERT INTO nodes VALUES (1000, x'00')",
    "another node": "UPDATE nodes SET data = zeroblob(length(data)) WHERE number = 3",
    "another root": "UPDATE blocks SET root = 1 WHERE height = 6",
    "a lost end": "DELETE FROM ended WHERE height = 6",
    "a lost entry": "DELETE FROM entries WHERE key = (SELECT min(key) FROM entries)",
    "another entry": "UPDATE entries SET value = x'80' WHERE key = (SELECT min(key) FROM entries)",
    "another sum": "UPDATE places SET sum = zeroblob(32) WHERE number = 1",
    "a lost place": "DELETE FROM places WHERE number = 1",
    "a seal": "UPDATE blocks SET seals = x'a0' WHERE height = 3",
    "a lost block": "DELETE FROM blocks WHERE height = 6",
    "a source": "UPDATE sources SET source = x'00'",
}


@pytest.mark.parametrize("what", [*FORGERIES, "what may run again"])
def test_a_forged_store_is_found(what: str, chain: StoredChain, tmp_path: Path) -> None:
    """Also where whoever changed it mended the sums."""
    database = sqlite3.connect(Path(chain.folder) / FILE)
    copy = sqlite3.connect(tmp_path / FILE)
    database.backup(copy)
    database.close()
    if what == "what may run again":
        copy.execute("DELETE FROM ended")
        copy.execute("UPDATE meta SET value = zeroblob(32) WHERE name = 'live'")
    else:
        assert copy.execute(FORGERIES[what]).rowcount >= 1
    copy.commit()
    copy.close()
    with pytest.raises((Found, StoreFailed)):
        audit_all(str(tmp_path), chain)


def test_a_block_that_was_made_up_is_found(chain: StoredChain, tmp_path: Path) -> None:
    """A sealer who writes a state that does not follow is found by whoever executes again."""
    create_store(str(tmp_path), chain.genesis.hash)
    store = Store(str(tmp_path), writes=True)
    ledger = Ledger(chain.genesis, {}, store)
    execution = ledger.execute(chain.time_ms, ())
    row = next(
        row
        for table in ledger.state.machine.tables.values()
        for row in table.rows.values()
        if table.name == "Grant"
    )
    ledger.commit()
    row.f_is_held = False
    ledger.state.touch([row])
    store.keep(
        execution, {"node": chains.key_of("node").sign(sealed_bytes(execution.header.to_bytes()))}
    )
    second = ledger.execute(chain.time_ms + 1, ())
    seal = chains.key_of("node").sign(sealed_bytes(second.header.to_bytes()))
    store.keep(second, {"node": seal})
    store.close()
    with pytest.raises(Found, match="block 2"):
        audit_all(str(tmp_path), chain)
