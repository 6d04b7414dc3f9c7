"""What a reader shows to a court: what was inside, proved without a chain and without a key."""

from __future__ import annotations

from typing import Any

import pytest
from filings import FilingChain
from hypothesis import given
from hypothesis import strategies as st

from servanda.chain.disclosure import disclosure, is_disclosure, verify_disclosure
from servanda.chain.encoding import decode, encode
from servanda.chain.proof import NotProved, record_proof, verify
from servanda.chain.sealed import Opened
from servanda.interpreter.values.sealed import parts_of


def proved(chain: FilingChain, key: str) -> bytes:
    """Return the proof of a filing, or of its absence, as it stands."""
    store, identity = chain.kept, encode(("Filings", "Filing", key))
    height = chain.ledger.info.height
    return record_proof(chain.genesis, chain.ledger.query(identity), store.seals(height))


@pytest.fixture(scope="module")
def chain() -> FilingChain:
    """Return a chain with one filing."""
    made = FilingChain()
    made.does("icbc", "Filings.file", "a", "icbc", made.sealed("icbc", "all is well"))
    return made


@pytest.fixture(scope="module")
def opened(chain: FilingChain) -> Opened:
    """Return what the regulator found in it."""
    return chain.opened(chain.report("a"), "nfra")


def test_what_was_inside_is_proved(chain: FilingChain, opened: Opened) -> None:
    """With the hash of the genesis alone: the record, its field, the value and who sealed it."""
    data = disclosure(proved(chain, "a"), "report", "Text", opened)
    assert is_disclosure(data)
    found = verify_disclosure(data, chain.genesis.hash)
    assert found.value == "all is well"
    assert (found.field, found.bound.author) == ("report", "icbc")
    assert found.record.header.height == chain.ledger.info.height
    assert not is_disclosure(proved(chain, "a"))
    with pytest.raises(NotProved):
        verify(data, chain.genesis.hash)


def test_nobody_proves_something_else(chain: FilingChain, opened: Opened) -> None:
    """Another value, salt, type, field, record or chain: the commitment is to one of each."""
    proof = proved(chain, "a")
    other = chain.sealed("icbc", "worse")
    absent, genesis = proved(chain, "none"), chain.genesis.hash
    for data, told in (
        (disclosure(proof, "report", "Text", opened._replace(value="worse")), "something else"),
        (disclosure(proof, "report", "Text", opened._replace(salt=bytes(32))), "something else"),
        (disclosure(proof, "report", "Hash", opened), "something else"),
        (disclosure(proof, "bank", "Text", opened), "no sealed value in this field"),
        (disclosure(proof, "extra", "Text", opened), "no sealed value in this field"),
        (disclosure(absent, "report", "Text", opened), "no sealed value in this field"),
        (disclosure(b"", "report", "Text", opened), "cannot be read"),
        (disclosure(encode(5), "report", "Text", opened), "no proof of a form"),
        (encode(("servanda opened", True, proof, "report", "Text", opened.salt, "x")), "a form"),
        (encode(("servanda opened", 2, proof, "report", "Text", opened.salt, "x")), "a form"),
        (encode(("servanda opened", 1, proof, "report", "Text", b"", "x")), "a form"),
        (disclosure(proof, "report", "Text", opened)[:-1], "cannot be read"),
    ):
        with pytest.raises(NotProved, match=told):
            verify_disclosure(data, genesis)
    with pytest.raises(NotProved, match="of the chain"):
        verify_disclosure(disclosure(proof, "report", "Text", opened), bytes(32))
    assert parts_of(other).commitment != parts_of(chain.report("a")).commitment


def test_a_transaction_is_no_record(chain: FilingChain, opened: Opened) -> None:
    """A disclosure inside a disclosure, or a proof of another kind, proves nothing."""
    inner = disclosure(proved(chain, "a"), "report", "Text", opened)
    with pytest.raises(NotProved):
        verify_disclosure(disclosure(inner, "report", "Text", opened), chain.genesis.hash)


@given(at=st.integers(0, 10**6), by=st.integers(1, 255))
def test_one_changed_byte_proves_nothing(
    chain: FilingChain, opened: Opened, at: int, by: int
) -> None:
    """Wherever it is changed, it is refused by name; never a crash, never another value."""
    data = bytearray(disclosure(proved(chain, "a"), "report", "Text", opened))
    data[at % len(data)] ^= by
    try:
        found = verify_disclosure(bytes(data), chain.genesis.hash)
    except NotProved:
        return
    # A blank of the genesis document may be another blank: it is of the same hash.
    assert (found.value, found.bound.author, found.field) == ("all is well", "icbc", "report")


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    """No bytes are a disclosure by chance."""
    with pytest.raises(NotProved):
        verify_disclosure(data, bytes(32))


def test_every_part_has_one_form(chain: FilingChain, opened: Opened) -> None:
    """Each part exchanged for a value of another kind."""
    parts: Any = decode(disclosure(proved(chain, "a"), "report", "Text", opened))
    for place in range(6):
        for wrong in (None, 5, "x", b"x", (), {"a": 1}):
            if type(wrong) is type(parts[place]) and place != 1:
                continue
            data = encode((*parts[:place], wrong, *parts[place + 1 :]))
            with pytest.raises(NotProved):
                verify_disclosure(data, chain.genesis.hash)
