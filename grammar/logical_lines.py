"""The logical lines of a source and the comments around them.

In comes a source that parses; out come its logical lines in order, each with the comments above
it, inside its brackets and behind it. A `#` inside a text is no comment. It knows brackets, texts
and line breaks, and nothing else of the grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from servanda.grammar.source import Source

PIECE = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
    | (?P<new_line>\n)
    | (?P<word>[()\[\]] | "(?:[^"\\\n]|\\[^\n])*" | [^\s\#()\[\]"]+ | ")
    """,
    re.VERBOSE,
)

OPENING = frozenset("([")
CLOSING = frozenset(")]")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment: its text from `#` on, where it stands and what stands around it.

    `column` counts from 1; `is_alone` says that nothing stands before it on its line, and
    `is_apart` that a blank line does.
    """

    text: str
    offset: int
    column: int
    is_alone: bool
    is_apart: bool


@dataclass(slots=True)
class LogicalLine:
    """One statement's or declaration's line, however many lines its brackets span.

    `brackets` tells, for what stands between two brackets (from its start to its end), where those
    two stand. The last of a source's logical lines stands for its end: it has only
    comments above it.
    """

    column: int = 1
    is_apart: bool = False
    above: list[Comment] = field(default_factory=list)
    inside: list[Comment] = field(default_factory=list)
    behind: Comment | None = None
    brackets: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


def logical_lines(source: Source) -> list[LogicalLine]:
    """Return the logical lines of `source`, and one more for its end."""
    scanner = _Scanner()
    for match in PIECE.finditer(source.text):
        if match.lastgroup == "new_line":
            scanner.break_line(match.end())
        elif match.lastgroup == "comment":
            scanner.add_comment(match.group().rstrip(), match.start())
        else:
            scanner.add_word(match.group(), match.start())
    if scanner.is_begun:
        scanner.lines.append(LogicalLine())
    return scanner.lines


@dataclass(slots=True)
class _Scanner:
    """The lines so far and what is known of the line that is being read."""

    lines: list[LogicalLine] = field(default_factory=lambda: [LogicalLine()])
    is_begun: bool = False
    line_start: int = 0
    is_empty: bool = True
    is_apart: bool = False
    contents: list[tuple[int, int | None]] = field(default_factory=list)
    """Where the open brackets stand and where their contents begin, as far as that is known."""
    last_end: int = 0

    def break_line(self, end: int) -> None:
        is_inside = self.is_begun and bool(self.contents)
        self.is_apart = self.is_empty and not is_inside
        self.is_empty = True
        self.line_start = end
        if self.is_begun and not is_inside:
            self.lines.append(LogicalLine())
            self.is_begun = False

    def add_comment(self, text: str, offset: int) -> None:
        column = offset - self.line_start + 1
        comment = Comment(text, offset, column, is_alone=self.is_empty, is_apart=self.is_apart)
        line = self.lines[-1]
        if not self.is_begun:
            line.above.append(comment)
        elif self.contents:
            line.inside.append(comment)
        else:
            line.behind = comment
        self.is_empty = False

    def add_word(self, text: str, offset: int) -> None:
        line = self.lines[-1]
        if not self.is_begun:
            self.is_begun = True
            line.column = offset - self.line_start + 1
            line.is_apart = self.is_apart
        if text in CLOSING:
            if self.contents:
                opening, start = self.contents.pop()
                if start is not None:
                    line.brackets[start, self.last_end] = (opening, offset)
        else:
            if self.contents and self.contents[-1][1] is None:
                self.contents[-1] = (self.contents[-1][0], offset)
            if text in OPENING:
                self.contents.append((offset, None))
        self.last_end = offset + len(text)
        self.is_empty = False
