"""Steps on a machine: the clock stops at every due moment, and steps see what they must."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
Golden = Callable[[str, str], None]

TICKING = """\
contract Ticking version 1

role Keeper

lifecycle Run
  Going -> Over
  Over

record Watch[number: Int]
  ticks: Int = 0
  is_late: Bool = false
  run: Run

action start(number: Int): Watch
  by Keeper
  give create Watch(number: number)

action stop(watch: Watch in Going)
  by Keeper
  watch.run becomes Over

every 2 days for watch: Watch in Going
  "Each tick sees its own moment as the block's time."
  watch.ticks = watch.ticks + 1
  if now != due
    watch.is_late = true
"""


def run(folder: Path, servanda: Command, steps: str) -> tuple[int, dict[str, object], str]:
    """Run steps against the ticking contract."""
    (folder / "ticking.contract").write_text(TICKING)
    (folder / "steps.script").write_text("use Ticking\n" + steps)
    status, out, err = servanda("run", "steps.script", "--json")
    return status, json.loads(out) if out else {}, err


def values(document: dict[str, object]) -> list[str]:
    """Return what was shown."""
    shown = document["shown"]
    assert isinstance(shown, list)
    return [one["value"] for one in shown]


def test_a_long_wait_stops_at_every_due_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command
) -> None:
    """In 1,001 days a timer of every second day fires 500 times, each at its own moment."""
    monkeypatch.chdir(tmp_path)
    steps = """
at 2026-01-01T00:00Z
let keeper = Keeper("Keeper")
keeper does start(1)
wait 1001 days
show Watch[1].ticks
show Watch[1].is_late
show now
"""
    status, document, err = run(tmp_path, servanda, steps)
    assert status == 0, err
    assert values(document) == ["500", "false", "2028-09-28T00:00Z"]
    assert document["timers"] == [
        {"timer": "every 2 days for watch: Watch in Going", "fired": 500, "faulted": {}}
    ]


def test_what_is_due_at_a_time_has_happened_when_the_step_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command
) -> None:
    """`at` the very moment: the timer fires first; the same `at` again changes nothing."""
    monkeypatch.chdir(tmp_path)
    steps = """
at 2026-01-01T00:00Z
let keeper = Keeper("Keeper")
keeper does start(1)
at 2026-01-02T23:59:59Z
show Watch[1].ticks
at 2026-01-03T00:00Z
show Watch[1].ticks
at 2026-01-03T00:00Z
show Watch[1].ticks
wait 1 month
show now
"""
    status, document, err = run(tmp_path, servanda, steps)
    assert status == 0, err
    assert values(document) == ["0", "1", "1", "2026-02-03T00:00Z"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("at 2025-12-31T00:00Z", "time does not go back"),
        ("wait 0 days - 1 day", "nobody can wait for less than no time"),
        ("wait 3_000_000 days", "not between 0001-01-01 and 9999-12-31"),
    ],
)
def test_a_clock_that_cannot_move_so_is_a_failed_step(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    servanda: Command,
    step: str,
    message: str,
) -> None:
    """Exit 1 and a message about time."""
    monkeypatch.chdir(tmp_path)
    status, _, err = run(tmp_path, servanda, f"at 2026-01-01T00:00Z\n{step}\n")
    assert (status, message in err) == (1, True), err


def test_every_test_has_a_chain_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command
) -> None:
    """What one test did, no other sees, in whatever order they run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ticking.contract").write_text(TICKING)
    body = """\
  let keeper = Keeper("Keeper")
  keeper does start(1)
  expect count(w for w in Watch) == 1
"""
    (tmp_path / "ticking.test.contract").write_text(
        f'use Ticking\n\ntest "one"\n{body}\ntest "two"\n{body}'
    )
    assert servanda("test")[0] == 0


FAULTING = """\
contract Faulting version 1

role Keeper

record Watch[number: Int]
  ticks: Int in 0..1 = 0
  rounds: Int = 0

action start(number: Int): Watch
  by Keeper
  give create Watch(number: number)

every 2 days for watch: Watch
  watch.rounds = watch.rounds + 1

every 3 days for watch: Watch
  watch.ticks = watch.ticks + 1
"""

FAULTING_STEPS = """\
at 2026-01-01T00:00Z
let keeper = Keeper("Keeper")
keeper does start(1)
wait 7 days
"""


def test_a_failed_test_tells_of_timers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command, golden: Golden
) -> None:
    """Waits, timers that fired and timers that faulted stand among the steps before it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faulting.contract").write_text(FAULTING)
    steps = "".join(f"  {line}\n" for line in FAULTING_STEPS.splitlines())
    (tmp_path / "faulting.test.contract").write_text(
        f'use Faulting\n\ntest "ticks"\n{steps}  expect Watch[1].ticks == 2\n'
    )
    status, out, _ = servanda("test")
    assert status == 1
    golden("test_timer_faults", re.sub(r"\d+\.\d+ (m?s)\b", r"N \1", out))
    steps_found = json.loads(servanda("test", "--json")[1])["tests"][0]["failure"]["steps"]
    assert {tuple(one)[1] for one in steps_found} == {"clock", "call", "timer"}


def test_a_run_names_the_first_timer_that_faulted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command
) -> None:
    """Its code, message and place below the table; the contract did not do what it says: exit 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faulting.contract").write_text(FAULTING)
    (tmp_path / "steps.script").write_text(f"use Faulting\n{FAULTING_STEPS}")
    status, out, err = servanda("run", "steps.script", "--dump", "dump")
    assert status == 1
    assert err == "error: 1 timer did not do what it says, though every step was done\n"
    assert (tmp_path / "dump").is_dir()
    told = next(line for line in out.splitlines() if "times: first" in line)
    assert told.startswith(
        "1 timer faulted 2 times: first OVERFLOW at 2026-01-07T00:00Z in faulting."
    )
    first = json.loads(servanda("run", "steps.script", "--json")[1])["first_timer_fault"]
    assert (first["code"], first["line"]) == ("OVERFLOW", 17)


def test_a_test_shows_its_timer_faults_and_may_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command
) -> None:
    """What happens at a fault can be tested, so it fails nothing by itself; it is never hidden."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faulting.contract").write_text(FAULTING)
    steps = "".join(f"  {line}\n" for line in FAULTING_STEPS.splitlines())
    (tmp_path / "faulting.test.contract").write_text(
        f'use Faulting\n\ntest "ticks"\n{steps}  expect Watch[1].ticks == 1\n'
    )
    status, out, _ = servanda("test")
    assert status == 0
    assert "      1 timer faulted 2 times: first OVERFLOW at 2026-01-07T00:00Z in faulting." in out
    (told,) = json.loads(servanda("test", "--json")[1])["tests"]
    assert (told["outcome"], told["timer_fault_count"]) == ("passed", 2)
    assert told["first_timer_fault"]["code"] == "OVERFLOW"


def test_timers_do_not_push_out_the_steps_that_led_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servanda: Command
) -> None:
    """What fires a hundred times in a wait is one line with its count."""
    monkeypatch.chdir(tmp_path)
    status, _, err = run(
        tmp_path,
        servanda,
        """
at 2026-01-01T00:00Z
let keeper = Keeper("Keeper")
keeper does start(1)
wait 200 days
keeper does start(1)
""",
    )
    assert status == 1
    assert "timer 1: every 2 days for watch: Watch in Going  ✔, 100 times" in err
    assert "Keeper does start(1)  ✔ Watch[1]" in err
    assert "  2  Keeper does start(1)  ✘ DUPLICATE_KEY" in err
