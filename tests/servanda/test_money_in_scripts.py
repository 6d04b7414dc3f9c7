"""Money whose unit is a field, in what parties do: its zero, and amounts of events."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

WALLETS = """contract Wallets version 1
role Bank
record Wallet[number: Text]
  currency: Currency
  money: Balance of currency
event Filled(note: Text, wallet: Wallet, amount: Amount of wallet.currency)
event Told(currency: Currency, amount: Amount of currency, maybe: Amount of currency?)
action open(number: Text, currency: Currency): Wallet
  by Bank
  give create Wallet(number: number, currency: currency)
action fill(wallet: Wallet, amount: Amount of wallet.currency)
  by Bank or contract Shop
  issue amount to wallet.money
  emit Filled("filled", wallet, amount)
action tell(
  currency: Currency, amount: Amount of currency, more: List of Amount of currency,
  maybe: Amount of currency?
)
  by Bank or contract Shop
  emit Told(currency, amount + sum(one for one in more), maybe)
"""
SHOP = """contract Shop version 1
use Wallets as w
role Clerk
action go(number: Text, wallet: w.Wallet, currency: Currency)
  by Clerk
  w.fill(wallet, 0)
  w.fill(w.Wallet[number], 0)
  w.tell(currency, 0, [0], 0)
"""
HEAD = """use Wallets
use Shop as s
let b = Bank("b")
let w = b does open("1", USD)
b does open("2", CNY)
b does fill(w, 5 USD)
"""


def run(folder: Path, servanda: Command, steps: str) -> tuple[int, list[str], str]:
    """Return how the steps end, what they show, and what is wrong with them."""
    (folder / "wallets.contract").write_text(WALLETS)
    (folder / "shop.contract").write_text(SHOP)
    (folder / "steps.script").write_text(HEAD + steps)
    status, out, err = servanda("run", "steps.script", "--json")
    document = json.loads(out)
    codes = "".join(one["code"] for one in document.get("diagnostics", []))
    return status, [one["value"] for one in document.get("shown", [])], err + codes


def test_nothing_is_nothing_of_any_unit(bank: Path, servanda: Command) -> None:
    """A bare 0 is the zero of any Amount, also where only the action knows which."""
    steps = """b does fill("1", 0)
b does fill(w, 0)
b does tell(CNY, 0, [], missing)
b does tell(CNY, 0, [0, 0], 0)
let c = s.Clerk("c")
c does s.go("1", "1", CNY)
show w.money
for e in Told
  show e.amount
"""
    status, shown, err = run(bank, servanda, steps)
    assert (status, err) == (0, "")
    assert shown == ["5.00 USD", "0.00 CNY", "0.00 CNY", "0.00 CNY"]


@pytest.mark.parametrize("amount", ["1", "0 CNY", "1.5", '"0"', "missing"])
def test_nothing_else_is_without_a_unit(bank: Path, servanda: Command, amount: str) -> None:
    """A number that is not 0 has no unit, and 0 yuan are no dollars."""
    status, _, err = run(bank, servanda, f"b does fill(w, {amount})\n")
    assert status == 1
    assert ("BAD_ARGUMENT" if amount == "0 CNY" else "E0301") in err


def test_a_refused_zero_is_shown_as_it_was_written(bank: Path, servanda: Command) -> None:
    """Who reads the failure sees a number without a unit."""
    status, _, err = run(bank, servanda, 'let c = s.Clerk("c")\nc does fill(w, 0)\n')
    assert status == 1
    assert "fill(Wallet 1, 0)" in err or 'fill("1", 0)' in err, err


def test_an_amount_of_an_event_keeps_its_unit(bank: Path, servanda: Command) -> None:
    """Its unit is read from the event, through a record or from a parameter of it."""
    steps = """for e in Filled
  b does fill("1", e.amount)
  b does fill(e.wallet, e.amount)
  b does tell(e.wallet.currency, e.amount, [e.amount], e.amount)
for e in Told
  let f = e
  b does fill("1", f.amount)
  if e.maybe is not missing
    b does fill("1", e.maybe)
  show "{f.amount} {e.amount}"
  show f.amount
for amount in list(e.amount for e in Told where e.currency == USD)
  b does fill("1", amount)
show w.money
show sum(e.amount for e in Told where e.currency == USD)
"""
    status, shown, err = run(bank, servanda, steps)
    assert (status, err) == (0, "")
    assert shown == ['"10.00 USD 10.00 USD"', "10.00 USD", "40.00 USD", "10.00 USD"]


def test_an_amount_of_another_unit_is_refused(bank: Path, servanda: Command) -> None:
    """What the event was in is what is compared when the action runs."""
    steps = 'for e in Filled\n  b cannot fill("2", e.amount) because BAD_ARGUMENT\n'
    assert run(bank, servanda, steps)[0] == 0


@pytest.mark.parametrize("command", ["run", "test", "check"])
def test_two_units_of_one_name_are_told_before_anything_runs(
    bank: Path, servanda: Command, command: str
) -> None:
    """What could not be deployed together is a diagnostic at the second `use`."""
    for name, decimals in (("One", 0), ("Two", 2)):
        rule = f"unit Point decimals {decimals}\nrule none{decimals}(): Amount of Point = 0\n"
        (bank / f"{name.lower()}.contract").write_text(f"contract {name} version 1\n{rule}")
    file_name = "both.test.contract" if command == "test" else "both.script"
    body = 'test "t"\n  expect true\n' if command == "test" else "expect true\n"
    (bank / file_name).write_text(f"use One\nuse Two\n{body}")
    status, out, err = servanda(command, file_name)
    assert status == 1
    assert "error[E0275]: `One` and `Two` both declare the unit `Point`" in out + err
    assert f"{file_name}:2:1" in out + err


def test_money_of_another_unit_is_not_what_is_expected(bank: Path, servanda: Command) -> None:
    """An `expect` of money in a held unit is met by that unit alone, and shows what it saw."""
    met = 'expect Wallet["1"].money == 5 USD and w.money == 5 USD and w.money != 5 CNY\n'
    assert run(bank, servanda, met) == (0, [], "")
    for expected in ('Wallet["1"].money == 5 CNY', "w.money == 5 CNY", "w.money != 5 USD"):
        (bank / "wallets.contract").write_text(WALLETS)
        (bank / "shop.contract").write_text(SHOP)
        (bank / "steps.script").write_text(f"{HEAD}expect {expected}\n")
        status, out, err = servanda("run", "steps.script")
        assert status == 1
        assert re.search(r"seen: \S+\.money  5\.00 USD\n", out + err)
