"""Admission: whether the chain takes a transaction at all, before anybody asks its action.

In come bytes and a time; out comes an envelope whose signatures are good, or why it is not taken,
by the precedence of `NotTaken`. What is looked at is the same for a node that is offered a
transaction, for one that proposes a block and for all that execute it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import TypeAlias

from servanda.chain.pending import add_signatures, check_adds_something, check_may_wait
from servanda.chain.signatures import is_signed
from servanda.chain.state import ChainState
from servanda.chain.transaction import (
    DOMAIN,
    Envelope,
    NotTaken,
    TransactionRefused,
    read_envelope,
    signed_bytes,
)
from servanda.interpreter.values.show import show_text, show_time

KNOWN_BYTES_MAX = 32 << 20
"""So many bytes of envelopes are kept since they were last read, and as many from before."""
PART_COUNT = 256
"""So many signatures are verified in one part: enough to be worth handing over."""

Signed: TypeAlias = "tuple[bytes, bytes, bytes]"
"""A public key, a signature, and what was signed."""
Verify: TypeAlias = "Callable[[list[Signed]], list[bool]]"
Spread: TypeAlias = "Callable[[Verify, Iterable[list[Signed]]], Iterable[list[bool]]]"
"""What applies a function to each of many parts, as `map` does, perhaps beside one another."""


def are_signed(part: list[Signed]) -> list[bool]:
    """Return for each key, signature and signed bytes whether the signature is good."""
    return [is_signed(key, signature, data) for key, signature, data in part]


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
        self._known: dict[bytes, Envelope] = {}
        """Envelopes that have been read, with the keys for which their signatures were found good:
        what is verified first, then proposed and then executed, is read and verified once."""
        self._known_before: dict[bytes, Envelope] = {}
        self._known_bytes = 0

    def new_block(self) -> None:
        """Begin a block, behind what the last one ended."""
        self._ended.clear()

    def verify_ahead(self, transactions: Iterable[bytes], spread: Spread) -> Callable[[], None]:
        """Begin to verify signatures; return what waits until it is done, and takes note of it.

        Whatever `spread` does beside others goes on in between. Nothing depends on its order, and
        nothing is refused here: a signature that was not found good, or not with the key that its
        signer has by then, is looked at again when its transaction is admitted.
        """
        keys = self._state.keys
        asked: list[tuple[Envelope, tuple[bytes, ...]]] = []
        signed: list[Signed] = []
        for data in transactions:
            try:
                envelope = self._read(data)
            except TransactionRefused:
                continue
            signatures = envelope.signatures
            its_keys = tuple([keys[signer] for signer in signatures if signer in keys])
            if len(its_keys) == len(signatures) and its_keys != envelope.good_keys:
                asked.append((envelope, its_keys))
                body = DOMAIN + envelope.body
                signed += zip(its_keys, signatures.values(), repeat(body), strict=False)
        parts = [signed[at : at + PART_COUNT] for at in range(0, len(signed), PART_COUNT)]
        answers = spread(are_signed, parts)

        def finish() -> None:
            found = (is_good for part in answers for is_good in part)
            for envelope, its_keys in asked:
                # Each takes its own from the row, whatever the first of them is.
                are_good = [next(found) for _ in its_keys]
                if all(are_good):
                    envelope.good_keys = its_keys

        return finish

    def _read(self, data: bytes) -> Envelope:
        """Return an envelope, which is read once, however often it is asked for in a while."""
        known = self._known.get(data)
        if known is None:
            known = self._known_before.get(data) or read_envelope(data)
            self._known_bytes += len(data)
            if self._known_bytes > KNOWN_BYTES_MAX:
                # Those of a while ago go; those that are about to run have just been read.
                self._known_before, self._known = self._known, {}
                self._known_bytes = len(data)
            self._known[data] = known
        return known

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
        expiry_ms = transaction.expiry_ms
        if not time_ms < expiry_ms <= time_ms + self._lifetime_ms_max:
            raise _expired(expiry_ms, time_ms)
        name, keys = envelope.digest, self._state.keys
        if name in self._ended or self._has_run(name, expiry_ms):
            raise TransactionRefused(NotTaken.REPLAYED, "it has run, or has lapsed, before")
        if name in self._state.pending:
            check_adds_something(self._state, envelope)
        for signer in transaction.signers:
            if signer not in keys:
                who = show_text(signer, 60)
                raise TransactionRefused(
                    NotTaken.UNKNOWN_SIGNER, f"{who} is no member in good standing"
                )
        if not envelope.signatures:
            raise TransactionRefused(NotTaken.BAD_SIGNATURE, "nobody has signed it")
        its_keys = tuple([keys[signer] for signer in envelope.signatures])
        if envelope.good_keys != its_keys:
            _check_signatures(envelope, its_keys)
        version = self._state.versions.get(transaction.contract)
        if version is not None and version != transaction.version:
            raise TransactionRefused(
                NotTaken.WRONG_VERSION,
                f"it was signed for version {transaction.version} of the contract, and version "
                f"{version} is in force",
            )
        if not envelope.is_complete:
            # What is complete with this envelope does not wait.
            waiting = add_signatures(self._state, envelope)
            if waiting.missing:
                check_may_wait(self._state, waiting)
        return envelope


def _expired(expiry_ms: int, time_ms: int) -> TransactionRefused:
    if expiry_ms <= time_ms:
        return TransactionRefused(NotTaken.EXPIRED, f"it expired at {show_time(expiry_ms)}")
    told = f"it expires at {show_time(expiry_ms)}, later than this chain keeps watch for"
    return TransactionRefused(NotTaken.EXPIRED, told)


def _check_signatures(envelope: Envelope, keys: tuple[bytes, ...]) -> None:
    data = signed_bytes(envelope.body)
    for (signer, signature), key in zip(envelope.signatures.items(), keys, strict=True):
        if not is_signed(key, signature, data):
            raise TransactionRefused(
                NotTaken.BAD_SIGNATURE, f"the signature of {show_text(signer, 60)} is not good"
            )
    envelope.good_keys = keys
