"""Elaborate `create R(…)`: a value for every key and field that has no other way to get one.

In come arguments by name; out comes a `CreateRecord`. Fields with a default are left out, an
optional one is missing, a Balance is empty, and a lifecycle is in its first state.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_expression import flat_expression
from servanda.interpreter.check.arguments import matched, values_of
from servanda.interpreter.check.path import KINDS, similar, symbol_at
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import RecordSymbol, SlotSymbol
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.check.wording import all_names
from servanda.interpreter.model import Constant, CreateRecord, Value
from servanda.interpreter.types import (
    ANYTHING,
    SERIAL,
    BalanceType,
    LifecycleType,
    OptionalType,
    Type,
)

EFFECTS = (Place.ACTION, Place.CLAUSE, Place.TIMER)


@value_of.register(tree.Create)
def value_of_create(
    expression: tree.Create,
    scope: Scope,
    wanted: Type | None = None,  # noqa: ARG001 -- a record is what it is
) -> Value:
    """Return the creation of a record."""
    symbol = symbol_at(expression.record.names, scope)
    is_misnamed = expression.record.names[0].text in scope.checking.misnamed
    if is_misnamed or not isinstance(symbol, RecordSymbol):
        if not is_misnamed:
            report_no_record(expression, scope)
        for argument in expression.arguments:
            value_of(argument.value, scope)
        return unknown(expression.span)
    is_allowed = check_place(expression, symbol, scope)
    if any(one.name is None for one in expression.arguments):
        report_unnamed(expression, symbol, scope)
        return unknown(expression.span)
    written = matched(expression.arguments, tuple(symbol.slots.values()), scope, symbol.type.name)
    check_forbidden(written, symbol, scope)
    open_slots = [slot for slot in symbol.slots.values() if why_not_given(slot, symbol) is None]
    absent = [slot for slot in open_slots if slot.name not in written and is_needed(slot)]
    # A name that fills nothing was probably meant for what is absent: it is reported alone.
    if absent and is_allowed and len(written) == len(expression.arguments):
        report_absent(expression, symbol, absent, scope)
    values = values_of(written, open_slots, scope)
    for slot in open_slots:
        if slot.name not in values and isinstance(slot.type, OptionalType) and not slot.has_default:
            values[slot.name] = Constant(type=slot.type, span=expression.span, value=None)
    is_whole = all(slot.name in values for slot in open_slots if slot.is_key)
    if absent or not is_allowed or not is_whole:
        return unknown(expression.span)
    return CreateRecord(
        type=symbol.type,
        span=expression.span,
        record=symbol.type,
        keys=tuple(values[slot.name] for slot in symbol.keys if slot.name in values),
        fields=tuple(
            (slot.name, values[slot.name])
            for slot in symbol.slots.values()
            if slot.name in values and not slot.is_key
        ),
    )


def report_no_record(expression: tree.Create, scope: Scope) -> None:
    """Report a `create` of what is no record."""
    written = ".".join(name.text for name in expression.record.names)
    symbol = symbol_at(expression.record.names, scope)
    if symbol is None and len(expression.record.names) == 1:
        scope.checking.misnamed.add(written)
    symbols = scope.checking.declarations.symbols
    advice = did_you_mean(
        written, [name for name, one in symbols.items() if isinstance(one, RecordSymbol)]
    )
    if symbol is not None:
        others: tuple[Label, ...] = (
            Label(symbol.span, f"`{written}` is {KINDS[type(symbol)][0]}"),
        )
    else:
        others = similar(advice, scope)
    scope.report(
        "E0222",
        f"unknown record `{written}`" if symbol is None else f"`{written}` is no record",
        expression.record.span,
        "no record of this name",
        others=others,
        advice=advice or f"declare it: `record {written}[key: Text]`",
    )


def check_place(expression: tree.Create, symbol: RecordSymbol, scope: Scope) -> bool:
    """Report a `create` where nothing may be changed; return whether it may stand here."""
    if scope.place not in EFFECTS:
        is_script = scope.place is Place.SCRIPT
        scope.report(
            "E0220",
            "a record is only created in an action, a clause or a timer",
            expression.span,
            "nothing is changed here",
            advice="let a party do an action that creates it"
            if is_script
            else "move `create` into a clause or an action",
        )
        return False
    if symbol.type.contract != scope.checking.declarations.contract:
        scope.report(
            "E0220",
            f"a record of `{symbol.type.contract}` is created by that contract alone",
            expression.span,
            "a record of another contract",
            advice=f"call an action of `{symbol.type.contract}` that creates it",
        )
        return False
    return True


def report_unnamed(expression: tree.Create, symbol: RecordSymbol, scope: Scope) -> None:
    """Report arguments without a name, once, and write the whole call with names."""
    arguments = expression.arguments
    given = {one.name.text for one in arguments if one.name is not None}
    open_slots = [one for one in symbol.slots.values() if why_not_given(one, symbol) is None]
    # As many as are needed are meant in order; of more, those with a default are meant as well.
    needed = [one for one in open_slots if is_needed(one)]
    meant = needed if len(arguments) <= len(needed) else open_slots
    waiting = [one for one in meant if one.name not in given]
    written: list[str] = []
    for argument in arguments:
        slot = symbol.slots.get(argument.name.text) if argument.name else None
        if argument.name is None and waiting:
            slot = waiting.pop(0)
        name = argument.name.text if argument.name else slot.name if slot else "field"
        written.append(f"{name}: {flat_expression(argument.value)}")
        value_of(argument.value, scope, slot.type if slot else ANYTHING)
    written += [f"{one.name}: …" for one in waiting if is_needed(one)]
    path = ".".join(name.text for name in expression.record.names)
    scope.report(
        "E0308",
        "a `create` names every field that it gives",
        next(one.span for one in arguments if one.name is None),
        "which field this is for is not known",
        others=(Label(symbol.span, f"`{symbol.type.name}` is declared here"),),
        advice=f"write `create {path}({', '.join(written)})`",
    )


def why_not_given(slot: SlotSymbol, symbol: RecordSymbol) -> str | None:
    """Return why a `create` does not give this field, or None if it may."""
    if slot.is_key and slot.type == SERIAL:
        return "the chain gives this key, in order from 1"
    if isinstance(slot.type, BalanceType):
        return "a Balance begins empty, and money is moved or issued to it"
    if isinstance(slot.type, LifecycleType) and slot.name == symbol.lifecycle_field:
        return (
            f"a record begins in the first state, `{slot.type.states[0]}`"
            if (slot.type.states)
            else "a record begins in the first state"
        )
    return None


def is_needed(slot: SlotSymbol) -> bool:
    """Whether a key or field has no value unless a `create` gives one."""
    if slot.is_key:
        return slot.type not in (SERIAL, ANYTHING)
    # What a field of an unknown type begins with is unknown as well.
    begins_by_itself = isinstance(slot.type, BalanceType | LifecycleType | OptionalType)
    return not begins_by_itself and slot.type != ANYTHING and not slot.has_default


def check_forbidden(written: dict[str, tree.Argument], symbol: RecordSymbol, scope: Scope) -> None:
    """Report fields that a `create` may not give."""
    for slot in symbol.slots.values():
        why = why_not_given(slot, symbol)
        argument = written.get(slot.name)
        if why is None or argument is None:
            continue
        scope.report(
            "E0325",
            f"`{slot.name}` is not given to a new `{symbol.type.name}`",
            argument.span,
            why,
            others=(Label(slot.span, f"`{slot.name}` is declared here"),),
            advice=f"remove `{slot.name}: …`",
        )


def report_absent(
    expression: tree.Create, symbol: RecordSymbol, absent: list[SlotSymbol], scope: Scope
) -> None:
    """Report fields that have no value."""
    names = all_names(slot.name for slot in absent)
    scope.report(
        "E0324",
        f"a new `{symbol.type.name}` needs {names}",
        expression.span,
        f"{names} not given",
        others=tuple(Label(slot.span, f"`{slot.name}` has no default") for slot in absent[:3]),
        advice=f"add `{absent[0].name}: …`",
    )
