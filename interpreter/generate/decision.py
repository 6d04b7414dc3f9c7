"""Generated decision tables: one test per row, in the order of the source.

A table costs one step a row whichever row applies, so that a faster way to find the row would
not change what anything costs.
"""

from __future__ import annotations

from servanda.interpreter.generate.step import bound_test
from servanda.interpreter.generate.value import Values
from servanda.interpreter.model import CellModel, CellRange, DecisionModel, Policy, RowModel
from servanda.interpreter.types import DECIMAL, AmountType, RecordType, UnroundedType

_COLLECT = {
    Policy.COLLECT_SUM: "collected_sum(found, {0})",
    Policy.COLLECT_LEAST: "min(found)",
    Policy.COLLECT_MOST: "max(found)",
    Policy.COLLECT_COUNT: "len(found)",
}


def write_decision(values: Values, decision: DecisionModel, name: str) -> None:
    """Write the function of a decision."""
    writer = values.writer
    parameters = ", ".join(f"v{one.local.number}" for one in decision.inputs)
    with writer.block(f"def {name}(c, {parameters}):", decision.span):
        writer.line(f"c.steps += {max(1, len(decision.rows))}")
        if values.is_probed:
            writer.line("p = c.probe")
            types = tuple(one.local.type for one in decision.inputs)
            site = writer.site("decision", decision.span, title=decision.name, types=types)
            inputs = "".join(f"v{one.local.number}, " for one in decision.inputs)
            writer.line(f"p.enter({site}, ({inputs}))")
        for one in decision.inputs:
            if one.bound is not None:
                test = bound_test(writer, f"v{one.local.number}", one.bound)
                with writer.block(f"if not {test}:", one.span):
                    writer.line(f"raise out_of_bound({one.local.name!a})")
        if decision.policy in _COLLECT:
            _write_collect(values, decision)
        else:
            _write_first(values, decision)


def _write_first(values: Values, decision: DecisionModel) -> None:
    writer = values.writer
    for row in decision.rows:
        with writer.block(f"if {_row_test(values, decision, row)}:", row.span):
            _write_probe(values, row)
            outputs = [values.write(one) for one in row.outputs]
            given = outputs[0] if len(outputs) == 1 else f"({', '.join(outputs)})"
            writer.line(f"return {_ended(values, given)}")
    # INVARIANT: the checker proved the table complete, so this line is never reached.
    writer.line(f"raise AssertionError('no row', {decision.name!a})", decision.span)


def _write_collect(values: Values, decision: DecisionModel) -> None:
    writer = values.writer
    writer.line("found = []")
    for row in decision.rows:
        with writer.block(f"if {_row_test(values, decision, row)}:", row.span):
            _write_probe(values, row)
            writer.line(f"found.append({values.write(row.outputs[0])})")
    given = _COLLECT[decision.policy].format(_sum_of(decision))
    writer.line(f"return {_ended(values, given)}", decision.span)


def _sum_of(decision: DecisionModel) -> str:
    """Return the name of the check of a sum, by what is summed."""
    summed = decision.result
    if summed == DECIMAL or isinstance(summed, UnroundedType):
        return "decimal_sum"
    return "check_amount" if isinstance(summed, AmountType) else "check_int"


def _ended(values: Values, given: str) -> str:
    return f"p.end({given})" if values.is_probed else given


def _write_probe(values: Values, row: RowModel) -> None:
    if values.is_probed:
        values.writer.line(f"p.row({values.writer.site('row', row.span)})")


def _row_test(values: Values, decision: DecisionModel, row: RowModel) -> str:
    tests = []
    for one, cell in zip(decision.inputs, row.cells, strict=True):
        if cell.items is not None:
            name = f"v{one.local.number}"
            if isinstance(one.local.type, RecordType):
                name += ".key"
            tests.append(_cell_test(values, name, cell))
    return " and ".join(tests) or "True"


def _cell_test(values: Values, name: str, cell: CellModel) -> str:
    constant = values.writer.constant
    tests = []
    for item in cell.items or ():
        if isinstance(item, CellRange):
            low = "" if item.low is None else constant(item.low)
            high = "" if item.high is None else constant(item.high)
            low_sign = "" if not low else (" < " if item.is_low_open else " <= ")
            high_sign = "" if not high else (" < " if item.is_high_open else " <= ")
            tests.append(f"{low}{low_sign}{name}{high_sign}{high}")
        elif item is True or item is False:
            tests.append(f"{name} is {item}")
        else:
            tests.append(f"{name} == {constant(item)}")
    test = f"({' or '.join(tests)})"
    return f"not {test}" if cell.is_negated else test
