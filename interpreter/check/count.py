"""Count what is known of whole numbers before anything runs: the least and the most of a value.

In come model values; out come bounds, or None where there is none. It refuses to guess.
"""

from __future__ import annotations

from servanda.interpreter.check.scope import Scope
from servanda.interpreter.model import (
    Arithmetic,
    Bound,
    Builtin,
    BuiltinCall,
    Conditional,
    Constant,
    FieldValue,
    LocalValue,
    Negation,
    Operation,
    Value,
)

Ends = tuple[int | None, int | None]
NO_ENDS: Ends = (None, None)
"""Nothing is known."""


def count_bounds(value: Value, scope: Scope) -> Ends:
    """Return the least and the most that an Int may be."""
    match value:
        case Constant(value=int() as number):
            return number, number
        case LocalValue(local=local) if local.number not in scope.checking.reassigned:
            return ends_of_bound(scope.checking.bounds.get(local.number))
        case FieldValue(record=record, field=name):
            slot = scope.checking.declarations.record(record).slots.get(name)
            return ends_of_bound(slot.bound if slot else None)
        case Negation(operand=operand):
            low, high = count_bounds(operand, scope)
            return (None if high is None else -high, None if low is None else -low)
        case Conditional(then=then, otherwise=otherwise):
            return widest(count_bounds(then, scope), count_bounds(otherwise, scope))
        case Arithmetic():
            return arithmetic_bounds(value, scope)
        case BuiltinCall(builtin=Builtin.LEAST | Builtin.MOST, arguments=arguments):
            return chosen_bounds(value.builtin, [count_bounds(one, scope) for one in arguments])
    return NO_ENDS


def ends_of_bound(bound: Bound | None) -> Ends:
    """Return the ends of a declared bound of an Int."""
    if bound is None:
        return NO_ENDS
    low = bound.low if isinstance(bound.low, int) else None
    high = bound.high if isinstance(bound.high, int) else None
    if high is not None and bound.is_high_open:
        high -= 1
    return low, high


def widest(first: Ends, second: Ends) -> Ends:
    """Return bounds that hold of either value."""
    low = None if first[0] is None or second[0] is None else min(first[0], second[0])
    high = None if first[1] is None or second[1] is None else max(first[1], second[1])
    return low, high


def arithmetic_bounds(value: Arithmetic, scope: Scope) -> Ends:
    """Return the bounds of a sum, difference or product; a long chain is walked in a loop."""
    chain: list[Arithmetic] = []
    first: Value = value
    while isinstance(first, Arithmetic):
        chain.append(first)
        first = first.left
    ends = count_bounds(first, scope)
    for link in reversed(chain):
        ends = combined(link.operation, ends, count_bounds(link.right, scope))
    return ends


def combined(operation: Operation, left: Ends, right: Ends) -> Ends:
    """Return the bounds of one operation."""
    match operation:
        case Operation.ADD_INT:
            low = None if left[0] is None or right[0] is None else left[0] + right[0]
            high = None if left[1] is None or right[1] is None else left[1] + right[1]
            return low, high
        case Operation.SUBTRACT_INT:
            low = None if left[0] is None or right[1] is None else left[0] - right[1]
            high = None if left[1] is None or right[0] is None else left[1] - right[0]
            return low, high
        case Operation.MULTIPLY_INT:
            ends = [*left, *right]
            known = [one for one in ends if one is not None]
            if len(known) == len(ends):
                a, b, c, d = known
                corners = (a * c, a * d, b * c, b * d)
                return min(corners), max(corners)
    return NO_ENDS


def chosen_bounds(builtin: Builtin, ends: list[Ends]) -> Ends:
    """Return the bounds of `least(…)` or `most(…)`."""
    lows = [low for low, _ in ends if low is not None]
    highs = [high for _, high in ends if high is not None]
    if builtin is Builtin.LEAST:
        return (min(lows) if len(lows) == len(ends) else None, min(highs, default=None))
    return (max(lows, default=None), max(highs) if len(highs) == len(ends) else None)
