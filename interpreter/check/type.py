"""Elaborate types, bounds and constants: what a declaration says that a value may be.

In come written types, ranges and names; out come types, bounds in run-time values, and constants.
After a diagnostic the type is ANYTHING.
"""

from __future__ import annotations

from decimal import Decimal

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.constants import folded
from servanda.interpreter.check.expression import fitted
from servanda.interpreter.check.familiar_words import type_meant
from servanda.interpreter.check.misfit import name_of, origin
from servanda.interpreter.check.path import KINDS, report_no_such_name, similar, symbol_at
from servanda.interpreter.check.proof import PROOF, report_no_place
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.sealed import (
    is_sealed,
    report_collected,
    report_without_readers,
    sealed_of,
)
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    EnumSymbol,
    LifecycleSymbol,
    RecordSymbol,
    RoleSymbol,
    UnitSymbol,
)
from servanda.interpreter.check.unit import (
    read_quietly,
    root_of,
    start_of_path,
    unit_at,
)
from servanda.interpreter.check.value import is_first_path, report_unknown_unit
from servanda.interpreter.model import Bound, FieldValue, Value
from servanda.interpreter.types import (
    ANYTHING,
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    SERIAL,
    STORABLE_PLAIN,
    TIME,
    AmountType,
    BalanceType,
    EnumType,
    LifecycleType,
    ListType,
    OptionalType,
    RecordType,
    RoleType,
    SetType,
    Type,
    Unit,
    show_type,
)
from servanda.interpreter.values.show import with_article
from servanda.interpreter.values.units import ISO_4217

CONSTRUCTORS = ("Amount", "Balance", "List", "Set", "Sealed")
OF = {
    "Amount": ("its unit", "CNY"),
    "Balance": ("its unit", "CNY"),
    PROOF: ("which record it is of", "other.Record"),
    "Sealed": ("what it holds", "Text to Regulator"),
}
"""What stands behind `of`, with an example, where it is not a type of what is held."""
BOUNDED = (INT, DECIMAL, DATE, TIME, DURATION)


def type_of(written: tree.Type, scope: Scope) -> Type:
    """Return the type that is written, or ANYTHING after a diagnostic."""
    match written:
        case tree.NamedType(path=path):
            return named_type(path, scope)
        case tree.AppliedType():
            return applied_type(written, scope)
        case tree.SealedType():
            return sealed_type(written, scope)
        case tree.OptionalType(base=inner):
            base = type_of(inner, scope)
            if base == ANYTHING or isinstance(base, OptionalType):
                return base
            if isinstance(base, BalanceType | LifecycleType) or base == SERIAL:
                scope.report(
                    "E0327",
                    f"{with_article(show_type(base))} is never missing",
                    written.span,
                    "this cannot be optional",
                    advice="remove the `?`",
                )
                return base
            return OptionalType(base)


def named_type(path: tree.Path, scope: Scope) -> Type:
    """Return the type of this name."""
    name = path.names[0].text
    if len(path.names) == 1:
        if (plain := STORABLE_PLAIN.get(name)) is not None:
            return plain
        if name in scope.checking.misnamed:
            return ANYTHING
        if name in CONSTRUCTORS or name == PROOF:
            return report_bare(name, path, scope)
    symbol = symbol_at(path.names, scope)
    match symbol:
        case RoleSymbol():
            return RoleType(symbol.contract, (symbol.name,))
        case EnumSymbol() | LifecycleSymbol() | RecordSymbol():
            return symbol.type
        case None:
            report_unknown_type(path, scope)
        case _:
            kind, _ = KINDS[type(symbol)]
            written = ".".join(one.text for one in path.names)
            scope.report(
                "E0211",
                f"`{written}` is {kind}, not a type",
                path.span,
                "a type is needed here",
                others=(Label(symbol.span, f"`{written}` is declared here"),),
                advice=f"write `Amount of {written}`"
                if isinstance(symbol, UnitSymbol)
                else "write a role, a record, an enum, a lifecycle or a type of the language",
            )
    return ANYTHING


def report_unknown_type(path: tree.Path, scope: Scope) -> None:
    """Report a type of a name that nobody declares; what else uses the name is let pass."""
    written = ".".join(one.text for one in path.names)
    if not is_first_path(path, scope):
        return
    if len(path.names) == 1:
        scope.checking.misnamed.add(written)
    if path.names[0].text in ISO_4217:
        scope.report(
            "E0211",
            f"`{written}` is a unit, not a type",
            path.span,
            "a type is needed here",
            advice=f"write `Amount of {written}`",
        )
        return
    known = [
        name
        for one in (scope.checking.declarations, *scope.checking.declarations.opened)
        for name, symbol in one.symbols.items()
        if isinstance(symbol, RoleSymbol | EnumSymbol | LifecycleSymbol | RecordSymbol)
    ]
    meant = type_meant(written)
    advice = (
        f"did you mean `{meant}`?"
        if meant
        else did_you_mean(written, [*known, *STORABLE_PLAIN, *CONSTRUCTORS])
    )
    scope.report(
        "E0203",
        f"unknown type `{written}`",
        path.span,
        "no role, record or type of this name",
        others=similar(advice, scope),
        advice=advice
        or f"declare it: `role {written}`, `enum {written}: …` or `record {written}[…]`",
    )


def report_bare(name: str, path: tree.Path, scope: Scope) -> Type:
    """Report a type that says not what it is of."""
    what, example = OF.get(name, ("what it holds", "Text"))
    scope.report(
        "E0327",
        f"`{name}` does not say {what}",
        path.span,
        f"{what} is left out",
        advice=f"write `{name} of {example}`",
    )
    return ANYTHING


def sealed_type(written: tree.SealedType, scope: Scope) -> Type:
    """Return `Sealed of T to reader`, or report what stands before `to` and is not sealed."""
    base = written.base
    if isinstance(base, tree.AppliedType) and is_sealed(base):
        held = type_of(base.argument, scope)
        return sealed_of(written, held, base.argument.span, scope)
    inner: tree.Type = base
    while isinstance(inner, tree.AppliedType):
        outer, inner = inner, inner.argument
        if isinstance(inner, tree.AppliedType) and is_sealed(inner):
            return report_collected(outer, scope)
    scope.report(
        "E0327",
        "only a sealed value says to whom it is open",
        written.readers[0].span.to(written.readers[-1].span),
        "everybody who sees the record can read this",
        advice="remove what begins with `to`, or write `seen by` below the record's heading",
    )
    return ANYTHING


def applied_type(written: tree.AppliedType, scope: Scope) -> Type:
    """Return `Amount of U`, `Balance of U`, `List of T` or `Set of T`."""
    names = written.constructor.names
    if is_sealed(written):
        return report_without_readers(written, scope)
    constructor = names[0].text if len(names) == 1 else ""
    if constructor == PROOF:
        return report_no_place(written, scope)
    if constructor in ("Amount", "Balance"):
        unit = unit_of_path(written.argument, scope)
        if unit is None:
            return ANYTHING
        return AmountType(unit) if constructor == "Amount" else BalanceType(unit)
    if constructor in ("List", "Set"):
        item = type_of(written.argument, scope)
        if isinstance(item, BalanceType | OptionalType) or item == SERIAL:
            scope.report(
                "E0327",
                f"a {constructor} does not hold {show_type(item)}",
                written.argument.span,
                "this stands only in a field of its own",
                advice="hold references to the records that have it",
            )
            return ANYTHING
        if item == ANYTHING:
            return ANYTHING
        if constructor == "Set" and has_records_inside(item):
            scope.report(
                "E0327",
                f"a Set does not hold {show_type(item)}",
                written.argument.span,
                "collections of records have no order to be kept in",
                advice=f"write `List of {show_type(item)}`, or a Set of the records themselves",
            )
            return ANYTHING
        return ListType(item) if constructor == "List" else SetType(item)
    shown = ".".join(one.text for one in names)
    scope.report(
        "E0327",
        f"`{shown}` is not a type of something",
        written.constructor.span,
        "nothing is written `of` behind it",
        advice=did_you_mean(shown, CONSTRUCTORS)
        or "only `Amount of`, `Balance of`, `List of`, `Set of` and `Sealed of` are written so",
    )
    return ANYTHING


def has_records_inside(item: Type) -> bool:
    """Whether a collection holds records: a Set is kept in the order of its values."""
    if not isinstance(item, ListType | SetType):
        return False
    return isinstance(item.item, RecordType) or has_records_inside(item.item)


def unit_of_path(written: tree.Type, scope: Scope) -> Unit | None:
    """Return the unit that a name or a path of fixed fields means, or report that it is none."""
    if not isinstance(written, tree.NamedType):
        scope.report(
            "E0217",
            "a unit is a name or a path to a field",
            written.span,
            "this is no unit",
            advice="write a unit such as `CNY`",
        )
        return None
    names = written.path.names
    start = start_of_path(names[0], scope)
    if start is None:
        unit = unit_at(written.path, scope)
        if unit is None:
            report_unknown_unit(written.path, scope)
        return unit
    value = start
    for name in names[1:]:
        if isinstance(value.type, OptionalType):
            report_unit_of_missing(written.path, value, scope)
            return None
        if value.type == ANYTHING:
            return None
        inner = read_quietly(value, name.text, scope)
        if inner is None and not scope.checking.is_first(show_type(value.type), name.text):
            return None
        if inner is None:
            scope.report(
                "E0213",
                f"`{show_type(value.type)}` has no `{name.text}`",
                name.span,
                f"no field of `{show_type(value.type)}`",
                advice="name a field of type Currency, or a unit such as `CNY`",
            )
            return None
        value = inner
    return unit_of_fixed(value, written.path, scope)


def report_unit_of_missing(path: tree.Path, value: Value, scope: Scope) -> None:
    """Report a unit held in a record that may be missing: then money would be in no unit."""
    shown = ".".join(name.text for name in path.names)
    scope.report(
        "E0326",
        f"the unit `{shown}` is not there when `{name_of(value) or path.names[0].text}` is missing",
        path.span,
        f"of type {show_type(value.type)}",
        others=origin(value, scope),
        advice="keep the unit in a field of type Currency beside it, or write one such as `CNY`",
    )


def unit_of_fixed(value: Value, path: tree.Path, scope: Scope) -> Unit | None:
    """Return the unit held at the end of a path, which must be a Currency and fixed."""
    shown = ".".join(name.text for name in path.names)
    if value.type == ANYTHING:
        return None
    if value.type != CURRENCY:
        scope.report(
            "E0217",
            f"`{shown}` is no unit but {show_type(value.type)}",
            path.span,
            "a unit is a Currency",
            advice="write a unit such as `CNY`, or the path to a field of type Currency",
        )
        return None
    hold_fixed(value, path, scope)
    root = root_of(value, scope)
    if root is None:
        others: tuple[Label, ...] = ()
        if isinstance(value, FieldValue):
            slot = scope.checking.declarations.record(value.record).slots[value.field]
            others = (Label(slot.span, f"`{value.field}` is declared here"),)
        scope.report(
            "E0326",
            f"the unit `{shown}` may change",
            path.span,
            "a unit is held in fields that are set at creation and never assigned",
            others=others,
            advice="never assign the fields on this path, or write a unit such as `CNY`",
        )
        return None
    return root


def hold_fixed(value: Value, path: tree.Path, scope: Scope) -> None:
    """Note the fields on a path of a unit that are assigned, and let them count as fixed.

    The mistake is the assignment, which is reported once; the units that hang on it are right.
    """
    checking = scope.checking
    while isinstance(value, FieldValue):
        owner, name = value.record, value.field
        is_own = owner.contract == checking.declarations.contract
        slot = checking.declarations.record(owner).slots[name]
        if is_own and not slot.is_key and checking.assigned.has(owner.name, name):
            checking.hanging.setdefault((owner.name, name), []).append(path.span)
            checking.declarations.hold_fixed(owner, name)
        value = value.object


def bound_of(
    written: tree.Range | tree.Alternatives | None, bounded: Type, scope: Scope
) -> Bound | None:
    """Return what `in 1..360` or `in Grey | Black` lets a value of type `bounded` be."""
    base = bounded.base if isinstance(bounded, OptionalType) else bounded
    if written is None or base == ANYTHING:
        return None
    if isinstance(written, tree.Alternatives):
        return names_bound(written, base, scope)
    if base not in BOUNDED and not isinstance(base, AmountType):
        report_unbounded(written.span, base, scope)
        return None
    low = constant_of(written.low, base, scope)
    high = constant_of(written.high, base, scope)
    if low is None or high is None:
        return None
    bound = Bound(low, high, written.is_open)
    if is_empty(bound):
        scope.report(
            "E0328",
            "this range holds no value",
            written.span,
            "its start is behind its end",
            advice="write the lesser end first",
        )
        return None
    return bound


def is_empty(bound: Bound) -> bool:
    """Whether no value lies within a bound; ends of one type are compared as they are held."""
    low, high = bound.low, bound.high
    if not isinstance(low, int | Decimal) or not isinstance(high, int | Decimal):
        return False
    return low > high or (bound.is_high_open and low == high)


def names_bound(written: tree.Alternatives, base: Type, scope: Scope) -> Bound | None:
    """Return the names that a value may be."""
    if not isinstance(base, EnumType | LifecycleType):
        report_unbounded(written.span, base, scope)
        return None
    known = base.members if isinstance(base, EnumType) else base.states
    kept: list[str] = []
    for name in written.names:
        if name.text not in known:
            report_no_such_name(name, base, scope)
        elif name.text not in kept:
            kept.append(name.text)
    return Bound(names=tuple(kept)) if kept else None


def report_unbounded(span: Span, base: Type, scope: Scope) -> None:
    """Report a bound that says nothing of values of this type."""
    is_set = isinstance(base, EnumType | LifecycleType)
    known = base.members if isinstance(base, EnumType) else ()
    known = base.states if isinstance(base, LifecycleType) else known
    scope.report(
        "E0328",
        f"cannot bound {show_type(base)} like this",
        span,
        f"this says nothing of a value of type {show_type(base)}",
        advice=f"write names: `in {' | '.join(known[:2])}`"
        if is_set and known
        else "bound numbers, amounts, dates and times by `low..high`, and states by their names",
    )


def constant_of(expression: tree.Expression, wanted: Type, scope: Scope) -> object | None:
    """Return the run-time value of a constant of type `wanted`, or None after a diagnostic."""
    value = fitted(expression, wanted, scope, "this constant")
    if value.type == ANYTHING:
        return None
    known = folded(value)
    if known is None:
        scope.report(
            "E0313",
            "this is only known when the contract runs",
            expression.span,
            "a constant is needed here",
            advice="write the value itself",
        )
        return None
    return known.value
