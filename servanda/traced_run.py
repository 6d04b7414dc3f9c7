"""A run that explains one of its calls or timers: it stops there, with the trace of what decided.

In comes what to look for, by number; out comes an `Explained`. Everything else runs as it does in
`servanda run`, through the same code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from servanda.feed_rows import Fault, FeedRow
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.execute.script import FeedCode
from servanda.interpreter.receipts import Call, Firing, Receipt
from servanda.run_facts import Step
from servanda.script_run import ScriptRun


class Wanted(NamedTuple):
    """What is to be explained: the call, or the timer, of this number (from 1)."""

    is_timer: bool
    number: int

    def __str__(self) -> str:
        return f"{'timer' if self.is_timer else 'call'} {self.number:,}"


@dataclass(frozen=True, slots=True)
class Explained:
    """What was wanted: what ran (a call as a step, or a timer), what came of it, and why."""

    title: str
    """How it is named: by its number in a run, or by its place on a chain."""
    time_ms: int
    what: Step | Firing
    receipt: Receipt
    trace: Trace


class Explanation(Exception):  # noqa: N818 -- no error: the run has served its purpose
    """What was wanted has run."""

    def __init__(self, explained: Explained) -> None:
        super().__init__()
        self.explained = explained


class RowExplained(Exception):  # noqa: N818 -- no error: the rest of the run tells nothing more
    """The wanted row has been refused."""


class TracedRun(ScriptRun):
    """A run that numbers its calls and timers and, when it comes to the wanted one, stops."""

    wanted: Wanted | None = None
    call_number = timer_number = 0
    last_refused: Wanted | None = None
    """The last call that was refused."""
    last_faulted: Wanted | None = None
    """The last timer that faulted."""
    wanted_row: tuple[str, int] | None = None
    """The file and line of a row: the run looks for the call that `--row` means."""
    row_call: Wanted | None = None
    """The call of that row that was refused, or else the last that it made."""
    row_told: str = ""
    """Why that row made no call, where more is known than that."""
    _fired: int = 0
    _trace: Trace | None = None

    def want(self, wanted: Wanted) -> None:
        """Look for a call or a timer."""
        self.wanted = wanted
        if wanted.is_timer:
            self.machine.choose_trace = self._choose_trace

    def last(self, *, is_timer: bool) -> Wanted:
        """Return what a user means who names no number: the last no, or else the last."""
        if is_timer:
            return self.last_faulted or Wanted(is_timer=True, number=self.timer_number)
        return self.last_refused or Wanted(is_timer=False, number=self.call_number)

    def count(self, *, is_timer: bool) -> int:
        """Return how many calls, or timers, there were."""
        return self.timer_number if is_timer else self.call_number

    def run_row(self, code: FeedCode, row: FeedRow | Fault, time_ms: int | None) -> None:
        """Run one row, and stop behind it when it is the wanted one and was refused."""
        if (code.file, row.line) != self.wanted_row:
            super().run_row(code, row, time_ms)
            return
        before, refused_before = self.call_number, self.facts.row_refusal_count
        try:
            super().run_row(code, row, time_ms)
        finally:
            if self.call_number > before:
                self.row_call = Wanted(is_timer=False, number=self.call_number)
        if self.facts.row_refusal_count > refused_before:
            refusal = self.facts.row_refusals[-1]
            if refusal.place == self.wanted_row:
                self.row_told = f"it was refused with {refusal.code}: {refusal.message}"
            raise RowExplained

    def take_fault(self, fault: Fault) -> None:
        """Note what is wrong with the wanted row."""
        if (fault.file, fault.line) == self.wanted_row:
            self.row_told = f"it is malformed: {fault.message}"
        super().take_fault(fault)

    def run_call(self, call: Call) -> Receipt:
        """Run a call, traced if it is the wanted one."""
        self.call_number += 1
        here = Wanted(is_timer=False, number=self.call_number)
        if here != self.wanted:
            receipt = self.machine.execute(call)
            if receipt.code is not None:
                self.last_refused = here
            return receipt
        now = self.machine.now
        receipt, trace = self.machine.trace(call)
        step = Step(now, call.signers, call.contract, call.action, call.arguments, receipt)
        raise Explanation(Explained(str(here), now, step, receipt, trace))

    def _choose_trace(self, what: Firing | Call) -> Trace | None:
        if isinstance(what, Call):
            return None
        self._fired += 1
        if self.wanted is None or self._fired != self.wanted.number:
            return None
        self._trace = Trace()
        return self._trace

    def take_timer(self, receipt: Receipt) -> None:
        """Take what a timer came to; they come in the order in which they fired."""
        self.timer_number += 1
        here = Wanted(is_timer=True, number=self.timer_number)
        if receipt.code is not None:
            self.last_faulted = here
        if here == self.wanted:
            firing, trace = receipt.firing, self._trace
            assert firing is not None, "this is the receipt of a timer"
            assert trace is not None, "a receipt comes after its timer fired"
            raise Explanation(Explained(str(here), self.machine.now, firing, receipt, trace))
        super().take_timer(receipt)
