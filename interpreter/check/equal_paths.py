"""Find which fixed paths are known to be one, and so which units are.

In come paths and what guards and creations say of them; out comes whether two are one. It refuses
to know how a fact is learned, or when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from servanda.interpreter.check.facts import frames
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.types import FieldUnit, Unit

Pair = tuple[Unit, Unit]


def same_unit(left: Unit, right: Unit, scope: Scope) -> bool:
    """Whether two units are the same path, or what is known says that they are equal."""
    return left == right or are_equal(left, right, known_pairs(scope))


def known_pairs(scope: Scope) -> list[Pair]:
    """Return the paths that are known to be equal here, pair by pair."""
    return [pair for frame in frames(scope) for pair in frame.equal_paths]


def are_equal(left: Unit, right: Unit, pairs: Sequence[Pair]) -> bool:
    """Whether two paths lead to one value wherever both of every pair do.

    This is congruence closure over the paths that occur and their beginnings: equal records have
    equal fields. It never makes a longer path, so that it ends even if `x.f == x`.
    """
    if not pairs:
        return left == right
    written = (left, right, *(path for pair in pairs for path in pair))
    paths = list(dict.fromkeys(one for path in written for one in beginnings(path)))
    groups = {path: index for index, path in enumerate(paths)}
    merging = list(pairs)
    while merging:
        for first, second in merging:
            merge(groups, groups[first], groups[second])
        merging = list(equal_fields(groups))
    return groups[left] == groups[right]


def beginnings(path: Unit) -> Iterator[Unit]:
    """Yield a path and those that it goes on from: of `x.f.g` also `x.f` and `x`."""
    yield path
    if isinstance(path, FieldUnit):
        for length in reversed(range(len(path.fields))):
            yield FieldUnit(path.root, path.root_name, path.fields[:length])


def merge(groups: dict[Unit, int], kept: int, dropped: int) -> None:
    """Make two groups of paths one."""
    if kept != dropped:
        for path, group in groups.items():
            if group == dropped:
                groups[path] = kept


def equal_fields(groups: dict[Unit, int]) -> Iterator[Pair]:
    """Yield fields of one name, of records that are one, which are not yet known to be one."""
    found: dict[tuple[int, str], Unit] = {}
    for path, group in groups.items():
        if isinstance(path, FieldUnit) and path.fields:
            record = FieldUnit(path.root, path.root_name, path.fields[:-1])
            other = found.setdefault((groups[record], path.fields[-1]), path)
            if groups[other] != group:
                yield other, path


def other_names(unit: FieldUnit, scope: Scope) -> Iterator[Unit]:
    """Yield paths that are known to be the same unit: those in which its beginning has another."""
    pairs = known_pairs(scope)
    others = dict.fromkeys(path for pair in pairs for path in pair)
    for start in beginnings(unit):
        if not isinstance(start, FieldUnit):
            continue
        rest = unit.fields[len(start.fields) :]
        for other in others:
            if other == start or not are_equal(start, other, pairs):
                continue
            if isinstance(other, FieldUnit):
                yield FieldUnit(other.root, other.root_name, other.fields + rest)
            elif not rest:
                yield other
