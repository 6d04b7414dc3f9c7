"""What the commands say: numbers that agree, names that were meant, refusals that were expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

LATE = """\
contract Late version 1

role Bank

record Debt[id: Serial]
  limit: Int in 0..1 = 0

action owe(): Debt
  by Bank
  give create Debt()

every 1 day for debt: Debt
  debt.limit = debt.limit + 2
"""

LATE_STEPS = """\
use Late

at 2026-01-01T00:00Z
let b = Bank("b")
b does owe()
"""


@pytest.mark.parametrize(
    ("more", "report", "error"),
    [
        ("wait 1 day\n", "1 timer faulted: OVERFLOW", "1 timer did not do what it says"),
        ("wait 4 days\n", "1 timer faulted 4 times: first", "1 timer did not do what it says"),
    ],
)
def test_a_timer_that_faults_often_is_one(
    bank: Path, servanda: Command, more: str, report: str, error: str
) -> None:
    """How many timers, and how many times."""
    (bank / "late.contract").write_text(LATE)
    (bank / "late.script").write_text(LATE_STEPS + more)
    status, out, err = servanda("run", "late.script")
    assert status == 1
    assert report in out
    assert err == f"error: {error}, though every step was done\n"


def test_a_refusal_that_was_expected_is_no_failure(bank: Path, servanda: Command) -> None:
    """In the steps of a failed test, `cannot` that went as it had to is shown so."""
    (bank / "bank.test.contract").write_text(
        'use Bank\ntest "t"\n  let e = Branch("East")\n  e does open("a")\n'
        '  e cannot open("a") because DUPLICATE_KEY\n  expect 1 == 2\n'
    )
    _, out, _ = servanda("test", "bank.test.contract")
    assert '    2  East cannot open("a")  ✔ refused with DUPLICATE_KEY, as expected\n' in out
    steps = json.loads(servanda("test", "bank.test.contract", "--json")[1])["tests"][0]["failure"]
    told = steps["steps"][-1]
    assert (told["call"], told["outcome"]) == (
        'East cannot open("a")',
        "✔ refused with DUPLICATE_KEY, as expected",
    )
    _, out, _ = servanda("test", "failing.test.contract", "-k", "second account")
    assert '    2  East cannot open("a-2")  ✘ it was done\n' in out
    _, out, _ = servanda("test", "failing.test.contract", "-k", "wrong reason")
    assert "    3  East cannot pay(1)  ✘ TOO_MUCH\n" in out


@pytest.mark.usefixtures("bank")
def test_a_text_that_no_test_has_is_told(servanda: Command) -> None:
    """There are tests; none of them is called so."""
    status, out, _ = servanda("test", "failing.test.contract", "-k", "nothing")
    assert (status, out) == (5, "none of 7 tests has `nothing` in its name\n")
    status, out, _ = servanda("test", "bank.test.contract", "-k", "nothing")
    assert (status, out) == (5, "the only test has not `nothing` in its name\n")


def test_skipped_rows_are_told_at_the_end(bank: Path, servanda: Command) -> None:
    """Whoever reads the last lines alone learns of them, also with `--json`."""
    (bank / "accounts.csv").write_text("number,money\na,500\nb,20.50\nc\nd\n")
    for words in ((), ("--json",)):
        _, _, err = servanda("run", "day.script", *words)
        last = err.splitlines()[-1]
        assert last == "warning: 2 malformed rows were skipped; `--strict` stops at the first"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("NO_AMOUNT", "`NO_AMOUNT` is no code of the language: contracts have codes of their own"),
        ("NO_AMOUNT", "help: look for `else NO_AMOUNT` or `refuse NO_AMOUNT` in the contract"),
        ("Orders.FROZEN", "help: look for `else FROZEN`"),
        ("INSUFICIENT", "help: did you mean `INSUFFICIENT`?"),
        ("E030x", "unknown code `E030x`"),
    ],
)
def test_explain_says_what_a_code_is(servanda: Command, code: str, told: str) -> None:
    """A code of a contract stands in the contract."""
    status, _, err = servanda("explain", code)
    assert status == 2
    assert told in err


def test_explain_takes_a_number(servanda: Command) -> None:
    """A bare number is that of an error, or else of a warning."""
    assert servanda("explain", "303") == servanda("explain", "E0303")
    assert servanda("explain", "0303") == servanda("explain", "E0303")
    assert servanda("explain", "201")[0] == 0


@pytest.mark.parametrize(
    ("words", "meant"),
    [("chekc x", "check"), ("chain inti", "init"), ("check --format jsn x", "json")],
)
def test_a_wrong_word_is_answered_with_the_nearest(
    servanda: Command, words: str, meant: str
) -> None:
    """Commands and choices are suggested as names of a contract are."""
    status, _, err = servanda(*words.split())
    assert status == 2
    assert err.endswith(f"help: did you mean `{meant}`?\n")
    assert "did you mean" not in servanda("frobnicate")[2]
