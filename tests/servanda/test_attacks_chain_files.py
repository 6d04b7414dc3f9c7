"""Files that others send or leave: every command says by name what is wrong, and never hangs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from servanda.command_line import main

Command = Callable[..., tuple[int, str, str]]


def sparse(path: Path) -> None:
    """Make a file that says it has ten gigabytes."""
    with path.open("wb") as file:
        file.truncate(10 * 2**30)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "an empty file": lambda path: path.write_bytes(b""),
    "a text": lambda path: path.write_text("something else"),
    "a pack of nothing": lambda path: path.write_bytes(b"servanda pack 1\n" + bytes(4)),
    "a pack that is cut off": lambda path: path.write_bytes(b"servanda pack 1\n\0\0\0\x09{}"),
    "a bomb": lambda path: path.write_bytes(b"\x9b" + (2**60).to_bytes(8)),
    "ten gigabytes of nothing": sparse,
    "a folder": lambda path: path.mkdir(),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", "correct horse")
    return tmp_path


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize(
    "words",
    [
        ("verify", "file", "--genesis", "00" * 32),
        ("chain", "audit", "--from", "file"),
        ("chain", "import", "copy", "file"),
    ],
    ids=["verify", "audit", "import"],
)
def test_a_hostile_file_is_told(
    folder: Path, servanda: Command, words: tuple[str, ...], what: str
) -> None:
    """It is refused or cannot be read; and nothing of it stands in the folder then."""
    HOSTILE[what](folder / "file")
    status, out, err = servanda(*words)
    assert status in {1, 2}
    assert out + err
    assert not (folder / "copy").exists()


STALE: dict[str, Callable[[Path], object]] = {
    **{name: HOSTILE[name] for name in ("an empty file", "a text", "a folder", "a bomb")},
    "ten gigabytes of nothing": sparse,
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to what never ends": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("what", STALE)
def test_a_hostile_genesis_is_told(folder: Path, servanda: Command, what: str) -> None:
    """Where the document should be that a chain begins with, it is neither waited for nor read."""
    assert main(["chain", "init", "bank", "--registrar", "ann", "--registrar", "bob"]) == 0
    (folder / "bank" / "genesis.json").unlink()
    STALE[what](folder / "bank" / "genesis.json")
    for words in (("show", "bank", "Member"), ("audit", "bank"), ("export", "bank", "pack")):
        status, _, err = servanda("chain", *words)
        assert status in {1, 2}
        assert "genesis" in err
