"""Money: every place where it comes into being or goes out of it, and who may reach that place.

In comes a model; out come the places, in the order of the source, each with the actions and
timers that lead there, directly or through clauses. Nothing here is wrong by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from servanda.grammar.source import Span
from servanda.interpreter.analyse.show_model import show_authority, show_timer
from servanda.interpreter.model import Body, ClauseStep, ContractModel, IssueStep, RetireStep
from servanda.interpreter.types import show_unit
from servanda.interpreter.walk import all_statements


@dataclass(frozen=True, slots=True)
class MoneyPlace:
    """A statement that issues or retires; `reached_by` are `deposit by CentralBank` and timers."""

    span: Span
    kind: str
    """`issue` or `retire`."""
    unit: str
    reached_by: tuple[str, ...]


def analyse_money(model: ContractModel) -> tuple[MoneyPlace, ...]:
    """Return the places where money is issued or retired."""
    places = [
        (statement, name)
        for name, body in bodies_of(model).items()
        for statement in all_statements(body)
        if isinstance(statement, IssueStep | RetireStep)
    ]
    reached = reached_by(model)
    found = [
        MoneyPlace(
            step.span,
            "issue" if isinstance(step, IssueStep) else "retire",
            show_unit(step.unit),
            tuple(reached[name]),
        )
        for step, name in places
    ]
    return tuple(sorted(found, key=lambda one: one.span))


def bodies_of(model: ContractModel) -> dict[str, Body]:
    """Return every body that may have effects, by a key that tells them apart."""
    return {
        **{f"action {name}": one.body for name, one in model.actions.items()},
        **{f"clause {name}": one.body for name, one in model.clauses.items()},
        **{f"timer {one.number}": one.body for one in model.timers},
    }


def reached_by(model: ContractModel) -> dict[str, dict[str, None]]:
    """Return for each body the actions, with who may do them, and timers that lead to it."""
    bodies = bodies_of(model)
    found: dict[str, dict[str, None]] = {key: {} for key in bodies}
    entries = {
        **{
            f"action {name}": f"{name} by {show_authority(one.authority)}"
            for name, one in model.actions.items()
        },
        **{f"timer {one.number}": show_timer(one) for one in model.timers},
    }
    called = {key: called_by(body) for key, body in bodies.items()}
    for entry, shown in entries.items():
        seen = {entry: None}
        waiting = [entry]
        while waiting:
            key = waiting.pop()
            found[key][shown] = None
            for clause in called[key]:
                if clause not in seen:
                    seen[clause] = None
                    waiting.append(clause)
    return found


def called_by(body: Body) -> tuple[str, ...]:
    """Return the clauses that a body calls, by their keys."""
    calls = (f"clause {one.clause}" for one in all_statements(body) if isinstance(one, ClauseStep))
    return tuple(dict.fromkeys(calls))
