"""Later versions of the small bank, and of a shop that uses it, for the tests of upgrades.

In come parts to replace; out come sources and chains on which they are tried.
"""

from __future__ import annotations

from typing import Any

import chains
import small_bank as bank

from servanda.chain.encoding import decode
from servanda.interpreter.receipts import Amount, Call

Chain = Any
Item = Any
DAY_MS = 24 * chains.HOUR_MS


def cny(yuan: int) -> Amount:
    """Return whole yuan."""
    return Amount(yuan * 100, "CNY")


def read(data: bytes | None) -> Item:
    """Return what bytes hold, which are there."""
    assert data is not None
    return decode(data)


def later(*changes: tuple[str, str], version: int = 2) -> str:
    """Return a later version of the bank."""
    text = bank.BANK.replace("version 1", f"version {version}")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


NOTED = ("  last: Hold?", '  last: Hold?\n  note: Text = "none"\n  spare: Balance of USD')
WRITTEN = (
    "action deposit",
    (
        "action write(account: Account, note: Text)\n  by account.holder\n"
        "  account.note = note\n\naction deposit"
    ),
)
HELD = "when one: Hold has been Held for 2 days\n"
DAILY = "every 1 day for one: Hold in Held\n  one.account.rate = one.account.rate + 1%\n\n"
COUNTED = "count(a for a in Account where a.holder == holder limit 10)"
COUNTED = "count(a for a in Account where a.holder == holder limit 10)"
HELD_BY = (
    "action deposit",
    (f"rule held(holder: Institution): Int\n  by Institution\n  give {COUNTED}\n\naction deposit"),
)
FEW_HOLDS = (
    'invariant "holds stay',
    (
        'invariant "few holds"\n  for account in Account\n'
        '  holds count(h for h in Hold where h.account == account) <= 2\n\ninvariant "holds stay'
    ),
)

SHOP = """\
contract Shop version 1

use Bank as bank

role Desk

record Ticket[id: Serial]
  desk: Desk
  account: bank.Account
  text: Text = ""

action sell(account: bank.Account): Ticket
  by Desk as desk
  give create Ticket(desk: desk, account: account)

action look(ticket: Ticket, hold: bank.Hold)
  by ticket.desk
  choose hold.progress
    Held
      ticket.text = "held"
    Freed
      ticket.text = "freed"

rule held_of(account: bank.Account): Int
  by Desk
  give count(h for h in bank.Hold where h.account == account limit 5)
"""


def filled(members: str = bank.MEMBERS, **parameters: int) -> Chain:
    """Return a chain with a bank, two accounts, 500 yuan in the first and a hold of five."""
    made = chains.Chain(members, **parameters)
    fill(made)
    return made


def fill(made: Chain) -> None:
    """Let the bank run, and two accounts with some money."""
    made.deploy(bank.BANK, "Bank")
    made.does("icbc", "Bank.open", "a")
    made.does("boc", "Bank.open", "b")
    made.does("pboc", "Bank.deposit", "a", cny(500))
    made.does("icbc pboc", "Bank.put_by", "a", cny(5))


def upgraded(chain: Chain, text: str, version: int = 2, name: str = "Bank") -> None:
    """Upgrade a contract; it must be done, and every running figure must be right."""
    receipt = chain.upgrade(text, name, version)
    assert receipt[2] is None, receipt
    chain.ledger.state.machine.audit()


def refused(chain: Chain, text: str, version: int = 2, name: str = "Bank") -> tuple[str, str]:
    """Try an upgrade that is refused, and return why; nothing at all may have changed."""
    before = dict(chain.kept.values)
    receipt = chain.upgrade(text, name, version)
    assert receipt[2] is not None, "it was upgraded"
    assert chain.kept.values == before
    chain.ledger.state.machine.audit()
    version = chain.ledger.state.versions["Bank"]
    assert chain.does("boc", "Bank.open", f"after {version}-{chain.count}", version=version)
    return receipt[2], receipt[3]


def held(chain: Chain, holder: str) -> int:
    """Return what the rule `held` answers."""
    answer = chain.ledger.state.machine.ask(Call("Bank", "held", (holder,), (holder,)))
    assert answer.is_done, answer
    return int(answer.value)
