"""The place where the tokens of an item leave the grammar, as its explanations look at it.

In come the tokens, the place and the tables; out comes a `Situation`. It calls terminals by what
they are written as, and explains nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from servanda.grammar.derive import Mismatch, acceptable
from servanda.grammar.diagnostics import Diagnostic, Label
from servanda.grammar.source import Source, Span
from servanda.grammar.syntax_forms import THING_NAMES
from servanda.grammar.tables import ParseTables
from servanda.grammar.tokens import Token

CLOSES = {")": "(", "]": "["}
"""What each closing bracket closes."""

OPENS = {"(": ")", "[": "]"}
"""What closes each opening bracket."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the tokens left the grammar: the token, what stands before it, what could follow."""

    source: Source
    token: Token
    thing: str
    """The token as `expected` would call it: its text, or its kind when it is written freely."""
    before: Token | None
    after: Token | None
    line: tuple[Token, ...]
    item: Token
    brackets: tuple[Token, ...]
    expected: frozenset[str]
    is_above_block: bool
    """Whether the line ends here and an indented one follows."""

    @property
    def opening(self) -> str:
        """The first word of the line, or nothing where the line begins."""
        return self.line[0].text if self.line else ""

    @property
    def before_text(self) -> str:
        """The text of the token before this one, or nothing."""
        return self.before.text if self.before else ""

    @property
    def awaits_value(self) -> bool:
        """Whether a value must follow."""
        return {"NAME", "INTEGER"} <= self.expected and "+" not in self.expected

    @property
    def awaits_name(self) -> bool:
        """Whether a name must follow, and nothing else that is a value would do."""
        return "NAME" in self.expected and not {"INTEGER", "+"} & self.expected

    def report(
        self,
        code: str,
        message: str,
        advice: str,
        label: str = "",
        at: Token | None = None,
        others: tuple[Label, ...] = (),
    ) -> Diagnostic:
        """Return a diagnostic at the token, or at another one."""
        token = at or self.token
        span = Span(self.source.name, token.start, token.end)
        return Diagnostic(code, message, span, label=label, others=others, help=advice)


def situation_of(
    source: Source, tokens: Sequence[Token], mismatch: Mismatch, tables: ParseTables
) -> Situation:
    """Return the situation where `tokens` left the grammar."""
    names = _spoken_names(tables)
    token = tokens[mismatch.index]
    seen = [one for one in tokens[: mismatch.index] if one.text]
    line_start = mismatch.index
    while line_start and (tokens[line_start - 1].text or tokens[line_start - 1].terminal < 0):
        line_start -= 1
    brackets: list[Token] = []
    for one in seen:
        if one.text in {"(", "["}:
            brackets.append(one)
        elif one.text in CLOSES and brackets:
            brackets.pop()
    expected = frozenset(names[one] for one in acceptable(tables, mismatch.states))
    following = tokens[mismatch.index + 1 : mismatch.index + 2]
    return Situation(
        source=source,
        token=token,
        thing=names[token.terminal] if token.terminal >= 0 else "",
        before=seen[-1] if seen else None,
        after=following[0] if following and following[0].text else None,
        line=tuple(tokens[line_start : mismatch.index]),
        item=tokens[0],
        brackets=tuple(brackets),
        expected=expected,
        is_above_block=bool(following) and following[0].terminal == tables.symbols["_INDENT"],
    )


def _spoken_names(tables: ParseTables) -> list[str]:
    """Return for each terminal its text where that is fixed, else the name of its kind."""
    written = {name: text for text, name in tables.words}
    for name, pattern in tables.patterns:
        if name not in THING_NAMES:
            written[name] = pattern.replace("\\", "")
    return [written.get(name, name) for name in tables.terminals]
