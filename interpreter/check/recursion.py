"""Recursion is forbidden: every run ends because no rule, decision or clause reaches itself.

In come the checked bodies; out come diagnostics, one for each circle, with the way round it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.model import (
    Body,
    ClauseModel,
    ClauseStep,
    DecisionCall,
    DecisionModel,
    RuleCall,
    RuleModel,
    Value,
)
from servanda.interpreter.walk import all_statements, find_values, values_of_body

Call = tuple[str, Span]
"""What is called and where."""


def check_recursion(
    contract: str,
    rules: Mapping[str, RuleModel],
    decisions: Mapping[str, DecisionModel],
    clauses: Mapping[str, ClauseModel],
    diagnostics: Diagnostics,
) -> bool:
    """Report every circle of rules, decisions or clauses once; return whether there is none."""
    calls: dict[str, list[Call]] = {}
    spans: dict[str, Span] = {}
    for rule in rules.values():
        calls[rule.name] = list(calls_of_body(rule.body, contract))
        spans[rule.name] = rule.span
    for decision in decisions.values():
        outputs = (output for row in decision.rows for output in row.outputs)
        calls[decision.name] = [call for one in outputs for call in calls_of(one, contract)]
        spans[decision.name] = decision.span
    for clause in clauses.values():
        calls[clause.name] = list(calls_of_body(clause.body, contract))
        spans[clause.name] = clause.span
    reported: set[str] = set()
    for name in tangled(calls):
        if name in reported:
            continue
        way = find_circle(name, calls)
        if way:
            reported.update(called for called, _ in way)
            report_circle(name, way, diagnostics)
    return not reported


def calls_of(value: Value, contract: str) -> Iterator[Call]:
    """Yield the rules and decisions of this contract that a value calls."""
    for one in find_values(value, lambda part: isinstance(part, RuleCall | DecisionCall)):
        if isinstance(one, RuleCall) and one.contract == contract:
            yield one.rule, one.span
        elif isinstance(one, DecisionCall) and one.contract == contract:
            yield one.decision, one.span


def calls_of_body(body: Body, contract: str) -> Iterator[Call]:
    """Yield what a body calls."""
    for statement in all_statements(body):
        if isinstance(statement, ClauseStep):
            yield statement.clause, statement.span
    for value in values_of_body(body):
        if isinstance(value, RuleCall) and value.contract == contract:
            yield value.rule, value.span
        elif isinstance(value, DecisionCall) and value.contract == contract:
            yield value.decision, value.span


def tangled(calls: Mapping[str, list[Call]]) -> list[str]:
    """Return the names that calls could lead back to: those from which they end are left out."""
    callers: dict[str, list[str]] = {name: [] for name in calls}
    open_counts: dict[str, int] = {}
    for name, found in calls.items():
        inner = dict.fromkeys(called for called, _ in found if called in calls)
        open_counts[name] = len(inner)
        for called in inner:
            callers[called].append(name)
    ended = [name for name, count in open_counts.items() if count == 0]
    for name in ended:
        for caller in callers[name]:
            open_counts[caller] -= 1
            if open_counts[caller] == 0:
                ended.append(caller)
    return [name for name, count in open_counts.items() if count > 0]


def find_circle(start: str, calls: Mapping[str, list[Call]]) -> list[Call]:
    """Return the shortest way of calls from `start` back to it, or nothing."""
    waiting = [start]
    came_by: dict[str, tuple[str, Call]] = {}
    for name in waiting:
        for call in calls.get(name, ()):
            if call[0] == start:
                way = [call]
                while name != start:
                    name, before = came_by[name]  # noqa: PLW2901 -- the way is walked back
                    way.append(before)
                return way[::-1]
            if call[0] not in came_by:
                came_by[call[0]] = name, call
                waiting.append(call[0])
    return []


def report_circle(start: str, way: list[Call], diagnostics: Diagnostics) -> None:
    """Report a circle with a label at each of its calls."""
    first, *others = way
    names = " → ".join(f"`{one}`" for one in (start, *(name for name, _ in way)))
    message = f"`{start}` calls itself" if len(way) == 1 else f"`{start}` calls itself: {names}"
    diagnostics.report(
        Diagnostic(
            "E0260",
            message,
            first[1],
            f"`{start}` calls `{first[0]}` here",
            tuple(Label(span, f"which calls `{name}` here") for name, span in others),
            "every run must end: range over a list, a record or `a..b` with `for` instead",
        )
    )
