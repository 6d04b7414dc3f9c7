"""Elaborate operators: arithmetic, `and`, `or`, `not`, `if … then … else …`, and lists.

In come operators of the tree; out come model values. A chain `a + b + c …` leans to the left and
may be long, so it is walked in a loop. What a condition says is known on its right and below it.
"""

from __future__ import annotations

from collections.abc import Sequence

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_expression import flat_expression
from servanda.grammar.tree import Operator
from servanda.interpreter.check.arithmetic import arithmetic_of, negation_of
from servanda.interpreter.check.fit import condition_of, converted, fit, joined
from servanda.interpreter.check.learn import learn
from servanda.interpreter.check.misfit import refuse_sealed
from servanda.interpreter.check.path import base_of
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.value import is_zero, unknown, value_of
from servanda.interpreter.model import (
    Both,
    Conditional,
    Constant,
    Either,
    Inverse,
    ListValue,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    MISSING,
    AmountType,
    EnumType,
    LifecycleType,
    ListType,
    OutputsType,
    RowType,
    SetType,
    Type,
    UnroundedType,
    show_type,
)

LOGIC = (Operator.AND, Operator.OR)


@value_of.register(tree.Binary)
def value_of_binary(expression: tree.Binary, scope: Scope, wanted: Type | None = None) -> Value:
    """Return what `a + b` or `a and b` gives."""
    chain: list[tree.Binary] = []
    first: tree.Expression = expression
    while isinstance(first, tree.Binary):
        chain.append(first)
        first = first.left
    chain.reverse()
    # Only names and zeros are guided by what is wanted, and those are no operands of arithmetic.
    value = value_of(first, scope, wanted if chain[0].operator in LOGIC else None)
    inner = scope
    before: Operator | None = None
    for link in chain:
        operator = link.operator
        if operator not in LOGIC:
            value = arithmetic_of(operator, value, value_of(link.right, scope), link.span, scope)
            before = operator
            continue
        if operator is not before:
            value = fit(value, BOOL, scope, f"the left side of `{operator.value}`", value.span)
            inner = scope.child()
            learn(value, inner, operator is Operator.AND)
        what = f"the right side of `{operator.value}`"
        found = value_of(link.right, inner)
        if is_bare_name(found) and report_bare_name(link, found, inner):
            right: Value = unknown(link.right.span)
        else:
            right = fit(found, BOOL, inner, what, link.right.span)
        learn(right, inner, operator is Operator.AND)
        joint = Both if operator is Operator.AND else Either
        value = joint(type=BOOL, span=link.span, left=value, right=right)
        before = operator
    return value


def is_bare_name(value: Value) -> bool:
    """Whether a value is the name of an enum or a state, alone."""
    return isinstance(value, Constant) and isinstance(value.type, EnumType | LifecycleType)


def report_bare_name(link: tree.Binary, found: Value, scope: Scope) -> bool:
    """Report `x is A or B`, where each side asks anew; return whether it is that."""
    before = link.left.right if isinstance(link.left, tree.Binary) else link.left
    asked = before.operand if isinstance(before, tree.IsTest) else None
    if asked is None or not isinstance(before, tree.IsTest) or not isinstance(found, Constant):
        return False
    subject, word = flat_expression(asked), "not in" if before.is_negated else "in"
    first = ".".join(one.text for one in before.path.names)
    scope.report(
        "E0301",
        f"the right side of `{link.operator.value}` must be Bool, not {show_type(found.type)}",
        link.right.span,
        "a name alone asks nothing",
        advice=f"write `{subject} {word} [{first}, {found.value}]`",
    )
    return True


@value_of.register(tree.Not)
@value_of.register(tree.Negate)
def value_of_prefix(
    expression: tree.Not | tree.Negate,
    scope: Scope,
    wanted: Type | None = None,  # noqa: ARG001 -- the operand says what it is
) -> Value:
    """Return `not a` or `-a`."""
    if isinstance(expression, tree.Negate):
        return negation_of(value_of(expression.operand, scope), expression.span, scope)
    operand = value_of(expression.operand, scope, BOOL)
    fitting = fit(operand, BOOL, scope, "what stands behind `not`", expression.operand.span)
    return Inverse(type=BOOL, span=expression.span, operand=fitting)


@value_of.register(tree.IfExpression)
def value_of_if(expression: tree.IfExpression, scope: Scope, wanted: Type | None = None) -> Value:
    """Return one of two values of a common type."""
    condition = condition_of(expression.condition, scope)
    first_scope, second_scope = scope.child(), scope.child()
    learn(condition, first_scope, True)
    learn(condition, second_scope, False)
    then = value_of(expression.then, first_scope, wanted)
    otherwise = value_of(expression.otherwise, second_scope, wanted or then.type)
    if ANYTHING in (then.type, otherwise.type):
        return unknown(expression.span)
    found = together((then, otherwise), wanted, (first_scope, second_scope))
    if found is None:
        scope.report(
            "E0322",
            f"this is either {show_type(then.type)} or {show_type(otherwise.type)}",
            expression.span,
            "both branches must be of one type",
            others=(
                Label(then.span, f"this is {show_type(then.type)}"),
                Label(otherwise.span, f"this is {show_type(otherwise.type)}"),
            ),
            advice=how_to_join(then, otherwise),
        )
        return unknown(expression.span)
    shared, (first, second) = found
    return Conditional(
        type=shared, span=expression.span, condition=condition, then=first, otherwise=second
    )


def together(
    values: Sequence[Value], wanted: Type | None, scopes: Sequence[Scope]
) -> tuple[Type, tuple[Value, ...]] | None:
    """Return one type and the values brought to it, or None if they have none in common."""
    shared: Type | None = values[0].type
    for value, scope in zip(values[1:], scopes[1:], strict=True):
        if shared is None:
            return None
        shared = joined_value(shared, value, scope)
    # What is wanted decides where the values by themselves do not agree, as with `0`.
    for candidate in (shared, wanted, *(value.type for value in values)):
        if candidate is None:
            continue
        brought = [
            converted(value, candidate, scope) for value, scope in zip(values, scopes, strict=True)
        ]
        kept = tuple(value for value in brought if value is not None)
        if len(kept) == len(values):
            return candidate, kept
    return None


def joined_value(shared: Type, value: Value, scope: Scope) -> Type | None:
    """Return the common type of what came before and `value`; a bare `0` takes any Amount's."""
    if is_zero(value) and isinstance(shared, AmountType | UnroundedType):
        return shared
    found = joined(shared, value.type, scope)
    if found is None and converted(value, shared, scope) is not None:
        return shared
    return found


def how_to_join(left: Value, right: Value) -> str:
    """Return what brings two values to one type, if there is a plain way."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one.type, AmountType) and not isinstance(other.type, AmountType):
            return "give both sides an amount of the same unit"
    return "write values of one type on both sides"


@value_of.register(tree.ListLiteral)
def value_of_list(expression: tree.ListLiteral, scope: Scope, wanted: Type | None = None) -> Value:
    """Return a list (or a set, where one is wanted) of values of a common type."""
    guide = base_of(wanted)
    is_guided = isinstance(guide, ListType | SetType)
    item = guide.item if isinstance(guide, ListType | SetType) else None
    if not expression.items:
        if not is_guided and guide != ANYTHING:
            scope.report(
                "E0333",
                "nothing says what this list holds",
                expression.span,
                "an empty list of no type",
                advice="write it where a `List of …` is wanted, as in a field or an argument",
            )
        shown = guide if guide is not None and is_guided else ListType(ANYTHING)
        return ListValue(type=shown, span=expression.span, items=())
    items: list[Value] = []
    for written in expression.items:
        items.append(value_of(written, scope, item or (items[0].type if items else None)))
    if any(one.type == ANYTHING or refuse_sealed(one, scope, "kept in a list") for one in items):
        return unknown(expression.span)
    found = together(items, item, [scope] * len(items))
    if found is None or isinstance(found[0], OutputsType | RowType):
        report_mixed(items, scope)
        return unknown(expression.span)
    shared, kept = found
    if shared == MISSING:
        scope.report(
            "E0333",
            "nothing says what this list holds",
            expression.span,
            "only `missing` stands in it",
            advice="leave it out: a list may be empty where a `List of …` is wanted",
        )
        return unknown(expression.span)
    group: Type = SetType(shared) if isinstance(guide, SetType) else ListType(shared)
    return ListValue(type=group, span=expression.span, items=kept)


def report_mixed(items: Sequence[Value], scope: Scope) -> None:
    """Report a list whose items have no type in common."""
    first = items[0]
    odd = next((one for one in items if joined(first.type, one.type, scope) is None), items[-1])
    scope.report(
        "E0322",
        f"a list holds values of one type, not {show_type(first.type)} and {show_type(odd.type)}",
        odd.span,
        f"this is {show_type(odd.type)}",
        others=(Label(first.span, f"this is {show_type(first.type)}"),),
        advice="write values of one type",
    )
