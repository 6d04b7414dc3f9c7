"""`chain relay`: proofs are carried from chain to chain by somebody who is trusted with nothing.

It reads the one chain, finds what the contracts on the other wait for (`errands.py`), tries each
action and sends those that would be done, signed with a key of its own. It keeps nothing: started
anew, started twice or started late, it finds what is left to do. What it could do wrong, the chain
that it sends to refuses.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from servanda.chain.encoding import decode
from servanda.chain.receipt import Kind
from servanda.chain.store import StoreFailed
from servanda.chain.transaction import Envelope, TransactionRefused
from servanda.chain.typed import Asked
from servanda.diagnostic_json import JsonValue, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.refusals import Code
from servanda.node import Node
from servanda.on_chain.act import transaction_of
from servanda.on_chain.errands import (
    WOULD_BE_DONE,
    Delivery,
    deliveries,
    errands_of,
    prove,
    try_out,
)
from servanda.on_chain.session import (
    CannotTry,
    block_time_ms,
    sealer_of,
    signed_with,
    signing_key,
    typed_time_ms,
)
from servanda.styled_lines import Piece, print_lines
from servanda.value_text import show_value

BLOCK_COUNT_MAX = 100
"""So many deliveries are sent in one block."""


class Sent(NamedTuple):
    """A delivery that was sent: in which block, and the refusal that it met, if any."""

    delivery: Delivery
    height: int
    code: str | None
    message: str


@dataclass(slots=True)
class Pass:
    """What one look at the two chains came to; `waiting` counts what is not due, by its refusal."""

    sent: list[Sent] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)

    @property
    def is_refused(self) -> bool:
        """Whether the chain refused what would have been done a moment before."""
        return any(one.code is not None for one in self.sent)


class Relayer:
    """Somebody with a key on the chain that proofs are carried to."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._origin, self._folder = options.origin, options.folder
        self._actions: tuple[str, ...] = tuple(options.action)
        self._time_ms = typed_time_ms(options)
        self._sealer = sealer_of(options)
        self._keys: Mapping[str, Ed25519PrivateKey] = {
            name: signing_key(options, name) for name in options.signer
        }
        self._done: set[tuple[str, str, Any]] = set()
        """What was delivered once can be forgotten by nobody; it is only ever looked up here."""

    def carry(self) -> Pass:
        """Carry all that is due. Raises `StoreFailed` and `CannotTry`."""
        found = Pass()
        with closing(Node(self._origin)) as origin, closing(self._due(origin, found)) as due:
            # Each hundred is sent as it is found: never are the proofs of all in memory at once.
            while some := list(islice(due, BLOCK_COUNT_MAX)):
                self._send(some, found)
        return found

    def _due(self, origin: Node, found: Pass) -> Generator[tuple[Delivery, bytes]]:
        """Yield the deliveries that would be done now, with their proofs."""
        with closing(Node(self._folder)) as here:
            errands = errands_of(here.ledger.state.machine, origin.ledger.chain, self._actions)
            if not errands:
                raise CannotTry(
                    f"nothing in `{self._folder}` waits for a proof of `{self._origin}`",
                    "a contract takes proofs of a chain that was bound: see `servanda chain bind`",
                )
            if origin.store.height < 1:
                return
            machine = here.ledger.state.machine
            here.time_ms = self._time_ms
            machine.advance(block_time_ms(here))
            for errand in errands:
                for delivery in deliveries(errand, origin, here):
                    name = (errand.contract, errand.action.name, delivery.proved)
                    if name in self._done:
                        continue
                    proof = prove(delivery, origin)
                    code = try_out(delivery, proof, tuple(self._keys), machine).code
                    if code == WOULD_BE_DONE:
                        yield delivery, proof
                    elif code == Code.DUPLICATE_KEY:
                        # Records are never removed, so that this one never will be due again.
                        self._done.add(name)
                    else:
                        found.waiting[str(code)] += 1

    def _send(self, due: list[tuple[Delivery, bytes]], found: Pass) -> None:
        """Run deliveries in a block, in which others may have been faster."""
        with closing(Node(self._folder, self._sealer)) as here:
            here.time_ms = self._time_ms
            envelopes = [self._signed(here, *one).to_bytes() for one in due]
            here.begin(block_time_ms(here))
            receipts: list[Any] = [decode(here.take(one)) for one in envelopes]
            height = here.end()
        for (delivery, _), receipt in zip(due, receipts, strict=True):
            code, message = (
                (receipt[2], receipt[3])
                if receipt[0] in {Kind.CALL, Kind.NOT_TAKEN}
                else ("WAITING", "it waits for other signatures")
            )
            found.sent.append(Sent(delivery, height, code, message))

    def _signed(self, here: Node, delivery: Delivery, proof: bytes) -> Envelope:
        errand = delivery.errand
        arguments = delivery.arguments(proof)
        asked = Asked(tuple(self._keys), errand.contract, errand.action.name, arguments)
        return signed_with(transaction_of(here, asked), self._keys)


def chain_relay(options: argparse.Namespace) -> int:
    """Carry what is due, and with `--follow` what becomes due from then on."""
    relayer = Relayer(options)
    while True:
        try:
            found = relayer.carry()
        except (StoreFailed, TransactionRefused) as failed:
            if not options.follow:
                raise
            # Somebody else makes a block just now, or has just suspended us: it is tried again.
            _tell_waiting(str(failed))
        else:
            _tell(found, options)
            if not options.follow:
                return SAID_NO if found.is_refused else DONE
        sys.stdout.flush()
        time.sleep(options.every)


def _tell_waiting(why: str) -> None:
    print_lines([[Piece("… ", "warning"), Piece(visible_text(why))]], sys.stderr)


def _tell(found: Pass, options: argparse.Namespace) -> None:
    """Tell what was carried; with `--follow` only where there is something to tell."""
    if options.json:
        if found.sent or not options.follow:
            write_json(_to_json(found), sys.stdout)
        return
    for one in found.sent:
        sign = Piece("✔ ", "good") if one.code is None else Piece(f"✘ {one.code}", "error")
        told = "" if one.code is None else f": {one.message} "
        where = Piece(f"  block {one.height:,}", "quiet")
        print_lines(
            [[sign, Piece(visible_text(f"{told}{_shown(one.delivery)}")), where]], sys.stdout
        )
    if not options.follow:
        why = ", ".join(f"{code} {count}" for code, count in sorted(found.waiting.items()))
        done = sum(one.code is None for one in found.sent)
        rest = f", {sum(found.waiting.values())} not due: {why}" if why else ""
        print_lines([[Piece(f"{done} carried{rest}")]], sys.stdout)


def _shown(delivery: Delivery) -> str:
    errand = delivery.errand
    record = f"{errand.proof.contract}.{errand.proof.record}"
    keys = delivery.proved if isinstance(delivery.proved, tuple) else (delivery.proved,)
    parts = ", ".join(show_value(one, None, {}) for one in keys)
    return f"{errand.contract}.{errand.action.name}: {record}[{parts}]"


def _to_json(found: Pass) -> dict[str, JsonValue]:
    return {
        "carried": [
            {
                "contract": one.delivery.errand.contract,
                "action": one.delivery.errand.action.name,
                "proof_of": _shown(one.delivery).partition(": ")[2],
                "height": one.height,
                "code": one.code,
                "message": one.message,
            }
            for one in found.sent
        ],
        "not_due": dict(found.waiting),
    }
