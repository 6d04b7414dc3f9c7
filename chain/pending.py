"""Pending transactions: those that wait on the chain for signatures that are missing.

In come envelopes; out comes whether a transaction can run now, and which lapse. A signature counts
as long as its key is that of the signer: who is given a new key, since the old one may be stolen,
signs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from servanda.chain.state import ChainState
from servanda.chain.transaction import (
    Envelope,
    NotTaken,
    Transaction,
    TransactionRefused,
    read_transaction,
)
from servanda.interpreter.values.show import show_text

WAITING_COUNT_MAX = 64
"""So many transactions may wait with a member's signature: what waits is kept by everybody."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction that waits, with its signatures and the keys that made them, by signer."""

    digest: bytes
    body: bytes
    transaction: Transaction
    signed: Mapping[str, tuple[bytes, bytes]]

    @property
    def missing(self) -> tuple[str, ...]:
        """Those who must still sign."""
        return tuple(one for one in self.transaction.signers if one not in self.signed)


def find_waiting(state: ChainState, transaction: bytes) -> Waiting | None:
    """Return a transaction that waits, by its hash, with the signatures that still count."""
    kept: Any = state.pending.get(transaction)
    if kept is None:
        return None
    body, signed = kept
    good = {name: one for name, one in signed.items() if state.keys.get(name) == one[0]}
    return Waiting(transaction, body, read_transaction(body), good)


def all_waiting(state: ChainState) -> list[Waiting]:
    """Return what waits; what expires first stands first."""
    found = [one for name in state.pending if (one := find_waiting(state, name)) is not None]
    return sorted(found, key=lambda one: (one.transaction.expiry_ms, one.digest))


def add_signatures(state: ChainState, envelope: Envelope) -> Waiting:
    """Return what waits when the signatures of an envelope, which are good, have been added."""
    name = envelope.digest
    found = find_waiting(state, name)
    signed = {} if found is None else dict(found.signed)
    for signer, signature in envelope.signatures.items():
        signed[signer] = (state.keys[signer], signature)
    return Waiting(name, envelope.body, envelope.transaction, signed)


def check_adds_something(state: ChainState, envelope: Envelope) -> None:
    """Refuse what waits already with these very signatures: anybody could send it again.

    Raises `TransactionRefused`.
    """
    found = find_waiting(state, envelope.digest)
    if found is None or not envelope.signatures:
        return
    if all(name in found.signed for name in envelope.signatures):
        raise TransactionRefused(
            NotTaken.REPLAYED, f"it is here, and waits for {', '.join(found.missing)}"
        )


def check_may_wait(state: ChainState, waiting: Waiting) -> None:
    """Refuse what would wait for a member who makes the chain keep too much already.

    Raises `TransactionRefused`.
    """
    before = find_waiting(state, waiting.digest)
    for name in waiting.signed:
        is_new = before is None or name not in before.signed
        if is_new and state.pending.count_of(name) >= WAITING_COUNT_MAX:
            raise TransactionRefused(
                NotTaken.PENDING_FULL,
                f"{WAITING_COUNT_MAX} transactions wait already with the signature of "
                f"{show_text(name, 60)}",
            )


def keep_waiting(state: ChainState, waiting: Waiting) -> None:
    """Let a transaction wait for who is missing."""
    state.set_pending(waiting.digest, (waiting.body, dict(waiting.signed)))


def end_waiting(state: ChainState, transaction: bytes) -> None:
    """Let a transaction wait no longer: it runs, or it has lapsed."""
    if transaction in state.pending:
        state.set_pending(transaction, None)
