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
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<word>"(?:[^"\\\n]|\\[^\n])*" | [^\s\#()\[\]"]+ | ")
    """,
    re.VERBOSE,
)


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

    The last of a source's logical lines stands for its end: it has only comments above it.
    """

    column: int = 1
    is_apart: bool = False
    above: list[Comment] = field(default_factory=list)
    inside: list[Comment] = field(default_factory=list)
    behind: Comment | None = None


def logical_lines(source: Source) -> list[LogicalLine]:
    """Return the logical lines of `source`, and one more for its end."""
    lines = [LogicalLine()]
    line_start = 0
    is_begun = False
    is_apart = False
    depth = 0
    is_empty = True
    for match in PIECE.finditer(source.text):
        kind = match.lastgroup
        current = lines[-1]
        if kind == "new_line":
            is_apart = is_empty and not (is_begun and depth)
            is_empty = True
            line_start = match.end()
            if is_begun and depth == 0:
                lines.append(LogicalLine())
                is_begun = False
            continue
        if kind == "comment":
            comment = Comment(
                match.group().rstrip(),
                match.start(),
                match.start() - line_start + 1,
                is_alone=is_empty,
                is_apart=is_apart,
            )
            if not is_begun:
                current.above.append(comment)
            elif depth:
                current.inside.append(comment)
            else:
                current.behind = comment
        elif not is_begun:
            is_begun = True
            current.column = match.start() - line_start + 1
            current.is_apart = is_apart
        depth += (kind == "open") - (kind == "close")
        is_empty = False
    if is_begun:
        lines.append(LogicalLine())
    return lines
