"""Restore: the running figures of a machine, made again from records that were kept.

In come tables whose rows have all their fields, and a queue with their timers; what comes out are
the indexes, serials, totals and the count of money that calls keep up from there.
"""

from __future__ import annotations

from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.invariants import Invariants
from servanda.interpreter.execute.state import BALANCE, Tables, place_of_balance


def restore_tables(
    tables: Tables, invariants: Invariants, context: Context
) -> dict[tuple[str, str], int]:
    """Make indexes, serials and totals again; return what was issued, by contract and unit."""
    issued: dict[tuple[str, str], int] = {}
    for table in tables.values():
        balances = [slot for slot in table.make.__slots__ if slot.startswith(BALANCE)]
        table.serial = len(table.rows) if table.model.is_serial else 0
        for key in sorted(table.rows):
            row = table.rows[key]
            for index in table.indexes.values():
                index.add(row)
            for slot in balances:
                place = place_of_balance(row, slot)
                issued[place] = issued.get(place, 0) + getattr(row, slot)
    invariants.restore(context)
    return issued
