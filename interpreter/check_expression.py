"""Expressions from tree to model: the one place to import their elaboration from.

Importing this file brings in every kind of expression; each is checked in a file of its own and
registered with `value_of`. In come trees and scopes; out come typed model values, diagnostics in
the scope's `Checking`, and values of type ANYTHING after them.
"""

from servanda.interpreter import (
    check_aggregate,
    check_apply,
    check_comparison,
    check_create,
    check_field,
    check_operator,
    check_path,
    check_text,
)
from servanda.interpreter.check_apply import foreign_call_of
from servanda.interpreter.check_arguments import arguments_of
from servanda.interpreter.check_fit import condition_of, fit, fitted
from servanda.interpreter.check_path import symbol_at, symbol_of
from servanda.interpreter.check_unit import same_unit
from servanda.interpreter.check_value import unknown, value_of
from servanda.interpreter.facts import forget_changed, forget_local
from servanda.interpreter.learn import learn, learn_let

KINDS_OF_EXPRESSION = (
    check_aggregate,
    check_apply,
    check_comparison,
    check_create,
    check_field,
    check_operator,
    check_path,
    check_text,
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
