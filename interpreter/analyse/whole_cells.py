"""Cells whose alternatives together take every value: `,` means or, and `and` was meant.

In comes a decision of a model; reported is each cell of numbers, amounts or moments that lists
several entries and leaves nothing out, such as `>= 13, < 36`. It asks nothing of other rows.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.interpreter.analyse.domains import (
    Cell,
    Interval,
    Line,
    Number,
    atom_count,
    cells_atoms,
    cut,
)
from servanda.interpreter.analyse.read_cells import below, domain_of, open_end, part_of
from servanda.interpreter.analyse.show_cell import show_above, show_part
from servanda.interpreter.model import CellModel, CellRange, DecisionModel, ParameterModel
from servanda.interpreter.types import DECIMAL, TIME


def report_whole_cells(decision: DecisionModel, diagnostics: Diagnostics) -> bool:
    """Report the cells that take everything without saying `-`; return whether there are any."""
    is_found = False
    for row in decision.rows:
        for cell, column in zip(row.cells, decision.inputs, strict=True):
            if takes_everything(cell, column):
                is_found = True
                diagnostics.report(whole_cell(cell, column))
    return is_found


def takes_everything(cell: CellModel, column: ParameterModel) -> bool:
    """Whether the several entries of a cell leave no value of the column out."""
    items = cell.items or ()
    if len(items) == 1 or not any(isinstance(one, CellRange) for one in items):
        return False
    whole = Cell(tuple(part_of(one) for one in items))
    cells = [whole]
    end = open_end(column)
    if end is not None:
        cells = [below(whole, end), Cell((end,))]
    axis = cut(domain_of(column), cells)
    everything = (1 << atom_count(axis)) - 1
    return reduce(or_, cells_atoms(axis, cells)) == everything


def whole_cell(cell: CellModel, column: ParameterModel) -> Diagnostic:
    """Return the diagnostic of a cell that takes everything, with what was probably meant."""
    both = what_both_take(cell, column)
    if both is not None:
        advice = f"write `{both}`" if cell.is_negated else f"write `{both}` for what is both"
    elif cell.is_negated:
        advice = "delete the row: it applies to nothing"
    else:
        advice = "write `-`, which takes any value"
    return Diagnostic(
        "E0511",
        "`,` in a cell means or, and these together take every value",
        cell.span,
        f"no value of `{column.local.name}` is left out",
        (Label(column.span, "its column is declared here"),),
        help=advice,
    )


def what_both_take(cell: CellModel, column: ParameterModel) -> str | None:
    """Return the cell of the values that all comparisons take, if those have two ends."""
    parts = [part_of(one) for one in cell.items or ()]
    ranges = [one for one in parts if isinstance(one, Interval)]
    lows = [(one.low, not one.low_closed) for one in ranges if one.high is None]
    highs = [(one.high, one.high_closed) for one in ranges if one.low is None]
    if not lows or not highs or len(lows) + len(highs) != len(parts):
        return None
    low, is_low_open = max(lows)
    high, is_high_closed = min(highs)
    both = Interval(low, high, not is_low_open, is_high_closed)
    axis = cut(domain_of(column), [Cell((both,))])
    if not isinstance(axis, Line) or not any(cells_atoms(axis, [Cell((both,))])):
        return None
    return shown(both, column, is_negated=cell.is_negated)


def shown(both: Interval, column: ParameterModel, *, is_negated: bool) -> str:
    """Return a stretch with two ends, or all but that, as a cell."""
    assert both.low is not None, "it has both its ends"
    if both.low_closed:
        return f"{'not ' if is_negated else ''}{show_part(both, column)}"
    held = column.local.type
    if held in (DECIMAL, TIME):
        outside = show_above(both, column)
        return outside.removeprefix("not ") if is_negated else outside
    closed: Number = both.low + 1
    return shown(Interval(closed, both.high, True, both.high_closed), column, is_negated=is_negated)
