"""The page that a formatter fills: logical lines in order, each with its level and its distance.

In come lines as they are written, each finding the comments that stood at the source's line of the
same number; out come the lines of text. It knows comments and blank lines, and no syntax: the
source's logical lines and the page's correspond one to one, because no line is made or moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from servanda.grammar.layout import INDENTATION_BLANKS, lay_out
from servanda.grammar.line_writer import LineWriter
from servanda.grammar.logical_lines import Comment, LogicalLine


class Distance(Enum):
    """Whether a blank line stands above a line."""

    CLOSE = auto()
    """Never: it begins a block or goes on with one."""
    AS_WRITTEN = auto()
    """If the author put one there."""
    APART = auto()
    """Always; below the header of a contract the comments come first."""
    APART_FROM_HEADER = auto()


@dataclass(frozen=True, slots=True)
class PageLine:
    """One logical line of the page."""

    level: int
    distance: Distance
    writer: LineWriter


@dataclass(slots=True)
class Page:
    """The lines written so far, and those of the source (none for a tree without one)."""

    source_lines: Sequence[LogicalLine] = ()
    lines: list[PageLine] = field(default_factory=list)

    def line(self, level: int, distance: Distance = Distance.AS_WRITTEN) -> LineWriter:
        """Begin a line at `level` and return its writer."""
        index = len(self.lines)
        source = self.source_lines[index] if self.source_lines else LogicalLine()
        writer = LineWriter(source.inside, source.brackets)
        self.lines.append(PageLine(level, distance, writer))
        return writer

    def text_line(self, text: str, level: int, distance: Distance = Distance.AS_WRITTEN) -> None:
        """Write a line that is one text."""
        self.line(level, distance).text(text)


@dataclass(slots=True)
class _Rows:
    """The lines of text so far and the blocks that are open, as (column in source, level)."""

    texts: list[str] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)

    def add_comment(self, comment: Comment, level: int) -> None:
        self.texts.append(" " * INDENTATION_BLANKS * level + comment.text)

    def add_blank(self) -> None:
        if self.texts and self.texts[-1]:
            self.texts.append("")


def page_text(page: Page) -> str:
    """Return the page as text: comments in their places, one line break at the end."""
    rows = _Rows()
    sources = page.source_lines or [LogicalLine() for _ in range(len(page.lines) + 1)]
    assert len(sources) == len(page.lines) + 1, "a formatted line corresponds to each source line"
    for line, source in zip(page.lines, sources, strict=False):
        _add_gap(rows, source, line.level, line.distance)
        for comment in line.writer.left_over():
            rows.add_comment(comment, line.level)
        texts = lay_out(line.writer.tokens, INDENTATION_BLANKS * line.level)
        if source.behind is not None:
            texts[-1] += "  " + source.behind.text
        rows.texts += texts
        while rows.blocks and rows.blocks[-1][1] >= line.level:
            rows.blocks.pop()
        rows.blocks.append((source.column, line.level))
    _add_gap(rows, sources[-1], 0, Distance.AS_WRITTEN)
    while rows.texts and not rows.texts[-1]:
        rows.texts.pop()
    return "\n".join(rows.texts) + "\n"


def _add_gap(rows: _Rows, source: LogicalLine, level: int, distance: Distance) -> None:
    """Add the comments above a line and the blank lines between them.

    A comment that stands deeper than the line below it belongs to the block that ended there.
    """
    levels = _comment_levels(rows.blocks, source.above, level)
    deeper_count = sum(one > level for one in levels)
    blanks = [*(comment.is_apart for comment in source.above), source.is_apart]
    if distance is Distance.CLOSE:
        blanks[deeper_count] = False
    elif distance is not Distance.AS_WRITTEN and not any(blanks[deeper_count:]):
        blanks[-1 if distance is Distance.APART_FROM_HEADER else deeper_count] = True
    for comment, comment_level, is_apart in zip(source.above, levels, blanks, strict=False):
        if is_apart:
            rows.add_blank()
        rows.add_comment(comment, comment_level)
    if blanks[-1]:
        rows.add_blank()


def _comment_levels(
    blocks: Sequence[tuple[int, int]], comments: Sequence[Comment], level: int
) -> list[int]:
    """Return the level of each comment: of the deepest open block it is indented into."""
    levels = []
    most = blocks[-1][1] if blocks else 0
    for comment in comments:
        fitting = (block for column, block in reversed(blocks) if column <= comment.column)
        most = max(level, min(most, next(fitting, 0)))
        levels.append(most)
    return levels
