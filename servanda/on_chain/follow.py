"""`chain events`: every event after a cursor, in order, exactly once; and the notices of a party.

A cursor is `height.receipt.event`: where an event stands in the chain, so that it means the same
after any restart, and whoever keeps the last one it has seen misses nothing and gets nothing twice.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from servanda.chain.arguments import outward_value
from servanda.chain.encoding import decode
from servanda.chain.receipt import Kind
from servanda.chain.store import Store
from servanda.diagnostic_json import JsonValue
from servanda.exit_status import DONE
from servanda.interpreter.model import ContractModel
from servanda.interpreter.values.show import show_time
from servanda.on_chain.act import receipt_to_json
from servanda.on_chain.session import CannotTry, reading
from servanda.styled_lines import Piece, print_lines
from servanda.value_text import decimals_by_unit, show_value

POLL_S = 0.2
CURSOR = re.compile(r"(\d{1,15})\.(\d{1,9})\.(\d{1,9})")


class Cursor(NamedTuple):
    """Where an event or notice stands: its block, the receipt in it, and its place there, from 0.

    Notices stand behind the events of their receipt.
    """

    height: int
    receipt: int
    place: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


class Heard(NamedTuple):
    """An event, or a notice (whose `name` is empty and whose value is its text)."""

    cursor: Cursor
    time_ms: int
    contract: str
    name: str
    party: str
    values: tuple[Any, ...]


def read_cursor(text: str) -> Cursor:
    """Return the cursor that a user typed."""
    found = CURSOR.fullmatch(text)
    if found is None:
        raise CannotTry(
            f"`{text[:40]}` is no cursor", "it is what stands before an event: `17.0.2`"
        )
    return Cursor(*map(int, found.groups()))


def heard_after(store: Store, cursor: Cursor, party: str | None) -> Iterator[Heard]:
    """Yield what happened behind a cursor: events, and the notices of a party if one is named."""
    for height in range(max(1, cursor.height), store.height + 1):
        time_ms = store.header(height).time_ms
        for number, data in enumerate(store.receipts(height)):
            for one in _heard(decode(data), Cursor(height, number, 0), time_ms):
                is_for_them = not one.party or one.party == party
                if one.cursor > cursor and is_for_them:
                    yield one


def _heard(receipt: Any, at: Cursor, time_ms: int) -> Iterator[Heard]:  # noqa: ANN401 -- decoded
    if receipt[0] not in {Kind.CALL, Kind.TIMER}:
        return
    events, notices = receipt[6], receipt[7]
    for place, (contract, name, values) in enumerate(events):
        yield Heard(at._replace(place=place), time_ms, contract, name, "", values)
    for place, (contract, party, text) in enumerate(notices, start=len(events)):
        yield Heard(at._replace(place=place), time_ms, contract, "", party, (text,))


def chain_events(options: argparse.Namespace) -> int:
    """Print what happened behind a cursor, and with `--follow` what happens from then on."""
    last = read_cursor(options.after) if options.after else Cursor(0, 0, 0)
    with reading(options) as node:
        contracts = dict(node.ledger.state.machine.contracts)
        while True:
            for one in heard_after(node.store, last, options.party):
                _print(one, contracts, is_json=options.json)
                last = one.cursor
            sys.stdout.flush()
            if not options.follow:
                return DONE
            time.sleep(POLL_S)


def _print(one: Heard, contracts: dict[str, ContractModel], *, is_json: bool) -> None:
    names = _names(one, contracts)
    if is_json:
        document: dict[str, JsonValue] = {
            "cursor": str(one.cursor),
            "time": show_time(one.time_ms),
            "contract": one.contract,
            **({"event": one.name} if one.name else {"notice_to": one.party}),
            "values": {
                name: receipt_to_json(value) for name, value in zip(names, one.values, strict=True)
            },
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        return
    if one.name:
        told = f"{one.contract}.{one.name}({_shown(one, names, contracts)})"
    else:
        told = f"to {one.party}: {one.values[0]}"
    lead = f"{one.cursor}  {show_time(one.time_ms)}  "
    print_lines([[Piece(lead, "quiet"), Piece(told)]], sys.stdout)


def _names(one: Heard, contracts: dict[str, ContractModel]) -> list[str]:
    if not one.name:
        return ["text"]
    event = contracts[one.contract].events.get(one.name)
    if event is None or len(event.parameters) != len(one.values):
        return [str(place) for place in range(1, len(one.values) + 1)]
    return [name for name, _ in event.parameters]


def _shown(one: Heard, names: list[str], contracts: dict[str, ContractModel]) -> str:
    decimals = decimals_by_unit(contracts.values())
    event = contracts[one.contract].events.get(one.name)
    types = dict(event.parameters) if event is not None else {}
    return ", ".join(
        f"{name}: {show_value(outward_value(value, types.get(name)), types.get(name), decimals)}"
        for name, value in zip(names, one.values, strict=True)
    )
