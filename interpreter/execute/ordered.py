"""Entries in order, of which those that were kept elsewhere are looked at only when asked for.

In come entries that are added and removed; out they come in order, from any of them on. In a
machine whose state is all in memory nothing is kept elsewhere, and this is a sorted list.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import Any, TypeAlias

from sortedcontainers import SortedList

Entry: TypeAlias = "tuple[Any, ...]"
Fetch: TypeAlias = "Callable[[Entry | None], Iterator[Any]]"
"""Yields what is kept elsewhere, in order, from an entry on (None: from the first)."""

PAGE_COUNT = 100
"""So many entries are read at once."""


class Pages:
    """What is kept elsewhere, read a page at a time; the last page stays, to be asked again.

    # INVARIANT: what is kept does not change until it is forgotten here.
    """

    __slots__ = ("_fetch", "_low", "_page")

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.forget()

    def forget(self) -> None:
        """Read anew from now on."""
        self._page: list[Any] = []
        self._low: Entry | None = None
        """Every entry from here to the end of the page is in the page."""

    def __call__(self, start: Entry | None) -> Iterator[Any]:
        """Yield the entries from one on (None: from the first), in order."""
        while True:
            page = self._page_from(start)
            place = 0 if start is None else bisect_left(page, start)
            # Whoever stops in between may let another page be read.
            yield from page[place:]
            if len(page) < PAGE_COUNT:
                return
            last = page[-1]
            # Nothing stands between an entry and the same with one part more.
            start = (*last, None)

    def _page_from(self, start: Entry | None) -> list[Any]:
        page, low = self._page, self._low
        is_behind_low = low is None or (start is not None and low <= start)
        if page and is_behind_low and (start is None or start <= page[-1]):
            return page
        self._page, self._low = list(islice(self._fetch(start), PAGE_COUNT)), start
        return self._page


class Ordered:
    """What was added since entries were last kept, what is gone since then, and what was kept.

    # INVARIANT: an entry is added once, and only what is there is removed.
    """

    __slots__ = ("_fetch", "_first_kept", "added", "gone")

    def __init__(self, fetch: Fetch | None = None) -> None:
        self.added: SortedList[Any] = SortedList()
        self.gone: dict[Any, None] = {}
        self._fetch = fetch
        self._first_kept: Entry | None = None
        """All that is kept before this one is gone, and need not be looked through again."""

    def settle(self) -> None:
        """Take note that all that differed is kept by now."""
        self.added.clear()
        self.gone.clear()
        self._first_kept = None

    def __bool__(self) -> bool:
        """Whether anything differs from what was kept."""
        return bool(self.added or self.gone)

    def add(self, entry: Any) -> None:
        """Add an entry."""
        if self.gone and entry in self.gone:
            del self.gone[entry]
            if self._first_kept is not None and entry < self._first_kept:
                self._first_kept = entry
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
        if start is not None or self._fetch is None:
            return next(self.starting(start), None)
        found = None
        for kept in self._fetch(self._first_kept):
            self._first_kept = kept
            if kept not in self.gone:
                found = kept
                break
        if self.added and (found is None or self.added[0] < found):
            return self.added[0]
        return found
