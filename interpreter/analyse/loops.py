"""Loops that others can lengthen without limit, so that what runs them costs more and more.

In comes a model; out come warnings, one a loop. A loop over records is safe if it has a `limit`,
if its equalities leave only so many keys as bounds allow, if no action creates such records, or if
every action that does needs the very party (as signer, or as a party of the record) that the
equality names: then nobody lengthens the loop for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.interpreter.analyse.money import bodies_of, called_by
from servanda.interpreter.analyse.possible_states import names_of_type
from servanda.interpreter.model import (
    ActionModel,
    AggregateValue,
    AllOf,
    AnyOf,
    Authority,
    ContractModel,
    CreateRecord,
    FieldModel,
    FieldValue,
    ForStep,
    LocalValue,
    RecordDomain,
    RecordInvariant,
    RecordModel,
    SignedByParty,
    SignedByQuorum,
    SignedByRole,
    Value,
)
from servanda.interpreter.walk import all_statements, all_values, values_of_body

TURN_COUNT_MAX: Final = 10_000
"""A loop of at most so many turns needs no `limit`, as a range needs none."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A place that creates a record, and an action that leads there."""

    value: CreateRecord
    action: ActionModel
    is_direct: bool
    """Whether it stands in the action itself, so that its values are those of the action."""


def analyse_loops(model: ContractModel, diagnostics: Diagnostics) -> None:
    """Warn of the loops over records that others can lengthen without limit."""
    creations: dict[str, tuple[Creation, ...]] = {}
    for domain in domains_in(model):
        owner = contract_of(model, domain.record.contract)
        if domain.limit is not None or owner is None:
            continue
        if owner.name not in creations:
            creations[owner.name] = creations_in(owner)
        record = owner.records[domain.record.name]
        if is_bounded(domain, record):
            continue
        for one in creations[owner.name]:
            if one.value.record == domain.record and not is_own(one, domain, record):
                report_loop(domain, one, owner is model, diagnostics)
                break


def report_loop(
    domain: RecordDomain, creation: Creation, is_here: bool, diagnostics: Diagnostics
) -> None:
    """Warn of one loop, and show what lengthens it."""
    name, action = domain.record.name, creation.action.name
    place = creation.value.span if is_here else creation.action.authority_span
    diagnostics.report(
        Diagnostic(
            "W0501",
            f"others can lengthen this loop over `{name}` without limit",
            domain.span,
            f"one turn for each such `{name}`",
            (Label(place, f"`{action}` adds one each time it is done"),),
            help="write `limit 100` behind it, or keep what it works out in a running field",
        )
    )


def domains_in(model: ContractModel) -> Iterator[RecordDomain]:
    """Yield what every loop and aggregate over records ranges over."""
    bodies = [*bodies_of(model).values(), *(one.body for one in model.rules.values())]
    for body in bodies:
        for statement in all_statements(body):
            if isinstance(statement, ForStep) and isinstance(statement.domain, RecordDomain):
                yield statement.domain
        yield from aggregated(values_of_body(body))
    for invariant in model.invariants:
        if isinstance(invariant, RecordInvariant):
            yield from aggregated(iter((invariant.condition,)))
            yield from aggregated(all_values(invariant.condition))
    for decision in model.decisions.values():
        for row in decision.rows:
            for output in row.outputs:
                yield from aggregated(iter((output, *all_values(output))))


def aggregated(values: Iterator[Value]) -> Iterator[RecordDomain]:
    """Yield what the aggregates among some values range over."""
    for value in values:
        if isinstance(value, AggregateValue) and isinstance(value.domain, RecordDomain):
            yield value.domain


def contract_of(model: ContractModel, name: str) -> ContractModel | None:
    """Return this contract, or one that it uses, directly or not."""
    waiting = [model]
    for one in waiting:
        if one.name == name:
            return one
        waiting.extend(one.uses.values())
    return None


# ── who creates ───────────────────────────────────────────────────────────────────────────────


def creations_in(model: ContractModel) -> tuple[Creation, ...]:
    """Return every `create` with each action that leads to it."""
    bodies = bodies_of(model)
    created = {
        key: [one for one in values_of_body(body) if isinstance(one, CreateRecord)]
        for key, body in bodies.items()
    }
    called = {key: called_by(body) for key, body in bodies.items()}
    found: list[Creation] = []
    for name, action in model.actions.items():
        start = f"action {name}"
        seen, waiting = {start: None}, [start]
        while waiting:
            key = waiting.pop()
            found += [Creation(one, action, key == start) for one in created[key]]
            fresh = [one for one in called[key] if one not in seen]
            seen.update(dict.fromkeys(fresh))
            waiting += fresh
    return tuple(found)


def is_own(creation: Creation, domain: RecordDomain, record: RecordModel) -> bool:
    """Whether a creation needs the party whose records the loop ranges over."""
    if not creation.is_direct:
        return False
    given = created_values(creation.value, record)
    return any(
        is_signed(creation.action.authority, given[name])
        for name in domain.index.equality_fields
        if name in given
    )


def created_values(value: CreateRecord, record: RecordModel) -> dict[str, Value]:
    """Return what each key and field of a new record is set to."""
    keys = zip((one.name for one in record.keys), value.keys, strict=False)
    return {**dict(keys), **dict(value.fields)}


def is_signed(authority: Authority, value: Value) -> bool:
    """Whether nobody satisfies an authority but as this party, or as a party of this record."""
    match authority:
        case SignedByRole(alias=alias) | SignedByQuorum(alias=alias):
            return isinstance(value, LocalValue) and value.local == alias
        case SignedByParty(party=party, alias=alias):
            if isinstance(value, LocalValue) and value.local == alias:
                return True
            while isinstance(party, FieldValue) and party != value:
                party = party.object
            return party == value
        case AnyOf(choices=choices):
            return all(is_signed(one, value) for one in choices)
        case AllOf(parts=parts):
            return any(is_signed(one, value) for one in parts)
    return False


# ── how many there can be ─────────────────────────────────────────────────────────────────────


def is_bounded(domain: RecordDomain, record: RecordModel) -> bool:
    """Whether the keys that the equalities leave open have few values."""
    count = 1
    for one in record.keys:
        if one.name in domain.index.equality_fields[: len(domain.equalities)]:
            continue
        values = value_count(one)
        if values is None:
            return False
        count *= values
    return count <= TURN_COUNT_MAX


def value_count(key: FieldModel) -> int | None:
    """Return how many values a key can have; None if nothing bounds them."""
    bound = key.bound
    if bound is not None and bound.names is not None:
        return len(bound.names)
    names = names_of_type(key.type)
    if names is not None:
        return len(names)
    if bound is None or not isinstance(bound.low, int) or not isinstance(bound.high, int):
        return None
    return bound.high - bound.low + (0 if bound.is_high_open else 1)
