"""The items of a source, read one by one, so that a mistake costs no more than where it stands.

In come a source whose characters were found fit and the tables; out come the items without a
mistake and a diagnostic for every other. A mistake in a line of a block is reported and the line
left out, so that the lines below it are looked at in the same run; what may be the echo of a
mistake is not reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from servanda.grammar.build_tree import DEEPENING, make_builders
from servanda.grammar.check_cells import check_cells
from servanda.grammar.check_numbers import check_numbers
from servanda.grammar.derive import Mismatch, TooDeep, derive
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.limits import check_limits
from servanda.grammar.source import Source, Span
from servanda.grammar.syntax_forms import DECLARATION_WORDS
from servanda.grammar.syntax_hints import explain_depth, explain_mismatch
from servanda.grammar.tables import ParseTables
from servanda.grammar.text_literals import TextReader
from servanda.grammar.tokens import Lexicon, Token, chunks, hole_tokens
from servanda.grammar.tree import Expression

REREAD_MAX = 100_000
"""Tokens of one source read again after mistakes: it bounds the work on a source full of them."""

TOKENS_MAX = 65_536
"""Words and signs in one source: what a checker may have to work through within two seconds."""

MISTAKES_MAX = 100
"""After this many mistakes the rest of a source is not looked at."""

_SPREADING = frozenset({"E0102", "E0105", "E0106"})
"""Mistakes of brackets and indentation, which tear what belongs together into several items."""


class Reading:
    """The reading of one source: its tables, its builders, its diagnostics."""

    def __init__(
        self, source: Source, diagnostics: Diagnostics, tables: ParseTables, lexicon: Lexicon
    ) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.tables = tables
        self.lexicon = lexicon
        self.reread_count = 0
        self.token_count = 0
        """How many were read so far, those in the holes of texts included."""
        reader = TextReader(source.name, diagnostics, self.expression)
        self.builders = make_builders(reader, diagnostics)

    def items(self) -> list[Any]:
        """Return the items without a mistake, and report every other."""
        found = []
        is_torn = False
        before = len(self.diagnostics) + self.diagnostics.left_out_count
        for tokens in chunks(self.lexicon, self.source.text):
            self.token_count += len(tokens)
            if self.token_count > TOKENS_MAX:
                self._report_size(tokens[0])
                break
            if is_torn and tokens[0].text not in DECLARATION_WORDS:
                continue
            check_numbers(self.lexicon, self.source, tokens, self.diagnostics)
            item, is_torn = self._item(tokens)
            if item is not None:
                check_limits(item, self.diagnostics)
                check_cells(item, self.diagnostics)
                found.append(item)
            if len(self.diagnostics) + self.diagnostics.left_out_count - before >= MISTAKES_MAX:
                break
        return found

    def _report_size(self, token: Token) -> None:
        self.diagnostics.report(
            Diagnostic(
                "E0025",
                f"a source has at most {TOKENS_MAX:_} words and signs",
                Span(self.source.name, token.start, token.end),
                label="here are more",
                help="divide the contract into several that `use` one another",
            )
        )

    def expression(self, start: int, end: int) -> Expression | None:
        """Return the expression between two offsets, or None after reporting what it is not."""
        tokens = hole_tokens(self.lexicon, self.source.text, start, end)
        self.token_count += len(tokens)
        check_numbers(self.lexicon, self.source, tokens, self.diagnostics)
        found = self._derive("expression", tokens)
        if isinstance(found, Mismatch | TooDeep):
            self.diagnostics.report(self._explain(tokens, found))
            return None
        expression: Expression = found
        return expression

    def _item(self, tokens: list[Token]) -> tuple[Any, bool]:
        """Return the item, or None after a mistake, and whether what follows may belong to it."""
        is_declaration = tokens[0].text in DECLARATION_WORDS
        is_whole = True
        is_torn = False
        cut = -1
        while True:
            found = self._derive("item", tokens)
            if not isinstance(found, Mismatch | TooDeep):
                return (found if is_whole else None), is_torn
            is_whole = False
            if found.index == cut:
                return None, is_torn
            diagnostic = self._explain(tokens, found)
            self.diagnostics.report(diagnostic)
            is_torn |= is_declaration and diagnostic.code in _SPREADING
            is_torn |= [one.text for one in tokens[:2]] == ["/", "*"]
            self.reread_count += len(tokens)
            shorter = _without_line_end(self.lexicon, tokens, found)
            shorter = shorter or _without_line(self.lexicon, tokens, found)
            if shorter is None or self.reread_count > REREAD_MAX:
                return None, is_torn
            tokens, cut = shorter

    def _derive(self, start: str, tokens: Sequence[Token]) -> Any:
        return derive(self.tables, self.builders, DEEPENING, self.source.name, start, tokens)

    def _explain(self, tokens: Sequence[Token], found: Mismatch | TooDeep) -> Diagnostic:
        if isinstance(found, TooDeep):
            return explain_depth(tokens, found)
        return explain_mismatch(self.source, tokens, found, self.tables)


_LINE_ENDS = frozenset({":", "then", ","})
"""What other languages write at the end of a line; without it the line is as it should be."""


def _without_line_end(
    lexicon: Lexicon, tokens: list[Token], found: Mismatch | TooDeep
) -> tuple[list[Token], int] | None:
    """Return the tokens without the last one of a line and where it was, if that heals the line."""
    if isinstance(found, TooDeep):
        return None
    place = found.index
    if tokens[place].terminal == lexicon.newline and _ends_header(tokens, place):
        place -= 1
    if tokens[place].text not in _LINE_ENDS or tokens[place + 1].terminal != lexicon.newline:
        return None
    return tokens[:place] + tokens[place + 1 :], place


def _ends_header(tokens: list[Token], end: int) -> bool:
    """Return whether the tokens before `end` are the first line of an action without its type."""
    is_closed = [one.text for one in tokens[max(0, end - 2) : end]] == [")", ":"]
    return is_closed and tokens[0].text == "action" and all(one.text for one in tokens[:end])


def _without_line(
    lexicon: Lexicon, tokens: list[Token], found: Mismatch | TooDeep
) -> tuple[list[Token], int] | None:
    """Return the tokens without the line of the mistake and where it was, if that is sound.

    It is not where the line opens the item, or where the lines below it would be read as what
    they are not: the rows of a table whose header is gone.
    """
    layout = {lexicon.newline, lexicon.indent, lexicon.dedent}
    place = found.index - isinstance(found, TooDeep)
    if tokens[place].terminal < 0 and not tokens[place].text:
        return None
    start = place
    if tokens[start].terminal == lexicon.indent:
        return _without_block(lexicon, tokens, start)
    if tokens[start].terminal in {lexicon.dedent, lexicon.end}:
        return None
    while start and tokens[start - 1].terminal not in layout:
        start -= 1
    if start == 0:
        return None
    if tokens[start].text == "|" and not _follows_table_line(lexicon, tokens, start):
        return None
    while True:
        end = place
        while tokens[end].terminal != lexicon.newline:
            end += 1
        end = _block_end(lexicon, tokens, end + 1)
        if tokens[end].text not in {"elif", "else"}:
            break
        place = end
    return tokens[:start] + tokens[end:], start


def _follows_table_line(lexicon: Lexicon, tokens: list[Token], start: int) -> bool:
    """Return whether the line above the one at `start` is a line of the same table."""
    above = start - 1
    while above and tokens[above - 1].terminal not in {lexicon.newline, lexicon.indent}:
        above -= 1
    return tokens[above].text == "|"


def _block_end(lexicon: Lexicon, tokens: list[Token], start: int) -> int:
    """Return where the block that may begin at `start` ends."""
    if tokens[start].terminal != lexicon.indent:
        return start
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].terminal == lexicon.indent
        depth -= tokens[index].terminal == lexicon.dedent
        if depth == 0:
            return index + 1
    return len(tokens) - 1


def _without_block(
    lexicon: Lexicon, tokens: list[Token], start: int
) -> tuple[list[Token], int] | None:
    """Return the tokens without the block that nothing opens; its lines are read as a block."""
    end = _block_end(lexicon, tokens, start)
    if end >= len(tokens) - 1:
        return None
    return tokens[:start] + tokens[end:], start
