"""Mistakes of form: keywords as names, signs taken for others, and lines that lack a part.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.situation import Situation
from servanda.grammar.syntax_forms import (
    DECLARATION_FORMS,
    DECLARATION_WORDS,
    STATEMENT_FORMS,
    THING_NAMES,
    Form,
)
from servanda.grammar.tokens import Token


def _is_keyword(here: Situation) -> bool:
    return here.thing == here.token.text and here.token.text.isidentifier()


def explain_keyword(here: Situation) -> Diagnostic | None:
    """Explain a keyword that stands where a name is given."""
    if not _is_keyword(here) or not here.awaits_name:
        return None
    is_named = here.after is not None and here.after.text in _NAMED
    if not is_named and here.before_text not in {".", ","}:
        return None
    text = here.token.text
    return here.report(
        "E0107",
        f"`{text}` is a keyword and cannot name anything",
        f"choose another name, such as `the_{text}`",
    )


_NAMED = frozenset({":", "=", "(", "[", ",", ")", "]", "."})
"""What stands behind a name that has just been given."""


def explain_equality(here: Situation) -> Diagnostic | None:
    """Explain `=` and `==` taken for one another, and comparisons in a row."""
    if here.token.text == "=" and here.opening in _CONDITIONS:
        return here.report(
            "E0110", "`=` assigns; to compare, write `==`", "write `==`", label="an assignment"
        )
    if here.token.text == "==" and "=" in here.expected:
        return here.report(
            "E0110", "`==` compares; to assign, write `=`", "write `=`", label="a comparison"
        )
    if here.token.text in {"==", "!=", "<", "<=", ">", ">="} and "and" in here.expected:
        return here.report(
            "E0119",
            "comparisons do not follow one another",
            "join two comparisons with `and`, or write `x in 1..5`",
            label="a second comparison",
        )
    if here.token.text == "=" and "==" in here.expected:
        return here.report(
            "E0110", "`=` assigns; to compare, write `==`", "write `==`", label="an assignment"
        )
    return None


_CONDITIONS = frozenset({"if", "elif", "require", "expect", "holds", "for", "show", "give"})


def explain_colon(here: Situation) -> Diagnostic | None:
    """Explain a name whose type is not set off."""
    if ":" not in here.expected or "," in here.expected or not here.line:
        return None
    if here.item.text == "record" and here.line[0] != here.item:
        what, example = "a field", "balance: Balance of CNY"
    elif here.brackets:
        what, example = "a parameter or key", "number: Text"
    else:
        return None
    if here.thing == "NAME":
        example = f"{here.before_text}: {here.token.text}"
    return here.report(
        "E0115", f"{what} needs `:` between its name and its type", f"write `{example}`"
    )


def explain_form(here: Situation) -> Diagnostic | None:
    """Explain what a declaration or statement still lacks."""
    for code, forms in (("E0116", STATEMENT_FORMS), ("E0115", DECLARATION_FORMS)):
        for token in reversed(here.line):
            for form in forms:
                if form.opening == token.text and _awaits(here, form, token):
                    return here.report(code, form.sentence.message, form.sentence.help)
    return None


def _awaits(here: Situation, form: Form, token: Token) -> bool:
    if form.opening == "for" and here.opening in {"when", "every"}:
        return False
    if form.opening in DECLARATION_WORDS and token is not here.line[0]:
        return False
    if form.awaited in {"NAME", "CODE", "CALL"}:
        return here.awaits_name and here.before_text not in {".", ","}
    if form.awaited == "PARTY":
        return "NAME" in here.expected and here.before_text == form.opening
    return form.awaited in here.expected


def explain_value(here: Situation) -> Diagnostic | None:
    """Explain a value, name or comma that is missing."""
    if not here.line:
        return None
    last = here.before_text
    if here.awaits_value or (here.awaits_name and last in {".", ":", "of", "is", "->", ","}):
        what = {
            ".": "a name",
            ":": "a type" if here.awaits_name else "a value",
            "of": "a type or unit",
            "is": "a state, a role or `missing`",
            "->": "a state",
        }.get(last, "a name" if here.awaits_name else "a value")
        if here.thing in {"_NEWLINE", "$END"}:
            message = f"{what} is missing after `{last}`"
        else:
            message = f"{what} must stand between `{last}` and `{here.token.text}`"
        return here.report("E0118", message, f"write {what} after `{last}`")
    if ".." in here.expected and not {"_NEWLINE", ",", "|"} & here.expected:
        return here.report(
            "E0118", "a range needs both its ends", "write `0..100`, or `0..<100` without the last"
        )
    is_new_value = here.thing in THING_NAMES and here.thing[0] not in "_$"
    if is_new_value and here.brackets and "," in here.expected:
        return here.report("E0120", "a `,` is missing between two values", "write `,` here")
    return None
