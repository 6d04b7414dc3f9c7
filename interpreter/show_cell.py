"""Inputs and cells of a decision as people write them, from the values they are held as.

In come a witness or a set of values with the column it belongs to; out comes the text of a cell,
or None where no single cell says it.
"""

from __future__ import annotations

from decimal import Decimal

from servanda.interpreter.domains import Cell, Interval, Marker
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.types import DATE, DECIMAL, TEXT, TIME, AmountType, FixedUnit
from servanda.interpreter.values import (
    show_amount,
    show_bool,
    show_date,
    show_decimal,
    show_int,
    show_text,
    show_time,
)


def show_input(value: object, column: ParameterModel) -> str:
    """Return a value of a column as the language writes it."""
    held = column.local.type
    match value:
        case Marker():
            return "any other text" if held == TEXT else "any other"
        case bool():
            return show_bool(value)
        case Decimal():
            return show_decimal(value)
        case int() if held == DATE:
            return show_date(value)
        case int() if held == TIME:
            return show_time(value)
        case int() if held == DECIMAL:
            return show_decimal(Decimal(value))
        case int() if isinstance(held, AmountType) and isinstance(held.unit, FixedUnit):
            return show_amount(value, held.unit.decimals, held.unit.code)
        case int():
            return show_int(value)
        case str() if held == TEXT:
            return show_text(value)
    return f"{value}"


def show_cell(cell: Cell, column: ParameterModel) -> str | None:
    """Return a set of values as a cell; None where no cell says it."""
    if is_whole(cell, column):
        return "-"
    if not cell.complement and len(cell.parts) == 1:
        part = cell.parts[0]
        if isinstance(part, Interval) and part.low is not None and not part.low_closed:
            return show_above(part, column)
    shown = [show_part(part, column) for part in cell.parts]
    written = [one for one in shown if one is not None]
    if len(written) < len(shown):
        return None
    return f"{'not ' if cell.complement else ''}{', '.join(written)}"


def is_whole(cell: Cell, column: ParameterModel) -> bool:
    """Whether a cell is all that its column may be."""
    if not cell.parts:
        return cell.complement
    bound, part = column.bound, cell.parts[0]
    if bound is None or not bound.is_high_open or len(cell.parts) > 1:
        return False
    is_upward = isinstance(part, Interval) and part.low in (None, bound.low) and part.low_closed
    return isinstance(part, Interval) and is_upward and part.high == bound.high


def show_above(part: Interval, column: ParameterModel) -> str:
    """Return a stretch that leaves its lower end out: `> 0.5`, or `not <= 0.5, > 1.0`."""
    low = show_input(part.low, column)
    if part.high is None:
        return f"> {low}"
    return f"not <= {low}, {'>' if part.high_closed else '>='} {show_input(part.high, column)}"


def show_part(part: object, column: ParameterModel) -> str | None:
    """Return one entry of a cell; None for a stretch that only a whole cell can say."""
    if not isinstance(part, Interval):
        return show_input(part, column)
    low, high = part.low, part.high
    if low is None:
        return f"{'<=' if part.high_closed else '<'} {show_input(high, column)}"
    if high is None:
        return f"{'>=' if part.low_closed else '>'} {show_input(low, column)}"
    if not part.low_closed:
        return None
    dots = ".." if part.high_closed else "..<"
    return f"{show_input(low, column)}{dots}{show_input(high, column)}"


def show_row(cells: list[str], output_count: int) -> str:
    """Return a row whose outputs are left open: `| Grey | Black || … |`."""
    return f"| {' | '.join(cells)} || {' | '.join(['…'] * output_count)} |"
