"""What takes long costs much: lists and texts count by what they hold, and hold no more than told.

A list of one list, a thousand times, is a million values in two thousand steps; of three such
levels no machine has enough memory.
"""

from __future__ import annotations

from typing import Any

import pytest
import worlds

World = Any

CONTRACT = """\
contract Lists version 1
role Bank
rule size(numbers: Set of Int): Int = count(n for n in numbers)
action nest(high: Int in 0..100, wide: Int in 0..100): List of List of Int
  by Bank
  let row = list(n for n in 1..wide)
  give list(row for n in 1..high)
action write(row: List of Int): List of List of Int
  by Bank
  give [row, row]
action take(rows: List of List of Int)
  by Bank
  emit Taken(rows)
action equal(left: List of Int, right: List of Int): Bool
  by Bank
  give left == right
action found(row: List of Int, n: Int): Bool
  by Bank
  give n in row
action sent(row: List of Int)
  by Bank
  emit Sent(row)
event Sent(row: List of Int)
action among(row: List of Int): Bool
  by Bank
  give row in [row, row]
action tell(text: Text): Text
  by Bank
  give "{text}"
action order(numbers: List of Int): Int
  by Bank
  give size(numbers)
event Taken(rows: List of List of Int)
record Letter[number: Int]
  text: Text = ""
  lines: List of Text = []
action spread(text: Text, lines: List of Text, count: Int in 0..10_000)
  by Bank
  for n in 1..count
    create Letter(number: n, text: text, lines: lines)
action overwrite(letter: Letter, text: Text)
  by Bank
  letter.text = text
event Told(text: Text)
action shout(text: Text, count: Int in 0..10_000)
  by Bank
  for n in 1..count
    emit Told(text)
action write_to(party: Party, text: Text, count: Int in 0..10_000)
  by Bank
  for n in 1..count
    notify party that "{text}"
"""
LONG = tuple(range(600))


@pytest.fixture
def lists() -> World:
    """Return a world with the contract."""
    return worlds.world(CONTRACT, members="Bank:b")


def test_lists_hold_a_thousand_values_together(lists: World) -> None:
    """Wherever a list of lists comes from, the values inside its lists count."""
    assert lists.code("b", "nest", 10, 100) is None
    assert lists.code("b", "nest", 100, 0) is None
    assert lists.code("b", "nest", 100, 30) == "OVERFLOW"
    assert lists.code("b", "write", LONG[:400]) is None
    assert lists.code("b", "write", LONG) == "OVERFLOW"
    assert lists.code("b", "take", (LONG, ())) is None
    assert lists.code("b", "take", (LONG, LONG)) == "BAD_ARGUMENT"


@pytest.mark.parametrize(
    ("action", "short", "long", "more"),
    [
        ("equal", ((1,), (1,)), (LONG, LONG), 599),
        ("found", ((1,), 1), (LONG, 1), 599),
        ("sent", ((1,),), (LONG,), 599),
        ("among", ((1,),), (LONG[:400],), 2 * 2 * 399),
        ("tell", ("",), ("x" * 1_600,), 100),
        ("order", ((1,),), (LONG,), 4 * 599),
    ],
)
def test_longer_costs_more(
    lists: World, action: str, short: tuple[object, ...], long: tuple[object, ...], more: int
) -> None:
    """Comparing, looking through, showing and ordering cost by what is gone through."""
    costs = [lists.run("b", action, *given).cost for given in (short, long)]
    assert costs[1] - costs[0] == more


def cost(lists: World, action: str, *arguments: object) -> int:
    """Return the steps of a call that is done."""
    receipt = lists.run("b", action, *arguments)
    assert receipt.code is None, receipt
    return int(receipt.cost)


def test_a_text_costs_by_its_length_wherever_it_is_put(lists: World) -> None:
    """It comes with a call once, and could fill a disk from there."""
    long = "x" * 1_600
    assert cost(lists, "shout", long, 10) - cost(lists, "shout", "", 10) == 10 * 100
    fresh = worlds.world(CONTRACT, members="Bank:b")
    assert cost(lists, "spread", long, (), 10) - 10 * 100 == cost(fresh, "spread", "", (), 10)
    assert cost(lists, "overwrite", 1, long) - cost(lists, "overwrite", 1, "") == 100


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("shout", ("x" * 4_000, 10_000)),
        ("spread", ("x" * 4_000, (), 10_000)),
        ("spread", ("", ("x" * 4_000,) * 10, 1_000)),
        ("write_to", ("b", "x" * 4_000, 10_000)),
    ],
)
def test_what_would_fill_a_disk_is_refused(
    lists: World, action: str, arguments: tuple[object, ...]
) -> None:
    """Forty megabytes from one call of four kilobytes are no call."""
    assert lists.code("b", action, *arguments) == "COST_LIMIT"
