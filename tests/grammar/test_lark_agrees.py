"""Our loop does what Lark does: the same texts accepted, the same derivation, the same mistakes.

The tables come from Lark, the loop that follows them and the scanner are ours. Lark's own parser,
lexer and indentation are held against them on files that the strategies make and on what is left
of such files when pieces are lost, doubled or swapped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import tree_strategies as trees
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.indenter import DedentError, Indenter

from servanda.grammar import tree
from servanda.grammar.derive import Build, Mismatch, acceptable, derive
from servanda.grammar.formatter import format_file
from servanda.grammar.parser import STARTS, build_tables, grammar_text
from servanda.grammar.source import Span
from servanda.grammar.tables import ParseTables
from servanda.grammar.tokens import (
    NESTED_TOO_DEEPLY,
    NUMBER_RUNS_ON,
    SHORT_DATE,
    UNEVEN_INDENT,
    Lexicon,
    chunks,
    hole_tokens,
)
from servanda.grammar.tokens import Token as OurToken

HERE = Path(__file__).resolve().parent
PIECE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|\w+|\n *| +|.', re.DOTALL)
HOLE = re.compile(r"\{([^{}\\]+)\}")

thorough = settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None
)

STRICTER = frozenset({NUMBER_RUNS_ON, SHORT_DATE, NESTED_TOO_DEEPLY})
"""What our scanner refuses and Lark's lexer would read as something else."""

Node = tuple[str, list[Any]]
"""A rule's name and its children; a token is its terminal's name and its text."""


any_file = trees.files() | trees.scripts()


class Layout(Indenter):
    """Lark's own indentation."""

    NL_type = "_NEWLINE"
    OPEN_PAREN_types = ["LPAR", "LSQB"]  # noqa: RUF012 (as Lark declares it)
    CLOSE_PAREN_types = ["RPAR", "RSQB"]  # noqa: RUF012
    INDENT_type = "_INDENT"
    DEDENT_type = "_DEDENT"
    tab_len = 8


@cache
def lark_parser() -> Lark:
    """Return Lark's own parser; its basic lexer knows a keyword wherever it stands, as ours."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        postlex=Layout(),
        start=list(STARTS),
        maybe_placeholders=True,
    )


@cache
def our_tables() -> tuple[ParseTables, Lexicon]:
    """Return our tables and what scans for them."""
    tables = build_tables(grammar_text())
    return tables, Lexicon(tables)


class Derivation(dict[str, Build]):
    """Builders that keep what was derived: for each rule its name and its children."""

    def __missing__(self, rule: str) -> Build:
        def build(_: Span, children: list[Any]) -> Node:
            return rule, children

        return build


def our_plain(found: Any) -> Any:  # noqa: ANN401 (nodes, tokens, None and lists of them)
    """Return what our loop made in the form of a `Node`."""
    if isinstance(found, OurToken):
        return our_tables()[0].terminals[found.terminal], found.text
    if found is None:
        return None
    rule, children = found
    return rule, [our_plain(one) for one in children]


def lark_plain(found: Any) -> Any:  # noqa: ANN401 (as above)
    """Return what Lark's parser made in the form of a `Node`."""
    if isinstance(found, Token):
        return found.type, str(found)
    if found is None:
        return None
    assert isinstance(found, Tree)
    return str(found.data), [lark_plain(one) for one in found.children]


def our_reading(start: str, tokens: list[OurToken]) -> Node | Mismatch:
    """Return what our loop derives; nothing deepens, so no limit of ours is met."""
    tables, _ = our_tables()
    found = derive(tables, Derivation(), frozenset(), "x", start, tokens)
    if isinstance(found, Mismatch):
        return found
    plain: Node = our_plain(found)
    return plain


def lark_reading(start: str, tokens: Iterable[OurToken]) -> Node | tuple[int, set[str]]:
    """Return what Lark derives from our tokens, or where it stops and what it would take there."""
    tables, _ = our_tables()
    names = tables.terminals
    # Lark declares no types for what it returns here.
    parser: Any = lark_parser().parse_interactive(start=start)
    last = Token("_NEWLINE", "")
    for index, token in enumerate(tokens):
        name = names[token.terminal] if token.terminal >= 0 else "NO_TERMINAL"
        try:
            if name == "$END":
                plain: Node = lark_plain(parser.feed_eof(last))
                return plain
            last = Token(name, token.text)
            parser.feed_token(last)
        except UnexpectedToken:
            return index, set(parser.accepts())
    message = "the last token is the end"
    raise AssertionError(message)


def lark_whole(start: str, text: str) -> Node | None:
    """Return what Lark alone, lexer and all, derives from `text`, or None if it refuses."""
    try:
        return lark_plain(lark_parser().parse(text, start=start))  # type: ignore[no-any-return]
    except (UnexpectedInput, DedentError):
        return None
    except AssertionError:
        # Its indenter asserts that no bracket closes without having been opened.
        return None


def compare(start: str, tokens: list[OurToken], text: str, tally: Counter[str]) -> None:
    """Hold our reading of `tokens` against Lark's of the same tokens and of `text`."""
    tables, _ = our_tables()
    ours = our_reading(start, tokens)
    larks = lark_reading(start, tokens)
    if isinstance(ours, Mismatch):
        tally["refused"] += 1
        accepted = {tables.terminals[one] for one in acceptable(tables, ours.states)}
        assert (ours.index, accepted) == larks, text
    else:
        tally["accepted"] += 1
        assert ours == larks, text
    is_stricter = any(one.terminal in STRICTER for one in tokens)
    if is_stricter or tokens[0].terminal == UNEVEN_INDENT:
        assert isinstance(ours, Mismatch), text
        return
    assert lark_whole(start, text) == (None if isinstance(ours, Mismatch) else ours), text


def compare_file(text: str) -> Counter[str]:
    """Compare every item of `text` and every hole of its texts; return how each ended."""
    _, lexicon = our_tables()
    tally: Counter[str] = Counter()
    for tokens in chunks(lexicon, text):
        written = [one for one in tokens if one.text]
        item = text[written[0].start : written[-1].end] + "\n"
        compare("item", tokens, item, tally)
    for hole in HOLE.finditer(text):
        if "\n" not in hole[1] and "#" not in hole[1]:
            found = hole_tokens(lexicon, text, hole.start(1), hole.end(1))
            compare("expression", found, hole[1], tally)
    return tally


@thorough
@given(any_file)
def test_files_are_derived_as_lark_does(file: tree.File) -> None:
    """What can be written is accepted by both, by the same rules from the same tokens."""
    tally = compare_file(format_file(file))
    assert tally["accepted"] >= len(file.items)


def mutate(draw: Callable[[st.SearchStrategy[Any]], Any], pieces: list[str]) -> str:
    """Return the joined pieces after some were left out, doubled, swapped or put in."""
    others = list(pieces)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(["leave out", "double", "swap", "put in", "word", "cut"])):
            case "leave out" if len(pieces) > 1:
                del pieces[place]
            case "double":
                pieces.insert(place, pieces[place])
            case "swap":
                other = draw(st.integers(0, len(pieces) - 1))
                pieces[place], pieces[other] = pieces[other], pieces[place]
            case "put in":
                pieces.insert(place, draw(st.sampled_from(others)))
            case "word":
                pieces.insert(place, f" {draw(st.sampled_from(WORDS))} ")
            case _:
                pieces = pieces[: place + 1]
    return "".join(pieces)


WORDS = [
    *re.findall(r'"(\w+)"', grammar_text()),
    *(") ] ( [ | || : , . .. ..< -> = == != < <= > >= + - * / ?".split()),
    *('"text" 1 1.5 3% 2026-01-05 2026-01-05T09:00Z 09:00 x 5CNY 2026-1-5 ; " # {'.split()),
    *("\n", "\n  ", "\n    ", "\n\n", "\n )"),
]


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Give a file that somebody spoiled."""
    return mutate(draw, PIECE.findall(format_file(draw(any_file))) or ["x"])


@thorough
@given(mutations())
@example('show "{0:}"\n')
def test_spoiled_files_are_refused_as_lark_does(text: str) -> None:
    """Both accept or both refuse, at the same token and in the expectation of the same ones."""
    compare_file(text)


@settings(thorough, max_examples=100)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_heaps_of_words_are_refused_as_lark_does(text: str) -> None:
    """The same holds where hardly anything is right, from the first token on."""
    compare_file(text)
    compare_file(f"clause c()\n  let x = {text}\n")


def test_the_comparison_can_fail() -> None:
    """Another derivation, another place and another expectation are each noticed."""
    tables, lexicon = our_tables()
    (tokens,) = chunks(lexicon, "let x = 1 + 2 * 3\n")
    ours = our_reading("item", tokens)
    assert ours == lark_reading("item", tokens)
    assert ours != lark_whole("item", "let x = (1 + 2) * 3\n")
    assert ours != lark_whole("item", "let x = 1 + 2 * 4\n")
    (broken,) = chunks(lexicon, "let x = 1 + * 3\n")
    mismatch = our_reading("item", broken)
    assert isinstance(mismatch, Mismatch)
    larks = lark_reading("item", broken)
    assert larks == (
        mismatch.index,
        {tables.terminals[one] for one in acceptable(tables, mismatch.states)},
    )
    assert larks[0] == 5
