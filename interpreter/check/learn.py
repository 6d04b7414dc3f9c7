"""Learn from a condition: add to a scope what holds there when the condition is true, or false.

In come checked conditions and the values of a `let`; out come facts and equal units in a `Scope`.
"""

from __future__ import annotations

from servanda.interpreter.check.facts import RoleFact, chain_of
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.unit import root_of, unit_of_currency
from servanda.interpreter.model import (
    Both,
    Comparison,
    CreateRecord,
    Either,
    HasRole,
    Inverse,
    IsAbsent,
    Local,
    Value,
)
from servanda.interpreter.types import CURRENCY, FieldUnit, RecordType


def learn(condition: Value, scope: Scope, is_true: bool) -> None:
    """Add to `scope` what holds there when `condition` is true (or false)."""
    waiting = [(condition, is_true)]
    while waiting:
        value, holds = waiting.pop()
        match value:
            case Both(left=left, right=right) if holds:
                waiting += [(left, True), (right, True)]
            case Either(left=left, right=right) if not holds:
                waiting += [(left, False), (right, False)]
            case Inverse(operand=operand):
                waiting.append((operand, not holds))
            case IsAbsent(operand=operand) if value.is_negated is holds:
                chain = chain_of(operand, scope)
                if chain is not None:
                    scope.present.add(chain)
            case HasRole(operand=operand, role=role) if value.is_negated is not holds:
                chain = chain_of(operand, scope)
                if chain is not None:
                    scope.present.add(RoleFact(chain, role))
            case Comparison(left=left, right=right) if value.comparator == (
                "==" if holds else "!="
            ):
                learn_equal(left, right, scope)


def learn_equal(left: Value, right: Value, scope: Scope) -> None:
    """Add that two Currency values are one unit."""
    if left.type != CURRENCY or right.type != CURRENCY:
        return
    first, second = unit_of_currency(left, scope), unit_of_currency(right, scope)
    if first is not None and second is not None:
        scope.equal_units.append((first, second))


def learn_let(local: Local, value: Value, scope: Scope) -> None:
    """Add what is known of a new `let`: what it is another name of, which units it was made with.

    Call it once, for a local that is never set again.
    """
    if local.number in scope.checking.reassigned:
        return
    root = root_of(value, scope)
    if root is not None and isinstance(value.type, RecordType):
        scope.checking.unit_roots[local.number] = root
    elif value.type == CURRENCY:
        unit = unit_of_currency(value, scope)
        if isinstance(unit, FieldUnit):
            scope.checking.unit_roots[local.number] = unit
        elif unit is not None:
            scope.equal_units.append((FieldUnit(local.number, local.name, ()), unit))
    elif isinstance(value, CreateRecord):
        learn_created(local, value, scope)


def learn_created(local: Local, value: CreateRecord, scope: Scope) -> None:
    """Add the units of the Currency fields that a record was created with."""
    symbol = scope.checking.declarations.record(value.record)
    names = [slot.name for slot in symbol.keys][: len(value.keys)]
    for name, given in (*zip(names, value.keys, strict=True), *value.fields):
        if given.type == CURRENCY and symbol.slots[name].is_fixed:
            unit = unit_of_currency(given, scope)
            if unit is not None:
                scope.equal_units.append((FieldUnit(local.number, local.name, (name,)), unit))
