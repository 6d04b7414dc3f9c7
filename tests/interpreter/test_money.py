"""Money is moved, never made: every balance, unit and total after every call."""

from __future__ import annotations

from typing import Any

import pytest
import worlds

from servanda.interpreter.execute.context import Context
from servanda.interpreter.receipts import Amount

World = Any

CONTRACT = """\
contract Vault version 1
role Bank
unit Point decimals 0
record Box[name: Text]
  holder: Bank
  cash: Balance of CNY
  held: Balance of CNY
  points: Balance of Point
record Purse[id: Serial]
  holder: Bank
  currency: Currency
  money: Balance of currency
  kept: Balance of currency
event Paid(purse: Purse, amount: Amount of purse.currency, more: Amount of purse.currency?)
event Listed(purse: Purse, amounts: List of Amount of purse.currency)
action make(name: Text): Box
  by Bank as bank
  give create Box(name: name, holder: bank)
action sew(currency: Currency): Purse
  by Bank as bank
  give create Purse(holder: bank, currency: currency)
action fill(box: Box, amount: Amount of CNY, points: Amount of Point)
  by Bank
  issue amount to box.cash
  issue points to box.points
action pay(payer: Box, payee: Box, amount: Amount of CNY in -10 CNY..1_000_000_000 CNY)
  by Bank
  move amount from payer.cash to payee.cash
action hold(box: Box, amount: Amount of CNY)
  by Bank
  move amount from box.cash to box.held
action burn(box: Box, amount: Amount of CNY in -10 CNY..1_000_000_000 CNY)
  by Bank
  retire amount from box.cash
action mint(box: Box, amount: Amount of CNY in -10 CNY..1_000_000_000 CNY)
  by Bank
  issue amount to box.cash
action earn(purse: Purse, amount: Amount of purse.currency): Amount of purse.currency
  by Bank
  issue amount to purse.money
  move round(amount / 2, purse.currency, down) from purse.money to purse.kept
  emit Paid(purse, purse.money, missing)
  emit Paid(purse, purse.kept, purse.money)
  emit Listed(purse, [purse.money, purse.kept])
  give purse.kept
action swap(purse: Purse, amount: Amount of purse.currency, box: Box, points: Amount of Point)
  by Bank
  retire amount from purse.money
  issue points to box.points
  issue points to box.points
  retire points from box.points
action drop(purse: Purse): List of Amount of purse.currency
  by Bank
  give [purse.money, purse.kept]
action look(purse: Purse, is_there: Bool): Amount of purse.currency?
  by Bank
  if is_there
    give purse.money
  give missing
"""


@pytest.fixture
def vault() -> World:
    """Return a world with two boxes, one of them filled, and purses in yen and dinars."""
    world = worlds.world(CONTRACT, members="Bank:icbc")
    for name in ("a", "b"):
        world.does("icbc", "make", name)
    world.does("icbc", "fill", "a", Amount(1_000, "CNY"), Amount(7, "Point"))
    for currency in ("JPY", "KWD"):
        world.does("icbc", "sew", currency)
    return world


def steps(world: World, name: str) -> tuple[int, int, int]:
    """Return what a box holds."""
    box = world.row("Box", name)
    return box.b_cash, box.b_held, box.b_points


def test_money_moves_between_records_and_fields(vault: World) -> None:
    """A move takes here and adds there, also in one record; to itself it changes nothing."""
    assert vault.code("icbc", "pay", "a", "b", Amount(300, "CNY")) is None
    assert vault.code("icbc", "hold", "a", Amount(100, "CNY")) is None
    assert vault.code("icbc", "pay", "a", "a", Amount(600, "CNY")) is None
    assert vault.code("icbc", "pay", "a", "b", Amount(0, "CNY")) is None
    assert (steps(vault, "a"), steps(vault, "b")) == ((600, 100, 7), (300, 0, 0))
    assert vault.machine.issued == {("Vault", "CNY"): 1_000, ("Vault", "Point"): 7}


def test_nothing_falls_below_zero_or_moves_backwards(vault: World) -> None:
    """What is not there cannot be moved or retired, nor anything less than nothing."""
    assert vault.code("icbc", "pay", "a", "b", Amount(1_001, "CNY")) == "INSUFFICIENT"
    assert vault.code("icbc", "pay", "a", "a", Amount(1_001, "CNY")) == "INSUFFICIENT"
    assert vault.code("icbc", "hold", "b", Amount(1, "CNY")) == "INSUFFICIENT"
    assert vault.code("icbc", "burn", "a", Amount(1_001, "CNY")) == "INSUFFICIENT"
    for action in ("burn", "mint"):
        assert vault.code("icbc", action, "a", Amount(-1, "CNY")) == "NEGATIVE_AMOUNT"
    assert vault.code("icbc", "pay", "a", "b", Amount(-1, "CNY")) == "NEGATIVE_AMOUNT"
    assert vault.code("icbc", "hold", "a", Amount(-1, "CNY")) == "BAD_ARGUMENT"


def test_no_balance_reaches_ten_to_the_27(vault: World) -> None:
    """A balance that would have 28 digits refuses, wherever the money comes from."""
    most = Amount(10**27 - 1, "CNY")
    nothing = Amount(0, "Point")
    assert vault.code("icbc", "fill", "b", most, nothing) is None
    assert vault.code("icbc", "fill", "b", Amount(1, "CNY"), nothing) == "OVERFLOW"
    assert vault.code("icbc", "pay", "a", "b", Amount(1, "CNY")) == "OVERFLOW"
    assert vault.code("icbc", "pay", "b", "b", Amount(100_000_000_000, "CNY")) is None
    assert vault.code("icbc", "fill", "a", Amount(10**27 - 1_001, "CNY"), nothing) is None
    assert vault.machine.issued["Vault", "CNY"] == 2 * (10**27 - 1)


def test_issuing_and_retiring_is_kept_by_unit(vault: World) -> None:
    """What was issued less what was retired is what the balances hold, unit by unit."""
    assert vault.does("icbc", "earn", 1, Amount(11, "JPY")) == Amount(5, "JPY")
    assert vault.does("icbc", "earn", 2, Amount(11, "KWD")) == Amount(5, "KWD")
    assert vault.code("icbc", "earn", 1, Amount(11, "KWD")) == "BAD_ARGUMENT"
    assert vault.code("icbc", "swap", 1, Amount(6, "JPY"), "a", Amount(3, "Point")) is None
    assert (
        vault.code("icbc", "swap", 1, Amount(1, "JPY"), "a", Amount(3, "Point")) == "INSUFFICIENT"
    )
    assert vault.machine.issued == {
        ("Vault", "CNY"): 1_000,
        ("Vault", "Point"): 10,
        ("Vault", "JPY"): 5,
        ("Vault", "KWD"): 11,
    }


def test_amounts_leave_with_the_unit_that_a_field_holds(vault: World) -> None:
    """What is given and what events say carries its unit, also inside lists and where optional."""
    vault.does("icbc", "earn", 1, Amount(11, "JPY"))
    receipt = vault.run("icbc", "earn", 2, Amount(4, "KWD"))
    assert [one.values for one in receipt.events] == [
        (2, Amount(2, "KWD"), None),
        (2, Amount(2, "KWD"), Amount(2, "KWD")),
        (2, (Amount(2, "KWD"), Amount(2, "KWD"))),
    ]
    assert vault.does("icbc", "drop", 1) == (Amount(6, "JPY"), Amount(5, "JPY"))
    assert vault.does("icbc", "look", 1, True) == Amount(6, "JPY")
    assert vault.does("icbc", "look", 1, False) is None


def test_money_from_nowhere_stops_everything(vault: World) -> None:
    """When our own code makes money, the assertion of conservation fires before it is kept."""
    honest = vault.machine._actions["Vault", "pay"]

    def counterfeit(context: Context, arguments: tuple[Any, ...]) -> None:
        honest(context, arguments)
        row = vault.row("Box", "b")
        context.undo.append((row, "b_cash", row.b_cash))
        row.b_cash += 1

    vault.machine._actions["Vault", "pay"] = counterfeit
    before = worlds.snapshot(vault.machine)
    with pytest.raises(AssertionError, match="money is not conserved"):
        vault.run("icbc", "pay", "a", "b", Amount(1, "CNY"))
    assert worlds.snapshot(vault.machine) == before


def test_forgotten_issues_stop_everything(vault: World) -> None:
    """Money that is issued without being counted is money from nowhere too."""
    honest = vault.machine._actions["Vault", "earn"]

    def forgetful(context: Context, arguments: tuple[Any, ...]) -> None:
        honest(context, arguments)
        assert context.issued is not None
        context.issued.clear()

    vault.machine._actions["Vault", "earn"] = forgetful
    with pytest.raises(AssertionError, match="money is not conserved"):
        vault.run("icbc", "earn", 1, Amount(1, "JPY"))
    vault.machine.audit()


def test_the_audit_counts_again(vault: World) -> None:
    """A state that was changed behind the machine's back does not pass the audit."""
    vault.machine.audit()
    row = vault.row("Box", "b")
    row.b_cash += 1
    with pytest.raises(AssertionError):
        vault.machine.audit()
    row.b_cash -= 2
    with pytest.raises(AssertionError):
        vault.machine.audit()
    row.b_cash += 1
    vault.machine.audit()
    vault.machine.issued["Vault", "USD"] = 1
    with pytest.raises(AssertionError):
        vault.machine.audit()
