"""What happened in a run, counted: calls, timers, rows, and what `show` printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from servanda.feed_rows import Fault
from servanda.grammar.source import Span
from servanda.interpreter.receipts import Receipt

FAULTS_SHOWN_MAX = 20
"""Malformed rows beyond these are counted, not kept."""

REFUSALS_KEPT_MAX = 10_000
"""Refused rows beyond these are counted; kept is only the first of a code that was not seen yet."""

SHOWN_MAX = 1_000


SAID_NO = "this said no"
"""The label of whatever refused: a statement, the `in` of a parameter, a `by`."""


class Step(NamedTuple):
    """A call as it happened."""

    time_ms: int
    parties: tuple[str, ...]
    contract: str
    action: str
    arguments: tuple[object, ...]
    receipt: Receipt
    expected: str | None = None
    """The code with which it had to be refused, if that was what the step was for."""

    @property
    def is_as_wanted(self) -> bool:
        """Whether it was done, or refused as it had to be."""
        return self.receipt.code == self.expected


class Moved(NamedTuple):
    """A step that moved the clock to `time_ms`, as it stands in the source."""

    time_ms: int
    text: str


class Fired(NamedTuple):
    """A timer that ran, `times` times in a row with one outcome; `code` is None when it was done.

    All but `times` are those of the first time; `number` counts timers from 1.
    """

    number: int
    time_ms: int
    title: str
    code: str | None
    message: str
    span: Span | None
    times: int = 1


class RowRefusal(NamedTuple):
    """A row of a feed that was refused, and the call (by its number) that was made for it.

    Where a look-up in the feed itself found no record there is neither a call nor an action.
    """

    file: str
    line: int
    call: int | None
    action: str | None
    code: str
    message: str

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line of the row."""
        return self.file, self.line

    def __str__(self) -> str:
        what = "" if self.call is None else f"call {self.call:,}: {self.action}: "
        return f"{self.file}:{self.line}: {what}{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test or script stopped.

    `clause` is the place in a contract that said no, with what it said; `seen` are the values that
    an `expect` looked at, each with its text in the source.
    """

    message: str
    span: Span | None
    label: str = ""
    clause: Span | None = None
    clause_label: str = ""
    seen: tuple[tuple[str, str], ...] = ()
    help: str = ""
    is_input: bool = False
    """Whether a file is to blame and not the rules."""
    code: str = ""
    """The code under which `servanda explain` tells more, where there is one."""


@dataclass(slots=True)
class Facts:
    """The counts of one run."""

    outcomes: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    """Calls by contract, action and refusal code (None: done)."""
    timers: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    """Timers by title and code (None: done)."""
    rows: Counter[str] = field(default_factory=Counter)
    """Rows that ran, by file."""
    faults: list[Fault] = field(default_factory=list)
    """The first malformed rows."""
    fault_count: int = 0
    is_stopped_at_row: bool = False
    """Whether a malformed row stopped the run."""
    row_refusals: list[RowRefusal] = field(default_factory=list)
    """The first refusals inside feeds, and later ones that are the first of their code."""
    refusal_codes: dict[str, RowRefusal] = field(default_factory=dict)
    """The first refusal of each code: a rare one must not hide behind thousands of another."""
    row_refusal_count: int = 0
    look_up_refusal_count: int = 0
    """How many of them were refused at a look-up of the feed itself, not at a call."""
    first_timer_fault: Fired | None = None
    timer_fault_count: int = 0
    shown: list[tuple[str, str]] = field(default_factory=list)
    """What `show` printed: its text in the source, and the value."""
    shown_left_out_count: int = 0

    @property
    def faulted_timer_count(self) -> int:
        """How many timers faulted, however often each."""
        return len({title for title, code in self.timers if code is not None})

    @property
    def call_count(self) -> int:
        """How many calls there were."""
        return self.outcomes.total()

    def add_fault(self, fault: Fault) -> None:
        """Count a malformed row."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_SHOWN_MAX:
            self.faults.append(fault)

    def add_row_refusal(self, refusal: RowRefusal) -> None:
        """Count a refusal inside a feed."""
        self.row_refusal_count += 1
        self.look_up_refusal_count += refusal.call is None
        if len(self.row_refusals) < REFUSALS_KEPT_MAX or refusal.code not in self.refusal_codes:
            self.row_refusals.append(refusal)
            self.refusal_codes.setdefault(refusal.code, refusal)

    def add_timer(self, fired: Fired) -> None:
        """Count a timer that ran."""
        self.timers[fired.title, fired.code] += 1
        if fired.code is not None:
            self.timer_fault_count += 1
            self.first_timer_fault = self.first_timer_fault or fired

    def add_shown(self, label: str, value: str) -> None:
        """Keep what `show` printed."""
        if len(self.shown) < SHOWN_MAX:
            self.shown.append((label, value))
        else:
            self.shown_left_out_count += 1

    def by_action(self) -> Mapping[tuple[str, str], Counter[str | None]]:
        """Return the counts of each action, in the order in which they were first called."""
        found: dict[tuple[str, str], Counter[str | None]] = {}
        for (contract, action, code), count in self.outcomes.items():
            found.setdefault((contract, action), Counter())[code] += count
        return found

    def by_timer(self) -> Mapping[str, Counter[str | None]]:
        """Return the counts of each timer, in the order in which they first fired."""
        found: dict[str, Counter[str | None]] = {}
        for (title, code), count in self.timers.items():
            found.setdefault(title, Counter())[code] += count
        return found
