"""Output that cannot go where it should: a full disk, a closed stream, a pipe for a file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("bank")
def test_a_pipe_is_written_to_and_not_replaced(bank: Path, servanda: Command) -> None:
    """What is no file keeps its nature: a report goes into a pipe or a device as it is."""
    pipe = bank / "pipe"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        status, _, _ = servanda("test", "bank.test.contract", "--junit", "pipe")
        report = os.read(descriptor, 65_536)
    finally:
        os.close(descriptor)
    assert (status, pipe.is_fifo()) == (0, True)
    assert b"<testsuites" in report


@pytest.mark.usefixtures("bank")
def test_a_closed_output_is_no_mistake_of_ours() -> None:
    """With `>&-` there is nobody to tell; the exit status still says how it went."""
    words = f"{sys.executable} -m servanda check bank.contract >&-"
    for command in (words, f"{words} 2>&-"):
        assert subprocess.run(command, shell=True, check=False).returncode == 0  # noqa: S602


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "words",
    [
        ("run", "day.script"),
        ("run", "day.script", "--json"),
        ("check", "bank.contract"),
        ("test", "bank.test.contract"),
        ("explain", "E0501"),
        ("why", "day.script"),
    ],
)
@pytest.mark.usefixtures("bank")
def test_a_full_disk_is_told(words: tuple[str, ...]) -> None:
    """Exit 2 and one line; the fault is the disk's and not ours."""
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "servanda", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    told = done.stderr.decode().splitlines()[-1]
    assert (done.returncode, told) == (
        2,
        "error: the output cannot be written: No space left on device",
    )
    assert b"Traceback" not in done.stderr
