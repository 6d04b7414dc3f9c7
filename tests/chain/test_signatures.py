"""Signatures: the vectors of the standard, and each edge on which libraries disagree."""

from __future__ import annotations

import json
from pathlib import Path

import edwards as ed
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.chain.signatures import SMALL_ORDER, is_public_key, is_signed

CASES = Path(__file__).parents[3] / "shared" / "cases" / "crypto" / "ed25519_rfc8032.json"
MESSAGE = b"pay 100 CNY"
SECRET = 0x1234_5678_9ABC_DEF0_1234_5678_9ABC_DEF0 * 8


def signed(secret: int, key: bytes, r_point: tuple[int, int], nonce: int) -> bytes:
    """Return a signature with a given R; it is valid when R and A fit the secret."""
    r = ed.encoded(r_point)
    s = (nonce + ed.challenge(r, key, MESSAGE) * secret) % ed.L
    return bytes(r + s.to_bytes(32, "little"))


def test_an_ordinary_signature_is_valid() -> None:
    """Ours in plain arithmetic, and the library's own."""
    key = ed.encoded(ed.times(SECRET, ed.BASE))
    assert is_signed(key, signed(SECRET, key, ed.times(99, ed.BASE), 99), MESSAGE)
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes_raw()
    assert is_signed(public, private.sign(MESSAGE), MESSAGE)
    assert is_public_key(public)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 64 * 8 - 1), st.integers(0, 32 * 8 - 1), st.binary(max_size=9))
def test_one_changed_bit_is_enough(bit: int, key_bit: int, other: bytes) -> None:
    """Of the signature, of the key, or another message."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, signature = private.public_key().public_bytes_raw(), private.sign(MESSAGE)
    changed = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
    changed_key = (int.from_bytes(public, "little") ^ 1 << key_bit).to_bytes(32, "little")
    assert not is_signed(public, changed, MESSAGE)
    assert not is_signed(changed_key, signature, MESSAGE)
    assert not is_signed(public, signature, other)
    assert not is_signed(public, signature[:-1], MESSAGE)
    assert not is_signed(public[:-1], signature, MESSAGE)


def small_points() -> list[tuple[int, int]]:
    """Return the eight points whose order divides eight."""
    return [ed.times(factor, ed.order_eight()) for factor in range(8)]


def test_the_points_of_small_order_are_those() -> None:
    """The list in the policy is complete, and no point of it is a key."""
    points = small_points()
    assert {y for _, y in points} == SMALL_ORDER
    assert len(set(points)) == 8
    assert not any(is_public_key(ed.encoded(point)) for point in points)


def test_a_key_of_small_order_signs_nothing() -> None:
    """Its signature would fit about every eighth message, signed by nobody."""
    for point in small_points():
        key = ed.encoded(point)
        for nonce in range(1, 20):
            signature = ed.encoded(ed.times(nonce, ed.BASE)) + nonce.to_bytes(32, "little")
            if ed.holds(key, signature, MESSAGE, is_cofactored=False):
                break
        else:
            pytest.fail("no message was found that it fits")
        assert not is_signed(key, signature, MESSAGE)


def test_an_r_of_small_order_is_refused() -> None:
    """Even where the equation holds."""
    key = ed.encoded(ed.times(SECRET, ed.BASE))
    signature = signed(SECRET, key, ed.ZERO, 0)
    assert ed.holds(key, signature, MESSAGE, is_cofactored=False)
    assert not is_signed(key, signature, MESSAGE)


def test_the_equation_has_no_cofactor() -> None:
    """A part of small order in R alone vanishes with the cofactor, and here it does not."""
    key = ed.encoded(ed.times(SECRET, ed.BASE))
    mixed = ed.add(ed.times(77, ed.BASE), ed.order_eight())
    signature = signed(SECRET, key, mixed, 77)
    assert ed.holds(key, signature, MESSAGE, is_cofactored=True)
    assert not ed.holds(key, signature, MESSAGE, is_cofactored=False)
    assert not is_signed(key, signature, MESSAGE)


def test_a_key_of_mixed_order_signs() -> None:
    """Where the equation holds exactly; where it holds but for the cofactor it does not."""
    key = ed.encoded(ed.add(ed.times(SECRET, ed.BASE), ed.order_eight()))
    assert is_public_key(key)
    outcomes = set()
    for nonce in range(1, 20):
        signature = signed(SECRET, key, ed.times(nonce, ed.BASE), nonce)
        assert ed.holds(key, signature, MESSAGE, is_cofactored=True)
        exactly = ed.holds(key, signature, MESSAGE, is_cofactored=False)
        assert is_signed(key, signature, MESSAGE) == exactly
        outcomes.add(exactly)
    assert outcomes == {True, False}


def test_s_has_one_spelling() -> None:
    """S plus the order of the base point gives the same point, and is refused."""
    key = ed.encoded(ed.times(SECRET, ed.BASE))
    signature = signed(SECRET, key, ed.times(5, ed.BASE), 5)
    s = int.from_bytes(signature[32:], "little") + ed.L
    again = signature[:32] + s.to_bytes(32, "little")
    assert ed.holds(key, again, MESSAGE, is_cofactored=False)
    assert not is_signed(key, again, MESSAGE)


def test_points_have_one_spelling() -> None:
    """A y from 2**255 - 19 on, and a second sign of an x that is zero."""
    found = 0
    for low in range(19):
        for sign in (0, 1):
            number = (ed.P + low) | sign << 255
            key = number.to_bytes(32, "little")
            if ed.decoded(key) is None:
                continue
            found += 1
            assert not is_public_key(key)
            signature = key + (1).to_bytes(32, "little")
            assert not is_signed(ed.encoded(ed.times(SECRET, ed.BASE)), signature, MESSAGE)
    assert found > 10
    for y in (1, ed.P - 1):
        assert not is_public_key((y | 1 << 255).to_bytes(32, "little"))


def test_what_is_no_point_is_no_key() -> None:
    """About half of all y belong to no point."""
    wrong = [y.to_bytes(32, "little") for y in range(2, 30) if ed.x_of(y, 0) is None]
    assert len(wrong) > 5
    signature = bytes(63) + b"\0"
    for key in wrong:
        assert not is_signed(key, signature, MESSAGE)


@pytest.mark.skipif(not CASES.exists(), reason="the shared facts are not on this machine")
def test_the_vectors_of_the_standard() -> None:
    """RFC 8032, section 7.1, and the keys of NIST."""
    facts = json.loads(CASES.read_text())
    for case in facts["rfc8032"]:
        key, message = bytes.fromhex(case["public_key"]), bytes.fromhex(case["message"])
        assert is_signed(key, bytes.fromhex(case["signature"]), message)
        assert not is_signed(key, bytes.fromhex(case["signature"]), message + b"\0")
