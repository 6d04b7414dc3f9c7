"""The values that a column of a decision table can take, cut into the atoms its cells tell apart.

In come the domain of a column and the cells written in it; out goes an `Axis`: disjoint atoms, in
order, such that every cell is a set of whole atoms (an int, one bit an atom), and the way back from
a set of atoms to a cell and to the simplest value in it. Exact: between two neighbouring whole
steps there is nothing, between two decimals there is always another if 34 digits can write it.
It refuses to know syntax, types, rows and hit policies.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# IEEE 754 decimal128, the numbers of the language.
DIGIT_COUNT_MAX: Final = 34


class Marker(Enum):
    """The one value of an open domain that nobody wrote."""

    ANY_OTHER = "any other"


ANY_OTHER: Final = Marker.ANY_OTHER

Number: TypeAlias = int | Decimal
Value: TypeAlias = bool | int | Decimal | str | bytes
WitnessValue: TypeAlias = Value | Marker


@dataclass(frozen=True, slots=True)
class Names:
    """A closed set of names, in declared order: Bool, an enum or a lifecycle, perhaps narrowed."""

    names: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """Whole steps from `low` to `high`, both included, None for no end: Int, Amount, Date, Time.

    `simplest` is the step a reader finds plainest (0 for numbers); None where no step is, as for
    dates: then a witness stands at a written bound.
    """

    low: int | None = None
    high: int | None = None
    simplest: int | None = 0


@dataclass(frozen=True, slots=True)
class Dense:
    """Every decimal from `low` to `high`, both included, None for no end."""

    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Values without end of which only the written ones can be told apart: Text and records."""


Domain: TypeAlias = Names | Steps | Dense | Open


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers between two ends; None is no end, and such an end counts as closed."""

    low: Number | None
    high: Number | None
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A union of values and intervals, or (`not A, B`) everything but that union."""

    parts: tuple[Value | Interval, ...]
    complement: bool = False


# A cell `-` is the complement of nothing.
ANY: Final = Cell((), complement=True)

# A place on a line between values: rank -1 and 1 are the two infinities; side 0 is just before
# the number, side 1 just after it (whole steps need side 0 only).
Position: TypeAlias = tuple[int, Number, int]
Segment: TypeAlias = tuple[Position, Position]
BELOW_ALL: Final[Position] = (-1, 0, 0)
ABOVE_ALL: Final[Position] = (1, 0, 0)


@dataclass(frozen=True, slots=True)
class Points:
    """An axis of single values; the last may be `ANY_OTHER`."""

    values: tuple[WitnessValue, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An axis of disjoint stretches in rising order; each is what no cell divides."""

    domain: Steps | Dense
    segments: tuple[Segment, ...]


Axis: TypeAlias = Points | Line


def atom_count(axis: Axis) -> int:
    """Count the atoms of an axis."""
    return len(axis.values) if isinstance(axis, Points) else len(axis.segments)


def cut(domain: Domain, cells: Iterable[Cell]) -> Axis:
    """Cut a domain into the atoms that the cells tell apart."""
    if isinstance(domain, Names | Open):
        written: dict[WitnessValue, None] = {}
        for cell in cells:
            for part in cell.parts:
                assert not isinstance(part, Interval), "names and open domains have no order"
                written[part] = None
        return Points(domain.names if isinstance(domain, Names) else (*written, ANY_OTHER))
    low, high = domain_segment(domain)
    places = {low, high}
    for cell in cells:
        for part in cell.parts:
            start, end = part_segment(domain, part)
            if start < end:
                places.update((start, end))
    ordered = sorted(place for place in places if low <= place <= high)
    segments = pairwise(ordered)
    return Line(domain, tuple(segment for segment in segments if inhabited(segment)))


def domain_segment(domain: Steps | Dense) -> Segment:
    """Give the whole of an ordered domain as one stretch."""
    return part_segment(domain, Interval(domain.low, domain.high))


def part_segment(domain: Steps | Dense, part: Value | Interval) -> Segment:
    """Give the stretch that one part of a cell writes; empty if its start is not below its end."""
    if not isinstance(part, Interval):
        assert isinstance(part, int | Decimal), "an ordered domain holds numbers"
        part = Interval(part, part)
    dense = isinstance(domain, Dense)
    start, end = BELOW_ALL, ABOVE_ALL
    if part.low is not None:
        after = not part.low_closed
        start = (0, part.low, int(after)) if dense else (0, part.low + int(after), 0)
    if part.high is not None:
        after = part.high_closed
        end = (0, part.high, int(after)) if dense else (0, part.high + int(after), 0)
    return start, end


def inhabited(segment: Segment) -> bool:
    """Tell whether some value lies in a stretch; two neighbouring decimals have none between."""
    (low_rank, low, low_side), (high_rank, high, high_side) = segment
    if low_rank or high_rank or (low_side, high_side) != (1, 0):
        return True
    if low < 0 < high:
        return True
    return decimal_between(low, high, high_closed=False) is not None


def cells_atoms(axis: Axis, cells: Iterable[Cell]) -> list[int]:
    """Give the set of atoms that each cell of a column covers."""
    everything = (1 << atom_count(axis)) - 1
    places = axis.values if isinstance(axis, Points) else ()
    bits = {value: 1 << index for index, value in enumerate(places)}
    found: list[int] = []
    for cell in cells:
        atoms = 0
        for part in cell.parts:
            if isinstance(axis, Line):
                atoms |= segment_atoms(axis, part_segment(axis.domain, part))
            elif not isinstance(part, Interval):
                atoms |= bits.get(part, 0)
        found.append(atoms ^ everything if cell.complement else atoms)
    return found


def segment_atoms(axis: Line, segment: Segment) -> int:
    """Give the atoms that lie in a stretch."""
    first, after = (bisect_left(axis.segments, end, key=segment_start) for end in segment)
    return (1 << after) - (1 << first) if first < after else 0


def segment_start(segment: Segment) -> Position:
    """Give where a stretch starts."""
    return segment[0]


def atoms_cell(axis: Axis, atoms: int) -> Cell:
    """Write a set of atoms as the shortest cell that covers it."""
    count = atom_count(axis)
    if atoms == (1 << count) - 1:
        return ANY
    if isinstance(axis, Line):
        return Cell(tuple(segment_part(axis.domain, s) for s in joined_segments(axis, atoms)))
    complement = axis.values[-1] is ANY_OTHER and bool(atoms >> (count - 1))
    return Cell(
        tuple(
            value
            for index, value in enumerate(axis.values)
            if not isinstance(value, Marker) and bool(atoms >> index & 1) is not complement
        ),
        complement,
    )


def joined_segments(axis: Line, atoms: int) -> list[Segment]:
    """Give the stretches of a set of atoms, neighbours joined."""
    joined: list[Segment] = []
    for index, (start, end) in enumerate(axis.segments):
        if not atoms >> index & 1:
            continue
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def segment_part(domain: Steps | Dense, segment: Segment) -> Value | Interval:
    """Write a stretch as a value or an interval, without an end where the domain itself ends."""
    interval = segment_interval(domain, segment)
    if interval.low is not None and interval.low == interval.high:
        return interval.low
    whole_start, whole_end = domain_segment(domain)
    reaches_low, reaches_high = segment[0] == whole_start, segment[1] == whole_end
    return Interval(
        None if reaches_low else interval.low,
        None if reaches_high else interval.high,
        low_closed=reaches_low or interval.low_closed,
        high_closed=reaches_high or interval.high_closed,
    )


def segment_interval(domain: Steps | Dense, segment: Segment) -> Interval:
    """Write a stretch as an interval with all the ends it has."""
    (low_rank, low, low_side), (high_rank, high, high_side) = segment
    dense = isinstance(domain, Dense)
    return Interval(
        None if low_rank else low,
        None if high_rank else high if dense else high - 1,
        low_closed=bool(low_rank) or low_side == 0,
        high_closed=bool(high_rank) or not dense or high_side == 1,
    )


def simplest_value(axis: Axis, atoms: int) -> WitnessValue:
    """Choose the plainest value in a set of atoms that is not empty."""
    if isinstance(axis, Points):
        return axis.values[(atoms & -atoms).bit_length() - 1]
    domain = axis.domain
    intervals = [segment_interval(domain, s) for s in joined_segments(axis, atoms)]
    if isinstance(domain, Dense):
        return min(map(simplest_decimal, intervals), key=lambda d: (d.copy_abs(), d.is_signed()))
    return simplest_step(domain, intervals)


def simplest_step(domain: Steps, intervals: Sequence[Interval]) -> Number:
    """Choose the step nearest to the domain's simplest, or else one at a written bound."""
    origin = domain.simplest
    if origin is None:
        ends = (end for interval in intervals for end in (interval.low, interval.high))
        return next((end for end in ends if end is not None), 0)
    nearest: list[tuple[Number, Number]] = []
    for interval in intervals:
        step: Number = origin
        if interval.low is not None:
            step = max(step, interval.low)
        if interval.high is not None:
            step = min(step, interval.high)
        nearest.append((max(step - origin, origin - step), step))
    # Of two that are as near, the one above: a reader meets it more often.
    return max(nearest, key=lambda found: (-found[0], found[1]))[1]


def simplest_decimal(interval: Interval) -> Decimal:
    """Choose zero, or the written end nearest to zero, or else a short decimal close to it."""
    low, high = interval.low, interval.high
    if low is not None and (low > 0 or (low == 0 and not interval.low_closed)):
        if interval.low_closed:
            return Decimal(low)
        between = decimal_between(low, high, high_closed=interval.high_closed)
    elif high is not None and (high < 0 or (high == 0 and not interval.high_closed)):
        if interval.high_closed:
            return Decimal(high)
        low = None if low is None else Decimal(low).copy_negate()
        between = decimal_between(Decimal(high).copy_negate(), low, high_closed=interval.low_closed)
        between = None if between is None else between.copy_negate()
    else:
        between = Decimal(0)
    assert between is not None, "every atom is inhabited"
    return between


def decimal_between(low: Number, high: Number | None, *, high_closed: bool) -> Decimal | None:
    """Find the decimal with the fewest places above `low` and below `high`; None if none fits.

    Of those with as few places it is the one nearest to zero. The ends are on one side of zero.
    """
    if low < 0:
        low, high = Decimal(high or 0).copy_negate(), Decimal(low).copy_negate()
        mirrored = decimal_between(low, high, high_closed=False)
        return None if mirrored is None else mirrored.copy_negate()
    exact_low = Fraction(low)
    exact_high = None if high is None else Fraction(high)
    # A number of more than 34 digits has its last places before the point.
    places = min(0, DIGIT_COUNT_MAX - len(str(int(exact_low))))
    while True:
        scale = Fraction(10) ** places
        counted = int(exact_low * scale) + 1
        if len(str(counted).rstrip("0")) > DIGIT_COUNT_MAX:
            return None
        candidate = counted * Fraction(10) ** -places
        if exact_high is None or candidate < exact_high:
            break
        if high_closed and candidate == exact_high:
            break
        places += 1
    return Decimal((0, tuple(map(int, str(counted))), -places))
