"""Verifiers: processes that verify signatures beside the one that executes.

In come keys, signatures and signed bytes; out comes which signatures are good. Python runs one
thread at a time, so that threads which verify would wait for the one that executes after every
signature; processes do not. What they answer is looked at as `Admission` says: a signature that
was not found good, because it is not or because a verifier went away, is verified again.

A frame is its length in four bytes, big-endian, and what `marshal` makes of a value: both ends are
this program, run by the same Python.
"""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from types import TracebackType
from typing import Any, BinaryIO, Self

from servanda.chain.admission import Signed, Verify, are_signed

LENGTH_BYTES = 4
ALONE_COUNT_MAX = 2_000
"""So many signatures are verified here before it is worth starting processes: a third of a second
is what each costs."""
PROCESSES_COUNT_MAX = 16
PROGRAM = """import sys
sys.path[:] = sys.argv[1:]
from servanda.verifiers import serve
serve(sys.stdin.buffer, sys.stdout.buffer)"""


class Verifiers:
    """Some processes that verify, one for each processor; they end with the `with`."""

    def __init__(self, count: int | None = None, alone_count_max: int = ALONE_COUNT_MAX) -> None:
        self._count = min(count or os.cpu_count() or 1, PROCESSES_COUNT_MAX)
        self._alone_count_left = alone_count_max
        self._processes: list[subprocess.Popen[bytes]] = []
        self._asked: _Asked | None = None
        """What was handed out last, and whose answers have not been read yet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process_numbers(self) -> list[int]:
        """The numbers of the processes, by which the system knows them."""
        return [process.pid for process in self._processes]

    def close(self) -> None:
        """Let the processes end, which they do when nothing more can come."""
        for process in self._processes:
            _close(process)
        self._processes = []

    def spread(self, verify: Verify, parts: Iterable[list[Signed]]) -> Iterable[list[bool]]:
        """Begin to verify some parts; the answers come when they are asked for, in order.

        This is the `Spread` of `Admission.verify_ahead`.
        """
        waiting = list(parts)
        if self._alone_count_left > 0:
            self._alone_count_left -= sum(map(len, waiting))
            return map(verify, waiting)
        self._start()
        if self._asked is not None:
            self._asked.read()
        self._processes = [one for one in self._processes if one.returncode is None]
        if not self._processes:
            return map(verify, waiting)
        # A process that answers reads nothing: all has been answered before more is asked.
        self._asked = _Asked(self._processes, waiting)
        return self._asked

    def _start(self) -> None:
        """Start the processes; where none can be started, all is verified here."""
        if self._asked is not None or not sys.executable:
            return
        command = [sys.executable, "-c", PROGRAM, *sys.path]
        try:
            for _ in range(self._count):
                self._processes.append(
                    subprocess.Popen(  # noqa: S603 -- this very program, with this very path
                        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                    )
                )
        except OSError:
            self.close()


class _Asked:
    """Parts that were handed out, each to a process in turn, and their answers."""

    def __init__(self, processes: list[subprocess.Popen[bytes]], parts: list[list[Signed]]) -> None:
        self._processes = processes
        self._parts = parts
        self._answers: list[list[bool]] | None = None
        for number, process in enumerate(processes):
            _tell(process, list(chain.from_iterable(parts[number :: len(processes)])))

    def __iter__(self) -> Iterator[list[bool]]:
        return iter(self.read())

    def read(self) -> list[list[bool]]:
        """Wait for the answers, and return them in the order of the parts."""
        if self._answers is None:
            heard = [_hear(process) for process in self._processes]
            at = [0] * len(heard)
            self._answers = []
            for number, part in enumerate(self._parts):
                by, size = number % len(heard), len(part)
                found = heard[by][at[by] : at[by] + size]
                at[by] += size
                # What nobody answered is not known to be good.
                self._answers.append([*map(bool, found), *[False] * (size - len(found))])
        return self._answers


def _tell(process: subprocess.Popen[bytes], signed: list[Signed]) -> None:
    assert process.stdin is not None, "it was started with a pipe"
    try:
        _write(process.stdin, signed)
    except OSError:
        _close(process)


def _hear(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None, "it was started with a pipe"
    if process.stdout.closed:
        return b""
    answer = _read(process.stdout)
    if answer is None:
        _close(process)
        return b""
    return bytes(answer)


def _close(process: subprocess.Popen[bytes]) -> None:
    for end in (process.stdin, process.stdout):
        assert end is not None, "it was started with pipes"
        try:
            end.close()
        except OSError:
            continue  # What was still to be written is of no use to a process that is gone.
    process.wait()


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer what comes until nothing more can: the other end of a verifier."""
    # An interrupt at the keyboard is for who asks; this ends when the pipe does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while (signed := _read(source)) is not None:
        try:
            _write(target, bytes(are_signed(signed)))
        except OSError:
            return


def _write(target: Any, value: Any) -> None:  # noqa: ANN401 -- either end of a pipe
    data = marshal.dumps(value)
    target.write(len(data).to_bytes(LENGTH_BYTES) + data)
    target.flush()


def _read(source: Any) -> Any:  # noqa: ANN401 -- a value of our own, or None at the end
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    data = source.read(int.from_bytes(head))
    return marshal.loads(data) if len(data) == int.from_bytes(head) else None  # noqa: S302 -- ours
