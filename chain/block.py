"""Blocks: a header that commits to everything, the transactions, and the seals.

In come bytes, out come blocks or `Malformed`. A header is hashed; its seals are signatures of those
whom the genesis names, over the header and a word that says what they are for.

    header = [1, chain, height, time, previous, transactions, receipts, state]
    block  = [header, [envelope …], {sealer: signature}]          the header as the bytes hashed
    sealed = "servanda block" 0x00 header
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.merkle import HASH_BYTES, hash_of
from servanda.chain.signatures import is_signed
from servanda.interpreter.values.times import TIME_MAX_MS

FORMAT = 1
DOMAIN = b"servanda block\0"
HEADER_PARTS = 8


@dataclass(frozen=True, slots=True)
class Header:
    """What a block commits to: its place, its time, and the roots of its three trees."""

    chain: bytes
    height: int
    time_ms: int
    previous: bytes
    transactions: bytes
    receipts: bytes
    state: bytes

    def to_bytes(self) -> bytes:
        """Return the bytes that are hashed and sealed."""
        return encode(
            (
                *(FORMAT, self.chain, self.height, self.time_ms),
                *(self.previous, self.transactions, self.receipts, self.state),
            )
        )

    @property
    def hash(self) -> bytes:
        """The hash that names the block."""
        return hash_of(self.to_bytes())


@dataclass(frozen=True, slots=True)
class Block:
    """A header with its transactions, as they came, and the seals by name."""

    header: Header
    transactions: tuple[bytes, ...]
    seals: Mapping[str, bytes]

    def to_bytes(self) -> bytes:
        """Return the block as it is kept and sent."""
        return encode((self.header.to_bytes(), self.transactions, dict(self.seals)))


def sealed_bytes(header: bytes) -> bytes:
    """Return what a sealer signs."""
    return DOMAIN + header


def good_seals(
    header: Header, seals: Mapping[str, bytes], sealers: Mapping[str, bytes]
) -> list[str]:
    """Return the names of the sealers whose seal is good."""
    data = sealed_bytes(header.to_bytes())
    return [
        name
        for name, seal in seals.items()
        if name in sealers and is_signed(sealers[name], seal, data)
    ]


def read_header(data: bytes) -> Header:
    """Return the header of its bytes, or raise `Malformed`."""
    match decode(data):
        case (
            int(form),
            bytes(chain),
            int(height),
            int(time_ms),
            bytes(previous),
            bytes(transactions),
            bytes(receipts),
            bytes(state),
        ):
            header = Header(chain, height, time_ms, previous, transactions, receipts, state)
            hashes = (chain, previous, transactions, receipts, state)
            are_numbers = type(form) is type(height) is type(time_ms) is int
            if (
                are_numbers
                and form == FORMAT
                and height >= 0
                and 0 <= time_ms <= TIME_MAX_MS
                and all(len(one) == HASH_BYTES for one in hashes)
            ):
                return header
    raise Malformed("it is no header of a block")


def read_block(data: bytes) -> Block:
    """Return the block of its bytes, or raise `Malformed`."""
    match decode(data):
        case (bytes(header), tuple(transactions), seals) if isinstance(seals, Mapping):
            envelopes = tuple([one for one in transactions if type(one) is bytes])
            good = {name: one for name, one in seals.items() if type(one) is bytes}
            if len(envelopes) == len(transactions) and len(good) == len(seals):
                return Block(read_header(header), envelopes, good)
    raise Malformed("it is no block")
