"""The table of exit statuses (docs/decisions/0023-exit-status.md), each cell for every command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from servanda import loading

Command = Callable[..., tuple[int, str, str]]

WRONG = "contract Wrong version 1\n\nrole A\n\nrecord R[k: Text]\n  f: Nonsense\n"
BROKEN = "contract Wrong version\n"


@pytest.fixture
def files(bank: Path) -> Path:
    """Make, beside the bank, sources that are wrong, broken, no text and missing."""
    (bank / "wrong.contract").write_text(WRONG)
    (bank / "broken.contract").write_text(BROKEN)
    (bank / "binary.contract").write_bytes(b"\x7fELF\x00\xff")
    (bank / "wrong.script").write_text("use Wrong\nshow 1\n")
    (bank / "wrong.test.contract").write_text('use Wrong\ntest "t"\n  expect true\n')
    (bank / "binary.script").write_text("use Binary\nshow 1\n")
    (bank / "binary.test.contract").write_text('use Binary\ntest "t"\n  expect true\n')
    for ending in ("script", "test.contract"):
        (bank / f"tabs.{ending}").write_text("use Bank\n\tshow 1\n")
        (bank / f"empty.{ending}").write_text("")
    (bank / "fails.script").write_text("use Bank\nexpect 1 == 2\n")
    (bank / "strict.script").write_text('use Bank\nfeed "bad.csv" as row\n  expect true\n')
    (bank / "bad.csv").write_text("a,b\n1\n")
    (bank / "folder").mkdir()
    return bank


TABLE = [
    # done
    (0, "check bank.contract"),
    (0, "test bank.test.contract"),
    (0, "run day.script"),
    (0, "why day.script"),
    (0, "fmt bank.contract"),
    (0, "explain E0010"),
    (0, "--version"),
    (0, "run --help"),
    # a source, a test or the rules said no
    (1, "check wrong.contract"),
    (1, "check wrong.script"),
    (1, "check wrong.test.contract"),
    (1, "test wrong.test.contract"),
    (1, "run wrong.script"),
    (1, "why wrong.script"),
    (1, "why wrong.test.contract"),
    (1, "fmt broken.contract"),
    (1, "fmt --check day.script failing.test.contract wrong.test.contract"),
    (1, "test failing.test.contract"),
    (1, "run fails.script"),
    # it could not be tried
    *((2, f"{command} no.script") for command in ("check", "run", "why", "fmt", "test")),
    *((2, f"{command} binary.script") for command in ("check", "run", "why")),
    *((2, f"{command} tabs.script") for command in ("check", "run", "why")),
    *((2, f"{command} empty.script") for command in ("check", "run", "why")),
    *((2, f"{one} binary.test.contract") for one in ("check", "test", "why")),
    *((2, f"{one} tabs.test.contract") for one in ("check", "test", "why")),
    *((2, f"{one} empty.test.contract") for one in ("check", "test", "why")),
    (2, "fmt binary.contract"),
    (2, "check folder"),
    (2, "run folder"),
    (2, "run day.script --data folder"),
    (2, "why day.script --data folder"),
    (2, "run strict.script --strict"),
    (2, "run bank.contract"),
    (2, "test day.script"),
    (2, "why bank.contract"),
    (2, "why day.script --call 99"),
    (2, "why day.script --row orders.csv:99"),
    (2, "explain E9999"),
    (2, "run day.script --dump bank.contract"),
    (2, "test --junit no/such/folder/x.xml"),
    *((2, f"{command} --nonsense") for command in ("check", "test", "run", "why", "fmt")),
    (2, ""),
    (2, "nonsense"),
    # 2 goes before 1
    (2, "check wrong.contract binary.contract"),
    (2, "test failing.test.contract binary.test.contract"),
    (2, "fmt broken.contract binary.contract"),
    # no test
    (5, "test folder"),
    (5, "test bank.test.contract -k nothing"),
]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("status", "words"), TABLE, ids=lambda one: str(one) or "nothing")
def test_every_command_follows_the_table(status: int, words: str, servanda: Command) -> None:
    """The same thing has the same status, whichever command meets it."""
    assert servanda(*words.split())[0] == status


def test_a_timer_that_faulted_is_a_no(bank: Path, servanda: Command) -> None:
    """A contract promised what did not come."""
    text = (bank / "bank.contract").read_text()
    text = text.replace("order.progress becomes Lapsed", "move 9 CNY from order.payer.balance to ")
    text = text.rstrip() + "order.payee.balance\n  order.progress becomes Lapsed\n"
    (bank / "bank.contract").write_text(text)
    (bank / "late.script").write_text(
        'use Bank\nat 2026-01-05T00:00Z\nlet e = Branch("E")\ne does open("a")\n'
        'e does ask("a", "a", 1 CNY)\nwait 3 days\n'
    )
    assert servanda("run", "late.script")[0] == 1


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("words", ["run day.script", "why day.script", "test", "check ."])
def test_an_interrupt_is_130(
    words: str, servanda: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, wherever it comes."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "read_source", stop)
    assert servanda(*words.split())[0] == 130


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", ["run", "why"])
def test_programs_get_the_diagnostics_of_a_wrong_source(command: str, servanda: Command) -> None:
    """One JSON document on standard output, and nothing beside it."""
    status, out, err = servanda(command, "wrong.script", "--json")
    document = json.loads(out)
    assert (status, err, document["ok"]) == (1, "", False)
    first = document["diagnostics"][0]
    assert (first["code"], first["file"], first["line"]) == ("E0203", "wrong.contract", 6)
    status, out, err = servanda(command, "no.script", "--json")
    assert (status, err) == (2, "")
    assert json.loads(out)["diagnostics"][0]["code"] == "E0010"


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("run bank.contract", "`bank.contract` is a contract"),
        ("why bank.contract", "this is a contract"),
        ("why day.script --call 99", "there is no call 99"),
        ("why day.script --row orders.csv:99", "made no call"),
        ("why failing.test.contract", "name one of the tests"),
        ("test day.script", "is a script"),
        ("run day.script --dump bank.contract", "bank.contract"),
    ],
)
def test_programs_are_told_why_nothing_was_tried(words: str, told: str, servanda: Command) -> None:
    """Also where no source is wrong."""
    status, out, err = servanda(*words.split(), "--json")
    document = json.loads(out)
    assert (status, err, document["ok"], document["diagnostics"]) == (2, "", False, [])
    assert told in document["error"]["message"]


@pytest.mark.usefixtures("files")
def test_programs_are_told_of_a_missing_feed(servanda: Command) -> None:
    """`why` as `run`: the failure with its code and place."""
    for command in ("run", "why"):
        status, out, _ = servanda(command, "day.script", "--data", "folder", "--json")
        assert status == 2
        assert json.loads(out)["failure"]["code"] == "E0010"


def test_help_has_the_table(servanda: Command) -> None:
    """Whoever writes a script looks there."""
    _, out, _ = servanda("--help")
    for status in ("0 ", "1 ", "2 ", "5 ", "130 "):
        assert f"\n  {status}" in out
