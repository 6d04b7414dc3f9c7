"""`servanda why --row`: from a refused row, as `run` prints it, to what decided it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from servanda import run_facts

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("bank")
def test_a_refused_row_is_explained_by_what_run_prints(servanda: Command) -> None:
    """The line has the number of the call, and the command that explains such a row, once."""
    _, _, err = servanda("run", "day.script")
    first, *_, advice = err.splitlines()
    assert first.startswith("refused row: orders.csv:3: call 8: pay: INSUFFICIENT: ")
    assert advice == "help: `servanda why day.script --row orders.csv:3` explains a row"
    status, by_row, _ = servanda("why", "day.script", "--row", "orders.csv:3")
    assert status == 0
    assert by_row.startswith("call 8 at 2026-01-06T09:00Z: East does pay(1)\n✘ INSUFFICIENT")
    assert by_row == servanda("why", "day.script", "--call", "8")[1]
    assert err.count("servanda why") == 1


def test_the_command_names_what_run_was_given(bank: Path, servanda: Command) -> None:
    """It can be typed as it stands, folders with blanks and all."""
    (bank / "my data").mkdir()
    for name in ("accounts.csv", "orders.csv"):
        (bank / name).rename(bank / "my data" / name)
    _, _, err = servanda("run", "day.script", "--data", "my data")
    assert "`servanda why day.script --data 'my data' --row orders.csv:3` explains" in err
    told = servanda("why", "day.script", "--data", "my data", "--row", "orders.csv:3")
    assert told[0] == 0


@pytest.mark.usefixtures("bank")
def test_a_row_that_was_done_is_explained_by_its_last_call(servanda: Command) -> None:
    """Nothing was refused: the last call tells most."""
    status, out, _ = servanda("why", "day.script", "--row", "orders.csv:2")
    assert status == 0
    assert out.startswith("call 10 at 2026-01-06T10:00Z: East does pay(")


def test_a_row_without_a_call_is_told(bank: Path, servanda: Command) -> None:
    """A file that is not fed, a row that is not there, one that is malformed."""
    (bank / "orders.csv").write_text(
        "payer,payee,money,time,is_paid\na,b,x,2026-01-06T10:00Z,1\na,b,1,2026-01-06T10:00Z,0\n"
    )
    for row, told in (
        ("order.csv:3", "`day.script` feeds no `order.csv`"),
        ("order.csv:3", "did you mean `orders.csv`?"),
        ("orders.csv:99", "the row orders.csv:99 made no call"),
        ("orders.csv:2:5", 'the row orders.csv:2 made no call: it is malformed: `money` is "x"'),
        ("orders.csv", "`orders.csv` is no row: write its file and line, `rows.csv:17`"),
    ):
        status, out, err = servanda("why", "day.script", "--row", row)
        assert (status, out) == (2, "")
        assert told in err


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("number", ["0_008", "0,008", "8"])
def test_a_number_is_taken_as_it_is_printed(servanda: Command, number: str) -> None:
    """Thousands are told apart as they are in what is printed."""
    assert servanda("why", "day.script", "--call", number)[1].startswith("call 8 at ")


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("number", ["1,4", "14,18", "_8", "8,", "1,,000"])
def test_what_is_no_number_is_told(servanda: Command, number: str) -> None:
    """A comma is no sign that anything may be left out."""
    status, _, err = servanda("why", "day.script", "--call", number)
    assert status == 2
    assert "is no number from 1" in err


def test_programs_get_every_refused_row(
    bank: Path, servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to a cap, and beyond it the first of each code; all are counted."""
    orders = "a,b,2000,2026-01-06T09:00Z,1\n" * 30 + "a,b,-1,2026-01-06T09:00Z,1\n"
    (bank / "orders.csv").write_text("payer,payee,money,time,is_paid\n" + orders)
    _, out, _ = servanda("run", "day.script", "--json")
    refused = json.loads(out)["refused_rows"]
    assert refused["count"] == len(refused["first"]) == 31
    assert refused["first"][0] == {
        "file": "orders.csv",
        "line": 2,
        "call": 8,
        "action": "pay",
        "code": "TOO_MUCH",
        "message": "order 1 is too large",
    }
    monkeypatch.setattr(run_facts, "REFUSALS_KEPT_MAX", 5)
    refused = json.loads(servanda("run", "day.script", "--json")[1])["refused_rows"]
    assert (refused["count"], len(refused["first"])) == (31, 6)


def test_a_look_up_of_the_feed_that_finds_nothing_refuses_its_row(
    bank: Path, servanda: Command
) -> None:
    """The row is well: what it asks for is not there, as when an action says so."""
    (bank / "accounts.csv").write_text("number,money\na,500\nb,20.50\n")
    (bank / "day.script").write_text(
        'use Bank\nlet east = Branch("East")\nfeed "accounts.csv" as row\n'
        "  east does open(row.number)\n"
        'feed "orders.csv" as row where row.is_paid == "1"\n'
        "  let payee = Account[row.payee]\n  east does ask(row.payer, payee, 1 CNY)\n"
    )
    status, out, err = servanda("run", "day.script", "--strict")
    assert status == 0
    told = 'refused row: orders.csv:3: MISSING_RECORD: there is no Account["c"]'
    assert err.splitlines()[0] == told
    assert "3 refused at a look-up" in out
    document = json.loads(servanda("run", "day.script", "--json")[1])
    assert document["malformed"]["count"] == 0
    assert document["refused_rows"]["count"] == 3
    assert document["refused_rows"]["first"][0]["call"] is None
    status, _, err = servanda("why", "day.script", "--row", "orders.csv:3")
    assert status == 2
    assert "orders.csv:3 made no call: it was refused with MISSING_RECORD: there is no" in err
