"""Presence: what a record was at a height, or that there was none, with the proof of it.

In come the identity of a record and a height that was kept; out come its value, or that there was
none, and the way to where it stands, or would stand, under the root of that height's header.
"""

from __future__ import annotations

from typing import NamedTuple

from servanda.chain.block import Header
from servanda.chain.kept import Kept
from servanda.chain.merkle import hash_of
from servanda.chain.state_tree import Proof, prove


class Presence(NamedTuple):
    """What a record was at a block; `value` is None where there was no such record."""

    header: Header
    identity: bytes
    value: bytes | None
    proof: Proof


def presence_of(kept: Kept, identity: bytes, height: int) -> Presence:
    """Return what a record was at a height, from 1 to the last, with its proof."""
    header = kept.header(height)
    proof = prove(kept.tree(height), header.state, hash_of(identity))
    return Presence(header, identity, kept.record(identity, height), proof)
