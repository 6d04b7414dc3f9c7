"""`chain why` and `call --dry-run`: what a run in memory tells, of what stands in blocks."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import branch_bank
import pytest
from stored_chain import PASSPHRASE, make_chain

from servanda.command_line import main

Run = Callable[..., tuple[int, str, str]]
Document = dict[str, Any]
PLACES = {"file", "line", "column", "end"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which a day was told."""
    folder = tmp_path_factory.mktemp("made")
    members = [("Treasury", "Treasury"), ("East", "Branch")]
    make_chain(folder, branch_bank.BANK, members, time="2020-01-01T00:00Z")
    for name, text in branch_bank.FILES.items():
        (folder / name).write_text(text.replace("2026", "2020"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
        assert main(["run", "day.script", "--chain", "bank"]) == 0
    return folder


@pytest.fixture(scope="module")
def listed(made: Path) -> list[Document]:
    """Return what became of everything on the chain, in order."""

    def blocks(*words: str) -> Any:  # noqa: ANN401 -- a document
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(["chain", "blocks", str(made / "bank"), *words, "--json"]) == 0
        return json.loads(out.getvalue())

    last = blocks()[-1]["height"]
    found = [one for height in range(1, last + 1) for one in blocks(str(height))["outcomes"]]
    return [one for one in found if "Member" not in one["what"] and "ann" not in one["what"]]


@pytest.fixture
def outcomes(
    made: Path, listed: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Document]:
    """Return what became of everything, in a folder with a chain of one's own."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    return listed


def told(servanda: Run, *words: str) -> Document:
    """Return an explanation, without where it stands and in which file."""
    status, out, err = servanda(*words, "--json")
    assert status in {0, 1}, err
    found: Document = json.loads(out)
    for name in ("number", "place", "transaction", "is_whole"):
        found.pop(name, None)
    known: Document = _without_places(found)
    return known


def _without_places(found: Any) -> Any:  # noqa: ANN401 -- any part of a document
    if isinstance(found, dict):
        return {name: _without_places(one) for name, one in found.items() if name not in PLACES}
    return [_without_places(one) for one in found] if isinstance(found, list) else found


def test_a_call_is_explained_as_in_memory(outcomes: list[Document], servanda: Run) -> None:
    """Every call of the day, done and refused: by its hash, by its place, and by its event."""
    calls = [one for one in outcomes if one["kind"] == "call"]
    assert len(calls) == 14
    for number, one in enumerate(calls, start=1):
        in_memory = told(servanda, "why", "day.script", "--call", str(number))
        assert told(servanda, "chain", "why", "bank", one["transaction"]) == in_memory
        assert told(servanda, "chain", "why", "bank", one["place"]) == in_memory
        assert told(servanda, "chain", "why", "bank", f"{one['place']}.0") == in_memory
    assert {one["code"] for one in calls} == {None, "INSUFFICIENT", "TOO_MUCH", "MISSING_RECORD"}


def test_a_timer_is_explained_as_in_memory(outcomes: list[Document], servanda: Run) -> None:
    """Every timer that fired, by its place."""
    timers = [one for one in outcomes if one["kind"] == "timer"]
    assert len(timers) == 3
    for number, one in enumerate(timers, start=1):
        in_memory = told(servanda, "why", "day.script", "--timer", str(number))
        assert told(servanda, "chain", "why", "bank", one["place"]) == in_memory
        status, out, err = servanda("chain", "why", "bank", one["place"])
        assert (status, "has been Asked for 2 days" in out) == (0, True), err


def test_nothing_is_written(outcomes: list[Document], servanda: Run) -> None:
    """However much was explained and tried, the chain is what it was."""
    before = servanda("chain", "blocks", "bank", "--json")[1]
    servanda("chain", "why", "bank", outcomes[-1]["place"])
    servanda("chain", "call", "bank", 'Treasury does deposit("a", 5 CNY)', "--dry-run")
    assert servanda("chain", "blocks", "bank", "--json")[1] == before
    assert servanda("chain", "audit", "bank")[0] == 0


@pytest.mark.usefixtures("outcomes")
def test_a_dry_run_says_why(servanda: Run) -> None:
    """As an explanation of what then stands on the chain does, but for where and when."""
    for statement, code in (
        ('Treasury does deposit("a", 5 CNY)', None),
        ('East does open("a")', "DUPLICATE_KEY"),
        ('East does Bank.withdraw("a", 5 CNY)', "NOT_AUTHORISED"),
    ):
        tried = told(servanda, "chain", "call", "bank", statement, "--dry-run")
        assert (tried["code"], tried["kind"]) == (code, "call")
        assert tried["tree"]
        out = servanda("chain", "call", "bank", statement, "--json")[1]
        name = json.loads(out)["receipts"][-1]["transaction"]
        done = told(servanda, "chain", "why", "bank", name)
        assert {**done, "time": ""} == {**tried, "time": ""}


@pytest.mark.usefixtures("outcomes")
@pytest.mark.parametrize("what", ["x", "1.99", "99.0", "0.0", "00" * 32, "", "1.0.0.0", "-1.0"])
def test_what_is_not_there_is_told(what: str, servanda: Run) -> None:
    """To the operator as not there; to a member as not shown."""
    status, _, err = servanda("chain", "why", "bank", f"{what}")
    assert status == 2, err
    assert "Traceback" not in err
    if not what.startswith("-"):
        assert servanda("chain", "why", "bank", what, "--as", "East")[0] == 1


@pytest.mark.usefixtures("outcomes")
def test_a_name_of_several_contracts_is_told_apart(servanda: Run) -> None:
    """Its contract stands before it; so a member can act whose name is that of a role."""
    statement = 'East and Treasury does withdraw("a", 5 CNY)'
    status, _, err = servanda("chain", "call", "bank", statement)
    assert (status, "`Bank.withdraw(…)`" in err) == (2, True), err
    status, out, err = servanda(
        "chain", "call", "bank", statement.replace("withdraw", "Bank.withdraw")
    )
    assert (status, "withdraw" in out) == (0, True), err


@pytest.mark.usefixtures("outcomes")
def test_what_never_ran_is_told(servanda: Run) -> None:
    """A transaction that waits has nothing that could be explained."""
    statement = 'East and Treasury does Bank.withdraw("a", 5 CNY)'
    out = servanda("chain", "call", "bank", statement, "--as", "East", "--json")[1]
    place = json.loads(out)["receipts"][-1]["place"]
    status, _, err = servanda("chain", "why", "bank", place)
    assert (status, "did not run" in err) == (2, True), err
