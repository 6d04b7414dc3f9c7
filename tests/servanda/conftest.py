"""A small bank that the tests of the front door write into a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from branch_bank import FILES

from servanda.command_line import main


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with the bank, its tests, a script and its data; the command runs there."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def servanda(capsys: pytest.CaptureFixture[str]) -> Command:
    """Give the command line: words in; exit status, standard output and standard error out."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(list(words))
        written = capsys.readouterr()
        return status, written.out, written.err

    return run
