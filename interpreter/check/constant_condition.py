"""Warn of a condition that is made of constants alone: it is the same whenever it is asked.

In comes a checked condition of a contract; out comes a warning. Tests may ask what they like, for
that is how they try the language itself.
"""

from __future__ import annotations

from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.model import (
    Arithmetic,
    Both,
    Comparison,
    Constant,
    Convert,
    Either,
    Inverse,
    IsIn,
    IsWithin,
    ListValue,
    Negation,
    Value,
)
from servanda.interpreter.types import ANYTHING
from servanda.interpreter.walk import find_values

COMPUTED = (
    Arithmetic,
    Both,
    Comparison,
    Constant,
    Convert,
    Either,
    Inverse,
    IsIn,
    IsWithin,
    ListValue,
    Negation,
)
"""What comes to the same whenever it is computed from what does."""


def warn_of_constants(condition: Value, scope: Scope) -> None:
    """Warn of a condition that decides nothing."""
    if scope.place is Place.SCRIPT:
        return
    for part in find_values(condition, lambda _: True):
        if part.type == ANYTHING or not isinstance(part, COMPUTED):
            return
    scope.report(
        "W0290",
        "this condition decides nothing",
        condition.span,
        "made of constants alone, so that it always comes to the same",
        advice="ask about a value that may differ, or remove the condition",
    )
