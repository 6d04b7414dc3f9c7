"""Words of messages: counts and lists of names as people write them."""

from __future__ import annotations

from collections.abc import Iterable


def count_of(count: int, noun: str) -> str:
    """Return `1 key` or `3 keys`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def all_names(names: Iterable[str]) -> str:
    """Return names in backticks, the last one behind `and`."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) <= 1:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
