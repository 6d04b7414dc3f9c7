"""Audit: what must hold of a whole state, counted again from its records.

Calls keep running figures (indexes, totals, what was issued) because a recount of everything
would cost more the larger the state; this is that recount. A difference is a fault of ours, so it
is an assertion and not a refusal.
"""

from __future__ import annotations

from servanda.interpreter.execute.state import BALANCE, IndexTable, Table, Tables, place_of_balance
from servanda.interpreter.execute.timers import NEVER, TimerQueue


def audit_money(tables: Tables, issued: dict[tuple[str, str], int]) -> None:
    """Assert that per contract and unit the balances are what was issued less what was retired."""
    held: dict[tuple[str, str], int] = {}
    for table in tables.values():
        slots = [slot for slot in table.make.__slots__ if slot.startswith(BALANCE)]
        for row in table.records():
            for slot in slots:
                steps = getattr(row, slot)
                assert steps >= 0, f"{row.table.model.type.name} {row.key} holds less than nothing"
                if steps:
                    place = place_of_balance(row, slot)
                    held[place] = held.get(place, 0) + steps
    known = {place: steps for place, steps in issued.items() if steps}
    assert held == known, f"balances {held} are not what was issued {known}"


def audit_indexes(tables: Tables) -> None:
    """Assert that every index holds every row of its table, once, under its present values."""
    for table in tables.values():
        for index in table.indexes.values():
            again = IndexTable(index.model, table.model)
            for row in table.records():
                again.add(row)
            for values in {**again.buckets, **index.buckets}:
                found = list(index.starting(values))
                assert found == list(again.starting(values)), f"an index of {_name(table)} is wrong"
        for key in table.sorted_keys():
            assert table.rows[key].key == key, "a row stands under its own key"


def audit_timers(tables: Tables, queue: TimerQueue) -> None:
    """Assert that the queue holds every timer that waits for a record, once."""
    orders = [
        entry.order
        for table in tables.values()
        for row in table.records()
        for entry in queue.armed(row).values()
    ]
    found = list(queue.orders())
    assert sorted(orders) == found, "an entry is lost"
    assert queue.first_at == (found[0].at if found else NEVER)


def audit_serials(tables: Tables) -> None:
    """Assert that serials are given from 1, without gaps."""
    for table in tables.values():
        if table.model.is_serial:
            assert table.sorted_keys() == list(range(1, table.serial + 1)), (
                f"the serials of {_name(table)} have gaps"
            )


def _name(table: Table) -> str:
    return table.model.type.name
