"""Signatures that are verified ahead of the block that holds them: nothing else comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import chains
import pytest
import small_bank as bank

from servanda.chain.admission import Signed, Verify
from servanda.chain.store import StoreFailed
from servanda.chain.transaction import Envelope, signed_bytes
from servanda.interpreter.receipts import Amount

Chain = Any
CENT = Amount(1, "CNY")


@pytest.fixture
def chain() -> Chain:
    """Return a chain with a bank, two accounts and some money in the first."""
    made = chains.Chain(bank.MEMBERS)
    made.deploy(bank.BANK, "Bank")
    made.does("icbc", "Bank.open", "a")
    made.does("boc", "Bank.open", "b")
    made.does("pboc", "Bank.deposit", "a", Amount(50_000, "CNY"))
    return made


def test_a_key_that_is_rotated_in_between_is_not_taken_over(chain: Chain) -> None:
    """A signature that was found good ahead, under the key of then, is looked at again."""
    rotation = chain.transaction("icbc", "Membership.rotate", "icbc", chains.public_key_of("new"))
    payment = chain.transaction("icbc", "Bank.pay", "a", "b", CENT)
    blocks = [[chain.signed(rotation)], [chain.signed(payment)]]
    codes = []
    for block in chain.ledger.verify_each_ahead(blocks, list, map):
        codes += [one[2] for one in chain.block(*block)]
    assert codes == [None, "BAD_SIGNATURE"]


def test_signatures_of_a_block_are_verified_while_the_one_before_runs(chain: Chain) -> None:
    """Each is handed out before the block before it runs, and never verified again."""
    blocks = [
        [chain.signed(chain.transaction("icbc", "Bank.pay", "a", "b", CENT)) for _ in range(3)]
        for _ in range(3)
    ]
    happened: list[str] = []

    def spread(verify: Verify, parts: Iterable[list[Signed]]) -> Iterable[list[bool]]:
        happened.append("verified")
        return map(verify, parts)

    for block in chain.ledger.verify_each_ahead(blocks, list, spread):
        happened.append("ran")
        assert {one[2] for one in chain.block(*block)} == {None}
    assert happened == ["verified", "verified", "ran", "verified", "ran", "ran"]


def test_what_is_wrong_with_a_block_is_told_behind_those_before_it(chain: Chain) -> None:
    """A block that cannot be read does not hide what the one before it comes to."""

    def blocks() -> Iterator[list[bytes]]:
        yield []
        raise StoreFailed("the second")

    ahead = chain.ledger.verify_each_ahead(blocks(), list, map)
    assert next(ahead) == []
    with pytest.raises(StoreFailed, match="the second"):
        next(ahead)


def test_bad_signatures_are_refused_whoever_verified_them(chain: Chain) -> None:
    """One that is not good is refused with those ahead of it and behind it taken."""
    good = [chain.transaction("icbc", "Bank.pay", "a", "b", CENT) for _ in range(2)]
    forged = chain.transaction("icbc", "Bank.pay", "a", "b", CENT)
    signature = chains.key_of("boc").sign(signed_bytes(forged.to_bytes()))
    envelope = Envelope(forged.to_bytes(), forged, {"icbc": signature}).to_bytes()
    block = [chain.signed(good[0]), envelope, chain.signed(good[1])]
    chain.ledger.verify(block)
    assert [one[2] for one in chain.block(*block)] == [None, "BAD_SIGNATURE", None]
