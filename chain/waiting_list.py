"""The waiting list: what waits on the chain for signatures, by hash, by expiry and by signer.

In comes the kept form of each, `[body, {signer: [key, signature]}]`; out comes what has lapsed and
how much a member makes the chain keep. It refuses to know who may sign: that is `pending.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sortedcontainers import SortedSet

from servanda.chain.encoding import Item
from servanda.chain.transaction import read_transaction


class WaitingList(Mapping[bytes, Item]):
    """The transactions that wait, in their kept form, by the hash of each.

    # INVARIANT: a block looks at what lapses in it and not at all that waits.
    """

    def __init__(self) -> None:
        self._kept: dict[bytes, Item] = {}
        self._expiries: dict[bytes, int] = {}
        self._by_expiry: SortedSet[Any] = SortedSet()
        self._counts: dict[str, int] = {}

    def __getitem__(self, transaction: bytes) -> Item:
        return self._kept[transaction]

    def __contains__(self, transaction: object) -> bool:
        # It is asked of every transaction, and a mapping would try, and fail, to find it.
        return transaction in self._kept

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, transaction: bytes, kept: Item) -> None:
        """Add a transaction, or the signatures that it now has."""
        if transaction in self._kept:
            self.remove(transaction)
        body, signed = _parts(kept)
        expiry_ms = read_transaction(body).expiry_ms
        self._kept[transaction] = kept
        self._expiries[transaction] = expiry_ms
        self._by_expiry.add((expiry_ms, transaction))
        for name in signed:
            self._counts[name] = self._counts.get(name, 0) + 1

    def remove(self, transaction: bytes) -> None:
        """Take away a transaction that is there."""
        _, signed = _parts(self._kept.pop(transaction))
        self._by_expiry.remove((self._expiries.pop(transaction), transaction))
        for name in signed:
            self._counts[name] -= 1
            if not self._counts[name]:
                del self._counts[name]

    def lapsed(self, time_ms: int) -> list[tuple[bytes, int]]:
        """Return the hashes, with their expiry, of all that has expired by a time, in order."""
        found = []
        for expiry_ms, transaction in self._by_expiry:
            if expiry_ms > time_ms:
                break
            found.append((transaction, expiry_ms))
        return found

    def count_of(self, signer: str) -> int:
        """Return how many transactions wait with a signature of this name."""
        return self._counts.get(signer, 0)


def _parts(kept: Any) -> tuple[bytes, Mapping[str, Any]]:  # noqa: ANN401 -- what was decoded
    body, signed = kept
    return body, signed
