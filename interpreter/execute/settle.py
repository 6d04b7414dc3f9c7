"""Settling: what must hold after every call and timer, before anything of it is kept.

Conservation is asserted (we would be wrong); invariants and the cost bound refuse (the rules say
no).
"""

from __future__ import annotations

from typing import Any

from servanda.interpreter.execute.arguments import over_cost
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.invariants import Invariants
from servanda.interpreter.execute.state import Journal, place_of_balance


def settle(context: Context, invariants: Invariants) -> None:
    """Check conservation, invariants and cost of what a call did."""
    journal = context.undo
    if journal:
        check_conserved(journal, context.issued)
        if invariants.are_any:
            invariants.check(context)
    if context.steps > context.steps_max:
        raise over_cost()


ONE_MOVE = 2
"""Changes of a call that moves money once, as most do."""


def is_one_move(journal: Journal) -> bool:
    """Whether two changes are of two balances of one unit, and cancel out."""
    (source, taken, held), (target, given, holding) = journal
    if not taken or not given or (source is target and taken == given):
        return False
    place = source.places.get(taken)
    if place is None or target.places.get(given) != place:
        return False
    change: int = getattr(source, taken) - held + getattr(target, given) - holding
    return change == 0


def check_conserved(journal: Journal, issued: dict[tuple[str, str], int] | None) -> None:
    """Assert that, per contract and unit, balances changed by what was issued less retired."""
    if len(journal) == ONE_MOVE and not issued and is_one_move(journal):
        return
    before: dict[tuple[Any, str], int] = {}
    for row, slot, old in journal:
        if slot and slot in row.places and (row, slot) not in before:
            before[row, slot] = old
    if not before and not issued:
        return
    change = {place: -steps for place, steps in issued.items()} if issued else {}
    for (row, slot), old in before.items():
        place = row.places[slot] or place_of_balance(row, slot)
        change[place] = change.get(place, 0) + getattr(row, slot) - old
    for difference in change.values():
        assert difference == 0, f"money is not conserved: {change}"
