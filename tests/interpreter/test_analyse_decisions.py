"""Tables are proved, or shown to be wrong in the words of the language."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.analyse.decisions import analyse_decisions
from servanda.interpreter.check.contract import check_contract

HEAD = """\
contract Tables version 1
lifecycle Standing
  Normal -> Grey | Black
  Grey -> Black
  Black
enum Side: Debit, Credit
"""


def reported(*table: str, policy: str = "") -> list[Diagnostic]:
    """Return what is wrong with a table."""
    text = HEAD + f"decision d{policy}\n" + "".join(f"  {row}\n" for row in table)
    found = Diagnostics()
    model = check_contract(parse(Source("tables.contract", text), found), {}, found)
    assert model is not None, [one.message for one in found]
    result = Diagnostics()
    count = analyse_decisions(model, result)
    assert count == (0 if result.has_errors else 1)
    return list(result)


def test_a_gap_is_shown_with_the_row_that_fills_it() -> None:
    """The witness is one input; the row takes all that are like it."""
    (found,) = reported(
        "| payer: Standing | payee: Standing || side: Side |",
        "| Normal | Normal || Debit |",
        "| Normal | Grey || Debit |",
        "| Grey | Normal, Grey || Debit |",
        "| Black | - || Credit |",
    )
    assert found.code == "E0501"
    assert found.message == "decision `d` has no row for payer: Normal, payee: Black"
    assert found.help == "add the row `| Normal, Grey | Black || … |`"


@pytest.mark.parametrize(
    ("column", "cells", "witness", "row"),
    [
        ("n: Int in 0..100", ["0..50", "52..100"], "n: 51", "51"),
        ("n: Int in 0..100", ["0..<50", "50..<100"], "n: 100", "100"),
        ("n: Int in 0..<100", ["0..<50", "50..99"], None, None),
        ("n: Int", [">= 0"], "n: -1", "<= -1"),
        ("m: Amount of CNY", ["<= 100 CNY", ">= 101 CNY"], "m: 100.01 CNY", None),
        ("m: Amount of JPY", ["<= 100 JPY", ">= 102 JPY"], "m: 101 JPY", "101 JPY"),
        ("x: Decimal in 0..1", ["< 0.5", "> 0.5"], "x: 0.5", "0.5"),
        ("x: Decimal in 0..<1", ["< 0.5", ">= 0.5"], None, None),
        ("x: Decimal in 0..<1", ["< 0.5", "0.5..0.75"], None, "> 0.75"),
        ("x: Decimal", ["<= 0.5", "> 0.75"], None, "not <= 0.5, > 0.75"),
        ("day: Date", ["<= 2026-01-05", ">= 2026-01-07"], "day: 2026-01-06", "2026-01-06"),
        (
            "at_time: Time",
            ["<= 2026-01-05T09:00Z", "> 2026-01-05T10:00Z"],
            None,
            "2026-01-05T09:00:00.001Z..2026-01-05T10:00Z",
        ),
        ("name: Text", ['"a"', '"b"'], "name: any other text", 'not "a", "b"'),
        ("name: Text", ['not "a", "b"', '"b"'], 'name: "a"', '"a"'),
        ("flag: Bool", ["true"], "flag: false", "false"),
        ("side: Side", ["not Debit"], "side: Debit", "Debit"),
    ],
)
def test_every_kind_of_column(
    column: str, cells: list[str], witness: str | None, row: str | None
) -> None:
    """Whole steps have no gap between them, decimals do, and bounds narrow what is asked."""
    found = reported(f"| {column} || given: Int |", *(f"| {cell} || 1 |" for cell in cells))
    if witness is None and row is None:
        assert found == []
        return
    (gap,) = found
    if witness is not None:
        assert gap.message == f"decision `d` has no row for {witness}"
    if row is not None:
        assert gap.help == f"add the row `| {row} || … |`"


def test_the_row_in_the_help_fills_the_gap() -> None:
    """Whoever follows the help until nothing is left has a complete table."""
    table = ["| x: Decimal in 0..<2 | n: Int | name: Text || a: Int | b: Bool |"]
    table.append('| 0.5..1 | 3..7 | "a" || 1 | true |')
    for _ in range(30):
        found = reported(*table)
        if not found:
            break
        assert [one.code for one in found] == ["E0501"]
        table.append(found[0].help.split("`")[1].replace("… | …", "1 | true"))
    assert reported(*table) == []
    assert len(table) > 3


def test_columns_that_do_not_matter_are_left_out() -> None:
    """A witness names what decides, and all of it if everything does."""
    (gap,) = reported("| n: Int | side: Side || a: Int |", "| >= 1 | - || 1 |")
    assert gap.message == "decision `d` has no row for n: 0, whatever the rest"
    assert gap.help == "add the row `| <= 0 | - || … |`"


def test_overlaps_are_wrong_under_unique_alone() -> None:
    """Both rows are shown with inputs that both take."""
    rows = ("| n: Int | side: Side || a: Int |", "| <= 5 | - || 1 |", "| >= 5 | - || 2 |")
    (found,) = reported(*rows)
    assert found.code == "E0502"
    assert found.message == "two rows of decision `d` apply to n: 5, side: Debit"
    assert found.help.endswith("`decision d (first)`")
    assert len(found.others) == 1
    assert reported(*rows, policy=" (first)") == []
    assert reported(*rows, policy=" (collect sum)") == []


def test_a_row_that_never_decides() -> None:
    """The rows that decide before it are shown."""
    (found,) = reported(
        "| n: Int | flag: Bool || a: Int |",
        "| <= 5 | true || 1 |",
        "| <= 9 | false || 1 |",
        "| 1..5 | - || 2 |",
        "| - | - || 3 |",
        policy=" (first)",
    )
    assert found.code == "E0503"
    assert found.message == "row 3 of decision `d` never decides"
    assert [one.text for one in found.others] == ["row 1 decides first", "row 2 decides first"]


@pytest.mark.parametrize("policy", ["", " (first)", " (collect count)"])
def test_a_cell_that_takes_nothing(policy: str) -> None:
    """A range whose end is before its start is an error under every hit policy, and only once."""
    (found,) = reported("| n: Int || a: Int |", "| 9..1 || 2 |", "| - || 3 |", policy=policy)
    assert found.code == "E0504"
    assert found.message == "this cell takes no value of `n`"


@pytest.mark.parametrize("policy", [" (first)", " (collect sum)"])
def test_gaps_are_wrong_under_every_policy(policy: str) -> None:
    """A call without a row would have no value."""
    (found,) = reported("| n: Int || a: Int |", "| <= 0 || 1 |", "| <= 9 || 1 |", policy=policy)
    assert found.code == "E0501"
    assert found.message == "decision `d` has no row for n: 10"


def test_other_gaps_are_noted() -> None:
    """One diagnostic tells of all gaps, so that one repair can fill them."""
    (found,) = reported("| n: Int || a: Int |", "| 0..3 || 1 |", "| 5..9 || 1 |")
    (more,) = reported(
        "| n: Int | side: Side || a: Int |", "| <= 3 | Debit || 1 |", "| >= 4 | Credit || 1 |"
    )
    assert found.notes == ()
    assert more.notes == ("it lacks `| >= 4 | Debit || … |` too",)


def test_a_tangled_table_is_not_guessed_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound of work the table is an error, with a way to make it simpler."""
    monkeypatch.setattr("servanda.interpreter.analyse.decision_tables.STEP_COUNT_MAX", 1)
    (found,) = reported(
        "| n: Int | flag: Bool || a: Int |", "| <= 5 | true || 1 |", "| - | - || 2 |",
        policy=" (first)",
    )  # fmt: skip
    assert found.code == "E0505"
    assert found.label == "2 rows over 2 inputs"
