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
BLOCK_PARTS = 3
SEALS_BYTES_MAX = 65_536
"""Room for a hundred sealers with long names."""


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
    """Return the block of its bytes, or raise `Malformed`.

    It is read part by part, and the parts are byte strings: a block of many megabytes that holds
    something else would be a hundred times as large in memory before anybody could refuse it.
    """
    at = _past_head(data, 0, ARRAY, BLOCK_PARTS)
    header, at = _byte_string(data, at)
    count, at = _head(data, at, ARRAY)
    if count > len(data) - at:
        raise Malformed("it ends too early")
    transactions = []
    for _ in range(count):
        one, at = _byte_string(data, at)
        transactions.append(one)
    if len(data) - at > SEALS_BYTES_MAX:
        raise Malformed("its seals are too large")
    seals = decode(data[at:])
    if not isinstance(seals, Mapping):
        raise Malformed("it is no block")
    good = {name: one for name, one in seals.items() if type(one) is bytes}
    block = Block(read_header(header), tuple(transactions), good)
    if len(good) != len(seals) or block.to_bytes() != data:
        raise Malformed("it is not in the one canonical form")
    return block


# ── CBOR, part by part (RFC 8949, section 3) ──────────────────────────────────────────────────

ARRAY, BYTE_STRING = 4, 2
"""Major types."""
SHORT_MAX = 23
"""A smaller number stands in the first byte itself."""
SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
"""How many bytes a larger number has, by what the first byte says."""


def _head(data: bytes, at: int, major: int) -> tuple[int, int]:
    """Return the number in the head of an item of a major type, and where the head ends."""
    first = data[at] if at < len(data) else 0
    if first >> 5 != major:
        raise Malformed("it is no block")
    short = first & 31
    if short <= SHORT_MAX:
        return short, at + 1
    end = at + 1 + SIZES.get(short, len(data))
    if end > len(data):
        raise Malformed("it ends too early")
    return int.from_bytes(data[at + 1 : end]), end


def _past_head(data: bytes, at: int, major: int, number: int) -> int:
    """Return where a head of this major type and number ends."""
    found, end = _head(data, at, major)
    if found != number:
        raise Malformed("it is no block")
    return end


def _byte_string(data: bytes, at: int) -> tuple[bytes, int]:
    """Return a byte string, and where it ends."""
    size, start = _head(data, at, BYTE_STRING)
    if size > len(data) - start:
        raise Malformed("it ends too early")
    return data[start : start + size], start + size
