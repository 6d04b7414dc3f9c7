"""Find which fixed paths are known to be one, and so which units are.

In come paths and what guards and creations say of them; out comes whether two are one. It refuses
to know how a fact is learned, or when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush

from servanda.interpreter.check.facts import frames
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.types import FieldUnit, FixedUnit, Unit

NAMES_MAX = 300
"""Of a path with more names than this not all are looked at: what is not found is not known."""
FIELDS_MAX = 64
"""Longer names of a path are not looked at; without a limit `x.f == x` would have no end."""

Equals = Callable[[Unit], Iterable[Unit]]
"""Returns the paths that are known to be equal to a path as it stands."""


def same_unit(left: Unit, right: Unit, scope: Scope) -> bool:
    """Whether two units are the same path, or what is known says that they are equal."""
    return left == right or are_equal(left, right, lambda path: known_equals(path, scope))


def other_names(unit: Unit, scope: Scope) -> Iterator[Unit]:
    """Yield the paths that are known to be the same unit, the shortest first."""
    return iter(Names(unit, lambda path: known_equals(path, scope)))


def known_equals(path: Unit, scope: Scope) -> Iterator[Unit]:
    """Yield the paths that a fact of this scope says are equal to a path."""
    for frame in frames(scope):
        yield from frame.equal_paths.get(path, ())


def learn_equal_paths(first: Unit, second: Unit, scope: Scope) -> None:
    """Add that two paths lead to one record, or are one unit."""
    scope.equal_paths.setdefault(first, {})[second] = None
    scope.equal_paths.setdefault(second, {})[first] = None


def are_equal(left: Unit, right: Unit, equals: Equals) -> bool:
    """Whether two paths lead to one value, for what `equals` says and what follows from it.

    Equal records have equal fields, and nothing else follows: every beginning of a path may be
    replaced by its equal. Both are given other names in turn, until they share one.
    """
    # The longer path has the fewer names: many records are made with one and the same.
    longer, shorter = sorted((left, right), key=length_of, reverse=True)
    sides = (Names(longer, equals), Names(shorter, equals))
    if sides[1].has(longer):
        return True
    while True:
        for one, other in (sides, sides[::-1]):
            found = one.find_more()
            if found is None:
                return False
            if any(other.has(path) for path in found):
                return True


def length_of(path: Unit) -> int:
    """Return how many fields a path goes through; a unit that is known is at its end."""
    return len(path.fields) if isinstance(path, FieldUnit) else -1


class Names:
    """The names of one path as they are found, the shortest first."""

    __slots__ = ("_equals", "_found", "_looked_at_count", "_waiting")

    def __init__(self, path: Unit, equals: Equals) -> None:
        self._equals = equals
        self._found = {path: None}
        self._waiting = [(length_of(path), 0, path)]
        self._looked_at_count = 0

    def has(self, path: Unit) -> bool:
        """Whether a path is one of the names found so far."""
        return path in self._found

    def __iter__(self) -> Iterator[Unit]:
        """Yield every name but the first, as it is found."""
        while (more := self.find_more()) is not None:
            yield from more

    def find_more(self) -> Iterator[Unit] | None:
        """Return the names that replacing in one more name gives; None if there is none left."""
        if not self._waiting or self._looked_at_count == NAMES_MAX:
            return None
        self._looked_at_count += 1
        return self._replaced(heappop(self._waiting)[2])

    def _replaced(self, path: Unit) -> Iterator[Unit]:
        for start, rest in beginnings(path):
            for equal in self._equals(start):
                if isinstance(equal, FixedUnit):
                    assert not rest, "a Currency has no fields"
                    name: Unit = equal
                else:
                    name = FieldUnit(equal.root, equal.root_name, equal.fields + rest)
                if name not in self._found and length_of(name) <= FIELDS_MAX:
                    self._found[name] = None
                    heappush(self._waiting, (length_of(name), len(self._found), name))
                    yield name


def beginnings(path: Unit) -> Iterator[tuple[Unit, tuple[str, ...]]]:
    """Yield what a path begins with, and the fields behind it: of `x.f.g` also `x.f` and `x`."""
    yield path, ()
    if isinstance(path, FieldUnit):
        for length in reversed(range(len(path.fields))):
            start = FieldUnit(path.root, path.root_name, path.fields[:length])
            yield start, path.fields[length:]
