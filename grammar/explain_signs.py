"""Mistakes of form: comments and signs of other languages.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

import re
from itertools import pairwise

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.situation import Situation
from servanda.grammar.syntax_forms import FOREIGN_SIGNS, Sentence
from servanda.grammar.tokens import Token


def explain_comment(here: Situation) -> Diagnostic | None:
    """Explain a comment that does not begin with `#`."""
    last = here.after or here.token
    for first, second in pairwise((*here.line, here.token, last)):
        sign = first.text + second.text
        if sign == "//" and first.end == second.start and _divides(here, first, second):
            return here.report(
                "E0109",
                "`//` is no sign of this language",
                "write `/` to divide; a comment begins with `#`",
                at=Token(0, "", first.start, second.end),
            )
        if sign in _COMMENTS and first.end == second.start and _is_comment(here, first, second):
            return here.report(
                "E0109",
                f"`{sign}` begins no comment",
                "write `#`: a comment goes from there to the end of its line",
                at=Token(0, "", first.start, second.end),
            )
    return None


_COMMENTS = frozenset({"//", "/*", "--"})


_VALUE = re.compile(
    r" *(?:-?[\w.]+(?: [A-Z]{3})?|\(.*\))(?: *(?:[-+*/)\],<>=!]|and |or |then ).*)? *(?:#.*)?"
)
"""What may follow the sign of a division on its line: a value, and not the words of a comment."""


_VALUE_WORDS = ("give ", "if ", "elif ", "require ", "expect ", "show ", "holds ", "move ")
"""What a line begins with whose value may be divided; a call is followed by a comment."""


def _divides(here: Situation, first: Token, second: Token) -> bool:
    """Return whether values stand on both sides of `//`."""
    line_start = here.source.text.rfind("\n", 0, first.start) + 1
    before = here.source.text[line_start : first.start].rstrip(" ")
    rest = here.source.text[second.end :].partition("\n")[0]
    if not before.lstrip(" ").startswith(_VALUE_WORDS) and "=" not in before:
        return False
    is_behind_value = before[-1:].isalnum() or before[-1:] in {")", "]", "_", "%"}
    return is_behind_value and _VALUE.fullmatch(rest) is not None


def _is_comment(here: Situation, first: Token, second: Token) -> bool:
    """Return whether words follow; `x--` takes away one, and `a--b` is `a - -b`."""
    if first.text == "/":
        return True
    text = here.source.text
    if here.token in (first, second):
        return text[second.end : text.find("\n", second.end)].strip() != ""
    return text.startswith(" ", second.end)


def explain_sign(here: Situation) -> Diagnostic | None:
    """Explain two signs that other languages join to one."""
    token, before, after = here.token, here.before, here.after
    if after is not None and token.end == after.start:
        sentence = _sentence(here, token.text + after.text)
        if sentence is not None:
            return _report(here, sentence, token, after)
    if before is not None and before.end == token.start:
        sign = before.text + token.text
        # Where `=` may stand, `=>` is one sign too many.
        is_too_long = before.text == "=" and sign in FOREIGN_SIGNS
        sentence = Sentence(f"`{sign}` is no sign of this language", "write `=`")
        found = sentence if is_too_long else FOREIGN_SIGNS.get(sign)
        if found is not None:
            return _report(here, found, before, token)
    return None


def _sentence(here: Situation, sign: str) -> Sentence | None:
    """Return what is said of `sign`, or None where it is none of another language."""
    if sign == "=>" and here.item.text == "lifecycle":
        return Sentence("`=>` is no sign of this language", "write `->`")
    if sign[0] in "+-*/" and sign[1:] in {"=", sign[0]} and sign not in FOREIGN_SIGNS:
        advice = f"write the name again: `total = total {sign[0]} 1`"
        return Sentence(f"`{sign}` is no sign of this language", advice)
    return FOREIGN_SIGNS.get(sign)


def _report(here: Situation, sentence: Sentence, first: Token, last: Token) -> Diagnostic:
    place = Token(0, "", first.start, last.end)
    return here.report("E0109", sentence.message, sentence.help, at=place)
