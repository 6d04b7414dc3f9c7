"""Admission: whether the chain takes a transaction at all, before anybody asks its action.

In come bytes and a time; out comes an envelope whose signatures are good, or why it is not taken,
by the precedence of `NotTaken`. What is looked at is the same for a node that is offered a
transaction, for one that proposes a block and for all that execute it.
"""

from __future__ import annotations

from collections.abc import Callable

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

    def new_block(self) -> None:
        """Begin a block, behind what the last one ended."""
        self._ended.clear()

    def end(self, transaction: bytes) -> None:
        """Take note that a transaction has ended in this block."""
        self._ended.add(transaction)

    def admit(self, data: bytes, time_ms: int) -> Envelope:
        """Return the envelope of a transaction that a block at a time may take.

        Raises `TransactionRefused`.
        """
        envelope = read_envelope(data)
        transaction = envelope.transaction
        if transaction.chain != self._chain:
            raise TransactionRefused(
                NotTaken.WRONG_CHAIN, f"it is for the chain {transaction.chain.hex()}"
            )
        self._check_expiry(transaction.expiry_ms, time_ms)
        name = envelope.hash
        if name in self._ended or self._has_run(name, transaction.expiry_ms):
            raise TransactionRefused(NotTaken.REPLAYED, "it has run, or has lapsed, before")
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
            if len(self._verified) >= VERIFIED_COUNT_MAX:
                self._verified.clear()
            self._verified[entry] = None
