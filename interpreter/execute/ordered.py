"""Entries in order, of which those that were kept elsewhere are looked at only when asked for.

In come entries that are added and removed; out they come in order, from any of them on. In a
machine whose state is all in memory nothing is kept elsewhere, and this is a sorted list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from typing import Any, TypeAlias

from sortedcontainers import SortedList

Entry: TypeAlias = "tuple[Any, ...]"
Fetch: TypeAlias = "Callable[[Entry | None], Iterator[Any]]"
"""Yields what is kept elsewhere, in order, from an entry on (None: from the first)."""


class Ordered:
    """What was added since entries were last kept, what is gone since then, and what was kept.

    # INVARIANT: an entry is added once, and only what is there is removed.
    """

    __slots__ = ("_fetch", "added", "gone")

    def __init__(self, fetch: Fetch | None = None) -> None:
        self.added: SortedList[Any] = SortedList()
        self.gone: dict[Any, None] = {}
        self._fetch = fetch

    def __bool__(self) -> bool:
        """Whether anything differs from what was kept."""
        return bool(self.added or self.gone)

    def add(self, entry: Any) -> None:
        """Add an entry."""
        if self.gone and entry in self.gone:
            del self.gone[entry]
        else:
            self.added.add(entry)

    def remove(self, entry: Any) -> None:
        """Remove an entry."""
        if self._fetch is None or entry in self.added:
            self.added.remove(entry)
        else:
            self.gone[entry] = None

    def starting(self, start: Entry | None = None) -> Iterator[Any]:
        """Yield the entries in order, from one on, whether that is there or not."""
        added = self.added
        if start is not None:
            added = added.islice(added.bisect_left(start))
        if self._fetch is None:
            return iter(added)
        gone = self.gone
        return merge((one for one in self._fetch(start) if one not in gone), added)

    def first(self, start: Entry | None = None) -> Any:
        """Return the first entry, from one on, or None."""
        return next(self.starting(start), None)
