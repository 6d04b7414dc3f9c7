"""`servanda why`: one call or timer explained, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from servanda.command_line import main

Command = Callable[..., tuple[int, str, str]]
Golden = Callable[[str, str], None]

FEE = """\
contract Fee version 1

role Bank

record Account[number: Text]
  fee: Amount of CNY

enum Kind: Auto, Other

decision terms
  | amount: Amount of CNY | day: Date         | name: Text || kind: Kind | rate: Decimal |
  | < 1_000 CNY           | -                 | -          || Auto       | 0%            |
  | >= 1_000 CNY          | <= date 2026-06-30 | -         || Other      | 5.5%          |
  | >= 1_000 CNY          | > date 2026-06-30 | -          || Auto       | 1%            |

action open(number: Text, amount: Amount of CNY)
  by Bank
  let found = terms(amount, today, number)
  require found.kind is Auto else NOT_AUTO "by hand"
  create Account(number: number, fee: amount)
"""


def test_why_shows_decisions_by_their_types(bank: Path, servanda: Command) -> None:
    """Amounts with their unit, dates as dates; several outputs one beside the other."""
    (bank / "fee.contract").write_text(FEE.replace("date 2026", "2026"))
    (bank / "fee.script").write_text(
        'use Fee\nat 2026-01-05T00:00Z\nlet icbc = Bank("ICBC")\nicbc does open("a", 500 CNY)\n'
    )
    status, out, err = servanda("why", "fee.script")
    assert status == 0, err
    assert 'decision terms(500.00 CNY, 2026-01-05, "a")' in out
    assert "terms(amount, today, number) = Auto, 0.0  line" in out


FIXINGS = """\
contract Fixings version 1

role Bank

record Fixing[day: Date, side: Text]
  is_final: Bool = false

action open(day: Date, side: Text)
  by Bank
  create Fixing(day: day, side: side)

when fixing: Fixing reaches fixing.day
  fixing.is_final = true
"""


def test_why_names_the_record_of_a_timer_as_the_language_does(
    bank: Path, servanda: Command
) -> None:
    """A Date in its key is a date, not a number of days; the same as text and as JSON."""
    (bank / "fixings.contract").write_text(FIXINGS)
    (bank / "fixings.script").write_text(
        "use Fixings\nat 2026-01-05T00:00Z\n"
        'let icbc = Bank("ICBC")\nicbc does open(2026-01-05, "Left")\nat 2026-01-07T00:00Z\n'
    )
    status, out, err = servanda("why", "fixings.script", "--timer")
    assert status == 0, err + out
    shown = 'Fixing[2026-01-05, "Left"]'
    assert f"for {shown}, due at" in out
    document = json.loads(servanda("why", "fixings.script", "--timer", "--json")[1])
    assert document["record"] == shown


def test_why_fails_where_a_feed_cannot_be_read(bank: Path, servanda: Command) -> None:
    """The call that is meant may stand below: no other is explained in its place."""
    (bank / "orders.csv").unlink()
    for words in ((), ("--call", "99")):
        status, out, err = servanda("why", "day.script", *words)
        assert (status, out) == (2, "")
        assert f"the feed `{bank / 'orders.csv'}` cannot be read" in err
        assert "there is no call" not in err


@pytest.mark.usefixtures("bank")
def test_why_explains_the_last_refusal(servanda: Command, golden: Golden) -> None:
    """The guard that said no, with the value it saw and its line."""
    status, out, _ = servanda("why", "day.script")
    assert status == 0
    golden("why_last_refusal", out)


@pytest.mark.usefixtures("bank")
def test_why_explains_a_call_of_a_test(servanda: Command, golden: Golden) -> None:
    """`--test` names the test, `--call` the call in it."""
    status, out, _ = servanda("why", "bank.test.contract", "--call", "5")
    assert status == 0
    golden("why_call_of_test", out)


@pytest.mark.usefixtures("bank")
def test_why_explains_a_timer(servanda: Command, golden: Golden) -> None:
    """`--timer` alone is the last one: the record it was about, when it was due, what it did."""
    status, out, _ = servanda("why", "day.script", "--timer")
    assert status == 0
    golden("why_timer", out)
    assert servanda("why", "day.script", "--timer", "3")[1] == out


@pytest.mark.usefixtures("bank")
def test_why_tells_programs_the_same(servanda: Command) -> None:
    """`--json` is one value with what the text tells: the refusal, its place, the whole tree."""
    status, out, _ = servanda("why", "day.script", "--json")
    document = json.loads(out)
    assert status == 0
    assert (document["kind"], document["outcome"], document["code"]) == (
        *("call", "refused", "MISSING_RECORD"),
    )
    assert document["clause"]["file"] == "bank.contract"
    (action,) = document["tree"]
    assert (action["text"], action["parts"][-1]["text"]) == (
        *("action ask", "refused with MISSING_RECORD"),
    )
    status, out, _ = servanda("why", "day.script", "--timer", "--json")
    document = json.loads(out)
    assert (status, document["kind"], document["outcome"]) == (0, "timer", "done")
    assert (document["number"], document["record"]) == (3, "Order[4]")
    status, out, _ = servanda("why", "bank.test.contract", "--call", "1", "--json")
    assert json.loads(out)["events"] == [
        {"contract": "Bank", "event": "Opened", "values": {"account": 'Account["甲-1"]'}}
    ]


@pytest.mark.usefixtures("bank")
def test_why_says_what_there_is_to_explain(servanda: Command) -> None:
    """A number that nothing has, and one that is none."""
    assert (
        "there is no timer 9: the last is timer 3"
        in servanda("why", "day.script", "--timer", "9")[2]
    )
    told = servanda("why", "bank.test.contract", "--timer")[2]
    assert "no timer fires in it" in told
    for number in ("0", "-1", "x", "٣", "1" * 5_000):
        status, _, err = servanda("why", "day.script", "--call", number)
        assert status == 2
        assert "Traceback" not in err


@pytest.mark.usefixtures("bank")
def test_why_asks_which_test_is_meant(servanda: Command) -> None:
    """Several tests, no test and no such call are told."""
    status, _, err = servanda("why", "failing.test.contract")
    assert (status, '--test "time goes back"' in err) == (2, True)
    assert servanda("why", "failing.test.contract", "--test", "nonsense")[0] == 2
    assert servanda("why", "day.script", "--call", "99")[0] == 2
    assert servanda("why", "bank.contract")[0] == 2


# ── loops ─────────────────────────────────────────────────────────────────────────────────────

TALLIES = """contract Tallies version 1

role Bank

record Tally[id: Serial]
  total: Int = 0

action add(count: Int in 1..3_000): Tally
  by Bank
  let tally = create Tally()
  for n in 1..count
    tally.total = tally.total + n
  give tally
"""

TALLIES_TEST = """use Tallies

test "adds"
  at 2026-01-05T09:00Z
  let bank = Bank("ICBC")
  bank does add(3)
  bank does add(3_000)
"""


def told(call: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what `why` prints of a call."""
    (folder / "tallies.contract").write_text(TALLIES)
    test = folder / "tallies.test.contract"
    test.write_text(TALLIES_TEST)
    assert main(["why", str(test), "--call", str(call)]) == 0
    return capsys.readouterr().out.splitlines()


def test_turns_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each turn is as deep as the one before, with the values that it saw."""
    lines = told(1, tmp_path, capsys)
    turns = [line for line in lines if "tally.total = tally.total + n" in line]
    assert len(turns) == 3
    assert len({line.index("tally") for line in turns}) == 1


def test_a_long_loop_is_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thousands of turns are neither a traceback nor a line each."""
    lines = told(2, tmp_path, capsys)
    assert any("more" in line for line in lines)
    assert max(map(len, lines)) < 200
