"""Expressions from tree to model: the one place to import their elaboration from.

Importing this file brings in every kind of expression; each is checked in a file of its own and
registered with `value_of`. In come trees and scopes; out come typed model values, diagnostics in
the scope's `Checking`, and values of type ANYTHING after them.
"""

from servanda.interpreter.check import (
    aggregate,
    apply,
    comparison,
    create,
    field,
    operator,
    path,
    text,
)
from servanda.interpreter.check.apply import foreign_call_of
from servanda.interpreter.check.arguments import arguments_of
from servanda.interpreter.check.equal_paths import same_unit
from servanda.interpreter.check.facts import forget_changed, forget_local
from servanda.interpreter.check.fit import condition_of, fit, fitted
from servanda.interpreter.check.learn import learn, learn_let
from servanda.interpreter.check.path import symbol_at, symbol_of
from servanda.interpreter.check.value import unknown, value_of

KINDS_OF_EXPRESSION = (
    aggregate,
    apply,
    comparison,
    create,
    field,
    operator,
    path,
    text,
)
"""The files that register what they elaborate."""

__all__ = [
    "arguments_of",
    "condition_of",
    "fit",
    "fitted",
    "foreign_call_of",
    "forget_changed",
    "forget_local",
    "learn",
    "learn_let",
    "same_unit",
    "symbol_at",
    "symbol_of",
    "unknown",
    "value_of",
]
