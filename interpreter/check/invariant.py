"""Invariants from tree to model: three forms, each checkable in bounded time.

In comes an `invariant`; out comes a `RecordInvariant` (one record's own and fixed fields) or a
`TotalsInvariant` (`sum` and `count` over records in a linear comparison, once or for each record
of a group). Everything else is an error that says which form to use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.body import report
from servanda.interpreter.check.domain import domain_of
from servanda.interpreter.check.expression import condition_of
from servanda.interpreter.check.scope import Checking, Place, Scope
from servanda.interpreter.model import (
    AggregateKind,
    AggregateValue,
    Arithmetic,
    BlockTime,
    Both,
    Comparison,
    Convert,
    CreateRecord,
    DecisionCall,
    DecisionModel,
    FieldValue,
    ForeignCall,
    HasRole,
    Invariant,
    Local,
    LocalValue,
    Negation,
    Operation,
    RecordInvariant,
    RecordLookup,
    RuleCall,
    RuleModel,
    RunningTotal,
    TotalsInvariant,
    TotalValue,
    Value,
    WholeDomain,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    AmountType,
    FixedUnit,
    RecordType,
    Unit,
    UnroundedType,
)
from servanda.interpreter.walk import find_values, values_of_body

FORMS = (
    "write `for x in R` and what `holds` of the fields of each `x`, "
    "or compare `sum(…)` or `count(…)` over records with a number"
)
ADDING = frozenset(
    {
        Operation.ADD_INT,
        Operation.SUBTRACT_INT,
        Operation.ADD_DECIMAL,
        Operation.SUBTRACT_DECIMAL,
        Operation.ADD_AMOUNT,
        Operation.SUBTRACT_AMOUNT,
        Operation.ADD_DURATION,
        Operation.SUBTRACT_DURATION,
    }
)
SCALING = frozenset(
    {
        Operation.MULTIPLY_INT,
        Operation.MULTIPLY_DECIMAL,
        Operation.MULTIPLY_AMOUNT,
        Operation.MULTIPLY_DURATION,
    }
)
ELSEWHERE: dict[type[Value], str] = {
    BlockTime: "time passes without any record changing",
    RecordLookup: "another record may change alone",
    AggregateValue: "other records may change alone",
    HasRole: "members change outside this contract",
    ForeignCall: "another contract may change alone",
    CreateRecord: "an invariant changes nothing",
}


@dataclass(slots=True)
class Purity:
    """What the rules and decisions that an invariant calls look like inside."""

    contract: str
    rules: Mapping[str, RuleModel]
    decisions: Mapping[str, DecisionModel]
    visited: set[str] = field(default_factory=set)


def check_invariant(
    written: tree.InvariantDeclaration,
    rules: Mapping[str, RuleModel],
    decisions: Mapping[str, DecisionModel],
    checking: Checking,
) -> Invariant | None:
    """Return the model of an invariant; None if it is of none of the forms."""
    scope = Scope(checking, Place.INVARIANT)
    purity = Purity(checking.declarations.contract, rules, decisions)
    if written.for_each is None:
        condition = condition_of(written.condition, scope)
        return totals_of(written, None, None, condition, scope, purity)
    each = written.for_each
    binder, domain, inner = domain_of(each.domain, each.binder, each.where, None, scope)
    condition = condition_of(written.condition, inner)
    if binder.type == ANYTHING:
        return None
    if not isinstance(domain, WholeDomain) or not isinstance(domain.type, RecordType):
        report(
            scope,
            "E0418",
            "an invariant ranges over the records of a type",
            each.domain.span,
            "no record of this contract",
            help=FORMS,
        )
        return None
    if domain.type.contract != purity.contract:
        report(
            scope,
            "E0418",
            f"the records of `{domain.type.contract}` change without this contract",
            each.domain.span,
            "records of another contract",
            help="write the invariant into the contract whose records it speaks of",
        )
        return None
    if ANYTHING in (condition.type, (domain.condition or condition).type):
        return None
    if next(aggregates_in(condition), None) is not None:
        return totals_of(written, binder, domain, condition, inner, purity)
    is_own = reads_own(condition, binder, inner, purity)
    if domain.condition is not None:
        is_own = reads_own(domain.condition, binder, inner, purity) and is_own
    if not is_own:
        return None
    return RecordInvariant(
        written.title, domain.type, binder, domain.condition, condition, written.span
    )


def aggregates_in(value: Value) -> Iterator[Value]:
    """Yield the aggregates inside a value."""
    return find_values(value, lambda one: isinstance(one, AggregateValue))


def reads_own(value: Value, binder: Local | None, scope: Scope, purity: Purity) -> bool:
    """Report a value that depends on more than a record's own and fixed fields."""
    for one in find_values(value, lambda _: True):
        for kind, why in ELSEWHERE.items():
            if isinstance(one, kind):
                report_elsewhere(one.span, why, scope)
                return False
        if isinstance(one, FieldValue) and not is_own_or_fixed(one, binder, scope):
            return False
        if isinstance(one, RuleCall | DecisionCall) and not is_pure_call(one, scope, purity):
            return False
    return True


def report_elsewhere(span: Span, why: str, scope: Scope, *others: Label) -> None:
    """Report a part of an invariant whose change nobody would notice."""
    report(
        scope,
        "E0419",
        "an invariant of a record reads its own fields, and fixed fields of others",
        span,
        why,
        *others,
        help="keep what it needs in a field of the record itself, or compare "
        "`sum(…)` or `count(…)` over records",
    )


def is_own_or_fixed(value: FieldValue, binder: Local | None, scope: Scope) -> bool:
    """Report a field of another record that may change."""
    is_own = isinstance(value.object, LocalValue) and value.object.local == binder
    slot = scope.checking.declarations.record(value.record).slots[value.field]
    if is_own or slot.is_fixed:
        return True
    report_elsewhere(
        value.span,
        f"`{value.field}` belongs to another record and may change alone",
        scope,
        Label(slot.span, "declared here, and set by some action, clause or timer"),
    )
    return False


def is_pure_call(call: RuleCall | DecisionCall, scope: Scope, purity: Purity) -> bool:
    """Report a rule or decision that looks at more than fixed fields of what it is given."""
    name = call.rule if isinstance(call, RuleCall) else call.decision
    if call.contract != purity.contract:
        report_elsewhere(call.span, f"`{name}` belongs to another contract", scope)
        return False
    if name in purity.visited:
        return True
    purity.visited.add(name)
    parts: list[Value] = []
    if isinstance(call, RuleCall) and name in purity.rules:
        parts = list(values_of_body(purity.rules[name].body))
    elif isinstance(call, DecisionCall) and name in purity.decisions:
        parts = [output for row in purity.decisions[name].rows for output in row.outputs]
    for part in parts:
        for one in find_values(part, lambda _: True):
            is_changing = isinstance(one, FieldValue) and not is_fixed_field(one, scope)
            if is_changing or isinstance(one, tuple(ELSEWHERE)):
                report_elsewhere(
                    call.span,
                    f"`{name}` looks at what may change alone",
                    scope,
                    Label(one.span, "it looks here"),
                )
                return False
            if isinstance(one, RuleCall | DecisionCall) and not is_pure_call(one, scope, purity):
                return False
    return True


def is_fixed_field(value: FieldValue, scope: Scope) -> bool:
    """Whether a field keeps its value."""
    return scope.checking.declarations.record(value.record).slots[value.field].is_fixed


def totals_of(
    written: tree.InvariantDeclaration,
    group: Local | None,
    domain: WholeDomain | None,
    condition: Value,
    scope: Scope,
    purity: Purity,
) -> TotalsInvariant | None:
    """Return an invariant over running totals."""
    if condition.type == ANYTHING:
        return None
    if next(aggregates_in(condition), None) is None:
        report(
            scope,
            "E0418",
            "an invariant is about each record of a type, or about a total over records",
            written.condition.span,
            "neither a record nor a total",
            help=FORMS,
        )
        return None
    if not isinstance(condition, Comparison):
        report_not_linear(condition.span, "no comparison", scope)
        return None
    totals: list[RunningTotal] = []
    left = linear(condition.left, group, totals, scope, purity)
    right = linear(condition.right, group, totals, scope, purity)
    where = domain.condition if domain else None
    if where is not None and not reads_own(where, group, scope, purity):
        return None
    if left is None or right is None:
        return None
    return TotalsInvariant(
        written.title,
        domain.type if domain and isinstance(domain.type, RecordType) else None,
        group,
        where,
        tuple(totals),
        replace(condition, left=left, right=right),
        written.span,
    )


def report_not_linear(span: Span, label: str, scope: Scope) -> None:
    """Report a way of using totals that cannot be kept up step by step."""
    report(
        scope,
        "E0420",
        "totals are added up and compared, nothing else",
        span,
        label,
        help="write one comparison of `sum(…)` and `count(…)`, added, subtracted or multiplied "
        "by a value; write a second invariant for a second comparison",
    )


def linear(
    value: Value, group: Local | None, totals: list[RunningTotal], scope: Scope, purity: Purity
) -> Value | None:
    """Return a side of the comparison with running totals in the place of its aggregates."""
    if isinstance(value, AggregateValue):
        total = total_of(value, group, scope, purity)
        if total is None:
            return None
        totals.append(total)
        return TotalValue(type=value.type, span=value.span, index=len(totals) - 1)
    if next(aggregates_in(value), None) is None:
        return value if reads_own(value, group, scope, purity) else None
    if isinstance(value, Negation | Convert):
        operand = linear(value.operand, group, totals, scope, purity)
        return None if operand is None else replace(value, operand=operand)
    if isinstance(value, Arithmetic):
        has_both = all(
            next(aggregates_in(side), None) is not None for side in (value.left, value.right)
        )
        is_linear = value.operation in ADDING or (value.operation in SCALING and not has_both)
        if is_linear:
            left = linear(value.left, group, totals, scope, purity)
            right = linear(value.right, group, totals, scope, purity)
            if left is None or right is None:
                return None
            return replace(value, left=left, right=right)
    report_not_linear(value.span, "a total is used in another way here", scope)
    return None


def total_of(
    value: AggregateValue, group: Local | None, scope: Scope, purity: Purity
) -> RunningTotal | None:
    """Return the running total that an aggregate is kept as."""
    if value.kind not in (AggregateKind.SUM, AggregateKind.COUNT):
        report_not_linear(value.span, f"`{value.kind.value}` cannot be kept as a total", scope)
        return None
    domain = value.domain
    if not isinstance(domain, WholeDomain) or not isinstance(domain.type, RecordType):
        report_not_linear(value.span, "a total is kept over the records of a type", scope)
        return None
    if domain.type.contract != purity.contract or domain.limit is not None:
        label = "with a limit" if domain.limit is not None else "records of another contract"
        report_not_linear(value.span, label, scope)
        return None
    counted = value.value.type
    if isinstance(counted, AmountType | UnroundedType) and not is_one_unit(counted.unit, group):
        report_not_linear(value.value.span, "the records may hold different units", scope)
        return None
    split = split_where(domain.condition, value.binder, group, scope)
    if split is None:
        return None
    group_value, where = split
    for part in (where, value.value if value.kind is AggregateKind.SUM else None):
        if part is not None and not reads_own(part, value.binder, scope, purity):
            return None
    return RunningTotal(value.kind, domain.type, value.binder, where, value.value, group_value)


def is_one_unit(unit: Unit, group: Local | None) -> bool:
    """Whether a total counts in one unit: one that is named, or a fixed field of its group."""
    return isinstance(unit, FixedUnit) or (group is not None and unit.root == group.number)


def split_where(
    condition: Value | None, binder: Local, group: Local | None, scope: Scope
) -> tuple[Value | None, Value | None] | None:
    """Return the group that a record counts for and the rest of `where`; None after a report."""
    group_value: Value | None = None
    rest: Value | None = None
    for part in conjuncts(condition):
        found = group_side(part, group)
        if found is None:
            mentions = find_values(
                part, lambda one: isinstance(one, LocalValue) and one.local == group
            )
            wrong = next(mentions, None) if group is not None else None
            if wrong is not None:
                report_grouping(wrong.span, f"`{wrong_name(group)}` is used otherwise", scope)
                return None
            both = Both(type=BOOL, span=part.span, left=rest, right=part) if rest else part
            rest = both
            continue
        if group_value is not None:
            report_grouping(part.span, "a second grouping", scope)
            return None
        if not is_fixed_chain(found, binder, scope):
            report_grouping(found.span, "this may change, or is no field of the record", scope)
            return None
        group_value = found
    return group_value, rest


def wrong_name(group: Local | None) -> str:
    """Return how messages call the record of the group."""
    return group.name if group else "the group"


def report_grouping(span: Span, label: str, scope: Scope) -> None:
    """Report a `where` that does not group by one fixed field."""
    report(
        scope,
        "E0421",
        "a total is grouped by one fixed field: `where x.field == g`",
        span,
        label,
        help="compare one field of the record, which is never assigned, with the record of the "
        "group, and add other conditions with `and`",
    )


def conjuncts(condition: Value | None) -> list[Value]:
    """Return the conditions that `and` joins."""
    if condition is None:
        return []
    if isinstance(condition, Both):
        return [*conjuncts(condition.left), *conjuncts(condition.right)]
    return [condition]


def group_side(condition: Value, group: Local | None) -> Value | None:
    """Return the other side of an equality with the record of the group."""
    if group is None or not isinstance(condition, Comparison) or condition.comparator != "==":
        return None
    for here, there in (
        (condition.left, condition.right),
        (condition.right, condition.left),
    ):
        if isinstance(here, LocalValue) and here.local == group:
            return there
    return None


def is_fixed_chain(value: Value, binder: Local, scope: Scope) -> bool:
    """Whether `value` reads fixed fields from `binder` and nothing else."""
    while isinstance(value, FieldValue):
        if not is_fixed_field(value, scope):
            return False
        value = value.object
    return isinstance(value, LocalValue) and value.local == binder
