"""A unit that a used contract declares is named through its alias, wherever a unit is named."""

from __future__ import annotations

import pytest
import worlds

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check import check_contract, check_script
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Amount

POINTS = """contract Points version 1
role Bank
unit Point decimals 1
record Card[number: Text]
  points: Balance of Point
action open(number: Text)
  by Bank
  create Card(number: number)
action credit(card: Card, points: Amount of Point): Amount of Point
  by Bank or contract Shop
  issue points to card.points
  give card.points
"""
SHOP = """contract Shop version 1
use Points as o
role Bank
record Till[number: Text]
  currency: Currency
  points: Balance of o.Point
  price: Amount of o.Point = 2.5 o.Point
  money: Balance of currency
event Sold(price: Amount of o.Point)
rule worth(points: Amount of o.Point): Amount of o.Point
  by Bank
  give round(points * 1.5, o.Point)
rule counts(till: Till): Bool
  by Bank
  give till.currency is o.Point and till.currency == o.Point
rule both(till: Till): Amount of o.Point
  by Bank
  if till.currency == o.Point
    give till.money + till.points
  give -1 o.Point + 1 o.Point
action open(number: Text, currency: Currency): Till
  by Bank
  give create Till(number: number, currency: currency)
action fill(till: Till, points: Amount of o.Point in 0 o.Point..100 o.Point)
  by Bank
  require points > 0 o.Point and points != 0 else NOTHING "no points: {points}"
  issue points to till.points
  emit Sold(till.price)
action spend(till: Till, card: o.Card, points: Amount of o.Point): Amount of o.Point
  by Bank
  retire points from till.points
  give o.credit(card, points)
"""


def found_in(text: str, *contracts: str) -> list[Diagnostic]:
    """Return the errors of a contract, or of a script, that uses contracts."""
    models: dict[str, ContractModel] = {}
    for one in contracts:
        model = worlds.checked(one, models)
        models[model.name] = model
    found = Diagnostics()
    file = parse(Source("mine", text), found)
    if text.startswith("contract"):
        check_contract(file, models, found)
    else:
        check_script(file, models, found)
    return [one for one in found if not one.is_warning]


def test_money_of_a_used_unit_is_counted_as_there() -> None:
    """Fields, parameters, bounds, literals and rounding mean the unit with its own decimals."""
    world = worlds.world(POINTS, SHOP, members="Bank:b")
    world.does("b", "open", "1", "Point")
    world.does("b", "fill", "1", Amount(255, "Point"))
    assert world.code("b", "fill", "1", Amount(1001, "Point")) == "BAD_ARGUMENT"
    assert world.code("b", "fill", "1", Amount(5, "CNY")) == "BAD_ARGUMENT"
    assert world.ask("b", "worth", Amount(255, "Point")) == Amount(382, "Point")
    assert world.ask("b", "counts", "1") is True
    assert world.ask("b", "both", "1") == Amount(255, "Point")
    world.does("b", "Points.open", "c")
    assert world.does("b", "spend", "1", "c", Amount(55, "Point")) == Amount(55, "Point")
    assert world.ask("b", "both", "1") == Amount(200, "Point")
    world.machine.audit()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule r(): Amount of o.Pont = 0\n", "unknown unit `o.Pont`"),
        ("rule r(): Amount of Point = 0\n", "unknown unit `Point`"),
        ("rule r(): Bool = 1 o.Pont > 0\n", "unknown unit `o.Pont`"),
        ("rule r(): Bool = 1 Point > 0\n", "unknown unit `Point`"),
    ],
)
def test_another_name_is_no_unit(text: str, message: str) -> None:
    """The unit is told by the name that it has here."""
    (found,) = found_in("contract Mine version 1\nuse Points as o\n" + text, POINTS)
    assert (found.code, found.message) == ("E0217", message)
    assert found.help == "did you mean `o.Point`?"


def test_decimals_are_those_of_the_unit() -> None:
    """Two decimals are too many for a unit of one."""
    (found,) = found_in(
        "contract Mine version 1\nuse Points as o\nrule r(): Bool = 1.25 o.Point > 0\n", POINTS
    )
    assert found.code == "E0310"


def test_a_unit_is_no_contract_and_a_record_no_unit() -> None:
    """A path that leads elsewhere is refused."""
    head = "contract Mine version 1\nuse Points as o\n"
    for path in ("o", "o.Card", "o.Point.x", "o.Bank"):
        found = found_in(f"{head}rule r(): Amount of {path} = 0\n", POINTS)
        assert [one.code for one in found] == ["E0217"]


def test_scripts_name_the_unit_as_they_name_the_contract() -> None:
    """Behind an alias the unit has it too; of an opened contract it is plain."""
    steps = """let b = {0}Bank("b")
b does {0}open("1")
b does {0}credit("1", 1.5 {0}Point)
let shown = {0}Card["1"].points
expect shown == 1.5 {0}Point
expect round(1.25, {0}Point) == amount("1.2", {0}Point)
"""
    assert found_in("use Points as o\n" + steps.format("o."), POINTS) == []
    assert found_in("use Points\n" + steps.format(""), POINTS) == []


MORE = POINTS.replace("contract Points", "contract More").replace("contract Shop", "contract Mine")
USES_POINTS = "contract Deep version 1\nuse Points as o\nrule r(): Amount of o.Point = 0\n"


@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize(
    "text",
    [
        "contract Mine version 1\nuse Points as o\nuse More as p\n",
        "contract Mine version 1\nuse Deep as o\nuse More as p\n",
        "contract Mine version 1\nuse Points as o\nuse Deep as d\nunit Point decimals 1\n",
        "use Points\nuse More\n",
        "use More as p\nuse Deep\n",
    ],
)
def test_the_name_of_a_unit_is_that_of_one_unit(text: str, decimals: int) -> None:
    """Two contracts with a unit of one name never meet, whatever their decimals."""
    more = MORE.replace("decimals 1", f"decimals {decimals}")
    assert [one.code for one in found_in(text, POINTS, more, USES_POINTS)] == ["E0275"]


def test_a_contract_that_is_reached_twice_declares_its_unit_once() -> None:
    """Two aliases and two ways to one contract are no two units."""
    text = "contract Mine version 1\nuse Points as o\nuse Deep as d\nuse Points as again\n"
    rule = "rule r(): Amount of again.Point = 1 o.Point + 1 d.o.Point\n"
    assert found_in(text + rule, POINTS, USES_POINTS) == []
