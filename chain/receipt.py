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
from functools import lru_cache
from typing import Any

from servanda.chain.arguments import item_of
from servanda.chain.encoding import array_head, encode, encode_array
from servanda.chain.merkle import hash_of
from servanda.chain.transaction import TransactionRefused
from servanda.interpreter.receipts import Amount, Event, Receipt


class Kind(IntEnum):
    """What a receipt is of."""

    CALL = 0
    TIMER = 1
    WAITING = 2
    LAPSED = 3
    NOT_TAKEN = 4


_PAIR = array_head(2)
PARTS_COUNT = 9
"""So many parts has the receipt of a call or a timer; each is encoded by itself, and joined."""
NAMES_KEPT_MAX = 10_000

_NOTHING, _NONE = encode(None), encode(())
_DONE = encode(None) + encode("") + encode(None)
_CALL = array_head(PARTS_COUNT) + encode(int(Kind.CALL))
_TIMER = array_head(PARTS_COUNT) + encode(int(Kind.TIMER))


def receipt_of_call(transaction: bytes, receipt: Receipt) -> bytes:
    """Return the receipt of a transaction that ran, by its hash."""
    return _CALL + encode(transaction) + _outcome(receipt)


def receipt_of_timer(receipt: Receipt) -> bytes:
    """Return the receipt of a timer."""
    firing = receipt.firing
    assert firing is not None, "this is the receipt of a timer"
    what = (firing.contract, firing.title, firing.record.name, item_of(firing.key), firing.due_ms)
    return _TIMER + encode(what) + _outcome(receipt)


def receipt_of_waiting(transaction: bytes, missing: tuple[str, ...]) -> bytes:
    """Return the receipt of a transaction that lacks signatures."""
    return encode((int(Kind.WAITING), transaction, missing))


def receipt_of_lapse(transaction: bytes) -> bytes:
    """Return the receipt of a transaction whose signatures did not come in time."""
    return encode((int(Kind.LAPSED), transaction))


def receipt_of_refused(data: bytes, refused: TransactionRefused) -> bytes:
    """Return the receipt of bytes that the chain did not take as a transaction."""
    return encode((int(Kind.NOT_TAKEN), hash_of(data), str(refused.code), refused.message))


def _outcome(receipt: Receipt) -> bytes:
    """Return the encoded parts of a receipt from its code on, one after another."""
    code, span, events = receipt.code, receipt.span, receipt.events
    # What leaves a contract has a type of the contract; as an item it is encoded as it is.
    value: Any = receipt.value
    if code is None and span is None:
        what = _DONE
    else:
        clause = None if span is None else (span.source, span.start, span.end)
        what = encode(code) + encode(receipt.message) + encode(clause)
    return b"".join(
        (
            what,
            _NOTHING if value is None else encode(value),
            encode_array([_event(one) for one in events]) if events else _NONE,
            encode(receipt.notices) if receipt.notices else _NONE,
            encode(receipt.cost),
        )
    )


def _event(event: Event) -> bytes:
    # Of the values most are texts, which are encoded at once, or money.
    values: Any = event.values
    parts = [encode(one) if type(one) is not Amount else _amount(one) for one in values]
    return _named(event.contract, event.name) + encode_array(parts)


def _amount(amount: Amount) -> bytes:
    steps, unit = amount
    return _PAIR + encode(steps) + encode(unit)


@lru_cache(NAMES_KEPT_MAX)
def _named(contract: str, name: str) -> bytes:
    """Return the encoding of an event up to its values: there are few names, and many events."""
    return encode((contract, name, None))[: -len(_NOTHING)]
