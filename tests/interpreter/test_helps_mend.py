"""Helps that mend: what a diagnostic advises, put in the place of what was written, checks."""

from __future__ import annotations

import programs
import pytest

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.formatter import format_source
from servanda.grammar.source import Source


def table(column: str, cell: str) -> str:
    """Return a contract with one decision, one of whose cells is `cell`."""
    return (
        "contract Tables version 1\n\n"
        "enum Grade: Low, Middle, High\n"
        "enum Side: Debit, Credit\n\n"
        "rule side(): Side = Debit\n\n"
        "decision pick (first)\n"
        f"  | given: {column} || found: Int |\n"
        f"  | {cell} || 1 |\n"
        "  | - || 2 |\n\n"
        f"rule picked(given: {column}): Int = pick(given)\n"
    )


def told(text: str, code: str, right: str, kind: str = "contract") -> None:
    """Assert that a text is refused with `code`, and that the help writes what is right."""
    found = programs.check_text(text, kind, {})
    codes = [one.code for one in found.diagnostics]
    assert codes == [code], found.show()
    assert f"`{right}`" in found.diagnostics[0].help, found.diagnostics[0].help


def clean(text: str, kind: str = "contract") -> None:
    """Assert that nothing but an unused name is said of a text."""
    found = programs.check_text(text, kind, {})
    assert not [one for one in found.diagnostics if one.code[:3] != "W02"], found.show()


MISREAD_CELLS = [
    ("Int", "1-12", "E0510", "1..12"),
    ("Int", "12-1", "E0510", "1..12"),
    ("Int", "5 / 6", "E0510", "5, 6"),
    ("Amount of CNY", "100-200 CNY", "E0510", "100 CNY..200 CNY"),
    ("Date", "2026-01-01-2026-12-31", "E0510", "2026-01-01..2026-12-31"),
    ("Int", ">= 13, < 36", "E0511", "13..<36"),
    ("Int", "> 13, <= 36", "E0511", "14..36"),
    ("Int", "not >= 13, < 36", "E0511", "not 13..<36"),
    ("Int", "< 36, >= 36", "E0511", "-"),
    ("Int in 0..100", "0..50, 51..100", "E0511", "-"),
    ("Decimal", "> 1, < 2", "E0511", "not <= 1.0, >= 2.0"),
    ("Decimal", "not > 1, < 2", "E0511", "<= 1.0, >= 2.0"),
    ("Date", "> 2026-01-01, < 2026-12-31", "E0511", "2026-01-02..<2026-12-31"),
    ("Amount of CNY", "> 10 CNY, < 20 CNY", "E0511", "10.01 CNY..<20.00 CNY"),
]
MISREAD_NUMBERS = [
    ("Int", "1,000", "E0108", "1_000"),
    ("Int", "100,200", "E0108", "100_200"),
    ("Int", "100,200", "E0108", "100, 200"),
    ("Int", "1,5", "E0108", "1, 5"),
    ("Decimal", "0,5", "E0108", "0.5"),
    ("Amount of CNY", "< 1,000,000 CNY", "E0108", "1_000_000"),
    ("Int", "007", "E0130", "7"),
    ("Int", "000", "E0130", "0"),
    ("Decimal", "05%", "E0130", "5%"),
    ("Int", "1_00_0", "E0131", "1_000"),
    ("Int", "10_0000", "E0131", "100_000"),
    ("Decimal", "1_00_0.5", "E0131", "1_000.5"),
]


@pytest.mark.parametrize(("column", "cell", "code", "right"), MISREAD_CELLS)
def test_a_cell_is_not_read_as_something_else(
    column: str, cell: str, code: str, right: str
) -> None:
    """What a banker would read otherwise than the grammar is refused, and the help mends it."""
    told(table(column, cell), code, right)
    if right != "-":  # The last row of the table is then in the way.
        clean(table(column, right))


@pytest.mark.parametrize(("column", "cell", "code", "right"), MISREAD_NUMBERS)
def test_a_number_is_not_read_as_something_else(
    column: str, cell: str, code: str, right: str
) -> None:
    """A number is written in one way, in cells as elsewhere, and the help mends it."""
    text = table(column, cell)
    told(text, code, right)
    found = programs.check_text(text, "contract", {})
    span = found.diagnostics[0].span
    clean(text[: span.start] + right + text[span.end :])


@pytest.mark.parametrize(
    ("column", "cell"),
    [(column, cell) for column, cell, code, _ in MISREAD_CELLS if code < "E0511"]
    + [(column, cell) for column, cell, _, _ in MISREAD_NUMBERS],
)
def test_the_formatter_keeps_its_hands_off(column: str, cell: str) -> None:
    """What is misread is never written out as the misreading."""
    diagnostics = Diagnostics()
    formatted = format_source(Source("x", table(column, cell)), diagnostics)
    assert formatted is None
    assert diagnostics.has_errors


FOREIGN_CELLS = [
    ("Int", "*", "E0117", "-"),
    ("Int", "else", "E0117", "-"),
    ("Grade", "other", "E0210", "-"),
    ("Int", "1 to 5", "E0117", "1..5"),
    ("Int", "between 1 and 5", "E0117", "1..5"),
    ("Int", "1...5", "E0117", "1..5"),
    ("Amount of CNY", "100 to 200 CNY", "E0117", "100 CNY..200 CNY"),
    ("Date", "2026-01-01 to 2026-12-31", "E0117", "2026-01-01..2026-12-31"),
    ("Int", "5 or 6", "E0117", "5, 6"),
    ("Int", "<5 or > 6", "E0117", "< 5, > 6"),
    ("Grade", "Low or Middle", "E0117", "Low, Middle"),
    ("Int", ">= 5 and < 10", "E0117", "5..<10"),
    ("Int", "< 10 and >=5", "E0117", "5..<10"),
    ("Int", "> 5 and <= 10", "E0117", "not <= 5, > 10"),
    ("Int", "5+", "E0117", ">= 5"),
    ("Int", "5 or more", "E0117", ">= 5"),
    ("Int", "5-", "E0117", "<= 5"),
    ("Int", "..5", "E0117", "<= 5"),
    ("Int", "= 5", "E0117", "5"),
    ("Grade", "Lo", "E0214", "Low"),
    ("Grade", "Best", "E0214", "Middle"),
    ("Grade", "Debit", "E0214", "High"),
    ("Text", "CN", "E0210", '"CN"'),
    ("Bool", "yes", "E0210", "true"),
    ("Int", "few", "E0210", "0"),
    ("Amount of CNY", "few", "E0210", "100 CNY"),
]


@pytest.mark.parametrize(("column", "cell", "code", "right"), FOREIGN_CELLS)
def test_a_cell_of_another_pen_is_mended(column: str, cell: str, code: str, right: str) -> None:
    """Ranges, lists, any value and names as people write them elsewhere get the cell they mean."""
    told(table(column, cell), code, right)
    if right != "-":
        clean(table(column, right))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Int", "-5"),
        ("Int", "-5..-1"),
        ("Int", "1, 10"),
        ("Int", "< 13, > 36"),
        ("Decimal", "< 1, > 1"),
        ("Decimal in 0..<1", "< 0.5, > 0.5"),
        ("Text", '"1,000", "007"'),
        ("Grade", "Low, Middle"),
        ("Amount of CNY", "1_000 CNY, 10_000 CNY"),
    ],
)
def test_what_is_plain_stays(column: str, cell: str) -> None:
    """Negative numbers, texts of digits and lists that leave something out are as they were."""
    clean(table(column, cell))


FRAME = """contract Frame version 1

role Bank, Client

lifecycle Progress
  Open   -> Paused | Closed
  Paused -> Closed
  Closed

record Loan[id: Serial]
  owner: Client
  fee: Amount of CNY
  until: Date
  progress: Progress

action pause(loan: Loan in Open)
  by Bank
  loan.progress becomes Paused

action finish(loan: Loan in Open | Paused)
  by Bank
  loan.progress becomes Closed

"""
"""What the habits below stand in."""

CONDITIONS = [
    ("today + 5 years > loan.until", "5 years", "60 months"),
    ("today + 2 weeks > loan.until", "2 weeks", "14 days"),
    ("today + 30d > loan.until", "30d", "30 days"),
    ("loan.fee * 5 percent > 0 CNY", "5 percent", "5%"),
    ("loan.fee > 5k CNY", "5k", "5_000"),
    ("loan.fee > CNY 100", "CNY 100", "100 CNY"),
    ("loan.fee > 1000", "1000", "1_000 CNY"),
    ("3 // 2 > 1", "//", "/"),
    ("0,5 > 0.4", "0,5", "0.5"),
    ('loan.until > "2026-01-01"', '"2026-01-01"', "2026-01-01"),
    ('loan.until > "2026/01/01"', '"2026/01/01"', "2026-01-01"),
    ("loan.until > 2026/01/01", "2026/01/01", "2026-01-01"),
    ("loan.progress is Open | Paused", "is Open | Paused", "in [Open, Paused]"),
    ("loan.progress in Open | Paused", "in Open | Paused", "in [Open, Paused]"),
    ("loan.progress not in Open | Paused", "not in Open | Paused", "not in [Open, Paused]"),
    (
        "loan.progress is Open or Paused",
        "loan.progress is Open or Paused",
        "loan.progress in [Open, Paused]",
    ),
    (
        "loan.fee > 0 CNY and loan.progress is not Open and Paused",
        "loan.progress is not Open and Paused",
        "loan.progress not in [Open, Paused]",
    ),
    ("loan.progress in Closed", "in Closed", "is Closed"),
    ("loan.progress not in Closed", "not in Closed", "is not Closed"),
    ("round(loan.fee / 3) > 0 CNY", "round(loan.fee / 3)", "round(loan.fee / 3, CNY)"),
    ('f"{loan.id}" == "1"', 'f"{loan.id}"', '"{loan.id}"'),
    ("Loan.find(1).fee > 0 CNY", "Loan.find(1)", "Loan[1]"),
    (
        "loan.fee > 1 CNY ? true : false",
        "loan.fee > 1 CNY ? true : false",
        "if loan.fee > 1 CNY then true else false",
    ),
]

STATEMENTS = [
    ("let k: Int = 3", "let k: Int = 3", "let k = 3"),
    ("let mut k = 3", "let mut k = 3", "let k = 3"),
    (
        'require(loan.fee > 0 CNY, "no fee")',
        'require(loan.fee > 0 CNY, "no fee")',
        'require loan.fee > 0 CNY else CODE "no fee"',
    ),
    (
        "require loan.fee > 0 CNY",
        "require loan.fee > 0 CNY",
        'require loan.fee > 0 CNY else CODE "message"',
    ),
    ('revert("no fee")', 'revert("no fee")', 'refuse CODE "no fee"'),
    ("loan.progress -> Closed", "loan.progress -> Closed", "loan.progress becomes Closed"),
    ("loan.progress = Closed", "loan.progress = Closed", "loan.progress becomes Closed"),
]

TYPES = [
    ("Amount CNY", "Amount of CNY"),
    ("Amount<CNY>", "Amount of CNY"),
    ("Amount[CNY]", "Amount of CNY"),
    ("List[Text]", "List of Text"),
    ("List<string>", "List of Text"),
    ("Text[]", "List of Text"),
    ("Optional[Text]", "Text?"),
    ("Text | null", "Text?"),
    ("varchar(20)", "Text"),
    ("decimal(10, 2)", "Decimal"),
]

HEADINGS = [
    ("action close(loan: Loan in Open or Paused)", "Open or Paused", "Open | Paused"),
    ("action close(loan: Loan in Open, Paused)", "Open, Paused", "Open | Paused"),
    ("action close(loan: Loan in [Open, Paused])", "[Open, Paused]", "Open | Paused"),
    ("action close(loan: Loan) -> Loan", " -> Loan", ": Loan"),
]


def mended(frame: str, place: str, line: str, written: str, right: str, kind: str) -> None:
    """Assert that a help writes what is right, and that a text with it checks."""
    found = programs.check_text(frame.replace(place, line), kind, USED)
    assert found.errors, "the habit is refused"
    helps = [one.help for one in found.errors]
    assert any(f"`{right}`" in one for one in helps), helps
    again = programs.check_text(frame.replace(place, line.replace(written, right)), kind, USED)
    assert not again.errors, again.show()


@pytest.mark.parametrize(("line", "written", "right"), CONDITIONS)
def test_a_condition_of_another_language_is_mended(line: str, written: str, right: str) -> None:
    """Units, dates, states and choices as others write them are told as they are written here."""
    frame = FRAME + "rule asked(loan: Loan): Bool = CONDITION\n"
    mended(frame, "CONDITION", line, written, right, "contract")


@pytest.mark.parametrize(("line", "written", "right"), STATEMENTS)
def test_a_statement_of_another_language_is_mended(line: str, written: str, right: str) -> None:
    """The help takes up what was written."""
    frame = FRAME + "action close(loan: Loan in Open)\n  by Bank\n  STATEMENT\n"
    mended(frame, "STATEMENT", line, written, right, "contract")


@pytest.mark.parametrize(("written", "right"), TYPES)
def test_a_type_of_another_language_is_mended(written: str, right: str) -> None:
    """Types are written in words."""
    for place in ("rule kept(x: TYPE): Bool = true\n", "record Kept[id: Serial]\n  x: TYPE\n"):
        mended(FRAME + place, "TYPE", written, written, right, "contract")


@pytest.mark.parametrize(("line", "written", "right"), HEADINGS)
def test_a_heading_of_another_language_is_mended(line: str, written: str, right: str) -> None:
    """States are bounded by `|`, and a result stands behind `:`."""
    frame = FRAME + "HEADING\n  by Bank\n  loan.progress becomes Closed\n  give loan\n"
    if "Loan in" in line:
        frame = frame.replace("  give loan\n", "")
    mended(frame, "HEADING", line, written, right, "contract")


DESK = """contract Desk version 1

role Company, Bank

record Item[id: Serial]
  name: Text
  owner: Company

action open(owner: Company, name: Text): Item
  by Bank
  give create Item(owner: owner, name: name)
"""
MADE = programs.check_text(DESK, "contract", {}).contract
assert MADE is not None
USED = {"Desk": MADE}

STEPS = [
    ('bank do open(company, "x")', "bank do open(", "bank does open(…)"),
    ('bank.open(company, "x")', "bank.open(", "bank does open(…)"),
    ('let item = bank.open(company, "x")', "bank.open(", "bank does open(…)"),
    ('bank open(company, "x")', "bank open(", "bank does open(…)"),
    ('bank does open("c", "x")', '"c"', 'Company("c")'),
    ("assert 1 == 1", "assert", "expect"),
    ("require 1 == 1", "require", "expect"),
    ("assert(1 == 1)", "assert(1 == 1)", "expect 1 == 1"),
    ("print(1)", "print(1)", "show 1"),
    ("wayt 5 days", "wayt", "wait"),
    ('let other = Bnk("x")', "Bnk", "Bank"),
    ('let other = Police("x")', "Police", "Company"),
]


@pytest.mark.parametrize("kind", ["test", "script"])
@pytest.mark.parametrize(("line", "written", "right"), STEPS)
def test_a_step_of_another_language_is_mended(
    line: str, written: str, right: str, kind: str
) -> None:
    """In tests and scripts parties do things, and what they do is expected."""
    if kind == "script" and written == "require":
        pytest.skip("at the top of a file `require` may be a line of a contract")
    indent = "  " if kind == "test" else ""
    lines = ['let bank = Bank("b")', 'let company = Company("c")', "STEP"]
    frame = "use Desk\n\n" + ('test "x"\n' if kind == "test" else "")
    frame += "".join(f"{indent}{one}\n" for one in lines)
    found = programs.check_text(frame.replace("STEP", line), kind, USED)
    assert any(f"`{right}`" in one.help for one in found.errors), [one.help for one in found.errors]
    again = line.replace(written, right.replace("…)", ""))
    mended_text = frame.replace("STEP", again)
    assert not programs.check_text(mended_text, kind, USED).errors


def test_a_party_that_nobody_named_is_named() -> None:
    """`bank does …` needs a bank: the help writes the line above it."""
    text = 'use Desk\n\nlet company = Company("c")\nlet item = bank does open(company, "x")\n'
    found = programs.check_text(text, "script", USED)
    line = 'let bank = Bank("BANK")'
    assert f"`{line}`" in found.errors[0].help
    mended_text = text.replace("let company", f"{line}\nlet company")
    assert not programs.check_text(mended_text, "script", USED).errors


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("contract Lending\n\nrole Bank\n", "contract Lending version 1"),
        ("contract Lending version 1.0\n\nrole Bank\n", "contract Lending version 1"),
        (
            "contract L version 1\n\nrecord Invoice\n  number: Text\n",
            "record Invoice[id: Serial]",
        ),
        (
            "contract L version 1\n\nrecord Invoice\n  sum: Int\n  id: Text\n",
            "record Invoice[key: Text]",
        ),
    ],
)
def test_a_heading_keeps_the_name_it_has(text: str, right: str) -> None:
    """A help about a heading is that heading, not another's."""
    found = programs.check_text(text, "contract", {})
    assert [one.help for one in found.errors] == [f"write `{right}`"]
    opening = right.partition(" ")[0]
    line = next(one for one in text.split("\n") if one.startswith(opening))
    assert not programs.check_text(text.replace(line, right), "contract", {}).errors


def test_a_line_indented_too_deeply_is_marked_itself() -> None:
    """The caret stands where something must be changed."""
    text = FRAME + "clause c(loan: Loan)\n  loan.fee = 1 CNY\n      loan.until = today\n"
    (found,) = programs.check_text(text, "contract", {}).errors
    assert text[found.span.start :].startswith("loan.until")


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("delete loan", "`loan.state becomes Closed`"),
        ("print(loan.fee)", "delete it"),
        ("let a = SELECT fee FROM Loan", "`sum(x.fee for x in Loan where …)`"),
        ("let a = SELECT COUNT(*) FROM Loan", "`count(x for x in Loan where …)`"),
        ("let a = msg.sender", "`by Bank as bank`"),
    ],
)
def test_what_has_no_one_line_gets_its_way(line: str, part: str) -> None:
    """Where another way is needed, the help shows it with the user's names."""
    text = FRAME + f"action close(loan: Loan in Open)\n  by Bank\n  {line}\n"
    assert part in programs.check_text(text, "contract", {}).errors[0].help
