"""The most that a timer can cost, as far as the model says: charged to whoever creates a record."""

from __future__ import annotations

from servanda.interpreter import model
from servanda.interpreter.costs import LOOP_COUNT_ASSUMED, VISIT_STEPS
from servanda.interpreter.model import Body, ContractModel
from servanda.interpreter.walk import bodies_in, size_of, values_in


def maximum_steps(body: Body, contract: ContractModel) -> int:
    """Return an upper bound for a body whose loops are bounded, counting calls."""
    return sum(_of_statement(statement, contract) for statement in body)


def _of_statement(statement: model.Statement, contract: ContractModel) -> int:
    cost = 1 + sum(_of_value(value, contract) for value in values_in(statement))
    inner = [maximum_steps(one, contract) for one in bodies_in(statement)]
    if isinstance(statement, model.ForStep):
        return cost + count_max(statement.domain) * (VISIT_STEPS + sum(inner))
    if isinstance(statement, model.ClauseStep):
        return cost + maximum_steps(contract.clauses[statement.clause].body, contract)
    return cost + max(inner, default=0)


def _of_value(value: model.Value, contract: ContractModel) -> int:
    cost = size_of(value)
    for one in (value, *_inside(value)):
        if isinstance(one, model.AggregateValue):
            cost += count_max(one.domain) * (VISIT_STEPS + size_of(one.value))
        elif isinstance(one, model.DecisionCall) and one.contract == contract.name:
            cost += len(contract.decisions[one.decision].rows)
        elif isinstance(one, model.RuleCall) and one.contract == contract.name:
            cost += maximum_steps(contract.rules[one.rule].body, contract)
    return cost


def _inside(value: model.Value) -> list[model.Value]:
    found: list[model.Value] = []
    waiting = list(values_in(value))
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(values_in(one))
    return found


def count_max(domain: model.Domain) -> int:
    """Return how many items a domain has at most; a record domain's is a fixed assumption."""
    if domain.limit is not None:
        return domain.limit
    match domain:
        case model.RangeDomain(count_max=count):
            return count
        case model.NamesDomain(names=names):
            return len(names)
        case model.ListDomain(items=model.ListValue(items=items)):
            return len(items)
        case _:
            return LOOP_COUNT_ASSUMED
