"""Text literals: escapes resolved, holes parsed.

In comes the token of a literal, out come its parts; what is wrong inside it is reported at the
very character, and the literal stands for empty text so that one mistake stays one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.source import Span
from servanda.grammar.tokens import Token
from servanda.grammar.tree import Expression, TextLiteral

TEXT_SIZE_MAX = 4096
"""Bytes of UTF-8 in one text literal as it is written between its quotes."""

_SPECIAL = re.compile(r"[\\{}]")
_ESCAPED = frozenset('"\\{}')

ParseHole = Callable[[int, int], Expression | None]
"""What parses the expression between two offsets of the source, and reports what is wrong."""


class TextReader:
    """Reads the text literals of one source."""

    def __init__(self, source_name: str, diagnostics: Diagnostics, parse_hole: ParseHole) -> None:
        self.source_name = source_name
        self.diagnostics = diagnostics
        self.parse_hole = parse_hole

    def read(self, token: Token) -> TextLiteral:
        """Return the literal with its holes."""
        span = Span(self.source_name, token.start, token.end)
        inner = token.text[1:-1]
        self._check_size(span, inner)
        if not _SPECIAL.search(inner):
            return TextLiteral((inner,) if inner else (), span=span)
        parts = self._parts(inner, token.start + 1)
        return TextLiteral(() if parts is None else tuple(parts), span=span)

    def read_plain(self, token: Token) -> str:
        """Return the text of a literal that has no holes: a brace in it is a brace."""
        inner = token.text[1:-1]
        self._check_size(Span(self.source_name, token.start, token.end), inner)
        if "\\" not in inner:
            return inner
        letters: list[str] = []
        place = 0
        while place < len(inner):
            if inner[place] == "\\":
                place += 1
                if inner[place] not in _ESCAPED:
                    self._refuse_escape(token.start + place, inner[place])
            letters.append(inner[place])
            place += 1
        return "".join(letters)

    def _parts(self, inner: str, offset: int) -> list[str | Expression] | None:
        """Return the parts of `inner`, which stands at `offset`, or None after a mistake."""
        parts: list[str | Expression] = []
        plain: list[str] = []
        is_sound = True
        place = 0
        while place < len(inner):
            letter = inner[place]
            if letter == "\\":
                place += 1
                if inner[place] not in _ESCAPED:
                    is_sound = False
                    self._refuse_escape(offset + place - 1, inner[place])
                plain.append(inner[place])
            elif letter == "}":
                self._report(
                    "E0112",
                    "a `}` in a text closes no hole",
                    offset + place,
                    offset + place + 1,
                    "no `{` stands before it",
                    "write `\\}` for the character itself",
                )
                is_sound = False
            elif letter == "{":
                close = _hole_end(inner, place)
                hole = self._hole(inner, offset, place, close)
                if hole is None:
                    is_sound = False
                else:
                    if plain:
                        parts.append("".join(plain))
                        plain = []
                    parts.append(hole)
                place = close
            else:
                plain.append(letter)
            place += 1
        if plain:
            parts.append("".join(plain))
        return parts if is_sound else None

    def _hole(self, inner: str, offset: int, start: int, close: int) -> Expression | None:
        """Return the expression of the hole from its `{` to its `}`."""
        if close == len(inner) or inner[close] != "}":
            self._report(
                "E0112",
                "this hole is not closed",
                offset + start,
                offset + start + 1,
                "the hole begins here",
                "close the hole with `}`, or write `\\{` for the character itself",
            )
            return None
        written = inner[start + 1 : close]
        if not written.strip(" "):
            self._report(
                "E0112",
                "this hole is empty",
                offset + start,
                offset + close + 1,
                "no value stands between the braces",
                "write a value between the braces, or `\\{\\}` for the characters themselves",
            )
            return None
        if "#" in written:
            at = offset + start + 1 + written.index("#")
            self._report(
                "E0112",
                "no comment stands inside the hole of a text",
                at,
                at + 1,
                "a `#` inside a hole",
                "write `\\{` if the brace should be the character itself",
            )
            return None
        return self.parse_hole(offset + start + 1, offset + close)

    def _check_size(self, span: Span, inner: str) -> None:
        size = len(inner.encode("utf-8", "surrogatepass")) if len(inner) > TEXT_SIZE_MAX // 4 else 0
        if size > TEXT_SIZE_MAX:
            self._report(
                "E0113",
                f"a text has at most {TEXT_SIZE_MAX:_} bytes",
                span.start,
                span.end,
                f"this one has {size:_}",
                "say it in fewer words, or in two texts",
            )

    def _refuse_escape(self, start: int, letter: str) -> None:
        self._report(
            "E0111",
            f"`\\{letter}` means nothing in a text",
            start,
            start + 2,
            "unknown escape",
            'only `\\"`, `\\\\`, `\\{` and `\\}` are written with a backslash; '
            "for a backslash itself write `\\\\`",
        )

    def _report(
        self, code: str, message: str, start: int, end: int, label: str, advice: str
    ) -> None:
        span = Span(self.source_name, start, end)
        self.diagnostics.report(Diagnostic(code, message, span, label=label, help=advice))


def _hole_end(inner: str, start: int) -> int:
    """Return where the hole that begins at `start` ends: at its `}`, or where it cannot go on."""
    for place in range(start + 1, len(inner)):
        if inner[place] in "{}\\":
            return place
    return len(inner)
