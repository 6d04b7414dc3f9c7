"""Entries as they are kept: what is worked out from records, by place, and a sum over each place.

In come changes, out come entries in order. No root stands above them, so that an entry that was
lost would be missed by nobody: for each place the sum of the hashes of all its entries is kept,
and counted again before the place is looked into for the first time; and so is a sum over the
places themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from servanda.chain.kept import Entries
from servanda.chain.merkle import HASH_BYTES, hash_of

SUM_LIMIT = 1 << 8 * HASH_BYTES
PAGE_COUNT = 100
"""So many entries are read at once."""
LENGTH_BYTES = 4


class Database(Protocol):
    """A database of which every failure is told by name."""

    def one(self, query: str, *values: object) -> Any:  # noqa: ANN401 -- a row
        """Return the first row, or None."""

    def all(self, query: str, *values: object) -> Iterator[Any]:
        """Yield every row."""

    def many(self, query: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run a query for each of many rows."""

    def damaged(self, what: str) -> Exception:
        """Return the error that names what is wrong."""


class KeptEntries:
    """The entries of all places."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._damaged = database.damaged
        self._numbers: dict[bytes, int] = {}
        self._sums: dict[int, int] = {}
        self._sum = 0
        self._are_places_counted = False
        self._counted_places: set[int] = set()
        """The places whose entries were counted since the store was opened; only asked whether."""

    def forget(self) -> None:
        """Look again at what is there: another process may have changed it."""
        self._numbers.clear()
        self._sums.clear()
        self._counted_places.clear()
        self._are_places_counted = False

    def between(self, place: bytes, low: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries of a place from `low` to before `end`, in order.

        They are read some at a time, so that nothing is held open between them.
        """
        number = self._counted(place)
        count = 1
        while number is not None:
            query = (
                "SELECT key, value FROM entries WHERE place = ? AND key >= ? AND key < ? "
                "ORDER BY key LIMIT ?"
            )
            found = list(self._database.all(query, number, low, end, count))
            yield from found
            if len(found) < count:
                return
            low, count = found[-1][0] + b"\0", PAGE_COUNT

    def last(self, place: bytes) -> tuple[bytes, bytes] | None:
        """Return the last entry of a place, or None."""
        number = self._counted(place)
        if number is None:
            return None
        query = "SELECT key, value FROM entries WHERE place = ? ORDER BY key DESC LIMIT 1"
        found: tuple[bytes, bytes] | None = self._database.one(query, number)
        return found

    def keep(self, changes: Entries) -> None:
        """Keep the changes of a block."""
        for place, changed in changes.items():
            self._keep_place(place, changed)
        if changes:
            self._database.many(
                "UPDATE meta SET value = ? WHERE name = 'places'", [(_bytes(self._sum),)]
            )

    def _keep_place(self, place: bytes, changed: Mapping[bytes, bytes | None]) -> None:
        number = self._counted(place)
        if number is None:
            number = self._make_place(place)
        total = before = self._sums[number]
        query = "SELECT value FROM entries WHERE place = ? AND key = ?"
        put: list[tuple[Any, ...]] = []
        gone: list[tuple[Any, ...]] = []
        for key, value in changed.items():
            old = self._database.one(query, number, key)
            if old is not None:
                total -= self._weight(key, old[0])
            if value is not None:
                total += self._weight(key, value)
                put.append((number, key, value))
            elif old is not None:
                gone.append((number, key))
        self._database.many("DELETE FROM entries WHERE place = ? AND key = ?", gone)
        self._database.many("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", put)
        self._sums[number] = total % SUM_LIMIT
        self._sum += self._weight(place, _bytes(total)) - self._weight(place, _bytes(before))
        self._database.many("UPDATE places SET sum = ? WHERE number = ?", [(_bytes(total), number)])

    def _make_place(self, place: bytes) -> int:
        number = self._numbers[place] = len(self._numbers) + 1
        self._sums[number] = 0
        self._counted_places.add(number)
        self._sum += self._weight(place, _bytes(0))
        self._database.many("INSERT INTO places VALUES (?, ?, ?)", [(number, place, _bytes(0))])
        return number

    def _counted(self, place: bytes) -> int | None:
        """Return the number of a place whose entries are all there, or None if there is none."""
        if not self._are_places_counted:
            self._count_places()
        number = self._numbers.get(place)
        if number is not None and number not in self._counted_places:
            self._count(number)
        return number

    def _count_places(self) -> None:
        total = 0
        for number, name, sum_ in self._database.all("SELECT number, name, sum FROM places"):
            total += self._weight(name, sum_)
            self._numbers[name] = number
            self._sums[number] = int.from_bytes(sum_)
        found = self._database.one("SELECT value FROM meta WHERE name = 'places'")
        if found is None or found[0] != _bytes(total):
            raise self._damaged("a place of entries was lost, or is not what was written")
        self._are_places_counted, self._sum = True, total % SUM_LIMIT

    def _count(self, number: int) -> None:
        total = 0
        query = "SELECT key, value FROM entries WHERE place = ?"
        for key, value in self._database.all(query, number):
            total += self._weight(key, value)
        if total % SUM_LIMIT != self._sums[number]:
            raise self._damaged("an entry was lost, or is not what was written")
        self._counted_places.add(number)

    def _weight(self, key: object, value: object) -> int:
        if type(key) is not bytes or type(value) is not bytes:
            raise self._damaged("an entry is not what was written")
        return int.from_bytes(hash_of(len(key).to_bytes(LENGTH_BYTES) + key + value))


def _bytes(total: int) -> bytes:
    return (total % SUM_LIMIT).to_bytes(HASH_BYTES)
