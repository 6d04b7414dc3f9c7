"""Mistakes of form, in the words of the language.

In comes the place where the tokens left the grammar, out comes one diagnostic. It looks at the
line up to there and at what could have followed; it knows what people mean who write something
else, and never names a token or a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from servanda.grammar.derive import Mismatch, acceptable
from servanda.grammar.diagnostics import Diagnostic, Label
from servanda.grammar.source import Source, Span
from servanda.grammar.syntax_forms import (
    DECLARATION_FORMS,
    DECLARATION_WORDS,
    FOREIGN_WORDS,
    OPERATORS,
    STATEMENT_FORMS,
    THING_NAMES,
    WRONG_CHARACTERS,
    Form,
)
from servanda.grammar.tables import ParseTables
from servanda.grammar.tokens import (
    NESTED_TOO_DEEPLY,
    NESTING_MAX,
    NUMBER_RUNS_ON,
    UNCLOSED_TEXT,
    UNEVEN_INDENT,
    UNKNOWN,
    Token,
)

EXPECTED_MAX = 5
"""More things than this that could follow are no help."""

_PAIRS = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the tokens left the grammar: the token, what stands before it, what could follow."""

    source: Source
    token: Token
    thing: str
    """The token as `expected` would call it: its text, or its kind when it is written freely."""
    before: Token | None
    after: Token | None
    line: tuple[Token, ...]
    item: Token
    brackets: tuple[Token, ...]
    expected: frozenset[str]

    @property
    def opening(self) -> str:
        """The first word of the line, or nothing where the line begins."""
        return self.line[0].text if self.line else ""

    @property
    def awaits_value(self) -> bool:
        """Whether a value must follow."""
        return {"NAME", "INTEGER"} <= self.expected and "+" not in self.expected

    @property
    def awaits_name(self) -> bool:
        """Whether a name must follow, and nothing else that is a value would do."""
        return "NAME" in self.expected and "INTEGER" not in self.expected

    def report(
        self,
        code: str,
        message: str,
        advice: str,
        label: str = "",
        at: Token | None = None,
        others: tuple[Label, ...] = (),
    ) -> Diagnostic:
        """Return a diagnostic at the token, or at another one."""
        token = at or self.token
        span = Span(self.source.name, token.start, token.end)
        return Diagnostic(code, message, span, label=label, others=others, help=advice)


def explain_mismatch(
    source: Source, tokens: Sequence[Token], mismatch: Mismatch, tables: ParseTables
) -> Diagnostic:
    """Return what is wrong where `tokens` left the grammar."""
    situation = _situation(source, tokens, mismatch, tables)
    for explain in _EXPLANATIONS:
        found = explain(situation)
        if found is not None:
            return found
    return _unexpected(situation)


def explain_depth(span: Span) -> Diagnostic:
    """Return the refusal of an expression that nests too deeply."""
    return Diagnostic(
        "E0103",
        f"this expression nests deeper than {NESTING_MAX} levels",
        span,
        label="each operator, bracket or member is a level on those inside it",
        help="name a part of it with `let` or a rule, or use `sum`, `any` or `all` over a list",
    )


def _situation(
    source: Source, tokens: Sequence[Token], mismatch: Mismatch, tables: ParseTables
) -> Situation:
    names = _spoken_names(tables)
    token = tokens[mismatch.index]
    seen = [one for one in tokens[: mismatch.index] if one.text]
    line_start = mismatch.index
    while line_start and (tokens[line_start - 1].text or tokens[line_start - 1].terminal < 0):
        line_start -= 1
    brackets: list[Token] = []
    for one in seen:
        if one.text in {"(", "["}:
            brackets.append(one)
        elif one.text in _PAIRS and brackets:
            brackets.pop()
    expected = frozenset(names[one] for one in acceptable(tables, mismatch.states))
    following = [one for one in tokens[mismatch.index + 1 : mismatch.index + 2] if one.text]
    return Situation(
        source=source,
        token=token,
        thing=names[token.terminal] if token.terminal >= 0 else "",
        before=seen[-1] if seen else None,
        after=following[0] if following else None,
        line=tuple(tokens[line_start : mismatch.index]),
        item=tokens[0],
        brackets=tuple(brackets),
        expected=expected,
    )


def _spoken_names(tables: ParseTables) -> list[str]:
    """Return for each terminal its text where that is fixed, else the name of its kind."""
    written = {name: text for text, name in tables.words}
    for name, pattern in tables.patterns:
        if name not in THING_NAMES:
            written[name] = pattern.replace("\\", "")
    return [written.get(name, name) for name in tables.terminals]


# ── what is no token at all ───────────────────────────────────────────────────────────────────


def _unreadable(here: Situation) -> Diagnostic | None:
    token = here.token
    if token.terminal == UNCLOSED_TEXT:
        return _unclosed_text(here)
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
    else:
        advice = f"write `{number.text} {rest}` with a blank between number and unit"
    end = here.after or number
    span = Span(here.source.name, number.start, end.end)
    return Diagnostic("E0108", "this number runs on into a word", span, help=advice)


# ── words and signs of other languages ────────────────────────────────────────────────────────


def _foreign(here: Situation) -> Diagnostic | None:
    first = here.line[0] if here.line else None
    if len(here.line) == 1 and first is not None and first.text in FOREIGN_WORDS:
        sentence = FOREIGN_WORDS[first.text]
        return here.report("E0109", sentence.message, sentence.help, at=first)
    before = here.before
    if before is not None and before.text in FOREIGN_WORDS and here.thing in {"NAME", "TEXT"}:
        sentence = FOREIGN_WORDS[before.text]
        return here.report("E0109", sentence.message, sentence.help, at=before)
    if before is not None and before.text == "else" and here.token.text == "if":
        return here.report("E0109", "`else if` is written as one word", "write `elif`")
    if here.token.text == "||" and here.opening != "|":
        return here.report("E0109", "`||` separates the columns of a decision", "write `or`")
    if here.token.text == "=" and before is not None and before.text in {"+", "-", "*", "/"}:
        return here.report(
            "E0109",
            f"there is no `{before.text}=`",
            "write the name again: `total = total + 1`",
            at=Token(0, "", before.start, here.token.end),
        )
    if here.token.text == before_text(here) and here.token.text in {"+", "-", "*", "/"}:
        return here.report(
            "E0109", f"there is no `{here.token.text * 2}`", "write `total = total + 1`"
        )
    return None


def before_text(here: Situation) -> str:
    """Return the text of the token before this one, or nothing."""
    return here.before.text if here.before else ""


# ── layout and brackets ───────────────────────────────────────────────────────────────────────


def _layout(here: Situation) -> Diagnostic | None:
    if here.thing == "_INDENT":
        if here.item.text in {"role", "unit", "use", "contract", "timezone", "event", "enum"}:
            return here.report(
                "E0106",
                f"nothing is indented under `{here.item.text}`",
                "write it in one line, or move the lines below to the first column",
                label="the next line is indented",
            )
        return here.report(
            "E0106",
            "the next line is indented, but this one opens no block",
            "align the two lines",
            label="no block begins here",
        )
    if "_INDENT" in here.expected and not here.line:
        place = here.before or here.token
        return here.report(
            "E0106",
            "a block must be indented deeper than the line above it",
            "indent the lines that belong to it, by two blanks",
            label="no indented line follows",
            at=Token(0, "", place.end, place.end),
        )
    if not here.line and here.token.text in DECLARATION_WORDS and here.item != here.token:
        return here.report(
            "E0106",
            f"`{here.token.text}` begins in the first column",
            "move it to the start of its line, or close what stands above it",
        )
    if here.token.text in {"elif", "else"} and not here.line:
        return here.report(
            "E0106",
            f"this `{here.token.text}` belongs to no `if` above it",
            f"align it with its `if`, and end with one `else` (after every `elif`)",
        )
    return None


def _brackets(here: Situation) -> Diagnostic | None:
    text = here.token.text
    open_bracket = here.brackets[-1] if here.brackets else None
    if text in _PAIRS:
        if open_bracket is None:
            return here.report(
                "E0102", f"this `{text}` closes nothing", "delete it, or open its bracket"
            )
        if open_bracket.text != _PAIRS[text]:
            closing = ")" if open_bracket.text == "(" else "]"
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
        closing = ")" if open_bracket.text == "(" else "]"
        return here.report(
            "E0102",
            "this bracket is not closed",
            f"close it with `{closing}`; inside brackets a line goes on if it is indented",
            at=open_bracket,
        )
    return None


# ── tables ────────────────────────────────────────────────────────────────────────────────────


def _table(here: Situation) -> Diagnostic | None:
    if here.item.text != "decision":
        return None
    if here.opening == "|":
        what = "header" if ":" in here.expected or _is_header(here) else "row"
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
        if here.token.text in {"|", "||"} or here.thing in {"_NEWLINE", "$END"}:
            return here.report(
                "E0117",
                f"a cell of this decision {what} is empty",
                "write `-` for any value" if what == "row" else "write `name: Type`",
            )
        if what == "header" and ":" in here.expected:
            return here.report(
                "E0117", "a column needs a name, `:` and a type", "write `| payer: Standing |`"
            )
        return None
    if here.token.text == "|" or "|" not in here.expected:
        return None
    return here.report(
        "E0117",
        "a decision is a table: each of its lines begins with `|`",
        "write `| payer: Standing || verdict: Verdict |`, and the rows below it",
    )


def _is_header(here: Situation) -> bool:
    """Return whether no line of the table stands above this one."""
    above = here.source.text[here.item.start : here.line[0].start]
    return not any(line.lstrip(" ").startswith("|") for line in above.split("\n"))


# ── names, signs, forms ───────────────────────────────────────────────────────────────────────


def _is_keyword(here: Situation) -> bool:
    return here.thing == here.token.text and here.token.text.isidentifier()


def _keyword_as_name(here: Situation) -> Diagnostic | None:
    if not _is_keyword(here) or not here.awaits_name:
        return None
    follows_sign = before_text(here) in {".", ",", "("} or not here.line
    text = here.token.text
    if here.after is None and not follows_sign:
        return None
    if here.line and not follows_sign and here.after is not None and here.after.text not in _NAMED:
        return None
    return here.report(
        "E0107",
        f"`{text}` is a keyword and cannot name anything",
        f"choose another name, such as `the_{text}`",
    )


_NAMED = frozenset({":", "=", "(", "[", ",", ")", "]", "."})
"""What stands behind a name that has just been given."""


def _equality(here: Situation) -> Diagnostic | None:
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


def _statement_is_value(here: Situation) -> Diagnostic | None:
    """Explain a line that begins as a value and ends before it says what to do with it."""
    is_line_end = here.thing in {"_NEWLINE", "$END"}
    if not here.line or here.opening in DECLARATION_WORDS:
        return None
    if is_line_end and ":" in here.expected and here.item.text == "record":
        return here.report(
            "E0115",
            "a field needs `:` and its type after its name",
            "write `balance: Balance of CNY`",
        )
    if here.item.text == "record" and ":" in here.expected and here.thing == "NAME":
        return here.report(
            "E0115",
            "a field needs `:` between its name and its type",
            f"write `{before_text(here)}: {here.token.text}`",
        )
    if here.thing == "NAME" and ":" in here.expected and "NAME" not in here.expected:
        return here.report(
            "E0115",
            "a name needs `:` before its type",
            f"write `{before_text(here)}: {here.token.text}`",
        )
    return None


def _form(here: Situation) -> Diagnostic | None:
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
        return here.awaits_name and before_text(here) != "."
    return form.awaited in here.expected


def _value(here: Situation) -> Diagnostic | None:
    if not here.line:
        return None
    last = before_text(here)
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
    is_new_value = here.thing in {"NAME", "INTEGER", "DECIMAL", "PERCENT", "TEXT", "DATE", "INSTANT"}
    if is_new_value and here.before is not None and here.before.terminal == here.token.terminal:
        if here.brackets and "," in here.expected:
            return here.report("E0120", "a `,` is missing between two values", "write `,` here")
    return None


# ── everything else ───────────────────────────────────────────────────────────────────────────


def _unexpected(here: Situation) -> Diagnostic:
    if not here.line and here.item == here.token:
        return here.report(
            "E0101",
            f"no declaration begins with `{here.token.text}`",
            "begin with `role`, `record`, `lifecycle`, `enum`, `decision`, `action` or the like",
        )
    expected = _spoken_expected(here.expected)
    advice = f"write {expected} here" if expected else "look at the lines around it"
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
        things -= OPERATORS
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
    _unreadable,
    _foreign,
    _layout,
    _brackets,
    _table,
    _keyword_as_name,
    _equality,
    _statement_is_value,
    _form,
    _value,
)
