"""Inputs and cells of a decision as people write them, from the values they are held as.

In come a witness or a set of values with the column it belongs to; out comes the text of a cell.
Not every set of decimals fits one cell: then the cell says a part of it.
"""

from __future__ import annotations

from decimal import Decimal

from servanda.interpreter.analyse.domains import Cell, Interval, Marker
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.types import DATE, DECIMAL, TEXT, TIME, AmountType, FixedUnit
from servanda.interpreter.values.show import (
    show_amount,
    show_bool,
    show_date,
    show_decimal,
    show_int,
    show_text,
    show_time,
)

WHOLE = Interval(None, None)


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


def show_cell(cell: Cell, column: ParameterModel) -> str:
    """Return a set of values as a cell, or its first part where no cell says all of it."""
    parts = [without_end(part, column) for part in cell.parts]
    if any(isinstance(part, Interval) and part == WHOLE for part in parts):
        return "-"
    if not parts:
        assert cell.complement, "a set of values is not empty"
        return "-"
    shown = [show_part(part, column) for part in parts]
    written = [one for one in shown if one is not None]
    if len(written) == len(shown):
        return f"{'not ' if cell.complement else ''}{', '.join(written)}"
    assert not cell.complement, "only names and texts are written as all but some"
    first = parts[0]
    if isinstance(first, Interval) and shown[0] is None:
        return show_above(first, column)
    return f"{written[0]}"


def without_end(part: object, column: ParameterModel) -> object:
    """Return a part without an end that only says where its column ends."""
    bound = column.bound
    if bound is None or not isinstance(part, Interval):
        return part
    low, high, is_high_closed = part.low, part.high, part.high_closed
    if bound.low is not None and low == bound.low and part.low_closed:
        low = None
    if bound.is_high_open and high == bound.high and not is_high_closed:
        high, is_high_closed = None, True
    return Interval(low, high, part.low_closed, is_high_closed)


def show_above(part: Interval, column: ParameterModel) -> str:
    """Return a stretch between two ends that leaves the lower one out: `not <= 0.5, > 1.0`."""
    low = show_input(part.low, column)
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
