"""Diagnostics as people see them: marks stand under what is meant, whatever the letters."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from servanda.excerpt import cut_line
from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Source, Span
from servanda.rendering import render_diagnostic
from servanda.styled_lines import Line, Piece, print_diagnostics, print_lines

Golden = Callable[[str, str], None]

SCREENING = """\
contract FraudScreening version 1

role Police, Regulator, Institution

record Account[number: Text]
  holder: Institutoin
"""


def plain(lines: list[Line]) -> str:
    """Return lines without their roles."""
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def render(text: str, start: int, end: int, *others: Label, width: int = 100) -> str:
    """Return a diagnostic about a part of a text."""
    source = Source("a.contract", text)
    span = Span("a.contract", start, end)
    diagnostic = Diagnostic("E0999", "something is wrong", span, "here", others)
    return plain(list(render_diagnostic(diagnostic, {"a.contract": source}, width)))


def test_a_diagnostic_looks_as_the_style_page_says(golden: Golden) -> None:
    """Header, place, primary with `^`, others with `-`, help; numbers right-aligned."""
    source = Source("fraud_screening.contract", "\n" * 17 + SCREENING)
    text = source.text
    wrong, meant = text.index("Institutoin"), text.index("Institution")
    diagnostic = Diagnostic(
        "E0203",
        "unknown role `Institutoin`",
        Span(source.name, wrong, wrong + 11),
        "no role, record or type of this name",
        (Label(Span(source.name, meant, meant + 11), "a similar name is declared here"),),
        "did you mean `Institution`?",
        ("names are compared letter by letter",),
    )
    shown = plain(list(render_diagnostic(diagnostic, {source.name: source}, 100)))
    golden("diagnostic", shown + "\n")


def test_marks_stand_under_wide_letters() -> None:
    """Each Chinese character takes two cells, in the line and in the marks."""
    text = "record 账户[号码: Txet]\n"
    start = text.index("Txet")
    lines = render(text, start, start + 4).split("\n")
    assert lines[2] == " 1│ record 账户[号码: Txet]"
    assert lines[3] == "  │ " + " " * cell_len("record 账户[号码: ") + "^^^^ here"
    lines = render(text, 7, 9).split("\n")
    assert lines[3] == "  │ " + " " * 7 + "^^^^ here"


def test_tabs_and_controls_are_shown_in_place() -> None:
    """A tab is four blanks; what moves the cursor or hides is written out."""
    lines = render("\ta\x1b\u202eb\n", 4, 5).split("\n")
    assert lines[2] == " 1│     a␛<U+202E>b"
    assert lines[3] == "  │ " + " " * (4 + 1 + 1 + 8) + "^ here"


def test_a_span_of_several_lines_shows_its_ends() -> None:
    """The first line to its end, dots, the last line from its first letter."""
    text = "one (\n  two\n  three\n  four)\nfive\n"
    lines = render(text, 4, text.index("\nfive")).split("\n")
    assert lines[2:] == [
        " 1│ one (",
        "  │     ^",
        "  │ …",
        " 4│   four)",
        "  │   ^^^^^ here",
    ]


def test_labels_of_one_line_share_it() -> None:
    """A line is shown once, with a row for each label; what says nothing new is left out."""
    text = "move a from b to c\nrecord b\n"
    others = [Label(Span("a.contract", start, start + 1), told) for start, told in (
        (12, "from here"), (26, "declared"), (5, "of this"), (5, "of this")
    )]  # fmt: skip
    lines = render(text, 17, 18, *others).split("\n")
    assert lines[2:] == [
        " 1│ move a from b to c",
        "  │                  ^ here",
        "  │             - from here",
        "  │      - of this",
        " 2│ record b",
        "  │        - declared",
    ]


def test_a_line_that_is_cut_elsewhere_is_shown_again() -> None:
    """Of a line too long for the room each label shows its own part."""
    text = f"a = {'b + ' * 60}c\n"
    end = len(text) - 2
    lines = render(text, 0, 1, Label(Span("a.contract", end, end + 1), "c"), width=60).split("\n")
    assert [line[:3] for line in lines[2:]] == [" 1│", "  │", " 1│", "  │"]
    assert max(map(len, lines)) <= 60


def test_places_in_another_file_name_it() -> None:
    """A label elsewhere gets a header of its own; a source that nobody has is only named."""
    one, two = Source("one.contract", "role A\n"), Source("two.contract", "role B\n")
    diagnostic = Diagnostic(
        "W0999",
        "twice",
        Span("one.contract", 5, 6),
        "here",
        (
            Label(Span("two.contract", 5, 6), "and here"),
            Label(Span("gone.contract", 0, 1), "and there"),
        ),
    )
    shown = plain(
        list(render_diagnostic(diagnostic, {"one.contract": one, "two.contract": two}, 100))
    )
    assert shown.split("\n") == [
        "warning[W0999]: twice",
        "  ┌─ one.contract:1:6",
        " 1│ role A",
        "  │      ^ here",
        "  ┌─ two.contract:1:6",
        " 1│ role B",
        "  │      - and here",
        "  ┌─ gone.contract",
        "  │ and there",
    ]


@given(
    st.text("ab账\t\u0301\u200b\x07", max_size=300),
    st.integers(0, 300),
    st.integers(0, 20),
    st.integers(20, 120),
)
def test_a_cut_line_fits_and_marks_what_is_meant(
    text: str, start: int, length: int, room: int
) -> None:
    """However long the line, what is shown fits, and the marks begin where the span does."""
    start = min(start, len(text))
    line = cut_line(text, start, min(len(text), start + length), room)
    assert cell_len(line.text) <= room + 8
    assert line.mark_cells >= 1
    assert line.blank_cells <= cell_len(line.text)


def test_a_line_of_a_million_letters_is_cut_at_once() -> None:
    """Only what could be shown is looked at."""
    text = "a" * 500_000 + "账" + "b" * 500_000
    line = cut_line(text, 500_000, 500_001, 80)
    assert line.text[0] == line.text[-1] == "…"
    assert cell_len(line.text) <= 80
    assert cell_len(line.text[: line.text.index("账")]) == line.blank_cells
    assert line.mark_cells == 2


@pytest.mark.parametrize(
    ("variable", "value", "is_coloured"),
    [("FORCE_COLOR", "1", True), ("NO_COLOR", "1", False), ("TERM", "dumb", False)],
)
def test_colour_is_for_those_who_want_it(
    variable: str, value: str, is_coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, unless NO_COLOR is set; a pipe gets plain text."""
    for one in ("FORCE_COLOR", "NO_COLOR", "TERM"):
        monkeypatch.delenv(one, raising=False)
    file = io.StringIO()
    print_lines([[Piece("error", "error")]], file)
    assert file.getvalue() == "error\n"
    monkeypatch.setenv(variable, value)
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    print_lines([[Piece("error", "error")]], terminal)
    assert ("\x1b[" in terminal.getvalue()) == is_coloured


def test_markup_of_a_library_is_no_markup_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Square brackets and colons in a source are text, in colour too."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = io.StringIO()
    print_lines([[Piece("[red]x[/red] :smile: [link=a]b[/]")]], file)
    assert "[red]x[/red] :smile: [link=a]b[/]" in file.getvalue()


def test_what_was_left_out_is_counted() -> None:
    """More diagnostics than help anybody are a number."""
    diagnostics = Diagnostics()
    source = Source("a.contract", "x" * 300)
    for offset in range(150):
        diagnostics.report(Diagnostic("E0999", "no", Span("a.contract", offset, offset + 1)))
    file = io.StringIO()
    print_diagnostics(diagnostics, {"a.contract": source}, file)
    assert file.getvalue().endswith("… and 50 more\n\n")
