"""Mistakes of form: numbers, dates and instants as other pens write them.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

import re

from servanda.grammar.check_numbers import BY_COMMAS, date_meant, grouped
from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.situation import Situation
from servanda.grammar.tokens import SHORT_DATE, Token

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?(?![0-9.:+-])")
_OFFSET = re.compile(r"T[0-9:.]+[+-][0-9]{2}:?[0-9]{2}")
_REST_OF_INSTANT = re.compile(r"[0-9A-Za-z_:.+-]*")
_EUROPEAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?![0-9])")
_BY_POINTS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?![0-9.])")
_COMMA = re.compile(r"[0-9_]+,[0-9]+(?![0-9_,])")
_POINTS = re.compile(r"[0-9_]+(?:\.[0-9]+)+")


def explain_date(here: Situation) -> Diagnostic | None:
    """Explain a date without its noughts and an instant without its `Z`."""
    token, before = here.token, here.before
    if token.terminal == SHORT_DATE:
        year, month, day = token.text.split("-")
        return here.report(
            "E0121",
            "a date has two digits for the month and two for the day",
            f"write `{year}-{month:0>2}-{day:0>2}`; to subtract, put blanks around `-`",
        )
    if before is None or not token.text or not _DATE.fullmatch(before.text):
        return None
    text = here.source.text
    is_joined = before.end == token.start
    clock = _CLOCK.match(text, token.start + (is_joined and token.text[0] == "T"))
    if not is_joined and clock is None:
        return None
    if clock is None:
        rest = _REST_OF_INSTANT.match(text, token.start)
        end = rest.end() if rest else token.end
        message = "this is neither a date nor an instant"
        if _OFFSET.fullmatch(text, token.start, end):
            message = "an instant is written in UTC, without an offset"
        advice = "write an instant as `2026-01-05T09:00Z`, in UTC"
    elif is_joined:
        end, message = clock.end(), "an instant ends in `Z`"
        advice = f"write `{before.text}T{clock[0]}Z`, in UTC"
    else:
        end, message = clock.end(), "an instant has `T` before its time of day and `Z` after it"
        advice = f"write `{before.text}T{clock[0]}Z`, in UTC"
    return here.report("E0121", message, advice, at=Token(0, "", before.start, end))


def explain_number(here: Situation) -> Diagnostic | None:
    """Explain digits that are grouped by commas or points, and a number without its nought."""
    token, before, after = here.token, here.before, here.after
    text = here.source.text
    if token.text == "." and here.awaits_value and after is not None:
        if token.end != after.start or not after.text[0].isdigit():
            return None
        if before is not None and before.text == ".." and before.end == token.start:
            place = Token(0, "", before.start, token.end)
            advice = "write `..` for a range with both its ends"
            return here.report("E0109", "`...` is no sign of this language", advice, at=place)
        place = Token(0, "", token.start, after.end)
        return here.report(
            "E0108", "a number begins with a digit", f"write `0.{after.text}`", at=place
        )
    if before is None or before.end != token.start:
        return None
    if token.text == ",":
        return _by_comma(here, before)
    is_behind_point = before.text == "." and len(here.line) > 1 and token.text[:1].isdigit()
    if not is_behind_point or here.line[-2].end != before.start:
        return None
    start = here.line[-2].start
    date = _EUROPEAN_DATE.match(text, start)
    if date:
        advice = f"write `{date[3]}-{date[2]:0>2}-{date[1]:0>2}`"
        place = Token(0, "", start, date.end())
        return here.report("E0121", "a date begins with its year", advice, at=place)
    if (meant := date_meant(here.source, start)) is not None:
        return meant
    by_points = _BY_POINTS.match(text, start)
    if by_points:
        return grouped(here.source, by_points, ".")
    number = _POINTS.match(text, start)
    if number is None:
        return None
    place = Token(0, "", start, number.end())
    return here.report(
        "E0108", "a number has one point at most", "write numbers as `1_000.05`", at=place
    )


def _by_comma(here: Situation, before: Token) -> Diagnostic | None:
    """Explain a number that is written with a comma."""
    text = here.source.text
    by_commas = BY_COMMAS.match(text, before.start)
    if by_commas is not None:
        return grouped(here.source, by_commas, ",")
    number = _COMMA.match(text, before.start)
    if number is None:
        return None
    return here.report(
        "E0108",
        "a decimal has a point, not a comma",
        f"write `{number[0].replace(',', '.')}`",
        at=Token(0, "", number.start(), number.end()),
    )
