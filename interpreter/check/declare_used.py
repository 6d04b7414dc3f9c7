"""A contract that is used by another, as symbols again.

In comes a checked model; out come the `Declarations` that a body elsewhere resolves names against.
Clauses are among them only to say that they cannot be called from outside.
"""

from __future__ import annotations

from collections.abc import Iterable

from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ClauseSymbol,
    ContractSymbol,
    DecisionSymbol,
    Declarations,
    EnumSymbol,
    EventSymbol,
    LifecycleSymbol,
    RecordSymbol,
    RoleSymbol,
    RuleSymbol,
    SlotSymbol,
    UnitSymbol,
)
from servanda.interpreter.model import ContractModel, DecisionModel, ParameterModel, RecordModel


def declarations_of(model: ContractModel) -> Declarations:
    """Return what a checked contract offers to those that use it."""
    found = Declarations(model.name, model.timezone)
    symbols = found.symbols
    for role in model.roles:
        symbols[role] = RoleSymbol(model.name, role, model.span)
    for unit, decimals in model.units.items():
        symbols[unit] = UnitSymbol(unit, decimals, model.span)
    for name, enum in model.enums.items():
        found.add(name, EnumSymbol(enum, model.span))
    for name, lifecycle in model.lifecycles.items():
        found.add(name, LifecycleSymbol(lifecycle.type, lifecycle.arrows, lifecycle.span))
    for name, record in model.records.items():
        symbols[name] = record_symbol(record)
    for name, event in model.events.items():
        slots = tuple(SlotSymbol(one, held, None, event.span) for one, held in event.parameters)
        symbols[name] = EventSymbol(model.name, name, slots, event.span)
    for name, rule in model.rules.items():
        parameters = parameter_slots(rule.parameters)
        symbols[name] = RuleSymbol(model.name, name, parameters, rule.result, rule.span)
    for name, decision in model.decisions.items():
        symbols[name] = decision_symbol(model.name, decision)
    for name, clause in model.clauses.items():
        symbols[name] = ClauseSymbol(name, parameter_slots(clause.parameters), clause.span)
    for name, action in model.actions.items():
        parameters = parameter_slots(action.parameters)
        symbols[name] = ActionSymbol(model.name, name, parameters, action.result, action.span)
    for alias, used in model.uses.items():
        symbols[alias] = ContractSymbol(declarations_of(used), used.span)
    return found


def record_symbol(record: RecordModel) -> RecordSymbol:
    """Return a record as a symbol."""
    slots = {
        one.name: SlotSymbol(
            one.name,
            one.type,
            one.bound,
            one.span,
            one.is_key,
            one.is_fixed,
            one.default is not None,
        )
        for one in (*record.keys, *record.fields)
    }
    return RecordSymbol(
        record.type, slots, record.lifecycle_field, record.seen_by is not None, record.span
    )


def decision_symbol(contract: str, decision: DecisionModel) -> DecisionSymbol:
    """Return a decision as a symbol."""
    outputs = tuple(
        SlotSymbol(name, held, bound, decision.span) for name, held, bound in decision.outputs
    )
    return DecisionSymbol(
        contract,
        decision.name,
        decision.policy,
        parameter_slots(decision.inputs),
        outputs,
        decision.result,
        decision.span,
    )


def parameter_slots(parameters: Iterable[ParameterModel]) -> tuple[SlotSymbol, ...]:
    """Return parameters as callers see them."""
    return tuple(
        SlotSymbol(one.local.name, one.local.type, one.bound, one.span) for one in parameters
    )
