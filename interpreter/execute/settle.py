"""Settling: what must hold after every call and timer, before anything of it is kept.

Conservation is asserted (we would be wrong); invariants and the cost bound refuse (the rules say
no).
"""

from __future__ import annotations

from typing import Any

from servanda.interpreter.costs import TEXT_STEP_LENGTH
from servanda.interpreter.execute.arguments import over_cost
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.invariants import Invariants
from servanda.interpreter.execute.state import Journal, Table, place_of_balance


def settle(context: Context, invariants: Invariants) -> None:
    """Check conservation, invariants and cost of what a call did."""
    journal = context.undo
    if journal:
        if len(journal) != ONE_MOVE or context.issued or not is_one_move(journal):
            check_conserved(journal, context.issued)
            context.steps += _texts_kept(journal)
        if invariants.are_any:
            invariants.check(context)
    if context.events or context.notices:
        context.steps += _texts_told(context)
    if context.steps > context.steps_max:
        raise over_cost()


def _texts_kept(journal: Journal) -> int:
    """Return what the texts that a call wrote into records cost.

    A text that came with a transaction once can be written down thousands of times.
    """
    steps = 0
    for target, slot, change in journal:
        if slot:
            steps += _texts_in(getattr(target, slot))
        elif type(target) is Table:
            row, changed, _ = change
            slots = type(row).__slots__ if changed is None else (changed,)
            steps += sum([_texts_in(getattr(row, one)) for one in slots])
    return steps


def _texts_told(context: Context) -> int:
    """Return what the texts cost that events and notices tell."""
    return sum([_texts_in(event.values) for event in context.events]) + sum(
        [_texts_in(notice.text) for notice in context.notices]
    )


def _texts_in(value: Any) -> int:
    if type(value) is str:
        return len(value) // TEXT_STEP_LENGTH
    return sum([_texts_in(one) for one in value]) if type(value) is tuple else 0


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
