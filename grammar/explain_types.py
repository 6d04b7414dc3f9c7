"""Mistakes of form: types as other languages write them, and several states as other pens do.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

import re

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.situation import Situation
from servanda.grammar.tokens import Token

_NAME = r"[^\W\d]\w*"
_INNER = rf"({_NAME}(?: of {_NAME})?)"
_FORMS = tuple(
    (re.compile(pattern), template, message)
    for pattern, template, message in (
        (
            rf"(Amount|Balance|List|Set|Sealed) *(?:of *)?[<\[(] *{_INNER} *[>\])]",
            r"\1 of \2",
            "what a type is of stands behind `of`",
        ),
        (
            rf"(Amount|Balance|List|Set|Sealed) +({_NAME})",
            r"\1 of \2",
            "what a type is of stands behind `of`",
        ),
        (
            rf"(?:Array|array|Vec|Sequence|list) *[<\[(] *{_INNER} *[>\])]",
            r"List of \1",
            "what a type is of stands behind `of`",
        ),
        (
            rf"(?:Optional|Option|Maybe|Nullable) *[<\[(] *{_INNER} *[>\])]",
            r"\1?",
            "what may be missing has `?` behind its type",
        ),
        (
            rf"{_INNER} *\| *(?:missing|null|None|nil)(?!\w)",
            r"\1?",
            "what may be missing has `?` behind its type",
        ),
        (rf"\[ *({_NAME}) *\]", r"List of \1", "what a type is of stands behind `of`"),
        (rf"({_NAME}) *\[ *\]", r"List of \1", "what a type is of stands behind `of`"),
        (rf"({_NAME}) *[(\[] *[0-9]+ *(?:, *[0-9]+ *)?[)\]]", r"\1", "a type has no size"),
    )
)
_PLAIN = {
    **dict.fromkeys(("varchar", "nvarchar", "char", "string", "str", "text"), "Text"),
    **dict.fromkeys(("decimal", "numeric", "number", "float", "double"), "Decimal"),
    **dict.fromkeys(("int", "integer", "bigint", "smallint", "long"), "Int"),
    **dict.fromkeys(("bool", "boolean"), "Bool"),
}


def explain_type(here: Situation) -> Diagnostic | None:
    """Explain a type that is written as in another language."""
    start = _type_start(here)
    if start is None or "+" in here.expected:
        return None
    text = here.source.text
    for pattern, template, message in _FORMS:
        found = pattern.match(text, start)
        if found is None or found.end() <= here.token.start:
            continue
        words = found.expand(template)
        right = re.sub(rf"{_NAME}(?=\W*$)", lambda one: _PLAIN.get(one[0].lower(), one[0]), words)
        place = Token(0, "", start, found.end())
        return here.report("E0132", message, f"write `{right}`", at=place)
    return None


def _type_start(here: Situation) -> int | None:
    """Return where the type begins at whose end, or in whose midst, the grammar was left."""
    tokens = (*here.line, here.token)
    colons = [index for index, one in enumerate(tokens) if one.text in {":", "->"}]
    if not colons or colons[-1] + 1 >= len(tokens):
        return None
    following = tokens[colons[-1] + 1 : -1]
    is_type = all(one.text.isidentifier() or one.text in "[.?" for one in following)
    return tokens[colons[-1] + 1].start if is_type else None


_NAMES = rf"\[? *({_NAME}(?:(?: *[|,] *| +or +){_NAME})+)(?: *\])?"
_TEST = re.compile(rf"(is +not|is|not +in|in) +{_NAMES}")
_BOUND = re.compile(rf"(?:in|been) +{_NAMES}")


def explain_states(here: Situation) -> Diagnostic | None:
    """Explain several states that are joined otherwise than they are in this place."""
    words = [index for index, one in enumerate(here.line) if one.text in {"is", "in", "been"}]
    if not words:
        return None
    index = words[-1]
    if _is_bound(here, index):
        found = _BOUND.match(here.source.text, here.line[index].start)
        if found is None or not found.start() < here.token.start <= found.end() + 1:
            return None
        right = " | ".join(_split(found[1]))
        names = found.span(1) if found.end() == found.end(1) else (found.end(1), found.end())
        place = Token(0, "", found.start() + found[0].index(" ") + 1, names[1])
        message = "the states that something may be in are joined by `|`"
        return here.report("E0133", message, f"write `{right}`", at=place)
    if here.token.text not in {"|", ","} or index + 2 > len(here.line):
        return None
    is_negated = index > 0 and here.line[index - 1].text == "not" and here.line[index].text == "in"
    found = _TEST.match(here.source.text, here.line[index - is_negated].start)
    if found is None or here.token.start > found.end():
        return None
    word = "not in" if "not" in found[1] else "in"
    right = f"{word} [{', '.join(_split(found[2]))}]"
    place = Token(0, "", found.start(), found.end())
    message = "several states that are asked for are a list"
    return here.report("E0133", message, f"write `{right}`", at=place)


def _is_bound(here: Situation, index: int) -> bool:
    """Return whether the word at `index` bounds a name, as in `loan: Loan in Active`."""
    if here.line[index].text == "been":
        return True
    before = [one.text for one in here.line[:index]]
    while before and (before[-1].isidentifier() or before[-1] in {".", "?"}):
        before.pop()
    return here.line[index].text == "in" and before[-1:] == [":"]


def _split(names: str) -> list[str]:
    """Return the names of a list, however they are joined."""
    return [one.strip(" ") for one in re.split(r"[|,]| or ", names)]
