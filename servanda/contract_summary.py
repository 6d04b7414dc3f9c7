"""What `check` says of a good file: how much stands in it, and where money begins and ends.

In comes a loaded file; out come its counts and its sources and sinks of money, each with everybody
who can reach it. It looks only at the model, which the checker has found right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from servanda.grammar.source import Source, Span
from servanda.interpreter.model import (
    BecomeStep,
    Body,
    ClauseStep,
    Constant,
    ContractModel,
    IssueStep,
    LifecycleModel,
    RetireStep,
    ScriptModel,
    Value,
)
from servanda.interpreter.types import LifecycleType, show_unit
from servanda.interpreter.walk import all_statements
from servanda.loading import Loaded


@dataclass(frozen=True, slots=True)
class MoneyPlace:
    """One statement that issues or retires, and who may bring it about."""

    verb: str
    unit: str
    span: Span
    reached_by: tuple[str, ...]


def counts_of(loaded: Loaded) -> dict[str, int]:
    """Return what stands in a good file, by what it is called."""
    if loaded.contract is not None:
        return _contract_counts(loaded.contract)
    assert loaded.script is not None, "only good files are counted"
    return _script_counts(loaded.script)


def _contract_counts(contract: ContractModel) -> dict[str, int]:
    stuck = sum(len(stuck_states(contract, one)) for one in contract.lifecycles.values())
    return {
        "actions": len(contract.actions),
        "tables complete": len(contract.decisions),
        "invariants": len(contract.invariants),
        "stuck states": stuck,
    }


def _script_counts(script: ScriptModel) -> dict[str, int]:
    if script.script is None:
        return {"tests": len(script.tests), "contracts used": len(script.uses)}
    steps = sum(1 for _ in all_statements(script.script.body))
    counts = {"steps": steps, "contracts used": len(script.uses)}
    return {"tests": len(script.tests), **counts} if script.tests else counts


def stuck_states(contract: ContractModel, lifecycle: LifecycleModel) -> tuple[str, ...]:
    """Return the states with arrows out of them, none of which any statement takes."""
    taken: set[str] = set()
    for body in _bodies(contract):
        for statement in all_statements(body):
            if isinstance(statement, BecomeStep) and statement.lifecycle == lifecycle.type:
                taken.update(_states_of(statement.state, lifecycle.type))
    return tuple(
        state
        for state, targets in lifecycle.arrows.items()
        if targets and not taken.intersection(targets)
    )


def _states_of(value: Value, lifecycle: LifecycleType) -> tuple[str, ...]:
    """Return the states that an expression may come to: all, unless it names one."""
    if isinstance(value, Constant):
        return (str(value.value),)
    return lifecycle.states


def _bodies(contract: ContractModel) -> Iterator[Body]:
    yield from (one.body for one in contract.actions.values())
    yield from (one.body for one in contract.clauses.values())
    yield from (one.body for one in contract.timers)


def money_places(contract: ContractModel, sources: Mapping[str, Source]) -> list[MoneyPlace]:
    """Return every place that issues or retires, in the order of the source."""
    callers = _callers(contract, sources)
    places: list[MoneyPlace] = []
    named: list[tuple[str, Body]] = [
        *((f"action {one.name}", one.body) for one in contract.actions.values()),
        *((f"clause {one.name}", one.body) for one in contract.clauses.values()),
        *((f"timer {one.number}", one.body) for one in contract.timers),
    ]
    for name, body in named:
        for statement in all_statements(body):
            if isinstance(statement, IssueStep | RetireStep):
                verb = "issues" if isinstance(statement, IssueStep) else "retires"
                unit = show_unit(statement.unit)
                reached = tuple(callers[name]) or ("nobody",)
                places.append(MoneyPlace(verb, unit, statement.span, reached))
    return sorted(places, key=lambda one: one.span.start)


def _callers(contract: ContractModel, sources: Mapping[str, Source]) -> dict[str, dict[str, None]]:
    """Return who reaches each body: actions with their `by`, and timers; clauses through them."""
    callers: dict[str, dict[str, None]] = {f"clause {name}": {} for name in contract.clauses}
    for action in contract.actions.values():
        who = _text(action.authority_span, sources)
        told = f"{action.name} by {who.removeprefix('by ')}"
        callers[f"action {action.name}"] = {told: None}
        _spread(contract, action.body, told, callers)
    for timer in contract.timers:
        told = f"a timer, {timer.title}" if timer.title else "a timer"
        callers[f"timer {timer.number}"] = {told: None}
        _spread(contract, timer.body, told, callers)
    return callers


def _spread(
    contract: ContractModel, body: Body, told: str, callers: dict[str, dict[str, None]]
) -> None:
    """Note `told` with every clause that a body calls, directly or not."""
    for statement in all_statements(body):
        if isinstance(statement, ClauseStep) and statement.clause in contract.clauses:
            known = callers[f"clause {statement.clause}"]
            if told not in known:
                known[told] = None
                _spread(contract, contract.clauses[statement.clause].body, told, callers)


def _text(span: Span, sources: Mapping[str, Source]) -> str:
    source = sources.get(span.source)
    return " ".join(source.slice(span).split()) if source is not None else "its signers"
