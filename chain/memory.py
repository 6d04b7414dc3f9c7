"""A chain in memory: blocks are opened by moving the clock, and its parties are plain names.

In come times and calls; out come receipts. It keeps no history and signs nothing: it is what
tests, scripts and demos run on, with the same machine underneath as a stored chain.
"""

from __future__ import annotations

from collections.abc import Iterator

from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.receipts import Receipt


def move_clock(machine: Machine, time_ms: int) -> Iterator[Receipt]:
    """Open a block at every moment up to `time_ms` when something falls due, and one then.

    So `now` inside a timer is the moment it was due. What is overdue already runs in the next of
    these blocks: a timer that arms itself for the past again and again gets one turn in each, and
    cannot keep the clock from moving. Times before the present are the caller's mistake.
    """
    assert time_ms >= machine.now, "time does not go back"
    while time_ms > machine.now:
        due = machine.next_due()
        yield from machine.advance(time_ms if due is None else min(due, time_ms))
