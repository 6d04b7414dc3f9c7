"""Helps that mend: what a diagnostic advises, put in the place of what was written, checks."""

# What a file that is loaded by its path holds, no type checker knows.
# ruff: noqa: ANN401

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.formatter import format_source
from servanda.grammar.source import Source

PROGRAMS = Path(__file__).resolve().parents[1] / "programs.py"


def load(path: Path) -> Any:
    """Load a Python file that is no part of the package."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module
    specification.loader.exec_module(module)
    return module


programs = load(PROGRAMS)


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
