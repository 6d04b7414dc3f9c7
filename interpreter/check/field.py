"""Elaborate what is read from a value: `payment.payer`, `row.time`, `o.Standing.Grey`, `R[key]`.

In come members and lookups of the tree; out come model values. A chain of members of any length is
read in a loop, from its first name on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.facts import event_of
from servanda.interpreter.check.fit import fitted, settled
from servanda.interpreter.check.misfit import origin
from servanda.interpreter.check.path import (
    KINDS,
    declared_names,
    mark_owner,
    members_of,
    names_of,
    present,
    report_no_such_name,
    symbol_of,
    value_of_symbol,
)
from servanda.interpreter.check.proof import report_key_only, shown_as_read
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ContractSymbol,
    EnumSymbol,
    LifecycleSymbol,
    RecordSymbol,
    Symbol,
)
from servanda.interpreter.check.unit import (
    as_read,
    field_of_this,
    outputs_of,
    substituted,
    unit_in,
)
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.check.wording import count_of
from servanda.interpreter.model import (
    Constant,
    FieldValue,
    LocalValue,
    OutputValue,
    RecordLookup,
    RowCell,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    INT,
    SERIAL,
    TEXT,
    EventType,
    ListType,
    OutputsType,
    RecordType,
    RowType,
    SetType,
    ShownType,
    Type,
    show_type,
    show_unit,
)


@value_of.register(tree.Member)
def value_of_member(
    expression: tree.Member,
    scope: Scope,
    wanted: Type | None = None,  # noqa: ARG001 -- what is read has its own type
) -> Value:
    """Return what a chain of members reads."""
    members: list[tree.Member] = []
    first: tree.Expression = expression
    while isinstance(first, tree.Member):
        members.append(first)
        first = first.object
    members.reverse()
    value, used_count = declared_value(first, members, scope)
    if value is None:
        value = value_of(first, scope)
    for member in members[used_count:]:
        value = field_of(value, member.name, member.span, scope)
    return value


def declared_value(
    first: tree.Expression, members: Sequence[tree.Member], scope: Scope
) -> tuple[Value | None, int]:
    """Return what `Enum.Name` or `o.Name` stands for, and how many members that takes."""
    symbol = symbol_of(first, scope)
    if is_misnamed(first, scope):
        return None, 0
    for count, member in enumerate(members, start=1):
        name = member.name
        if isinstance(symbol, EnumSymbol | LifecycleSymbol):
            return name_of_set(symbol, name, member.span, scope), count
        if not isinstance(symbol, ContractSymbol):
            return None, 0
        inner = symbol.declarations.symbols.get(name.text)
        if inner is None:
            owners = symbol.declarations.owners_of(name.text)
            if owners:
                return Constant(type=owners[0].type, span=member.span, value=name.text), count
            report_unknown_member(symbol, name, scope)
            return unknown(member.span), count
        symbol = inner
        is_read_on = isinstance(symbol, ContractSymbol | EnumSymbol | LifecycleSymbol)
        if not is_read_on or count == len(members):
            return value_of_symbol(symbol, name, scope), count
    return None, 0


def is_misnamed(expression: tree.Expression, scope: Scope) -> bool:
    """Whether an expression is a name whose declaration was refused."""
    names = names_of(expression)
    return len(names) == 1 and names[0].text in scope.checking.misnamed


def name_of_set(
    symbol: EnumSymbol | LifecycleSymbol, name: tree.Name, span: Span, scope: Scope
) -> Value:
    """Return a name of an enum or lifecycle, or report that it has none such."""
    mark_owner(symbol.type, scope)
    if name.text in members_of(symbol):
        return Constant(type=symbol.type, span=span, value=name.text)
    report_no_such_name(name, symbol.type, scope)
    return unknown(span)


def report_unknown_member(symbol: ContractSymbol, name: tree.Name, scope: Scope) -> None:
    """Report that a contract declares nothing of this name."""
    contract = symbol.declarations.contract
    scope.report(
        "E0219",
        f"`{contract}` declares no `{name.text}`",
        name.span,
        f"not declared by `{contract}`",
        others=(Label(symbol.span, f"`{contract}` is used here"),),
        advice=did_you_mean(name.text, declared_names(symbol.declarations))
        or f"write a name that `{contract}` declares",
    )


def field_of(value: Value, name: tree.Name, span: Span, scope: Scope) -> Value:
    """Return what `value.name` reads; the span is that of the whole."""
    if value.type == ANYTHING:
        return unknown(span)
    value = settled(value, scope, f"asked for its `{name.text}`")
    read = value.type
    if read == ANYTHING:
        return unknown(span)
    if isinstance(read, RecordType):
        return field_of_record(value, read, name, span, scope)
    if isinstance(read, RowType) and isinstance(value, LocalValue):
        return RowCell(type=TEXT, span=span, local=value.local, column=name.text)
    if isinstance(read, OutputsType | EventType):
        return output_of(value, name, span, scope)
    is_many = isinstance(read, ListType | SetType)
    scope.report(
        "E0314",
        f"a value of type {show_type(read)} has no fields",
        name.span,
        f"`{name.text}` is asked of {show_type(read)}",
        others=origin(value, scope),
        advice=how_to_ask(value, name.text, scope)
        or ("go through it: `for x in …`" if is_many else f"remove `.{name.text}`"),
    )
    return unknown(span)


def how_to_ask(value: Value, name: str, scope: Scope) -> str:
    """Return how a party of a script does an action that is asked of it as of an object."""
    is_action = any(
        isinstance(one.symbols.get(name), ActionSymbol)
        for one in scope.checking.declarations.opened
    )
    if not is_action or not isinstance(value, LocalValue):
        return ""
    return f"write `{value.local.name} does {name}(…)`"


def field_of_record(
    value: Value, record: RecordType, name: tree.Name, span: Span, scope: Scope
) -> Value:
    """Return a key or field of a record; its unit is seen from where the record is."""
    symbol = scope.checking.declarations.record(record)
    slot = symbol.slots.get(name.text)
    if slot is None:
        report_no_field(name, record.name, symbol.slots, symbol.span, scope)
        return unknown(span)
    read = field_of_this(as_read(slot.type), value, scope)
    if read is None:
        report_no_unit(name.text, slot.type, Label(slot.span, "declared here"), span, scope)
        return unknown(span)
    found = FieldValue(type=read, span=span, object=value, record=record, field=name.text)
    return present(found, scope)


def report_no_field(
    name: tree.Name, holder: str, known: Iterable[str], declared: Span | None, scope: Scope
) -> None:
    """Report that a record, an event or a decision has nothing of this name."""
    known = list(known)
    if not scope.checking.is_first(holder, name.text):
        return
    scope.report(
        "E0213",
        f"`{holder}` has no `{name.text}`",
        name.span,
        f"no field of `{holder}`",
        others=(Label(declared, f"`{holder}` is declared here"),) if declared else (),
        advice=did_you_mean(name.text, known)
        or (f"it has {', '.join(f'`{one}`' for one in known)}" if known else "it has no fields"),
    )


def report_no_unit(
    what: str, shown: Type, declared: Label | None, span: Span, scope: Scope
) -> None:
    """Report money whose unit is a field of something that has no fixed name here."""
    unit = unit_in(shown)
    scope.report(
        "E0326",
        f"the unit of `{what}` is not known here",
        span,
        f"its unit is held in `{show_unit(unit) if unit else what}`",
        others=(declared,) if declared else (),
        advice="bind what holds it with `let x = …`, and read from `x`",
    )


def output_of(value: Value, name: tree.Name, span: Span, scope: Scope) -> Value:
    """Return an output of a decision, or what an event tells."""
    outputs = outputs_of(value.type, scope)
    for index, (found, found_type) in enumerate(outputs):
        if found == name.text:
            given: dict[str, Value] = {
                other: OutputValue(type=other_type, span=span, object=value, index=place)
                for place, (other, other_type) in enumerate(outputs)
            }
            read: Type | None = found_type
            if isinstance(value.type, EventType):
                read = substituted(found_type, given, scope)
            elif isinstance(value.type, ShownType):
                read = shown_as_read(value, found_type, name, span, scope)
                if read == ANYTHING:
                    return unknown(span)
            if read is None:
                report_no_unit(name.text, found_type, None, span, scope)
                return unknown(span)
            return present(OutputValue(type=read, span=span, object=value, index=index), scope)
    if isinstance(value.type, ShownType) and not value.type.is_whole:
        report_key_only(value.type, name, span, scope)
        return unknown(span)
    event = event_of(value.type, scope) if isinstance(value.type, EventType) else None
    holder = value.type.decision if isinstance(value.type, OutputsType) else show_type(value.type)
    known = [found for found, _ in outputs]
    report_no_field(name, holder, known, event.span if event else None, scope)
    return unknown(span)


@value_of.register(tree.Index)
def value_of_index(
    expression: tree.Index,
    scope: Scope,
    wanted: Type | None = None,  # noqa: ARG001 -- a record is looked up whatever is wanted
) -> Value:
    """Return the record that `R[key]` looks up."""
    symbol = symbol_of(expression.object, scope)
    if is_misnamed(expression.object, scope):
        return unknown(expression.span)
    if not isinstance(symbol, RecordSymbol):
        report_no_lookup(expression, symbol, scope)
        return unknown(expression.span)
    keys = symbol.keys
    if len(keys) != len(expression.keys):
        shown = ", ".join(f"`{key.name}`" for key in keys)
        scope.report(
            "E0308",
            f"`{symbol.type.name}` has {count_of(len(keys), 'key')}, not {len(expression.keys)}",
            expression.span,
            f"{count_of(len(expression.keys), 'key')} given",
            others=(Label(symbol.span, f"`{symbol.type.name}` is declared here"),),
            advice=f"write a value for {shown}" if shown else "",
        )
        return unknown(expression.span)
    values = tuple(
        fitted(written, INT if key.type == SERIAL else key.type, scope, f"the key `{key.name}`")
        for key, written in zip(keys, expression.keys, strict=True)
    )
    return RecordLookup(type=symbol.type, span=expression.span, record=symbol.type, keys=values)


def report_no_lookup(expression: tree.Index, symbol: Symbol | None, scope: Scope) -> None:
    """Report a lookup in what is no record type."""
    if symbol is not None:
        kind, _ = KINDS[type(symbol)]
        label = f"this is {kind}"
    else:
        value = value_of(expression.object, scope)
        if value.type == ANYTHING:
            return
        label = f"this is a value of type {show_type(value.type)}"
    scope.report(
        "E0315",
        "only a record is looked up by `[key]`",
        expression.object.span,
        label,
        advice="write the name of a record, such as `Account[number]`, or go through it: "
        "`for x in …`",
    )
