"""`run --chain` and `test --chain`: the same scripts on a stored chain, whatever interrupts."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import branch_bank
import pytest
from stored_chain import make_chain, work_on_copy

from servanda.on_chain import run_blocks

Run = Callable[..., tuple[int, str, str]]
Document = dict[str, Any]

DAY = branch_bank.DAY.replace("2026", "2020")
ORDERS = branch_bank.ORDERS.replace("2026", "2020")
START = "2020-01-01T00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain that began in the past, a script, and its data."""
    folder = tmp_path_factory.mktemp("made")
    members = [("Treasury", "Treasury"), ("East", "Branch")]
    make_chain(folder, branch_bank.BANK, members, time=START)
    (folder / "bank.contract").write_text(branch_bank.BANK, encoding="utf-8")
    (folder / "day.script").write_text(DAY, encoding="utf-8")
    (folder / "accounts.csv").write_text(branch_bank.ACCOUNTS, encoding="utf-8")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of one's own with all of it, to work in."""
    return work_on_copy(made, tmp_path, monkeypatch)


def height(servanda: Run) -> int:
    """Return the height of the chain."""
    found: int = json.loads(servanda("chain", "blocks", "bank", "--json")[1])[-1]["height"]
    return found


def balances(servanda: Run) -> list[Document]:
    """Return the accounts on the chain."""
    found: list[Document] = json.loads(servanda("chain", "show", "bank", "Account", "--json")[1])
    return found


@pytest.mark.usefixtures("folder")
def test_a_script_tells_the_same_story(servanda: Run) -> None:
    """The report is that of a fresh chain; what was done stands in blocks that an audit accepts."""
    fresh = json.loads(servanda("run", "day.script", "--json")[1])
    before = height(servanda)
    status, out, err = servanda("run", "day.script", "--chain", "bank", "--json", "--dump", "dump")
    assert status == 0, err
    assert json.loads(out) == fresh
    assert height(servanda) == before + 8
    blocks = json.loads(servanda("chain", "blocks", "bank", "--json")[1])
    assert [one["time"] for one in blocks][before:][:3] == [
        "2020-01-05T00:00Z",
        "2020-01-06T09:00Z",
        "2020-01-06T10:00Z",
    ]
    assert servanda("chain", "audit", "bank")[0] == 0
    assert not Path("bank/run.json").exists()
    account = json.loads(Path("dump/Account.jsonl").read_text().splitlines()[0])
    assert account == balances(servanda)[0]


def test_the_contracts_are_those_of_the_chain(folder: Path, servanda: Run) -> None:
    """No file beside the script is needed; a contract that does not run there is told of."""
    (folder / "bank.contract").unlink()
    assert servanda("run", "day.script", "--chain", "bank")[0] == 0
    (folder / "other.script").write_text('use Bnk\nlet a = Branch("East")\n')
    status, _, err = servanda("run", "other.script", "--chain", "bank")
    assert (status, "no contract of this name runs on the chain" in err) == (1, True), err
    assert "did you mean `Bank`" in err


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ('let a = Branch("West")\n', "`West` is no Branch on this chain"),
        ('let a = Branch("Treasury")\n', "`Treasury` is no Branch on this chain"),
        ("at 2019-01-05T00:00Z\n", "time does not go back"),
        ("at 9999-01-05T00:00Z\n", "has not come yet"),
        ("wait 1_000 * 365 days\n", "has not come yet"),
        ('let a = Branch("East")\na does open("x")\nexpect 1 > 2\n', "the expectation is not met"),
    ],
)
def test_what_cannot_be_is_told(folder: Path, servanda: Run, script: str, told: str) -> None:
    """With the step that it was; a chain is neither ahead of the clock nor does it go back."""
    (folder / "s.script").write_text("use Bank\n" + script)
    status, _, err = servanda("run", "s.script", "--chain", "bank")
    assert status in {1, 2}
    assert told in err
    assert "Traceback" not in err


def test_a_key_that_is_not_here_is_told(folder: Path, servanda: Run) -> None:
    """Before anybody has done anything."""
    shutil.move(folder / "bank" / "keys" / "East.key", folder / "East.key")
    status, _, err = servanda("run", "day.script", "--chain", "bank")
    assert (status, "put the key of East there" in err) == (2, True), err
    assert balances(servanda) == []
    status, _, err = servanda("run", "day.script", "--chain", "bank", "--json", "--keys", "nowhere")
    assert status == 2


def test_a_step_that_fails_leaves_what_was_done(folder: Path, servanda: Run) -> None:
    """Once it is put right the same command goes on behind it, and does nothing twice."""
    day = DAY.replace("show sum", "expect 1 > 2\nshow sum")
    (folder / "day.script").write_text(day, encoding="utf-8")
    status, _, err = servanda("run", "day.script", "--chain", "bank")
    assert (status, "the same command goes on" in err) == (1, True), err
    stopped = height(servanda)
    (folder / "other.script").write_text('use Bank\nlet a = Branch("East")\n')
    status, _, err = servanda("run", "other.script", "--chain", "bank")
    assert (status, "a run of `day.script`" in err) == (2, True), err
    (folder / "day.script").write_text(DAY, encoding="utf-8")
    status, out, err = servanda("run", "day.script", "--chain", "bank")
    assert (status, "520.50 CNY" in out) == (0, True), err
    assert height(servanda) > stopped
    assert [one["balance"]["amount"] for one in balances(servanda)] == ["400.00", "120.50", "0.00"]
    assert servanda("chain", "audit", "bank")[0] == 0


def test_a_refused_step_may_be_mended(folder: Path, servanda: Run) -> None:
    """What came to nothing is passed over; what was done and is not asked for any more is told."""
    good = 'use Bank\nat 2020-01-05T00:00Z\nlet a = Branch("East")\na does open("1")\n'
    (folder / "s.script").write_text(good + 'a does ask("1", "2", 5 CNY)\n')
    assert servanda("run", "s.script", "--chain", "bank")[0] == 1
    (folder / "s.script").write_text(good.replace('"1"', '"other"'))
    status, _, err = servanda("run", "s.script", "--chain", "bank")
    assert (status, "call 1 is another one than in block" in err) == (2, True), err
    (folder / "s.script").write_text(good + 'a does ask("1", "1", 5 CNY)\n')
    status, _, err = servanda("run", "s.script", "--chain", "bank")
    assert status == 0, err
    assert json.loads(servanda("chain", "show", "bank", "Order", "--json")[1])[0]["id"] == 1


def test_a_run_begins_anew(folder: Path, servanda: Run) -> None:
    """When that is asked for, everything is done once more."""
    script = 'use Bank\nlet a = Branch("East")\na does open("NUMBER")\nexpect 1 > 2\n'
    (folder / "s.script").write_text(script.replace("NUMBER", "1"))
    assert servanda("run", "s.script", "--chain", "bank")[0] == 1
    (folder / "s.script").write_text(script.replace("NUMBER", "2").replace("expect 1 > 2\n", ""))
    assert servanda("run", "s.script", "--chain", "bank")[0] == 2
    assert servanda("run", "s.script", "--chain", "bank", "--anew")[0] == 0
    assert [one["number"] for one in balances(servanda)] == ["1", "2"]
    (folder / "bank" / "run.json").write_text("{")
    status, _, err = servanda("run", "s.script", "--chain", "bank")
    assert (status, "`--anew`" in err) == (2, True), err


def test_others_may_act_in_between(folder: Path, servanda: Run) -> None:
    """Their blocks are passed over when a run goes on."""
    steps = 'use Bank\nlet a = Branch("East")\na does open("1")\nEXPECT\na does open("2")\n'
    (folder / "s.script").write_text(steps.replace("EXPECT", "expect 1 > 2"))
    assert servanda("run", "s.script", "--chain", "bank")[0] == 1
    assert servanda("chain", "call", "bank", 'East does open("3")')[0] == 0
    (folder / "s.script").write_text(steps.replace("EXPECT\n", ""))
    status, _, err = servanda("run", "s.script", "--chain", "bank")
    assert status == 0, err
    assert [one["number"] for one in balances(servanda)] == ["1", "2", "3"]
    assert servanda("chain", "audit", "bank")[0] == 0


@pytest.mark.usefixtures("folder")
def test_a_chain_that_was_idle_for_years_goes_on(servanda: Run) -> None:
    """A transaction lives from the block that takes it, and not from the last one."""
    status, out, err = servanda("chain", "call", "bank", 'East does open("1")')
    assert (status, err) == (0, ""), out


def test_a_time_that_others_have_passed_is_told(folder: Path, servanda: Run) -> None:
    """A script that says when its steps are cannot go on behind a later block."""
    steps = 'use Bank\nat 2020-02-01T00:00Z\nlet a = Branch("East")\na does open("1")\nEXPECT\n'
    steps += 'at 2020-02-02T00:00Z\na does open("2")\n'
    (folder / "s.script").write_text(steps.replace("EXPECT", "expect 1 > 2"))
    assert servanda("run", "s.script", "--chain", "bank")[0] == 1
    assert servanda("chain", "call", "bank", 'East does open("3")')[0] == 0
    (folder / "s.script").write_text(steps.replace("EXPECT\n", ""))
    status, _, err = servanda("run", "s.script", "--chain", "bank")
    assert (status, "others have made a block" in err) == (2, True), err
    assert [one["number"] for one in balances(servanda)] == ["1", "3"]


@pytest.mark.usefixtures("folder")
def test_a_full_block_is_followed_by_another(
    servanda: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happens at one time may need several blocks; the report is the same."""
    fresh = json.loads(servanda("run", "day.script", "--json")[1])
    monkeypatch.setattr(run_blocks, "BLOCK_COUNT_MAX", 2)
    before = height(servanda)
    status, out, err = servanda("run", "day.script", "--chain", "bank", "--json")
    assert status == 0, err
    assert {**json.loads(out), "time": ""} == {**fresh, "time": ""}
    assert height(servanda) > before + 10


ROW_COUNT = 150
MANY = """\
use Bank

at 2020-01-05T00:00Z
let treasury = Treasury("Treasury")
let east = Branch("East")
east does open("a")
east does open("b")
treasury does deposit("a", 1_000 CNY)

feed "many.csv" as row at time(row.time)
  let order = east does ask("a", "b", amount(row.money, CNY))
  east does pay(order)

expect Account["b"].balance == 150 CNY
show count(o for o in Order where o.progress is Paid)
"""


def last_block() -> int:
    """Return the height of the chain `bank` as it is on the disk."""
    with closing(sqlite3.connect("file:bank/chain.db?mode=ro", uri=True)) as database:
        found: int = database.execute("SELECT max(height) FROM blocks").fetchone()[0]
    return found


def run_until(height_wanted: int) -> None:
    """Run the script in a process that is killed at a height, wherever it is in its next block."""
    command = [sys.executable, "-m", "servanda", "run", "many.script", "--chain", "bank"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        while last_block() < height_wanted:
            assert process.poll() is None, "it has blocks to make"
            time.sleep(0.003)
        process.send_signal(signal.SIGKILL)


def test_a_killed_run_does_nothing_twice(folder: Path, servanda: Run) -> None:
    """Killed with -9 again and again, and begun again, it comes to what one run comes to."""
    rows = [f"1,2020-01-06T{one // 60:02}:{one % 60:02}Z" for one in range(ROW_COUNT)]
    (folder / "many.csv").write_text("\n".join(["money,time", *rows]) + "\n")
    (folder / "many.script").write_text(MANY)
    shutil.copytree(folder / "bank", folder / "whole")
    assert servanda("run", "many.script", "--chain", "whole")[0] == 0
    chance = random.Random(11)  # noqa: S311 -- when it is killed is no secret
    first = last_block()
    for more in sorted(chance.sample(range(1, ROW_COUNT - 20), 4)):
        run_until(first + more)
    status, out, err = servanda("run", "many.script", "--chain", "bank")
    assert (status, f"{ROW_COUNT} rows" in out) == (0, True), err
    last = [
        json.loads(servanda("chain", "blocks", one, "--json")[1])[-1] for one in ("bank", "whole")
    ]
    # The same transactions to the byte, in the same blocks.
    assert last[0] == last[1]
    assert servanda("chain", "audit", "bank")[0] == 0


TESTS = """\
use Bank

test "on what there is"
  let east = Branch("East")
  let west = Branch("West")
  expect Account["a"].balance == 400 CNY
  west does open("w")
  let order = west does ask("a", "w", 100 CNY)
  east does pay(order)
  expect Account["w"].balance == 100 CNY
  wait 30 days
  expect count(a for a in Account) == 4

test "each on its own copy"
  expect count(a for a in Account) == 3
  expect Account["a"].balance == 401 CNY
"""


def test_tests_run_on_a_copy(folder: Path, servanda: Run) -> None:
    """They see what the chain holds; nothing of what they do is kept."""
    (folder / "state.test.contract").write_text(TESTS)
    assert servanda("run", "day.script", "--chain", "bank")[0] == 0
    before = json.loads(servanda("chain", "blocks", "bank", "--json")[1])
    status, out, err = servanda("test", "state.test.contract", "--chain", "bank", "--json")
    assert status == 1, err
    first, second = json.loads(out)["tests"]
    assert [first["outcome"], second["outcome"]] == ["passed", "failed"], out
    assert second["failure"]["rerun"].endswith("--chain bank")
    assert second["failure"]["seen"][0]["value"] == "400.00 CNY"
    assert json.loads(servanda("chain", "blocks", "bank", "--json")[1]) == before
    assert servanda("chain", "audit", "bank")[0] == 0
    status, _, err = servanda("test", "state.test.contract", "--chain", "nowhere")
    assert (status, "`nowhere" in err) == (2, True), err
