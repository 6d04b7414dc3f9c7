"""The most that a timer can cost, as far as the model says: charged to whoever creates a record."""

from __future__ import annotations

from servanda.interpreter import model
from servanda.interpreter.costs import LOOP_COUNT_ASSUMED, VISIT_STEPS
from servanda.interpreter.model import Body, ContractModel
from servanda.interpreter.walk import bodies_in, size_of, values_in


class Maximum:
    """The maxima of one contract's bodies; each clause and rule is worked out once."""

    def __init__(self, contract: ContractModel) -> None:
        self.contract = contract
        self._of_clause: dict[str, int] = {}
        self._of_rule: dict[str, int] = {}

    def of(self, body: Body) -> int:
        """Return an upper bound for a body whose loops are bounded, counting calls."""
        return sum(self._of_statement(statement) for statement in body)

    def _of_statement(self, statement: model.Statement) -> int:
        cost = 1 + sum(self._of_value(value) for value in values_in(statement))
        inner = [self.of(one) for one in bodies_in(statement)]
        if isinstance(statement, model.ForStep):
            return cost + count_max(statement.domain) * (VISIT_STEPS + sum(inner))
        if isinstance(statement, model.ClauseStep):
            return cost + self._called(statement.clause)
        return cost + max(inner, default=0)

    def _called(self, clause: str) -> int:
        if clause not in self._of_clause:
            self._of_clause[clause] = self.of(self.contract.clauses[clause].body)
        return self._of_clause[clause]

    def _asked(self, rule: str) -> int:
        if rule not in self._of_rule:
            self._of_rule[rule] = self.of(self.contract.rules[rule].body)
        return self._of_rule[rule]

    def _of_value(self, value: model.Value) -> int:
        cost = size_of(value)
        for one in (value, *_inside(value)):
            if isinstance(one, model.AggregateValue):
                cost += count_max(one.domain) * (VISIT_STEPS + size_of(one.value))
            elif isinstance(one, model.DecisionCall) and one.contract == self.contract.name:
                cost += len(self.contract.decisions[one.decision].rows)
            elif isinstance(one, model.RuleCall) and one.contract == self.contract.name:
                cost += self._asked(one.rule)
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
