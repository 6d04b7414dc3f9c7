"""Chains in folders for tests of the commands: made once, copied for each test.

In comes a contract with who takes part; out comes a folder with the chain `bank` in it.
"""

from __future__ import annotations

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
) -> None:
    """Make a chain `bank` in a folder, with a contract, members with roles, and some calls.

    With `time` it is a chain of the past, all of which is dated so.
    """
    dated = () if time is None else ("--time", time)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
        (folder / "a.contract").write_text(contract, encoding="utf-8")
        typed("init", "bank", "--registrar", "ann", "--registrar", "bob", *dated)
        typed("deploy", "bank", "a.contract", "--as", "ann", "--as", "bob", *dated)
        for name, role in members:
            typed("keys", name, "--keys", "bank/keys")
            key = (folder / "bank" / "keys" / f"{name}.pub").read_text().strip()
            typed("call", "bank", f'ann does enrol("{name}", "{key}")', *dated)
            typed("call", "bank", f'ann does grant("{name}", "{role}")', *dated)
        for statement in more:
            typed("call", "bank", statement, *dated)
