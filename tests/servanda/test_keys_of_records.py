"""A party names a record by its key, also inside a list, a set or where it may be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.command_line import main

CONTRACT = """\
contract Kl version 1

role Bank

record R[number: Text]
  n: Int = 0

record S[id: Serial]
  r: R

action make(number: Text): S
  by Bank
  let r = create R(number: number)
  give create S(r: r)

action loopy(rs: List of R, ss: Set of S, r: R?)
  by Bank
  for r2 in rs
    r2.n = r2.n + 1
  require r is missing or rs != [] else NONE "one at least"
  for s in ss
    s.r.n = s.r.n + 10
"""

TEST = """\
use Kl

test "keys in lists"
  let icbc = Bank("ICBC")
  icbc does make("1")
  icbc does make("2")
  icbc does loopy(["2", "1"], [1, 2], missing)
  icbc does loopy([R["2"]], [], "1")
  icbc cannot loopy(["3"], [], "1") because MISSING_RECORD
  icbc cannot loopy([], [7], missing) because MISSING_RECORD
  icbc cannot loopy([], [1], "8") because MISSING_RECORD
  icbc cannot loopy([], [], "1") because NONE
  expect R["2"].n == 12
"""


def test_keys_stand_for_records_at_any_depth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys that nothing has are refused as they are alone."""
    (tmp_path / "kl.contract").write_text(CONTRACT)
    (tmp_path / "kl.test.contract").write_text(TEST)
    status = main(["test", str(tmp_path / "kl.test.contract")])
    assert status == 0, capsys.readouterr().out
