"""Units that are fields: money in them agrees by the same path, or because a guard says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from servanda.grammar import tree
from servanda.grammar.parser import parse_expression
from servanda.grammar.source import Source
from servanda.interpreter.check.arguments import arguments_of
from servanda.interpreter.check.equal_paths import learn_equal_paths
from servanda.interpreter.check.expression import learn_let, same_unit, value_of
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.symbols import ActionSymbol
from servanda.interpreter.model import CreateRecord, Value
from servanda.interpreter.types import ANY_UNIT, AmountType, FieldUnit, FixedUnit, show_type

CNY = FixedUnit("CNY", 2)

RIGHT = [
    ("a.balance + a.limit", "Amount of a.currency"),
    ("a.limit > 0", "Bool"),
    ("a.currency == CNY and a.limit > 5 CNY", "Bool"),
    ("a.currency is CNY and a.limit > 5 CNY", "Bool"),
    ("not (a.currency == CNY) or a.limit > 5 CNY", "Bool"),
    ("a.currency == b.currency and b.currency == CNY and a.limit > 5 CNY", "Bool"),
    ("if a.currency != b.currency then a.limit else a.limit + b.limit", "Amount of a.currency"),
    ("t.amount + t.source.balance", "Amount of t.source.currency"),
    ("fee(a, a.balance) + a.limit", "Amount of a.currency"),
    ("fee(t.source, t.amount) + t.amount", "Amount of t.source.currency"),
    ("plain(CNY, 5 CNY) + amount", "Amount of CNY"),
    ("plain(a.currency, a.limit)", "Amount of a.currency"),
    ("round(a.limit * 1.5, a.currency) + a.limit", "Amount of a.currency"),
    (
        "sum(i.limit for i in Account where i.holder == a.holder and i.currency == CNY)",
        "Amount of CNY",
    ),
    (
        "sum(i.limit for i in Account where i.holder == a.holder and i.currency == a.currency)",
        "Amount of a.currency",
    ),
]


@pytest.mark.parametrize(("text", "shown"), RIGHT)
def test_units_that_agree(elaborate: Callable[..., Any], text: str, shown: str) -> None:
    """The same path is one unit, and an equality of currencies makes two paths one."""
    checked = elaborate(text)
    assert checked.codes == []
    assert checked.type == shown


WRONG = [
    ("a.limit > 5 CNY", "E0303"),
    ("a.balance + b.balance", "E0303"),
    ("t.amount + a.balance", "E0303"),
    ("a.currency == CNY or a.limit > 5 CNY", "E0303"),
    ("a.currency != CNY and a.limit > 5 CNY", "E0303"),
    ("fee(a, b.balance)", "E0303"),
    ("plain(USD, 5 CNY)", "E0303"),
    ("plain(t.moving, 5 CNY)", "E0326"),
    ("fee(Account[text], 5 CNY)", "E0326"),
    ("Account[text].balance", "E0326"),
    ("round(a.limit * 1.5, t.moving)", "E0326"),
    ("t.moving == CNY and round(x, t.moving) > 5 CNY", "E0326"),
    ("sum(i.limit for i in Account where i.holder == a.holder)", "E0334"),
    ("most(i.limit for i in [a, b])", "E0334"),
]


@pytest.mark.parametrize(("text", "code"), WRONG)
def test_units_that_are_not_known_to_agree(
    elaborate: Callable[..., Any], text: str, code: str
) -> None:
    """Yuan are never added to what may be dollars."""
    assert elaborate(text).codes == [code]


def check(text: str, scope: Scope) -> Value:
    """Return the value of an expression in a scope."""
    written = parse_expression(Source("test", text), scope.checking.diagnostics)
    assert written is not None
    return value_of(written, scope)


def let(name: str, text: str, scope: Scope) -> Value:
    """Bind a local as `let` does, and return its value."""
    value = check(text, scope)
    local = scope.bind(name, value.type, value.span)
    learn_let(local, value, scope)
    return value


def test_a_second_name_has_the_same_unit(make_scope: Callable[..., Scope]) -> None:
    """`let` gives a record or a currency another name, and money in it stays what it is."""
    scope = make_scope()
    let("source", "t.source", scope)
    let("currency", "source.currency", scope)
    total = check("source.balance + t.amount + round(x, currency)", scope)
    assert show_type(total.type) == "Amount of t.source.currency"
    assert len(scope.checking.diagnostics) == 0


def test_what_a_record_was_created_with_is_known(make_scope: Callable[..., Scope]) -> None:
    """The currency of a new record is the one that it was given."""
    scope = make_scope()
    created = let(
        "new",
        "create Account(number: text, holder: a.holder, currency: CNY, opened: today, term: 1, "
        "limit: 5 CNY, kinds: [])",
        scope,
    )
    assert isinstance(created, CreateRecord)
    assert show_type(check("amount + new.limit", scope).type) == "Amount of CNY"
    assert len(scope.checking.diagnostics) == 0


def test_a_local_that_is_set_again_holds_no_unit(make_scope: Callable[..., Scope]) -> None:
    """What may be another record tomorrow is no place to hang a unit on."""
    scope = make_scope()
    local = scope.bind("other", scope.locals["a"].type, scope.checking.spans[0])
    scope.checking.reassigned.add(local.number)
    check("other.balance", scope)
    assert [one.code for one in scope.checking.diagnostics] == ["E0326"]


def test_equal_paths_are_found_in_any_order(make_scope: Callable[..., Scope]) -> None:
    """Equality of units is reflexive, symmetric and transitive, and says no more."""
    scope = make_scope()
    first, second, third, fourth = (FieldUnit(number, "x", ("c",)) for number in range(4))
    learn_equal_paths(second, first, scope)
    inner = scope.child()
    learn_equal_paths(second, third, inner)
    assert same_unit(first, third, inner)
    assert same_unit(third, first, inner)
    assert same_unit(fourth, fourth, inner)
    assert not same_unit(first, fourth, inner)
    assert not same_unit(first, third, scope)


def given(texts: list[str], scope: Scope) -> tuple[Value, ...]:
    """Return the arguments of `pay` as a party gives them."""
    action = scope.checking.declarations.symbols["pay"]
    assert isinstance(action, ActionSymbol)
    arguments = []
    for text in texts:
        written = parse_expression(Source("test", text), scope.checking.diagnostics)
        assert written is not None
        arguments.append(tree.Argument(written))
    span = scope.checking.spans[0]
    return arguments_of(arguments, action.parameters, scope, "pay", span, is_external=True)


def test_a_party_names_a_record_by_its_key(make_scope: Callable[..., Scope]) -> None:
    """Outside, the unit of an amount is its own: it is compared when the action runs."""
    scope = make_scope(Place.SCRIPT)
    key, amount = given(['"6222-01"', "500 USD"], scope)
    assert show_type(key.type) == "Text"
    assert amount.type == AmountType(FixedUnit("USD", 2))
    assert len(scope.checking.diagnostics) == 0
    record, _ = given(["a", "5 CNY"], scope)
    assert show_type(record.type) == "Account"
    assert len(scope.checking.diagnostics) == 0


def test_a_party_gives_nothing_without_a_unit(make_scope: Callable[..., Scope]) -> None:
    """A bare 0 is nothing of any unit: the action knows which."""
    scope = make_scope(Place.SCRIPT)
    _, amount = given(['"x"', "0"], scope)
    assert amount.type == AmountType(ANY_UNIT)
    assert len(scope.checking.diagnostics) == 0


@pytest.mark.parametrize("texts", [["5", "5 CNY"], ['"x"', "5"], ['"x"', "0.0"]])
def test_a_party_gives_no_bare_number(make_scope: Callable[..., Scope], texts: list[str]) -> None:
    """A key has its own type, and an amount its unit."""
    scope = make_scope(Place.SCRIPT)
    given(texts, scope)
    assert [one.code for one in scope.checking.diagnostics] == ["E0301"]
