"""Walking the model: the values and statements directly inside a node.

One place knows which parts of a node are values, so that counting, collecting and generating
agree. The order is the order of the fields, which is the order of evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from servanda.interpreter.model import (
    AggregateValue,
    Body,
    ChooseStep,
    ContractModel,
    Domain,
    FeedsStep,
    ForStep,
    IfStep,
    ListDomain,
    NamesDomain,
    RangeDomain,
    RecordDomain,
    Statement,
    Value,
    WholeDomain,
)

_DOMAINS = (RecordDomain, WholeDomain, ListDomain, RangeDomain, NamesDomain)


@cache
def _names_of(node_type: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(node_type) if one.name not in {"span", "type"})


def values_in(node: Value | Statement | Domain) -> Iterator[Value]:
    """Yield the values directly inside a value, statement or domain (not inside nested bodies)."""
    node_type: Any = type(node)
    for name in _names_of(node_type):
        part = getattr(node, name)
        if isinstance(part, Value):
            yield part
        elif isinstance(part, _DOMAINS):
            yield from values_in(part)
        elif type(part) is tuple:
            for item in part:
                if isinstance(item, Value):
                    yield item
                elif type(item) is tuple:
                    yield from (one for one in item if isinstance(one, Value))


def all_values(node: Value | Statement | Domain) -> Iterator[Value]:
    """Yield every value inside a node, at any depth, parents first."""
    waiting = list(values_in(node))[::-1]
    while waiting:
        value = waiting.pop()
        yield value
        waiting.extend(list(values_in(value))[::-1])


def bodies_in(statement: Statement) -> Iterator[Body]:
    """Yield the bodies directly inside a statement."""
    match statement:
        case IfStep(branches=branches, otherwise=otherwise):
            yield from (body for _, body in branches)
            if otherwise is not None:
                yield otherwise
        case ChooseStep(cases=cases, otherwise=otherwise):
            yield from (body for _, body in cases)
            if otherwise is not None:
                yield otherwise
        case ForStep(body=body):
            yield body
        case FeedsStep(feeds=feeds):
            yield from (feed.body for feed in feeds)


def all_statements(body: Body) -> Iterator[Statement]:
    """Yield every statement of a body, at any depth, in the order of the source."""
    for statement in body:
        yield statement
        for inner in bodies_in(statement):
            yield from all_statements(inner)


def values_of_body(body: Body) -> Iterator[Value]:
    """Yield every value in a body, at any depth."""
    for statement in all_statements(body):
        for value in values_in(statement):
            yield value
            yield from all_values(value)


def size_of(value: Value) -> int:
    """Return how many nodes a value works through once; an aggregate's items count when visited."""
    count = 1
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, AggregateValue):
            domain = one.domain
            parts = [part for part in values_in(domain) if part is not domain.condition]
        else:
            parts = list(values_in(one))
        count += len(parts)
        waiting.extend(parts)
    return count


def find_values(value: Value, takes: Callable[[Value], bool]) -> Iterator[Value]:
    """Yield the values inside `value` (itself included) that `takes` accepts."""
    if takes(value):
        yield value
    yield from (one for one in all_values(value) if takes(one))


def contracts_below(contract: ContractModel) -> Iterator[ContractModel]:
    """Yield a contract and all that it uses, directly or not, each once."""
    seen: dict[str, ContractModel] = {}
    waiting = [contract]
    while waiting:
        one = waiting.pop()
        if one.name not in seen:
            seen[one.name] = one
            waiting.extend(one.uses.values())
    yield from seen.values()
