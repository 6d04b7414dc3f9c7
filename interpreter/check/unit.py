"""Check units: which unit a name means, and which value holds one.

In come paths, model values, types and the facts of a scope; out come units, types whose units are
seen from where they are read, and the Currency to show or to check at run time. It refuses to know
the tree of an expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from servanda.grammar import tree
from servanda.grammar.source import Span
from servanda.interpreter.check.facts import chain_of, event_of, leans_on_guard
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.symbols import ContractSymbol, UnitSymbol
from servanda.interpreter.model import (
    Constant,
    FieldValue,
    LocalValue,
    OutputValue,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    CURRENCY,
    INT,
    SERIAL,
    AmountType,
    BalanceType,
    EventType,
    FieldUnit,
    FixedUnit,
    ListType,
    OptionalType,
    OutputsType,
    RecordType,
    SealedType,
    SetType,
    Type,
    Unit,
    UnroundedType,
    sealed_in,
)
from servanda.interpreter.values.units import ISO_4217


def unit_at(path: tree.Path, scope: Scope) -> FixedUnit | None:
    """Return the currency or declared unit that is written `CNY`, `Point` or `o.Point`."""
    first, *rest = (name.text for name in path.names)
    if not rest and (known := ISO_4217.get(first)) is not None:
        return FixedUnit(known.code, known.decimals)
    symbol = scope.checking.declarations.find_path((first, *rest))
    if not isinstance(symbol, UnitSymbol):
        return None
    scope.checking.used_names.add(first)
    return FixedUnit(symbol.name, symbol.decimals)


def unit_coded(code: str, scope: Scope) -> FixedUnit | None:
    """Return the unit of a Currency constant, whichever contract declares it."""
    if (known := ISO_4217.get(code)) is not None:
        return FixedUnit(known.code, known.decimals)
    declarations = scope.checking.declarations
    for one in (declarations, *declarations.reachable()):
        symbol = one.symbols.get(code)
        # INVARIANT: no two contracts that are reached from one place declare a unit of one name.
        if isinstance(symbol, UnitSymbol):
            return FixedUnit(symbol.name, symbol.decimals)
    return None


def declared_units(scope: Scope) -> list[str]:
    """Return how declared units are written: a currency of ISO 4217 is never guessed."""
    declarations = scope.checking.declarations
    written = [("", one) for one in (declarations, *declarations.opened)]
    written += [
        (f"{alias}.", symbol.declarations)
        for alias, symbol in declarations.symbols.items()
        if isinstance(symbol, ContractSymbol)
    ]
    return [
        prefix + name
        for prefix, one in written
        for name, symbol in one.symbols.items()
        if isinstance(symbol, UnitSymbol)
    ]


def unit_of_currency(value: Value, scope: Scope) -> Unit | None:
    """Return the unit that a Currency value is, or None where it could change."""
    if isinstance(value, Constant):
        return unit_coded(str(value.value), scope)
    root = root_of(value, scope)
    if root is None:
        return None
    if root.fields or root.root not in scope.checking.unit_roots:
        return root
    return scope.checking.unit_roots[root.root]


def root_of(value: Value, scope: Scope) -> FieldUnit | None:
    """Return the fixed path that `value` reads, to hang the name of a unit on.

    A type goes further than a guard: `if g is missing then 0 else g.amount` has the unit of `g`
    also where `g` is missing. So no unit hangs on what a guard alone says is there.
    """
    chain = chain_of(value, scope)
    if (
        chain is None
        or leans_on_guard(value, scope)
        or chain.changing
        or chain.local.number in scope.checking.reassigned
    ):
        return None
    before = scope.checking.unit_roots.get(chain.local.number)
    if before is not None:
        return FieldUnit(before.root, before.root_name, before.fields + chain.fields)
    if scope.this is not None and chain.local.number == scope.this.number:
        return FieldUnit(-1, "", chain.fields)
    return FieldUnit(chain.local.number, chain.local.name, chain.fields)


def unit_in(shown: Type) -> Unit | None:
    """Return the unit that a type counts in, if any."""
    if isinstance(shown, AmountType | BalanceType | UnroundedType):
        return shown.unit
    if isinstance(shown, OptionalType):
        return unit_in(shown.base)
    if isinstance(shown, ListType | SetType):
        return unit_in(shown.item)
    return None


def with_unit(shown: Type, unit: Unit) -> Type:
    """Return the type with its unit put in the place of the one it has."""
    if isinstance(shown, AmountType | BalanceType | UnroundedType):
        return replace(shown, unit=unit)
    if isinstance(shown, OptionalType):
        return OptionalType(with_unit(shown.base, unit))
    if isinstance(shown, ListType):
        return ListType(with_unit(shown.item, unit))
    if isinstance(shown, SetType):
        return SetType(with_unit(shown.item, unit))
    return shown


def as_read(shown: Type) -> Type:
    """Return the type that a slot has when it is read: a Balance is an Amount, a Serial an Int."""
    if isinstance(shown, BalanceType):
        return AmountType(shown.unit)
    return INT if shown == SERIAL else shown


def field_of_this(shown: Type, value: Value, scope: Scope) -> Type | None:
    """Return the type of a field of the record `value`, its unit seen from there.

    None: the unit is a field of a record that has no fixed name here.
    """
    if sealed_in(shown) is not None:
        return sealed_as_read(shown, root_of(value, scope))
    unit = unit_in(shown)
    if not isinstance(unit, FieldUnit) or unit.root != -1:
        return shown
    root = root_of(value, scope)
    if root is None:
        return None
    return with_unit(shown, FieldUnit(root.root, root.root_name, root.fields + unit.fields))


def sealed_as_read(shown: Type, root: FieldUnit | None) -> Type:
    """Return the type of a sealed field of the record at `root`, its readers seen from there.

    Of a record without a fixed name the parties are not known, so that less is known of it.
    """
    if isinstance(shown, OptionalType):
        return OptionalType(sealed_as_read(shown.base, root))
    assert isinstance(shown, SealedType), "the field is sealed"
    if root is None:
        return replace(shown, parties=())
    parties = [
        FieldUnit(root.root, root.root_name, root.fields + one.fields) if one.root == -1 else one
        for one in shown.parties
    ]
    return replace(shown, parties=tuple(parties))


def substituted(shown: Type, given: Mapping[str, Value], scope: Scope) -> Type | None:
    """Return a declared type as a caller sees it, who gives these values under their names.

    A unit of `Amount of payment.currency` becomes what stands in the argument `payment`, that of
    `Amount of currency` the argument itself. None: the argument has no fixed name here, or nothing
    is known of it.
    """
    unit = unit_in(shown)
    if not isinstance(unit, FieldUnit):
        return shown
    first, *rest = (unit.root_name, *unit.fields) if unit.root_name else unit.fields
    if first not in given or given[first].type == ANYTHING:
        return None
    if not rest:
        found = unit_of_currency(given[first], scope)
        return None if found is None else with_unit(shown, found)
    root = root_of(given[first], scope)
    if root is None:
        return None
    return with_unit(shown, FieldUnit(root.root, root.root_name, (*root.fields, *rest)))


def currency_value(unit: Unit | None, scope: Scope, span: Span) -> Value | None:
    """Return the Currency that a field unit is at run time; None for a unit known now."""
    if not isinstance(unit, FieldUnit):
        return None
    local = scope.this if unit.root == -1 else scope.checking.locals.get(unit.root)
    if local is None:
        return None
    value: Value = LocalValue(type=local.type, span=span, local=local)
    for name in unit.fields:
        inner = read_quietly(value, name, scope)
        if inner is None:
            return None
        value = inner
    return value if value.type == CURRENCY else None


def read_quietly(value: Value, name: str, scope: Scope) -> Value | None:
    """Return the field of a value, known to be there; a path of units is checked where written."""
    read = value.type.base if isinstance(value.type, OptionalType) else value.type
    if isinstance(read, RecordType):
        slot = scope.checking.declarations.record(read).slots.get(name)
        if slot is None:
            return None
        return FieldValue(
            type=as_read(slot.type), span=value.span, object=value, record=read, field=name
        )
    for index, (found, found_type) in enumerate(outputs_of(read, scope)):
        if found == name:
            return OutputValue(type=found_type, span=value.span, object=value, index=index)
    return None


def start_of_path(name: tree.Name, scope: Scope) -> Value | None:
    """Return the local or the own field at which the path of a unit starts."""
    local = None if name.text == "this" else scope.find(name.text)
    if local is not None:
        return LocalValue(type=local.type, span=name.span, local=local)
    if scope.this is None:
        return None
    this = LocalValue(type=scope.this.type, span=name.span, local=scope.this)
    return read_quietly(this, name.text, scope)


def outputs_of(read: Type, scope: Scope) -> tuple[tuple[str, Type], ...]:
    """Return what a decision's outputs or an event are read by, in order."""
    if isinstance(read, OutputsType):
        return read.outputs
    event = event_of(read, scope) if isinstance(read, EventType) else None
    return tuple((one.name, one.type) for one in event.parameters) if event else ()
