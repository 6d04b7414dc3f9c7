"""Calls have a limit of depth, as nesting has: what calls what is followed to its end beforehand.

In come the checked bodies of a contract and the models of those it uses; out comes one diagnostic
where calls go too deep. An aggregate counts as a call, since its items are worked through by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.source import Span
from servanda.interpreter.check.symbols import Declarations
from servanda.interpreter.model import (
    ActionModel,
    AggregateValue,
    Body,
    ClauseModel,
    ClauseStep,
    ContractModel,
    DecisionCall,
    DecisionModel,
    ForeignCall,
    RuleCall,
    RuleModel,
    TimerModel,
    Value,
)
from servanda.interpreter.walk import all_statements, contracts_below, values_in

CALL_DEPTH_MAX = 64
"""The same as for nesting: nobody reads deeper, and every machine can follow."""
FOREIGN_DEPTH = 4
"""What a call of another contract's action counts for: it is checked anew as it enters."""

Name = tuple[str, str]
"""What is called: its contract, and its name there."""
Calls = dict[Name, list[tuple[Name, int]]]
"""What each body calls, and for how much each call counts."""
Computed = RuleModel | DecisionModel | ClauseModel | ActionModel


def check_call_depth(
    declarations: Declarations,
    declared: Iterable[Computed],
    timers: Iterable[TimerModel],
    used: Iterable[ContractModel],
    diagnostics: Diagnostics,
) -> None:
    """Report the first declaration from which calls go too deep, if there is one."""
    contract = declarations.contract
    calls: Calls = {}
    spans: dict[Name, Span] = {}
    for one in declared:
        calls[contract, one.name] = list(calls_of(one, contract))
        spans[contract, one.name] = declarations.symbols[one.name].span
    for timer in timers:
        name = (contract, timer.title)
        calls[name] = list(calls_of_body(timer.body, contract))
        spans[name] = timer.span
    for model in (below for one in used for below in contracts_below(one)):
        inner: tuple[Mapping[str, Computed], ...]
        inner = (model.rules, model.decisions, model.clauses, model.actions)
        for one in (each for group in inner for each in group.values()):
            calls.setdefault((model.name, one.name), list(calls_of(one, model.name)))
    depths = depths_of(calls)
    for name, span in spans.items():
        if depths[name] <= CALL_DEPTH_MAX:
            continue
        # Whatever calls this one is too deep as well: the mistake is told once, where it begins.
        if all(depths[called] <= CALL_DEPTH_MAX for called, _ in calls[name]):
            report_too_deep(name[1], depths[name], span, diagnostics)
            return


def report_too_deep(name: str, depth: int, span: Span, diagnostics: Diagnostics) -> None:
    """Report a declaration from which calls go too deep."""
    diagnostics.report(
        Diagnostic(
            "E0103",
            f"calls from `{name}` go {depth} deep, and {CALL_DEPTH_MAX} is the most",
            span,
            "one calls another from here, on and on",
            help="do in one rule or clause what several do now, or range with `for`",
        )
    )


def calls_of(one: Computed, contract: str) -> Iterator[tuple[Name, int]]:
    """Yield what a declaration calls, and for how much that counts."""
    if isinstance(one, DecisionModel):
        for row in one.rows:
            yield from calls_of_values(row.outputs, contract)
    else:
        yield from calls_of_body(one.body, contract)


def calls_of_body(body: Body, contract: str) -> Iterator[tuple[Name, int]]:
    """Yield what a body calls."""
    for statement in all_statements(body):
        if isinstance(statement, ClauseStep):
            yield (contract, statement.clause), 1
        yield from calls_of_values(values_in(statement), contract)


def calls_of_values(values: Iterable[Value], contract: str) -> Iterator[tuple[Name, int]]:
    """Yield what values call; each aggregate around a call counts as one more."""
    waiting = [(value, 1) for value in values]
    while waiting:
        value, depth = waiting.pop()
        match value:
            case RuleCall():
                yield (value.contract, value.rule), depth
            case DecisionCall():
                yield (value.contract, value.decision), depth
            case ForeignCall():
                yield (value.contract, value.action), depth + FOREIGN_DEPTH
            case AggregateValue():
                depth += 1
                yield (contract, ""), depth
        waiting.extend((part, depth) for part in values_in(value))


def depths_of(calls: Calls) -> dict[Name, int]:
    """Return how deep calls go from each name; a circle, reported elsewhere, counts once."""
    depths: dict[Name, int] = {}
    open_names: set[Name] = set()
    for start in calls:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            inner = calls.get(name, ())
            if name not in open_names:
                open_names.add(name)
                waiting.extend(called for called, _ in inner if called not in open_names)
                continue
            waiting.pop()
            if name not in depths:
                found = [depths.get(called, 0) + count for called, count in inner]
                depths[name] = max(found, default=0)
    return depths
