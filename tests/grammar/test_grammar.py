"""The grammar itself: strict, without conflicts, a sample above every rule, keywords apart."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from lark import Lark
from lark.indenter import Indenter

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import grammar_text, parse
from servanda.grammar.source import Source

GRAMMAR = Path(__file__).resolve().parents[2] / "grammar"
RULES = (GRAMMAR / "servanda.lark").read_text(encoding="utf-8")
KEYWORDS = (GRAMMAR / "keywords" / "english.lark").read_text(encoding="utf-8")
RULE_HEAD = re.compile(r"^[?!]?([a-z_]+):", re.MULTILINE)


class Layout(Indenter):
    """Lark's own indentation, to hold ours against."""

    NL_type = "_NEWLINE"
    OPEN_PAREN_types = ["LPAR", "LSQB"]  # noqa: RUF012 (as Lark declares it)
    CLOSE_PAREN_types = ["RPAR", "RSQB"]  # noqa: RUF012
    INDENT_type = "_INDENT"
    DEDENT_type = "_DEDENT"
    tab_len = 8


@cache
def strict_parser(starts: tuple[str, ...] = ("item", "expression")) -> Lark:
    """Return Lark's own parser of the grammar; strict mode refuses every conflict."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        postlex=Layout(),
        start=list(starts),
        strict=True,
        maybe_placeholders=True,
    )


def samples() -> list[tuple[str, str]]:
    """Return each rule with the comment above it."""
    found = []
    lines = RULES.split("\n")
    for number, line in enumerate(lines):
        head = RULE_HEAD.match(line)
        if head:
            above = lines[number - 1]
            found.append((head[1], above.removeprefix("// ") if above.startswith("// ") else ""))
    return found


def test_the_grammar_is_strict() -> None:
    """Lark finds no conflict between rules and, with interegular, none between terminals."""
    assert strict_parser().parse("role Police\n", start="item").data == "role"


def test_every_rule_has_a_sample() -> None:
    """Above each rule stands a comment that shows or says what it takes."""
    assert len(samples()) > 80
    assert [name for name, sample in samples() if not sample] == []


@cache
def every_rule_parser() -> Lark:
    """Return a parser that may start at any rule."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        postlex=Layout(),
        start=[name for name, _ in samples()],
        maybe_placeholders=True,
    )


# These take more than one line, or nothing that could stand alone.
NOT_ALONE = {"block", "described_block"}


@pytest.mark.parametrize(
    ("name", "sample"),
    [pytest.param(*one, id=one[0]) for one in samples() if one[0] not in NOT_ALONE],
)
def test_a_sample_parses_under_its_rule(name: str, sample: str) -> None:
    """The sample is the whole of the rule, or (with an ellipsis) its first line."""
    line = sample.removesuffix(" …")
    parser = every_rule_parser()
    if line == sample:
        tries = [line, line + "\n"]
    else:
        bodies = [
            "  give x\n",
            "  A -> B\n",
            "  a: Int\n",
            "  | a: Int || b: Int |\n",
            "  A\n    give x\n",
            "  holds x\n",
        ]
        tries = [f"{line}\n{body}" for body in bodies]
    errors = []
    for text in tries:
        try:
            parser.parse(text, start=name)
        except Exception as error:  # noqa: BLE001 (any refusal will do: one try must pass)
            errors.append(str(error))
        else:
            return
    pytest.fail(f"no reading of {sample!r}: {errors}")


def test_the_keywords_are_those_the_grammar_uses() -> None:
    """Each keyword is a named terminal that a rule uses, and each word of a rule is a keyword."""
    declared = dict(re.findall(r'^([A-Z]+): "(\w+)"$', KEYWORDS, re.MULTILINE))
    assert all(name == text.upper() for name, text in declared.items())
    bodies = "\n".join(line for line in RULES.split("\n") if not line.startswith("//"))
    own = set(re.findall(r"^([A-Z_]+)(?:\.\d)?: ", bodies, re.MULTILINE))
    used = set(re.findall(r"\b[A-Z_]{2,}\b", re.sub(r'"[^"]*"|/.*/', "", bodies)))
    assert used - own - {"_INDENT", "_DEDENT"} == set(declared)


def test_no_keyword_is_written_in_the_grammar() -> None:
    """A second human language is one more file of keywords: no rule spells a word."""
    assert re.findall(r'"\w+"', RULES) == []


def test_no_keyword_is_a_name_unless_the_grammar_says_so() -> None:
    """The words under `_soft` and `at` name things; every other keyword never does."""
    soft_rule = RULES[RULES.index("\n_soft:") : RULES.index("// days\n")]
    soft = {word.lower() for word in re.findall(r"\b[A-Z]{2,}\b", soft_rule)} | {"at"}
    for word in re.findall(r'"(\w+)"', KEYWORDS):
        diagnostics = Diagnostics()
        parse(Source("x", f"let {word} = 1\n"), diagnostics)
        assert (word in soft) == (not diagnostics.has_errors), word


ACCEPTED = """\
rule fee(amount: Amount of CNY, rate: Decimal = 3.65%): Amount of CNY = round(amount * rate, CNY)

action a(x: Int in 1..5, s: S in A | B): T?
  "What it does."
  by 2 of Officer as officers or (contract Other and (A or b.c))
  for x in 1..<n where x is not missing limit 10
    let y = [1, 2.5, 3%, 2026-01-05, 2026-01-05T09:00Z, -x, not a, "t {x}", 3 days, 5 CNY,]
  if (a and b) or not c in [1]
    give if a then b.c[d, e] else sum(p.x for p in P where p.y == 1 limit 5)
  elif x not in 1..5
    create R(a: 1)
  else
    refuse NO "no"
"""


def test_our_reading_agrees_with_larks() -> None:
    """Our scanning and following of the tables accepts what Lark's own parser accepts."""
    diagnostics = Diagnostics()
    parse(Source("x", ACCEPTED), diagnostics)
    assert list(diagnostics) == []
    for item in ACCEPTED.split("\n\n"):
        assert strict_parser().parse(item.strip("\n") + "\n", start="item").children
