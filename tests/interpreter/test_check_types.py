"""Types, bounds and constants: what a declaration may say, and what it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.type import bound_of, type_of
from servanda.interpreter.model import Bound
from servanda.interpreter.types import ANYTHING, show_type


def field(text: str) -> tree.TypedName:
    """Return a parameter as it is written."""
    found = Diagnostics()
    file = parse(Source("test", f"event E({text})\n"), found)
    assert [one.message for one in found] == []
    (event,) = file.items
    assert isinstance(event, tree.EventDeclaration)
    return event.parameters[0]


RIGHT = [
    ("Int", "Int"),
    ("Text?", "Text?"),
    ("Bank", "Bank"),
    ("Kind", "Kind"),
    ("Account", "Account"),
    ("Amount of CNY", "Amount of CNY"),
    ("Balance of AdPoint", "Balance of AdPoint"),
    ("Amount of a.currency", "Amount of a.currency"),
    ("Amount of t.source.currency?", "Amount of t.source.currency?"),
    ("List of Account", "List of Account"),
    ("Set of Amount of CNY", "Set of Amount of CNY"),
    ("Sealed of Text to Bank", "Sealed of Text to Bank"),
    (
        "Sealed of Amount of CNY to a.holder or Bank?",
        "Sealed of Amount of CNY to a.holder or Bank?",
    ),
]


@pytest.mark.parametrize(("text", "shown"), RIGHT)
def test_types_are_read(make_scope: Callable[..., Scope], text: str, shown: str) -> None:
    """A type is a name of the language or of the contract, or one of another."""
    scope = make_scope()
    assert show_type(type_of(field(f"f: {text}").type, scope)) == shown
    assert len(scope.checking.diagnostics) == 0


WRONG = [
    ("Banc", "E0203"),
    ("Acount?", "E0203"),
    ("CNY", "E0211"),
    ("AdPoint", "E0211"),
    ("Paid", "E0211"),
    ("Amount", "E0327"),
    ("Sealed of Text", "E0327"),
    ("List of Sealed of Text to Bank", "E0373"),
    ("Sealed of Text to number", "E0371"),
    ("Text to Bank", "E0327"),
    ("List of Text to Bank?", "E0327"),
    ("Int of Text", "E0327"),
    ("Standing?", "E0327"),
    ("Balance of CNY?", "E0327"),
    ("List of Balance of CNY", "E0327"),
    ("Amount of CNJ", "E0217"),
    ("Amount of a", "E0217"),
    ("Amount of a.holder", "E0217"),
    ("Amount of List of Text", "E0217"),
    ("Amount of a.curency", "E0213"),
    ("Amount of t.moving", "E0326"),
]


@pytest.mark.parametrize(("text", "code"), WRONG)
def test_wrong_types_are_reported(make_scope: Callable[..., Scope], text: str, code: str) -> None:
    """Each mistake has one code and one concrete help."""
    scope = make_scope()
    found_type = type_of(field(f"f: {text}").type, scope)
    # What is never missing is known all the same: what follows is read without the `?`.
    assert found_type == ANYTHING or text.endswith("?")
    (found,) = scope.checking.diagnostics
    assert found.code == code
    assert found.help


BOUNDS = [
    ("Int in 1..360", Bound(1, 360)),
    ("Int? in -5..<2 * 3", Bound(-5, 6, is_high_open=True)),
    ("Amount of CNY in 0..1_000 CNY", Bound(0, 100_000)),
    ("Duration in 1 day..2 * 1 day", Bound(86_400_000, 172_800_000)),
    ("Date in 1970-01-01..1970-01-02", Bound(0, 1)),
    ("Standing in Grey | Black", Bound(names=("Grey", "Black"))),
]


@pytest.mark.parametrize(("text", "bound"), BOUNDS)
def test_bounds_are_held_as_values(
    make_scope: Callable[..., Scope], text: str, bound: Bound
) -> None:
    """Both ends are run-time values of the bounded type."""
    scope = make_scope()
    written = field(f"f: {text}")
    assert bound_of(written.bound, type_of(written.type, scope), scope) == bound
    assert len(scope.checking.diagnostics) == 0


WRONG_BOUNDS = [
    ("Int in 1..n", "E0313"),
    ("Int in 5..1", "E0328"),
    ("Int in 5..<5", "E0328"),
    ("Int in A | B", "E0328"),
    ("Text in 1..5", "E0328"),
    ("Bank in 1..5", "E0328"),
    ("Int in 1..1.5", "E0301"),
    ("Standing in Gray | Black", "E0214"),
    ("Amount of CNY in 0..5 USD", "E0303"),
]


@pytest.mark.parametrize(("text", "code"), WRONG_BOUNDS)
def test_wrong_bounds_are_reported(make_scope: Callable[..., Scope], text: str, code: str) -> None:
    """A bound is made of constants that lie in order."""
    scope = make_scope()
    written = field(f"f: {text}")
    bound_of(written.bound, type_of(written.type, scope), scope)
    (found,) = scope.checking.diagnostics
    assert found.code == code
    assert found.help
