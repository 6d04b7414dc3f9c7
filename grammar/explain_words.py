"""Mistakes of form: what cannot be read as a token, and the words of other languages.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

from difflib import get_close_matches

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.explain_layout import explain_inner_declaration
from servanda.grammar.familiar_units import familiar_number
from servanda.grammar.situation import Situation
from servanda.grammar.source import Span
from servanda.grammar.syntax_forms import (
    DECLARATION_WORDS,
    FOREIGN_WORDS,
    STATEMENT_WORDS,
    WRONG_CHARACTERS,
)
from servanda.grammar.tokens import (
    NESTED_TOO_DEEPLY,
    NESTING_MAX,
    NUMBER_RUNS_ON,
    UNCLOSED_TEXT,
    UNEVEN_INDENT,
    UNKNOWN,
    Token,
)


def explain_unreadable(here: Situation) -> Diagnostic | None:
    """Explain what is no token."""
    token = here.token
    if token.terminal == UNCLOSED_TEXT:
        return _unclosed_text(here)
    if token.terminal == UNEVEN_INDENT and here.item == token:
        return here.report(
            "E0106",
            "the first line is indented",
            "move it to the first column",
            label="nothing stands above it that it could belong to",
        )
    if token.terminal == UNEVEN_INDENT:
        return here.report(
            "E0106",
            "this line is indented like no line above it",
            "align it with the block it belongs to",
            label="between two levels of indentation",
        )
    if token.terminal == NESTED_TOO_DEEPLY:
        return here.report(
            "E0103",
            f"brackets and blocks nest at most {NESTING_MAX} deep",
            "move what is inside into a rule or clause of its own",
            label="one level too many",
        )
    if token.terminal == NUMBER_RUNS_ON:
        return _runs_on(here)
    if token.terminal != UNKNOWN:
        return None
    doubled = here.after is not None and here.after.text == token.text == "&"
    if doubled:
        return here.report("E0109", "`&&` is no word of this language", "write `and`")
    sentence = WRONG_CHARACTERS.get(token.text)
    if sentence is not None:
        return here.report("E0105", sentence.message, sentence.help)
    return here.report(
        "E0105",
        f"unknown character `{token.text}`",
        "delete it, or put it between the quotes of a text",
    )


MISSPELT_BY_MAX = 2
"""A word that is longer or shorter than a keyword by more than this is no slip of the hand."""


def explain_text_in_hole(here: Situation) -> Diagnostic | None:
    """Explain a text that ended inside its hole because another text begins there."""
    text = here.before_text
    if here.before is None or text[:1] != '"' or here.before.end != here.token.start:
        return None
    opened = text.rfind("{")
    if opened <= text.rfind("}") or text[opened - 1] == "\\":
        return None
    start = here.before.start + opened
    return here.report(
        "E0112",
        "no text stands inside the hole of a text",
        "name it above with `let`, and write the name in the hole",
        label="the hole begins here",
        at=Token(0, "", start, here.token.start),
    )


def _unclosed_text(here: Situation) -> Diagnostic:
    start = here.token.start
    line = here.source.line(here.source.position(start).line)
    end = start + len(line) - here.source.position(start).column + 1
    span = Span(here.source.name, start, end)
    return Diagnostic(
        "E0104",
        "this text is not closed",
        span,
        label="no second quote before the end of the line",
        help='close it with `"` on the same line; inside a text write `\\"` for a quote',
    )


def _runs_on(here: Situation) -> Diagnostic:
    number = here.before
    assert number is not None, "a number stands before what runs on from it"
    rest = here.after.text if here.after else ""
    if rest.startswith("_") or rest[:1].isdigit() or (rest and not rest.isalpha()):
        advice = "write numbers as `1_000`, `0.05` or `3.65%`: digits `0-9`, one point, no exponent"
    elif familiar := familiar_number(number.text, rest):
        advice = f"write `{familiar}`"
    else:
        advice = f"write `{number.text} {rest}` with a blank between number and unit"
    end = here.after or number
    span = Span(here.source.name, number.start, end.end)
    return Diagnostic("E0108", "this number runs on into a word", span, help=advice)


def explain_foreign(here: Situation) -> Diagnostic | None:
    """Explain a word or sign of another language, or a misspelt first word."""
    first = here.line[0] if here.line else None
    before, text = here.before, here.token.text
    if len(here.line) == 1 and first is not None and here.thing in _FREE_THINGS:
        found = _wrong_opening(here, first)
        if found is not None:
            return found
    if before is not None and before.text in FOREIGN_WORDS and here.thing in _FREE_THINGS:
        sentence = FOREIGN_WORDS[before.text]
        return here.report("E0109", sentence.message, sentence.help, at=before)
    if before is not None and before.text == "else" and text == "if":
        return here.report(
            "E0109",
            "`else if` is written as one word",
            "write `elif`",
            at=Token(0, "", before.start, here.token.end),
        )
    if text == "||" and here.opening != "|":
        return here.report("E0109", "`||` separates the columns of a decision", "write `or`")
    if text == "if" and "+" in here.expected:
        return here.report(
            "E0109", "a choice between two values begins with `if`", "write `if c then a else b`"
        )
    return None


_FREE_THINGS = frozenset({"NAME", "TEXT", "INTEGER", "DECIMAL"})


_DELETING = frozenset({"delete", "remove", "destroy", "drop"})


def _wrong_opening(here: Situation, first: Token) -> Diagnostic | None:
    """Explain a line that begins with a word no line begins with."""
    if first.text in FOREIGN_WORDS:
        sentence = FOREIGN_WORDS[first.text]
        advice = sentence.help
        if first.text == "assert" and (here.item.text == "test" or first == here.item):
            advice = "write `expect`"
        elif first.text in _DELETING:
            end = here.source.text.find("\n", here.token.start)
            named = here.source.text[here.token.start : end].partition("#")[0].strip()
            state = f"{named}.state becomes Closed"
            advice = f"let it end in a final state of its lifecycle, as in `{state}`"
        return here.report("E0109", sentence.message, advice, at=first)
    if first.text in DECLARATION_WORDS and first != here.item:
        return explain_inner_declaration(here, first)
    if first.text in DECLARATION_WORDS | STATEMENT_WORDS:
        return None
    if not first.text.isidentifier() or ":" in here.expected or "[" not in here.expected:
        return None
    # A script's lines begin in the first column as declarations do.
    words = DECLARATION_WORDS | STATEMENT_WORDS if first == here.item else STATEMENT_WORDS
    near = get_close_matches(first.text, sorted(words), n=1)
    if not near or abs(len(near[0]) - len(first.text)) > MISSPELT_BY_MAX:
        return None
    return here.report(
        "E0101", f"no line begins with `{first.text}`", f"did you mean `{near[0]}`?", at=first
    )
