"""Transactions: an action asked for, by whom, on which chain, until when; and who signed it.

In come bytes, out comes a transaction or the refusal of them. The body is what is signed; its hash
names the transaction, whoever has signed it so far. A signature is over the body and a word that
says what it is for, so that it can never pass as the signature of something else.

    body     = [1, chain, contract, version, action, [argument …], [signer …], nonce, expiry,
                attachment]
    envelope = [body, {signer: signature}]        the body as the bytes that were signed
    hash     = SHA-256(body)
    signed   = "servanda transaction" 0x00 body
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from servanda.chain.encoding import Item, Malformed, decode, encode
from servanda.chain.merkle import HASH_BYTES
from servanda.chain.signatures import SIGNATURE_BYTES
from servanda.interpreter.values.times import TIME_MAX_MS

FORMAT = 1
BYTES_MAX = 65_536
SIGNERS_COUNT_MAX = 16
NAME_BYTES_MAX = 128
NONCE_BYTES = 16
DOMAIN = b"servanda transaction\0"
BODY_PARTS = 10

_LENGTHS = {b"\x82\x58": 1, b"\x82\x59": 2}
"""How many bytes the length of a body has, by how its envelope begins."""
_LENGTH_MIN = (0, 24, 256)
"""The least length that has so many bytes of its own."""
_ONE_ENTRY, _TEXT = 0xA1, 0x60
_AROUND_SIGNER = 4
"""So many bytes stand before a signer and between it and its signature."""


class NotTaken(StrEnum):
    """Why the chain does not take a transaction, whatever its action would say; in precedence."""

    TOO_LARGE = "TOO_LARGE"
    MALFORMED = "MALFORMED"
    WRONG_CHAIN = "WRONG_CHAIN"
    EXPIRED = "EXPIRED"
    REPLAYED = "REPLAYED"
    UNKNOWN_SIGNER = "UNKNOWN_SIGNER"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    WRONG_VERSION = "WRONG_VERSION"
    PENDING_FULL = "PENDING_FULL"
    BLOCK_FULL = "BLOCK_FULL"


class TransactionRefused(Exception):  # noqa: N818 -- a refusal is an answer, not an error
    """The chain does not take a transaction: `code` is stable, `message` is for people."""

    def __init__(self, code: NotTaken, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Transaction(NamedTuple):
    """What is signed: `expiry_ms` is the first moment at which it counts no longer.

    `chain` is the hash of the genesis; `signers` are the members who must sign, each once;
    `nonce` is 16 bytes that make it differ from the same action asked for again. `attachment` is
    what an action names by its hash alone: the source of a contract that is deployed.
    """

    chain: bytes
    contract: str
    version: int
    action: str
    arguments: tuple[Item, ...]
    signers: tuple[str, ...]
    nonce: bytes
    expiry_ms: int
    attachment: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the body."""
        return encode((FORMAT, *self))


class Envelope:
    """A transaction with the signatures that it has so far, by the name of the signer."""

    __slots__ = ("body", "digest", "good_keys", "is_complete", "signatures", "transaction")

    def __init__(
        self, body: bytes, transaction: Transaction, signatures: Mapping[str, bytes]
    ) -> None:
        self.body = body
        self.transaction = transaction
        self.signatures = signatures
        self.digest = sha256(body).digest()
        """The hash that names the transaction."""
        self.is_complete = len(signatures) == len(transaction.signers)
        """Whether all have signed: only signers do, and each is named once."""
        self.good_keys: tuple[bytes, ...] = ()
        """The keys with which all signatures were found good, in their order: those are not
        verified again."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Those who must sign and have not."""
        return tuple(one for one in self.transaction.signers if one not in self.signatures)

    def to_bytes(self) -> bytes:
        """Return the envelope as it is sent and kept."""
        return encode((self.body, dict(self.signatures)))


def signed_bytes(body: bytes) -> bytes:
    """Return what a signer of a transaction signs."""
    return DOMAIN + body


def read_envelope(data: bytes) -> Envelope:
    """Return the envelope that bytes hold, or raise `TransactionRefused`."""
    if len(data) > BYTES_MAX:
        raise TransactionRefused(
            NotTaken.TOO_LARGE, f"a transaction has at most {BYTES_MAX:_} bytes, not {len(data):_}"
        )
    body, signatures = _parts_of_one(data) or _parts(data)
    transaction = read_transaction(body)
    for name, signature in signatures.items():
        if name not in transaction.signers:
            raise _malformed("somebody has signed who is not among the signers")
        if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
            raise _malformed(f"a signature has {SIGNATURE_BYTES} bytes")
    return Envelope(body, transaction, signatures)


def _parts(data: bytes) -> tuple[bytes, Mapping[str, Any]]:
    """Return the body of an envelope, and its signatures as far as they are known to be some."""
    match _decoded(data, "the envelope"):
        case (bytes(body), signatures) if isinstance(signatures, Mapping):
            return body, dict(signatures)
    raise _malformed("an envelope holds a body and its signatures")


def _parts_of_one(data: bytes) -> tuple[bytes, Mapping[str, bytes]] | None:
    """Return the same of an envelope with one signature, or None where it is not plainly one.

    Nearly all are: a pair (82) of bytes whose length has one byte or two (58, 59) and a map of one
    (a1), from a text that is shorter than 24 (60 and on) to bytes whose length is 64 (58 40).
    """
    length_bytes = _LENGTHS.get(data[:2])
    if length_bytes is None:
        return None
    at = 2 + length_bytes
    behind = at + int.from_bytes(data[2:at])
    body, rest = data[at:behind], data[behind:]
    size = len(rest) - SIGNATURE_BYTES - _AROUND_SIGNER
    signature_at = size + _AROUND_SIGNER
    if (
        len(body) < _LENGTH_MIN[length_bytes]
        or not 0 <= size < _LENGTH_MIN[1]
        or rest[0] != _ONE_ENTRY
        or rest[1] != _TEXT + size
        or rest[2 + size : signature_at] != b"\x58\x40"
    ):
        return None
    try:
        return body, {rest[2 : 2 + size].decode(): rest[signature_at:]}
    except UnicodeDecodeError:
        return None


def read_transaction(body: bytes) -> Transaction:
    """Return the transaction of a body, or raise `TransactionRefused`."""
    parts = _decoded(body, "the body")
    if type(parts) is not tuple or len(parts) != BODY_PARTS:
        raise _malformed(f"the body of a transaction has {BODY_PARTS} parts")
    form, chain, contract, version, action, arguments, signers, nonce, expiry_ms, attached = parts
    if form != FORMAT or type(form) is not int:
        raise _malformed("this is no transaction of a format that is known here")
    if type(chain) is not bytes or len(chain) != HASH_BYTES:
        raise _malformed("a chain is named by the hash of its genesis")
    if not _is_name(contract) or not _is_name(action):
        raise _malformed(f"a contract and an action have a name of up to {NAME_BYTES_MAX} bytes")
    if type(version) is not int or version < 1:
        raise _malformed("a version is a whole number from 1")
    if type(arguments) is not tuple:
        raise _malformed("the arguments are a list")
    _check_signers(signers)
    if type(nonce) is not bytes or len(nonce) != NONCE_BYTES:
        raise _malformed(f"a nonce has {NONCE_BYTES} bytes")
    if type(expiry_ms) is not int or not 0 <= expiry_ms <= TIME_MAX_MS:
        raise _malformed("an expiry is a moment")
    if type(attached) is not bytes:
        raise _malformed("an attachment is a row of bytes")
    # One is made for every call: what was decoded is the transaction, but for its format.
    return tuple.__new__(Transaction, parts[1:])


def _check_signers(signers: Item) -> None:
    if type(signers) is not tuple or not 1 <= len(signers) <= SIGNERS_COUNT_MAX:
        raise _malformed(f"a transaction has 1 to {SIGNERS_COUNT_MAX} signers")
    for one in signers:
        if not _is_name(one) or (len(signers) > 1 and signers.count(one) > 1):
            raise _malformed("each signer is named once")


def _is_name(item: Item) -> bool:
    if type(item) is not str or not item:
        return False
    return len(item if item.isascii() else item.encode()) <= NAME_BYTES_MAX


def _decoded(data: bytes, what: str) -> Item:
    try:
        return decode(data)
    except Malformed as malformed:
        raise _malformed(f"{what} cannot be read: {malformed}") from None


def _malformed(message: str) -> TransactionRefused:
    return TransactionRefused(NotTaken.MALFORMED, message)
