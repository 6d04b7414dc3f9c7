"""`chain events`: every event after a cursor, in order, exactly once; and the notices of a party.

A cursor is `height.receipt.place`: where an event stands in the chain, so that it means the same
after any restart, and whoever keeps the last one it has seen misses nothing and gets nothing twice.
Notices stand behind the events of their receipt. What a member may not see is passed over; whether
it may is asked of the records as they stood at the block of the event.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from servanda.chain.membership import MEMBERSHIP
from servanda.chain.reader import Reader
from servanda.diagnostic_json import JsonValue
from servanda.excerpt import visible_text
from servanda.exit_status import DONE
from servanda.interpreter.receipts import Event, Notice
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.values.show import show_time
from servanda.node import Node
from servanda.on_chain.look import decimals_of
from servanda.on_chain.outcomes import (
    event_of,
    event_text,
    event_to_json,
    outcomes_of,
)
from servanda.on_chain.session import CannotTry
from servanda.on_chain.view import Names, past, who_reads
from servanda.replace_file import replace_file
from servanda.styled_lines import Piece, print_lines

POLL_S = 0.2
CURSOR = re.compile(r"(\d{1,15})\.(\d{1,9})\.(\d{1,9})")
CURSOR_BYTES_MAX = 100


class Cursor(NamedTuple):
    """Where an event or notice stands: its block, its receipt there, its place in that, from 0."""

    height: int
    receipt: int
    place: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


BEFORE_ALL = Cursor(0, 0, 0)


class Heard(NamedTuple):
    """An event, or a notice, where it stands and when it happened."""

    cursor: Cursor
    time_ms: int
    what: Event | Notice


def read_cursor(text: str) -> Cursor:
    """Return the cursor that a user typed."""
    found = CURSOR.fullmatch(text)
    if found is None:
        raise CannotTry(
            f"`{text[:40]}` is no cursor", "it is what stands before an event: `17.0.2`"
        )
    return Cursor(*map(int, found.groups()))


class Subscription:
    """A reader of a chain that grows: it asks again and again, and is told each thing once."""

    def __init__(self, folder: str, last: Cursor) -> None:
        self.last = last
        """The cursor of what was heard last."""
        self.names: Names = None
        """Who is told: with a name also notices; None is the operator, who is told events."""
        self._folder = folder
        self.node = Node(folder)
        self._height = self.node.ledger.info.height
        """Up to here the members and contracts are known."""
        self._keys = dict(self.node.ledger.state.keys)

    def close(self) -> None:
        """Let go of the chain."""
        self.node.close()

    def heard(self) -> Iterator[Heard]:
        """Yield what has happened since, in order. Raises `Refused` for who is no member now."""
        self.node.store.renew()
        height = self.node.store.height
        if height > self._height:
            self._learn(height)
        for one in range(max(1, self.last.height), height + 1):
            for heard in self._heard_in(one):
                self.last = heard.cursor
                yield heard

    def _learn(self, height: int) -> None:
        """Take note of members and contracts that have changed up to a height."""
        changed = any(
            each.transaction is not None and each.transaction.contract == MEMBERSHIP
            for one in range(self._height + 1, height + 1)
            for each in outcomes_of(self.node, one)
        )
        self._height = height
        if not changed:
            return
        self.node.close()
        self.node = Node(self._folder)
        now = self.node.ledger.state.keys
        if any(name not in now or now[name] != self._keys[name] for name in self.names or ()):
            raise Refused(Code.NOT_AUTHORISED, "who asks has another key now, or no standing")

    def _heard_in(self, height: int) -> Iterator[Heard]:
        outcomes = outcomes_of(self.node, height)
        if not any(one.has_run and (one.events or one.notices) for one in outcomes):
            return
        reader = past(self.node, self.names, height)
        contracts = self.node.ledger.state.machine.contracts
        time_ms = self.node.store.header(height).time_ms
        for outcome in outcomes:
            events = [event_of(one, contracts) for one in outcome.events]
            told: list[Event | Notice] = [*events, *outcome.notices]
            for place, what in enumerate(told):
                cursor = Cursor(height, outcome.number, place)
                if cursor > self.last and self._is_for(what, reader):
                    yield Heard(cursor, time_ms, what)

    def _is_for(self, what: Event | Notice, reader: Reader) -> bool:
        if isinstance(what, Notice):
            return self.names is not None and reader.is_addressed(what)
        return reader.sees_event(what)


def chain_events(options: argparse.Namespace) -> int:
    """Print what happened behind a cursor, and with `--follow` what happens from then on."""
    subscription = Subscription(options.folder, _first_cursor(options))
    try:
        subscription.names = who_reads(options, subscription.node)
        while True:
            for one in subscription.heard():
                _print(one, subscription.node, is_json=options.json)
                # What was not written to the end is told again: the cursor is saved behind it.
                sys.stdout.flush()
                if options.cursor:
                    replace_file(options.cursor, f"{one.cursor}\n".encode())
            if not options.follow:
                return DONE
            time.sleep(POLL_S)
    finally:
        subscription.close()


def _first_cursor(options: argparse.Namespace) -> Cursor:
    """Return behind which cursor to begin: that of the file, else the one that was typed."""
    if options.cursor:
        with contextlib.suppress(FileNotFoundError), open(options.cursor, "rb") as file:
            text = file.read(CURSOR_BYTES_MAX).decode(errors="replace")
            return read_cursor(text.strip())
    return read_cursor(options.start) if options.start else BEFORE_ALL


def _print(one: Heard, node: Node, *, is_json: bool) -> None:
    contracts, decimals = node.ledger.state.machine.contracts, decimals_of(node)
    what = one.what
    if is_json:
        document: dict[str, JsonValue] = {"cursor": str(one.cursor), "time": show_time(one.time_ms)}
        if isinstance(what, Notice):
            document.update(contract=what.contract, notice_to=what.party, text=what.text)
        else:
            document.update(event_to_json(what, contracts, decimals))
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        return
    if isinstance(what, Notice):
        told = f"to {what.party}: {what.text}"
    else:
        told = event_text(what, contracts, decimals)
    lead = f"{one.cursor}  {show_time(one.time_ms)}  "
    print_lines([[Piece(lead, "quiet"), Piece(visible_text(told))]], sys.stdout)
