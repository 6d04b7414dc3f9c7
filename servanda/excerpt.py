"""Excerpts: the lines of a source that a span covers, with marks under what is meant.

In come a source, a span and the room there is; out come lines of styled pieces that no character
of the source can break: what moves a cursor, turns a direction or leaves no mark is made visible.
Widths are cells of a terminal, so that marks stand under wide characters too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from servanda.grammar.source import Source, Span
from servanda.styled_lines import Line, Piece

TAB_CELLS = 4
ROOM_MIN = 20
CUT = "…"


class NumberedLine(NamedTuple):
    """One line of an excerpt: its number, or None under a line and between lines."""

    number: int | None
    pieces: Line


def visible(letter: str) -> str:
    """Return what to show for one character of a source."""
    if letter == "\t":
        return " " * TAB_CELLS
    if letter.isprintable() and cell_len(letter):
        return letter
    point = ord(letter)
    if point < ord(" "):
        return chr(0x2400 + point)
    if unicodedata.category(letter) in {"Mn", "Me", "Mc"}:
        return letter
    return f"<U+{point:04X}>"


def visible_text(text: str) -> str:
    """Return a text with nothing hidden in it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(visible(letter) for letter in text)


def cells_of(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return cell_len(text)


def excerpt(source: Source, span: Span, label: str, mark: str, room: int) -> Iterator[NumberedLine]:
    """Yield the first and last line that `span` covers, each with a row of `mark` and the label."""
    first, last = source.position(span.start), source.position(max(span.start, span.end - 1))
    role = "primary" if mark == "^" else "secondary"
    if last.line > first.line and source.line(last.line).strip() == "":
        last = first
    if first.line == last.line:
        end = min(span.end, source.line_starts[first.line - 1] + len(source.line(first.line)))
        columns = (first.column - 1, first.column - 1 + end - span.start)
        yield from _marked(source, first.line, columns, label, (mark, role), room)
        return
    whole = len(source.line(first.line))
    yield from _marked(source, first.line, (first.column - 1, whole), "", (mark, role), room)
    if last.line > first.line + 1:
        yield NumberedLine(None, [Piece(CUT, "gutter")])
    text = source.line(last.line)
    indent = len(text) - len(text.lstrip())
    yield from _marked(source, last.line, (indent, last.column), label, (mark, role), room)


def _marked(
    source: Source,
    number: int,
    columns: tuple[int, int],
    label: str,
    mark: tuple[str, str],
    room: int,
) -> Iterator[NumberedLine]:
    start, end = columns
    line = cut_line(source.line(number), start, end, max(room, ROOM_MIN))
    yield NumberedLine(number, [Piece(line.text)])
    under = [Piece(" " * line.blank_cells), Piece(mark[0] * line.mark_cells, mark[1])]
    if label:
        under.append(Piece(" " + visible_text(label), mark[1]))
    yield NumberedLine(None, under)


class CutLine(NamedTuple):
    """A line as it is shown: the cells before the marks, and how many marks."""

    text: str
    blank_cells: int
    mark_cells: int


def cut_line(text: str, start: int, end: int, room: int) -> CutLine:
    """Return as much of a line as there is room for, around `start`..`end`."""
    # A line may have a million characters: only those that could be shown are looked at.
    before = max(0, start - room)
    after = min(len(text), start + room + 1)
    shown = [visible(letter) for letter in text[before:after]]
    cells = [cell_len(one) for one in shown]
    start, end = start - before, max(start + 1, end) - before
    low, high = 0, len(shown)
    if before or after < len(text) or sum(cells) > room:
        low = _low_end(cells, start, end, room)
        high = low
        left = room - 2
        while high < len(cells) and cells[high] <= left:
            left -= cells[high]
            high += 1
    is_cut_left, is_cut_right = before + low > 0, before + high < len(text)
    line = CUT * is_cut_left + "".join(shown[low:high]) + CUT * is_cut_right
    blank_cells = is_cut_left + sum(cells[low:start])
    return CutLine(line, blank_cells, max(1, sum(cells[start : min(end, high)])))


def _low_end(cells: list[int], start: int, end: int, room: int) -> int:
    """Return the first character to show: the line's own if the marks are seen then."""
    if sum(cells[: min(end, start + room // 3)]) <= room - 2:
        return 0
    low, taken = start, 0
    while low > 0 and taken + cells[low - 1] <= room // 3:
        low -= 1
        taken += cells[low]
    return low
