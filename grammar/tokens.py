"""Source text into tokens, one run of them for each top-level item.

In comes text whose characters were found fit; out come chunks of tokens with line breaks and
indentation made visible. A keyword is one wherever it stands; that some of them may name things is
the grammar's affair. What is no token becomes a token of its own that no grammar takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from servanda.grammar.tables import ParseTables

NESTING_MAX = 64
"""Brackets or indentation deeper than this are refused."""

UNKNOWN = -1
UNCLOSED_TEXT = -2
UNEVEN_INDENT = -3
NESTED_TOO_DEEPLY = -4
NUMBER_RUNS_ON = -5
SHORT_DATE = -6


class Token(NamedTuple):
    """A terminal of the grammar (or one of the numbers above), its text and its place."""

    terminal: int
    text: str
    start: int
    end: int


_SHORT_DATE = r"[0-9]{4}-(?:[0-9]-[0-9]{1,2}|[0-9]{2}-[0-9])(?![0-9_%]|\.[0-9])"
"""A date without its noughts, which would be read as two subtractions: `2026-1-5`."""


class Lexicon:
    """The tables' terminals, ready for scanning."""

    def __init__(self, tables: ParseTables) -> None:
        symbols = tables.symbols
        self.words = {text: symbols[name] for text, name in tables.words}
        self.ignored = frozenset(tables.ignored)
        self.terminals = {name: symbols.get(name, UNKNOWN) for name, _ in tables.patterns}
        self.terminals["SHORT_DATE_"] = SHORT_DATE
        union = "|".join(f"(?P<{name}>{pattern})" for name, pattern in tables.patterns)
        whole = f"(?P<SHORT_DATE_>{_SHORT_DATE})|{union}|(?P<OTHER_>.)"
        self.pattern = re.compile(whole, re.DOTALL)
        self.name = symbols["NAME"]
        self.newline = symbols["_NEWLINE"]
        self.indent = symbols["_INDENT"]
        self.dedent = symbols["_DEDENT"]
        self.end = symbols["$END"]
        self.numbers = frozenset(symbols[name] for name in ("INTEGER", "DECIMAL", "PERCENT"))
        self.opening = frozenset(symbols[name] for name in ("LPAR", "LSQB"))
        self.closing = frozenset(symbols[name] for name in ("RPAR", "RSQB"))


_CONTINUES = re.compile(r"[)\]]|(?:elif|else)(?!\w)")
"""What stands in the first column and yet belongs to the item above it."""


def chunks(lexicon: Lexicon, text: str) -> Iterator[list[Token]]:
    """Yield the tokens of each item of `text`: what begins in the first column."""
    is_first = True
    for chunk in _Scanner(lexicon, text).scan(0, len(text)):
        line_start = text.rfind("\n", 0, chunk[0].start) + 1
        # Only the first item can be indented: any later one belongs to the item above it.
        if is_first and line_start < chunk[0].start:
            chunk.insert(0, Token(UNEVEN_INDENT, "", line_start, chunk[0].start))
        is_first = False
        yield chunk


def hole_tokens(lexicon: Lexicon, text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of the hole of a text literal, from `start` to `end`."""
    found = [token for chunk in _Scanner(lexicon, text).scan(start, end) for token in chunk[:-2]]
    place = found[-1].end if found else start
    return [*found, Token(lexicon.end, "", place, place)]


class _Scanner:
    """One pass over a text."""

    def __init__(self, lexicon: Lexicon, text: str) -> None:
        self.lexicon = lexicon
        self.text = text
        self.chunk: list[Token] = []
        self.indents = [0]
        self.bracket_depth = 0
        self.last_end = 0

    def scan(self, start: int, end: int) -> Iterator[list[Token]]:
        lexicon = self.lexicon
        words, terminals, ignored = lexicon.words, lexicon.terminals, lexicon.ignored
        name, newline, numbers = lexicon.name, lexicon.newline, lexicon.numbers
        self.last_end = start
        for match in lexicon.pattern.finditer(self.text, start, end):
            group = match.lastgroup or ""
            if group in ignored:
                continue
            terminal = terminals.get(group, UNKNOWN)
            if terminal == newline:
                if self.chunk and self._break_line(match.end(), match[0]):
                    yield self._end_chunk()
                continue
            text = match[0]
            if terminal == name:
                terminal = words.get(text, name)
            elif terminal == UNKNOWN and text == '"':
                terminal = UNCLOSED_TEXT
            elif terminal in lexicon.opening:
                self.bracket_depth += 1
                if self.bracket_depth > NESTING_MAX:
                    terminal = NESTED_TOO_DEEPLY
            elif terminal in lexicon.closing:
                self.bracket_depth -= self.bracket_depth > 0
            self.last_end = match.end()
            self.chunk.append(Token(terminal, text, match.start(), self.last_end))
            if terminal in numbers and self._runs_on(self.last_end, end):
                self._add(NUMBER_RUNS_ON)
        if self.chunk:
            yield self._end_chunk()

    def _runs_on(self, place: int, end: int) -> bool:
        """Return whether a letter or `_` stands right behind the number that ends at `place`."""
        return place < end and (self.text[place] == "_" or self.text[place].isalnum())

    def _break_line(self, place: int, text: str) -> bool:
        """Add what the line break before `place` means; return whether the item ends there."""
        indent = len(text) - text.rindex("\n") - 1
        if place >= len(self.text):
            return False  # Nothing follows but blanks or a comment.
        if indent == 0 and not _CONTINUES.match(self.text, place):
            return True
        if not self.bracket_depth:
            self._indent(place, indent)
        return False

    def _indent(self, place: int, indent: int) -> None:
        self._add(self.lexicon.newline)
        if indent > self.indents[-1]:
            self.indents.append(indent)
            too_deep = len(self.indents) > NESTING_MAX + 1
            self._add(NESTED_TOO_DEEPLY if too_deep else self.lexicon.indent)
            return
        while indent < self.indents[-1]:
            self.indents.pop()
            self._add(self.lexicon.dedent)
        if indent != self.indents[-1]:
            self.indents.append(indent)
            self.chunk.append(Token(UNEVEN_INDENT, "", place - indent, place))

    def _end_chunk(self) -> list[Token]:
        self._add(self.lexicon.newline)
        for _ in self.indents[1:]:
            self._add(self.lexicon.dedent)
        self._add(self.lexicon.end)
        chunk = self.chunk
        self.chunk = []
        self.indents = [0]
        self.bracket_depth = 0
        return chunk

    def _add(self, terminal: int) -> None:
        """Add a token that takes no room, right behind what was read last."""
        self.chunk.append(Token(terminal, "", self.last_end, self.last_end))
