"""The blocks of a run: the calls of a script as signed transactions, in blocks of a chain.

In come calls and times; out come receipts, once they stand in a block. A run that was interrupted
goes on where its last block ended: it is run again from where it began, its calls are found in the
blocks that it has made, and behind the last of them it makes new ones. So nothing is done twice.

# INVARIANT: the transaction of a call is worked out from the chain, where the run began, the number
of the call and the time of its block alone, so that the same run makes the same transactions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.arguments import items_of
from servanda.chain.block import Block
from servanda.chain.encoding import decode, encode
from servanda.chain.ledger import Ledger
from servanda.chain.merkle import hash_of
from servanda.chain.past import KeptFrom
from servanda.chain.receipt import Kind
from servanda.chain.sealed import NotOpened
from servanda.chain.transaction import (
    NONCE_BYTES,
    Envelope,
    NotTaken,
    Transaction,
    TransactionRefused,
    read_envelope,
)
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.receipts import Call, Receipt
from servanda.interpreter.values.sealed import Sealed
from servanda.node import Node, Zones
from servanda.on_chain.outcomes import Outcome, receipt_of
from servanda.on_chain.session import LIFETIME_MS, block_time_ms, signed_with
from servanda.sealing import SteadySealing, sealed_call

BLOCK_COUNT_MAX = 1_000
"""So many transactions a run puts into one block."""


class Keys(Protocol):
    """The private keys of members."""

    def __call__(self, name: str) -> Ed25519PrivateKey:
        """Return the key with which a member signs."""

    def open(self, name: str, sealed: Sealed) -> X25519PrivateKey:
        """Return the key with which a member opens a value. Raises `NotOpened`."""


class CannotGoOn(Exception):  # noqa: N818 -- what differs is the script or its data
    """A run that was interrupted is not the one that goes on; the message says where they part."""


class TimeHasPassed(Exception):  # noqa: N818 -- what has changed is the chain
    """Others have made a block later than the time at which a run would go on."""


class RunBlocks:
    """The blocks of one run, which began behind the block `start`."""

    def __init__(self, node: Node, keys: Keys, start: int) -> None:
        self.node = node
        self._keys = keys
        self.start = start
        self._last = node.ledger.info.height
        """The last block that there was when the run began, or began again."""
        self._kept: KeptFrom | None = None
        if start < self._last:
            self._kept = KeptFrom(node.genesis, Zones(), node.store, start)
            node.ledger = Ledger(node.genesis, Zones(), self._kept)
        self._again: Block | None = None
        """The block that is being run again."""
        self._left: deque[bytes] = deque()
        """The transactions of that block which have not been run again yet."""
        self.is_dated = False
        """Whether the run says when its blocks are; else they are when the clock says."""
        self._ahead_ms = 0
        """By how much blocks that overflowed are ahead of what the run said."""
        self._is_open = False
        self._count = 0
        self._sealing = SteadySealing(node.ledger.chain, keys.open, keys, start)
        self._number = 0
        """The number of the last call."""
        self.timers: list[Receipt] = []
        """What came of timers since this was last emptied."""

    @property
    def ledger(self) -> Ledger:
        """The ledger that the run acts on."""
        return self.node.ledger

    @property
    def machine(self) -> Machine:
        """Its machine."""
        return self.node.ledger.state.machine

    # ── time ──────────────────────────────────────────────────────────────────────────────────

    def move_to(self, time_ms: int) -> None:
        """Make blocks at every moment up to a time at which something falls due, and one then.

        The last of them stays open. Raises `TimeHasPassed` behind a later block of others.
        """
        self.is_dated = True
        if time_ms < self.machine.now - self._ahead_ms:
            raise TimeHasPassed
        while self.machine.now < time_ms:
            due = self.machine.next_due()
            self._ahead_ms = 0
            self._begin(time_ms if due is None else min(due, time_ms))

    def _begin(self, time_ms: int | None) -> None:
        """Begin a block at a time, or (None) behind the last."""
        self.end()
        while self.ledger.info.height < self._last:
            block = self.node.store.block(self.ledger.info.height + 1)
            self._again, self._left = block, deque(block.transactions)
            self._open(block.header.time_ms)
            if time_ms is None or block.header.time_ms == time_ms:
                return
            self.end()  # It is not of this run, or that is told.
        if time_ms is not None and time_ms <= self.machine.now:
            raise TimeHasPassed
        if time_ms is None:
            time_ms = self.machine.now + 1 if self.is_dated else block_time_ms(self.node)
        self._open(time_ms)

    def _open(self, time_ms: int) -> None:
        if self.is_dated and time_ms == self.machine.now + 1:
            self._ahead_ms += 1
        due = self.node.begin(time_ms)
        self._is_open, self._count = True, 0
        self._note_timers(due)

    def _note_timers(self, receipts: Iterable[bytes]) -> None:
        contracts = self.machine.contracts
        for number, data in enumerate(receipts):
            item: Any = decode(data)
            if item[0] == Kind.TIMER:
                self.timers.append(receipt_of(Outcome(0, number, item, None), contracts))

    def end(self) -> None:
        """End the block that is open, and keep it unless it was kept before."""
        if not self._is_open:
            return
        while self._left:
            self._pass_over(self._left.popleft(), self._number + 1)
        self._is_open = False
        execution = self.ledger.end()
        again, self._again = self._again, None
        if again is None:
            self.node.keep(execution)
        elif execution.header != again.header:
            raise CannotGoOn(f"block {again.header.height:,} does not come out as it did")
        if self._kept is not None:
            self._kept.advance(execution)
        self.ledger.commit()

    # ── calls ─────────────────────────────────────────────────────────────────────────────────

    def run(self, call: Call) -> Receipt:
        """Run a call in the block that is open, or in the next where that is full.

        Raises `NotOpened` for what cannot be sealed.
        """
        self._number += 1
        while True:
            if not self._is_open or self._count >= BLOCK_COUNT_MAX:
                self._begin(None)
            envelope = self._sealed_envelope(call)
            if self._again is not None and not (envelope and self._find(envelope)):
                self._begin(None)
                continue
            assert envelope is not None, "what cannot be sealed in a new block is told"
            item, early = self._take(envelope.to_bytes())
            if item[0] == Kind.NOT_TAKEN and item[2] == NotTaken.BLOCK_FULL:
                self._begin(None)
                continue
            self._note_timers(early)
            return self._receipt(call, envelope, item)

    def _take(self, data: bytes) -> tuple[Any, tuple[bytes, ...]]:
        """Run a transaction; return its receipt, and those of the timers that it ran early."""
        count = len(self.ledger.receipts())
        item = decode(self.ledger.take(data))
        self._count += 1
        return item, self.ledger.receipts(count)

    def _find(self, envelope: Envelope) -> bool:
        """Go on to a call in a block that is run again; False where it is not in it."""
        while self._left:
            data = self._left.popleft()
            if data == envelope.to_bytes():
                return True
            self._pass_over(data, self._number)
        return False

    def _pass_over(self, data: bytes, number: int) -> None:
        """Run what is not of this run, or what came to nothing when it was."""
        item, early = self._take(data)
        self._note_timers(early)
        if _nonce_of(data) == self._nonce(number) and _has_done(item):
            raise CannotGoOn(f"call {number:,} is another one than in block {self._height:,}")

    @property
    def _height(self) -> int:
        return self.ledger.info.height + 1

    def _nonce(self, number: int) -> bytes:
        named = encode(("servanda run", self.ledger.chain, self.start, number))
        return hash_of(named)[:NONCE_BYTES]

    def _sealed_envelope(self, call: Call) -> Envelope | None:
        """Return a call signed, and sealed to the keys of the block that is open.

        None: it could not be sealed in a block that is run again, and so is not in that one.
        """
        self._sealing.begin_call(self._number)
        try:
            return self._envelope(sealed_call(self.machine, call, self._sealing))
        except NotOpened:
            if self._again is None:
                raise
            return None

    def _envelope(self, call: Call) -> Envelope:
        transaction = Transaction(
            chain=self.ledger.chain,
            contract=call.contract,
            version=self.ledger.state.versions[call.contract],
            action=call.action,
            arguments=items_of(call.arguments),
            signers=call.signers,
            nonce=self._nonce(self._number),
            expiry_ms=self.machine.now + LIFETIME_MS,
        )
        return signed_with(transaction, {one: self._keys(one) for one in call.signers})

    def _receipt(self, call: Call, envelope: Envelope, item: Any) -> Receipt:  # noqa: ANN401
        if item[0] == Kind.NOT_TAKEN:
            return Receipt(call.action, item[2], item[3], None, None, (), (), 0)
        outcome = Outcome(0, 0, item, envelope.transaction)
        return receipt_of(outcome, self.machine.contracts)


def _nonce_of(data: bytes) -> bytes:
    try:
        return read_envelope(data).transaction.nonce
    except TransactionRefused:
        return b""


def _has_done(item: Any) -> bool:  # noqa: ANN401 -- what was decoded
    """Whether a receipt tells that something was done, or waits to be."""
    return item[0] == Kind.WAITING or (item[0] == Kind.CALL and item[2] is None)
