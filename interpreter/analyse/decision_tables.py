"""Decide what is wrong with a decision table: gaps, overlaps and rows that can never decide.

In come the domain of every input, the rows as cells, and the hit policy; out goes an `Analysis`
with a witness for everything it finds. Exact within a fixed bound of work; beyond it the analysis
says `undecided` and never guesses. It refuses to know syntax, types, outputs and places in a file.

Completeness is asked under every hit policy, since a call without a value would be a fault of the
contract; overlaps are faults under `unique` alone, since elsewhere the policy settles them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Final, TypeAlias

from servanda.interpreter.analyse.cover import (
    Kind,
    Search,
    Work,
    WorkExhausted,
    find_uncovered,
    set_bits,
    start_search,
    transposed,
)
from servanda.interpreter.analyse.domains import (
    Axis,
    Cell,
    Domain,
    WitnessValue,
    atom_count,
    atoms_cell,
    cells_atoms,
    cut,
    simplest_value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP_COUNT_MAX: Final = 5
OVERLAP_COUNT_MAX: Final = 100
# The largest table that is laid out at all: its rows times its atoms, 32 MiB of bits.
TABLE_BIT_COUNT_MAX: Final = 1 << 28
# Steps for each of the three questions; a step takes about a tenth of a microsecond.
STEP_COUNT_MAX: Final = 1_600_000
# Steps spent on shortening the reasons why rows are unreachable, over the whole table.
REASON_STEP_COUNT_MAX: Final = 300_000


class Policy(StrEnum):
    """What a table does when several rows match; `collect` stands for all of its aggregates."""

    UNIQUE = "unique"
    FIRST = "first"
    COLLECT = "collect"


Witness: TypeAlias = tuple[WitnessValue, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Inputs that no row matches: one of them, and the largest box of such around it."""

    witness: Witness
    box: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that match the same inputs."""

    first: int
    second: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class UnreachableRow:
    """A row that never decides, and the rows above that match all it does (none: nothing does)."""

    index: int
    because_of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is wrong with a table; rows and columns are counted from 0.

    `gaps` are at most `GAP_COUNT_MAX` and `overlaps` at most `OVERLAP_COUNT_MAX`, in table order;
    `overlap_count` counts all pairs of rows. `empty_cells` are (row, column).
    """

    gaps: tuple[Gap, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    overlap_count: int = 0
    unreachable: tuple[UnreachableRow, ...] = ()
    empty_cells: tuple[tuple[int, int], ...] = ()
    undecided: bool = False

    @property
    def sound(self) -> bool:
        """Whether the table is proved to be right."""
        return self == Analysis()


@dataclass(frozen=True, slots=True)
class Table:
    """A table in bits: per column its kinds and their atoms, per row a set of kinds a column."""

    axes: tuple[Axis, ...]
    kinds: tuple[tuple[Kind, ...], ...]
    kind_atoms: tuple[tuple[int, ...], ...]
    rows: tuple[tuple[int, ...], ...]


def analyse(domains: Sequence[Domain], rows: Sequence[Sequence[Cell]], policy: Policy) -> Analysis:
    """Find the gaps, overlaps and unreachable rows of a table under its hit policy."""
    axes = tuple(
        cut(domain, [row[column] for row in rows]) for column, domain in enumerate(domains)
    )
    if len(rows) * sum(map(atom_count, axes)) > TABLE_BIT_COUNT_MAX:
        return Analysis(undecided=True)
    columns = [cells_atoms(axis, [row[c] for row in rows]) for c, axis in enumerate(axes)]
    cells = list(zip(*columns, strict=True)) if columns else [() for _ in rows]
    empty_cells = tuple(
        (index, column)
        for index, row in enumerate(cells)
        for column, atoms in enumerate(row)
        if not atoms
    )
    table = lay_out(axes, cells)
    overlaps: tuple[Overlap, ...] = ()
    overlap_count = 0
    undecided = False
    if policy is Policy.UNIQUE:
        try:
            overlaps, overlap_count = find_overlaps(table, Work(STEP_COUNT_MAX))
        except WorkExhausted:
            undecided = True
    unreachable, reach_undecided = find_unreachable(table, policy, Work(STEP_COUNT_MAX))
    disjoint = policy is Policy.UNIQUE and not overlap_count and not undecided
    gaps, gaps_undecided = find_gaps(table, Work(STEP_COUNT_MAX), disjoint=disjoint)
    undecided = undecided or reach_undecided or gaps_undecided
    return Analysis(gaps, overlaps, overlap_count, unreachable, empty_cells, undecided)


def lay_out(axes: tuple[Axis, ...], cells: Sequence[Sequence[int]]) -> Table:
    """Merge the atoms of each column that are in the same rows; rows that match nothing vanish."""
    kinds: list[tuple[Kind, ...]] = []
    kind_atoms: list[tuple[int, ...]] = []
    sides: list[list[int]] = []
    for column, axis in enumerate(axes):
        written = [row[column] if all(row) else 0 for row in cells]
        atoms_by_rows: dict[int, int] = {}
        for atom, inside in enumerate(transposed(written, atom_count(axis))):
            atoms_by_rows[inside] = atoms_by_rows.get(inside, 0) | 1 << atom
        kinds.append(tuple(Kind(inside, index) for index, inside in enumerate(atoms_by_rows)))
        kind_atoms.append(tuple(atoms_by_rows.values()))
        sides.append(transposed(list(atoms_by_rows), len(cells)))
    rows = tuple(zip(*sides, strict=True)) if sides else tuple(() for _ in cells)
    return Table(axes, tuple(kinds), tuple(kind_atoms), rows)


def find_overlaps(table: Table, work: Work) -> tuple[tuple[Overlap, ...], int]:
    """Find the pairs of rows that share a point, and count them all."""
    touching = Touching(table, work)
    overlaps: list[Overlap] = []
    count = 0
    for first, row in enumerate(table.rows):
        second_rows = touching.rows(row) >> (first + 1) << (first + 1)
        count += second_rows.bit_count()
        for second in set_bits(second_rows):
            if len(overlaps) == OVERLAP_COUNT_MAX:
                break
            shared = [a & b for a, b in zip(row, table.rows[second], strict=True)]
            overlaps.append(Overlap(first, second, witness(table, shared)))
    return tuple(overlaps), count


class Touching:
    """The rows that have something in common with a box, with the answers by side kept."""

    __slots__ = ("known", "matching", "table", "work")

    def __init__(self, table: Table, work: Work) -> None:
        self.table = table
        self.work = work
        self.known: list[dict[int, int]] = [{} for _ in table.kinds]
        self.matching = sum(1 << index for index, row in enumerate(table.rows) if all(row))

    def rows(self, box: Sequence[int]) -> int:
        """Give the rows that share a point with a box."""
        found = self.matching
        self.work.spend(len(box))
        for column, side in enumerate(box):
            known = self.known[column]
            if side not in known:
                self.work.spend(side.bit_count())
                known[side] = self.side_rows(column, side)
            found &= known[side]
        return found

    def side_rows(self, column: int, side: int) -> int:
        """Give the rows whose cell in one column shares a kind with a side."""
        kinds = self.table.kinds[column]
        found = 0
        for index in set_bits(side):
            found |= kinds[index].boxes
        return found


def find_unreachable(
    table: Table, policy: Policy, work: Work
) -> tuple[tuple[UnreachableRow, ...], bool]:
    """Find the rows that can never decide; the flag says that some row could not be judged."""
    touching = Touching(table, work)
    search = start_search(table.kinds, work)
    shortening = Work(REASON_STEP_COUNT_MAX)
    unreachable: list[UnreachableRow] = []
    reachable = 0
    undecided = False
    for index, row in enumerate(table.rows):
        if not all(row):
            unreachable.append(UnreachableRow(index, ()))
            continue
        if policy is not Policy.FIRST or undecided:
            continue
        try:
            above = touching.rows(row) & reachable
            cover = row_cover(search, row, above)
        except WorkExhausted:
            undecided = True
            continue
        if cover is None:
            reachable |= 1 << index
        else:
            cover = shortened(table, row, cover, shortening)
            unreachable.append(UnreachableRow(index, tuple(set_bits(cover))))
    return tuple(unreachable), undecided


def row_cover(search: Search, row: Sequence[int], others: int) -> int | None:
    """Give some of the other rows that together match all that a row matches, or None."""
    columns = [
        [kinds[index] for index in set_bits(side)]
        for kinds, side in zip(search.columns, row, strict=True)
    ]
    search.work.spend(sum(map(len, columns)))
    answer = find_uncovered(search, columns, others)
    return answer.cover if answer.point is None else None


def shortened(table: Table, row: Sequence[int], cover: int, work: Work) -> int:
    """Leave out of a cover what it can do without, as far as the work allows."""
    try:
        for index in reversed(tuple(set_bits(cover))):
            fewer = row_cover(start_search(table.kinds, work), row, cover & ~(1 << index))
            if fewer is not None:
                cover &= fewer
    except WorkExhausted:
        # A longer reason is as true as a short one.
        pass
    return cover


def find_gaps(table: Table, work: Work, *, disjoint: bool) -> tuple[tuple[Gap, ...], bool]:
    """Find the largest boxes that no row touches; the flag says "not known".

    Rows known to be `disjoint` are counted instead of searched, so that case is always decided.
    """
    row_count = len(table.rows)
    columns = [list(kinds) for kinds in table.kinds]
    boxes: list[tuple[int, ...]] = list(table.rows)
    found: dict[tuple[int, ...], Gap] = {}
    undecided = False
    if not all(columns):
        return (), False
    search = start_search(columns, work)
    while len(found) < GAP_COUNT_MAX and len(boxes) < row_count + 2 * GAP_COUNT_MAX:
        try:
            if disjoint:
                point = count_uncovered(columns, boxes)
            else:
                point = find_uncovered(search, columns, (1 << len(boxes)) - 1).point
        except WorkExhausted:
            undecided = not found
            break
        if point is None:
            break
        taken = grown(columns, tuple(1 << index for index in point))
        gap = grown(table.kinds, taken)
        cells = tuple(atoms_cell(axis, atoms) for axis, atoms in atoms_of(table, gap))
        found.setdefault(gap, Gap(witness(table, gap), cells))
        taken = taken if disjoint else gap
        for column, side in enumerate(taken):
            for index in set_bits(side):
                inside = columns[column][index].boxes | 1 << len(boxes)
                columns[column][index] = Kind(inside, index)
        boxes.append(taken)
    in_order = sorted(found, key=lambda box: [atoms & -atoms for _, atoms in atoms_of(table, box)])
    return tuple(found[box] for box in in_order), undecided


def count_uncovered(
    columns: Sequence[Sequence[Kind]], boxes: Sequence[Sequence[int]]
) -> tuple[int, ...] | None:
    """Find a point outside of boxes that do not overlap, by counting what they leave free."""
    alive = sum(1 << index for index, box in enumerate(boxes) if all(box))
    volumes = [prod(side.bit_count() for side in box) for box in boxes]
    space = prod(map(len, columns))
    if sum(volumes) >= space:
        return None
    point: list[int] = []
    for column, kinds in enumerate(columns):
        space //= len(kinds)
        for index in set_bits(alive):
            volumes[index] //= boxes[index][column].bit_count()
        for kind in kinds:
            inside = kind.boxes & alive
            if sum(volumes[index] for index in set_bits(inside)) < space:
                point.append(kind.number)
                alive = inside
                break
    return tuple(point)


def grown(columns: Sequence[Sequence[Kind]], box: tuple[int, ...]) -> tuple[int, ...]:
    """Widen a box that touches no row until it can be widened no more, whole columns first."""
    sides = list(box)
    waiting = list(range(len(columns)))
    while waiting:
        touched = [side_rows(columns[column], side) for column, side in enumerate(sides)]
        widest: dict[int, int] = {}
        for column in waiting:
            blocking = -1
            for other, rows in enumerate(touched):
                if other != column:
                    blocking &= rows
            widest[column] = sum(
                1 << kind.number for kind in columns[column] if not kind.boxes & blocking
            )
        column = max(waiting, key=lambda c: (Fraction(widest[c].bit_count(), len(columns[c])), -c))
        sides[column] = widest[column]
        waiting.remove(column)
    return tuple(sides)


def side_rows(kinds: Sequence[Kind], side: int) -> int:
    """Give the rows whose cell shares a kind with a side."""
    found = 0
    for index in set_bits(side):
        found |= kinds[index].boxes
    return found


def atoms_of(table: Table, box: Sequence[int]) -> list[tuple[Axis, int]]:
    """Give the axis and the atoms of each side of a box."""
    return [
        (axis, sum(kind_atoms[index] for index in set_bits(side)))
        for axis, kind_atoms, side in zip(table.axes, table.kind_atoms, box, strict=True)
    ]


def witness(table: Table, box: Sequence[int]) -> Witness:
    """Choose the plainest point of a box."""
    return tuple(simplest_value(axis, atoms) for axis, atoms in atoms_of(table, box))
