"""Names of enums and states in feeds: a cell is one of them, or its row is malformed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

SIDES = """\
contract Sides version 1

role Bank

enum Side: Debit, Credit

lifecycle Progress
  Open -> Closed
  Closed

record Entry[number: Text]
  side: Side
  progress: Progress

action book(number: Text, side: Side)
  by Bank
  create Entry(number: number, side: side)

action close(entry: Entry)
  by Bank
  entry.progress becomes Closed
"""

BOOKING = """\
use Sides

let bank = Bank("East")
feed "entries.csv" as row where Progress(row.progress) is Open
  bank does book(row.number, Side(row.side))
show list(e.side for e in Entry)
"""


@pytest.fixture
def sides(bank: Path) -> Path:
    """Make the folder of a contract with an enum and a lifecycle, and of a script that reads it."""
    (bank / "sides.contract").write_text(SIDES)
    (bank / "booking.script").write_text(BOOKING)
    return bank


def test_a_cell_is_the_name_of_an_enum_or_a_state(sides: Path, servanda: Command) -> None:
    """A cell that names no member is a malformed row, located, with the name that was meant."""
    (sides / "entries.csv").write_text(
        "number,progress,side\na,Open,Debit\nb,Open,debit\nc,Closed,Debit\nd,Opened,Credit\n"
        "e,Open,银\nf,Open,Credit\n",
        encoding="utf-8",
    )
    status, out, err = servanda("run", "booking.script")
    assert status == 0
    assert "[Debit, Credit]" in out
    *rows, skipped = err.splitlines()
    assert skipped == "warning: 3 malformed rows were skipped; `--strict` stops at the first"
    debit, opened, other = sorted(rows)
    assert debit.startswith('malformed row: entries.csv:3:8: `side` is "debit": expected a name of')
    assert debit.endswith("`Side`: did you mean `Debit`?")
    assert opened.startswith('malformed row: entries.csv:5:3: `progress` is "Opened": ')
    assert opened.endswith("expected a name of `Progress`: did you mean `Open`?")
    assert other.startswith('malformed row: entries.csv:6:8: `side` is "银": ')
    assert other.endswith("expected a name of `Side`: `Debit`, `Credit`")


def test_a_text_that_is_no_cell_is_converted_or_refused(sides: Path, servanda: Command) -> None:
    """In a row it is a malformed row, elsewhere it stops the script: never a traceback."""
    (sides / "entries.csv").write_text("number,progress,side\na,Open,Debit\nb,Open,Dbit\n")
    script = BOOKING.replace("Side(row.side)", "side").replace(
        "  bank does", "  let cell = row.side\n  let side = Side(cell)\n  bank does"
    )
    (sides / "booking.script").write_text(script)
    status, out, err = servanda("run", "booking.script")
    assert (status, "[Debit]" in out) == (0, True)
    assert err == (
        'malformed row: entries.csv:3:1: BAD_ARGUMENT: "Dbit": expected a name of `Side`: '
        "did you mean `Debit`?\n"
        "warning: 1 malformed row was skipped; `--strict` stops at the first\n"
    )
    (sides / "booking.script").write_text('use Sides\n\nshow int("many")\n')
    status, _, err = servanda("run", "booking.script")
    assert status == 1
    assert 'BAD_ARGUMENT: "many": expected a whole number' in err
    assert "booking.script:3" in err
