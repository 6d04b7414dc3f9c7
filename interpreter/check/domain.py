"""Elaborate domains: what `for` and every aggregate range over, and which index finds it.

In come a binder, what it ranges over, and `where`; out come a local, a domain, and the scope in
which the binder is known. A record domain compiles only with an equality that becomes an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.grammar.tree import Operator
from servanda.interpreter.check.count import count_bounds
from servanda.interpreter.check.facts import is_known_present, type_declared
from servanda.interpreter.check.fit import condition_of, fitted, settled
from servanda.interpreter.check.learn import learn
from servanda.interpreter.check.misfit import name_of, origin
from servanda.interpreter.check.names import declare_local
from servanda.interpreter.check.path import KINDS, symbol_of
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.symbols import (
    EnumSymbol,
    EventSymbol,
    LifecycleSymbol,
    RecordSymbol,
    SlotSymbol,
)
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.model import (
    Both,
    Comparison,
    Constant,
    Domain,
    FieldValue,
    Index,
    IsAbsent,
    IsName,
    IsWithin,
    ListDomain,
    Local,
    LocalValue,
    NamesDomain,
    OutputValue,
    RangeDomain,
    RecordDomain,
    RowCell,
    Value,
    WholeDomain,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    PARTY,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    EventType,
    LifecycleType,
    ListType,
    OptionalType,
    RecordType,
    RoleType,
    SetType,
    Type,
    show_type,
)
from servanda.interpreter.walk import find_values

GUARDED = (LocalValue, FieldValue, OutputValue)
"""What a guard may say is there."""
RANGE_COUNT_MAX = 10_000
LOOP_DEPTH_MAX = 16
"""Nobody follows more, and a function of Python, which a body becomes, holds no more than 20."""
RANGED = (INT, DECIMAL, TEXT, DATE, TIME, DURATION)
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def domain_of(
    domain: tree.Expression | tree.Range,
    binder: tree.Name,
    where: tree.Expression | None,
    limit: int | None,
    scope: Scope,
    *,
    is_whole_allowed: bool | None = None,
) -> tuple[Local, Domain, Scope]:
    """Return the binder, what it ranges over, and the scope in which it is known.

    `is_whole_allowed` lets a record domain do without an index (by default in tests, scripts and
    invariants, which have their own rules).
    """
    span = domain.span if where is None else domain.span.to(where.span)
    is_whole = scope.place in (Place.SCRIPT, Place.INVARIANT)
    if is_whole_allowed is not None:
        is_whole = is_whole_allowed
    if isinstance(domain, tree.Range):
        return range_domain(domain, binder, where, limit, span, scope)
    symbol = symbol_of(domain, scope)
    inner = looped(scope, binder)
    if isinstance(domain, tree.NameReference) and domain.name.text in scope.checking.misnamed:
        return list_domain(unknown(domain.span), binder, where, limit, span, inner)
    match symbol:
        case RecordSymbol():
            local = declare_local(binder, symbol.type, inner)
            conditions = conjuncts_of(where, inner)
            found: Domain
            if is_whole:
                found = WholeDomain(symbol.type, all_of(conditions), limit, span)
            else:
                found = record_domain(symbol, local, conditions, limit, span, scope, where)
            return local, found, inner
        case EnumSymbol() | LifecycleSymbol():
            local = declare_local(binder, symbol.type, inner)
            condition = all_of(conjuncts_of(where, inner))
            shown = symbol.type
            names = shown.members if isinstance(shown, EnumType) else shown.states
            return local, NamesDomain(shown, names, condition, limit, span), inner
        case EventSymbol() if scope.place is Place.SCRIPT:
            shown_event = EventType(symbol.contract, symbol.name)
            local = declare_local(binder, shown_event, inner)
            condition = all_of(conjuncts_of(where, inner))
            return local, WholeDomain(shown_event, condition, limit, span), inner
    if symbol is not None:
        kind, _ = KINDS[type(symbol)]
        report_no_domain(domain, f"this is {kind}", (), scope)
        return list_domain(unknown(domain.span), binder, where, limit, span, inner)
    items = settled(value_of(domain, scope), scope, "gone through")
    if not isinstance(items.type, ListType | SetType) and items.type != ANYTHING:
        label = f"this is {show_type(items.type)}"
        report_no_domain(domain, label, origin(items, scope), scope)
        items = unknown(domain.span)
    return list_domain(items, binder, where, limit, span, inner)


def looped(scope: Scope, binder: tree.Name) -> Scope:
    """Return the frame inside a loop or an aggregate; report one that stands in too many others."""
    inner = scope.child()
    inner.loop_depth += 1
    if inner.loop_depth == LOOP_DEPTH_MAX + 1:
        scope.report(
            "E0103",
            f"loops and aggregates nest at most {LOOP_DEPTH_MAX} deep",
            binder.span,
            "one level too many",
            advice="move what is inside into a rule or clause of its own",
        )
    return inner


def report_no_domain(
    domain: tree.Expression, label: str, others: tuple[Label, ...], scope: Scope
) -> None:
    """Report something that has no items."""
    scope.report(
        "E0318",
        "only a record, a list, a set, an enum or a range is gone through",
        domain.span,
        label,
        others=others,
        advice="write `for x in Record where x.field == …`, or `for n in 1..12`",
    )


def list_domain(
    items: Value,
    binder: tree.Name,
    where: tree.Expression | None,
    limit: int | None,
    span: Span,
    inner: Scope,
) -> tuple[Local, Domain, Scope]:
    """Return the domain of a list or set (or of what could not be checked)."""
    item = items.type.item if isinstance(items.type, ListType | SetType) else ANYTHING
    local = declare_local(binder, item, inner)
    condition = all_of(conjuncts_of(where, inner))
    return local, ListDomain(items, condition, limit, span), inner


def range_domain(
    written: tree.Range,
    binder: tree.Name,
    where: tree.Expression | None,
    limit: int | None,
    span: Span,
    scope: Scope,
) -> tuple[Local, Domain, Scope]:
    """Return the whole numbers of a range whose length is known to be bounded."""
    low = fitted(written.low, INT, scope, "the start of a range")
    high = fitted(written.high, INT, scope, "the end of a range")
    inner = looped(scope, binder)
    local = declare_local(binder, INT, inner)
    condition = all_of(conjuncts_of(where, inner))
    first, last = count_bounds(low, scope)[0], count_bounds(high, scope)[1]
    count_max = 0
    if ANYTHING not in (low.type, high.type):
        if first is None or last is None:
            report_unbounded(written, low if first is None else high, scope)
        else:
            count_max = max(0, last - first + (0 if written.is_open else 1))
            if count_max > RANGE_COUNT_MAX:
                report_long_range(written, count_max, scope)
    domain = RangeDomain(
        low, high, written.is_open, condition, limit, min(count_max, RANGE_COUNT_MAX), span
    )
    return local, domain, inner


def report_unbounded(written: tree.Range, end: Value, scope: Scope) -> None:
    """Report a range of which nobody knows how long it may become."""
    scope.report(
        "E0320",
        "nothing bounds the length of this range",
        written.span,
        "every loop has a bound that is known before it runs",
        others=(Label(end.span, "this may be any number"), *origin(end, scope)),
        advice="bound the number where it is declared, as in `term: Int in 1..360`",
    )


def report_long_range(written: tree.Range, count_max: int, scope: Scope) -> None:
    """Report a range that may become too long."""
    scope.report(
        "E0320",
        f"a range has at most {RANGE_COUNT_MAX:_} numbers",
        written.span,
        f"this one may have {count_max:_}",
        advice="bound its ends more tightly, as in `term: Int in 1..360`",
    )


def conjuncts_of(where: tree.Expression | None, scope: Scope) -> list[Value]:
    """Return the conditions of a `where` one by one; each knows what those before it say."""
    written: list[tree.Expression] = []
    while isinstance(where, tree.Binary) and where.operator is Operator.AND:
        written.append(where.right)
        where = where.left
    if where is not None:
        written.append(where)
    found: list[Value] = []
    for one in reversed(written):
        condition = condition_of(one, scope)
        learn(condition, scope, True)
        found.append(condition)
    return found


def all_of(conditions: Sequence[Value]) -> Value | None:
    """Return the conjunction of conditions, or None for none."""
    whole: Value | None = None
    for one in conditions:
        whole = (
            one
            if whole is None
            else Both(type=BOOL, span=whole.span.to(one.span), left=whole, right=one)
        )
    return whole


@dataclass(frozen=True, slots=True)
class Ends:
    """What a condition says of one field: at least, at most, with or without the end itself."""

    field: str
    low: Value | None = None
    is_low_open: bool = False
    high: Value | None = None
    is_high_open: bool = False

    def meet(self, other: Ends) -> Ends | None:
        """Return what both say, or None if they bound one end twice."""
        is_twice = (self.low and other.low) or (self.high and other.high)
        if self.field != other.field or is_twice:
            return None
        low = self if self.low else other
        high = self if self.high else other
        return Ends(self.field, low.low, low.is_low_open, high.high, high.is_high_open)


def record_domain(
    symbol: RecordSymbol,
    binder: Local,
    conditions: Sequence[Value],
    limit: int | None,
    span: Span,
    scope: Scope,
    where: tree.Expression | None,
) -> Domain:
    """Return the records that an index finds, and what is asked of each of them."""
    equalities: dict[str, Value] = {}
    ends: Ends | None = None
    rest: list[Value] = []
    guarded: Value | None = None
    for condition in conditions:
        equality = equality_of(condition, symbol, binder)
        part = guarded_part(equality[1], scope) if equality is not None else None
        if part is not None:
            guarded, equality = part, None
        if equality is not None and equality[0] not in equalities:
            equalities[equality[0]] = equality[1]
        else:
            rest.append(condition)
    others: list[Value] = []
    for condition in rest:
        found = ends_of(condition, symbol, binder)
        is_known = found is not None and not (
            guarded_part(found.low, scope) or guarded_part(found.high, scope)
        )
        if found is not None and is_known and found.field not in equalities:
            both = found if ends is None else ends.meet(found)
            if both is not None:
                ends = both
                continue
        others.append(condition)
    if not equalities:
        if guarded is not None:
            report_guarded(guarded, scope)
        elif all(one.type != ANYTHING for one in conditions):
            report_no_index(symbol, binder, where, span, scope)
        return WholeDomain(symbol.type, all_of(conditions), limit, span)
    ordered = tuple(name for name in symbol.slots if name in equalities)
    index = Index(symbol.type, ordered, ends.field if ends else None)
    scope.checking.indexes[index] = None
    return RecordDomain(
        record=symbol.type,
        index=index,
        equalities=tuple(equalities[name] for name in ordered),
        low=ends.low if ends else None,
        is_low_open=ends.is_low_open if ends else False,
        high=ends.high if ends else None,
        is_high_open=ends.is_high_open if ends else False,
        condition=all_of(others),
        limit=limit,
        span=span,
    )


def guarded_part(value: Value | None, outside: Scope) -> Value | None:
    """Return the part of a value that is there only where an earlier condition of `where` holds.

    An index is asked before any condition is, so nothing can be looked up by such a value.
    """
    if value is None:
        return None
    for one in find_values(value, lambda part: isinstance(part, GUARDED)):
        is_narrowed = not isinstance(one.type, OptionalType)
        is_optional = isinstance(type_declared(one, outside), OptionalType)
        if is_narrowed and is_optional and not is_known_present(one, outside):
            return one
    return None


def field_read(value: Value, binder: Local) -> str | None:
    """Return the name of the field of the binder that `value` reads."""
    if isinstance(value, FieldValue) and isinstance(value.object, LocalValue):
        return value.field if value.object.local.number == binder.number else None
    return None


def is_indexed(slot: SlotSymbol) -> bool:
    """Whether records are found by the value of this field: few share one."""
    base = slot.type.base if isinstance(slot.type, OptionalType) else slot.type
    is_reference = isinstance(base, RecordType | RoleType | EnumType | LifecycleType)
    return slot.is_key or is_reference or base == PARTY


def equality_of(condition: Value, symbol: RecordSymbol, binder: Local) -> tuple[str, Value] | None:
    """Return the field and the value of an equality that an index answers."""
    found: tuple[str | None, Value] | None = None
    if isinstance(condition, Comparison) and condition.comparator == "==":
        for one, other in (
            (condition.left, condition.right),
            (condition.right, condition.left),
        ):
            if field_read(one, binder) and not reads(other, binder):
                found = (field_read(one, binder), other)
                break
    elif isinstance(condition, IsName) and not condition.is_negated:
        operand = condition.operand
        name = Constant(type=operand.type, span=condition.span, value=condition.name)
        found = (field_read(operand, binder), name)
    elif isinstance(condition, IsAbsent) and not condition.is_negated:
        operand = condition.operand
        nothing = Constant(type=operand.type, span=condition.span, value=None)
        found = (field_read(operand, binder), nothing)
    if found is None or found[0] is None or not is_indexed(symbol.slots[found[0]]):
        return None
    return found[0], found[1]


def ends_of(condition: Value, symbol: RecordSymbol, binder: Local) -> Ends | None:
    """Return what a condition says of the ends of a field, if an index can use it."""
    if isinstance(condition, IsWithin):
        name = field_read(condition.operand, binder)
        is_fixed = not reads(condition.low, binder) and not reads(condition.high, binder)
        if name and is_fixed and not condition.is_negated and is_ranged(symbol.slots[name]):
            low, high = condition.low, condition.high
            return Ends(name, low=low, high=high, is_high_open=condition.is_open)
        return None
    if not isinstance(condition, Comparison) or condition.comparator not in MIRRORED:
        return None
    for one, other, comparator in (
        (condition.left, condition.right, condition.comparator),
        (condition.right, condition.left, MIRRORED[condition.comparator]),
    ):
        name = field_read(one, binder)
        if name and not reads(other, binder) and is_ranged(symbol.slots[name]):
            is_open = comparator in ("<", ">")
            if comparator in (">", ">="):
                return Ends(name, low=other, is_low_open=is_open)
            return Ends(name, high=other, is_high_open=is_open)
    return None


def is_ranged(slot: SlotSymbol) -> bool:
    """Whether an index keeps records in the order of this field; a Balance moves too often."""
    return slot.type in RANGED or isinstance(slot.type, AmountType)


def reads(value: object, binder: Local) -> bool:
    """Whether a model value reads the binder anywhere."""
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, LocalValue | RowCell):
            if one.local.number == binder.number:
                return True
        elif isinstance(one, tuple):
            waiting.extend(one)
        elif is_dataclass(one) and not isinstance(one, Local | Type | type):
            waiting.extend(getattr(one, each.name) for each in fields(one))
    return False


def report_guarded(value: Value, scope: Scope) -> None:
    """Report an equality that no index answers, since its other side may be missing."""
    shown = name_of(value)
    scope.report(
        "E0319",
        "records are not found by what only this `where` says is there",
        value.span,
        "an index is asked before any condition is",
        others=origin(value, scope),
        advice=f"ask first, outside: `if {shown or 'x'} is not missing`",
    )


def report_no_index(
    symbol: RecordSymbol,
    binder: Local,
    where: tree.Expression | None,
    span: Span,
    scope: Scope,
) -> None:
    """Report a record domain that only a scan of all records could answer."""
    would_do = [slot.name for slot in symbol.slots.values() if is_indexed(slot)]
    shown = ", ".join(f"`{binder.name}.{name} == …`" for name in would_do)
    scope.report(
        "E0319",
        f"no index finds these records of `{symbol.type.name}`",
        where.span if where is not None else span,
        "no equality on a key, a reference, an enum or a lifecycle field"
        if where is not None
        else "every record of this type would be visited",
        others=(Label(symbol.span, f"`{symbol.type.name}` is declared here"),),
        advice=f"add to `where` one of {shown}, joined by `and`",
    )
