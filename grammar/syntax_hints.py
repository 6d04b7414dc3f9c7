"""Mistakes of form, in the words of the language.

In comes the place where the tokens left the grammar, out comes one diagnostic. It asks the
explanations one after the other, those that know most about a place first; none of them names a
token or a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from servanda.grammar.derive import Mismatch, TooDeep
from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.explain_cells import explain_cell
from servanda.grammar.explain_forms import (
    explain_colon,
    explain_comprehension,
    explain_equality,
    explain_form,
    explain_header,
    explain_keyword,
    explain_value,
)
from servanda.grammar.explain_habits import explain_habit, explain_step
from servanda.grammar.explain_layout import (
    explain_brackets,
    explain_drawn_line,
    explain_layout,
    explain_line_end,
    explain_table,
)
from servanda.grammar.explain_numbers import explain_date, explain_number
from servanda.grammar.explain_signs import explain_comment, explain_sign
from servanda.grammar.explain_types import explain_states, explain_type
from servanda.grammar.explain_words import explain_foreign, explain_text_in_hole, explain_unreadable
from servanda.grammar.situation import Situation, situation_of
from servanda.grammar.source import Source
from servanda.grammar.syntax_forms import OPERATORS, THING_NAMES
from servanda.grammar.tables import ParseTables
from servanda.grammar.tokens import NESTING_MAX, Token

EXPECTED_MAX = 5
"""More things than this that could follow are no help."""


def explain_mismatch(
    source: Source, tokens: Sequence[Token], mismatch: Mismatch, tables: ParseTables
) -> Diagnostic:
    """Return what is wrong where `tokens` left the grammar."""
    situation = situation_of(source, tokens, mismatch, tables)
    for explain in _EXPLANATIONS:
        found = explain(situation)
        if found is not None:
            return found
    return _unexpected(situation)


_RANGED = {"+": "sum", "*": "product", "or": "any", "and": "all", "-": "", "/": ""}
"""The signs that stand in chains, and what says the same of a list."""


def explain_depth(tokens: Sequence[Token], found: TooDeep) -> Diagnostic:
    """Return the refusal of an expression that nests too deeply, or whose chain is too long."""
    outer = _outside_brackets(tokens, found)
    if len(outer) > NESTING_MAX // 2:
        sign = max(_RANGED, key=outer.count)
        ranged = f", or use `{_RANGED[sign]}(… for … in …)`" if _RANGED[sign] else ""
        return Diagnostic(
            "E0103",
            f"this chain of `{sign}` is longer than {NESTING_MAX} levels",
            found.span,
            label="each operator is one level on top of those before it",
            help=f"name a part with `let` or a rule{ranged}",
        )
    return Diagnostic(
        "E0103",
        f"this expression nests deeper than {NESTING_MAX} levels",
        found.span,
        label="each operator, bracket or member is one level",
        help="name a part of it with `let` or a rule, or use `sum`, `any` or `all` over a list",
    )


def _outside_brackets(tokens: Sequence[Token], found: TooDeep) -> list[str]:
    """Return the operators of what nests too deeply that join two values outside its brackets."""
    joining: list[str] = []
    depth = 0
    before = ""
    for token in tokens[: found.index]:
        if token.start < found.span.start:
            continue
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth == 0 and token.text in _RANGED and before not in {"", *_RANGED}:
            joining.append(token.text)
        before = token.text
    return joining


_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


def _unexpected(here: Situation) -> Diagnostic:
    if here.awaits_value and here.token.text:
        return here.report("E0118", f"a value must stand before `{here.token.text}`", "write it")
    if not here.line and here.item == here.token:
        return here.report(
            "E0101",
            f"no declaration begins with `{here.token.text}`",
            "begin with `role`, `record`, `lifecycle`, `enum`, `decision`, `action` or the like",
        )
    if "holds" in here.expected and here.expected <= {"for", "holds"}:
        return here.report(
            "E0116",
            "an invariant says what `holds`",
            "write `holds` before the condition, after `for a in Account` if it is about records",
        )
    expected = _spoken_expected(here.expected)
    advice = f"write {expected} here" if expected else "delete it, or move it to where it belongs"
    if here.thing in {"_NEWLINE", "$END"}:
        return here.report("E0101", "the line ends too early", advice, label="more is awaited here")
    if here.thing == "_DEDENT":
        return here.report("E0101", "the block ends too early", advice)
    return here.report("E0101", f"`{here.token.text}` does not belong here", advice)


def _spoken_expected(expected: frozenset[str]) -> str:
    """Return what could follow as a reader would list it, or nothing when it is too much."""
    things = set(expected)
    spoken: list[str] = []
    if {"NAME", "INTEGER"} <= things:
        spoken.append("a value")
        things = {one for one in things if one not in THING_NAMES and not one.isidentifier()}
        things -= {"(", "[", "-"}
    elif "NAME" in things:
        spoken.append("a name")
        things = {one for one in things if not one.isidentifier()}
    if {"+", "*"} <= things:
        spoken.append("an operator")
        things -= {*OPERATORS, "(", "[", "."}
    if {"$END", "_NEWLINE"} & things:
        spoken.append("the end of the line")
    rest = [one for one in things if one not in THING_NAMES]
    spoken += [f"`{one}`" for one in sorted(rest)]
    kinds = (things & THING_NAMES.keys()) - {"$END", "_NEWLINE", "_DEDENT", "NAME"}
    spoken += sorted(THING_NAMES[one] for one in kinds)
    if not spoken or len(spoken) > EXPECTED_MAX:
        return ""
    return spoken[0] if len(spoken) == 1 else f"{', '.join(spoken[:-1])} or {spoken[-1]}"


_EXPLANATIONS: tuple[Callable[[Situation], Diagnostic | None], ...] = (
    explain_text_in_hole,
    explain_drawn_line,
    explain_comment,
    explain_cell,
    explain_unreadable,
    explain_date,
    explain_number,
    explain_type,
    explain_states,
    explain_habit,
    explain_sign,
    explain_foreign,
    explain_step,
    explain_keyword,
    explain_layout,
    explain_brackets,
    explain_table,
    explain_equality,
    explain_colon,
    explain_comprehension,
    explain_header,
    explain_form,
    explain_value,
    explain_line_end,
)
