"""Elaborate what is true or false of values: comparisons, `is`, `is missing`, `in`.

In come comparisons of the tree; out come model values of type Bool. Only what is of one kind is
compared, and only what has an order is ordered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.arithmetic import is_money, report_two_units, unit_of
from servanda.interpreter.check.facts import is_known_present
from servanda.interpreter.check.familiar_words import means_missing
from servanda.interpreter.check.fit import converted, joined, settled
from servanda.interpreter.check.held_money import same_money_of, side_of
from servanda.interpreter.check.misfit import how_to_count, origin, refuse_sealed
from servanda.interpreter.check.path import (
    KINDS,
    is_value_name,
    names_in,
    report_no_such_name,
    symbol_at,
)
from servanda.interpreter.check.plain_text import without_quotes
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import EnumSymbol, LifecycleSymbol, RoleSymbol
from servanda.interpreter.check.unit import unit_at
from servanda.interpreter.check.value import is_zero, unknown, value_of
from servanda.interpreter.model import (
    Comparison,
    Constant,
    HasRole,
    IsAbsent,
    IsIn,
    IsName,
    IsWithin,
    RecordLookup,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    CURRENCY,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MISSING,
    PARTY,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    LifecycleType,
    ListType,
    OptionalType,
    OutputsType,
    RecordType,
    RoleType,
    RowType,
    SetType,
    Type,
    UnroundedType,
    show_type,
)

ORDERED = (INT, DECIMAL, TEXT, DATE, TIME, DURATION)
EQUALITIES = ("==", "!=")
Test = tree.Compare | tree.IsTest | tree.IsMissing | tree.InTest


@value_of.register(tree.Compare)
@value_of.register(tree.IsTest)
@value_of.register(tree.IsMissing)
@value_of.register(tree.InTest)
def value_of_test(
    expression: Test,
    scope: Scope,
    wanted: Type | None = None,  # noqa: ARG001 -- a comparison is a Bool whatever is wanted
) -> Value:
    """Return the Bool that a comparison gives."""
    match expression:
        case tree.Compare(comparator=comparator, left=left, right=right):
            for word, other in ((left, right), (right, left)):
                if is_missing_word(word, scope):
                    return compared_with_missing(expression, word, other, scope)
            side = side_of if comparator.value in EQUALITIES else value_of
            first, second = pair_of(left, right, scope, side)
            return comparison_of(comparator.value, first, second, expression.span, scope)
        case tree.IsTest():
            return is_test_of(expression, scope)
        case tree.IsMissing():
            return is_missing_of(expression, scope)
        case tree.InTest():
            return in_test_of(expression, scope)


def pair_of(
    left: tree.Expression, right: tree.Expression, scope: Scope, side: Callable[..., Value]
) -> tuple[Value, Value]:
    """Return two values that are compared; each guides what the other may mean."""
    if needs_guide(left, scope) and not needs_guide(right, scope):
        second = side(right, scope)
        return value_of(left, scope, second.type), second
    first = side(left, scope)
    return first, side(right, scope, first.type)


def needs_guide(expression: tree.Expression, scope: Scope) -> bool:
    """Whether an expression means something only beside another: the name of a state, `[]`."""
    if isinstance(expression, tree.NameReference):
        name = expression.name.text
        if is_value_name(name, scope) or name in ("now", "today", "due"):
            return False
        return scope.checking.declarations.find(name) is None
    return isinstance(expression, tree.ListLiteral | tree.MissingLiteral)


def comparison_of(comparator: str, left: Value, right: Value, span: Span, scope: Scope) -> Value:
    """Return `left comparator right`, or report why the two cannot be compared."""
    if ANYTHING in (left.type, right.type) or is_sealed_pair(left, right, scope):
        return unknown(span)
    # A test may say what an optional field is; a contract settles first whether it is there.
    may_be_missing = scope.place is Place.SCRIPT and comparator in EQUALITIES
    if not may_be_missing:
        left, right = settled(left, scope, "compared"), settled(right, scope, "compared")
    if ANYTHING in (left.type, right.type):
        return unknown(span)
    same = same_money_of(comparator, left, right, span, scope)
    if same is not None:
        return same
    wanted = comparable(left, right, scope)
    first = second = None
    if wanted is not None:
        first, second = converted(left, wanted, scope), converted(right, wanted, scope)
    if first is None or second is None or wanted is None:
        report_incomparable(left, right, span, scope)
        return unknown(span)
    if comparator not in EQUALITIES and not is_ordered(wanted):
        report_unordered(wanted, span, scope, origin(left, scope))
        return unknown(span)
    return Comparison(type=BOOL, span=span, comparator=comparator, left=first, right=second)


def is_sealed_pair(left: Value, right: Value, scope: Scope) -> bool:
    """Whether one of two values that are compared is sealed, which is then reported."""
    return any(refuse_sealed(one, scope, "compared") for one in (left, right))


def is_missing_word(expression: tree.Expression, scope: Scope) -> bool:
    """Whether an expression is the word `missing`, or what it is called elsewhere."""
    if isinstance(expression, tree.MissingLiteral):
        return True
    if not isinstance(expression, tree.NameReference):
        return False
    return means_missing(expression.name.text) and needs_guide(expression, scope)


def compared_with_missing(
    expression: tree.Compare, word: tree.Expression, other: tree.Expression, scope: Scope
) -> Value:
    """Report absence that is compared instead of asked for, as in `x != missing`."""
    is_negated = expression.comparator.value == "!="
    question = "is not missing" if is_negated else "is missing"
    written = word.name.text if isinstance(word, tree.NameReference) else "missing"
    meant = "" if written == "missing" else "the word for absence is `missing`: "
    scope.report(
        "E0306",
        f"`{written}` is not compared",
        expression.span,
        "absence is asked for, not compared",
        advice=f"{meant}write `{question}`",
    )
    operand = value_of(other, scope)
    asked = absence_of(operand, expression.span, scope, is_negated=is_negated)
    return asked or unknown(expression.span)


def comparable(left: Value, right: Value, scope: Scope) -> Type | None:
    """Return the type as which both are compared, or None."""
    for one, other in ((left, right), (right, left)):
        if is_zero(one) and is_money(other):
            return other.type
    found = joined(left.type, right.type, scope)
    if found is None:
        for one, other in ((left, right), (right, left)):
            if converted(one, other.type, scope) is not None:
                return other.type
        return None
    base = found.base if isinstance(found, OptionalType) else found
    return None if isinstance(base, OutputsType | RowType) else found


def is_ordered(shown: Type) -> bool:
    """Whether values of a type come before and after each other."""
    return shown in ORDERED or isinstance(shown, AmountType | UnroundedType)


def report_unordered(shown: Type, span: Span, scope: Scope, others: tuple[Label, ...] = ()) -> None:
    """Report an order of what has none."""
    is_set = isinstance(shown, EnumType | LifecycleType)
    scope.report(
        "E0307",
        f"values of type {show_type(shown)} have no order",
        span,
        "neither is less than the other",
        others=others,
        advice="ask which it is: `x is A or x is B`" if is_set else "compare with `==` or `!=`",
    )


def report_incomparable(left: Value, right: Value, span: Span, scope: Scope) -> None:
    """Report two values of different kinds."""
    if is_money(left) and is_money(right):
        report_two_units("cannot compare {0} with {1}", left, right, span, scope)
        return
    first, second = show_type(left.type), show_type(right.type)
    scope.report(
        "E0306",
        f"cannot compare {first} with {second}",
        span,
        f"{first} on the left, {second} on the right",
        others=(*origin(left, scope), *origin(right, scope)),
        advice=how_to_compare(left, right, scope),
    )


def how_to_compare(left: Value, right: Value, scope: Scope) -> str:
    """Return what makes two values comparable, if there is a plain way."""
    types = {left.type, right.type}
    for one, other in ((left, right), (right, left)):
        if plain := without_quotes(other, one.type):
            return f"write `{plain}`, without quotes"
    if types == {DATE, TIME}:
        return "compare dates with dates: `today` is the date of `now`"
    for one, other in ((left, right), (right, left)):
        if is_money(one) and other.type in (INT, DECIMAL):
            unit = unit_of(one, other)
            assert unit is not None, "money has a unit"
            return how_to_count(other, unit, scope)
        if isinstance(one.type, RecordType) and other.type in (TEXT, INT):
            return f"look it up: `{one.type.name}[…]`"
        if names_in(one.type):
            return f"write one of {', '.join(f'`{name}`' for name in names_in(one.type))}"
    return "compare values of one type"


def is_missing_of(expression: tree.IsMissing, scope: Scope) -> Value:
    """Return whether a value is missing."""
    operand = value_of(expression.operand, scope)
    span = expression.span
    if operand.type == ANYTHING:
        return unknown(span)
    asked = absence_of(operand, span, scope, is_negated=expression.is_negated)
    if asked is None:
        scope.report(
            "E0317",
            f"a value of type {show_type(operand.type)} is never missing",
            span,
            f"this is {show_type(operand.type)}, which is always there",
            others=origin(operand, scope),
            advice=f"remove the question, or declare it as `{show_type(operand.type)}?`",
        )
    return asked or unknown(span)


def absence_of(operand: Value, span: Span, scope: Scope, *, is_negated: bool) -> Value | None:
    """Return the question whether a value is missing, or None for one that is always there."""
    if isinstance(operand, RecordLookup):
        looked_up = OptionalType(operand.type)
        operand = replace(operand, type=looked_up, is_optional=True)
    is_optional = isinstance(operand.type, OptionalType) or is_known_present(operand, scope)
    if not is_optional and operand.type != MISSING:
        return None
    return IsAbsent(type=BOOL, span=span, operand=operand, is_negated=is_negated)


def is_test_of(expression: tree.IsTest, scope: Scope) -> Value:
    """Return whether a value is a state, an enum's name, a unit, or a holder of a role."""
    path, span = expression.path, expression.span
    operand = value_of(expression.operand, scope)
    if len(path.names) == 1 and means_missing(path.names[0].text):
        return not_missing_word(expression, operand, scope)
    operand = settled(operand, scope, "asked what it is")
    asked = operand.type
    if asked == ANYTHING or refuse_sealed(operand, scope, "asked what it is"):
        return unknown(span)
    if isinstance(asked, EnumType | LifecycleType):
        name = path.names[-1]
        if len(path.names) > 1 and not is_owner(path, asked, scope):
            return cannot_be(expression, operand, scope)
        scope.checking.used_names.add(asked.name)
        if name.text not in names_in(asked):
            report_no_such_name(name, asked, scope)
            return unknown(span)
        return IsName(
            type=BOOL,
            span=span,
            operand=operand,
            name=name.text,
            is_negated=expression.is_negated,
        )
    if asked == PARTY or isinstance(asked, RoleType):
        return role_test_of(expression, operand, scope)
    if asked == CURRENCY and (unit := unit_at(path, scope)) is not None:
        constant = Constant(type=CURRENCY, span=path.span, value=unit.code)
        comparator = "!=" if expression.is_negated else "=="
        return Comparison(type=BOOL, span=span, comparator=comparator, left=operand, right=constant)
    return cannot_be(expression, operand, scope)


def not_missing_word(expression: tree.IsTest, operand: Value, scope: Scope) -> Value:
    """Report absence asked for by a word of another language, as in `x is not null`."""
    if operand.type == ANYTHING:
        return unknown(expression.span)
    written = expression.path.names[0].text
    # What was meant is asked all the same, so that what follows is read as it was meant.
    asked = absence_of(operand, expression.span, scope, is_negated=expression.is_negated)
    question = "is not missing" if expression.is_negated else "is missing"
    scope.report(
        "E0316",
        f"a value of type {show_type(operand.type)} is never `{written}`",
        expression.span,
        f"this is {show_type(operand.type)}",
        others=origin(operand, scope),
        advice=f"the word for absence is `missing`: write `{question}`"
        if asked
        else "remove the question: only a value declared with `?` can be `missing`",
    )
    return asked or unknown(expression.span)


def is_owner(path: tree.Path, asked: EnumType | LifecycleType, scope: Scope) -> bool:
    """Whether `Standing.Grey` names its own enum or lifecycle before the name."""
    symbol = symbol_at(path.names[:-1], scope)
    return isinstance(symbol, EnumSymbol | LifecycleSymbol) and symbol.type == asked


def role_test_of(expression: tree.IsTest, operand: Value, scope: Scope) -> Value:
    """Return whether a party holds a role."""
    symbol = symbol_at(expression.path.names, scope)
    if not isinstance(symbol, RoleSymbol):
        return cannot_be(expression, operand, scope)
    return HasRole(
        type=BOOL,
        span=expression.span,
        operand=operand,
        role=symbol.name,
        is_negated=expression.is_negated,
    )


def cannot_be(expression: tree.IsTest, operand: Value, scope: Scope) -> Value:
    """Report that a value is never what it is asked to be."""
    written = ".".join(name.text for name in expression.path.names)
    if expression.path.names[0].text in scope.checking.misnamed:
        return unknown(expression.span)
    symbol = symbol_at(expression.path.names, scope)
    label = f"this is {show_type(operand.type)}"
    advice = "write a state, an enum's name or a role behind `is`, and `==` before any other value"
    if isinstance(operand.type, RecordType):
        record = scope.checking.declarations.record(operand.type)
        field = record.lifecycle_field
        if field and written in names_in(record.slots[field].type):
            advice = f"ask its `{field}`: `x.{field} is {written}`"
    elif operand.type == PARTY or isinstance(operand.type, RoleType):
        symbols = scope.checking.declarations.symbols.items()
        roles = [name for name, one in symbols if isinstance(one, RoleSymbol)]
        advice = did_you_mean(written, roles) or "write a role behind `is`, or `==` before a party"
    others = origin(operand, scope)
    if symbol is not None:
        others = (*others, Label(symbol.span, f"`{written}` is {KINDS[type(symbol)][0]}"))
    scope.report(
        "E0316",
        f"a value of type {show_type(operand.type)} is never `{written}`",
        expression.span,
        label,
        others=others,
        advice=advice,
    )
    return unknown(expression.span)


def how_to_ask(expression: tree.InTest, collection: Value) -> str:
    """Return what is asked of one value in place of a collection."""
    if isinstance(collection.type, EnumType | LifecycleType) and isinstance(collection, Constant):
        return f"write `is {'not ' if expression.is_negated else ''}{collection.value}`"
    return "write a list `[a, b]`, a set, or a range `1..5`"


def in_test_of(expression: tree.InTest, scope: Scope) -> Value:
    """Return whether a value is in a list, a set or a range."""
    if isinstance(expression.collection, tree.Range):
        return within_of(expression, expression.collection, scope)
    span = expression.span
    if needs_guide(expression.operand, scope):
        collection = value_of(expression.collection, scope)
        guide = collection.type.item if isinstance(collection.type, ListType | SetType) else None
        operand = settled(value_of(expression.operand, scope, guide), scope, "looked for")
    else:
        operand = settled(value_of(expression.operand, scope), scope, "looked for")
        collection = value_of(expression.collection, scope, ListType(operand.type))
    collection = settled(collection, scope, "looked through")
    if ANYTHING in (operand.type, collection.type) or refuse_sealed(operand, scope, "looked for"):
        return unknown(span)
    if not isinstance(collection.type, ListType | SetType):
        scope.report(
            "E0318",
            f"nothing is in a value of type {show_type(collection.type)}",
            collection.span,
            f"this is {show_type(collection.type)}",
            others=origin(collection, scope),
            advice=how_to_ask(expression, collection),
        )
        return unknown(span)
    held = collection.type.item
    same = joined(operand.type, held, scope)
    item = converted(operand, held if same is None else same, scope)
    group = type(collection.type)(item.type) if item is not None else collection.type
    fitting = converted(collection, group, scope)
    if item is None or fitting is None:
        scope.report(
            "E0306",
            f"cannot find {show_type(operand.type)} in {show_type(collection.type)}",
            span,
            "these are of different types",
            others=(*origin(operand, scope), *origin(collection, scope)),
            advice="write a collection of the same type",
        )
        return unknown(span)
    return IsIn(
        type=BOOL,
        span=span,
        operand=item,
        collection=fitting,
        is_negated=expression.is_negated,
    )


def within_of(expression: tree.InTest, written: tree.Range, scope: Scope) -> Value:
    """Return whether a value lies in a range."""
    span = expression.span
    operand = value_of(expression.operand, scope)
    low = value_of(written.low, scope, operand.type)
    high = value_of(written.high, scope, operand.type)
    above = comparison_of(">=", operand, low, expression.operand.span.to(low.span), scope)
    below = comparison_of("<=", operand, high, expression.operand.span.to(high.span), scope)
    if not isinstance(above, Comparison) or not isinstance(below, Comparison):
        return unknown(span)
    wanted = above.left.type if above.left.type != operand.type else below.left.type
    ends = [converted(one, wanted, scope) for one in (above.left, above.right, below.right)]
    if any(one is None for one in ends):
        return unknown(span)
    item, first, last = (one for one in ends if one is not None)
    return IsWithin(
        type=BOOL,
        span=span,
        operand=item,
        low=first,
        high=last,
        is_open=written.is_open,
        is_negated=expression.is_negated,
    )
