"""Receipts as a block keeps them: what became of each transaction, timer and waiting signature.

In come receipts of a machine and answers of the chain; out come the arrays whose hashes stand in
the receipt tree, in the order in which things happened.

    done or refused   [0, transaction, code, message, clause, value, events, notices, cost]
    a timer           [1, [contract, timer, record, key, due], code, message, clause, null,
                          events, notices, cost]
    waiting           [2, transaction, [signer that is missing …]]
    lapsed            [3, transaction]
    not taken         [4, SHA-256 of the bytes, code, message]

    clause = [source, from, to] in characters, or null; code = null when it was done
    event  = [contract, name, [value …]];  notice = [contract, party, text]
"""

from __future__ import annotations

from enum import IntEnum

from servanda.chain.arguments import item_of, items_of
from servanda.chain.encoding import Item, encode
from servanda.chain.merkle import hash_of
from servanda.chain.transaction import TransactionRefused
from servanda.interpreter.receipts import Receipt


class Kind(IntEnum):
    """What a receipt is of."""

    CALL = 0
    TIMER = 1
    WAITING = 2
    LAPSED = 3
    NOT_TAKEN = 4


def receipt_of_call(transaction: bytes, receipt: Receipt) -> bytes:
    """Return the receipt of a transaction that ran, by its hash."""
    return encode((int(Kind.CALL), transaction, *_outcome(receipt)))


def receipt_of_timer(receipt: Receipt) -> bytes:
    """Return the receipt of a timer."""
    firing = receipt.firing
    assert firing is not None, "this is the receipt of a timer"
    what = (firing.contract, firing.title, firing.record.name, item_of(firing.key), firing.due_ms)
    return encode((int(Kind.TIMER), what, *_outcome(receipt)))


def receipt_of_waiting(transaction: bytes, missing: tuple[str, ...]) -> bytes:
    """Return the receipt of a transaction that lacks signatures."""
    return encode((int(Kind.WAITING), transaction, missing))


def receipt_of_lapse(transaction: bytes) -> bytes:
    """Return the receipt of a transaction whose signatures did not come in time."""
    return encode((int(Kind.LAPSED), transaction))


def receipt_of_refused(data: bytes, refused: TransactionRefused) -> bytes:
    """Return the receipt of bytes that the chain did not take as a transaction."""
    return encode((int(Kind.NOT_TAKEN), hash_of(data), str(refused.code), refused.message))


def _outcome(receipt: Receipt) -> tuple[Item, ...]:
    span = receipt.span
    clause = None if span is None else (span.source, span.start, span.end)
    events = tuple([(one.contract, one.name, items_of(one.values)) for one in receipt.events])
    notices = tuple([(one.contract, one.party, one.text) for one in receipt.notices])
    value = item_of(receipt.value)
    return (receipt.code, receipt.message, clause, value, events, notices, receipt.cost)
