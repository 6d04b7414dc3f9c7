"""The filter of hashes: it never says of a hash that it knows that it does not."""

from __future__ import annotations

import hashlib

from servanda.chain.hash_filter import HashFilter


def hashed(number: int) -> bytes:
    """Return the hash of a number."""
    return hashlib.sha256(number.to_bytes(8)).digest()


def test_what_it_was_told_may_be_there() -> None:
    """Always; and of what it was not told it lets few through."""
    some = HashFilter()
    assert hashed(0) not in some
    some.add(hashed(0))
    some.update(map(hashed, range(1, 20_000)))
    assert all(hashed(number) in some for number in range(20_000))
    wrong = sum(hashed(number) in some for number in range(20_000, 40_000))
    assert wrong <= 100
    some.clear()
    assert not any(hashed(number) in some for number in range(20_000))
