"""Receipts: what a call came to, whatever it came to.

They are named tuples and not dataclasses: one is made for every call, and a tuple is made in a
third of the time.
"""

from __future__ import annotations

from typing import NamedTuple

from servanda.grammar.source import Span
from servanda.interpreter.types import RecordType


class Amount(NamedTuple):
    """Money as it enters and leaves: `steps` of the smallest unit of `unit` (`CNY`).

    Where a field names the unit of a parameter, `Amount(0, "")` is the zero of any.
    """

    steps: int
    unit: str


class Event(NamedTuple):
    """An emitted event: its parameters' values in declared order."""

    contract: str
    name: str
    values: tuple[object, ...]


class Notice(NamedTuple):
    """A message to one party."""

    contract: str
    party: str
    text: str


class Call(NamedTuple):
    """An action asked for by those who signed it.

    Arguments are run-time values, but an Amount comes as `Amount` and a record as its key (a
    tuple when it has several keys).
    """

    contract: str
    action: str
    arguments: tuple[object, ...]
    signers: tuple[str, ...]


class Firing(NamedTuple):
    """A timer that ran: of which contract, its number and title, the record, and due when."""

    contract: str
    number: int
    title: str
    record: RecordType
    key: object
    due_ms: int


class Receipt(NamedTuple):
    """What became of a call or a timer.

    `code` is None when it was done, else the refusal's; `span` is the clause that refused.
    `value` is what was given; `cost` counts steps; `firing` says which timer it was.
    """

    title: str
    code: str | None
    message: str
    span: Span | None
    value: object
    events: tuple[Event, ...]
    notices: tuple[Notice, ...]
    cost: int
    firing: Firing | None = None

    @property
    def is_done(self) -> bool:
        """Whether it happened."""
        return self.code is None
