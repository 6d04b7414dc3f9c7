"""Signatures: Ed25519 (RFC 8032) with one policy for what is valid.

In come a public key, a signature and the bytes that were signed; out comes a yes or no. Libraries
disagree on the edges of the standard, and two nodes that disagree on one signature are two chains.
So the policy is fixed here, and pinned by a test for each edge:

- the equation without the cofactor, S·B = R + H(R ‖ A ‖ M)·A, holds exactly;
- S is below the order of the base point;
- A and R are encoded canonically: their y is below 2**255 - 19, and no point has a second sign;
- neither A nor R is one of the eight points of small order, whose signatures bind nobody.

A public key of mixed order is taken: its holder gains nothing by it that others do not see.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES = 32
SIGNATURE_BYTES = 64
PRIME = 2**255 - 19
KEYS_KEPT_MAX = 10_000

SMALL_ORDER = frozenset(
    int.from_bytes(bytes.fromhex(one), "little")
    for one in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)
"""The y of the eight points of small order; a zero x, which has no sign, is among them only."""


def is_signed(key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the holder of a public key signed these bytes."""
    public = _public_key(key)
    if public is None or len(signature) != SIGNATURE_BYTES or not _is_point(signature[:KEY_BYTES]):
        return False
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def is_public_key(key: bytes) -> bool:
    """Whether bytes are a public key that the policy takes."""
    return _public_key(key) is not None


@lru_cache(KEYS_KEPT_MAX)
def _public_key(key: bytes) -> Ed25519PublicKey | None:
    if len(key) != KEY_BYTES or not _is_point(key):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(key)
    except ValueError:
        return None


def _is_point(encoded: bytes) -> bool:
    """Whether an encoding is canonical and not of small order (the curve is the library's part)."""
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    return y < PRIME and y not in SMALL_ORDER
