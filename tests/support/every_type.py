"""A contract that has a field of every type, timers, indexes, totals and events.

In comes nothing; out come its source, a chain on which it runs, and good arguments for it. Run as
a program it prints what a rich history comes to.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import chains
import small_bank as bank

from servanda.interpreter.receipts import Amount
from servanda.interpreter.values.times import DAY_MS, parse_time
from servanda.node import Zones

EVERYTHING = """\
contract Everything version 1
timezone "Asia/Shanghai"

use Bank as bank

role Institution, CentralBank

unit Point decimals 0

enum Kind: Red, Blue, Green

lifecycle Stage
  Open -> Shut | Lost
  Shut -> Open
  Lost

record Thing[name: Text]
  holder: Institution
  other: Party
  currency: Currency
  money: Balance of currency
  points: Balance of Point
  yes: Bool
  number: Int
  share: Decimal
  text: Text
  day: Date
  moment: Time
  delay: Duration
  paper: Hash
  kind: Kind
  maybe: Int?
  before: Thing?
  numbers: List of Int
  kinds: Set of Kind
  shares: Set of Decimal
  things: List of Thing
  amounts: List of Amount of CNY
  nested: List of List of Int
  count: Int = 0
  stage: Stage

record Line[thing: Thing, kind: Kind, day: Date]
  amount: Amount of CNY
  is_open: Bool = true

record Step[id: Serial]
  thing: Thing
  at: Time

event Made(thing: Thing, kind: Kind, paper: Hash, share: Decimal, day: Date,
    amounts: List of Amount of CNY)

action make(name: Text, other: Party, currency: Currency, yes: Bool, number: Int, share: Decimal,
    text: Text, day: Date, moment: Time, delay: Duration, paper: Hash, kind: Kind, maybe: Int?,
    before: Thing?, numbers: List of Int, kinds: Set of Kind, shares: Set of Decimal,
    things: List of Thing, amounts: List of Amount of CNY, nested: List of List of Int): Thing
  by Institution as holder
  let thing = create Thing(name: name, holder: holder, other: other, currency: currency, yes: yes,
    number: number, share: share, text: text, day: day, moment: moment, delay: delay, paper: paper,
    kind: kind, maybe: maybe, before: before, numbers: numbers, kinds: kinds, shares: shares,
    things: things, amounts: amounts, nested: nested)
  emit Made(thing, kind, paper, share, day, amounts)
  notify holder that "{thing.name}: {share}, {day}, {moment}, {number}"
  give thing

action add(thing: Thing, kind: Kind, day: Date, amount: Amount of CNY)
  by thing.holder
  create Line(thing: thing, kind: kind, day: day, amount: amount)

action earn(thing: Thing, amount: Amount of thing.currency, points: Amount of Point)
  by thing.holder and CentralBank
  issue amount to thing.money
  issue points to thing.points

action spend(thing: Thing, amount: Amount of thing.currency)
  by thing.holder
  retire amount from thing.money

action shut(thing: Thing in Open)
  by thing.holder
  thing.stage becomes Shut

action lose(thing: Thing in Open)
  by thing.holder and thing.other
  thing.stage becomes Lost

action split(thing: Thing, parts: Int in 0..1_000)
  by thing.holder
  let whole = 1
  thing.share = thing.share / whole / parts

action pay_in(thing: Thing, line: Line, account: bank.Account)
  by thing.holder
  require line.is_open else PAID "it is paid"
  line.is_open = false
  thing.count = thing.count + 1
  thing.text = "paid from {account.number}"

rule open_amount(thing: Thing): Amount of CNY
  give sum(l.amount for l in Line where l.thing == thing and l.is_open)

when thing: Thing in Open reaches thing.moment
  thing.count = thing.count + 1
  create Step(thing: thing, at: due)

when thing: Thing has been Shut for 2 days
  thing.stage becomes Open

every day at 02:00 for thing: Thing in Open
  thing.count = thing.count + 1

every month on 31 for thing: Thing in Open
  create Step(thing: thing, at: due)

invariant "open lines of a thing stay below a million"
  for thing in Thing
  holds sum(l.amount for l in Line where l.thing == thing and l.is_open) <= 1_000_000 CNY

invariant "nothing counts beyond a thousand"
  for thing in Thing
  holds thing.count <= 1_000
"""

MEMBERS = bank.MEMBERS + " pd:Police,Regulator"
PAPER = bytes(range(32))


class ZonedChain(chains.Chain):
    """A chain whose contracts name time zones."""

    zones = Zones()


def thing(name: str, before: str | None = None, **more: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return good arguments of `make`."""
    given: dict[str, Any] = {
        "name": name,
        "other": "pd",
        "currency": "CNY",
        "yes": True,
        "number": 1 - 10**34,
        "share": Decimal("0.1000000000000000000000000000000001"),
        "text": "账户 \u00e9 e\u0301 \U0001f3e6",
        "day": 20_000,
        "moment": parse_time("2026-01-07T09:00Z"),
        "delay": -5,
        "paper": PAPER,
        "kind": "Blue",
        "maybe": None,
        "before": before,
        "numbers": (3, 1, 2, 1),
        "kinds": ("Red", "Blue"),
        "shares": (Decimal("1E+30"), Decimal("-0.5"), 7),
        "things": () if before is None else (before, before),
        "amounts": (Amount(1, "CNY"), Amount(0, "CNY")),
        "nested": ((1, 2), (), (3,)),
        **more,
    }
    return tuple(given.values())


def deployed(**parameters: int) -> ZonedChain:
    """Return a chain on which the contract runs, with two things and an account."""
    chain = ZonedChain(MEMBERS, **parameters)
    chain.deploy(bank.BANK, "Bank")
    chain.deploy(EVERYTHING, "Everything")
    chain.does("icbc", "Bank.open", "a")
    chain.does("pboc", "Bank.deposit", "a", Amount(50_000, "CNY"))
    chain.does("icbc", "Everything.make", *thing("a"))
    chain.does("icbc", "Everything.make", *thing("b", before="a", maybe=-1, currency="JPY"))
    chain.does("icbc", "Everything.add", "a", "Red", 20_001, Amount(700, "CNY"))
    return chain


def rich_history() -> ZonedChain:
    """Return a chain on which everything happens that can: done, refused, waiting, lapsed, due."""
    chain = deployed()
    chain.does("icbc pboc", "Everything.earn", "a", Amount(10**26, "CNY"), Amount(3, "Point"))
    chain.does("icbc pboc", "Everything.earn", "b", Amount(5, "JPY"), Amount(0, "Point"))
    for parts in (3, 7, 0, 11):
        chain.run("icbc", "Everything.split", "a", parts)
    for yuan in (10**8, 2, 10**27 - 1):
        chain.run("icbc", "Everything.add", "a", "Green", yuan % 97, Amount(yuan, "CNY"))
    chain.run("icbc", "Everything.spend", "a", Amount(10**26 + 1, "CNY"))
    chain.run("icbc", "Everything.pay_in", "a", ("a", "Red", 20_001), "a")
    chain.run("icbc", "Everything.pay_in", "a", ("a", "Red", 20_001), "a")
    waits = chain.transaction(
        "icbc pboc", "Everything.earn", "b", Amount(5, "JPY"), Amount(1, "Point")
    )
    chain.block(chain.signed(waits, ["pboc"]))
    chain.block(b"no transaction", chain.signed(waits, ["icbc"]), b"\xff" * 9)
    lapses = chain.transaction("boc pboc", "Bank.open", "z", expiry_ms=chain.time_ms + 5_000)
    chain.block(chain.signed(lapses, ["boc"]))
    chain.does("icbc", "Everything.shut", "b")
    for days in (1, 2, 3, 40):
        chain.block(wait_ms=days * DAY_MS)
    chain.does("ann bob", "Membership.suspend", "pd", "moved")
    chain.run("icbc", "Everything.make", *thing("c"))
    chain.does("icbc", "Everything.make", *thing("c", other="boc"))
    chain.block(wait_ms=DAY_MS)
    return chain


def told(chain: chains.Chain) -> str:
    """Return what a chain came to, on one line."""
    info = chain.ledger.info
    return f"{info.height} {info.head.hex()} {info.state.hex()}"


if __name__ == "__main__":
    sys.stdout.write(told(rich_history()) + "\n")
