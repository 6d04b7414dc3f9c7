"""Chains in folders for tests of the commands: made once, copied for each test.

In comes a contract with who takes part; out comes a folder with the chain `bank` in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from servanda.command_line import main

PASSPHRASE = "correct horse"  # noqa: S105 -- of keys that are made for a test


def typed(*words: str) -> None:
    """Run a command on a chain that must be done."""
    assert main(["chain", *words]) == 0, words


def make_chain(
    folder: Path,
    contract: str,
    members: Iterable[tuple[str, str]],
    *more: str,
    time: str | None = None,
    file: str = "a.contract",
) -> None:
    """Make a chain `bank` in a folder, with a contract, members with roles, and some calls.

    With `time` it is a chain of the past, all of which is dated so. The contract is left in `file`.
    """
    dated = () if time is None else ("--time", time)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
        (folder / file).write_text(contract, encoding="utf-8")
        typed("init", "bank", "--registrar", "ann", "--registrar", "bob", *dated)
        typed("deploy", "bank", file, "--as", "ann", "--as", "bob", *dated)
        for name, role in members:
            typed("keys", name, "--keys", "bank/keys")
            key = (folder / "bank" / "keys" / f"{name}.pub").read_text().strip()
            typed("call", "bank", f'ann does enrol("{name}", "{key}")', *dated)
            typed("call", "bank", f'ann does grant("{name}", "{role}")', *dated)
        for statement in more:
            typed("call", "bank", statement, *dated)


def work_on_copy(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy a folder, and work in the copy with the passphrase in the environment."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    return folder
