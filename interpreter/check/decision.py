"""Decision tables from tree to model: cells become constants, outputs values.

In comes the heading of a decision; out comes a `DecisionModel` whose rows fit its columns. Whether
the rows leave gaps or overlap is for `decisions` to prove: nothing of that is asked here.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_table import cell_item_text
from servanda.grammar.source import Span
from servanda.interpreter.check.body import report
from servanda.interpreter.check.cell_name import is_cell_name
from servanda.interpreter.check.declare import Heading
from servanda.interpreter.check.effect import is_within
from servanda.interpreter.check.expression import fitted
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.symbols import DecisionSymbol, SlotSymbol
from servanda.interpreter.check.type import constant_of
from servanda.interpreter.model import (
    Bound,
    CellModel,
    CellRange,
    Constant,
    DecisionModel,
    ParameterModel,
    RowModel,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    TEXT,
    EnumType,
    LifecycleType,
    show_type,
)


def check_decision(heading: Heading[tree.DecisionDeclaration]) -> DecisionModel | None:
    """Return the model of a table; None if a row does not fit its columns."""
    written, scope = heading.written, heading.scope
    symbol = scope.checking.declarations.symbols[written.name.text]
    assert isinstance(symbol, DecisionSymbol), "the heading of a decision declares it"
    if not written.rows:
        report(
            scope,
            "E0265",
            f"the decision `{written.name.text}` has no row",
            written.name.span,
            "no row follows the columns",
            help="add a row, as in `| - || … |`",
        )
        return None
    rows = [check_row(row, heading, symbol) for row in written.rows]
    return DecisionModel(
        written.name.text,
        symbol.policy,
        heading.parameters,
        tuple((one.name, one.type, one.bound) for one in symbol.outputs),
        tuple(row for row in rows if row is not None),
        symbol.result,
        written.span,
        written.description,
    )


def check_row(
    row: tree.DecisionRow, heading: Heading[tree.DecisionDeclaration], symbol: DecisionSymbol
) -> RowModel | None:
    """Return the model of a row."""
    scope = heading.scope
    if not has_all_columns(row, heading.written, scope):
        return None
    cells = [
        check_cell(cell, parameter, scope)
        for cell, parameter in zip(row.cells, heading.parameters, strict=True)
    ]
    outputs = tuple(
        check_output(value, slot, scope)
        for value, slot in zip(row.outputs, symbol.outputs, strict=True)
    )
    known = tuple(cell for cell in cells if cell is not None)
    return RowModel(known, outputs, row.span) if len(known) == len(cells) else None


def has_all_columns(row: tree.DecisionRow, written: tree.DecisionDeclaration, scope: Scope) -> bool:
    """Report a row with more or fewer cells than the table has columns."""
    for cells, columns, kind in (
        (row.cells, written.inputs, "inputs"),
        (row.outputs, written.outputs, "outputs"),
    ):
        if len(cells) == len(columns):
            continue
        heading = columns[0].span.to(columns[-1].span)
        first, last = row.cells[0] if kind == "inputs" else row.outputs[0], cells[-1]
        names = ", ".join(f"`{one.name.text}`" for one in columns)
        report(
            scope,
            "E0265",
            f"this row has {counted(len(cells), kind)}, and the table has {len(columns)}",
            first.span.to(last.span),
            f"{counted(len(cells), kind)}",
            Label(heading, f"the {kind} are {names}"),
            help="write `-` for an input that does not matter"
            if len(cells) < len(columns) and kind == "inputs"
            else "separate the values of one cell by `,`: each `|` begins another"
            if kind == "inputs"
            else f"write {counted(len(columns), kind)}",
        )
        return False
    return True


def counted(count: int, things: str) -> str:
    """Return a count of things: `1 input`, `2 inputs`."""
    return f"{count} {things if count != 1 else things.removesuffix('s')}"


def check_output(written: tree.Expression, slot: SlotSymbol, scope: Scope) -> Value:
    """Return what a row gives for one output."""
    value = fitted(written, slot.type, scope, f"the output `{slot.name}`")
    is_known = isinstance(value, Constant) and value.type != ANYTHING
    if slot.bound is not None and isinstance(value, Constant) and is_known:
        check_in_bound(value.value, slot.bound, slot, written.span, scope)
    return value


def check_cell(
    cell: tree.CellAny | tree.CellItems, parameter: ParameterModel, scope: Scope
) -> CellModel | None:
    """Return the values that a cell takes; None if one of them is not of its column."""
    if isinstance(cell, tree.CellAny):
        return CellModel(None, is_negated=False, span=cell.span)
    items: dict[object, Span] = {}
    for item in cell.items:
        found = check_item(item, parameter, scope)
        if found is None:
            return None
        if found in items:
            report_again(item, items[found], scope)
        items.setdefault(found, item.span)
    return CellModel(tuple(items), cell.is_negated, cell.span)


def report_again(item: Item, first: Span, scope: Scope) -> None:
    """Report what a cell lists twice: one of the two was to be something else."""
    report(
        scope,
        "E0512",
        f"`{cell_item_text(item)}` stands twice in this cell",
        item.span,
        "listed again",
        Label(first, "listed first here"),
        help="remove one of the two, or write the value that was meant",
    )


Item = tree.Expression | tree.Range | tree.CellComparison


def check_item(item: Item, parameter: ParameterModel, scope: Scope) -> object | None:
    """Return one entry of a cell: a constant, or a range of them."""
    column = parameter.local
    is_ordered = column.type not in (BOOL, TEXT) and not isinstance(
        column.type, EnumType | LifecycleType
    )
    if isinstance(item, tree.Range | tree.CellComparison) and not is_ordered:
        comparator = item.comparator if isinstance(item, tree.CellComparison) else None
        if comparator in (tree.Comparator.EQUAL, tree.Comparator.NOT_EQUAL):
            advice = "write the value alone, or `not` and the value"
        else:
            advice = "list the values, separated by commas"
        report(
            scope,
            "E0367",
            f"values of type `{show_type(column.type)}` have no order",
            item.span,
            "a comparison",
            Label(parameter.span, f"the column `{column.name}`"),
            help=advice,
        )
        return None
    if isinstance(item, tree.Range):
        low = cell_value(item.low, parameter, scope)
        high = cell_value(item.high, parameter, scope)
        if low is None or high is None:
            return None
        return CellRange(low, is_low_open=False, high=high, is_high_open=item.is_open)
    if isinstance(item, tree.CellComparison):
        return compared(item, parameter, scope)
    return cell_value(item, parameter, scope)


def compared(item: tree.CellComparison, parameter: ParameterModel, scope: Scope) -> object | None:
    """Return the range that a comparison in a cell means."""
    value = cell_value(item.value, parameter, scope, is_end=True)
    if value is None:
        return None
    match item.comparator:
        case tree.Comparator.LESS:
            return CellRange(None, is_low_open=False, high=value, is_high_open=True)
        case tree.Comparator.LESS_OR_EQUAL:
            return CellRange(None, is_low_open=False, high=value, is_high_open=False)
        case tree.Comparator.MORE:
            return CellRange(value, is_low_open=True, high=None, is_high_open=False)
        case tree.Comparator.MORE_OR_EQUAL:
            return CellRange(value, is_low_open=False, high=None, is_high_open=False)
        case tree.Comparator.EQUAL:
            return value
    report(
        scope,
        "E0367",
        "a cell takes the values it lists",
        item.span,
        "`!=`",
        help="write `not` and the value: it speaks of the whole cell",
    )
    return None


def cell_value(
    written: tree.Expression, parameter: ParameterModel, scope: Scope, *, is_end: bool = False
) -> object | None:
    """Return the constant in a cell, which is one that the column can have."""
    column = parameter.local
    if column.type == ANYTHING:
        return None
    if isinstance(written, tree.NameReference) and not is_cell_name(written, parameter, scope):
        return None
    value = constant_of(written, column.type, scope)
    if value is None:
        return None
    if parameter.bound is not None and not is_end:
        slot = SlotSymbol(column.name, column.type, parameter.bound, parameter.span)
        check_in_bound(value, parameter.bound, slot, written.span, scope)
    return value


def check_in_bound(value: object, bound: Bound, slot: SlotSymbol, span: Span, scope: Scope) -> None:
    """Report a value that a column never has."""
    if is_within(value, bound):
        return
    report(
        scope,
        "E0363",
        f"`{slot.name}` never has this value",
        span,
        "outside the bounds of its column",
        Label(slot.span, "its bounds are declared here"),
        help="write a value within the bounds, or widen them",
    )
