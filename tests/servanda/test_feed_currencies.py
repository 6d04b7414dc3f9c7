"""Currencies in feeds: a cell is a unit that is known, or its row is malformed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

ACCOUNTS = """\
contract Accounts version 1

role Bank

unit Point decimals 0

record Account[number: Text]
  owner: Bank
  currency: Currency
  balance: Balance of currency

action open(number: Text, owner: Bank, currency: Currency)
  by Bank
  create Account(number: number, owner: owner, currency: currency)

action fill(account: Account, amount: Amount of account.currency)
  by Bank
  issue amount to account.balance
"""

DAY = """\
use Accounts

let icbc = Bank("ICBC")
feed "accounts.csv" as row
  icbc does open(row.number, Bank(row.owner), Currency(row.currency))

feed "payments.csv" as row where Currency(row.currency) != EUR
  let currency = Currency(row.currency)
  icbc does fill(row.account, amount(row.value, currency))

for account in Account
  show account.balance
"""


@pytest.fixture
def accounts(bank: Path) -> Path:
    """Make the folder of a contract with accounts in several currencies, and of its feeds."""
    (bank / "accounts.contract").write_text(ACCOUNTS)
    (bank / "day.script").write_text(DAY)
    (bank / "accounts.csv").write_text(
        "number,owner,currency\na,East,CNY\nb,East,JPY\nc,West,Point\nd,West,KWD\n"
    )
    (bank / "payments.csv").write_text(
        "account,value,currency\na,10.50,CNY\nb,700,JPY\nc,3,Point\nd,1.125,KWD\ne,1,EUR\n"
    )
    return bank


def test_a_feed_of_several_currencies_is_run(accounts: Path, servanda: Command) -> None:
    """Cells become currencies and declared units, and amounts count in their decimals."""
    assert accounts.is_dir()
    status, out, err = servanda("run", "day.script")
    assert (status, err) == (0, "")
    for shown in ("10.50 CNY", "700 JPY", "3 Point", "1.125 KWD"):
        assert f"account.balance  {shown}\n" in out


def test_a_cell_that_names_no_unit_is_a_malformed_row(accounts: Path, servanda: Command) -> None:
    """It is told at the cell, with the unit that was meant; so is an amount it cannot hold."""
    (accounts / "accounts.csv").write_text(
        "number,owner,currency\na,East,cny\nb,East,JPY\nc,West,Piont\nd,West,yuan\n"
    )
    (accounts / "payments.csv").write_text("account,value,currency\nb,7.5,JPY\nb,1,JPX\n")
    status, _, err = servanda("run", "day.script")
    assert status == 0
    expected = "expected a currency or a unit that a contract declares"
    for line in (
        f'accounts.csv:2:8: `currency` is "cny": {expected}: did you mean `CNY`?',
        f'accounts.csv:4:8: `currency` is "Piont": {expected}: did you mean `Point`?',
        f'accounts.csv:5:8: `currency` is "yuan": {expected}, such as `CNY`',
        'payments.csv:2:3: `value` is "7.5": the amount has 1 decimal, its unit has no decimals',
        f'payments.csv:3:5: `currency` is "JPX": {expected}: did you mean `JPY`?',
    ):
        assert f"malformed row: {line}\n" in err


def test_a_text_of_a_test_is_a_currency_too(accounts: Path, servanda: Command) -> None:
    """A text that is no cell is converted, or refused as an argument would be."""
    head = 'use Accounts\ntest "t"\n  let b = Bank("b")\n'
    (accounts / "t.test.contract").write_text(head + '  expect Currency("CNY") == CNY\n')
    assert servanda("test", "t.test.contract")[0] == 0
    (accounts / "t.test.contract").write_text(head + '  expect Currency("CYN") == CNY\n')
    status, out, _ = servanda("test", "t.test.contract")
    assert status == 1
    assert 'BAD_ARGUMENT: "CYN": expected a currency' in out


@pytest.mark.parametrize(
    ("written", "code", "told"),
    [
        ("Currency(row.currency, 1)", "E0308", "write `Currency(row.x)`"),
        ("Currency(12)", "E0301", "Int"),
        ("row.currency", "E0301", "Currency(…)"),
    ],
)
def test_a_wrong_conversion_is_told(
    accounts: Path, servanda: Command, written: str, code: str, told: str
) -> None:
    """What cannot be read as a currency is a diagnostic, which says what to write."""
    text = DAY.replace("Bank(row.owner), Currency(row.currency)", f"Bank(row.owner), {written}")
    (accounts / "day.script").write_text(text)
    status, out, _ = servanda("check", "day.script")
    assert status == 1
    assert f"error[{code}]" in out
    assert told in out


def test_a_unit_that_no_name_holds_is_told(accounts: Path, servanda: Command) -> None:
    """The unit of an amount has a name, so that it means one unit wherever the amount goes."""
    text = DAY.replace("amount(row.value, currency)", "amount(row.value, Currency(row.currency))")
    (accounts / "day.script").write_text(text)
    status, out, _ = servanda("check", "day.script")
    assert status == 1
    assert "error[E0326]" in out
    assert "write `let unit = Currency(…)` above, and `unit` here" in out


def test_a_contract_reads_no_text(accounts: Path, servanda: Command) -> None:
    """A contract gets its values typed."""
    text = ACCOUNTS.replace("currency: currency)", 'currency: Currency("CNY"))')
    (accounts / "accounts.contract").write_text(text)
    status, out, _ = servanda("check", "accounts.contract")
    assert status == 1
    assert "error[E0220]: `Currency` reads text in scripts and tests alone" in out
