"""A block so far, laid over what was kept: how a state is read in the midst of a block.

In come what was kept and the changes since; out comes what a store would say that had kept both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sortedcontainers import SortedDict

from servanda.chain.kept import Entries, Readable
from servanda.chain.sortable import BEHIND_ALL


class Overlay:
    """Changes of a block over what was kept before it."""

    def __init__(self, kept: Readable, records: dict[bytes, bytes], entries: Entries) -> None:
        self._kept = kept
        self.records = records
        self.entries_changed: dict[bytes, SortedDict[bytes, bytes | None]] = {
            place: SortedDict(changed) for place, changed in entries.items()
        }
        """What changed in each place, in order: looking for a few costs little among many."""

    def record(self, identity: bytes, height: int) -> bytes | None:
        """Return the value of a record as it is now, or None if there is none."""
        found = self.records.get(identity)
        return self._kept.record(identity, height) if found is None else found

    def entries(self, place: bytes, low: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries of a place from `low` to before `end`, in order."""
        changed = self.entries_changed.get(place)
        kept = self._kept.entries(place, low, end)
        return _merged(kept, changed, low, end) if changed else kept

    def last_entry(self, place: bytes) -> tuple[bytes, bytes] | None:
        """Return the last entry of a place, or None."""
        if not self.entries_changed.get(place):
            return self._kept.last_entry(place)
        return next(reversed(list(self.entries(place, b"", BEHIND_ALL))), None)

    def purge(self, place: bytes) -> int:
        """Take every entry out of a place; return how many there were."""
        found = [key for key, _ in self.entries(place, b"", BEHIND_ALL)]
        self.change(place, dict.fromkeys(found))
        return len(found)

    def change(self, place: bytes, changed: Mapping[bytes, bytes | None]) -> None:
        """Change entries of a place; None takes one out."""
        self.entries_changed.setdefault(place, SortedDict()).update(changed)


def _merged(
    kept: Iterator[tuple[bytes, bytes]],
    changed: SortedDict[bytes, bytes | None],
    low: bytes,
    end: bytes,
) -> Iterator[tuple[bytes, bytes]]:
    """Yield both in order; what was kept under a key that has changed is not what is there."""
    waiting = changed.irange(low, end, inclusive=(True, False))
    change = next(waiting, None)
    for key, value in kept:
        while change is not None and change < key:
            yield from _there(change, changed[change])
            change = next(waiting, None)
        if key not in changed:
            yield key, value
    while change is not None:
        yield from _there(change, changed[change])
        change = next(waiting, None)


def _there(key: bytes, value: bytes | None) -> Iterator[tuple[bytes, bytes]]:
    if value is not None:
        yield key, value


def merged_entries(first: Entries, then: Entries) -> dict[bytes, dict[bytes, bytes | None]]:
    """Return changes of entries, of which the later ones count."""
    places = dict.fromkeys([*first, *then])
    return {place: {**first.get(place, {}), **then.get(place, {})} for place in places}
