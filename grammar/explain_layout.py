"""Mistakes of form: indentation, brackets and tables.

Each function looks at a situation and returns its diagnostic, or None where it knows no better.
"""

from __future__ import annotations

from servanda.grammar.diagnostics import Diagnostic, Label
from servanda.grammar.situation import CLOSES, OPENS, Situation
from servanda.grammar.source import Span
from servanda.grammar.syntax_forms import DECLARATION_FORMS, DECLARATION_WORDS
from servanda.grammar.tokens import Token


def explain_layout(here: Situation) -> Diagnostic | None:
    """Explain a block that is missing, unasked for or misplaced."""
    if here.thing == "_INDENT":
        # A word such as `record` alone is a statement that names a value.
        nameless = (here.item.text, "NAME")
        form = next((one for one in DECLARATION_FORMS if one[:2] == nameless), None)
        if here.before is here.item and form is not None:
            return here.report("E0115", form.sentence.message, form.sentence.help, at=here.item)
        if here.item.text in {"role", "unit", "use", "contract", "timezone", "event", "enum"}:
            return here.report(
                "E0106",
                f"nothing is indented under `{here.item.text}`",
                "write it in one line, or move the lines below to the first column",
                label="this line is indented",
                at=here.after,
            )
        return here.report(
            "E0106",
            "this line is indented deeper, but the line above it opens no block",
            "align it with the line above",
            label="no block begins here",
            at=here.after,
        )
    if "_INDENT" in here.expected and not here.line:
        if here.item.text == "rule" and here.thing == "$END":
            form = next(one for one in DECLARATION_FORMS if one[:2] == ("rule", "="))
            return here.report("E0115", form.sentence.message, form.sentence.help)
        place = here.before or here.token
        return here.report(
            "E0106",
            "a block must be indented deeper than the line above it",
            "indent the lines that belong to it, by two blanks",
            label="no indented line follows",
            at=Token(0, "", place.end, place.end),
        )
    if not here.line and here.token.text in DECLARATION_WORDS and here.item != here.token:
        return explain_inner_declaration(here, here.token)
    if here.token.text in {"elif", "else"} and not here.line:
        return here.report(
            "E0106",
            f"this `{here.token.text}` belongs to no `if` above it",
            "align it with its `if`, and write `else` once, as the last",
        )
    return None


def explain_inner_declaration(here: Situation, word: Token) -> Diagnostic:
    """Explain a declaration that does not begin in the first column."""
    return here.report(
        "E0106",
        f"`{word.text}` begins a declaration, and declarations begin in the first column",
        "move it to the start of its line",
        label=f"inside `{here.item.text}`",
        at=word,
    )


def explain_brackets(here: Situation) -> Diagnostic | None:
    """Explain brackets that do not pair."""
    text = here.token.text
    open_bracket = here.brackets[-1] if here.brackets else None
    if text in CLOSES:
        if open_bracket is None:
            return here.report(
                "E0102", f"this `{text}` closes nothing", "delete it, or open its bracket"
            )
        if open_bracket.text != CLOSES[text]:
            closing = OPENS[open_bracket.text]
            span = Span(here.source.name, open_bracket.start, open_bracket.end)
            return here.report(
                "E0102",
                f"`{open_bracket.text}` is closed by `{closing}`, not by `{text}`",
                f"write `{closing}`",
                others=(Label(span, "opened here"),),
            )
        return None
    if open_bracket is None:
        return None
    line_here = here.source.position(here.token.start).line
    is_later = here.source.position(open_bracket.start).line < line_here
    if here.thing in {"_NEWLINE", "$END"} or (is_later and not here.awaits_value):
        closing = OPENS[open_bracket.text]
        return here.report(
            "E0102",
            "this bracket is not closed",
            f"close it with `{closing}`; inside brackets a line goes on if it is indented",
            at=open_bracket,
        )
    return None


def explain_drawn_line(here: Situation) -> Diagnostic | None:
    """Explain a line that is drawn in a table, as some draw it under the header."""
    if here.item.text != "decision" or not here.token.text:
        return None
    start = (*here.line, here.token)[0].start
    drawn = here.source.text[start:].partition("\n")[0].rstrip()
    if not set(drawn) <= set("|-+=: ") or not ("--" in drawn or "==" in drawn):
        return None
    return here.report(
        "E0117",
        "no line is drawn in a table",
        "delete this line: the rows stand right under the header",
        at=Token(0, "", start, start + len(drawn)),
    )


def explain_table(here: Situation) -> Diagnostic | None:
    """Explain a line of a decision that is none of a table."""
    if here.item.text != "decision":
        return None
    if here.opening == "|":
        what = "header" if ":" in here.expected or is_header(here) else "row"
        texts = [one.text for one in here.line]
        if "||" not in texts:
            if here.thing in {"_NEWLINE", "$END"} or "||" in here.expected:
                return here.report(
                    "E0117",
                    f"a decision {what} needs `||` before its outputs",
                    "write `| a | b || output |`",
                )
        elif here.token.text == "||":
            return here.report(
                "E0117",
                f"a decision {what} has `||` only once",
                "write `|` between columns, `||` only before the outputs",
            )
        elif here.thing in {"_NEWLINE", "$END"} and "|" in here.expected:
            return here.report(
                "E0117", f"a decision {what} ends with `|`", "write `|` at the end of the line"
            )
        if what == "header" and ":" in here.expected:
            return here.report(
                "E0117", "a column needs a name, `:` and a type", "write `| payer: Standing |`"
            )
        if here.token.text in {"|", "||"} or here.thing in {"_NEWLINE", "$END"}:
            return here.report(
                "E0117",
                f"a cell of this decision {what} is empty",
                "write `-` for any value" if what == "row" else "write `name: Type`",
            )
        return None
    if here.token.text == "|" or "|" not in here.expected:
        return None
    return here.report(
        "E0117",
        "a decision is a table: each of its lines begins with `|`",
        "write `| payer: Standing || verdict: Verdict |`, and the rows below it",
    )


def explain_line_end(here: Situation) -> Diagnostic | None:
    """Explain the last word or sign of a line that needs none."""
    text = here.token.text
    if text == "then" and here.opening in {"if", "elif"} and not here.brackets:
        is_last = here.after is None
        return here.report(
            "E0101",
            f"an `{here.opening}` with a block has no `then`",
            "delete `then`" if is_last else "delete `then`, and indent what follows on a new line",
        )
    if here.after is not None or here.brackets:
        return None
    if text == ":":
        return here.report("E0101", "no line ends with `:`", "delete the `:`")
    if text == ",":
        return here.report("E0101", "outside brackets no line ends with `,`", "delete the `,`")
    return None


def is_header(here: Situation) -> bool:
    """Return whether no line of the table stands above this one."""
    above = here.source.text[here.item.start : here.line[0].start]
    return not any(line.lstrip(" ").startswith("|") for line in above.split("\n"))
