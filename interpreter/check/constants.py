"""Fold constants: the value of an expression that is known before anything runs.

In come model values; out come constants, or None where a value is only known at run time.
"""

from __future__ import annotations

from servanda.interpreter.check.value import negated
from servanda.interpreter.model import Arithmetic, Constant, Negation, Operation, Value
from servanda.interpreter.values.numbers import INT_LIMIT

WHOLE_NUMBERS = frozenset(
    {
        Operation.ADD_INT,
        Operation.SUBTRACT_INT,
        Operation.MULTIPLY_INT,
        Operation.ADD_AMOUNT,
        Operation.SUBTRACT_AMOUNT,
        Operation.MULTIPLY_AMOUNT,
        Operation.ADD_DURATION,
        Operation.SUBTRACT_DURATION,
        Operation.MULTIPLY_DURATION,
    }
)
"""What is plain arithmetic of whole numbers, whatever they count."""


def folded(value: Value) -> Constant | None:
    """Return `value` as a constant, or None if it is none."""
    if isinstance(value, Constant):
        return value
    if isinstance(value, Negation):
        inner = folded(value.operand)
        return None if inner is None else negated(inner)
    chain: list[Arithmetic] = []
    first: Value = value
    while isinstance(first, Arithmetic):
        chain.append(first)
        first = first.left
    known = folded(first) if chain else None
    for link in reversed(chain):
        right = folded(link.right)
        if known is None or right is None:
            return None
        known = combined(link, known.value, right.value)
    return known


def combined(link: Arithmetic, left: object, right: object) -> Constant | None:
    """Return one operation on two whole numbers."""
    if link.operation not in WHOLE_NUMBERS:
        return None
    if not isinstance(left, int) or not isinstance(right, int):
        return None
    if link.operation.value.startswith("add"):
        found = left + right
    elif link.operation.value.startswith("subtract"):
        found = left - right
    else:
        found = left * right
    if abs(found) >= INT_LIMIT:
        return None
    return Constant(type=link.type, span=link.span, value=found)
