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
