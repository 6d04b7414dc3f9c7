"""The formatter: one style, nothing lost, nothing changed but the look."""

import difflib
import gc
import random
import re
import time
from pathlib import Path

import pytest
import tree_strategies as trees
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from servanda.grammar import layout, tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.formatter import format_file, format_source
from servanda.grammar.logical_lines import logical_lines
from servanda.grammar.parser import parse
from servanda.grammar.source import Source

HERE = Path(__file__).resolve().parent
DESIGN = HERE.parents[1] / ".." / "shared" / "design" / "language.md"
PIECE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|.', re.DOTALL)

thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


any_file = trees.files() | trees.scripts()
rates = st.sampled_from([0.02, 0.2, 0.6])
randoms = st.randoms(use_true_random=False)


def formatted(text: str) -> str:
    """Return `text` formatted; it must parse."""
    diagnostics = Diagnostics()
    found = format_source(Source("a.contract", text), diagnostics)
    assert found is not None, (text, list(diagnostics))
    return found


def parsed(text: str) -> tree.File:
    """Return the tree of `text`; it must parse."""
    diagnostics = Diagnostics()
    file = parse(Source("a.contract", text), diagnostics)
    assert not diagnostics.has_errors, (text, list(diagnostics))
    return file


def comment_texts(text: str) -> list[str]:
    """Return the comments of `text` in order, found without the formatter's own scanner."""
    pieces = re.findall(r'"(?:[^"\\\n]|\\[^\n])*"|#[^\n]*', text)
    return [piece.rstrip() for piece in pieces if piece.startswith("#")]


@pytest.fixture(params=[30, layout.LINE_COLUMNS_MAX])
def _columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Format as wide as ever, and so narrow that nearly every line breaks."""
    monkeypatch.setattr(layout, "LINE_COLUMNS_MAX", request.param)


@pytest.mark.usefixtures("_columns")
@thorough
@given(any_file)
def test_formatting_keeps_the_tree(file: tree.File) -> None:
    """What is written from a tree reads as that tree, and is already formatted."""
    text = format_file(file)
    assert parsed(text) == file
    assert formatted(text) == text


@pytest.mark.usefixtures("_columns")
@thorough
@given(any_file)
def test_text_is_well_formed(file: tree.File) -> None:
    """Lines end in a letter and LF, blank lines are single, and the text ends in one LF."""
    text = format_file(file)
    assert text.endswith("\n")
    assert "\n\n\n" not in text
    assert not text.endswith("\n\n")
    assert not text.startswith("\n") or text == "\n"
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert "\r" not in text


BRACKETED_VALUE = parsed("show f((if held then paid else owed) for a in b)\n")


@pytest.mark.usefixtures("_columns")
@thorough
@given(any_file, randoms, rates)
@example(BRACKETED_VALUE, random.Random(), 1.0)  # noqa: S311 -- at this rate chance is certain
def test_well_placed_comments_stay(file: tree.File, chance: random.Random, rate: float) -> None:
    """A comment behind any line, or above one with its indentation, stays to the letter."""
    lines: list[str] = []
    for line in format_file(file).splitlines():
        indentation = line[: len(line) - len(line.lstrip())]
        if line and line.lstrip()[0] not in ")]" and chance.random() < rate:
            lines.append(f"{indentation}# above {len(lines)}")
        is_followed = line and chance.random() < rate
        lines.append(f"{line}  # behind {len(lines)}" if is_followed else line)
    text = "\n".join([*lines, ""])
    found = formatted(text)
    assert found == text, "\n".join(difflib.unified_diff(lines, found.splitlines()))


@pytest.mark.usefixtures("_columns")
@thorough
@given(any_file, randoms, rates)
def test_every_comment_survives(file: tree.File, chance: random.Random, rate: float) -> None:
    """Comments at every place where a line may end stay, in order, and change nothing else."""
    pieces: list[str] = []
    depth = 0

    def add_comment(indentation: int) -> None:
        pieces.append(f"# {len(pieces)}\n{' ' * indentation}")

    for piece in PIECE.findall(format_file(file)):
        depth += (piece in "([") - (piece in ")]")
        pieces.append(piece)
        while depth and piece in " ([" and chance.random() < rate:
            add_comment(chance.randrange(1, 9))
        while not depth and piece == "\n" and chance.random() < rate:
            pieces.append(chance.choice(["", "\n", " " * chance.randrange(1, 9)]))
            add_comment(0)
    text = "".join(pieces)
    found = formatted(text)
    assert comment_texts(found) == comment_texts(text)
    assert parsed(found) == file
    assert formatted(found) == found


@thorough
@given(any_file, randoms)
def test_look_does_not_matter(file: tree.File, chance: random.Random) -> None:
    """However a source is spaced, broken and bracketed, it is written the same."""
    text = format_file(file)
    pieces = []
    depth = 0
    for piece in PIECE.findall(text):
        depth += (piece in "([") - (piece in ")]")
        is_between = depth and piece in " ,(["
        pieces.append(piece + chance.choice(["", " ", "\n   "]) if is_between else piece)
    assert formatted("".join(pieces)) == text
    windows = Source("x", text.replace("\n", "\r\n")).with_plain_line_ends()
    assert formatted(windows.text) == text


@pytest.mark.skipif(not DESIGN.exists(), reason="the design pages lie outside the project")
def test_samples_of_the_design_are_formatted() -> None:
    """The two samples of the language page are the measure of the style."""
    samples = re.findall(r"^```\n(.*?)^```$", DESIGN.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(samples) == 2
    for sample in samples:
        assert formatted(sample) == sample


STYLE = [
    pytest.param("", "\n", id="an empty source is an empty line"),
    pytest.param("# only\n\n\n# comments", "# only\n\n# comments\n", id="only comments"),
    pytest.param(
        "contract A version 1000\n# About A.\nrole B\nrole C\n\n\nrole D\nenum E: F\n",
        "contract A version 1_000\n# About A.\n\nrole B\nrole C\n\nrole D\n\nenum E: F\n",
        id="declarations of one line and one kind may stand together",
    ),
    pytest.param(
        "clause a()\n\n   b()\n\n\n   c()\n\n\nclause d()\n  if x\n\n    y()\n\n  else\n    z()\n",
        "clause a()\n  b()\n\n  c()\n\nclause d()\n  if x\n    y()\n  else\n    z()\n",
        id="single blank lines stay between statements, none begins or ends a block",
    ),
    pytest.param(
        "clause a()\n  if x\n    b()\n    # Inner end.\n  # Outer end.\nclause c()\n  d()",
        "clause a()\n  if x\n    b()\n    # Inner end.\n  # Outer end.\n\nclause c()\n  d()\n",
        id="a comment at the end of a block stays in it",
    ),
    pytest.param(
        "lifecycle L\n  单 -> B\n  Closed->单|B\n  B, Closed, Other\n",
        "lifecycle L\n  单     -> B\n  Closed -> 单 | B\n  B, Closed, Other\n",
        id="arrows stand below one another",
    ),
    pytest.param(
        'decision d (first)\n "d"\n'
        " |状态:Standing|n:Int in 0..1000||x:Bool|\n |正常,Grey|>=3||true|\n"
        "# The rest.\n |-|-||false|# why\n",
        'decision d (first)\n  "d"\n'
        "  | 状态: Standing | n: Int in 0..1_000 || x: Bool |\n"
        "  | 正常, Grey     | >= 3               || true    |\n"
        "  # The rest.\n"
        "  | -              | -                  || false   |  # why\n",
        id="columns are as wide on a terminal as their widest cell",
    ),
    pytest.param(
        "let x=((a+b))*(c)-(d-e)/-f\n",
        "let x = (a + b) * c - (d - e) / -f\n",
        id="brackets stand only where they are needed",
    ),
    pytest.param(
        "let x=12345678+1234.50 CNY+0.12345\n",
        "let x = 12_345_678 + 1_234.50 CNY + 0.12345\n",
        id="digits stand in threes",
    ),
    pytest.param(
        "expect f(a, # one\n b)\n",
        "expect f(\n    a,  # one\n    b,\n)\n",
        id="a comment keeps its argument",
    ),
    pytest.param(
        "expect f((  # one\n if a then b else c) for d in e)\n",
        "expect f(\n    (  # one\n        if a then b else c\n    )\n    for d in e,\n)\n",
        id="a comment keeps its bracketed value",
    ),
    pytest.param(
        f'require {"a" * 40} and {"b" * 40} or {"c" * 40} else CODE "no"\n',
        f'require (\n    ({"a" * 40} and {"b" * 40})\n    or {"c" * 40}\n) else CODE "no"\n',
        id="a long condition breaks at its loosest word",
    ),
    pytest.param(
        f"show f({'a' * 50}, g({'账' * 20}, b), {'c' * 20})\n",
        f"show f(\n    {'a' * 50},\n    g({'账' * 20}, b),\n    {'c' * 20},\n)\n",
        id="a call breaks by its width on a terminal",
    ),
]


@pytest.mark.parametrize(("text", "expected"), STYLE)
def test_style(text: str, expected: str) -> None:
    """Each rule of the style, seen once."""
    assert formatted(text) == expected
    assert formatted(expected) == expected


def test_a_source_with_mistakes_is_left_alone() -> None:
    """What does not parse is not written, and the reason is told."""
    diagnostics = Diagnostics()
    assert format_source(Source("a.contract", "role\n"), diagnostics) is None
    assert diagnostics.has_errors


@pytest.mark.parametrize("ending", ["", "  # why"])
@pytest.mark.parametrize(
    ("opening", "closing"), [("f(", ")"), ("a * (b + ", ")"), ("if a then ", " else b")]
)
def test_the_deepest_nesting_is_formatted(opening: str, closing: str, ending: str) -> None:
    """Brackets that the formatter adds never nest deeper than the parser allows."""
    level_count = next(
        count
        for count in range(80, 0, -1)
        if not _errors(f"let x = a + (\n  {opening * count}b{closing * count}{ending}\n)\n")
    )
    assert level_count > 20
    nested = f"{opening * level_count}b{closing * level_count}"
    text = f"let x = a + (\n  {nested}{ending}\n)\n"
    assert parsed(formatted(text)) == parsed(text)
    assert formatted(formatted(text)) == formatted(text)


def _errors(text: str) -> bool:
    diagnostics = Diagnostics()
    parse(Source("a.contract", text), diagnostics)
    return diagnostics.has_errors


def test_comments_are_told_from_texts() -> None:
    """A `#` in a text, also behind an escaped quote, begins no comment."""
    text = 'show "a \\" # b"  # c\n'
    assert formatted(text) == text


def test_time_is_linear_in_size() -> None:
    """Four times the statements take no more than eight times as long to write."""

    def seconds(count: int) -> float:
        block = 'clause a(b: C)\n  # d\n  require e(f, g) > 1 CNY else H "i {j}"  # k\n\n'
        text = block * count
        file = parsed(text)
        source = Source("a.contract", text)
        # The collector walks all that earlier tests left behind, however little we make.
        gc.disable()
        try:
            start = time.process_time()
            assert len(logical_lines(source)) == 2 * count + 1
            assert format_file(file).count("clause") == count
            return time.process_time() - start
        finally:
            gc.enable()

    assert min(seconds(2_000) for _ in range(2)) < 8 * min(seconds(500) for _ in range(3))


@pytest.mark.parametrize(
    ("written", "formatted"),
    [
        ("a and b or c", "(a and b) or c"),
        ("a or b and c", "a or (b and c)"),
        ("a or (b and c) or (d)", "a or (b and c) or d"),
        ("not a and b or c", "(not a and b) or c"),
        ("(a or b) and c", "(a or b) and c"),
    ],
)
def test_an_and_within_an_or_is_bracketed(written: str, formatted: str) -> None:
    """Who reads it need not know which binds more, for conditions and for those who may act."""
    text = f"rule r(): Bool = {written}\n"
    assert format_source(Source("x", text), Diagnostics()) == f"rule r(): Bool = {formatted}\n"
    if "not" not in written:
        text = f"action x()\n  by {written}\n"
        found = format_source(Source("x", text), Diagnostics())
        assert found == f"action x()\n  by {formatted}\n"


@pytest.mark.parametrize("written", ["(a and b) or c", "a or (b and c)", "(a or b) and c"])
def test_brackets_are_no_mistake(written: str) -> None:
    """What says how it is read is not warned of; without its brackets it is, if they say it."""
    for text in (f"rule r(): Bool = {written}\n", f"action x()\n  by {written}\n"):
        for shown, count in ((text, 0), (text.replace("(a and b)", "a and b"), 1)):
            diagnostics = Diagnostics()
            parse(Source("x", shown), diagnostics)
            assert len(diagnostics) == (count if "(a and b)" in text else 0)
