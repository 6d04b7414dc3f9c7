"""Mistakes of form in the cells of a decision: ranges and lists as other pens write them.

It looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

import re

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.explain_layout import is_header
from servanda.grammar.situation import Situation
from servanda.grammar.tokens import Token

_WORDS = r"to|through|until|till|or|and|up|more|less|above|below|over|under"
_VALUE = rf"-?[0-9][0-9_:TZ.-]*(?<![.-])%?(?: (?!(?:{_WORDS})\b)[^\W\d][\w.]*)?"
_ANY = re.compile(r"\*|else|any|ANY|\.\.")
_RANGE = re.compile(
    rf"(?:between +|from +)?({_VALUE}) *"
    rf"(?:\bto\b|\bthrough\b|\buntil\b|\btill\b|\band\b|\.\.\.|\.\.=|~|–|—) *({_VALUE})"
)
_BOTH = re.compile(rf"(<=?|>=?) *({_VALUE}) *and *(<=?|>=?) *({_VALUE})")
_AT_LEAST = re.compile(
    rf"({_VALUE}) *(?:\+|\.\.\.?|or more|or above|and more|and above|and over)|from +({_VALUE})"
)
_AT_MOST = re.compile(
    rf"({_VALUE}) *(?:-|or less|or below|and less|and below|and under)"
    rf"|(?:\.\.|up +to +|to +)({_VALUE})"
)
_LESS = re.compile(rf"\.\.< *({_VALUE})")
_ONE = rf"(?:(?:<=?|>=?|==) *)?(?:{_VALUE}|(?!(?:{_WORDS})\b)[^\W\d][\w.]*|\"[^\"\\\\]*\")"
_LIST = re.compile(rf"{_ONE}(?:(?: +or +|, *){_ONE})+")
_EQUAL = re.compile(rf"= *({_VALUE}|[^\W\d][\w.]*|\"[^\"]*\")")


def explain_cell(here: Situation) -> Diagnostic | None:
    """Explain a cell that says what it takes in other words than those of cells."""
    if here.item.text != "decision" or here.opening != "|" or is_header(here):
        return None
    texts = [one.text for one in here.line]
    if "||" in texts:
        return None
    bar = here.line[len(texts) - 1 - texts[::-1].index("|")]
    inside = re.split(r"[|\n#]", here.source.text[bar.end :], maxsplit=1)[0]
    written = inside.strip(" ")
    meant = _meant(written)
    if not meant:
        return None
    message, right = meant
    start = bar.end + len(inside) - len(inside.lstrip(" "))
    place = Token(0, "", start, start + len(written))
    return here.report("E0117", message, f"write `{right}`", at=place)


def _meant(written: str) -> tuple[str, str] | None:
    """Return what is wrong with a cell and what it is to be, or None."""
    if _ANY.fullmatch(written):
        return f"a cell for any value is `-`, not `{written}`", "-"
    both = _BOTH.fullmatch(written)
    if both is not None:
        found = _joined(both)
        return ("a cell that takes what is both is a range", found) if found else None
    if (ends := _RANGE.fullmatch(written)) is not None:
        low, high = _of_one_unit(ends[1], ends[2])
        return "a range is written with two points", f"{low}..{high}"
    for pattern, sign in ((_AT_LEAST, ">="), (_AT_MOST, "<="), (_LESS, "<")):
        if (end := pattern.fullmatch(written)) is not None:
            value = next(one for one in end.groups() if one)
            return "a range without one of its ends is a comparison", f"{sign} {value}"
    if (equal := _EQUAL.fullmatch(written)) is not None:
        return "a cell for one value is the value alone", equal[1]
    if " or " in written and _LIST.fullmatch(written):
        entries = [one.strip(" ") for one in re.split(r" +or +|,", written)]
        spaced = (re.sub(r"^(<=?|>=?|==) *", r"\1 ", one) for one in entries)
        return "the values of a cell are separated by `,`", ", ".join(spaced)
    return None


def _joined(both: re.Match[str]) -> str:
    """Return the cell for what two comparisons take together, or nothing."""
    first, one, second, other = both.groups()
    if first[0] == second[0]:
        return ""
    if first[0] == "<":
        first, one, second, other = second, other, first, one
    one, other = _of_one_unit(one, other)
    if first == ">=":
        return f"{one}{'..<' if second == '<' else '..'}{other}"
    return f"not <= {one}, {'>=' if second == '<' else '>'} {other}"


def _of_one_unit(low: str, high: str) -> tuple[str, str]:
    """Return both ends with the unit that only the second has, as in `100 to 200 CNY`."""
    unit = high.partition(" ")[2]
    if unit and re.fullmatch(r"-?[0-9_.]+", low):
        return f"{low} {unit}", high
    return low, high
