"""Find a point that no box of a union covers, or the boxes that cover everything.

In come columns of kinds; a kind is a value of that column that the boxes cannot tell from others,
given as the set of boxes (an int, one bit a box) that contain it. A point is one kind a column; it
is uncovered if no box is in all of its kinds' sets. Out comes such a point, or a set of boxes that
covers all points. It refuses to know what the kinds and boxes stand for.

The question is coNP-complete, so the work is bounded by a count of steps, never by a clock. The
search picks kinds column by column. It drops kinds that are no better than another, kinds that
leave a box which no other column can exclude, and every choice that a cover found earlier already
answers; what is small enough is decided in one piece, with one bit a point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Up to so many points are decided in one piece; measured, more is slower than to branch again.
GRID_POINT_COUNT_MAX: Final = 1 << 16
# Comparing every kind with every other pays only in columns as short as this.
COMPARED_KIND_COUNT_MAX: Final = 100
# Spaces remembered as covered; a longer list costs more than it saves.
LEARNED_COUNT_MAX: Final = 300
# A box left idle by a cut counts as much as so many boxes that lose one of their sides.
IDLE_GAIN: Final = 4
# One step is one operation on a set of boxes; a grid does so many points in one step.
GRID_POINTS_A_STEP: Final = 2048


class WorkExhausted(Exception):  # noqa: N818 -- the answer is "not known", nothing is at fault
    """The bound on the work was met before the question was decided."""


@dataclass(slots=True)
class Work:
    """The steps that are left to spend."""

    left: int

    def spend(self, steps: int) -> None:
        """Count steps; refuse once there are none left."""
        self.left -= steps
        if self.left < 0:
            raise WorkExhausted


class Kind(NamedTuple):
    """One value of a column, as the boxes see it."""

    boxes: int
    number: int


Columns: TypeAlias = tuple[tuple[Kind, ...], ...]


class Answer(NamedTuple):
    """An uncovered point, as a kind number per column, or None and boxes that cover everything."""

    point: tuple[int, ...] | None
    cover: int


class Settled(NamedTuple):
    """What is left of a space after everything that follows by itself."""

    columns: Columns
    boxes: int
    fixed: tuple[int, ...]
    reasons: int


class Learned(NamedTuple):
    """A space, one bit a kind, and boxes that cover it."""

    space: int
    cover: int


@dataclass(frozen=True, slots=True)
class Search:
    """One search: its columns, where each starts in a space, its work, and what it has learned."""

    columns: Columns
    offsets: tuple[int, ...]
    work: Work
    learned: list[Learned] = field(default_factory=list)


def start_search(columns: Sequence[Sequence[Kind]], work: Work) -> Search:
    """Open a search over columns whose kinds are numbered from 0 without a hole."""
    offsets = tuple(sum(map(len, columns[:index])) for index in range(len(columns)))
    return Search(tuple(tuple(column) for column in columns), offsets, work)


def find_uncovered(search: Search, columns: Sequence[Sequence[Kind]], boxes: int) -> Answer:
    """Find a point of a part of the columns outside `boxes`, or boxes of them that cover it.

    Boxes may only be added from one call to the next of one search, since what one call has
    learned is used by the next.
    """
    if not all(columns):
        return Answer(None, 0)
    part = tuple(tuple(column) for column in columns)
    settled = settle(search.work, part, boxes)
    if isinstance(settled, Settled):
        point = guess(search.work, settled)
        if point is not None:
            return Answer(point, 0)
    return explore(search, part, boxes)


def guess(work: Work, settled: Settled) -> tuple[int, ...] | None:
    """Pick in turn whatever is in the fewest boxes; most tables with a free point show one so."""
    boxes = settled.boxes
    picked: dict[int, int] = {}
    while len(picked) < len(settled.columns):
        best: tuple[int, int, Kind] | None = None
        for column, kinds in enumerate(settled.columns):
            if column in picked:
                continue
            work.spend(len(kinds))
            count, kind = min(((k.boxes & boxes).bit_count(), k) for k in kinds)
            if best is None or count < best[0]:
                best = count, column, kind
        assert best is not None, "some column is left to pick from"
        picked[best[1]] = best[2].number
        boxes &= best[2].boxes
    return None if boxes else tuple(picked[column] for column in range(len(picked)))


def explore(search: Search, columns: Columns, boxes: int) -> Answer:
    """Decide the space of some kinds of each column."""
    space = 0
    for offset, kinds in zip(search.offsets, columns, strict=True):
        for kind in kinds:
            space |= 1 << offset + kind.number
    search.work.spend(len(search.learned) // 4 + space.bit_count())
    for known in search.learned:
        if not space & ~known.space:
            return Answer(None, known.cover)
    settled = settle(search.work, columns, boxes)
    if isinstance(settled, Answer):
        answer = settled
    else:
        point, cover = decide(search, settled)
        answer = Answer(point, cover | settled.reasons)
    if answer.point is None:
        learn(search, space, answer.cover)
    return answer


def learn(search: Search, space: int, cover: int) -> None:
    """Remember a cover for the widest space that the same argument holds for.

    A kind that is in every box of the cover can stand for any other of its column.
    """
    if len(search.learned) >= LEARNED_COUNT_MAX:
        search.learned.sort(key=learned_width, reverse=True)
        del search.learned[LEARNED_COUNT_MAX // 2 :]
    for offset, kinds in zip(search.offsets, search.columns, strict=True):
        for kind in kinds:
            if not cover & ~kind.boxes:
                space |= 1 << offset + kind.number
    search.learned.append(Learned(space, cover))
    search.work.spend(sum(map(len, search.columns)))


def learned_width(known: Learned) -> int:
    """Count the kinds of a space known to be covered."""
    return known.space.bit_count()


def settle(work: Work, columns: Columns, boxes: int) -> Settled | Answer:
    """Drop idle boxes, needless kinds and hopeless kinds, until nothing follows any more."""
    reasons = 0
    while True:
        work.spend(2 * sum(map(len, columns)) + len(columns))
        columns = tuple(best_kinds(work, kinds, boxes) for kinds in columns)
        met = boxes
        for kinds in columns:
            met &= union(kinds)
        fixed = [intersection(kinds, met) for kinds in columns]
        everywhere = met
        for always in fixed:
            everywhere &= always
        if everywhere:
            return Answer(None, everywhere & -everywhere | reasons)
        narrowed = list(columns)
        for index, kinds in enumerate(columns):
            must_go = met & ~fixed[index]
            for other, always in enumerate(fixed):
                if other != index:
                    must_go &= always
            if not must_go or not any(kind.boxes & must_go for kind in kinds):
                continue
            for kind in kinds:
                stays = kind.boxes & must_go
                reasons |= stays & -stays
            narrowed[index] = tuple(kind for kind in kinds if not kind.boxes & must_go)
            if not narrowed[index]:
                return Answer(None, reasons)
            fixed[index] = intersection(narrowed[index], met)
        if met == boxes and narrowed == list(columns):
            return Settled(columns, boxes, tuple(fixed), reasons)
        columns, boxes = tuple(narrowed), met


def best_kinds(work: Work, kinds: tuple[Kind, ...], boxes: int) -> tuple[Kind, ...]:
    """Keep the kinds that no other of the column beats: what fewer boxes contain is better."""
    kept: list[Kind] = []
    for inside, index in kinds:
        mask = inside & boxes
        while kept and not mask & ~kept[-1].boxes and mask != kept[-1].boxes:
            kept.pop()
        if not kept or kept[-1].boxes & ~mask:
            kept.append(Kind(mask, index))
    if len(kept) > COMPARED_KIND_COUNT_MAX:
        return tuple(kept)
    best: list[Kind] = []
    for kind in sorted(kept, key=box_count):
        outside = ~kind.boxes
        if all(better.boxes & outside for better in best):
            best.append(kind)
    work.spend(len(kept) * len(best) // 4)
    best.sort(key=kind_number)
    return tuple(best)


def box_count(kind: Kind) -> int:
    """Count the boxes that contain a kind."""
    return kind.boxes.bit_count()


def kind_number(kind: Kind) -> int:
    """Give the number of a kind in its column."""
    return kind.number


def union(kinds: Sequence[Kind]) -> int:
    """Give the boxes that contain some kind."""
    boxes = 0
    for kind in kinds:
        boxes |= kind.boxes
    return boxes


def intersection(kinds: Sequence[Kind], boxes: int) -> int:
    """Give the boxes that contain every kind."""
    for kind in kinds:
        boxes &= kind.boxes
    return boxes


def decide(search: Search, settled: Settled) -> Answer:
    """Decide a settled space: by counting, in one piece or by splitting it in two."""
    columns, boxes = settled.columns, settled.boxes
    if not boxes:
        return Answer(tuple(kinds[0].number for kinds in columns), 0)
    count = boxes.bit_count()
    excluded = sum(count - min(map(box_count, kinds)) for kinds in columns)
    if excluded < count:
        return Answer(None, boxes)
    if prod(map(len, columns)) <= GRID_POINT_COUNT_MAX:
        return sweep(search.work, columns, boxes)
    cover = 0
    for half in halves(search.work, settled):
        answer = explore(search, half, boxes)
        if answer.point is not None:
            return answer
        cover |= answer.cover
    return Answer(None, cover)


def halves(work: Work, settled: Settled) -> tuple[Columns, Columns]:
    """Split the column that leaves most boxes idle on both sides; the emptier side comes first."""
    columns, boxes = settled.columns, settled.boxes
    work.spend(6 * sum(map(len, columns)))
    best_score, best_column, best_place = -1, 0, 0
    for column, kinds in enumerate(columns):
        varying = boxes & ~settled.fixed[column]
        after = gains(kinds[::-1], varying)[::-1]
        for place, before in enumerate(gains(kinds, varying)[:-1], start=1):
            other = after[place]
            score = 1000 * before * other + before + other
            if score > best_score:
                best_score, best_column, best_place = score, column, place
    kinds = columns[best_column]
    sides = (kinds[:best_place], kinds[best_place:])
    low, high = ((*columns[:best_column], side, *columns[best_column + 1 :]) for side in sides)
    if union(sides[0]).bit_count() <= union(sides[1]).bit_count():
        return low, high
    return high, low


def gains(kinds: Sequence[Kind], varying: int) -> list[int]:
    """Tell how much simpler a column gets when it is cut after each kind."""
    found: list[int] = []
    some, every = 0, varying
    for kind in kinds:
        some |= kind.boxes
        every &= kind.boxes
        found.append(IDLE_GAIN * (varying & ~some).bit_count() + every.bit_count())
    return found


def sweep(work: Work, columns: Columns, boxes: int) -> Answer:
    """Decide a small grid with one bit a point, laying the boxes over it one by one."""
    sizes = [len(kinds) for kinds in columns]
    full = (1 << prod(sizes)) - 1
    width = boxes.bit_length()
    sides = [transposed([k.boxes for k in kinds], width) for kinds in columns]
    work.spend(sum(sizes) + full.bit_length() // GRID_POINTS_A_STEP)
    covered = cover = 0
    for box in set_bits(boxes):
        work.spend(2 * sum(sizes) + 2 * full.bit_length() // GRID_POINTS_A_STEP)
        before = covered
        covered |= grid_points(sizes, [side[box] for side in sides])
        if covered != before:
            cover |= 1 << box
        if covered == full:
            return Answer(None, cover)
    free = full & ~covered
    place = (free & -free).bit_length() - 1
    point: list[int] = []
    for kinds in columns:
        place, offset = divmod(place, len(kinds))
        point.append(kinds[offset].number)
    return Answer(tuple(point), 0)


def grid_points(sizes: Sequence[int], sides: Sequence[int]) -> int:
    """Give the points of a box as bits; the first column varies fastest."""
    points, span = 1, 1
    for size, side in zip(sizes, sides, strict=True):
        inner, points = points, 0
        for offset in set_bits(side):
            points |= inner << offset * span
        span *= size
    return points


def set_bits(mask: int) -> Iterator[int]:
    """Give the places of the bits that are set, from the lowest up."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def transposed(masks: Sequence[int], width: int) -> list[int]:
    """Turn the masks of a bit matrix of `width` columns into the masks of its columns."""
    if not masks:
        return [0] * width
    lines = [format(mask & ((1 << width) - 1), f"0{width}b") for mask in reversed(masks)]
    columns = [int("".join(column), 2) for column in zip(*lines, strict=True)] if width else []
    return columns[::-1]
