"""Examine a whole state: what an upgrade asks of every record, once.

In comes a machine whose contracts are not those that made its records; what comes out are its
indexes, totals and timers as if they had been, or the refusal of a record that does not fit. Every
record that is looked at is paid for by the context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from servanda.interpreter.costs import CREATE_STEPS, VISIT_STEPS
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Journal, Row, Table, rows_in
from servanda.interpreter.model import Index
from servanda.interpreter.refusals import Code, Refused

ROWS_HELD_MAX = 250_000
"""So many records of one table are held in memory from one pass over them to the next."""


def build_indexes(table: Table, indexes: Iterable[Index], context: Context) -> None:
    """Fill indexes that nobody kept before."""
    for index in indexes:
        for row in _paid(table, context):
            table.indexes[index].add(row)


def count_totals(machine: Machine, contract: str, context: Context) -> None:
    """Count the running totals of the invariants of a contract."""
    for total in machine.totals:
        if total.table.contract == contract:
            total.totals = total.counted(context, _paid(total.table, context))


def check_invariants(machine: Machine, contract: str, context: Context) -> None:
    """Refuse unless the invariants of a contract hold of all there is."""
    machine.invariants.check_all(contract, context, lambda table: _paid(table, context))


def arm_timers(
    machine: Machine, contract: str, numbers: Iterable[int], context: Context
) -> dict[Row, None]:
    """Arm timers, new to a contract, for the records that are there; return those."""
    bound = machine.bindings.of(contract)
    journal: Journal = []
    for number in numbers:
        record = bound.model.timers[number].record
        watch, table = bound.watches[record], machine.tables[record]
        timer = watch.numbered(number)
        for row in _paid(table, context):
            if timer.takes(row):
                # What changes must be the row that everybody else finds.
                watch.begin(timer, table.listed(row.key), journal)
                context.steps += CREATE_STEPS
    return rows_in(journal)


def _paid(table: Table, context: Context) -> Iterator[Row]:
    """Yield every record, for its price; refuse `COST_LIMIT` when no more can be paid for."""
    for row in table.records():
        # Each pass asks for all of them again: as many as there is room for stay in memory.
        if len(table.rows) < ROWS_HELD_MAX:
            table.rows[row.key] = row
        context.steps += VISIT_STEPS
        if context.steps > context.steps_max:
            told = f"to look at all records needs more than {context.steps_max:_} steps"
            raise Refused(Code.COST_LIMIT, told)
        yield row
