"""`why` tells the turns of a loop one below the other, however many there are."""

from pathlib import Path

import pytest

from servanda.command_line import main

CONTRACT = """contract Tallies version 1

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

TEST = """use Tallies

test "adds"
  at 2026-01-05T09:00Z
  let bank = Bank("ICBC")
  bank does add(3)
  bank does add(3_000)
"""


def told(call: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what `why` prints of a call."""
    (folder / "tallies.contract").write_text(CONTRACT)
    test = folder / "tallies.test.contract"
    test.write_text(TEST)
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
