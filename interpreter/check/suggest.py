"""Suggest the name that was probably meant: edit distance, nothing else.

In comes what was written and what could have been; out comes the nearest candidate, if any is
near. It refuses to know what the names stand for.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

NAME_LENGTH_MAX = 64
"""Longer names are not compared: nobody mistypes them, and comparing costs length squared."""
LETTERS_PER_MISTAKE = 3
CANDIDATES_MAX = 300
"""Among more names than this nobody needs help before the first hundred mistakes are mended."""


def closest(written: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate nearest to `written`, the first of equals, or None if none is near."""
    if len(written) > NAME_LENGTH_MAX:
        return None
    best: str | None = None
    best_distance = max(1, len(written) // LETTERS_PER_MISTAKE) + 1
    for candidate in islice(candidates, CANDIDATES_MAX):
        if candidate == written or abs(len(candidate) - len(written)) >= best_distance:
            continue
        # Only the case differs: nearer than any other slip.
        is_same_word = candidate.casefold() == written.casefold()
        distance = 0 if is_same_word else edit_distance(written, candidate, best_distance)
        if distance < best_distance and distance < len(candidate):
            best, best_distance = candidate, distance
    return best


def edit_distance(left: str, right: str, limit: int = NAME_LENGTH_MAX) -> int:
    """Return how many letters are added, left out, changed or swapped with their neighbour.

    From `limit` on the exact number is not needed, and something not less than it is returned.

    Source: optimal string alignment, the restricted Damerau-Levenshtein distance.
    """
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        here = [row]
        for column, other in enumerate(right, start=1):
            cost = min(
                above[column] + 1, here[column - 1] + 1, above[column - 1] + (letter != other)
            )
            is_swap = row > 1 and column > 1 and letter == right[column - 2]
            if is_swap and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        if min(here) >= limit and min(above) >= limit:
            return limit
        before, above = above, here
    return above[-1]


def did_you_mean(written: str, candidates: Iterable[str]) -> str:
    """Return the help ``did you mean `x`?``, or nothing."""
    found = closest(written, candidates)
    return f"did you mean `{found}`?" if found else ""
