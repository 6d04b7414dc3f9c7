"""The machine: loops, lists, decisions, costs, deploying, and what leaves a contract."""

from __future__ import annotations

from typing import Any

import pytest
import worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servanda.interpreter.execute.bindings import Undeployable
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.receipts import Amount

World = Any

CONTRACT = """\
contract Works version 1
role Bank
unit Point decimals 0
enum Kind: Red, Green, Blue
record Item[name: Text]
  kind: Kind
  number: Int
  note: Text?
event Noted(item: Item, note: Text?, kinds: Set of Kind, items: List of Item)
decision first_of (first)
  | n: Int | kind: Kind   || given: Int |
  | <= 3   | Red, Green   || 1          |
  | > 5    | -            || n * 2      |
  | -      | not Blue     || 3          |
  | -      | -            || 4          |
decision sum_of (collect sum)
  | n: Int || given: Int |
  | -      || 0          |
  | >= 3   || n          |
  | 2..<7  || 10         |
decision money_of (collect sum)
  | n: Int || given: Amount of CNY |
  | -      || 1 CNY                |
  | >= 3   || 2.50 CNY             |
decision least_of (collect least)
  | n: Int || given: Decimal |
  | -      || 9.5            |
  | 2..4   || 1.5            |
  | 4..6   || 0.5            |
decision most_of (collect most)
  | n: Int || given: Int |
  | -      || -1         |
  | 2..4   || 5          |
decision count_of (collect count)
  | n: Int || given: Int |
  | -      || 1          |
  | 2..4   || 1          |
  | not 3  || 1          |
decision both (unique)
  | n: Int in 0..9 | is_on: Bool || kind: Kind | given: Int |
  | 0..4           | true        || Red        | n          |
  | 5..9           | true        || Green      | n + 1      |
  | -              | false       || Blue       | 0          |
rule bounded(n: Int in 1..5): Int = n * n
clause set_number(item: Item, n: Int in 1..5)
  item.number = n
action renumber(item: Item, n: Int)
  by Bank
  set_number(item, n)
action make(name: Text, kind: Kind, number: Int, note: Text?)
  by Bank as bank
  create Item(name: name, kind: kind, number: number, note: note)
action firsts(n: Int, kind: Kind): Int
  by Bank
  give first_of(n, kind)
action sums(n: Int): Int
  by Bank
  give sum_of(n)
action moneys(n: Int): Amount of CNY
  by Bank
  give money_of(n)
action leasts(n: Int): Decimal
  by Bank
  give least_of(n)
action mosts(n: Int): Int
  by Bank
  give most_of(n)
action counts(n: Int): Int
  by Bank
  give count_of(n)
action boths(n: Int, is_on: Bool): Int
  by Bank
  let found = both(n, is_on)
  if found.kind is Blue
    give 100
  give found.given
action squares(n: Int): Int
  by Bank
  give bounded(n)
action note_all(item: Item): List of Text
  by Bank
  let found = list(i.name for i in Item where i.kind == item.kind and i.number in 2..<9)
  emit Noted(item, item.note, [Red, Blue, Red], list(i for i in Item where i.kind is Red))
  give found
action loop(count: Int in 0..100): Int
  by Bank
  let total = 0
  for n in 1..count
    for m in 1..count
      if n + m in 5..<9
        total = total + 1
  give total
action many(count: Int in 0..5_000): Int
  by Bank
  give count(one for one in list(n for n in 1..count))
action long(text: Text): Text
  by Bank
  give "{text}{text}"
action kinds(item: Item): Set of Kind
  by Bank
  give set_of_kinds(item)
rule set_of_kinds(item: Item): Set of Kind = [Green, item.kind, Blue]
"""


OTHER = """\
contract Other version 1
use Base as b
role Bank
unit Grain decimals 2
record Thing[name: Text]
  money: Balance of Grain
action make(name: Text, item: b.Item)
  by Bank
  create Thing(name: name)
action fill(thing: Thing)
  by Bank
  issue 1.50 Grain to thing.money
"""


@pytest.fixture(scope="module")
def works() -> World:
    """Return a world with six items."""
    world = worlds.world(CONTRACT, members="Bank:b")
    for number, name in enumerate(("f", "e", "d", "c", "b", "a")):
        kind = ("Red", "Green")[number % 2]
        world.does("b", "make", name, kind, number * 2, "x" if number else None)
    return world


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(n=st.integers(-2, 12), kind=st.sampled_from(["Red", "Green", "Blue"]), is_on=st.booleans())
def test_decisions_are_their_tables(works: World, n: int, kind: str, is_on: bool) -> None:
    """Every hit policy gives what a reader of the table would."""
    if n <= 3 and kind != "Blue":
        first = 1
    elif n > 5:
        first = n * 2
    else:
        first = 4 if kind == "Blue" else 3
    assert works.does("b", "firsts", n, kind) == first
    assert works.does("b", "sums", n) == (n if n >= 3 else 0) + (10 if 2 <= n < 7 else 0)
    assert works.does("b", "moneys", n) == Amount(350 if n >= 3 else 100, "CNY")
    least = min([9.5] + [1.5] * (2 <= n <= 4) + [0.5] * (4 <= n <= 6))
    assert float(works.does("b", "leasts", n)) == least
    assert works.does("b", "mosts", n) == (5 if 2 <= n <= 4 else -1)
    assert works.does("b", "counts", n) == 1 + (2 <= n <= 4) + (n != 3)
    if 0 <= n <= 9:
        assert works.does("b", "boths", n, is_on) == ((n + (n > 4)) if is_on else 100)
    else:
        assert works.code("b", "boths", n, is_on) == "OVERFLOW"


def test_bounds_of_rules_and_clauses_are_kept(works: World) -> None:
    """What a rule or a clause is bounded to holds at run time too."""
    assert works.does("b", "squares", 5) == 25
    assert works.code("b", "squares", 6) == "OVERFLOW"
    assert works.code("b", "renumber", "f", 0) == "OVERFLOW"


def test_loops_see_key_order_and_the_set_as_it_was(works: World) -> None:
    """Records come in the order of their keys; lists keep their order and sets are sorted."""
    assert works.does("b", "note_all", "f") == ("b", "d")
    assert works.does("b", "note_all", "e") == ("c", "e")
    receipt = works.run("b", "note_all", "f")
    assert receipt.events[0].values == ("f", None, ("Blue", "Red"), ("b", "d", "f"))
    assert works.does("b", "kinds", "f") == ("Blue", "Green", "Red")


def test_lists_and_texts_have_a_limit(works: World) -> None:
    """A list of 1,001 items and a text of 4,097 bytes are refused, not cut."""
    assert works.does("b", "many", 1_000) == 1_000
    assert works.code("b", "many", 1_001) == "OVERFLOW"
    assert len(works.does("b", "long", "é" * 1023)) == 2_050
    assert works.code("b", "long", "é" * 1024) == "OVERFLOW"


def test_costs_are_counted_and_bounded() -> None:
    """The same call costs the same every time, more work costs more, and too much is refused."""
    world = worlds.world(CONTRACT, members="Bank:b", call_steps_max=30_000)
    costs = [world.run("b", "loop", count).cost for count in (0, 10, 10, 20)]
    assert costs[1] == costs[2]
    assert costs[0] < costs[1] < costs[3]
    refused = world.run("b", "loop", 100)
    assert refused.code == "COST_LIMIT"
    # It is stopped soon after, not when the loop ends.
    assert refused.cost < 30_100


def test_only_what_fits_is_deployed() -> None:
    """A contract is deployed once, after those it uses, with units of its own and known zones."""
    base = CONTRACT.replace("contract Works", "contract Base")
    first, second = worlds.programs(base, OTHER)
    machine = Machine()
    with pytest.raises(Undeployable, match="uses Base"):
        machine.deploy(second)
    machine.deploy(first)
    with pytest.raises(Undeployable, match="deployed already"):
        machine.deploy(first)
    (same,) = worlds.programs(CONTRACT)
    with pytest.raises(Undeployable, match="Base declares the unit Point already"):
        machine.deploy(same)
    machine.deploy(second)
    (zoned,) = worlds.programs(CONTRACT.replace("version 1", 'version 1\ntimezone "Asia/Tokyo"', 1))
    with pytest.raises(Undeployable, match="Asia/Tokyo"):
        machine.deploy(zoned)
    assert list(machine.contracts) == ["Base", "Other"]
    machine.audit()
