"""Audit: what must hold of a whole state, counted again from its records.

Calls keep running figures (indexes, totals, what was issued) because a recount of everything
would cost more the larger the state; this is that recount. A difference is a fault of ours, so it
is an assertion and not a refusal.
"""

from __future__ import annotations

from typing import Any

from servanda.interpreter.execute.state import BALANCE, IndexTable, Table, Tables, place_of_balance


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
            again = IndexTable(index.equality_slots, index.range_slot)
            for row in table.records():
                again.add(row)
            assert _listed(again) == _listed(index), f"an index of {table.model.type.name} is wrong"
        for key in table.sorted_keys():
            assert table.rows[key].key == key, "a row stands under its own key"


def audit_serials(tables: Tables) -> None:
    """Assert that serials are given from 1, without gaps."""
    for table in tables.values():
        if table.model.is_serial:
            assert table.sorted_keys() == list(range(1, table.serial + 1)), _name(table)


def _listed(index: IndexTable) -> dict[tuple[object, ...], list[Any]]:
    return {values: list(bucket) for values, bucket in index.buckets.items()}


def _name(table: Table) -> str:
    return f"the serials of {table.model.type.name} have gaps"
