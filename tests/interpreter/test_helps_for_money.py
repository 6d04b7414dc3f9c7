"""Helps for money of held units: what each of them says is written, and then nothing is wrong."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check import check_contract, check_script

WALLETS = """contract Wallets version 1
role Bank
lifecycle Progress
  Open -> Settled
  Settled
record Wallet[number: Text]
  holder: Bank
  currency: Currency
  money: Balance of currency
record Loan[id: Serial]
  payer: Wallet
  payee: Wallet
  progress: Progress
action open(number: Text, currency: Currency): Wallet
  by Bank as bank
  give create Wallet(number: number, holder: bank, currency: currency)
action fill(wallet: Wallet, amount: Amount of wallet.currency)
  by Bank
  issue amount to wallet.money
when x: Loan has been Open for 9 days
  x.progress becomes Settled
"""
ACTION = "action lend(a: Wallet, b: Wallet)\n  by Bank\n"
CLAUSE = "clause lend(a: Wallet, b: Wallet)\n"
TIMER = "when x: Loan has been Open for 3 days\n  x.progress becomes Settled\n"
MOVE = "  move x.payer.money from x.payer.money to x.payee.money\n"
TELL = '    notify x.payer.holder that "it is more"\n'
STEPS = 'use Wallets\nlet icbc = Bank("ICBC")\nlet a = icbc does open("1", CNY)\n'


def errors_in(text: str) -> list[Diagnostic]:
    """Return the errors of the contract with more of it, or of a script that uses it."""
    diagnostics = Diagnostics()
    if text.startswith("use "):
        contract = check_contract(parse(Source("wallets", WALLETS), diagnostics), {}, diagnostics)
        assert contract is not None
        check_script(parse(Source("steps", text), diagnostics), {"Wallets": contract}, diagnostics)
    else:
        check_contract(parse(Source("wallets", WALLETS + text), diagnostics), {}, diagnostics)
    return [one for one in diagnostics if not one.is_warning]


@pytest.mark.parametrize(
    ("wrong", "advice", "right"),
    [
        (
            ACTION + "  move 5 from a.money to a.money\n",
            "write `round(5, a.currency)`",
            ACTION + "  move round(5, a.currency) from a.money to a.money\n",
        ),
        (
            ACTION + "  issue a.money + 2.50 to a.money\n",
            "write `round(2.5, a.currency)`",
            ACTION + "  issue a.money + round(2.5, a.currency) to a.money\n",
        ),
        (
            ACTION + '  require a.money > 5 else POOR "poor"\n',
            "write `round(5, a.currency)`",
            ACTION + '  require a.money > round(5, a.currency) else POOR "poor"\n',
        ),
        (
            ACTION + "  move a.money from a.money to b.money\n",
            "guard it: `require a.currency == b.currency else …`",
            ACTION + '  require a.currency == b.currency else UNITS "differ"\n'
            "  move a.money from a.money to b.money\n",
        ),
        (
            CLAUSE + "  move a.money from a.money to b.money\n",
            (
                "guard it: `require a.currency == b.currency else …`, "
                "or `if a.currency == b.currency` where a timer calls this"
            ),
            CLAUSE + "  if a.currency == b.currency\n"
            "    move a.money from a.money to b.money\n" + TIMER + "  lend(x.payer, x.payee)\n",
        ),
        (
            TIMER + MOVE,
            "ask first: `if x.payer.currency == x.payee.currency`",
            TIMER + "  if x.payer.currency == x.payee.currency\n  " + MOVE,
        ),
        (
            TIMER + "  if x.payer.money > x.payee.money\n" + TELL,
            "ask first: `if x.payer.currency == x.payee.currency`",
            TIMER + "  if x.payer.currency == x.payee.currency\n"
            "    if x.payer.money > x.payee.money\n  " + TELL,
        ),
        (
            "rule rich(a: Wallet): Bool = a.money > 5 CNY\n",
            "ask first: `if a.currency == CNY`",
            "rule rich(a: Wallet): Bool = if a.currency == CNY then a.money > 5 CNY else false\n",
        ),
        (
            'invariant "low"\n  for a in Wallet\n  holds a.money < 5 CNY\n',
            "let it speak only of those: `where a.currency == CNY`",
            'invariant "low"\n  for a in Wallet where a.currency == CNY\n  holds a.money < 5 CNY\n',
        ),
        (
            STEPS + "expect a.money >= 5 CNY\n",
            "say so in a line above: `expect a.currency is CNY`",
            STEPS + "expect a.currency is CNY\nexpect a.money >= 5 CNY\n",
        ),
        (
            STEPS + 'let b = Wallet["1"]\nexpect a.money + b.money == 5 CNY\n',
            "say so in a line above: `expect a.currency == b.currency`",
            STEPS + 'let b = Wallet["1"]\nexpect a.currency == b.currency\n'
            "expect a.money + b.money == 5 CNY\n",
        ),
        (
            STEPS + 'icbc does fill("1", 5)\n',
            "write the unit that it is in, as in `5 CNY`",
            STEPS + 'icbc does fill("1", 5 CNY)\n',
        ),
        (
            STEPS + "expect a.money == 5\n",
            "write the unit that it is in, as in `5 CNY`",
            STEPS + "expect a.money == 5 CNY\n",
        ),
    ],
)
def test_the_help_mends(wrong: str, advice: str, right: str) -> None:
    """One mistake is told of, and what its help says makes it right."""
    (found,) = errors_in(wrong)
    assert found.help == advice
    assert errors_in(right) == []
