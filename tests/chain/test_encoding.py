"""Encoding: one value, one byte string, and nothing else is read."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servanda.chain.encoding import (
    DEPTH_MAX,
    Item,
    Malformed,
    decode,
    encode,
    encode_array,
    in_order,
    map_head,
)

CASES = Path(__file__).parents[3] / "shared" / "cases" / "crypto" / "cbor_appendix_a.json"

decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=34).map(tuple),
    st.integers(-6_176, 6_111),
).filter(lambda value: not (value.is_zero() and value.is_signed()))
texts = st.text(st.characters(codec="utf-8"), max_size=20)
items = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**128) + 1, 2**128 - 1)
    | st.binary(max_size=40)
    | texts
    | decimals,
    lambda inner: (
        st.lists(inner, max_size=5).map(tuple) | st.dictionaries(texts, inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(items)
def test_what_is_encoded_is_decoded(item: Item) -> None:
    """Round trip is identity, and the bytes do not depend on the order of a map."""
    data = encode(item)
    assert decode(data) == item
    assert encode(decode(data)) == data
    if isinstance(item, dict):
        assert encode(dict(reversed(item.items()))) == data


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=30) | st.binary(max_size=12).map(lambda tail: b"\xc4\x82" + tail))
@example(b"\xc4\x82\x00\x0a")  # 10 × 10⁰, which is 1 × 10¹
@example(b"\xc4\x82\x01\x00")  # 0 × 10¹
@example(b"\xd8\x1c\x81\xd8\x1d\x00")  # A list that holds itself.
def test_no_second_spelling_is_read(data: bytes) -> None:
    """Whatever is read at all is the one encoding of what it says."""
    try:
        item = decode(data)
    except Malformed:
        return
    assert encode(item) == data


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("", "too early"),
        ("1800", "canonical"),  # Zero in two bytes.
        ("c2420001", "canonical"),  # A bignum that needs none.
        ("0101", "canonical"),  # Something behind the value.
        ("a2616201616101", "canonical"),  # Keys in the wrong order.
        ("a2616101616102", "well formed"),  # A key twice.
        ("a10102", "well formed"),  # A key that is no text.
        ("a1410102", "key"),
        ("9f01ff", "well formed"),  # Indefinite length.
        ("f93c00", "kind"),  # A float.
        ("f7", "kind"),
        ("e0", "kind"),
        ("c074323031332d30332d32315432303a30343a30305a", "tag"),
        ("d8234161", "tag"),  # A regular expression would be compiled by the library.
        ("d9d9f701", "tag"),
        ("daffffffff01", "tag"),
        ("c482206161", "Decimal"),
        ("c483000000", "Decimal"),
        ("c4821b7fffffffffffffff01", "Decimal"),
        ("62c328", "well formed"),  # No UTF-8.
        ("9b7fffffffffffffff", "too early"),
        ("c25820" + "ff" * 32, "too large"),
    ],
)
def test_other_bytes_are_refused(data: str, told: str) -> None:
    """Each with what is wrong, in words that quote nothing of it."""
    with pytest.raises(Malformed, match=told):
        decode(bytes.fromhex(data))


def test_depth_is_bounded() -> None:
    """Nobody is made to recurse: deep nesting is refused, ordinary nesting is read."""
    assert decode(b"\x81" * (DEPTH_MAX - 1) + b"\x01")
    for depth in (DEPTH_MAX + 1, 1_000, 100_000):
        with pytest.raises(Malformed):
            decode(b"\x81" * depth + b"\x01")


def test_equal_decimals_are_one() -> None:
    """How many zeros a calculation left behind is seen by nobody."""
    assert encode(Decimal("1.50")) == encode(Decimal("1.5")) == bytes.fromhex("c482200f")
    assert encode(Decimal(0)) == encode(Decimal("0.000")) == bytes.fromhex("c4820000")
    assert decode(encode(Decimal("1E+6144"))) == Decimal("1E+6144")
    with pytest.raises(AssertionError):
        encode(Decimal("NaN"))


@pytest.mark.skipif(not CASES.exists(), reason="the shared facts are not on this machine")
def test_the_vectors_of_the_standard() -> None:
    """RFC 8949, appendix A: what we use comes back to the byte, all else is refused."""
    cases = json.loads(CASES.read_text())["cases"]
    counts = {"read": 0, "refused": 0}
    for case in cases:
        data = bytes.fromhex(case["hex"])
        try:
            item = decode(data)
        except Malformed:
            counts["refused"] += 1
            # Floats, tags, other simple values, and maps with numbers as keys.
            assert data[0] >= 0xC0 or not case["roundtrip"] or data == bytes.fromhex("a201020304")
        else:
            counts["read"] += 1
            assert case["roundtrip"]
            assert encode(item) == data
    assert counts == {"read": 38, "refused": 44}


@settings(max_examples=200, deadline=None)
@given(st.lists(items, max_size=30))
@example([None] * 23)
@example([None] * 24)
@example([None] * 255)
@example([None] * 256)
@example([None] * 70_000)
def test_an_array_is_put_together_from_its_items(some: list[Item]) -> None:
    """Its encoding is a head and those of the items, whatever they are."""
    assert encode_array([encode(one) for one in some]) == encode(tuple(some))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(texts, items, max_size=30))
def test_a_map_is_put_together_from_its_keys_in_order(some: dict[str, Item]) -> None:
    """And so is that of a map."""
    parts = [encode(key) + encode(some[key]) for key in in_order(tuple(some))]
    assert map_head(len(some)) + b"".join(parts) == encode(some)
