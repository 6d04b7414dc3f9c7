"""Admission: whether the chain takes a transaction at all, before anybody asks its action.

In come bytes and a time; out comes an envelope whose signatures are good, or why it is not taken,
by the precedence of `NotTaken`. What is looked at is the same for a node that is offered a
transaction, for one that proposes a block and for all that execute it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from servanda.chain.pending import add_signatures, check_adds_something, check_may_wait
from servanda.chain.signatures import is_signed
from servanda.chain.state import ChainState
from servanda.chain.transaction import (
    Envelope,
    NotTaken,
    TransactionRefused,
    read_envelope,
    signed_bytes,
)
from servanda.interpreter.values.show import show_text, show_time

VERIFIED_COUNT_MAX = 100_000
ENVELOPES_COUNT_MAX = 10_000
PART_COUNT = 64
"""So many signatures are verified in one part: enough to be worth a thread."""

Signed: TypeAlias = "tuple[bytes, bytes, bytes, bytes]"
"""A key, the hash of a body, a signature, and the body."""
Good: TypeAlias = "tuple[bytes, bytes, bytes]"
Verify: TypeAlias = "Callable[[list[Signed]], list[Good]]"
Spread: TypeAlias = "Callable[[Verify, Iterable[list[Signed]]], Iterable[list[Good]]]"
"""What applies a function to each of many parts, as `map` does, perhaps beside one another."""


class Admission:
    """What a chain takes, as of the members and contracts of its last block."""

    def __init__(
        self,
        chain: bytes,
        state: ChainState,
        lifetime_ms_max: int,
        has_run: Callable[[bytes, int], bool],
    ) -> None:
        self._chain = chain
        self._state = state
        self._lifetime_ms_max = lifetime_ms_max
        self._has_run = has_run
        self._ended: set[bytes] = set()
        """What has ended in the block that is being run; only ever asked whether it is there."""
        self._verified: dict[tuple[bytes, bytes, bytes], None] = {}
        """Signatures found good, by key, body's hash and signature: nothing is verified twice."""
        self._envelopes: dict[bytes, Envelope] = {}

    def new_block(self) -> None:
        """Begin a block, behind what the last one ended."""
        self._ended.clear()

    def verify_all(self, transactions: Iterable[bytes], spread: Spread) -> None:
        """Verify the signatures of many transactions, as far as they can be read at all.

        `spread` may run the parts beside one another: nothing here depends on their order. What is
        not found good is looked at again, and refused, when its transaction is admitted.
        """
        waiting: list[Signed] = []
        for data in transactions:
            try:
                envelope = self._read(data)
            except TransactionRefused:
                continue
            for signer, signature in envelope.signatures.items():
                key = self._state.keys.get(signer)
                if key is not None:
                    waiting.append((key, envelope.digest, signature, envelope.body))
        parts = [waiting[at : at + PART_COUNT] for at in range(0, len(waiting), PART_COUNT)]
        for good in spread(_good, parts):
            for entry in good:
                self._remember(entry)

    def _read(self, data: bytes) -> Envelope:
        """Return an envelope, which is read twice where it is verified first: once is enough."""
        known = self._envelopes.get(data)
        if known is None:
            known = read_envelope(data)
            if len(self._envelopes) >= ENVELOPES_COUNT_MAX:
                self._envelopes.clear()
            self._envelopes[data] = known
        return known

    def _remember(self, entry: tuple[bytes, bytes, bytes]) -> None:
        if len(self._verified) >= VERIFIED_COUNT_MAX:
            self._verified.clear()
        self._verified[entry] = None

    def end(self, transaction: bytes) -> None:
        """Take note that a transaction has ended in this block."""
        self._ended.add(transaction)

    def admit(self, data: bytes, time_ms: int) -> Envelope:
        """Return the envelope of a transaction that a block at a time may take.

        Raises `TransactionRefused`.
        """
        envelope = self._read(data)
        transaction = envelope.transaction
        if transaction.chain != self._chain:
            raise TransactionRefused(
                NotTaken.WRONG_CHAIN, f"it is for the chain {transaction.chain.hex()}"
            )
        self._check_expiry(transaction.expiry_ms, time_ms)
        name = envelope.digest
        if name in self._ended or self._has_run(name, transaction.expiry_ms):
            raise TransactionRefused(NotTaken.REPLAYED, "it has run, or has lapsed, before")
        check_adds_something(self._state, envelope)
        for signer in transaction.signers:
            if signer not in self._state.keys:
                who = show_text(signer, 60)
                raise TransactionRefused(
                    NotTaken.UNKNOWN_SIGNER, f"{who} is no member in good standing"
                )
        self._check_signatures(envelope, name)
        version = self._state.versions.get(transaction.contract)
        if version is not None and version != transaction.version:
            raise TransactionRefused(
                NotTaken.WRONG_VERSION,
                f"it was signed for version {transaction.version} of the contract, and version "
                f"{version} is in force",
            )
        if envelope.missing:
            # What is complete with this envelope does not wait.
            waiting = add_signatures(self._state, envelope)
            if waiting.missing:
                check_may_wait(self._state, waiting)
        return envelope

    def _check_expiry(self, expiry_ms: int, time_ms: int) -> None:
        if expiry_ms <= time_ms:
            raise TransactionRefused(NotTaken.EXPIRED, f"it expired at {show_time(expiry_ms)}")
        if expiry_ms - time_ms > self._lifetime_ms_max:
            raise TransactionRefused(
                NotTaken.EXPIRED,
                f"it expires at {show_time(expiry_ms)}, later than this chain keeps watch for",
            )

    def _check_signatures(self, envelope: Envelope, name: bytes) -> None:
        if not envelope.signatures:
            raise TransactionRefused(NotTaken.BAD_SIGNATURE, "nobody has signed it")
        data = signed_bytes(envelope.body)
        for signer, signature in envelope.signatures.items():
            key = self._state.keys[signer]
            entry = (key, name, signature)
            if entry in self._verified:
                continue
            if not is_signed(key, signature, data):
                raise TransactionRefused(
                    NotTaken.BAD_SIGNATURE, f"the signature of {show_text(signer, 60)} is not good"
                )
            self._remember(entry)


def _good(part: list[Signed]) -> list[Good]:
    return [
        (key, name, signature)
        for key, name, signature, body in part
        if is_signed(key, signature, signed_bytes(body))
    ]
