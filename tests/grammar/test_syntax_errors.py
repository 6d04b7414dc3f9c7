"""Syntax errors: located at the very place, in the words of the language, one for one mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse, parse_expression
from servanda.grammar.source import Source
from servanda.grammar.text_literals import TextReader
from servanda.grammar.tokens import Token

Found = tuple[str, int, int, str, str]


def diagnostics_of(text: str) -> list[Diagnostic]:
    """Return what reading a text reports."""
    diagnostics = Diagnostics()
    parse(Source("x", text), diagnostics)
    return list(diagnostics)


def found(text: str) -> list[Found]:
    """Return code, line, column, covered text and message of each diagnostic of `text`."""
    source = Source("x.contract", text)
    diagnostics = Diagnostics()
    parse(source, diagnostics)
    return [
        (one.code, *source.position(one.span.start), source.slice(one.span), one.message)
        for one in diagnostics
    ]


EXPECTATION = re.compile(r"--> (E\d{4}) (\d+):(\d+) \[(.*?)\] (.*)")


def cases() -> list[tuple[str, list[Found]]]:
    """Return the programs of `syntax_errors.txt` and what is expected of each."""
    text = (Path(__file__).parent / "syntax_errors.txt").read_text(encoding="utf-8")
    read: list[tuple[str, list[Found]]] = []
    program: list[str] = []
    for line in text.split("\n\n", 1)[1].split("\n"):
        if line.startswith("--> "):
            match = EXPECTATION.fullmatch(line)
            assert match, line
            if program:
                read.append(("\n".join(program).strip("\n"), []))
                program = []
            read[-1][1].append((match[1], int(match[2]), int(match[3]), match[4], match[5]))
        else:
            program.append(line)
    return read


CASES = cases()


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_each_mistake_is_told_where_it_is(text: str, expected: list[Found]) -> None:
    """Code, place and message of every mistake, and nothing that only follows from it."""
    assert found(text + "\n") == expected


def test_every_family_of_mistakes_has_a_case() -> None:
    """Each syntax code that the grammar can report stands in a case above or below."""
    grammar = Path(__file__).resolve().parents[2] / "grammar"
    reported = {
        code
        for path in sorted(grammar.glob("*.py"))
        for code in re.findall(r'"(E01\d\d|E05\d\d)"', path.read_text(encoding="utf-8"))
    }
    shown = {one[0] for _, expected in CASES for one in expected} | {"E0103", "E0113"}
    assert reported == shown


def test_each_mistake_has_one_concrete_help() -> None:
    """No diagnostic leaves its reader alone."""
    for text, _ in CASES:
        diagnostics = Diagnostics()
        parse(Source("x", text + "\n"), diagnostics)
        for one in diagnostics:
            assert one.help, one
            assert one.message[0] == one.message[0].lower(), one
            assert not one.message.endswith("."), one


def test_one_run_tells_of_several_declarations() -> None:
    """A mistake costs its own declaration; those beside it are read."""
    text = "role A\naction b\nclause c()\n  x = = 1\n  d()\n  y = = 2\nrole E\n"
    diagnostics = Diagnostics()
    file = parse(Source("x", text), diagnostics)
    assert [one.span.start for one in diagnostics] == [15, 33, 49]
    assert len(file.items) == 2


def test_what_a_torn_block_leaves_is_not_reported() -> None:
    """Lines that lost their block belong to the mistake above, up to the next declaration."""
    text = "clause c()\nx = = 1\ny = = 2\nrole A\nrole 5\n"
    assert [one[:3] for one in found(text)] == [("E0106", 1, 11), ("E0115", 5, 6)]


def depth_cases() -> list[tuple[str, str, str]]:
    """Return for each way to nest what opens, what stands inside and what closes."""
    return [
        ("not ", "a", ""),
        ("-", "a", ""),
        ("-(", "a", ")"),
        ("f(", "a", ")"),
        ("[", "a", "]"),
        ("if a then b else ", "a", ""),
        ("a + ", "a", ""),
        ("a * ", "a", ""),
        ("a or ", "a", ""),
        ("a and ", "a", ""),
        ("a.", "a", ""),
    ]


@pytest.mark.parametrize(("opening", "inside", "closing"), depth_cases())
def test_an_expression_nests_at_most_64_deep(opening: str, inside: str, closing: str) -> None:
    """64 levels are read, 65 refused, whatever makes them."""
    # `-(` makes one level for its sign; its brackets leave none, but are counted as brackets.
    for count, is_accepted in ((64, True), (65, False), (140, False)):
        text = f"give {opening * count}{inside}{closing * count}\n"
        if len(text) > 1_000:
            lines = [*[opening] * count, inside, *[closing] * count, ")"]
            text = "give (\n " + "\n ".join(lines) + "\n"
        codes = [one[0] for one in found(text)]
        assert codes == ([] if is_accepted else ["E0103"]), (count, codes)


@pytest.mark.parametrize(
    ("operator", "aggregate"),
    [("or", "any"), ("and", "all"), ("+", "sum"), ("*", "product"), ("-", ""), ("/", "")],
)
def test_a_long_chain_is_called_a_chain(operator: str, aggregate: str) -> None:
    """64 of one operator are read; one more is told of by its sign, since no bracket is there."""
    assert found(f"give a{f' {operator} a' * 64}\n") == []
    (told,) = diagnostics_of(f"give f(1) {operator} a{f' {operator} a' * 64}\n")
    message = f"this chain of `{operator}` is longer than 64 levels"
    assert (told.code, told.message) == ("E0103", message)
    assert aggregate in told.help
    assert "`let`" in told.help
    (nested,) = diagnostics_of(f"give {'-' * 70}a {operator} a\n")
    assert "nests deeper" in nested.message


def test_a_long_chain_over_many_lines_is_refused() -> None:
    """A chain without brackets is as deep as its tree: 1 MiB of it costs no recursion."""
    chain = "give (1\n" + "  + 1\n" * 20_000 + " )\n"
    assert [one[0] for one in found(chain)] == ["E0103"]
    (told,) = diagnostics_of(chain)
    assert told.message == "this chain of `+` is longer than 64 levels"
    assert told.label == "each operator is one level on top of those before it"
    assert told.help == "name a part with `let` or a rule, or use `sum(… for … in …)`"
    nots = "give (\n" + "  not\n" * 20_000 + " a)\n"
    assert [one[0] for one in found(nots)] == ["E0103"]


def test_blocks_nest_at_most_64_deep() -> None:
    """64 levels of indentation are read, 65 refused."""

    def nested(depth: int) -> str:
        lines = [f"{' ' * level}if a" for level in range(depth)]
        return "\n".join([*lines, f"{' ' * depth}b()"]) + "\n"

    assert found(nested(64)) == []
    assert [one[:2] for one in found(nested(65))] == [("E0103", 65)]
    assert [one[:2] for one in found(nested(900))] == [("E0103", 65)]


def test_a_text_has_at_most_4096_bytes() -> None:
    """A line is shorter than that in letters, but not always in bytes."""
    # The limit of a line, 1_000 characters of at most four bytes, lies below that of a text.
    assert found('show "' + "😀" * 990 + '"\n') == []
    reader = TextReader("x", diagnostics := Diagnostics(), lambda _start, _end: None)
    for size, codes in ((4_096, []), (4_097, ["E0113"])):
        text = '"' + "é" * (size // 2) + "x" * (size % 2) + '"'
        reader.read(Token(0, text, 0, len(text)))
        assert [one.code for one in diagnostics] == codes


CONTRACT = """\
contract Loans version 1
role Bank, Client
lifecycle State
  Open -> Closed
record Loan[id: Serial]
  seen by client or Bank
  client: Client
  rest: Balance of CNY
  rate: Decimal in 0..1 = 0.05
  state: State
decision grade (first)
  "How good a client is."
  | age: Int in 0..120 | late: Bool || grade: Grade |
  | >= 18, 5           | not true   || Good         |
  | -                  | -          || Bad          |
rule half(a: Amount of CNY): Amount of CNY = round(a / 2, CNY)
action pay(loan: Loan in Open, amount: Amount of CNY): Loan
  by loan.client or 2 of Bank
  require amount > 0 CNY else NOTHING "client {loan.client} pays nothing"
  retire amount from loan.rest
  if loan.rest == 0 CNY
    loan.state becomes Closed
  elif loan.rest < 5 CNY
    notify loan.client that "nearly done"
  else
    emit Paid(loan, amount)
  choose grade(30, false)
    Good
      for l in Loan where l.client == loan.client limit 5
        touch(l)
    else
      refuse BAD "bad"
  give loan
when loan: Loan has been Open for 3 days
  close(loan)
every month on 20 at 02:00 for loan: Loan in Open
  close(loan)
invariant "nobody owes less than nothing"
  for l in Loan
  holds l.rest >= 0 CNY
test "a loan"
  at 2026-01-05T09:00Z
  let a = bank does open("x", 5 CNY)
  bank and client cannot pay(a, 1 CNY) because NOTHING
  wait 3 days
  expect sum(l.rest for l in Loan) == 5 CNY
"""
PIECES = re.findall(r"\w+|\n *| +|.", CONTRACT)
INNER_WORDS = re.compile(
    r"\b[A-Z]+_[A-Z_]+\b|\b(NAME|INTEGER|DECIMAL|PERCENT|TEXT|DATE|INSTANT|CLOCK|OPTIONAL)\b"
    r"|\$END|_NEWLINE|_INDENT|_DEDENT|ANON|Token|Traceback|None|\b[LR](PAR|SQB)\b|VBAR|COMMA"
)


def test_the_contract_of_these_tests_is_right() -> None:
    """The mutations below begin from a source without a mistake."""
    assert found(CONTRACT) == []


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Give the contract with some pieces left out, doubled, swapped or put in."""
    pieces = list(PIECES)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(["leave out", "double", "swap", "put in", "cut"])):
            case "leave out" if len(pieces) > 1:
                del pieces[place]
            case "double":
                pieces.insert(place, pieces[place])
            case "swap":
                other = draw(st.integers(0, len(pieces) - 1))
                pieces[place], pieces[other] = pieces[other], pieces[place]
            case "put in":
                pieces.insert(place, draw(st.sampled_from(PIECES) | st.text(max_size=3)))
            case _:
                pieces = pieces[: place + 1]
    return "".join(pieces)


@settings(max_examples=150, deadline=None)
@given(mutations())
def test_messages_speak_of_the_language(text: str) -> None:
    """Whatever is wrong, no message names a token or a rule of the grammar."""
    source = Source("x", text)
    diagnostics = Diagnostics()
    parse(source, diagnostics)
    for one in diagnostics:
        # What stands between backticks is the source's own, or the language's.
        said = re.sub(r"`[^`]*`", "", f"{one.message} | {one.label} | {one.help}")
        assert not INNER_WORDS.search(said), one
        assert 0 <= one.span.start <= one.span.end <= len(text)
        assert one.help


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.text(st.sampled_from(' \n"{}[]()|#\\ab1.,:-'), max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Any text at all gives a file or an expression, and diagnostics inside the text."""
    for source in (Source("x", text), Source("x", f"clause c()\n  {text}\n")):
        diagnostics = Diagnostics()
        parse(source, diagnostics)
        parse_expression(source, diagnostics)
        for one in diagnostics:
            assert 0 <= one.span.start <= one.span.end <= len(source.text)


@pytest.mark.parametrize("sign", ["--", "//", "/*", "=>", "++", "-=", "&&", "||", "!=", "=="])
def test_a_source_may_end_within_any_sign(sign: str) -> None:
    """A file without a last line end, cut off within or after a sign, is explained all the same."""
    for end in range(len(sign) + 1):
        text = f"rule a(): Int = x {sign}"[: 18 + end]
        diagnostics = Diagnostics()
        parse(Source("x", text), diagnostics)
        assert all(one.span.end <= len(text) for one in diagnostics), text
        assert end == 0 or diagnostics.has_errors, text
