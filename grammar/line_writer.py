"""Writing one logical line: texts, bracketed lists and the comments inside them.

In come pieces in the order of the source, out comes the run of tokens that is laid out. A comment
inside brackets goes behind or above the item that it stood behind or above. It knows brackets,
items and comments, and nothing of what the items say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from servanda.grammar.layout import Token, TokenKind
from servanda.grammar.logical_lines import Comment
from servanda.grammar.source import Span

END_OF_LINE = 1 << 60
"""An offset behind every comment of a line."""

OPEN = Token(TokenKind.OPEN)
CLOSE = Token(TokenKind.CLOSE)
INDENT = Token(TokenKind.INDENT)
DEDENT = Token(TokenKind.DEDENT)
NEW_LINE = Token(TokenKind.NEW_LINE)
PLACE = Token(TokenKind.BREAK)
BLANK = Token(TokenKind.BREAK, " ")
COMMA_IF_BROKEN = Token(TokenKind.IF_BROKEN, ",")
SOFT_OPEN = Token(TokenKind.IF_BROKEN, "(")
SOFT_CLOSE = Token(TokenKind.IF_BROKEN, ")")


class Item(NamedTuple):
    """One of several things in a row: where it stood in the source and what writes it."""

    span: Span
    write: Callable[[LineWriter], None]


@dataclass(slots=True)
class LineWriter:
    """The tokens of one logical line so far, and the comments that stood inside its brackets."""

    comments: Sequence[Comment] = ()
    brackets: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    depth: int = 0
    taken_count: int = 0

    def text(self, text: str) -> None:
        """Write `text`, which never breaks."""
        self.tokens.append(Token(TokenKind.TEXT, text))

    def left_over(self) -> Sequence[Comment]:
        """Return the comments that found no place inside the line."""
        return self.comments[self.taken_count :]

    def enclosed(self, opening: str, items: Sequence[Item], closing: str, end: int) -> None:
        """Write `items` between brackets, separated by commas; the brackets ended at `end`."""
        self.text(opening)
        self._open()
        self.tokens.append(INDENT)
        self._comments_behind(items[0].span.start if items else end)
        if items:
            self.tokens.append(PLACE)
        for index, item in enumerate(items):
            item.write(self)
            if index + 1 < len(items):
                self.text(",")
                self._comments_behind(items[index + 1].span.start)
                self.tokens.append(BLANK)
            else:
                self.tokens.append(COMMA_IF_BROKEN)
                self._comments_behind(end)
        self.tokens.append(DEDENT)
        self.tokens.append(PLACE)
        self._close()
        self.text(closing)

    def bracketed(self, item: Item) -> None:
        """Write `item` between round brackets that it cannot do without."""
        self.text("(")
        self._open()
        self.tokens.append(INDENT)
        self._comments_behind(item.span.start)
        self.tokens.append(PLACE)
        item.write(self)
        self._comments_behind(self.bracketed_span(item.span).end)
        self.tokens.append(DEDENT)
        self.tokens.append(PLACE)
        self._close()
        self.text(")")

    def softly_bracketed(self, item: Item, *, may_break: bool) -> None:
        """Write `item`, between round brackets if it breaks.

        Without `may_break` it is bracketed only to hold a comment that no list inside it holds.
        """
        start, taken_first = len(self.tokens), self.taken_count
        self.depth += may_break
        self._comments_behind(item.span.start)
        content_start = len(self.tokens)
        has_comments = self.taken_count > taken_first
        item.write(self)
        taken_inside = self.taken_count
        self._comments_behind(self.bracketed_span(item.span).end)
        has_comments = has_comments or self.taken_count > taken_inside
        self.depth -= may_break
        # INVARIANT: whatever breaks here nests one level more than its brackets do, so that one
        # more pair stays within the nesting that the parser allows.
        if may_break or has_comments:
            lead, content = self.tokens[start:content_start], self.tokens[content_start:]
            before = [OPEN, SOFT_OPEN, INDENT, *lead, PLACE]
            self.tokens[start:] = [*before, *content, DEDENT, PLACE, SOFT_CLOSE, CLOSE]

    def parts(self, parts: Sequence[Item], *, is_indented: bool) -> None:
        """Write `parts` with a blank between them, or each on a line of its own inside brackets."""
        self.tokens.append(OPEN)
        for index, part in enumerate(parts):
            if index:
                if self.depth:
                    self._comments_behind(self.bracketed_span(part.span).start)
                    self.tokens.append(BLANK)
                else:
                    self.text(" ")
            part.write(self)
            if index == 0 and is_indented:
                self.tokens.append(INDENT)
        if is_indented:
            self.tokens.append(DEDENT)
        self.tokens.append(CLOSE)

    def bracketed_span(self, span: Span) -> Span:
        """Return `span` with all brackets that held nothing but what stood there."""
        name, start, end = span
        while (start, end) in self.brackets:
            start, closing = self.brackets[start, end]
            end = closing + 1
        return Span(name, start, end)

    def _open(self) -> None:
        self.tokens.append(OPEN)
        self.depth += 1

    def _close(self) -> None:
        self.tokens.append(CLOSE)
        self.depth -= 1

    def _take(self, end: int) -> Sequence[Comment]:
        """Take the comments that stood before `end`."""
        first = self.taken_count
        while (
            self.taken_count < len(self.comments) and self.comments[self.taken_count].offset < end
        ):
            self.taken_count += 1
        return self.comments[first : self.taken_count]

    def _comments_behind(self, end: int) -> None:
        """Write the comments before `end`: the first behind what was written, if it stood so."""
        for index, comment in enumerate(self._take(end)):
            if index == 0 and not comment.is_alone:
                self.tokens.append(Token(TokenKind.COMMENT, "  " + comment.text))
            else:
                self.tokens.append(NEW_LINE)
                self.tokens.append(Token(TokenKind.COMMENT, comment.text))
