"""Laying out one logical line: tokens that may break come in, lines of text go out.

A line is a run of texts, groups and places where it may break. A group that fits stays whole; one
that does not, or that holds a comment, breaks at all of its own places. It knows nothing of the
language: who writes the tokens sees to it that a line breaks only inside brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from itertools import accumulate
from typing import NamedTuple
from unicodedata import combining, east_asian_width

LINE_COLUMNS_MAX = 120
"""Lines that can be broken are broken past this many columns."""

INDENTATION_BLANKS = 2
CONTINUATION_BLANKS = 4


class TokenKind(Enum):
    """What a token does."""

    TEXT = auto()
    BREAK = auto()
    """Its text in a whole group, a new line in a broken one."""
    IF_BROKEN = auto()
    """Its text in a broken group, nothing in a whole one."""
    COMMENT = auto()
    """A comment: it breaks every group around it and counts for no width."""
    NEW_LINE = auto()
    OPEN = auto()
    CLOSE = auto()
    INDENT = auto()
    DEDENT = auto()


class Token(NamedTuple):
    """One piece of a logical line."""

    kind: TokenKind
    text: str = ""


def text_width(text: str) -> int:
    """Return the columns that `text` takes on a terminal; a wide East Asian character takes two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )


def pad(text: str, width: int) -> str:
    """Return `text` followed by blanks up to `width` columns."""
    return text + " " * (width - text_width(text))


def flat_text(tokens: Sequence[Token]) -> str:
    """Return the tokens on one line, nothing broken."""
    return "".join(
        token.text for token in tokens if token.kind in {TokenKind.TEXT, TokenKind.BREAK}
    )


def lay_out(tokens: Sequence[Token], indentation: int) -> list[str]:
    """Return the lines that `tokens` take when they begin at column `indentation` (from 0)."""
    is_whole = all(token.kind not in {TokenKind.COMMENT, TokenKind.NEW_LINE} for token in tokens)
    if is_whole:
        line = " " * indentation + flat_text(tokens)
        if text_width(line) <= LINE_COLUMNS_MAX:
            return [line]
    return _break(tokens, indentation)


def _break(tokens: Sequence[Token], indentation: int) -> list[str]:
    """Return the lines of `tokens`, broken where they must."""
    needs = _group_needs(tokens)
    lines: list[str] = []
    pieces: list[str] = [" " * indentation]
    column = indentation
    is_broken = [False]
    for index, (kind, text) in enumerate(tokens):
        if kind is TokenKind.OPEN:
            need = needs[index]
            is_broken.append(need is None or column + need > LINE_COLUMNS_MAX)
        elif kind is TokenKind.CLOSE:
            is_broken.pop()
        elif kind is TokenKind.INDENT:
            indentation += CONTINUATION_BLANKS
        elif kind is TokenKind.DEDENT:
            indentation -= CONTINUATION_BLANKS
        elif kind is TokenKind.NEW_LINE or (kind is TokenKind.BREAK and is_broken[-1]):
            lines.append("".join(pieces).rstrip(" "))
            pieces = [" " * indentation]
            column = indentation
        elif kind is not TokenKind.IF_BROKEN or is_broken[-1]:
            pieces.append(text)
            column += text_width(text)
    lines.append("".join(pieces).rstrip(" "))
    return lines


def _group_needs(tokens: Sequence[Token]) -> dict[int, int | None]:
    """Return, for the OPEN of each group, the columns it needs to stay whole; None: it cannot.

    What follows a group up to the next place to break must fit behind it. Both sums are made
    once for all groups, so that the time is linear in the number of tokens.
    """
    whole = {TokenKind.TEXT, TokenKind.BREAK}
    breaking = {TokenKind.COMMENT, TokenKind.NEW_LINE}
    widths = [
        text_width(token.text) if token.kind is not TokenKind.COMMENT else 0 for token in tokens
    ]
    ends = list(
        accumulate(
            (
                width if token.kind in whole else 0
                for token, width in zip(tokens, widths, strict=True)
            ),
            initial=0,
        )
    )
    forced = list(accumulate((token.kind in breaking for token in tokens), initial=0))
    needs: dict[int, int | None] = {}
    closes: list[tuple[int, int]] = []
    tail = 0
    for index in range(len(tokens) - 1, -1, -1):
        kind = tokens[index].kind
        if kind in {TokenKind.BREAK, TokenKind.NEW_LINE}:
            tail = 0
        elif kind is TokenKind.CLOSE:
            closes.append((index, tail))
        elif kind is TokenKind.OPEN:
            close, tail_after = closes.pop()
            is_forced = forced[close] > forced[index]
            needs[index] = None if is_forced else ends[close] - ends[index] + tail_after
        else:
            tail += widths[index]
    return needs
