"""Mistakes of form: keywords as names, signs taken for others, and lines that lack a part.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

import re

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.situation import OPENS, Situation
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
    """Explain a name whose type or default is not set off."""
    if here.token.text == "default" and "=" in here.expected:
        after = here.after.text if here.after else ""
        value = after if after[:1].isalnum() or after[:1] == '"' else "0"
        return here.report("E0115", "a default is written with `=`", f"write `= {value}`")
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
                    advice = _own_words(here, form) or form.sentence.help
                    return here.report(code, form.sentence.message, advice)
    return None


def _own_words(here: Situation, form: Form) -> str:
    """Return the help of a heading with the name that it has, or nothing."""
    named = [one.text for one in here.line[1:2] if one.text.isidentifier()]
    if not named or here.line[0] is not here.item or here.line[0].text != form.opening:
        return ""
    if form.opening == "contract" and form.awaited in {"version", "INTEGER"}:
        return f"write `contract {named[0]} version 1`"
    if form.opening == "record" and form.awaited == "[":
        item = here.source.text[here.item.start :]
        key = "key" if re.match(r"[^\n]*(?:\n [^\n]*)*?\n +id *:", item) else "id"
        return f"write `record {named[0]}[{key}: {'Text' if key == 'key' else 'Serial'}]`"
    is_bare = here.thing in {"_NEWLINE", "$END"} and len(here.line) == len(named) + 1
    if form.awaited == "(" and is_bare:
        return f"write `{form.opening} {named[0]}()`"
    return ""


def _awaits(here: Situation, form: Form, token: Token) -> bool:
    """Return whether what `form` says is missing from the line is what could stand here."""
    if form.opening == "for" and here.opening in {"when", "every"}:
        return False
    if form.opening in DECLARATION_WORDS and token is not here.line[0]:
        return False
    if form.awaited in {"NAME", "CALL"}:
        is_first_value = form.opening == "enum" and here.before_text == ":"
        return here.awaits_name and (here.before is token or is_first_value)
    if form.awaited == "CODE":
        return here.awaits_name and here.before_text in {"else", "refuse"}
    if form.awaited == "PARTY":
        return "NAME" in here.expected and here.before_text == form.opening
    if form.awaited in OPENS and "+" in here.expected:
        return False  # A value is complete here: the bracket would be that of a call.
    # A value may begin with a bracket or a text, and a name may be a word of the form.
    return form.awaited in here.expected and not (here.awaits_value or here.awaits_name)


def explain_comprehension(here: Situation) -> Diagnostic | None:
    """Explain a comprehension that shares its brackets."""
    closing = here.expected & {")", "]"}
    is_late = here.token.text == "for" and bool(here.brackets) and bool(closing)
    words = [one.text for one in here.line if here.brackets and one.start > here.brackets[-1].start]
    is_early = here.before_text == "," and "for" in words and bool(closing)
    if not is_late and not (is_early and not here.awaits_value):
        return None
    return here.report(
        "E0101",
        "a comprehension stands alone in the brackets of `sum`, `list` or the like",
        "give it brackets of its own, such as `list(x for x in y)`",
    )


def explain_header(here: Situation) -> Diagnostic | None:
    """Explain what the first line of a declaration has too much of."""
    if not here.line or here.line[0] is not here.item:
        return None
    if here.item.text == "decision" and here.brackets and here.thing != "NAME":
        return here.report(
            "E0115",
            "the inputs of a decision are the columns of its table",
            f"write `decision {here.line[1].text}` and its table below it",
        )
    if here.item.text == "clause" and here.token.text == ":" and here.after is not None:
        return here.report(
            "E0115",
            "a clause gives no value",
            "delete the type; what gives a value is a `rule` or an `action`",
        )
    return None


def explain_value(here: Situation) -> Diagnostic | None:
    """Explain a value, name or comma that is missing."""
    if not here.line:
        return None
    last = here.before_text
    if here.awaits_value or (here.awaits_name and last in _AWAIT_NAMES):
        what = _missing_thing(here, last)
        advice = f"write {what} after `{last}`"
        if here.thing in {"_NEWLINE", "$END"}:
            message = f"{what} is missing after `{last}`"
            if here.item.text == "action" and last == ":" and not here.brackets:
                advice = "write the type of what the action gives, or delete the `:`"
            elif here.is_above_block:
                advice += ", on the same line"
        else:
            message = f"{what} must stand between `{last}` and `{here.token.text}`"
        return here.report("E0118", message, advice)
    if ".." in here.expected and not {"_NEWLINE", ",", "|"} & here.expected:
        return here.report(
            "E0118", "a range needs both its ends", "write `0..100`, or `0..<100` without the last"
        )
    is_new_value = here.thing in THING_NAMES and here.thing[0] not in "_$"
    if is_new_value and here.brackets and "," in here.expected:
        return here.report("E0120", "a `,` is missing between two values", "write `,` here")
    return None


_AWAIT_NAMES = frozenset(". : of is -> , | as because been chain create emit".split())
"""What a name must follow, besides the words that have forms of their own."""


def _missing_thing(here: Situation, last: str) -> str:
    """Return what a reader calls the thing that must follow `last`."""
    if last == ":" and here.awaits_name:
        return "a record" if here.opening in {"when", "every"} else "a type"
    things = {
        "of": "a type or unit",
        "is": "a state, a role or `missing`",
        "->": "a state",
        "been": "a state",
        "because": "a code",
        "create": "a record",
        "emit": "an event",
    }
    return things.get(last, "a name" if here.awaits_name else "a value")
