"""Effects from tree to model: fields that are set, states, money, events and notices.

In comes a statement that changes something; out comes its step. A field may be set only by the
contract whose record it is, money only by `move`, `issue` and `retire`, a state only along arrows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_expression import flat_expression
from servanda.interpreter.check.body import Course, report
from servanda.interpreter.check.branch import listed
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.expression import arguments_of, fit, fitted, value_of
from servanda.interpreter.check.facts import forget_changed
from servanda.interpreter.check.known_states import states_before
from servanda.interpreter.check.learn import learn
from servanda.interpreter.check.misfit import how_to_agree
from servanda.interpreter.check.path import similar
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import EventSymbol, LifecycleSymbol, SlotSymbol
from servanda.interpreter.check.unit import currency_value
from servanda.interpreter.model import (
    BecomeStep,
    Bound,
    Constant,
    EmitStep,
    FieldValue,
    IsAbsent,
    IssueStep,
    MoveStep,
    NotifyStep,
    RetireStep,
    SetField,
    Statement,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    MISSING,
    PARTY,
    TEXT,
    AmountType,
    BalanceType,
    FixedUnit,
    LifecycleType,
    OptionalType,
    RecordType,
    Unit,
    show_type,
    show_unit,
)

Effect = tree.Becomes | tree.Move | tree.Issue | tree.Retire | tree.Emit | tree.Notify


class Target(NamedTuple):
    """A field that something is done to, as it is read and as it is declared."""

    value: FieldValue
    slot: SlotSymbol


def check_effect(statement: Effect, scope: Scope, course: Course) -> tuple[Statement, ...]:
    """Return the step of a statement with an effect; nothing where it makes no sense."""
    step: Statement | None
    match statement:
        case tree.Becomes():
            step = check_becomes(statement, scope, course)
        case tree.Move():
            step = check_move(statement, scope)
        case tree.Issue():
            step = check_issue(statement, scope)
        case tree.Retire():
            step = check_retire(statement, scope)
        case tree.Emit():
            step = check_emit(statement, scope)
        case _:
            step = check_notify(statement, scope)
    return () if step is None else (step,)


def target_of(expression: tree.Expression, scope: Scope, what: str) -> Target | None:
    """Return the field of an own record that `expression` names, or report what it is instead."""
    value = value_of(expression, scope)
    if value.type == ANYTHING:
        return None
    if not isinstance(value, FieldValue):
        report(
            scope,
            "E0361",
            f"{what} must be a field of a record",
            expression.span,
            f"a value of type `{show_type(value.type)}`, held nowhere",
            help="name a record and its field, as in `account.frozen`",
        )
        return None
    declarations = scope.checking.declarations
    slot = declarations.record(value.record).slots[value.field]
    if value.record.contract != declarations.contract:
        report(
            scope,
            "E0362",
            f"only `{value.record.contract}` changes its records",
            expression.span,
            f"a field of a record of `{value.record.contract}`",
            Label(slot.span, "declared there"),
            help="call an action of that contract",
        )
        return None
    return Target(value, slot)


def check_field(statement: tree.Assign, scope: Scope, course: Course) -> tuple[Statement, ...]:
    """Set a field that is no key, no money and no state."""
    target = target_of(statement.target, scope, "what is set")
    if target is None or not may_be_set(target, statement, scope):
        return ()
    place, slot = target
    if isinstance(slot.type, OptionalType) and not isinstance(place.type, OptionalType):
        # A guard says what the field holds, not what it may be made to hold.
        place = replace(place, type=OptionalType(place.type))
    value = value_of(statement.value, scope, place.type)
    is_there = value.type not in (MISSING, ANYTHING) and not isinstance(value.type, OptionalType)
    value = fit(value, place.type, scope, f"`{slot.name}`", statement.value.span)
    check_bound(value, slot.bound, slot, scope)
    forget_changed(scope, slot.name)
    if isinstance(place.type, RecordType) or (
        isinstance(place.type, OptionalType) and isinstance(place.type.base, RecordType)
    ):
        course.states.forget_paths()
    if is_there and isinstance(place.type, OptionalType):
        held = IsAbsent(type=BOOL, span=place.span, operand=place, is_negated=True)
        learn(held, scope, is_true=True)
    return (SetField(place, value, span=statement.span),)


def may_be_set(target: Target, statement: tree.Assign, scope: Scope) -> bool:
    """Report a field that `=` may not change."""
    place, slot = target
    span, name = statement.target.span, slot.name
    shown = flat_expression(statement.target)
    declared = Label(slot.span, "declared here")
    if slot.is_key:
        report(
            scope,
            "E0358",
            f"the key `{name}` of a record never changes",
            span,
            "a key",
            declared,
            help="create another record, or make it a field",
        )
    elif isinstance(slot.type, BalanceType):
        report(
            scope,
            "E0359",
            f"money is moved, never assigned: `{name}` is a Balance",
            span,
            "a Balance",
            declared,
            help=f"write `move … from … to …`, `issue … to ….{name}` or `retire … from ….{name}`",
        )
    elif isinstance(slot.type, LifecycleType):
        report(
            scope,
            "E0360",
            f"a state changes along arrows: `{name}` is set by `becomes`",
            span,
            f"in the lifecycle `{slot.type.name}`",
            declared,
            help=f"write `{shown} becomes {flat_expression(statement.value)}`",
        )
    else:
        assert not isinstance(place.type, BalanceType), "a Balance is read as an Amount"
        return True
    return False


def check_bound(value: Value, bound: Bound | None, slot: SlotSymbol, scope: Scope) -> None:
    """Report a constant that its field can never hold."""
    if bound is None or not isinstance(value, Constant) or value.type == ANYTHING:
        return
    given = value.value
    if given is None or is_within(given, bound):
        return
    report(
        scope,
        "E0363",
        f"`{slot.name}` never holds this value",
        value.span,
        "outside its bounds",
        Label(slot.span, "its bounds are declared here"),
        help="write a value within the bounds, or widen them",
    )


def is_within(value: object, bound: Bound) -> bool:
    """Whether a run-time value lies within a bound."""
    if bound.names is not None:
        return value in bound.names
    low, high = bound.low, bound.high
    if low is not None and value < low:  # type: ignore[operator]
        return False
    if high is None:
        return True
    if bound.is_high_open:
        return bool(value < high)  # type: ignore[operator]
    return bool(value <= high)  # type: ignore[operator]


def check_becomes(statement: tree.Becomes, scope: Scope, course: Course) -> Statement | None:
    """Move a state along an arrow that exists, from where the record may be."""
    target = target_of(statement.target, scope, "what `becomes` changes")
    if target is None:
        return None
    place, slot = target
    lifecycle = slot.type
    if not isinstance(lifecycle, LifecycleType):
        report(
            scope,
            "E0364",
            f"`{slot.name}` has no states",
            statement.target.span,
            f"of type `{show_type(slot.type)}`",
            Label(slot.span, "declared here"),
            help=f"write `….{slot.name} = …`, or give it a lifecycle",
        )
        return None
    state = fitted(statement.state, lifecycle, scope, f"a state of `{lifecycle.name}`")
    symbol = scope.checking.declarations.find(lifecycle.name)
    if isinstance(symbol, LifecycleSymbol) and symbol.type == lifecycle:
        check_arrow(place, symbol, state, scope, course)
    is_known = isinstance(state, Constant) and isinstance(state.value, str)
    reached = (str(state.value),) if isinstance(state, Constant) and is_known else lifecycle.states
    course.states.set(place, reached)
    forget_changed(scope, slot.name)
    return BecomeStep(place, lifecycle, state, span=statement.span)


def check_arrow(
    place: FieldValue, symbol: LifecycleSymbol, state: Value, scope: Scope, course: Course
) -> None:
    """Report a state that no arrow leads to from where the record certainly is."""
    if not isinstance(state, Constant) or not isinstance(state.value, str):
        return
    if any(one.code == "E0259" for one in scope.checking.diagnostics):
        return  # An arrow that leads nowhere is reported: it may be the one that is lacking here.
    known = course.states.of(place)
    sources, here = states_before(known, symbol.arrows, state.value)
    declared = Label(symbol.span, f"the arrows of `{symbol.type.name}` are declared here")
    if not sources:
        report(
            scope,
            "E0406",
            f"no arrow leads to `{state.value}`",
            state.span,
            "a record is never moved here",
            declared,
            help=f"add an arrow to `{state.value}` in `lifecycle {symbol.type.name}`",
        )
    elif here and not set(here) & set(sources):
        where = listed(here, "or")
        report(
            scope,
            "E0407",
            f"no arrow leads from {where} to `{state.value}`",
            state.span,
            f"the record is {where} here",
            declared,
            help=f"arrows to `{state.value}` lead from {listed(sources)}: ask for the state "
            "first, or add an arrow",
        )


def balance_of(expression: tree.Expression, scope: Scope, what: str) -> Target | None:
    """Return the Balance field that `expression` names."""
    target = target_of(expression, scope, what)
    if target is None or isinstance(target.slot.type, BalanceType):
        return target
    report(
        scope,
        "E0365",
        f"`{target.slot.name}` is no Balance",
        expression.span,
        f"of type `{show_type(target.slot.type)}`",
        Label(target.slot.span, "declared here"),
        help="name a field of type `Balance of …`: only there does money lie",
    )
    return None


def unit_of(target: Target) -> Unit | None:
    """Return the unit of a Balance, as seen from where it is named."""
    held = target.value.type
    return held.unit if isinstance(held, AmountType | BalanceType) else None


def amount_in(expression: tree.Expression, unit: Unit | None, scope: Scope, what: str) -> Value:
    """Return an Amount of the unit of a Balance."""
    if unit is None:
        return value_of(expression, scope, ANYTHING)
    return fitted(expression, AmountType(unit), scope, what)


def check_move(statement: tree.Move, scope: Scope) -> Statement | None:
    """Move money between two balances of one unit."""
    source = balance_of(statement.source, scope, "where money comes from")
    target = balance_of(statement.target, scope, "where money goes to")
    known = source or target
    if known is None:
        return None
    amount = amount_in(statement.amount, unit_of(known), scope, "the amount moved")
    if source is None or target is None:
        return None
    source_unit, target_unit = unit_of(source), unit_of(target)
    if source_unit is None or target_unit is None:
        return None
    if not same_unit(source_unit, target_unit, scope):
        report(
            scope,
            "E0366",
            f"money of `{show_unit(source_unit)}` cannot be moved into a Balance "
            f"of `{show_unit(target_unit)}`",
            statement.target.span,
            f"a Balance of `{show_unit(target_unit)}`",
            Label(statement.source.span, f"a Balance of `{show_unit(source_unit)}`"),
            help="move between balances of one unit"
            if isinstance(source_unit, FixedUnit) and isinstance(target_unit, FixedUnit)
            else how_to_agree(source_unit, target_unit, scope),
        )
        return None
    return MoveStep(amount, source.value, target.value, span=statement.span)


def check_issue(statement: tree.Issue, scope: Scope) -> Statement | None:
    """Bring money into being."""
    target = balance_of(statement.target, scope, "where money is issued to")
    unit = unit_of(target) if target else None
    amount = amount_in(statement.amount, unit, scope, "the amount issued")
    if target is None or unit is None:
        return None
    currency = currency_value(unit, scope, statement.target.span)
    return IssueStep(amount, target.value, unit, currency, span=statement.span)


def check_retire(statement: tree.Retire, scope: Scope) -> Statement | None:
    """Take money out of being."""
    source = balance_of(statement.source, scope, "where money is retired from")
    unit = unit_of(source) if source else None
    amount = amount_in(statement.amount, unit, scope, "the amount retired")
    if source is None or unit is None:
        return None
    currency = currency_value(unit, scope, statement.source.span)
    return RetireStep(amount, source.value, unit, currency, span=statement.span)


def check_emit(statement: tree.Emit, scope: Scope) -> Statement | None:
    """Emit an event of this contract."""
    checking = scope.checking
    name = statement.event.names[-1]
    symbol = checking.declarations.symbols.get(name.text)
    if name.text in checking.misnamed:
        for argument in statement.arguments:
            value_of(argument.value, scope)
        return None
    if len(statement.event.names) > 1 or not isinstance(symbol, EventSymbol):
        events = [
            one for one, kind in checking.declarations.symbols.items()
            if isinstance(kind, EventSymbol)
        ]  # fmt: skip
        is_foreign = len(statement.event.names) > 1
        advice = did_you_mean(name.text, events)
        if symbol is None and not is_foreign:
            checking.misnamed.add(name.text)
        report(
            scope,
            "E0262",
            "a contract emits only its own events"
            if is_foreign
            else f"unknown event `{name.text}`",
            statement.event.span,
            "no event of this contract",
            *([Label(symbol.span, "this is no event")] if symbol and not is_foreign else []),
            *similar(advice, scope),
            help=advice or f"declare it in this contract: `event {name.text}(…)`",
        )
        return None
    checking.used_names.add(name.text)
    values = arguments_of(statement.arguments, symbol.parameters, scope, name.text, statement.span)
    return EmitStep(name.text, values, span=statement.span)


def check_notify(statement: tree.Notify, scope: Scope) -> Statement | None:
    """Send a notice to one party."""
    party = fitted(statement.party, PARTY, scope, "the party that is notified")
    text = fitted(statement.text, TEXT, scope, "a notice")
    return NotifyStep(party, text, span=statement.span)
