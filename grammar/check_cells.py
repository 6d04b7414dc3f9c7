"""Cells of decision tables that would be computed: a cell holds values, it does no sums.

In comes an item that was read; reported is arithmetic in a cell, since `1-12` is a range to its
reader and -11 to the grammar. It knows no types: what a column can be is for the checker.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.format_expression import flat_expression

ARITHMETIC = frozenset(
    {
        tree.Operator.ADD,
        tree.Operator.SUBTRACT,
        tree.Operator.MULTIPLY,
        tree.Operator.DIVIDE,
    }
)
CellItem = tree.Expression | tree.Range | tree.CellComparison


def check_cells(item: object, diagnostics: Diagnostics) -> None:
    """Report every cell of a decision that holds a sum instead of a value."""
    if not isinstance(item, tree.DecisionDeclaration):
        return
    for row in item.rows:
        for cell in row.cells:
            if isinstance(cell, tree.CellItems):
                for one in cell.items:
                    _check_item(one, diagnostics)


def _check_item(item: CellItem, diagnostics: Diagnostics) -> None:
    match item:
        case tree.Range(low=low, high=high):
            values = [low, high]
        case tree.CellComparison(value=value):
            values = [value]
        case _:
            values = [item]
    for value in values:
        found = _sum_in(value)
        is_told = any(found is not None and one.span == found.span for one in diagnostics)
        if found is not None and not is_told:  # Such as a date with strokes.
            advice = _range_meant(found) if found is item else ""
            diagnostics.report(
                Diagnostic(
                    "E0510",
                    "a cell holds values and does no arithmetic",
                    found.span,
                    f"`{found.operator}` computes",
                    help=advice or "write the value itself",
                )
            )


def _sum_in(value: tree.Expression) -> tree.Binary | None:
    """Return the sum, difference, product or quotient that a value is, or None."""
    while isinstance(value, tree.Negate):
        value = value.operand
    if isinstance(value, tree.Binary) and value.operator in ARITHMETIC:
        return value
    return None


def _range_meant(found: tree.Binary) -> str:
    """Return how the range or the list that a difference or quotient looks like is written."""
    if _sum_in(found.left) or _sum_in(found.right):
        return ""
    low, high = found.left, found.right
    if isinstance(low, tree.NameReference) and isinstance(high, tree.NameReference):
        return "write the names alone, separated by `,`, and texts in quotes"
    if found.operator is tree.Operator.DIVIDE:
        return f"several values are written `{flat_expression(low)}, {flat_expression(high)}`"
    if found.operator is not tree.Operator.SUBTRACT:
        return ""
    if isinstance(low, tree.IntegerLiteral):
        if isinstance(high, tree.AmountLiteral):
            low = tree.AmountLiteral(f"{low.value}", high.unit, span=low.span)
        elif isinstance(high, tree.DurationLiteral):
            low = tree.DurationLiteral(low.value, high.unit, span=low.span)
        elif isinstance(high, tree.IntegerLiteral) and low.value > high.value:
            low, high = high, low
    return f"a range is written `{flat_expression(low)}..{flat_expression(high)}`"
