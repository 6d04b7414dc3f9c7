"""Look-ups: the records that something may look for by a key or an index, wherever it leads.

In comes a body with its contract; out come the types of the records that it looks up, ranges over
or creates, also in the clauses, rules and called actions that it reaches. What is only read as a
field of a record that is at hand is none of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from servanda.interpreter.model import (
    AggregateValue,
    Body,
    ClauseStep,
    ContractModel,
    CreateRecord,
    ForeignCall,
    ForStep,
    RecordDomain,
    RecordLookup,
    RuleCall,
    Value,
)
from servanda.interpreter.types import RecordType
from servanda.interpreter.walk import all_statements, contracts_below, values_of_body


def looked_up_in(contract: ContractModel, body: Body) -> frozenset[RecordType]:
    """Return the types of the records that a body may look for."""
    contracts = {one.name: one for one in contracts_below(contract)}
    found: dict[RecordType, None] = {}
    seen: set[int] = set()
    waiting = [(contract, body)]
    while waiting:
        home, one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        found |= dict.fromkeys(_here(one))
        waiting += _reached(home, one, contracts)
    return frozenset(found)


def _here(body: Body) -> Iterator[RecordType]:
    domains = [one.domain for one in all_statements(body) if isinstance(one, ForStep)]
    for value in values_of_body(body):
        if isinstance(value, RecordLookup | CreateRecord):
            yield value.record
        elif isinstance(value, AggregateValue):
            domains.append(value.domain)
    yield from (one.record for one in domains if isinstance(one, RecordDomain))


def _reached(
    home: ContractModel, body: Body, contracts: dict[str, ContractModel]
) -> Iterator[tuple[ContractModel, Body]]:
    """Yield the bodies that a body may run, each with its contract."""
    for statement in all_statements(body):
        if isinstance(statement, ClauseStep):
            yield home, home.clauses[statement.clause].body
    for value in values_of_body(body):
        yield from _called(value, contracts)


def _called(
    value: Value, contracts: dict[str, ContractModel]
) -> Iterator[tuple[ContractModel, Body]]:
    if isinstance(value, RuleCall):
        other = contracts[value.contract]
        yield other, other.rules[value.rule].body
    elif isinstance(value, ForeignCall):
        other = contracts[value.contract]
        yield other, other.actions[value.action].body
