"""Decision tables: what the analysis says is what counting every point by hand says."""

from __future__ import annotations

import itertools
import json
import random
import re
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.interpreter.analyse import cover
from servanda.interpreter.analyse.decision_tables import Analysis, Gap, Policy, analyse
from servanda.interpreter.analyse.domains import (
    ANY,
    ANY_OTHER,
    Cell,
    Dense,
    Domain,
    Interval,
    Names,
    Open,
    Steps,
    Value,
    WitnessValue,
)

MODELS = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "dmn" / "models"
STANDING = Names(("Normal", "Grey", "Black"))
TRUTH = Names((True, False))
TENTHS = tuple(Decimal(n) / 10 for n in range(-1, 42))


def values(*written: Value) -> Cell:
    """Write a cell of single values."""
    return Cell(written)


def between(low: int | str | None, high: int | str | None, closed: str = "[]") -> Cell:
    """Write a cell of one interval; a text is a decimal."""
    first, last = (Decimal(end) if isinstance(end, str) else end for end in (low, high))
    return Cell((Interval(first, last, closed[0] == "[", closed[1] == "]"),))


def matches(cell: Cell, value: WitnessValue) -> bool:
    """Tell whether a cell covers a value, by its definition alone."""
    inside = False
    for part in cell.parts:
        if not isinstance(part, Interval):
            inside = inside or part == value
            continue
        assert isinstance(value, int | Decimal)
        low = part.low is None or part.low < value or (part.low_closed and part.low == value)
        high = part.high is None or value < part.high or (part.high_closed and part.high == value)
        inside = inside or (low and high)
    return inside is not cell.complement


def row_matches(row: tuple[Cell, ...], point: tuple[WitnessValue, ...]) -> bool:
    """Tell whether a row covers a point."""
    return all(map(matches, row, point))


def in_domain(domain: Domain, value: WitnessValue) -> bool:
    """Tell whether a value belongs to a domain."""
    if isinstance(domain, Names):
        return value in domain.names
    if isinstance(domain, Open):
        return value is ANY_OTHER or isinstance(value, str)
    assert isinstance(value, int | Decimal)
    if isinstance(domain, Steps):
        assert isinstance(value, int)
    return (domain.low is None or domain.low <= value) and (
        domain.high is None or value <= domain.high
    )


def points_of(domain: Domain) -> tuple[WitnessValue, ...]:
    """Give values that stand for all of a small domain: bounds here are whole or at a half."""
    if isinstance(domain, Names):
        return domain.names
    if isinstance(domain, Open):
        return ("a", "b", "c", ANY_OTHER)
    if isinstance(domain, Steps):
        return tuple(range(-3, 12)) if domain.low is None else tuple(range(domain.low, 6))
    return tuple(tenth for tenth in TENTHS if in_domain(domain, tenth))


DOMAINS: tuple[Domain, ...] = (
    STANDING,
    TRUTH,
    Steps(0, 5),
    Steps(),
    Dense(Decimal(0), Decimal(3)),
    Dense(),
    Open(),
)


def cells_of(domain: Domain) -> st.SearchStrategy[Cell]:
    """Draw cells that fit a domain."""
    if isinstance(domain, Names | Open):
        written = domain.names if isinstance(domain, Names) else ("a", "b", "c")
        part: st.SearchStrategy[Any] = st.sampled_from(written)
    else:
        ends = st.sampled_from(
            range(7) if isinstance(domain, Steps) else [Decimal(n) / 2 for n in range(7)]
        )
        end = st.none() | ends
        part = ends | st.builds(Interval, end, end, st.booleans(), st.booleans())
    parts = st.lists(part, min_size=1, max_size=3).map(tuple)
    return st.just(ANY) | st.builds(Cell, parts, st.booleans())


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[Domain, ...], tuple[tuple[Cell, ...], ...]]:
    """Draw a small table over any domains."""
    domains = tuple(draw(st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=3)))
    row = st.tuples(*map(cells_of, domains))
    return domains, tuple(draw(st.lists(row, max_size=7)))


def expect_true(
    domains: tuple[Domain, ...], rows: tuple[tuple[Cell, ...], ...], policy: Policy
) -> Analysis:
    """Compare an analysis with a walk over every point, and give it back."""
    analysis = analyse(domains, rows, policy)
    points = list(itertools.product(*map(points_of, domains)))
    hits = [[i for i, row in enumerate(rows) if row_matches(row, point)] for point in points]
    assert not analysis.undecided
    assert bool(analysis.gaps) == any(not hit for hit in hits)
    for gap in analysis.gaps:
        assert row_matches(gap.box, gap.witness)
        assert all(map(in_domain, domains, gap.witness))
        assert not any(row_matches(row, gap.witness) for row in rows)
        for point, hit in zip(points, hits, strict=True):
            assert not (hit and row_matches(gap.box, point)), "a gap's box meets no row"
    assert len({gap.box for gap in analysis.gaps}) == len(analysis.gaps)
    if len(analysis.gaps) < 5:
        for point, hit in zip(points, hits, strict=True):
            assert hit or any(row_matches(gap.box, point) for gap in analysis.gaps)
    pairs = {pair for hit in hits for pair in itertools.combinations(hit, 2)}
    expected = sorted(pairs) if policy is Policy.UNIQUE else []
    assert [(o.first, o.second) for o in analysis.overlaps] == expected
    assert analysis.overlap_count == len(expected)
    for overlap in analysis.overlaps:
        assert all(map(in_domain, domains, overlap.witness))
        assert row_matches(rows[overlap.first], overlap.witness)
        assert row_matches(rows[overlap.second], overlap.witness)
    deciding = {i for hit in hits for i in (hit[:1] if policy is Policy.FIRST else hit)}
    assert [u.index for u in analysis.unreachable] == sorted(set(range(len(rows))) - deciding)
    for row in analysis.unreachable:
        for hit in hits:
            assert row.index not in hit or set(hit) & set(row.because_of)
        assert all(index < row.index and index in deciding for index in row.because_of)
    for index, column in itertools.product(range(len(rows)), range(len(domains))):
        empty = not any(matches(rows[index][column], v) for v in points_of(domains[column]))
        assert ((index, column) in analysis.empty_cells) == empty
    return analysis


@settings(max_examples=250, deadline=None)
@given(tables(), st.sampled_from(Policy))
def test_analysis_is_what_walking_every_point_says(
    table: tuple[tuple[Domain, ...], tuple[tuple[Cell, ...], ...]], policy: Policy
) -> None:
    """Gaps, overlaps, unreachable rows, empty cells and every witness agree with brute force."""
    expect_true(*table, policy)


@pytest.mark.parametrize("grid_point_count_max", [1, cover.GRID_POINT_COUNT_MAX])
@pytest.mark.parametrize("policy", [Policy.FIRST, Policy.COLLECT])
def test_larger_random_tables_agree_with_brute_force(
    policy: Policy, grid_point_count_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Splitting and deciding in one piece are both right: wide sets over five columns of five."""
    monkeypatch.setattr(cover, "GRID_POINT_COUNT_MAX", grid_point_count_max)
    source = random.Random(2)  # noqa: S311 -- reproducible data, no secret
    names = tuple("abcde")
    domains = (Names(names),) * 5
    for share in (0.4, 0.6, 0.7, 0.8, 0.85):
        rows = tuple(
            tuple(Cell(tuple(n for n in names if source.random() < share)) for _ in domains)
            for _ in range(24)
        )
        analysis = analyse(domains, rows, policy)
        covered = [
            {i for i, row in enumerate(rows) if row_matches(row, point)}
            for point in itertools.product(names, repeat=5)
        ]
        assert bool(analysis.gaps) == any(not hit for hit in covered)
        if policy is Policy.FIRST:
            deciding = {min(hit) for hit in covered if hit}
            assert {u.index for u in analysis.unreachable} == set(range(24)) - deciding


def test_tables_of_the_language_page_are_sound() -> None:
    """The two tables of the sample contract are complete and free of overlap."""
    screening = (
        (values("Normal"), values("Normal")),
        (values("Normal"), values("Grey")),
        (values("Grey"), values("Normal", "Grey")),
        (values("Normal", "Grey"), values("Black")),
        (values("Black"), ANY),
    )
    assert expect_true((STANDING, STANDING), screening, Policy.UNIQUE).sound
    judgement = (
        (values(True), values(True), values(0)),
        (values(True), values(True), between(1, 2)),
        (values(False), ANY, between(0, 2)),
        (values(True), values(False), between(0, 2)),
        (ANY, ANY, between(3, None)),
    )
    assert analyse((TRUTH, TRUTH, Steps(0, 1_000)), judgement, Policy.UNIQUE).sound
    without_last = analyse((TRUTH, TRUTH, Steps(0, 1_000)), judgement[:-1], Policy.UNIQUE)
    assert without_last.gaps == (Gap((True, True, 3), (ANY, ANY, between(3, None))),)


def test_neighbouring_steps_leave_no_gap_and_decimals_do() -> None:
    """1..2 then 3..4 is complete in whole steps; between decimals 2 and 3 there is 2.1."""
    assert analyse((Steps(1, 4),), ((between(1, 2),), (between(3, 4),)), Policy.UNIQUE).sound
    dense = (Dense(Decimal(1), Decimal(4)),)
    found = analyse(dense, ((between("1", "2"),), (between("3", "4"),)), Policy.UNIQUE)
    assert found.gaps == (Gap((Decimal("2.1"),), (between("2", "3", "()"),)),)


def test_a_single_decimal_can_be_a_gap_or_an_overlap() -> None:
    """Between below 0.5 and above 0.5 lies the point 0.5, and only it."""
    point = Decimal("0.5")
    open_rows = ((between(None, "0.5", "[)"),), (between("0.5", None, "(]"),))
    assert analyse((Dense(),), open_rows, Policy.FIRST).gaps == (Gap((point,), (values(point),)),)
    closed = analyse((Dense(),), ((between(None, "0.5"),), (between("0.5", None),)), Policy.UNIQUE)
    assert [(o.first, o.second, o.witness) for o in closed.overlaps] == [(0, 1, (point,))]


@pytest.mark.parametrize(
    ("low", "high", "complete"),
    [
        ("1", "1.000000000000000000000000000000001", True),
        ("1", "1.000000000000000000000000000000002", False),
        ("-1.000000000000000000000000000000001", "-1", True),
        ("1E+40", "1.000000000000000000000000000000001E+40", True),
        ("1E+40", "1.000000000000000000000000000000003E+40", False),
        ("-1E-40", "1E-40", False),
    ],
)
def test_decimals_are_dense_as_far_as_34_digits_go(low: str, high: str, complete: bool) -> None:
    """Two decimals that no third of 34 digits parts are neighbours."""
    rows = ((between(None, low),), (between(high, None),))
    gaps = analyse((Dense(),), rows, Policy.UNIQUE).gaps
    assert (not gaps) == complete
    for gap in gaps:
        (value,) = gap.witness
        assert isinstance(value, Decimal)
        assert Decimal(low) < value < Decimal(high)
        assert len(value.as_tuple().digits) <= 34


def test_open_columns_have_any_other_value() -> None:
    """Written texts are told apart; without `-` or `not` there is always one more."""
    rows: tuple[tuple[Cell, ...], ...] = ((values("CN"),), (values("DE", "FR"),))
    found = analyse((Open(),), rows, Policy.UNIQUE)
    assert found.gaps == (Gap((ANY_OTHER,), (Cell(("CN", "DE", "FR"), complement=True),)),)
    rows = (*rows, (Cell(("CN", "DE", "FR"), complement=True),))
    assert analyse((Open(),), rows, Policy.UNIQUE).sound


def test_witnesses_are_plain() -> None:
    """Zero where it is free, else what is nearest to it; for dates a written bound."""
    numbers = analyse((Steps(),), ((between(-3, 100),),), Policy.UNIQUE).gaps
    assert [gap.witness for gap in numbers] == [(-4,)]
    dates = analyse((Steps(simplest=None),), ((between(20_500, 20_600),),), Policy.UNIQUE).gaps
    assert [gap.witness for gap in dates] == [(20_499,)]
    decimals = (Dense(Decimal("0.13"), Decimal(2)),)
    assert analyse(decimals, (), Policy.UNIQUE).gaps[0].witness == (Decimal("0.13"),)


def test_unreachable_rows_name_the_rows_that_take_their_place() -> None:
    """Under `first`, rows 0 and 2 together hide row 3; an idle row between them is not blamed."""
    rows = ((between(0, 4),), (between(9, 9),), (between(5, 8),), (between(2, 7),), (ANY,))
    found = expect_true((Steps(0, 5),), rows[:1] + rows[2:], Policy.FIRST)
    assert [(u.index, u.because_of) for u in found.unreachable] == [(2, (0, 1)), (3, (0, 1))]
    wide = analyse((Steps(0, 20),), rows, Policy.FIRST)
    assert [(u.index, u.because_of) for u in wide.unreachable] == [(3, (0, 2))]


@pytest.mark.parametrize("policy", Policy)
def test_cells_outside_their_domain_are_empty_and_their_rows_unreachable(policy: Policy) -> None:
    """A backward interval, a value out of bounds and an unknown name cover nothing."""
    domains = (Steps(0, 10), STANDING)
    rows = ((between(5, 3), ANY), (values(11), ANY), (ANY, values("Pink")), (ANY, ANY))
    found = analyse(domains, rows, policy)
    assert found.empty_cells == ((0, 0), (1, 0), (2, 1))
    assert [(u.index, u.because_of) for u in found.unreachable] == [(0, ()), (1, ()), (2, ())]
    assert found.gaps == ()


def test_overlaps_are_faults_of_unique_tables_alone() -> None:
    """Two equal rows are legal when collected, hidden under `first`, an overlap under `unique`."""
    rows = ((ANY,), (ANY,))
    assert analyse((TRUTH,), rows, Policy.COLLECT).sound
    assert [u.index for u in analyse((TRUTH,), rows, Policy.FIRST).unreachable] == [1]
    assert analyse((TRUTH,), rows, Policy.UNIQUE).overlap_count == 1


def test_a_table_without_rows_is_one_gap() -> None:
    """No rows leave everything open, and a domain without values leaves nothing."""
    assert analyse((STANDING, Open()), (), Policy.FIRST).gaps[0].box == (ANY, ANY)
    assert analyse((Names(()),), (), Policy.FIRST).sound


def boxes(seed: int, width: float, any_share: float) -> tuple[list[Domain], list[list[Cell]]]:
    """Make 200 random boxes in 8 whole-step columns."""
    source = random.Random(seed)  # noqa: S311 -- reproducible data, no secret
    rows = []
    for _ in range(200):
        row = []
        for _ in range(8):
            low = int(source.uniform(-width, 1) * 1_000_000)
            cell = between(low, low + int(width * 1_000_000))
            row.append(ANY if source.random() < any_share else cell)
        rows.append(row)
    return [Steps(0, 1_000_000)] * 8, rows


def pieces(seed: int, widening: float) -> tuple[list[Domain], list[list[Cell]]]:
    """Cut the whole into 200 boxes one by one, shuffle them, and widen some ends."""
    source = random.Random(seed)  # noqa: S311 -- reproducible data, no secret
    whole = (0, 1_000_000)
    found = [[whole] * 8]
    while len(found) < 200:
        piece, column = found[source.randrange(len(found))], source.randrange(8)
        low, high = piece[column]
        if low < high:
            middle = source.randrange(low, high)
            other = list(piece)
            piece[column], other[column] = (low, middle), (middle + 1, high)
            found.append(other)
    source.shuffle(found)
    rows = []
    for piece in found:
        row = []
        for low, high in piece:
            more = int(widening * (high - low)) if source.random() < 0.3 else 0
            row.append(ANY if (low, high) == whole else between(low - more, high + more))
        rows.append(row)
    return [Steps(*whole)] * 8, rows


def pigeons() -> tuple[list[Domain], list[list[Cell]]]:
    """Say in 196 rows that two of eight pigeons in seven holes meet: complete, but hard to see."""
    rows = []
    for hole, (one, two) in itertools.product(range(7), itertools.combinations(range(8), 2)):
        rows.append([values(hole) if column in (one, two) else ANY for column in range(8)])
    return [Names(tuple(range(7)))] * 8, rows


LARGE: dict[str, tuple[Sequence[Domain], Sequence[Sequence[Cell]]]] = {
    "all any": ([Open()] * 8, [[ANY] * 8] * 200),
    "small boxes": boxes(1, 0.2, 0.0),
    "wide boxes": boxes(2, 0.8, 0.0),
    "half any": boxes(3, 0.7, 0.5),
    "mostly any": boxes(4, 0.5, 0.75),
    "exact pieces": pieces(5, 0.0),
    "overlapping pieces": pieces(6, 0.2),
    "pigeons": pigeons(),
}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("name", LARGE)
def test_a_table_of_200_rows_and_8_inputs_is_decided_within_a_second(
    name: str, policy: Policy
) -> None:
    """Many bounds, many overlaps, many `-` and hard covers stay within the bound of work."""
    domains, rows = LARGE[name]
    start = time.process_time()
    found = analyse(domains, rows, policy)
    assert time.process_time() - start < 1
    assert not found.undecided
    for gap in found.gaps:
        assert not any(row_matches(tuple(row), gap.witness) for row in rows)


def test_exact_pieces_are_complete_and_without_one_piece_are_not() -> None:
    """A partition is sound; taking one row away leaves exactly that row as the gap."""
    domains, rows = LARGE["exact pieces"]
    assert analyse(domains, rows, Policy.UNIQUE).sound
    for policy in Policy:
        (gap,) = analyse(domains, rows[1:], policy).gaps
        assert row_matches(tuple(rows[0]), gap.witness)


def test_what_cannot_be_decided_is_said_and_never_guessed() -> None:
    """Dense random sets are beyond the bound: undecided, still within the time."""
    source = random.Random(1)  # noqa: S311 -- reproducible data, no secret
    names = tuple(range(50))
    rows = [
        [Cell(tuple(n for n in names if source.random() < 0.8)) for _ in range(8)]
        for _ in range(200)
    ]
    start = time.process_time()
    found = analyse([Names(names)] * 8, rows, Policy.COLLECT)
    assert time.process_time() - start < 2
    assert found.undecided
    assert not found.sound


def test_a_long_list_of_codes_is_decided() -> None:
    """A lookup table of 5,000 rows is no problem; one too large to lay out is undecided."""
    rows = [[values(f"code {n}")] for n in range(5_000)]
    assert len(analyse([Open()], rows, Policy.UNIQUE).gaps) == 1
    assert analyse([Open()], [*rows, [ANY]], Policy.FIRST).sound
    assert analyse([Open()], [[values(str(n))] for n in range(20_000)], Policy.FIRST).undecided


def decision_tables(node: object) -> list[dict[str, Any]]:
    """Find the decision tables anywhere in a model."""
    if isinstance(node, dict):
        here = [node] if node.get("kind") == "decision_table" else []
        return here + [table for part in node.values() for table in decision_tables(part)]
    if isinstance(node, list):
        return [table for part in node for table in decision_tables(part)]
    return []


def read_cell(text: str) -> Cell | None:
    """Read an input entry of the standard's models, or None for what this test does not know."""
    parts: list[Any] = []
    if text == "-":
        return ANY
    for part in (piece.strip() for piece in text.split(",")):
        if re.fullmatch(r'"[^"]*"', part):
            parts.append(part[1:-1])
        elif part in ("true", "false"):
            parts.append(part == "true")
        elif found := re.fullmatch(r"(<=?|>=?)\s*(-?[0-9.]+)", part):
            sign, end = found[1], Decimal(found[2])
            low, high = (end, None) if sign[0] == ">" else (None, end)
            parts.append(Interval(low, high, sign != ">", sign != "<"))
        elif found := re.fullmatch(r"([\[\(\]])\s*(-?[0-9.]+)\.\.(-?[0-9.]+)\s*([\]\)\[])", part):
            ends = Decimal(found[2]), Decimal(found[3])
            parts.append(Interval(*ends, found[1] == "[", found[4] == "]"))
        else:
            return None
    return Cell(tuple(parts))


def read_table(table: dict[str, Any]) -> tuple[list[Domain], list[list[Cell]]] | None:
    """Translate one table of the standard's models, or None."""
    rows = [[read_cell(text) for text in row["when"]] for row in table["rows"]]
    domains: list[Domain] = []
    for column, described in enumerate(table["inputs"]):
        written = [part for row in rows for part in (row[column] or ANY).parts]
        allowed = read_cell(described.get("allowed") or "-")
        if described.get("type") == "boolean":
            domains.append(TRUTH)
        elif any(isinstance(part, Interval | Decimal) for part in written):
            domains.append(Dense())
        elif allowed is not None and allowed != ANY:
            domains.append(Names(allowed.parts))  # type: ignore[arg-type]
        else:
            domains.append(Open())
    known = [[cell for cell in row if cell is not None] for row in rows]
    return (domains, known) if known == rows else None


@pytest.mark.skipif(not MODELS.is_dir(), reason="the shared models of the DMN kit are absent")
def test_tables_of_the_standards_kit_are_analysed() -> None:
    """Their verdicts hold: witnesses match no row, and the known complete tables are complete."""
    complete: dict[str, list[bool]] = {}
    for path in sorted(MODELS.glob("*.json")):
        model = json.loads(path.read_text(encoding="utf-8"))
        for table in decision_tables(model):
            translated = read_table(table)
            if translated is None:
                continue
            policy = Policy.UNIQUE if table["hit_policy"] == "UNIQUE" else Policy.COLLECT
            found = analyse(*translated, policy)
            for gap in found.gaps:
                assert not any(row_matches(tuple(row), gap.witness) for row in translated[1])
            assert not found.undecided
            complete.setdefault(path.stem, []).append(not found.gaps)
    assert complete["0004-simpletable-U"] == [True]
    assert complete["0108-first-hitpolicy"] == [False]
    assert complete["0115-sum-collect-hitpolicy"] == [False]
