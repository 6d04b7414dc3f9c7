"""Columns and cells of a decision of a model as the domains and sets that are reasoned about.

In come parameters and cells; out go domains and `Cell`s. It asks nothing about them.
"""

from __future__ import annotations

from decimal import Decimal

from servanda.interpreter.analyse.domains import (
    ANY,
    Cell,
    Dense,
    Domain,
    Interval,
    Names,
    Open,
    Steps,
)
from servanda.interpreter.analyse.domains import Value as Known
from servanda.interpreter.analyse.possible_states import names_of_type
from servanda.interpreter.model import Bound, CellModel, CellRange, ParameterModel
from servanda.interpreter.types import DATE, DECIMAL, TEXT, TIME


def domain_of(parameter: ParameterModel) -> Domain:
    """Return what an input may be: as its type says, narrowed by its bound."""
    held, bound = parameter.local.type, parameter.bound or Bound()
    names = names_of_type(held)
    if names is not None:
        return Names(tuple(one for one in bound.names or names if isinstance(one, str | bool)))
    if held == TEXT:
        return Open()
    low, high = bound.low, bound.high
    if held == DECIMAL:
        return Dense(
            low if isinstance(low, Decimal) else None,
            high if isinstance(high, Decimal) else None,
        )
    last = high - int(bound.is_high_open) if isinstance(high, int) else None
    simplest = None if held in (DATE, TIME) else 0
    return Steps(low if isinstance(low, int) else None, last, simplest)


def open_end(parameter: ParameterModel) -> Decimal | None:
    """Return the end that a Decimal stays below, if its bound leaves the end out."""
    bound = parameter.bound
    if bound is None or not bound.is_high_open or not isinstance(bound.high, Decimal):
        return None
    return bound.high


def cell_of(cell: CellModel) -> Cell:
    """Return a cell as the set of values that it takes."""
    if cell.items is None:
        return ANY
    return Cell(tuple(part_of(one) for one in cell.items), cell.is_negated)


def part_of(item: object) -> Known | Interval:
    """Return one entry of a cell."""
    if not isinstance(item, CellRange):
        assert isinstance(item, str | int | Decimal), "cells hold constants of their column"
        return item
    low, high = item.low, item.high
    assert low is None or isinstance(low, int | Decimal), "only numbers have an order"
    assert high is None or isinstance(high, int | Decimal), "only numbers have an order"
    return Interval(low, high, not item.is_low_open, not item.is_high_open)


def below(cell: Cell, end: Decimal) -> Cell:
    """Return a cell without an end that its column never reaches."""
    if cell.complement:
        return Cell((*cell.parts, end), complement=True)
    parts: list[Known | Interval] = []
    for part in cell.parts:
        if not isinstance(part, Interval):
            parts.extend([part] if part != end else [])
        elif part.high is None or part.high >= end:
            parts.append(Interval(part.low, end, part.low_closed, high_closed=False))
        else:
            parts.append(part)
    return Cell(tuple(parts))
