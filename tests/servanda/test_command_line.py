"""The command line: what each subcommand exits with and prints, as a new user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from servanda import command_line
from servanda.interpreter.refusals import Code

Command = Callable[..., tuple[int, str, str]]
Golden = Callable[[str, str], None]

ROOT = Path(__file__).resolve().parents[2]
DESIGN = ROOT.parent / "shared" / "design" / "language.md"


def without_times(text: str) -> str:
    """Return a text in which no duration differs from run to run."""
    return re.sub(r"\d+\.\d+ (m?s)\b", r"N \1", text)


def test_version_and_help(servanda: Command) -> None:
    """`--version` names the version, `--help` shows examples, and no word at all is exit 2."""
    status, out, _ = servanda("--version")
    assert (status, bool(re.match(r"servanda \d+\.\d+", out))) == (0, True)
    status, out, _ = servanda("--help")
    assert (status, "examples:" in out) == (0, True)
    assert servanda()[0] == 2


@pytest.mark.parametrize("command", ["check", "test", "run", "fmt", "explain", "why"])
def test_every_subcommand_has_help_with_examples(command: str, servanda: Command) -> None:
    """Nobody needs to leave the terminal to learn a command."""
    status, out, _ = servanda(command, "--help")
    assert status == 0
    assert f"servanda {command}" in out.split("examples:")[1]


def test_unknown_words_exit_with_2(servanda: Command) -> None:
    """What the command line does not know is unusable input."""
    assert servanda("chek")[0] == 2
    assert servanda("check")[0] == 2
    assert servanda("run", "day.script", "--nonsense")[0] == 2


# ── check ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("bank")
def test_check_counts_what_stands_in_a_contract(servanda: Command) -> None:
    """One line for a good file, and every place where money begins or ends."""
    status, out, _ = servanda("check", "bank.contract")
    assert status == 0
    assert out.splitlines() == [
        "✔ bank.contract  5 actions · 0 tables complete · 0 invariants · 0 stuck states",
        "    issues CNY in line 22: deposit by Treasury",
        "    retires CNY in line 36: withdraw by account.holder and Treasury",
    ]


@pytest.mark.usefixtures("bank")
def test_check_searches_folders(servanda: Command) -> None:
    """A folder stands for all its contracts, tests and scripts, whatever else lies in it."""
    status, out, _ = servanda("check", ".")
    assert status == 0
    found = [line.split()[1] for line in out.splitlines() if line.startswith("✔")]
    assert found == ["bank.contract", "bank.test.contract", "day.script", "failing.test.contract"]


def test_check_exits_with_1_for_a_wrong_contract(
    bank: Path, servanda: Command, golden: Golden
) -> None:
    """Every mistake is shown where it is, with one help each."""
    text = (bank / "bank.contract").read_text()
    text = text.replace("holder: Branch\n", "holder: Brnch\n").replace("amount >", "amont >")
    (bank / "bank.contract").write_text(text)
    status, out, _ = servanda("check", "bank.contract", "bank.test.contract")
    assert status == 1
    golden("check_wrong_contract", out)


def test_check_json_has_the_documented_shape(bank: Path, servanda: Command) -> None:
    """Programs get the same facts as people."""
    (bank / "bank.contract").write_text((bank / "bank.contract").read_text() + "\nrole Branch\n")
    status, out, _ = servanda("check", "--format", "json", "bank.contract")
    document = json.loads(out)
    assert status == 1
    assert document["ok"] is False
    assert document["left_out"] == 0
    assert document["files"] == [{"file": "bank.contract", "kind": "contract", "ok": False}]
    (diagnostic,) = document["diagnostics"]
    assert diagnostic["code"] == "E0250"
    assert diagnostic["severity"] == "error"
    assert (diagnostic["file"], diagnostic["line"], diagnostic["column"]) == (
        "bank.contract",
        51,
        6,
    )
    assert diagnostic["end"] == {"line": 51, "column": 12}
    assert [one["line"] for one in diagnostic["labels"]] == [3]
    assert diagnostic["message"]
    assert diagnostic["help"]


@pytest.mark.usefixtures("bank")
def test_check_json_of_a_good_contract_counts_too(servanda: Command) -> None:
    """Counts and places of money are there for programs as well."""
    _, out, _ = servanda("check", "--format", "json", "bank.contract")
    (file,) = json.loads(out)["files"]
    assert file["counts"]["actions"] == 5
    assert [one["verb"] for one in file["money"]] == ["issues", "retires"]
    assert file["money"][0]["reached_by"] == ["deposit by Treasury"]


@pytest.mark.usefixtures("bank")
def test_check_json_is_spelled_as_elsewhere(servanda: Command) -> None:
    """`--json` is `--format json`."""
    long = servanda("check", "--format", "json", "bank.contract")
    assert servanda("check", "--json", "bank.contract") == long


# ── test ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("bank")
def test_test_passes(servanda: Command) -> None:
    """Names, times and counts; exit 0."""
    status, out, _ = servanda("test", "bank.test.contract")
    assert status == 0
    assert without_times(out).splitlines() == [
        "bank.test.contract",
        "  ✔ an order is paid  N ms, 5 calls",
        "1 passed in N s",
    ]


@pytest.mark.usefixtures("bank")
def test_test_tells_of_failures(servanda: Command, golden: Golden) -> None:
    """Each failure shows the steps, the clause, the values seen and how to run it again."""
    status, out, _ = servanda("test")
    assert status == 1
    golden("test_failures", without_times(out))


@pytest.mark.usefixtures("bank")
def test_the_rerun_command_runs_just_that_test(servanda: Command) -> None:
    """What is printed can be typed."""
    _, out, _ = servanda("test")
    reruns = [line for line in out.splitlines() if line.startswith("rerun: ")]
    assert len(reruns) == 6
    found = re.fullmatch(r'rerun: servanda test (\S+) -k "(.*)"', reruns[0])
    assert found is not None
    file, name = found.groups()
    status, out, _ = servanda("test", file, "-k", name)
    assert status == 1
    assert out.splitlines()[-1].startswith("0 passed, 1 failed")


def test_test_chooses_stops_and_finds_none(bank: Path, servanda: Command) -> None:
    """`-k` chooses in any case of letters, `-x` stops at the first failure, none is exit 5."""
    status, out, _ = servanda("test", "-k", "IS WELL")
    assert (status, out.splitlines()[1].split("  ")[1]) == (0, "✔ this one is well")
    status, out, _ = servanda("test", "-x")
    assert (status, out.splitlines()[-1].startswith("1 passed, 1 failed")) == (1, True)
    assert servanda("test", "-k", "no such test")[0] == 5
    (bank / "empty").mkdir()
    assert servanda("test", "empty")[0] == 5


def test_test_tells_wrong_files_from_unusable_ones(bank: Path, servanda: Command) -> None:
    """A test file that is wrong is a no, one that is missing was not tried."""
    (bank / "bank.test.contract").write_text('use Bank\n\ntest "x"\n  nobody does open()\n')
    status, out, _ = servanda("test", "bank.test.contract")
    assert (status, "1 file has errors" in out) == (1, True)
    status, out, _ = servanda("test", "missing.test.contract")
    assert (status, "E0010" in out) == (2, True)


@pytest.mark.usefixtures("bank")
def test_test_json(servanda: Command) -> None:
    """One document with the outcome of every test and the steps of those that failed."""
    status, out, _ = servanda("test", "--json")
    document = json.loads(out)
    assert status == 1
    assert (document["passed"], document["failed"]) == (2, 6)
    failed = next(one for one in document["tests"] if one["name"].startswith("money stays"))
    assert failed["outcome"] == "failed"
    assert failed["failure"]["steps"][-1]["outcome"] == "✔"
    assert failed["failure"]["seen"][0] == {"expression": "order.progress", "value": "Paid"}


SHOWING = """\
use Bank

test "it shows what it sees"
  let east = Branch("East")
  east does open("a")
  show Account["a"].balance
  show count(o for o in Opened)
"""


def test_test_prints_what_show_printed(bank: Path, servanda: Command) -> None:
    """Below the line of the test, whether it passes or not; and in the JSON."""
    (bank / "bank.test.contract").write_text(SHOWING)
    _, out, _ = servanda("test", "bank.test.contract")
    assert out.splitlines()[2:4] == [
        '      Account["a"].balance  0.00 CNY',
        "      count(o for o in Opened)  1",
    ]
    _, out, _ = servanda("test", "bank.test.contract", "--json")
    (test,) = json.loads(out)["tests"]
    assert test["shown"][1] == {"expression": "count(o for o in Opened)", "value": "1"}


def test_test_says_that_a_contract_is_none(bank: Path, servanda: Command) -> None:
    """One line that names the file that is meant; the same for a script."""
    status, out, err = servanda("test", "bank.contract")
    assert (status, out) == (2, "")
    assert err == ("error: `bank.contract` is a contract: its tests are in `bank.test.contract`\n")
    (bank / "bank.test.contract").unlink()
    assert "its tests would stand in `bank.test.contract`" in servanda("test", "bank.contract")[2]
    status, _, err = servanda("test", "day.script")
    assert (status, err) == (2, "error: `day.script` is a script: use `servanda run`\n")


def test_test_junit(bank: Path, servanda: Command) -> None:
    """Build servers get a suite for each file and the text of each failure."""
    assert servanda("test", "--junit", "report.xml")[0] == 1
    root = ElementTree.parse(bank / "report.xml").getroot()  # noqa: S314 -- our own file
    counts = {one.get("name"): (one.get("tests"), one.get("failures")) for one in root}
    assert counts == {"bank.test.contract": ("1", "0"), "failing.test.contract": ("7", "6")}
    failure = root.find(".//failure")
    assert failure is not None
    assert "steps before it" in (failure.text or "")
    assert servanda("test", "--junit", "no/such/folder/report.xml")[0] == 2


# ── run ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("bank")
def test_run_ends_with_its_tables(servanda: Command, golden: Golden) -> None:
    """Done and refused per action, timers, rows, then what `show` printed."""
    status, out, err = servanda("run", "day.script")
    assert status == 0
    golden("run_table", out + "--- standard error ---\n" + err)


@pytest.mark.usefixtures("bank")
def test_run_json_has_the_same_facts(servanda: Command) -> None:
    """One JSON document on standard output."""
    status, out, _ = servanda("run", "day.script", "--json")
    document = json.loads(out)
    assert (status, document["ok"], document["failure"]) == (0, True, None)
    asked = next(one for one in document["actions"] if one["action"] == "ask")
    assert (asked["done"], asked["refused"]) == (4, {"MISSING_RECORD": 1})
    assert document["timers"] == [
        {"timer": "when order: Order has been Asked for 2 days", "fired": 3, "faulted": {}}
    ]
    assert document["rows"] == {"accounts.csv": 3, "orders.csv": 5}
    assert [one["value"] for one in document["shown"]] == ["1", "520.50 CNY", "3"]


def test_run_stops_at_a_failed_step(bank: Path, servanda: Command, golden: Golden) -> None:
    """Outside a feed a refusal ends the script, and the clause that said no is shown."""
    (bank / "day.script").write_text(
        'use Bank\nlet east = Branch("East")\neast does open("a")\neast does open("a")\n'
    )
    status, out, err = servanda("run", "day.script")
    assert status == 1
    golden("run_failed_step", out + "--- standard error ---\n" + err)


def test_run_tells_of_what_is_no_script(bank: Path, servanda: Command) -> None:
    """Wrong sources, tests, contracts and folders are unusable input."""
    (bank / "wrong.script").write_text("use Bank\nnobody does open()\n")
    (bank / "idle.script").write_text("use Bank\n")
    for path in ("wrong.script", "idle.script", "bank.contract", "bank.test.contract", ".", "no"):
        status, out, err = servanda("run", path)
        assert (status, out) == (1 if path == "wrong.script" else 2, "")
        assert "error" in err


# ── fmt, explain ──────────────────────────────────────────────────────────────────────────────


def test_fmt_writes_one_style_once(bank: Path, servanda: Command) -> None:
    """A second run changes nothing, and `--check` only looks."""
    path = bank / "bank.contract"
    path.write_text(path.read_text().replace("role Treasury, Branch", "role   Treasury,Branch"))
    path.chmod(0o640)
    before = path.read_text()
    assert servanda("fmt", "--check", "bank.contract")[0] == 1
    assert path.read_text() == before
    assert servanda("fmt", "bank.contract")[0] == 0
    assert "role Treasury, Branch\n" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640
    assert servanda("fmt", "--check", "bank.contract") == (0, "", "")


@pytest.mark.skipif(not DESIGN.exists(), reason="the design pages lie outside the project")
def test_fmt_leaves_the_samples_of_the_design_as_they_are(bank: Path, servanda: Command) -> None:
    """Lines of up to 120 columns stay whole: the samples have some of 114."""
    samples = re.findall(r"^```\n(.*?)^```$", DESIGN.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert max(len(line) for line in "".join(samples).split("\n")) > 100
    for number, sample in enumerate(samples):
        path = bank / f"sample{number}.script"
        path.write_text(sample, encoding="utf-8")
        assert servanda("fmt", "--check", path.name) == (0, "", "")


def test_fmt_leaves_a_broken_file_alone(bank: Path, servanda: Command) -> None:
    """What cannot be read cannot be formatted."""
    path = bank / "bank.contract"
    path.write_text("contract Bank version\n")
    assert servanda("fmt", "bank.contract")[0] == 1
    assert path.read_text() == "contract Bank version\n"


def test_fmt_reads_standard_input() -> None:
    """`servanda fmt -` is a filter."""
    command = [sys.executable, "-m", "servanda", "fmt", "-"]
    text = b"contract Bank version 1\n\nrole A,B\n"
    done = subprocess.run(command, input=text, capture_output=True, check=True)
    assert done.stdout == b"contract Bank version 1\n\nrole A, B\n"


def test_explain_prints_the_page_of_a_code(servanda: Command) -> None:
    """Codes are read in any case; an unknown one is answered with the nearest."""
    status, out, _ = servanda("explain", "e0010")
    assert (status, "E0010" in out) == (0, True)
    status, _, err = servanda("explain", "E001O")
    assert (status, "did you mean `E001" in err) == (2, True)


def test_explain_completes_a_short_code(servanda: Command) -> None:
    """Nobody counts zeros."""
    assert servanda("explain", "e501") == servanda("explain", "E0501")
    assert servanda("explain", "E99")[0] == 2


@pytest.mark.parametrize("code", list(Code))
def test_explain_knows_the_refusals_of_the_language(code: Code, servanda: Command) -> None:
    """Every code that a receipt of any contract may have is explained."""
    status, out, _ = servanda("explain", code.lower())
    assert status == 0
    assert out.startswith(f"{code}: ")


def test_explain_marks_samples_on_a_terminal(
    servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fence is not shown there, so words say which sample is wrong; a pipe gets the page."""
    assert "wrong:" not in servanda("explain", "E0501")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    _, out, _ = servanda("explain", "E0501")
    assert out.index("✘ wrong:") < out.index("51..100") < out.index("✔ right:")


# ── our own mistakes ──────────────────────────────────────────────────────────────────────────


def test_an_assertion_is_loud_and_owned_up_to(
    servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When we are wrong the user learns that it is us, and gets what to report."""

    def fail(*_: object) -> int:
        raise AssertionError("we are wrong")

    monkeypatch.setattr(command_line, "_run", fail)
    status, _, err = servanda("check", "x")
    assert status == 70
    assert "a mistake in Servanda itself" in err
    assert "we are wrong" in err


def test_an_interrupt_is_130(servanda: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends quietly."""

    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "_run", stop)
    assert servanda("check", "x")[::2] == (130, "\nstopped\n")
