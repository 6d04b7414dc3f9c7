"""`servanda chain deploy` and `upgrade`: the mistakes of a source are told before it is signed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stored_chain import PASSPHRASE, make_chain

Command = Callable[..., tuple[int, str, str]]

BOTH = ("--as", "ann", "--as", "bob")

LEDGER = """\
contract Ledger version 1

role Bank

record Account[number: Text]
  bank: Bank
  note: Text

action open(number: Text): Account
  by Bank as bank
  give create Account(number: number, bank: bank, note: "none")
"""

NOTES = """\
contract Notes version 1

use Ledger

rule note_of(account: Ledger.Account): Text = account.note
"""

BAD_NOTES = NOTES.replace("account.note", "account.nota")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which the contract `Ledger` runs, and no file of it."""
    folder = tmp_path_factory.mktemp("made")
    make_chain(folder, LEDGER, [], file="ledger.contract")
    (folder / "ledger.contract").unlink()
    return folder


@pytest.fixture
def folder(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a chain of one's own, and no passphrase: nothing is to be signed."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERVANDA_PASSPHRASE", raising=False)
    return tmp_path


def block_count(servanda: Command) -> int:
    """Return how many blocks the chain has."""
    return len(json.loads(servanda("chain", "blocks", "bank", "--json")[1]))


def test_mistakes_are_told_before_anything_is_signed(servanda: Command, folder: Path) -> None:
    """As `check` tells them, beside what runs on the chain; nobody is asked for a passphrase."""
    (folder / "notes.contract").write_text(BAD_NOTES)
    before = block_count(servanda)
    status, out, err = servanda("chain", "deploy", "bank", "notes.contract", *BOTH)
    assert (status, out) == (1, "")
    assert "notes.contract:5:" in err
    assert "help: did you mean `note`?" in err
    (folder / "ledger.contract").write_text(LEDGER)
    told = servanda("check", "notes.contract")[1]
    first = told.splitlines()[0]
    assert first.startswith("error[E0")
    assert first in err
    document = json.loads(servanda("chain", "deploy", "bank", "notes.contract", *BOTH, "--json")[1])
    checked = json.loads(servanda("check", "notes.contract", "--format", "json")[1])
    assert (document["ok"], document["error"]) == (False, None)
    assert [one["code"] for one in document["diagnostics"]] == [
        one["code"] for one in checked["diagnostics"]
    ]
    assert block_count(servanda) == before


def test_what_runs_on_the_chain_counts_and_no_file_beside(
    servanda: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file beside misleads, with other records in it; and the file may have any name."""
    (folder / "ledger.contract").write_text(LEDGER.replace("note: Text", "nota: Text"))
    (folder / "bad.contract").write_text(BAD_NOTES)
    assert servanda("chain", "deploy", "bank", "bad.contract", *BOTH)[0] == 1
    (folder / "good.contract").write_text(NOTES)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    status, _, err = servanda("chain", "deploy", "bank", "good.contract", *BOTH)
    assert (status, err) == (0, "")


def test_what_cannot_be_checked_here_may_be_signed_for_later(
    servanda: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it uses is not deployed yet; mistakes of its own are told all the same."""
    path = folder / "notes.contract"
    path.write_text(NOTES.replace("Ledger", "Ledgers"))
    status, _, err = servanda("chain", "deploy", "bank", "notes.contract", *BOTH)
    assert (status, "error[E0257]" in err, "did you mean `Ledger`?" in err) == (1, True, True)
    later = ("--as", "ann", "--later", "bob", "--out", "notes.tx")
    path.write_text(BAD_NOTES)
    assert servanda("chain", "deploy", "bank", "notes.contract", *later)[0] == 1
    path.write_text(NOTES.replace("Text = ", "Text == ").replace("Ledger", "Ledgers"))
    assert servanda("chain", "deploy", "bank", "notes.contract", *later)[0] == 1
    assert not (folder / "notes.tx").exists()
    path.write_text(NOTES.replace("Ledger", "Ledgers"))
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    status, out, err = servanda("chain", "deploy", "bank", "notes.contract", *later)
    assert (status, "waits in notes.tx for bob" in out) == (0, True), err


def test_mistakes_in_an_upgrade_are_told_too(servanda: Command, folder: Path) -> None:
    """Before it is signed, and in a dry run beside what the chain would say."""
    bad = LEDGER.replace("version 1", "version 2").replace("by Bank as", "by Bnak as")
    (folder / "next.contract").write_text(bad)
    before = block_count(servanda)
    status, out, err = servanda("chain", "upgrade", "bank", "next.contract", *BOTH)
    assert (status, out) == (1, "")
    assert "error[E0402]: unknown role `Bnak`" in err
    assert "next.contract:10:" in err
    status, out, _ = servanda("chain", "upgrade", "bank", "next.contract", "--dry-run")
    assert (status, "next.contract:10:" in out, "✘ BAD_CONTRACT" in out) == (1, True, True)
    document = json.loads(
        servanda("chain", "upgrade", "bank", "next.contract", "--dry-run", "--json")[1]
    )
    assert [one["code"] for one in document["diagnostics"]] == ["E0402"]
    assert block_count(servanda) == before
