"""Facts: what a guard establishes, and what makes it uncertain again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from servanda.grammar.parser import parse_expression
from servanda.grammar.source import Source
from servanda.interpreter.check.expression import (
    condition_of,
    forget_changed,
    forget_local,
    learn,
    value_of,
)
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.types import RecordType

MakeScope = Callable[..., Scope]


def guard(text: str, scope: Scope, *, is_true: bool = True) -> None:
    """Learn what a condition says."""
    written = parse_expression(Source("test", text), scope.checking.diagnostics)
    assert written is not None
    learn(condition_of(written, scope), scope, is_true)


def codes(text: str, scope: Scope) -> list[str]:
    """Return what is wrong with an expression now."""
    written = parse_expression(Source("test", text), scope.checking.diagnostics)
    assert written is not None
    value_of(written, scope)
    return [one.code for one in scope.checking.diagnostics]


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("t.other is not missing", True),
        ("t.other is missing", False),
        ("not (t.other is missing)", True),
        ("n > 3 and t.other is not missing", True),
        ("n > 3 or t.other is missing", False),
    ],
)
def test_presence_is_learned(make_scope: MakeScope, text: str, is_true: bool) -> None:
    """However it is asked, who asked may go on."""
    scope = make_scope()
    guard(text, scope, is_true=is_true)
    assert codes("t.other.number", scope.child()) == []


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("t.other is missing", True),
        ("t.other is not missing", False),
        ("n > 3 or t.other is not missing", True),
        ("n > 3 and t.other is missing", False),
    ],
)
def test_what_does_not_follow_is_not_learned(
    make_scope: MakeScope, text: str, is_true: bool
) -> None:
    """One of two things being so says nothing about each."""
    scope = make_scope()
    guard(text, scope, is_true=is_true)
    assert codes("t.other.number", scope) == ["E0305"]


def test_a_fact_of_a_branch_ends_with_it(make_scope: MakeScope) -> None:
    """What is known inside is not known outside."""
    scope = make_scope()
    guard("t.other is not missing", scope.child())
    assert codes("t.other.number", scope) == ["E0305"]


def test_an_effect_undoes_what_may_have_changed(make_scope: MakeScope) -> None:
    """A fixed field stays what it was; one that is assigned somewhere must be asked again."""
    scope = make_scope()
    guard("t.other is not missing", scope)
    forget_changed(scope.child())
    assert codes("t.other.number", scope) == []
    record = scope.locals["a"].type
    assert isinstance(record, RecordType)
    slots = scope.checking.declarations.record(record).slots
    assert slots["note"].is_fixed
    assert not slots["memo"].is_fixed
    guard("a.memo is not missing", scope)
    assert codes("a.memo == text", scope) == []
    forget_changed(scope, "standing")
    assert codes("a.memo == text", scope) == []
    forget_changed(scope.child(), "memo")
    assert codes("a.memo == text", scope) == ["E0305"]


def test_a_local_that_is_set_again_is_unknown(make_scope: MakeScope) -> None:
    """A new value of a name has nothing to do with its old one."""
    scope = make_scope()
    guard("t.other is not missing and t.source.currency == CNY", scope)
    assert codes("if t.amount > 5 CNY then t.other.number else text", scope) == []
    forget_local(scope.child(), scope.locals["t"])
    assert codes("t.other.number", scope) == ["E0305"]
    assert "E0303" in codes("t.amount > 5 CNY", scope)
