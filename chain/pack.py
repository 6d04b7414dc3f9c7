"""Packs: a whole chain in one file, to be carried to a machine that has only the program.

In come the genesis and the blocks; out comes a row of frames, and back. A frame is its length in
four bytes, big-endian, and its bytes; the first holds the genesis document, each further one a
block, and an empty one ends the pack, so that one that was cut off is not taken for a shorter one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from servanda.chain.block import SEALS_BYTES_MAX
from servanda.chain.genesis import BYTES_MAX as GENESIS_BYTES_MAX
from servanda.chain.genesis import BadGenesis, Genesis, read_genesis
from servanda.chain.transaction import BYTES_MAX
from servanda.interpreter.costs import BYTE_STEPS, TRANSACTION_STEPS

MAGIC = b"servanda pack 1\n"
LENGTH_BYTES = 4
READ_BYTES_MAX = 1_048_576
HEAD_BYTES_MAX = 9

Read = Callable[[int], bytes]


class BadPack(ValueError):  # noqa: N818 -- what is wrong is the file, not the program
    """A file is no whole pack; the message says where it breaks."""


def pack(genesis: Genesis, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a pack, part by part."""
    yield MAGIC
    for data in chain([genesis.to_json().encode()], blocks):
        yield len(data).to_bytes(LENGTH_BYTES)
        yield data
    yield bytes(LENGTH_BYTES)


def unpack(read: Read) -> tuple[Genesis, Iterator[bytes]]:
    """Return the genesis of a pack, and its blocks as they are read. Raises `BadPack`."""
    if read(len(MAGIC)) != MAGIC:
        raise BadPack("it does not begin as a pack of a form that is known here")
    document = _frame(read, "the genesis", GENESIS_BYTES_MAX)
    try:
        genesis = read_genesis((document or b"").decode())
    except UnicodeDecodeError:
        raise BadPack("its genesis is no text in UTF-8") from None
    except BadGenesis as bad:
        raise BadPack(f"its genesis: {bad}") from None
    return genesis, _blocks(read, block_bytes_max(genesis))


def block_bytes_max(genesis: Genesis) -> int:
    """Return how many bytes a block of a chain has at most: its steps pay for what it holds."""
    steps_max = genesis.parameters.block_steps_max
    # The last transaction of a block may spend more than is left; each has a head of its own.
    transactions = steps_max // BYTE_STEPS + BYTES_MAX
    return transactions + steps_max // TRANSACTION_STEPS * HEAD_BYTES_MAX + 2 * SEALS_BYTES_MAX


def _blocks(read: Read, bytes_max: int) -> Iterator[bytes]:
    number = 1
    while (data := _frame(read, f"block {number:,}", bytes_max)) is not None:
        yield data
        number += 1
    if read(1):
        raise BadPack("something stands behind its end")


def _frame(read: Read, what: str, bytes_max: int) -> bytes | None:
    """Return the bytes of the next frame, or None at the end of the pack."""
    head = read(LENGTH_BYTES)
    if len(head) != LENGTH_BYTES:
        raise BadPack(f"it is cut off before {what}")
    size = int.from_bytes(head)
    if size > bytes_max:
        raise BadPack(f"{what} says that it has {size:_} bytes, more than {bytes_max:_}")
    parts = []
    left = size
    # A length is a claim: no more is asked for at once than could be there.
    while left:
        part = read(min(left, READ_BYTES_MAX))
        if not part:
            raise BadPack(f"it is cut off within {what}")
        parts.append(part)
        left -= len(part)
    return b"".join(parts) if size else None
