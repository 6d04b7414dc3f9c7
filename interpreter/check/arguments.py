"""Elaborate arguments: by position or by name, each fitted to its parameter.

In come the arguments of a call and the slots that they fill; out come values in the order of the
slots. A unit that hangs on another parameter (`amount: Amount of payment.currency`) is seen from
the argument given for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.field import report_no_unit
from servanda.interpreter.check.fit import converted, fit
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.sealed import wanted_of
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import SlotSymbol
from servanda.interpreter.check.unit import substituted, unit_in, with_unit
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.check.wording import all_names, count_of
from servanda.interpreter.model import Constant, Conversion, Convert, Value
from servanda.interpreter.types import (
    ANY_UNIT,
    ANYTHING,
    INT,
    SERIAL,
    FieldUnit,
    FixedUnit,
    ListType,
    OptionalType,
    RecordType,
    SetType,
    Type,
    sealed_in,
)


def arguments_of(
    arguments: Sequence[tree.Argument],
    parameters: Sequence[SlotSymbol],
    scope: Scope,
    callee_name: str,
    span: Span,
    *,
    is_external: bool = False,
) -> tuple[Value, ...]:
    """Return a value for each parameter, in their order; what is wrong is reported and unknown.

    With `is_external` (what a party does) a record may be given by its key.
    """
    written = matched(arguments, parameters, scope, callee_name)
    absent = [one for one in parameters if one.name not in written]
    # An argument that fills nothing was probably meant for what is absent: it is reported alone.
    if absent and len(written) == len(arguments):
        report_absent(absent, parameters, scope, callee_name, span)
    given = values_of(written, parameters, scope, is_external=is_external)
    return tuple(given.get(one.name, unknown(span)) for one in parameters)


def matched(
    arguments: Sequence[tree.Argument],
    parameters: Sequence[SlotSymbol],
    scope: Scope,
    callee_name: str,
) -> dict[str, tree.Argument]:
    """Return the argument written for each parameter, reporting those that fill none."""
    found: dict[str, tree.Argument] = {}
    names = {one.name for one in parameters}
    named: tree.Argument | None = None
    for place, argument in enumerate(arguments):
        if argument.name is not None:
            named = named or argument
            name = argument.name.text
            if name not in names:
                report_unknown_argument(argument.name, parameters, scope, callee_name)
                value_of(argument.value, scope)
                continue
        elif named is not None:
            scope.report(
                "E0331",
                "an argument without a name follows one with a name",
                argument.span,
                "which parameter this is for is not known",
                others=(Label(named.span, "this one has a name"),),
                advice="name this one too, or write it before those with names",
            )
            value_of(argument.value, scope)
            continue
        elif place >= len(parameters):
            report_too_many(arguments, parameters, scope, callee_name, argument)
            value_of(argument.value, scope)
            continue
        else:
            name = parameters[place].name
        if name in found:
            scope.report(
                "E0309",
                f"`{name}` is given twice",
                argument.span,
                "given again",
                others=(Label(found[name].span, "given first here"),),
                advice="remove one of the two",
            )
            value_of(argument.value, scope)
            continue
        found[name] = argument
    return found


def report_unknown_argument(
    name: tree.Name, parameters: Sequence[SlotSymbol], scope: Scope, callee_name: str
) -> None:
    """Report an argument for a parameter that is not there."""
    names = [one.name for one in parameters]
    # Of a record its fields are told of once, whether they are read or given.
    if not scope.checking.is_first(callee_name, name.text):
        return
    advice = did_you_mean(name.text, names)
    scope.report(
        "E0218",
        f"`{callee_name}` takes no `{name.text}`",
        name.span,
        "nothing of this name is asked for",
        others=tuple(
            Label(one.span, "a similar name is declared here")
            for one in parameters
            if f"`{one.name}`" in advice
        ),
        advice=advice
        or (f"it takes {', '.join(f'`{one}`' for one in names)}" if names else "remove it"),
    )


def report_too_many(
    arguments: Sequence[tree.Argument],
    parameters: Sequence[SlotSymbol],
    scope: Scope,
    callee_name: str,
    first: tree.Argument,
) -> None:
    """Report arguments beyond the last parameter, once."""
    if first is not arguments[len(parameters)]:
        return
    shown = ", ".join(one.name for one in parameters)
    scope.report(
        "E0308",
        f"`{callee_name}` takes {count_of(len(parameters), 'argument')}, not {len(arguments)}",
        first.span.to(arguments[-1].span),
        "more than it takes",
        others=declared(parameters),
        advice=f"write `{callee_name}({shown})`",
    )


def report_absent(
    absent: Sequence[SlotSymbol],
    parameters: Sequence[SlotSymbol],
    scope: Scope,
    callee_name: str,
    span: Span,
) -> None:
    """Report parameters for which nothing is given."""
    names = all_names(one.name for one in absent)
    shown = ", ".join(one.name for one in parameters)
    scope.report(
        "E0308",
        f"`{callee_name}` needs a value for {names}",
        span,
        f"{names} not given",
        others=declared(absent),
        advice=f"write `{callee_name}({shown})`",
    )


def declared(parameters: Sequence[SlotSymbol]) -> tuple[Label, ...]:
    """Return where the first of these parameters is declared."""
    return (Label(parameters[0].span, "declared here"),) if parameters else ()


def values_of(
    written: Mapping[str, tree.Argument],
    slots: Sequence[SlotSymbol],
    scope: Scope,
    *,
    is_external: bool = False,
) -> dict[str, Value]:
    """Return the values for slots, those first on which the units of others hang."""
    found: dict[str, Value] = {}
    hanging = [slot for slot in slots if hangs_on_others(slot)]
    free = [slot for slot in slots if slot not in hanging]
    for slot in (*free, *hanging):
        argument = written.get(slot.name)
        if argument is None:
            continue
        if sealed_in(slot.type) is not None:
            take = value_to_seal if is_external else sealed_value
            found[slot.name] = take(slot, argument, found, scope)
            continue
        wanted = slot.type if slot in free else substituted(slot.type, found, scope)
        if is_external and slot in hanging and not is_settled_now(wanted):
            found[slot.name] = value_with_unit(slot, argument, scope)
            continue
        if wanted is None:
            found[slot.name] = value_of_unknown_unit(slot, argument, found, scope)
            continue
        place = argument.value.span
        label = Label(slot.span, f"`{slot.name}` is declared here")
        value = value_of(argument.value, scope, wanted)
        keyed = by_key(value, wanted, scope) if is_external else None
        found[slot.name] = (
            keyed
            if keyed is not None
            else fit(value, wanted, scope, f"`{slot.name}`", place, label)
        )
    return found


def hangs_on_others(slot: SlotSymbol) -> bool:
    """Whether what is wanted for a slot depends on what is given for others."""
    return isinstance(unit_in(slot.type), FieldUnit) or sealed_in(slot.type) is not None


def sealed_value(
    slot: SlotSymbol, argument: tree.Argument, found: Mapping[str, Value], scope: Scope
) -> Value:
    """Return a sealed value that a contract passes on to those who must be able to read it."""
    span = argument.value.span
    value = value_of(argument.value, scope, slot.type)
    wanted = wanted_of(slot, found, span, scope)
    if wanted is None:
        return unknown(span)
    label = Label(slot.span, f"`{slot.name}` is declared here")
    return fit(value, wanted, scope, f"`{slot.name}`", span, label)


def value_to_seal(
    slot: SlotSymbol, argument: tree.Argument, _: Mapping[str, Value], scope: Scope
) -> Value:
    """Return the value that a party seals before it leaves, or one that is sealed already.

    Whether that is open to whom it must be is known when it arrives.
    """
    sealed, span = sealed_in(slot.type), argument.value.span
    assert sealed is not None, "the parameter is sealed"
    held = OptionalType(sealed.held) if isinstance(slot.type, OptionalType) else sealed.held
    value = value_of(argument.value, scope, held)
    label = Label(slot.span, f"`{slot.name}` is declared here")
    passed_on = sealed_in(value.type)
    if passed_on is not None:
        is_same = passed_on.held == sealed.held
        return value if is_same else fit(value, slot.type, scope, f"`{slot.name}`", span, label)
    if isinstance(argument.value, tree.MissingLiteral) and held != sealed.held:
        return Constant(type=slot.type, span=span, value=None)
    keyed = by_key(value, sealed.held, scope)
    plain = keyed or fit(value, sealed.held, scope, f"`{slot.name}`", span, label)
    if plain.type == ANYTHING:
        return plain
    return Convert(type=sealed, span=span, conversion=Conversion.SEAL, operand=plain)


def is_settled_now(wanted: Type | None) -> bool:
    """Whether the unit that is wanted is known before anything runs."""
    return wanted is not None and isinstance(unit_in(wanted), FixedUnit)


def value_with_unit(slot: SlotSymbol, argument: tree.Argument, scope: Scope) -> Value:
    """Return an Amount in the unit that it has: what a party does is compared when it runs."""
    value = value_of(argument.value, scope)
    span = argument.value.span
    label = Label(slot.span, f"`{slot.name}` is declared here")
    # What has no unit is nothing: a bare 0, a list of none or of zeros, `missing`.
    own = with_unit(slot.type, unit_in(value.type) or ANY_UNIT)
    found = converted(value, own, scope)
    return found or fit(value, slot.type, scope, f"`{slot.name}`", span, label)


def value_of_unknown_unit(
    slot: SlotSymbol, argument: tree.Argument, found: Mapping[str, Value], scope: Scope
) -> Value:
    """Report money whose unit hangs on an argument that has no fixed name here, unless it is 0."""
    nothing = converted(value_of(argument.value, scope), with_unit(slot.type, ANY_UNIT), scope)
    if nothing is not None:
        return nothing
    unit = unit_in(slot.type)
    assert isinstance(unit, FieldUnit), "only such a unit hangs on another argument"
    holder = (unit.root_name, *unit.fields)[0 if unit.root_name else 1]
    # Where that argument is itself wrong or absent, one mistake is reported once.
    if holder in found and found[holder].type != ANYTHING:
        label = Label(slot.span, f"`{slot.name}` is declared here")
        report_no_unit(slot.name, slot.type, label, argument.span, scope)
    return unknown(argument.span)


def by_key(value: Value, wanted: Type, scope: Scope) -> Value | None:
    """Return the key of a record where the record is wanted, or None if it is no key."""
    key = key_instead(wanted, scope)
    if key is None or converted(value, wanted, scope) is not None:
        return None
    found = converted(value, key, scope)
    return found if found is not None else by_key(value, key, scope)


def key_instead(wanted: Type, scope: Scope) -> Type | None:
    """Return the type of the key by which a record is named, also in lists, sets and optionals."""
    match wanted:
        case RecordType():
            keys = scope.checking.declarations.record(wanted).keys
            if len(keys) != 1:
                return None
            return INT if keys[0].type == SERIAL else keys[0].type
        case OptionalType(base=base):
            return key_instead(base, scope)
        case ListType(item=item):
            key = key_instead(item, scope)
            return None if key is None else ListType(key)
        case SetType(item=item):
            key = key_instead(item, scope)
            return None if key is None else SetType(key)
        case _:
            return None


def seen_from_call(
    shown: Type, parameters: Sequence[SlotSymbol], values: Sequence[Value], scope: Scope
) -> Type | None:
    """Return the type of a result, its unit seen from the arguments of the call."""
    given = {slot.name: value for slot, value in zip(parameters, values, strict=True)}
    return substituted(shown, given, scope)
