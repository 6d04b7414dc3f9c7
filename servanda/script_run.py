"""Running the steps of a test or script: the driver that the compiled code talks to.

It knows the machine, the clock that the steps move, and the files that they feed. What it sees it
counts in `Facts`; what goes wrong stops it with a `StepFailed`. It prints nothing.

# INVARIANT: all that happens at one time stands in one block, and the clock stops at every moment
# at which something falls due, so that a timer sees its own time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from servanda.chain.memory import move_clock
from servanda.chain.sealed import NotOpened
from servanda.feed_rows import Fault, FeedRow, RowFault
from servanda.grammar.source import Source, Span
from servanda.interpreter.execute.explain import Seen, Trace
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.script import NOTICE, FeedCode, view_events, view_notices
from servanda.interpreter.execute.state import Row
from servanda.interpreter.model import ScriptModel
from servanda.interpreter.receipts import Call, Event, Notice, Receipt
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.show import show_time
from servanda.interpreter.values.time_zones import UTC
from servanda.interpreter.values.times import add_months_to_time, check_time
from servanda.run_facts import SAID_NO, Facts, Failure, Fired, Moved, RowRefusal, Step
from servanda.run_feeds import FeedRun, run_feeds
from servanda.run_reading import columns_of_feeds, events_read
from servanda.sealing import MemorySealing, Sealing, sealed_call
from servanda.value_text import decimals_by_unit, show_seen

TIMERS_OF_A_STEP_MAX = 10_000_000
"""So many timers run while the clock moves once: a script that waits for ages ends too."""
STEPS_KEPT_MAX = 12
"""The steps before a failure that are shown."""


class StepFailed(Exception):  # noqa: N818 -- the test found something, the program is well
    """A step did not go as it had to."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class RowEnded(Exception):  # noqa: N818 -- no error: the row is over
    """A call in a feed was refused, so the rest of its row is not done."""

    def __init__(self, action: str, receipt: Receipt) -> None:
        super().__init__()
        self.action = action
        self.receipt = receipt


class ScriptRun:
    """The driver (see `servanda.interpreter.execute.script.Driver`) of one test or script."""

    def __init__(
        self,
        machine: Machine,
        model: ScriptModel,
        sources: Mapping[str, Source],
        *,
        feed_run: FeedRun | None = None,
    ) -> None:
        self.machine = machine
        self.sources = sources
        self.facts = Facts()
        self.decimals = decimals_by_unit(machine.contracts.values())
        self.last_steps: deque[Step | Moved | Fired] = deque(maxlen=STEPS_KEPT_MAX)
        self.left_out_count = 0
        """How many steps were before those that are kept."""
        self.step_count = 0
        """How many calls there were."""
        self.fired_count = 0
        """How many timers ran."""
        self._events_read = events_read(model)
        self._columns = columns_of_feeds(model)
        self._events: list[Event] = []
        self._notices: list[Notice] = []
        self.sealing: Sealing = MemorySealing()
        """With whose keys values are sealed; a run on a stored chain has another."""
        self._feed_run = feed_run or FeedRun()
        self._is_in_row = False

    # ── calls ─────────────────────────────────────────────────────────────────────────────────

    def enrol(self, role: str, name: str) -> str:
        """Enrol a member with a role and return its name."""
        self.machine.members.enrol(name, role)
        return name

    def does(
        self,
        span: Span,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
    ) -> object:
        """Run an action and return what it gave, in its outward form."""
        receipt = self._execute(parties, contract, action, arguments)
        if receipt.code is None:
            return receipt.value
        if self._is_in_row:
            raise RowEnded(action, receipt)
        raise StepFailed(
            Failure(
                f"refused with {receipt.code}: {receipt.message}",
                span,
                "this should be done",
                receipt.span,
                SAID_NO,
            )
        )

    def cannot(
        self,
        span: Span,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
        code: str,
    ) -> None:
        """Run an action that must be refused with `code`."""
        receipt = self._execute(parties, contract, action, arguments, code)
        if receipt.code == code:
            return
        if receipt.code is None:
            raise StepFailed(Failure("it was done", span, f"this should be refused with {code}"))
        raise StepFailed(
            Failure(
                f"refused with {receipt.code}, not with {code}: {receipt.message}",
                span,
                f"this should be refused with {code}",
                receipt.span,
                SAID_NO,
            )
        )

    def _execute(
        self,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
        expected: str | None = None,
    ) -> Receipt:
        call = self.sealed(Call(contract, action, arguments, parties))
        arguments = call.arguments
        self.step_count += 1
        receipt = self.run_call(call)
        machine = self.machine
        if machine.overdue_receipts:
            self._take_timers(machine.overdue_receipts)
            machine.overdue_receipts.clear()
        self.facts.outcomes[contract, action, receipt.code] += 1
        self._note(Step(machine.now, parties, contract, action, arguments, receipt, expected))
        self._keep(receipt)
        return receipt

    def sealed(self, call: Call) -> Call:
        """Return a call as its parties send it; what they cannot seal never leaves them."""
        if not any(isinstance(one, tuple) for one in call.arguments):
            return call
        try:
            return sealed_call(self.machine, call, self.sealing)
        except NotOpened as failed:
            if self.sealing.is_secret:
                told = Failure(f"this cannot be sealed: {failed}", None, is_input=True)
                raise StepFailed(told) from None
            return call

    def _note(self, step: Step | Moved | Fired) -> None:
        self.left_out_count += len(self.last_steps) == STEPS_KEPT_MAX
        self.last_steps.append(step)

    def _note_fired(self, fired: Fired) -> None:
        # A timer that fires every day for a year must not push out what led to it.
        for place in range(len(self.last_steps) - 1, -1, -1):
            step = self.last_steps[place]
            if not isinstance(step, Fired):
                break
            if (step.title, step.code) == (fired.title, fired.code):
                self.last_steps[place] = step._replace(times=step.times + 1)
                return
        self._note(fired)

    def run_call(self, call: Call) -> Receipt:
        """Run a call on the machine; whoever explains calls does so here."""
        return self.machine.execute(call)

    def _keep(self, receipt: Receipt) -> None:
        # Only what the script reads back is kept: a day's events would fill the memory.
        if receipt.events and self._events_read:
            self._events += [one for one in receipt.events if one[:2] in self._events_read]
        if receipt.notices and NOTICE in self._events_read:
            self._notices += receipt.notices

    def events(self, contract: str, name: str) -> Iterable[Any]:
        """Return what was emitted so far, in order."""
        if (contract, name) == NOTICE:
            return view_notices(self._notices)
        return view_events(self.machine, self._events, contract, name)

    def finish(self) -> None:
        """End: calls assert what they touch, and now everything is counted again."""
        self.machine.audit()

    # ── time ──────────────────────────────────────────────────────────────────────────────────

    @property
    def present_ms(self) -> int:
        """The time to which the steps have come."""
        return self.machine.now

    def at(self, span: Span, time_ms: int) -> None:
        """Move the clock to a time."""
        now = self.present_ms
        if time_ms < now:
            message = f"time does not go back: it is {show_time(now)}, later than the time given"
            raise StepFailed(Failure(message, span, f"this is {show_time(time_ms)}"))
        self._note(Moved(time_ms, self.text(span)))
        self.advance(time_ms)

    def wait(self, span: Span, duration_ms: int, months: int) -> None:
        """Move the clock on."""
        if duration_ms < 0 or months < 0:
            raise StepFailed(Failure("nobody can wait for less than no time", span, "less than 0"))
        try:
            target = check_time(self.present_ms + duration_ms)
            target = add_months_to_time(target, months, UTC) if months else target
        except Refused as refused:
            raise StepFailed(Failure(refused.message, span, "too long a wait")) from None
        self._note(Moved(target, self.text(span)))
        self.advance(target)

    def advance(self, time_ms: int) -> None:
        """Move the clock to a time that is not past, through every moment that is due before."""
        until = self.fired_count + TIMERS_OF_A_STEP_MAX
        for receipt in move_clock(self.machine, time_ms):
            self.take_timer(receipt)
            if self.fired_count > until:
                now = show_time(self.present_ms)
                told = f"more than {TIMERS_OF_A_STEP_MAX:_} timers ran, and it is only {now}"
                advice = "move the clock by shorter steps, or to an earlier time"
                raise StepFailed(Failure(told, None, help=advice))

    def _take_timers(self, receipts: Iterable[Receipt]) -> None:
        for receipt in receipts:
            self.take_timer(receipt)

    def take_timer(self, receipt: Receipt) -> None:
        """Take what a timer came to; whoever explains timers does so here."""
        self.fired_count += 1
        fired = Fired(self.fired_count, self.machine.now, *receipt[:4])
        self.facts.add_timer(fired)
        self._note_fired(fired)
        self._keep(receipt)

    # ── looking ───────────────────────────────────────────────────────────────────────────────

    def expect(
        self, span: Span, test: Callable[[], bool], explain: Callable[[Trace], bool]
    ) -> None:
        """Fail unless `test()`; `explain` runs the same again and tells a trace what it sees."""
        if test():
            return
        trace = Trace()
        explain(trace)
        seen = dict(self._values_seen(trace.root))
        raise StepFailed(
            Failure("the expectation is not met", span, "this is false", seen=tuple(seen.items()))
        )

    def _values_seen(self, seen: Seen) -> Iterable[tuple[str, str]]:
        for part in seen.parts:
            # A record itself tells nothing: what was read from it stands beside it.
            if part.kind == "value" and not isinstance(part.value, Row):
                yield self.text(part.span), show_seen(part, self.decimals)
            yield from self._values_seen(part)

    def text(self, span: Span) -> str:
        """Return what stands at a place of a source, on one line."""
        source = self.sources.get(span.source)
        return " ".join(source.slice(span).split()) if source is not None else ""

    def show(self, span: Span, shown: str) -> None:
        """Keep a value, already as text, to be printed at the end."""
        label = self.text(span).removeprefix("show").strip()
        self.facts.add_shown(label, shown)

    # ── feeds ─────────────────────────────────────────────────────────────────────────────────

    def feeds(self, span: Span, feeds: tuple[FeedCode, ...]) -> None:  # noqa: ARG002 -- a driver
        """Run feeds that stand together, merged by their time."""
        run_feeds(self, self._feed_run, feeds, self._columns)

    def run_row(self, code: FeedCode, row: FeedRow | Fault, time_ms: int | None) -> None:
        """Run one row at its time (None: at the present), or count what is wrong with it."""
        if isinstance(row, Fault):
            self.take_fault(row)
            return
        now = self.present_ms
        if time_ms is not None and time_ms != now:
            if time_ms < now:
                past, present = show_time(time_ms), show_time(now)
                message = f"the row's time, {past}, is before the present, {present}"
                self.take_fault(row.fault(message).fault)
                return
            self.advance(time_ms)
        before = self.step_count
        self._is_in_row = True
        try:
            code.body(row)
        except RowEnded as ended:
            receipt, place = ended.receipt, (code.file, row.line)
            assert receipt.code is not None, "only a refusal ends a row"
            refused_with = (ended.action, receipt.code, receipt.message)
            self.facts.add_row_refusal(RowRefusal(*place, self.step_count, *refused_with))
        except RowFault as fault:
            self._fault_in_row(fault.fault, before)
            return
        except Refused as refused:
            # The row is well when the state lacks a record; no text that is no value is.
            if refused.code == Code.MISSING_RECORD:
                refusal = RowRefusal(code.file, row.line, None, None, refused.code, refused.message)
                self.facts.add_row_refusal(refusal)
                self.facts.rows[code.file] += 1
                return
            self._fault_in_row(row.fault(f"{refused.code}: {refused.message}").fault, before)
            return
        finally:
            self._is_in_row = False
        self.facts.rows[code.file] += 1

    def _fault_in_row(self, fault: Fault, steps_before: int) -> None:
        count = self.step_count - steps_before
        if count:
            told = f"{fault.message} (found after {count} step{'s' * (count != 1)} of this row)"
            fault = Fault(fault.file, fault.line, fault.column, told)
        self.take_fault(fault)

    def take_fault(self, fault: Fault) -> None:
        """Count a malformed row, or stop at it."""
        self.facts.add_fault(fault)
        if self._feed_run.is_strict:
            self.facts.is_stopped_at_row = True
            advice = "mend the row, or run without `--strict` to skip such rows"
            self.stop_at_input(f"{fault}", None, advice=advice, code="E0024")

    def stop_at_input(
        self, message: str, span: Span | None, label: str = "", *, advice: str = "", code: str = ""
    ) -> NoReturn:
        """Stop because of a file."""
        raise StepFailed(Failure(message, span, label, help=advice, is_input=True, code=code))


def run_to_end(run: ScriptRun, body: Callable[[], None]) -> Failure | None:
    """Run the steps; return why they stopped, or None at their end."""
    try:
        body()
    except StepFailed as failed:
        return failed.failure
    except Refused as refused:
        run.machine.locate(refused)
        message = f"{refused.code}: {refused.message}"
        return Failure(message, refused.span, "this has no value")
    run.finish()
    return None
