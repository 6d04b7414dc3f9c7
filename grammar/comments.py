"""The comments of a source, for the formatter: the parser drops them.

In comes a source; out come its comments in order. It knows text literals, because a `#` inside one
begins no comment, and nothing else of the grammar.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from servanda.grammar.source import Source

_TEXT_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|#[^\n]*')


class Comment(NamedTuple):
    """One comment from its `#` to the end of its line, without blanks at its end."""

    line: int
    column: int
    text: str
    is_alone_on_line: bool


def comments(source: Source) -> tuple[Comment, ...]:
    """Return every comment of `source`, in order; `line` and `column` count from 1."""
    found = []
    for match in _TEXT_OR_COMMENT.finditer(source.text):
        if match[0][0] != "#":
            continue
        line, column = source.position(match.start())
        before = source.text[match.start() - column + 1 : match.start()]
        found.append(Comment(line, column, match[0].rstrip(), not before.strip()))
    return tuple(found)
