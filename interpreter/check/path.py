"""Elaborate names and what is read from them: locals, fields, states, units, `R[key]`.

In come names and paths of the tree; out come model values, or the symbol of what is declared. A
bare name is a local, then a field of `this`, then what is declared, then a state or enum name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.facts import is_known_present
from servanda.interpreter.check.familiar_words import currency_meant, value_meant
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ClauseSymbol,
    ContractSymbol,
    DecisionSymbol,
    Declarations,
    DistantSymbol,
    EnumSymbol,
    EventSymbol,
    LifecycleSymbol,
    ProvableSymbol,
    RecordSymbol,
    RoleSymbol,
    RuleSymbol,
    SlotSymbol,
    Symbol,
    UnitSymbol,
)
from servanda.interpreter.check.unit import as_read, field_of_this
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.model import BlockTime, Constant, FieldValue, Local, LocalValue, Value
from servanda.interpreter.types import (
    CURRENCY,
    DATE,
    TIME,
    EnumType,
    LifecycleType,
    OptionalType,
    RecordType,
    Type,
)
from servanda.interpreter.values.units import ISO_4217

KINDS: dict[type[Symbol], tuple[str, str]] = {
    RoleSymbol: ("a role", "ask `x is {}` for a party x"),
    UnitSymbol: ("a unit", "write it behind a number: `1 {}`"),
    EnumSymbol: ("an enum", "write one of its names"),
    LifecycleSymbol: ("a lifecycle", "write one of its states"),
    RecordSymbol: ("a record", "look one up: `{}[key]`"),
    ProvableSymbol: ("a record on another chain", "take a parameter `Proof of {}`"),
    DistantSymbol: ("out of reach, on another chain", "take a proof of a record of it"),
    EventSymbol: ("an event", "emit it: `emit {}(…)`"),
    RuleSymbol: ("a rule", "call it: `{}(…)`"),
    DecisionSymbol: ("a decision", "call it: `{}(…)`"),
    ClauseSymbol: ("a clause", "call it as a statement: `{}(…)`"),
    ActionSymbol: ("an action", "a party does it: `party does {}(…)`"),
    ContractSymbol: ("a contract", "write what of it: `{}.name`"),
}
"""What each kind of declaration is called, and how it is used."""


def names_of(expression: tree.Expression) -> tuple[tree.Name, ...]:
    """Return `a.b.c` as names; empty if the expression is anything else."""
    names: list[tree.Name] = []
    while isinstance(expression, tree.Member):
        names.append(expression.name)
        expression = expression.object
    if not isinstance(expression, tree.NameReference):
        return ()
    return (expression.name, *reversed(names))


def is_value_name(name: str, scope: Scope) -> bool:
    """Whether a bare name is a local or a field of this record."""
    frame: Scope | None = scope
    while frame is not None:
        if name in frame.locals and frame.locals[name] != frame.this:
            return True
        frame = frame.parent
    return name in slots_of_this(scope)


def slots_of_this(scope: Scope) -> Mapping[str, SlotSymbol]:
    """Return the fields of this record by name, if there is one."""
    if scope.this is None or not isinstance(scope.this.type, RecordType):
        return {}
    return scope.checking.declarations.record(scope.this.type).slots


def symbol_of(expression: tree.Expression, scope: Scope) -> Symbol | None:
    """Return what is declared under the name `A` or `o.A`, marking it used; None for a value."""
    return symbol_at(names_of(expression), scope)


def symbol_at(names: Sequence[tree.Name], scope: Scope) -> Symbol | None:
    """Return what is declared under these names, marking it used."""
    if not names or is_value_name(names[0].text, scope):
        return None
    found = scope.checking.declarations.find_path(name.text for name in names)
    if found is not None:
        scope.checking.used_names.add(names[0].text)
    return found


def declared_names(declarations: Declarations) -> list[str]:
    """Return every declared name with the names of states and enums, for suggestions."""
    found: list[str] = []
    for one in (declarations, *declarations.opened):
        for name, symbol in one.symbols.items():
            found.append(name)
            found += members_of(symbol)
    return found


def members_of(symbol: Symbol) -> tuple[str, ...]:
    """Return the names of an enum or the states of a lifecycle."""
    if isinstance(symbol, EnumSymbol):
        return symbol.type.members
    return symbol.type.states if isinstance(symbol, LifecycleSymbol) else ()


def names_in(wanted: Type | None) -> tuple[str, ...]:
    """Return the names that a value of this type may be."""
    match wanted:
        case EnumType(members=names) | LifecycleType(states=names):
            return names
        case OptionalType(base=base):
            return names_in(base)
    return ()


def base_of(wanted: Type | None) -> Type | None:
    """Return the type without what makes it optional."""
    return wanted.base if isinstance(wanted, OptionalType) else wanted


@value_of.register(tree.NameReference)
def value_of_name(
    expression: tree.NameReference, scope: Scope, wanted: Type | None = None
) -> Value:
    """Return what a bare name stands for."""
    name, span = expression.name, expression.span
    local = None if name.text == "this" else scope.find(name.text)
    if local is not None:
        return present(LocalValue(type=local.type, span=span, local=local), scope)
    if scope.this is not None and (slot := slots_of_this(scope).get(name.text)) is not None:
        return own_field(slot, scope.this, span, scope)
    if name.text in ("now", "today", "due") and (moment := block_time_of(name, scope)) is not None:
        return moment
    if name.text in names_in(wanted):
        guided = base_of(wanted)
        assert guided is not None, "a type with names was wanted"
        mark_owner(guided, scope)
        return Constant(type=guided, span=span, value=name.text)
    if name.text in scope.checking.misnamed:
        return unknown(span)
    symbol = scope.checking.declarations.find(name.text)
    if symbol is not None:
        return value_of_symbol(symbol, name, scope)
    if name.text in ISO_4217:
        return Constant(type=CURRENCY, span=span, value=name.text)
    return value_of_member_name(name, scope, wanted)


def own_field(slot: SlotSymbol, local: Local, span: Span, scope: Scope) -> Value:
    """Return a field of this record."""
    assert isinstance(local.type, RecordType), "only a record has fields of its own"
    this = LocalValue(type=local.type, span=span, local=local)
    read = field_of_this(as_read(slot.type), this, scope)
    assert read is not None, "this record has a fixed name"
    return present(
        FieldValue(type=read, span=span, object=this, record=local.type, field=slot.name), scope
    )


def present(value: Value, scope: Scope) -> Value:
    """Return a value that may be missing as one that is there, if a guard above says so."""
    if isinstance(value.type, OptionalType) and is_known_present(value, scope):
        return replace(value, type=value.type.base)
    return value


def mark_owner(owner: Type, scope: Scope) -> None:
    """Note that a name of this enum or lifecycle is used."""
    if isinstance(owner, EnumType | LifecycleType):
        scope.checking.used_names.add(owner.name)


def block_time_of(name: tree.Name, scope: Scope) -> Value | None:
    """Return `now`, `today` or `due`, or report that there is none here."""
    if name.text == "due":
        if scope.place is not Place.TIMER:
            scope.report(
                "E0220",
                "`due` is only known in a timer",
                name.span,
                "nothing is due here",
                advice="write `now`, or move this below `when` or `every`",
            )
            return unknown(name.span)
    elif scope.place in (Place.INVARIANT, Place.RECORD):
        where = "an invariant" if scope.place is Place.INVARIANT else "a record"
        scope.report(
            "E0220",
            f"`{name.text}` is not known in {where}",
            name.span,
            "what holds here does not change with time",
            advice="keep the moment in a field and set it in an action",
        )
        return unknown(name.span)
    moment = DATE if name.text == "today" else TIME
    return BlockTime(type=moment, span=name.span, name=name.text)


def value_of_symbol(symbol: Symbol, name: tree.Name, scope: Scope) -> Value:
    """Return a unit as a Currency, or report a declaration that is no value."""
    scope.checking.used_names.add(name.text)
    if isinstance(symbol, UnitSymbol):
        return Constant(type=CURRENCY, span=name.span, value=symbol.name)
    kind, use = KINDS[type(symbol)]
    names = members_of(symbol)
    scope.report(
        "E0211",
        f"`{name.text}` is {kind}, not a value",
        name.span,
        "a value is needed here",
        others=(Label(symbol.span, f"`{name.text}` is declared here"),),
        advice=f"{use}, such as `{names[0]}`" if names else use.format(name.text),
    )
    return unknown(name.span)


def value_of_member_name(name: tree.Name, scope: Scope, wanted: Type | None) -> Value:
    """Return a state or enum name by whose it is, or report that it is nobody's, or two's."""
    declarations = scope.checking.declarations
    owners = declarations.owners_of(name.text)
    if len(owners) == 1:
        mark_owner(owners[0].type, scope)
        return Constant(type=owners[0].type, span=name.span, value=name.text)
    if owners:
        shown = " and ".join(f"`{owner.type.name}`" for owner in owners)
        scope.report(
            "E0212",
            f"`{name.text}` is a name of {shown}",
            name.span,
            "which of them is meant here is not known",
            others=tuple(Label(one.span, f"one is in `{one.type.name}`") for one in owners),
            advice=f"write which: `{owners[0].type.name}.{name.text}`",
        )
        return unknown(name.span)
    known = [*names_in(wanted), *scope.visible_names(), *slots_of_this(scope)]
    known += [*declared_names(declarations), "now", "today"]
    meant = currency_meant(name.text) if wanted == CURRENCY else ""
    report_unknown_name(name, known, scope, meant)
    return unknown(name.span)


def report_unknown_name(
    name: tree.Name, known: list[str], scope: Scope, currency: str = ""
) -> None:
    """Report a name that stands for nothing, with what it means or the nearest that is known."""
    if not is_first_unknown(name.text, scope):
        return
    advice = f"did you mean `{currency}`?" if currency else ""
    advice = advice or value_meant(name.text) or did_you_mean(name.text, known)
    scope.report(
        "E0210",
        f"unknown name `{name.text}`",
        name.span,
        "nothing of this name is declared",
        others=similar(advice, scope),
        advice=advice or f"declare it above: `let {name.text} = …`",
    )


def is_first_unknown(name: str, scope: Scope) -> bool:
    """Whether nobody was told yet that this body knows no such name."""
    while scope.parent is not None:
        scope = scope.parent
    is_first = name not in scope.unknown_names
    scope.unknown_names.add(name)
    return is_first


def similar(advice: str, scope: Scope) -> tuple[Label, ...]:
    """Return where the name that an advice suggests is declared."""
    name = advice.partition("`")[2].partition("`")[0]
    if not name:
        return ()
    span = span_of(name, scope)
    return (Label(span, "a similar name is declared here"),) if span else ()


def span_of(name: str, scope: Scope) -> Span | None:
    """Return where a name that is visible here is declared."""
    frame: Scope | None = scope
    while frame is not None:
        if name in frame.locals:
            return scope.checking.spans.get(frame.locals[name].number)
        frame = frame.parent
    if (slot := slots_of_this(scope).get(name)) is not None:
        return slot.span
    if (symbol := scope.checking.declarations.find(name)) is not None:
        return symbol.span
    owners = scope.checking.declarations.owners_of(name)
    return owners[0].span if owners else None


def report_no_such_name(name: tree.Name, owner: EnumType | LifecycleType, scope: Scope) -> None:
    """Report a name that is none of an enum or lifecycle."""
    known = owner.members if isinstance(owner, EnumType) else owner.states
    kind = "name" if isinstance(owner, EnumType) else "state"
    if not scope.checking.is_first(owner.name, name.text):
        return
    symbol = scope.checking.declarations.find(owner.name)
    scope.report(
        "E0214",
        f"`{owner.name}` has no {kind} `{name.text}`",
        name.span,
        f"no {kind} of `{owner.name}`",
        others=(Label(symbol.span, f"`{owner.name}` is declared here"),) if symbol else (),
        advice=did_you_mean(name.text, known)
        or f"write one of {', '.join(f'`{one}`' for one in known)}",
    )
