"""Settling: what must hold after every call and timer, before anything of it is kept.

Conservation is asserted (we would be wrong); invariants and the cost bound refuse (the rules say
no).
"""

from __future__ import annotations

from servanda.interpreter.context import Context
from servanda.interpreter.invariants import Invariants
from servanda.interpreter.runtime import over_cost
from servanda.interpreter.state import BALANCE, unit_of_balance


def settle(context: Context, invariants: Invariants) -> None:
    """Check cost, conservation and invariants of what a call did."""
    if context.undo:
        check_conserved(context)
        if invariants.are_any:
            invariants.check(context)
    if context.steps > context.steps_max:
        raise over_cost()


def check_conserved(context: Context) -> None:
    """Assert that, per contract and unit, balances changed by what was issued less retired."""
    before: dict[tuple[object, str], int] = {}
    for row, slot, old in context.undo:
        if slot and slot[0] == BALANCE[0]:
            before.setdefault((row, slot), old)
    if not before:
        assert not context.issued or not any(context.issued.values()), "issued to nobody"
        return
    change: dict[tuple[str, str], int] = {}
    for (row, slot), old in before.items():
        place = (row.table.contract, unit_of_balance(row, slot))  # type: ignore[attr-defined]
        change[place] = change.get(place, 0) + getattr(row, slot) - old
    for place, steps in (context.issued or {}).items():
        change[place] = change.get(place, 0) - steps
    assert not any(change.values()), f"money is not conserved: {change}"
