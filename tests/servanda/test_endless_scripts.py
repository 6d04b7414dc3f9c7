"""Scripts end: what one works out, and how far it moves the clock, has a limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

CONTRACT = """\
contract Ticks version 1

role Bank

record Clock[id: Serial]
  count: Int = 0

action wind()
  by Bank
  create Clock()

every day at 02:00 for clock: Clock
  clock.count = clock.count + 1
"""

START = 'use Ticks\n\nat 2026-01-05T09:00Z\nlet bank = Bank("ICBC")\nbank does wind()\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with the contract, and with limits that are met soon."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("servanda.interpreter.execute.script.SCRIPT_STEPS_MAX", 100_000)
    monkeypatch.setattr("servanda.script_run.TIMERS_OF_A_STEP_MAX", 1_000)
    (tmp_path / "ticks.contract").write_text(CONTRACT)
    return tmp_path


@pytest.mark.parametrize(
    "bomb",
    [
        "show sum(sum(sum(k for k in 1..1_000) for j in 1..1_000) for i in 1..1_000)",
        "expect sum(sum(k for k in 1..1_000) for j in 1..1_000) == 0",
        "let total = sum(sum(k for k in 1..1_000) for j in 1..1_000)\nshow total",
    ],
)
def test_what_a_script_works_out_has_a_limit(folder: Path, servanda: Command, bomb: str) -> None:
    """It is told where; the default is a thousand million steps."""
    (folder / "day.script").write_text(START + bomb + "\n")
    status, out, err = servanda("run", "day.script")
    assert status != 0
    assert "COST_LIMIT" in out + err
    assert "day.script:6" in out + err


@pytest.mark.parametrize("step", ["at 9999-01-01T00:00Z", "wait 90_000 months"])
def test_a_clock_moves_so_far_and_no_further(folder: Path, servanda: Command, step: str) -> None:
    """Ages of daily timers are not run in one step; a year of them is."""
    (folder / "day.script").write_text(START + "wait 365 days\n" + step + "\n")
    status, out, err = servanda("run", "day.script")
    assert status != 0
    assert "more than 1_000 timers ran" in out + err
    (folder / "day.script").write_text(START + "wait 365 days\nshow Clock[1].count\n")
    status, out, _ = servanda("run", "day.script")
    assert (status, "365" in out) == (0, True)
