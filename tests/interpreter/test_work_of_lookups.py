"""What a look-up works through is what it pays for, however large the table is."""

from __future__ import annotations

from typing import Any

import pytest
import worlds

World = Any
Row = Any

CONTRACT = """\
contract Work version 1
role Bank
record Shop[name: Text]
  count: Int = 0
record Sale[id: Serial]
  shop: Shop
  day: Int
action open(name: Text)
  by Bank
  create Shop(name: name)
action sell(shop: Shop, day: Int)
  by Bank
  create Sale(shop: shop, day: day)
action first_three(shop: Shop): List of Int
  by Bank
  give list(s.day for s in Sale where s.shop == shop limit 3)
action first_three_since(shop: Shop, since: Int): List of Int
  by Bank
  give list(s.day for s in Sale where s.shop == shop and s.day >= since limit 3)
"""


class Counted(dict[Any, Row]):
    """The rows of a table that count how often one is fetched."""

    count = 0

    def __getitem__(self, key: object) -> Row:
        self.count += 1
        return super().__getitem__(key)


@pytest.fixture
def shop() -> World:
    """Return a world in which one shop has sold 2,000 times."""
    world = worlds.world(CONTRACT, members="Bank:b")
    world.does("b", "open", "s")
    for day in range(2_000):
        world.does("b", "sell", "s", day)
    table = next(one for its, one in world.machine.tables.items() if its.name == "Sale")
    table.rows = Counted(table.rows)
    return world


def rows_of(world: World) -> Counted:
    """Return the counted rows."""
    rows = next(one for its, one in world.machine.tables.items() if its.name == "Sale").rows
    assert isinstance(rows, Counted)
    return rows


def test_a_limit_bounds_the_work(shop: World) -> None:
    """The first three of thousands cost as much as the first three of three."""
    receipt = shop.run("b", "first_three", "s")
    assert receipt.value == (0, 1, 2)
    assert rows_of(shop).count == 3
    small = worlds.world(CONTRACT, members="Bank:b")
    small.does("b", "open", "s")
    for day in range(3):
        small.does("b", "sell", "s", day)
    assert small.run("b", "first_three", "s").cost == receipt.cost


def test_what_a_range_finds_is_paid_for(shop: World) -> None:
    """The first in key order is known when all in the range are; nobody gets them for nothing."""
    few = shop.run("b", "first_three_since", "s", 1_990)
    many = shop.run("b", "first_three_since", "s", 500)
    assert (few.value, many.value) == ((1990, 1991, 1992), (500, 501, 502))
    assert many.cost - few.cost == 1_490


def test_a_range_that_costs_too_much_ends_early(shop: World) -> None:
    """The work stops where the steps do."""
    shop.machine.call_steps_max = 100
    rows_of(shop).count = 0
    assert shop.run("b", "first_three_since", "s", 0).code == "COST_LIMIT"
    assert rows_of(shop).count <= 100
