"""Mistakes of form: statements and values as other languages write them.

Each function looks at a situation and returns its diagnostic, or None where it knows no better. A
help takes up what was written, so that it may be copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.situation import Situation
from servanda.grammar.tokens import Token

_LINE = re.compile(r'(?:[^"#\n]|"(?:[^"\\\n]|\\[^\n])*")*')
_TEXT = r'"(?:[^"\\\n]|\\[^\n])*"'
_LET = re.compile(r"let +(?:([^\W\d]\w*) *:[^=]+|[^\W\d]\w* +([^\W\d]\w*)) *=(.*)")
_LET_MUTABLE = re.compile(r"let +(?:mut|const|var) +([^\W\d]\w*) *(?::[^=]+)?=(.*)")
_REQUIRE = re.compile(rf"require *\((.*), *({_TEXT}) *\)")
_SELECT = re.compile(
    r"(?i:select) +(?:(?i:sum|count) *\( *)?([^\W\d]\w*|\*) *\)? +(?i:from) +([^\W\d]\w*)"
)
_CHOICE = re.compile(r"(?:(.*[^=!<>]=|give|show|expect) +)?(.+?) *\? *(.+?) +: +(.+)")
_RESULT = re.compile(r"-> *([^\W\d][\w. ]*\w\??|\w)")
_UNIT = re.compile(r"[A-Z]{3}")


def _written(here: Situation) -> tuple[int, str]:
    """Return where the line begins, and what stands on it before its comment."""
    start = (*here.line, here.token)[0].start
    found = _LINE.match(here.source.text, start)
    return start, found[0].rstrip(" ") if found else ""


def explain_habit(here: Situation) -> Diagnostic | None:
    """Explain what a writer of other languages does without thinking."""
    for explain in _HABITS:
        found = explain(here)
        if found is not None:
            return found
    return None


def _let(here: Situation) -> Diagnostic | None:
    """Explain a `let` with a type or a word that it does not have."""
    if here.opening != "let" or "=" not in here.expected:
        return None
    _, line = _written(here)
    mutable = _LET_MUTABLE.fullmatch(line)
    if mutable is not None:
        advice = f"write `let {mutable[1]} ={mutable[2]}`"
        return here.report("E0116", "every `let` may be assigned again", advice)
    typed = _LET.fullmatch(line)
    if typed is None:
        return None
    advice = f"write `let {typed[1] or typed[2]} ={typed[3]}`"
    return here.report("E0116", "a `let` has no type: its value says it", advice)


def _require(here: Situation) -> Diagnostic | None:
    """Explain a `require` that is written as a call, or lacks its end."""
    if here.opening != "require":
        return None
    start, line = _written(here)
    if here.item.text == "test":
        place = here.line[0]
        return here.report("E0109", "a test requires nothing", "write `expect`", at=place)
    called = _REQUIRE.fullmatch(line)
    if called is not None and here.token.text == ",":
        advice = f"write `require {called[1]} else CODE {called[2]}`, with a code of your own"
        place = Token(0, "", start, start + len(line))
        return here.report("E0116", "`require` is no call", advice, at=place)
    if "else" not in here.expected or here.thing not in {"TEXT", "_NEWLINE"} or here.brackets:
        return None
    message = '`require` needs `else CODE "message"` after its condition'
    condition = here.source.text[here.line[0].end : here.token.start].strip(" ")
    if "\n" in condition or not condition:
        return None
    text = here.token.text if here.thing == "TEXT" else '"message"'
    advice = f"write `require {condition} else CODE {text}`, with a code of your own"
    return here.report("E0116", message, advice)


def _select(here: Situation) -> Diagnostic | None:
    """Explain a query of a database."""
    start, line = _written(here)
    found = _SELECT.search(line)
    if found is None or not found.start() <= here.token.start - start <= found.end():
        return None
    field, record = found.groups()
    if field == "*" or "count" in found[0].lower():
        right = f"count(x for x in {record} where …)"
    else:
        right = f"sum(x.{field} for x in {record} where …)"
    place = Token(0, "", start + found.start(), start + found.end())
    return here.report("E0109", "records are not selected by a query", f"write `{right}`", at=place)


def _choice(here: Situation) -> Diagnostic | None:
    """Explain `a ? b : c`."""
    if here.token.text != "?":
        return None
    _, line = _written(here)
    found = _CHOICE.fullmatch(line)
    right = "if c then a else b"
    if found is not None and not here.brackets:
        right = f"if {found[2]} then {found[3]} else {found[4]}"
    message = "a choice between two values is written in words"
    return here.report("E0109", message, f"write `{right}`")


def _formatted_text(here: Situation) -> Diagnostic | None:
    """Explain the letter that other languages write before a text with holes."""
    before = here.before
    if before is None or here.thing != "TEXT" or before.end != here.token.start:
        return None
    if before.text not in {"f", "F", "r", "b", "u", "s"}:
        return None
    place = Token(0, "", before.start, here.token.end)
    message = f"no `{before.text}` stands before a text: every text may have holes"
    return here.report("E0109", message, f"write `{here.token.text}`", at=place)


def _unit_first(here: Situation) -> Diagnostic | None:
    """Explain a currency before its number."""
    before = here.before
    if before is None or here.thing not in {"INTEGER", "DECIMAL"}:
        return None
    if not _UNIT.fullmatch(before.text):
        return None
    place = Token(0, "", before.start, here.token.end)
    right = f"{here.token.text} {before.text}"
    message = "the unit of an amount stands behind its number"
    return here.report("E0108", message, f"write `{right}`", at=place)


def _arrow(here: Situation) -> Diagnostic | None:
    """Explain an arrow before a result, or in place of `becomes`."""
    if here.token.text != "->":
        return None
    if here.opening in {"action", "rule"} and here.before_text == ")":
        found = _RESULT.match(here.source.text, here.token.start)
        right = f": {found[1]}" if found else ": Type"
        message = "the type of what is given stands behind `:`"
        return here.report("E0115", message, f"write `{right}`")
    if "becomes" in here.expected and here.after is not None:
        start, line = _written(here)
        right = line.replace("->", "becomes", 1)
        place = Token(0, "", start, start + len(line))
        message = "a state changes by `becomes`; arrows stand in a lifecycle"
        return here.report("E0116", message, f"write `{right}`", at=place)
    return None


def explain_step(here: Situation) -> Diagnostic | None:
    """Explain a step of a test that says otherwise who does what."""
    is_step = here.item.text == "test" or (here.line and here.line[0] == here.item)
    texts = [one.text for one in here.line]
    if texts[:1] == ["let"] and "=" in texts:
        texts = texts[texts.index("=") + 1 :]
    if not is_step or len(texts) != 1 or here.after is None or here.thing != "NAME":
        return None
    party, word = texts[0], here.token.text
    if not party.isidentifier() or party[:1].isupper():
        return None
    if word in {"do", "did", "calls", "performs"} and here.after.text.isidentifier():
        right = f"{party} does {here.after.text}(…)"
        return here.report("E0109", f"`{word}` is no word of a step", f"write `{right}`")
    if here.after.text == "(" and "does" in here.expected:
        right = f"{party} does {word}(…)"
        return here.report("E0116", "a step says that its party `does` it", f"write `{right}`")
    return None


_HABITS: tuple[Callable[[Situation], Diagnostic | None], ...] = (
    _let,
    _require,
    _select,
    _choice,
    _formatted_text,
    _unit_first,
    _arrow,
)
