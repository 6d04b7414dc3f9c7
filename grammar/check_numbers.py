"""Numbers and dates whose digits a reader groups otherwise than the grammar does.

In come the tokens of an item, read or not; reported is each number that says one thing to its
reader and another to the machine: `007`, `1_00_0`, `1,000`, `2026/01/05`. It knows no types.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.format_expression import digits_text
from servanda.grammar.source import Source, Span
from servanda.grammar.tokens import NUMBER_RUNS_ON, Lexicon, Token

BY_COMMAS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9_])(?:\.[0-9]+)?")
"""A number whose digits are grouped by commas."""

_BY_ONE_COMMA = re.compile(r"([0-9_]+),([0-9_]+)")
_LEADING_NOUGHT = re.compile(r"0[0-9_]")
_GROUPED = re.compile(r"[0-9]{1,3}(?:_[0-9]{3})+|[0-9]+")
_YEAR, _PART = "(?:19|20|21)[0-9]{2}", "(?:[12][0-9]|3[01]|0?[1-9])"
_YEAR_FIRST = re.compile(rf"({_YEAR})([/.])({_PART})\2({_PART})(?![0-9.])")
_YEAR_LAST = re.compile(rf"{_PART}([-/]){_PART}\1{_YEAR}(?![0-9.])")
_OF_MOMENTS = frozenset({".", ":"})
"""The signs next to a number that is a part of a date or a time of day."""


def check_numbers(
    lexicon: Lexicon, source: Source, tokens: Sequence[Token], diagnostics: Diagnostics
) -> None:
    """Report every number of `tokens` that is not written as numbers are."""
    is_decision = bool(tokens) and tokens[0].text == "decision"
    depth = 0
    told_until = -1
    for index, token in enumerate(tokens):
        if token.terminal in lexicon.opening or token.terminal in lexicon.closing:
            depth += 1 if token.terminal in lexicon.opening else -1
        if token.terminal not in lexicon.numbers or token.start < told_until:
            continue
        found = date_meant(source, token.start) or _joined(
            source, token, is_cell=is_decision and depth == 0
        )
        found = found or _digits(source, tokens, index)
        if found is not None:
            diagnostics.report(found)
            told_until = found.span.end


def grouped(source: Source, number: re.Match[str], sign: str) -> Diagnostic:
    """Return the refusal of a number whose digits are grouped by `sign`."""
    written = number[0]
    advice = f"write `{written.replace(sign, '_')}`"
    are_values = not any(group.startswith("0") for group in written.split(sign))
    if sign == "," and are_values:
        advice += f", or `{written.replace(',', ', ')}` for several values"
    return Diagnostic(
        "E0108",
        f"the digits of a number are not grouped by `{sign}`",
        Span(source.name, number.start(), number.end()),
        help=advice,
    )


def date_meant(source: Source, start: int) -> Diagnostic | None:
    """Return the refusal of a date that would be read as a division or a subtraction."""
    text = source.text
    date = _YEAR_FIRST.match(text, start)
    if date is not None:
        advice = f"write `{date[1]}-{date[3]:0>2}-{date[4]:0>2}`"
        span = Span(source.name, date.start(), date.end())
        message = f"the parts of a date are joined by `-`, not by `{date[2]}`"
        return Diagnostic("E0121", message, span, help=advice)
    date = _YEAR_LAST.match(text, start)
    if date is None:
        return None
    span = Span(source.name, date.start(), date.end())
    advice = "write the year, the month and the day: `2026-01-05`"
    return Diagnostic("E0121", "a date begins with its year", span, help=advice)


def _joined(source: Source, token: Token, *, is_cell: bool) -> Diagnostic | None:
    """Return the refusal of a `,` between two digits, where it would divide one number into two."""
    number = BY_COMMAS.match(source.text, token.start)
    if number is not None:
        return grouped(source, number, ",")
    pair = _BY_ONE_COMMA.match(source.text, token.start) if is_cell else None
    if pair is None or pair.end(1) != token.end:
        return None
    return Diagnostic(
        "E0108",
        "a `,` between two values of a cell is followed by a blank",
        Span(source.name, pair.start(), pair.end()),
        help=f"write `{pair[1]}, {pair[2]}` for two values, or `{pair[1]}.{pair[2]}` for a decimal",
    )


def _digits(source: Source, tokens: Sequence[Token], index: int) -> Diagnostic | None:
    """Return the refusal of a nought too many, or of groups that are not of three digits."""
    token = tokens[index]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    before = tokens[index - 1] if index else None
    if following is None or following.start != token.end:
        pass
    elif following.terminal == NUMBER_RUNS_ON or following.text in _OF_MOMENTS:
        return None  # What this is, is told where the grammar stops.
    if before is not None and before.end == token.start and before.text in _OF_MOMENTS:
        return None
    whole = token.text.partition(".")[0].rstrip("%")
    span = Span(source.name, token.start, token.end)
    plain = digits_text(whole.replace("_", "").lstrip("0") or "0") + token.text[len(whole) :]
    if _LEADING_NOUGHT.match(whole):
        return Diagnostic(
            "E0130",
            "a number does not begin with a nought",
            span,
            "a nought too many",
            help=f'write `{plain}`, or `"{token.text}"` if this is a text',
        )
    if _GROUPED.fullmatch(whole):
        return None
    return Diagnostic(
        "E0131",
        "the digits of a number are grouped by threes",
        span,
        "these groups are not of three digits",
        help=f"write `{plain}`",
    )
