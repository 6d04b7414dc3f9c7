"""Which refusal a call gets that deserves two: the order of the enum, from the top down."""

from __future__ import annotations

from typing import Any

import pytest
import worlds

from servanda.interpreter.receipts import Amount
from servanda.interpreter.refusals import Code

World = Any

CONTRACT = """\
contract Order version 1
role Bank, Police
lifecycle Stage
  Open -> Shut
  Shut
record Thing[name: Text]
  holder: Bank
  count: Int in 0..10 = 0
  cash: Balance of CNY
  stage: Stage
record Secret[id: Serial]
  seen by holder or Police
  holder: Bank
  currency: Currency
  cash: Balance of currency
  stage: Stage
invariant "no more than 5"
  for t in Thing
  holds t.count <= 5
action make(name: Text)
  by Bank as bank
  create Thing(name: name, holder: bank)
action hide(currency: Currency): Secret
  by Bank as bank
  give create Secret(holder: bank, currency: currency)
action spend(thing: Thing in Open, more: Amount of CNY in -5 CNY..5_000 CNY, count: Int)
  by thing.holder
  require count != 1 else FIRST "one"
  thing.stage becomes Shut
  retire more from thing.cash
  create Thing(name: "a", holder: thing.holder)
action shut(thing: Thing)
  by thing.holder
  thing.stage becomes Shut
action shut_late(thing: Thing, amount: Amount of CNY in -5 CNY..5_000 CNY)
  by thing.holder
  retire amount from thing.cash
  thing.stage becomes Shut
action again(name: Text, count: Int)
  by Bank as bank
  let thing = create Thing(name: name, holder: bank)
  thing.count = count * 10
action recount(thing: Thing, count: Int)
  by thing.holder
  thing.count = count
  for n in 1..1_000
    thing.count = count
action peek(secret: Secret in Open, thing: Thing, amount: Amount of secret.currency)
  by secret.holder
  issue amount to secret.cash
  thing.count = 1
action look(secrets: List of Secret, first: Secret?)
  by Bank or Police
  for secret in secrets
    secret.stage becomes Shut
  if first is not missing
    first.stage becomes Shut
"""


@pytest.fixture
def order() -> World:
    """Return a world with a thing `a` of icbc, and a secret of icbc."""
    world = worlds.world(CONTRACT, members="Bank:icbc,boc,ccb Police:pd", call_steps_max=2_000)
    world.does("icbc", "make", "a")
    world.does("icbc", "hide", "CNY")
    return world


def test_the_order_of_the_enum_is_that_of_the_language() -> None:
    """The codes stand in the order in which the page of the language names them."""
    assert (
        list(Code)
        == (
            "UNKNOWN_ACTION BAD_ARGUMENT MISSING_RECORD NOT_SIGNED NOT_AUTHORISED WRONG_STATE "
            "NO_TRANSITION NEGATIVE_AMOUNT INSUFFICIENT DUPLICATE_KEY OVERFLOW DIVISION_BY_ZERO "
            "INVARIANT COST_LIMIT"
        ).split()
    )


def test_each_code_goes_before_the_next(order: World) -> None:
    """A call that deserves two codes is refused with the one that stands first."""
    negative, much = Amount(-1, "CNY"), Amount(500_000, "CNY")
    assert order.code("", "nothing", object()) == "UNKNOWN_ACTION"
    # A bad third argument goes before a missing record in the first.
    assert order.code("", "spend", "nobody", negative, "x") == "BAD_ARGUMENT"
    assert order.code("", "spend", "nobody", negative, 1) == "MISSING_RECORD"
    assert order.code("", "spend", "a", negative, 1) == "NOT_SIGNED"
    order.does("icbc", "shut", "a")
    assert order.code("boc", "spend", "a", negative, 1) == "NOT_AUTHORISED"
    assert order.code("icbc", "spend", "a", negative, 1) == "WRONG_STATE"
    order.does("icbc", "make", "b")
    assert order.code("icbc", "spend", "b", negative, 1) == "FIRST"
    assert order.code("icbc", "spend", "b", negative, 2) == "NEGATIVE_AMOUNT"
    assert order.code("icbc", "spend", "b", much, 2) == "INSUFFICIENT"
    assert order.code("icbc", "spend", "b", Amount(0, "CNY"), 2) == "DUPLICATE_KEY"


def test_the_body_refuses_in_the_order_of_its_statements(order: World) -> None:
    """Below WRONG_STATE it is the statement that comes first that refuses, whatever its code."""
    order.does("icbc", "shut", "a")
    assert order.code("icbc", "shut", "a") == "NO_TRANSITION"
    assert order.code("icbc", "shut_late", "a", Amount(-1, "CNY")) == "NEGATIVE_AMOUNT"
    assert order.code("icbc", "shut_late", "a", Amount(1, "CNY")) == "INSUFFICIENT"
    assert order.code("icbc", "shut_late", "a", Amount(0, "CNY")) == "NO_TRANSITION"
    assert order.code("icbc", "again", "a", 7) == "DUPLICATE_KEY"
    assert order.code("icbc", "again", "b", 7) == "OVERFLOW"


def test_invariants_and_cost_come_last(order: World) -> None:
    """What a statement refuses goes before an invariant, and that before the cost."""
    assert order.code("icbc", "recount", "a", 11) == "OVERFLOW"
    assert order.code("icbc", "recount", "a", 3) == "COST_LIMIT"
    order.machine.call_steps_max = 10**6
    assert order.code("icbc", "recount", "a", 6) == "INVARIANT"
    assert order.code("icbc", "recount", "a", 5) is None
    order.machine.call_steps_max = 4_000
    assert order.code("icbc", "recount", "a", 6) == "COST_LIMIT"


def test_an_outsider_learns_nothing_of_a_hidden_record(order: World) -> None:
    """Whether a record exists, in which state and unit, shows in nothing to outsiders."""
    for arguments in (
        (1, "a", Amount(1, "CNY")),
        (1, "a", Amount(1, "USD")),
        (1, "a", Amount(1, "JPY")),
    ):
        there = order.run("boc", "peek", *arguments)
        not_there = order.run("boc", "peek", 99, *arguments[1:])
        assert there == not_there
        assert there.code == "NOT_AUTHORISED"
    # What is wrong beside the hidden record is told in the same words too.
    for more in (("nobody", Amount(1, "CNY")), ("a", 5), ("a", Amount(-1, "CNY"))):
        assert order.run("boc", "peek", 1, *more) == order.run("boc", "peek", 99, *more)
    assert order.code("boc", "peek", 1, "nobody", Amount(1, "CNY")) == "MISSING_RECORD"
    assert order.run("", "peek", 1, "a", Amount(1, "CNY")) == order.run(
        "", "peek", 9, "a", Amount(1, "CNY")
    )
    assert order.code("", "peek", 1, "a", Amount(1, "CNY")) == "NOT_SIGNED"
    assert order.code("icbc", "peek", 1, "a", Amount(1, "USD")) == "BAD_ARGUMENT"
    assert order.code("pd", "peek", 1, "a", Amount(1, "CNY")) == "NOT_AUTHORISED"
    assert order.code("pd", "peek", 9, "a", Amount(1, "CNY")) == "MISSING_RECORD"
    assert order.code("icbc", "peek", 1, "a", Amount(1, "CNY")) is None


def test_a_hidden_record_inside_a_list_is_hidden_too(order: World) -> None:
    """A list or an optional argument is no way around `seen by`, and its keys must name records."""
    assert order.code("boc", "look", (1,), None) == "NOT_AUTHORISED"
    assert order.code("boc", "look", (9,), None) == "NOT_AUTHORISED"
    assert order.code("boc", "look", (), 1) == "NOT_AUTHORISED"
    assert order.code("boc", "look", (), 9) == "NOT_AUTHORISED"
    assert order.code("pd", "look", (9,), None) == "MISSING_RECORD"
    assert order.code("pd", "look", (), 9) == "MISSING_RECORD"
    assert order.code("pd", "look", (9,), "x") == "BAD_ARGUMENT"
    assert order.code("pd", "look", (), 1) is None


def test_a_refusal_names_the_clause(order: World) -> None:
    """The span of a refusal is the clause that said no, also when a record could not be made."""
    assert order.clause(order.run("boc", "shut", "a")) == "thing.holder"
    refused = order.run("icbc", "spend", "a", Amount(0, "CNY"), 2)
    assert refused.code == "DUPLICATE_KEY"
    assert order.clause(refused) == 'create Thing(name: "a", holder: thing.holder)'
    assert "one" in order.clause(order.run("icbc", "spend", "a", Amount(0, "CNY"), 1))
    refused = order.run("icbc", "spend", "a", Amount(1, "CNY"), 2)
    assert order.clause(refused) == "retire more from thing.cash"
    assert refused.message == 'the cash of Thing["a"] is less than 0.01 CNY'
