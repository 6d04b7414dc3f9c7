"""Merkle trees over a list, after RFC 6962, section 2.1: of a block's transactions and receipts.

In come byte strings in their order; out come the root, and for one of them the proof that it is in
the list. A leaf and a node are hashed with different prefixes, so that neither can pass as the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
LEAF = b"\x00"
NODE = b"\x01"


def hash_of(data: bytes) -> bytes:
    """Return the SHA-256 of bytes."""
    return sha256(data).digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hash_of(LEAF + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two parts."""
    return hash_of(NODE + left + right)


EMPTY_ROOT = hash_of(b"")


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaves, each given by its data."""
    return _levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def proof_of(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of the leaf at `index`, from the leaf up."""
    assert 0 <= index < len(leaves), "a proof is of a leaf that there is"
    path = []
    for level in _levels(leaves)[:-1]:
        beside = index ^ 1
        # The last node of an odd level has nobody beside it and moves up as it is.
        if beside < len(level):
            path.append(level[beside])
        index //= 2
    return tuple(path)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the hashes of each level, the leaves first.

    Pairing from the left gives the tree of RFC 6962: its left part is always the largest full tree.
    """
    # Every block hashes some thousands: what `leaf_hash` and `node_hash` do is written out.
    levels = [[sha256(LEAF + data).digest() for data in leaves]]
    while len(level := levels[-1]) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(NODE + left + right).digest() for left, right in pairs]
        levels.append([*above, level[-1]] if len(level) % 2 else above)
    return levels


def root_from_proof(data: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof leads to, or None where it has no such form.

    `path` is the audit path of the leaf `data` at `index` in a list of `size` leaves.
    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    found, last = leaf_hash(data), size - 1
    for beside in path:
        if not last or len(beside) != HASH_BYTES:
            return None
        if index % 2 or index == last:
            found = node_hash(beside, found)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            found = node_hash(found, beside)
        index, last = index // 2, last // 2
    return found if not last else None
