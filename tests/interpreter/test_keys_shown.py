"""A record is shown by its key as the language writes it, in refusals and in texts."""

from __future__ import annotations

import pytest
import worlds

from servanda.interpreter.execute.keys import show_record
from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.calendar_dates import parse_date
from servanda.interpreter.values.times import parse_time

CONTRACT = """\
contract Rates version 1
role Bank
enum Side: Left, Right
lifecycle Stage
  Open -> Shut
  Shut
event Told(text: Text)
record Rate[day: Date, side: Text]
  holder: Bank
  cash: Balance of CNY
  stage: Stage
record Fixing[rate: Rate, at: Time, side: Side, by_whom: Bank, limit: Amount of CNY, count: Int]
  is_final: Bool = false
record Paper[hash: Hash, currency: Currency, is_old: Bool]
  is_final: Bool = false
action make(day: Date, side: Text)
  by Bank as bank
  create Rate(day: day, side: side, holder: bank)
action pay(rate: Rate in Open, amount: Amount of CNY)
  by rate.holder
  retire amount from rate.cash
action shut(rate: Rate)
  by rate.holder
  rate.stage becomes Shut
action tell(rate: Rate?)
  by Bank
  require rate is not missing else NONE "none"
  emit Told(text: "of {rate}")
action look(day: Date)
  by Bank
  require Rate[day, "Left"].stage == Open else NONE "none"
"""
DAY = parse_date("2026-01-05")


@pytest.fixture
def rates() -> worlds.World:
    """Return a world with one rate of icbc."""
    world = worlds.world(CONTRACT, members="Bank:icbc,boc")
    world.does("icbc", "make", DAY, "Left")
    return world


def test_refusals_name_a_record_as_the_language_writes_it(rates: worlds.World) -> None:
    """A Date in a key is a date, not a number of days, in whatever refusal."""
    rate = (DAY, "Left")

    def message(action: str, *arguments: object) -> str | None:
        return rates.run("icbc", action, *arguments).message

    shown = 'Rate[2026-01-05, "Left"]'
    other = 'Rate[2026-01-06, "Left"]'
    assert message("make", *rate) == f"{shown} is there already"
    assert message("pay", (DAY + 1, "Left"), Amount(1, "CNY")) == f"`rate`: there is no {other}"
    assert message("tell", (DAY + 1, "Left")) == f"`rate`: there is no {other}"
    assert message("look", DAY + 1) == f"there is no {other}"
    told = message("pay", rate, Amount(1, "CNY"))
    assert told == f"the cash of {shown} is less than 0.01 CNY"
    rates.does("icbc", "shut", rate)
    assert message("pay", rate, Amount(1, "CNY")) == f"{shown} is Shut, not Open"
    told = message("shut", rate)
    assert told == f"{shown} is Shut, and no arrow leads from there to Shut"


def test_a_text_names_a_record_by_its_key(rates: worlds.World) -> None:
    """What a hole shows of a record is its key, each part as its type is written."""
    (event,) = rates.run("icbc", "tell", (DAY, "Left")).events
    assert event.values == ('of 2026-01-05, "Left"',)


def test_each_part_is_shown_by_its_type(rates: worlds.World) -> None:
    """A reference in a key is a record with a key of its own; names stand without quotes."""
    tables = rates.machine.tables
    at_ms = parse_time("2026-01-05T09:00Z")
    key = ((DAY, 'a"b'), at_ms, "Left", "icbc", 123_450, 20_458)
    fixing = tables[RecordType("Rates", "Fixing")]
    assert show_record(fixing, key) == (
        r'Fixing[Rate[2026-01-05, "a\"b"], 2026-01-05T09:00Z, Left, icbc, 1_234.50 CNY, 20_458]'
    )
    paper = tables[RecordType("Rates", "Paper")]
    assert show_record(paper, (b"\x0a" * 32, "CNY", True)) == f"Paper[{'0a' * 32}, CNY, true]"
    assert show_record(paper, (b"\x0a" * 32, "a\nb", False)).endswith(r', "a\nb", false]')
