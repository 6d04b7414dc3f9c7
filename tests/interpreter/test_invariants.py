"""Invariants: what holds after every call, by running totals that equal a recount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servanda.interpreter.receipts import Amount

World = Any

CONTRACT = """\
contract Holdings version 1
role Bank
lifecycle Stage
  Open -> Shut
  Shut -> Open
record Fund[name: Text]
  holder: Bank
  most: Amount of CNY
  stage: Stage
record Share[name: Text]
  fund: Fund
  part: Decimal = 0
  count: Int = 0
  money: Balance of CNY
  stage: Stage
action found(name: Text, most: Amount of CNY)
  by Bank as bank
  create Fund(name: name, holder: bank, most: most)
action buy(name: Text, fund: Fund, part: Decimal)
  by Bank
  create Share(name: name, fund: fund, part: part)
action pay(share: Share, amount: Amount of CNY)
  by Bank
  issue amount to share.money
action set(share: Share, part: Decimal, number: Int)
  by Bank
  share.part = part
  share.count = number
action swap(first: Share, second: Share)
  by Bank
  let part = first.part
  first.part = second.part + 1
  second.part = part
  first.part = first.part - 1
action step(share: Share, stage: Stage)
  by Bank
  share.stage becomes stage
action close(fund: Fund)
  by Bank
  fund.stage becomes Shut
action reopen(fund: Fund)
  by Bank
  fund.stage becomes Open
action lower(fund: Fund, most: Amount of CNY)
  by Bank
  fund.most = most
invariant "no part is negative"
  for s in Share where s.stage is Open
  holds s.part >= 0
invariant "all parts together are at most one hundred"
  holds sum(s.part for s in Share where s.stage is Open) <= 100
invariant "few shares are shut"
  holds count(s for s in Share where s.stage is Shut) <= 2
invariant "an open fund keeps to its most"
  for f in Fund where f.stage is Open
  holds sum(s.money for s in Share where s.fund == f) <= f.most
invariant "numbers balance"
  holds sum(s.count for s in Share) >= 0
"""


def holdings() -> World:
    """Return a world with a fund of 10 yuan and two shares."""
    world = worlds.world(CONTRACT, members="Bank:b")
    world.does("b", "found", "f", Amount(1_000, "CNY"))
    world.does("b", "buy", "x", "f", Decimal(40))
    world.does("b", "buy", "y", "f", Decimal(50))
    return world


def test_a_breach_refuses_with_its_name() -> None:
    """Each form of invariant refuses what would break it, names it, and lets the rest pass."""
    world = holdings()
    refused = world.run("b", "set", "x", Decimal("50.0001"), 0)
    assert refused.code == "INVARIANT"
    assert refused.message.endswith("all parts together are at most one hundred")
    assert world.clause(refused).startswith('invariant "all parts')
    assert world.code("b", "set", "x", Decimal(50), 0) is None
    assert world.code("b", "set", "x", Decimal(-1), 0) == "INVARIANT"
    assert world.code("b", "set", "x", Decimal(1), -1) == "INVARIANT"
    assert world.code("b", "pay", "x", Amount(600, "CNY")) is None
    assert world.code("b", "pay", "y", Amount(401, "CNY")) == "INVARIANT"
    assert world.code("b", "pay", "y", Amount(400, "CNY")) is None
    assert world.code("b", "lower", "f", Amount(999, "CNY")) == "INVARIANT"


def test_it_is_looked_at_only_after_everything() -> None:
    """What breaks in the midst of a call and is mended at its end is no breach."""
    world = holdings()
    world.does("b", "set", "x", Decimal(50), 0)
    assert world.code("b", "swap", "x", "y") is None
    assert world.row("Share", "x").f_part == 50


def test_where_lets_a_record_in_and_out() -> None:
    """A record counts while it meets `where`, and a group is held to it while it does."""
    world = holdings()
    world.does("b", "step", "y", "Shut")
    assert world.code("b", "set", "x", Decimal(100), 0) is None
    assert world.code("b", "step", "y", "Open") == "INVARIANT"
    assert world.code("b", "set", "y", Decimal(-7), 0) is None
    assert world.code("b", "step", "y", "Open") == "INVARIANT"
    world.does("b", "close", "f")
    assert world.code("b", "pay", "x", Amount(5_000, "CNY")) is None
    assert world.code("b", "reopen", "f") == "INVARIANT"


def test_a_running_total_is_exact() -> None:
    """Large and small Decimals that come and go leave nothing behind."""
    world = holdings()
    world.does("b", "step", "x", "Shut")
    world.does("b", "step", "y", "Shut")
    world.does("b", "buy", "small", "f", Decimal("1E-33"))
    for _ in range(3):
        assert world.code("b", "buy", "huge", "f", Decimal("9E+6144")) == "INVARIANT"
    assert world.code("b", "set", "small", Decimal("1E-6000"), 0) is None
    assert world.code("b", "set", "small", Decimal(100), 0) is None
    assert world.code("b", "buy", "more", "f", Decimal("1E-31")) == "INVARIANT"
    world.machine.audit()


names = st.sampled_from(["x", "y", "z", "w"])
parts = st.decimals(-10, 70, places=2, allow_nan=False).map(lambda one: one + 0)
amounts = st.integers(0, 700).map(lambda steps: Amount(steps, "CNY"))
calls = st.one_of(
    st.tuples(st.just("buy"), names, st.sampled_from(["f", "g"]), parts),
    st.tuples(st.just("found"), st.just("g"), amounts),
    st.tuples(st.just("pay"), names, amounts),
    st.tuples(st.just("set"), names, parts, st.integers(-3, 9)),
    st.tuples(st.just("swap"), names, names),
    st.tuples(st.just("step"), names, st.sampled_from(["Open", "Shut"])),
    st.tuples(st.sampled_from(["close", "reopen"]), st.sampled_from(["f", "g"])),
    st.tuples(st.just("lower"), st.just("f"), amounts),
)


def holds(world: World) -> bool:
    """Whether all invariants hold of the present state, counted from its records."""
    tables = {key.name: one.rows for key, one in world.machine.tables.items()}
    shares, funds = list(tables["Share"].values()), list(tables["Fund"].values())
    is_open = [one for one in shares if one.f_stage == "Open"]
    return (
        all(one.f_part >= 0 for one in is_open)
        and sum(one.f_part for one in is_open) <= 100
        and len(shares) - len(is_open) <= 2
        and sum(one.f_count for one in shares) >= 0
        and all(
            sum(one.b_money for one in shares if one.f_fund is fund) <= fund.f_most
            for fund in funds
            if fund.f_stage == "Open"
        )
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(calls, min_size=5, max_size=30))
def test_running_totals_equal_a_recount(steps: list[Any]) -> None:
    """After every call the invariants hold by a recount, and the totals are those of one."""
    world = holdings()
    for action, *arguments in steps:
        world.code("b", action, *arguments)
        assert holds(world)


def test_a_refusal_names_the_record_that_would_break_it() -> None:
    """Whoever is refused learns which record it was, unless it is kept from some."""
    text = """contract Boxes version 1

role Bank

record Box[name: Text]
{seen}  count: Int = 0

action fill(name: Text, count: Int)
  by Bank
  let box = create Box(name: name)
  box.count = count

invariant "few"
  for box in Box
  holds box.count < 5
"""
    for seen, ending in (("", ' (Box["a"])'), ("  seen by Bank\n", "")):
        boxes = worlds.world(text.format(seen=seen), members="Bank:b")
        receipt = boxes.run("b", "fill", "a", 9)
        assert receipt.message == f"this would break the invariant: few{ending}"


CALLING = """\
contract Counted version 1
role Bank
enum Kind: Small, Large
record Box[name: Text]
  count: Int = 0
  kind: Kind = Small
rule doubled(count: Int): Int = 2 * count
rule is_large(kind: Kind): Bool = kind is Large
decision weight
  | kind: Kind || kilograms: Int |
  | Small      || 1              |
  | Large      || 2              |
action open(name: Text)
  by Bank
  create Box(name: name)
action fill(box: Box, count: Int, kind: Kind)
  by Bank
  box.count = count
  box.kind = kind
invariant "few"
  holds sum(doubled(box.count) for box in Box where is_large(box.kind)) < 10
invariant "light"
  holds sum(weight(box.kind) for box in Box) < 4
"""


@pytest.mark.parametrize("is_traced", [False, True])
def test_totals_call_rules_and_decisions(*, is_traced: bool) -> None:
    """What a record counts for may be said by a rule, in a call and in a recount."""
    boxes = worlds.world(CALLING, members="Bank:b")
    boxes.is_traced = is_traced
    assert boxes.code("b", "open", "1") is None
    assert boxes.code("b", "open", "2") is None
    assert boxes.code("b", "fill", "1", 4, "Large") is None
    assert boxes.code("b", "fill", "1", 5, "Large") == "INVARIANT"
    assert boxes.code("b", "fill", "2", 5, "Small") is None
    assert boxes.code("b", "fill", "2", 0, "Large") == "INVARIANT"
