"""Learn from a condition: add to a scope what holds there when the condition is true, or false.

In come checked conditions and the values of a `let`; out come facts and equal paths in a `Scope`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from servanda.interpreter.check.equal_paths import learn_equal_paths
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
    RecordLookup,
    SameMoney,
    Value,
)
from servanda.interpreter.types import (
    CURRENCY,
    PARTY,
    SERIAL,
    FieldUnit,
    OptionalType,
    RecordType,
    RoleType,
    Unit,
)


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
            case SameMoney(left_unit=left, right_unit=right) if value.is_negated is not holds:
                learn_equal(left, right, scope)
            case Comparison(left=left, right=right) if value.comparator == (
                "==" if holds else "!="
            ):
                learn_equal(left, right, scope)


def learn_equal(left: Value, right: Value, scope: Scope) -> None:
    """Add that two records, parties or Currency values are one."""
    first, second = path_of(left, scope), path_of(right, scope)
    if first is not None and second is not None:
        learn_equal_paths(first, second, scope)


def path_of(value: Value, scope: Scope) -> Unit | None:
    """Return the fixed path to a record or a party, or the unit that a Currency is.

    None if it may change.
    """
    if value.type == CURRENCY:
        return unit_of_currency(value, scope)
    is_path = value.type == PARTY or isinstance(value.type, RecordType | RoleType)
    return root_of(value, scope) if is_path else None


def learn_let(local: Local, value: Value, scope: Scope) -> None:
    """Add what is known of a new `let`: what it is another name of, what it was made with.

    Call it once, for a local that is never set again.
    """
    if local.number in scope.checking.reassigned:
        return
    path = path_of(value, scope)
    if isinstance(path, FieldUnit):
        scope.checking.unit_roots[local.number] = path
    else:
        learn_held(FieldUnit(local.number, local.name, ()), value, scope)


def learn_held(path: FieldUnit, value: Value, scope: Scope) -> None:
    """Add what is known of a fixed path that holds `value`, and of what stands below it."""
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if (other := path_of(value, scope)) is not None:
            learn_equal_paths(path, other, scope)
        for name, given in fixed_in(value, scope):
            waiting.append((replace(path, fields=(*path.fields, name)), given))


def fixed_in(value: Value, scope: Scope) -> Iterator[tuple[str, Value]]:
    """Yield the keys and fixed fields of a record that is created or looked up, with their values.

    A field that may be missing is left out: no unit hangs on it, even where it is there.
    """
    if not isinstance(value, CreateRecord | RecordLookup):
        return
    symbol = scope.checking.declarations.record(value.record)
    keys = [slot.name for slot in symbol.keys if slot.type != SERIAL]
    if isinstance(value, RecordLookup):
        keys = [slot.name for slot in symbol.keys]
    fields = value.fields if isinstance(value, CreateRecord) else ()
    for name, given in (*zip(keys, value.keys, strict=True), *fields):
        slot = symbol.slots[name]
        if slot.is_fixed and not isinstance(slot.type, OptionalType):
            yield name, given
