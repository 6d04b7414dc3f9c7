"""Writing what stands in columns: decision tables and the arrows of lifecycles.

In come nodes, out go lines whose columns begin at the same place on a terminal, where a wide East
Asian character takes two columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from servanda.grammar import tree
from servanda.grammar.format_expression import Binding, flat_expression, names_text, type_text
from servanda.grammar.layout import pad, text_width

ROW_CHARACTERS_MAX = 960
"""A table wider than this is not aligned: blanks must not make a line longer than allowed."""

Row = tuple[Sequence[str], Sequence[str]]
"""The texts of a row: its inputs and its outputs."""


def lifecycle_lines(lines: Sequence[tree.LifecycleLine]) -> list[str]:
    """Return the lines of a lifecycle, the arrows below one another."""
    sources = [names_text(line.sources) for line in lines]
    width = max(
        (text_width(text) for text, line in zip(sources, lines, strict=True) if line.targets),
        default=0,
    )
    return [
        f"{pad(text, width)} -> {names_text(line.targets, ' | ')}" if line.targets else text
        for text, line in zip(sources, lines, strict=True)
    ]


def table_lines(decision: tree.DecisionDeclaration) -> list[str]:
    """Return the header and the rows of a decision table, their columns aligned."""
    header: Row = (
        [column_text(column) for column in decision.inputs],
        [column_text(column) for column in decision.outputs],
    )
    rows = [header]
    for row in decision.rows:
        inputs = [cell_text(cell) for cell in row.cells]
        rows.append((inputs, [flat_expression(output) for output in row.outputs]))
    input_widths = _column_widths([inputs for inputs, _ in rows])
    output_widths = _column_widths([outputs for _, outputs in rows])
    if sum(width + 3 for width in [*input_widths, *output_widths]) > ROW_CHARACTERS_MAX:
        input_widths, output_widths = [0] * len(input_widths), [0] * len(output_widths)
    return [
        f"| {_cells(inputs, input_widths)} || {_cells(outputs, output_widths)} |"
        for inputs, outputs in rows
    ]


def _column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(text_width(text) for text in column) for column in zip_longest(*rows, fillvalue="")]


def _cells(texts: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join(pad(text, width) for text, width in zip(texts, widths, strict=False))


def column_text(column: tree.Column) -> str:
    """Return the head of a column; the names in its bound stand between commas."""
    text = f"{column.name.text}: {type_text(column.type)}"
    match column.bound:
        case tree.Range() as bound:
            return f"{text} in {flat_expression(bound)}"
        case tree.Alternatives(names=names):
            return f"{text} in {names_text(names)}"
    return text


def cell_text(cell: tree.CellAny | tree.CellItems) -> str:
    """Return what an input's cell says."""
    if isinstance(cell, tree.CellAny):
        return "-"
    items = ", ".join(cell_item_text(item) for item in cell.items)
    return f"not {items}" if cell.is_negated else items


def cell_item_text(item: tree.Expression | tree.Range | tree.CellComparison) -> str:
    """Return what one entry of a cell says."""
    if isinstance(item, tree.CellComparison):
        return f"{item.comparator} {flat_expression(item.value, Binding.SUM)}"
    return flat_expression(item, Binding.SUM)
