"""Sealed values: who can open them, to what they are bound, and every way to tamper with one."""

# A sealed value may hold anything.
# ruff: noqa: ANN401

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from servanda.chain import sealed as sealing
from servanda.chain.encoding import Malformed, decode, encode
from servanda.chain.merkle import hash_of
from servanda.chain.sealed import (
    Bound,
    NotOpened,
    add_readers,
    commitment_of,
    committed_bytes,
    is_sealing_key,
    open_sealed,
    seal,
)
from servanda.interpreter.values.sealed import (
    CIPHERTEXT_BYTES_MAX,
    WRAPPED_COUNT_MAX,
    Sealed,
    array_of,
    parts_of,
    what_is_wrong_with,
)

VECTORS = Path(__file__).resolve().parents[2] / "docs" / "sealed_vectors.json"
CHAIN = hash_of(b"a chain")
BOUND = Bound(CHAIN, "Text", "icbc")
SEED = bytes(range(32))


def private(name: str) -> X25519PrivateKey:
    """Return the private key of a name."""
    return X25519PrivateKey.from_private_bytes(hash_of(name.encode()))


def public(name: str) -> bytes:
    """Return the public key of a name."""
    return private(name).public_key().public_bytes_raw()


def keys(*names: str) -> dict[str, bytes]:
    """Return the public keys of names."""
    return {name: public(name) for name in names}


def example() -> Sealed:
    """Return a text that icbc sealed to itself and to the regulator."""
    return seal(BOUND, "all is well", keys("icbc", "nfra"), SEED)


# ── the primitives ────────────────────────────────────────────────────────────────────────────────


def test_x25519_is_that_of_the_rfc() -> None:
    """RFC 7748, section 6.1: Bob's private key and Alice's public one give their secret."""
    bob = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    alice = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    mine = X25519PrivateKey.from_private_bytes(bob)
    bob_public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    assert mine.public_key().public_bytes_raw().hex() == bob_public
    assert mine.exchange(X25519PublicKey.from_public_bytes(alice)).hex() == shared


def test_hkdf_is_that_of_the_rfc() -> None:
    """RFC 5869, appendix A.1, and A.3 with neither salt nor info."""
    first = HKDF(SHA256(), 42, salt=bytes(range(13)), info=bytes(range(0xF0, 0xFA)))
    third = HKDF(SHA256(), 42, salt=None, info=b"")
    assert first.derive(b"\x0b" * 22).hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    assert third.derive(b"\x0b" * 22).hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_chacha20_poly1305_is_that_of_the_rfc() -> None:
    """RFC 8439, section 2.8.2."""
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    cipher = ChaCha20Poly1305(bytes(range(0x80, 0xA0)))
    nonce, about = (
        bytes.fromhex("070000004041424344454647"),
        bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
    )
    found = cipher.encrypt(nonce, text, about).hex()
    assert found.startswith("d31a8d34648e60db7b86afbc53ef7ec2")
    assert found.endswith("1ae10b594f09e26a7e902ecbd0600691")


SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]
"""All canonical points of small order of Curve25519 (RFC 7748, section 6.1; cr.yp.to/ecdh.html)."""

OTHER_SPELLINGS = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


@pytest.mark.parametrize("text", [*SMALL_ORDER, *OTHER_SPELLINGS, "09" * 31, "09" * 33])
def test_a_weak_key_is_none(text: str) -> None:
    """Small order, a second spelling, another length: nothing is sealed to it."""
    key = bytes.fromhex(text)
    assert not is_sealing_key(key)
    with pytest.raises(NotOpened, match="nfra"):
        seal(BOUND, "x", {"nfra": key}, SEED)


@pytest.mark.parametrize("text", SMALL_ORDER)
def test_a_secret_of_zeros_opens_nothing(text: str) -> None:
    """An ephemeral key of small order is refused, whatever was wrapped with it."""
    one = example().keys[0]._replace(ephemeral=bytes.fromhex(text))
    with pytest.raises(NotOpened, match="damaged, or was made elsewhere"):
        open_sealed(example()._replace(keys=(one,)), BOUND, private(one.reader))


# ── opening ───────────────────────────────────────────────────────────────────────────────────────

items: Any = st.recursive(
    st.booleans() | st.integers(-(10**33), 10**33) | st.text(max_size=99) | st.binary(max_size=99),
    lambda inner: st.lists(inner, max_size=5).map(tuple),
    max_leaves=20,
)


@given(items, st.binary(min_size=32, max_size=32))
def test_each_reader_opens_what_was_sealed(value: Any, seed: bytes) -> None:
    """Whatever it is: its readers find it, and it is what the commitment says."""
    sealed = seal(BOUND, value, keys("icbc", "nfra"), seed)
    assert what_is_wrong_with(decode(encode(array_of(sealed)))) is None
    assert parts_of(decode(encode(array_of(sealed)))) == sealed
    for name in ("icbc", "nfra"):
        opened = open_sealed(sealed, BOUND, private(name))
        assert opened.value == value
        assert commitment_of(BOUND, opened) == sealed.commitment
        assert hash_of(committed_bytes(BOUND, opened)) == sealed.commitment


def test_who_is_no_reader_opens_nothing() -> None:
    """A key that nothing was wrapped for is told so."""
    with pytest.raises(NotOpened, match="not sealed to this key"):
        open_sealed(example(), BOUND, private("thief"))


@pytest.mark.parametrize(
    "other",
    [
        BOUND._replace(chain=bytes(32)),
        BOUND._replace(type="Int"),
        BOUND._replace(author="boc"),
    ],
    ids=["chain", "type", "author"],
)
def test_it_opens_where_it_belongs_alone(other: Bound) -> None:
    """Copied to another chain, another type or under another author it does not open."""
    with pytest.raises(NotOpened, match="made elsewhere"):
        open_sealed(example(), other, private("nfra"))


def tampered() -> list[tuple[str, Sealed]]:
    """Return the example with each of its parts exchanged for that of another."""
    one = example()
    other = seal(BOUND, "nothing is well", keys("icbc", "nfra"), bytes(32))
    swapped = tuple(
        mine._replace(wrapped=its.wrapped) for mine, its in zip(one.keys, other.keys, strict=True)
    )
    crossed = tuple(
        mine._replace(wrapped=its.wrapped, ephemeral=its.ephemeral)
        for mine, its in zip(one.keys, one.keys[::-1], strict=True)
    )
    renamed = tuple(mine._replace(reader="boc") for mine in one.keys)
    flipped = bytes([one.ciphertext[0] ^ 1]) + one.ciphertext[1:]
    return [
        ("commitment", one._replace(commitment=other.commitment)),
        ("ciphertext", one._replace(ciphertext=other.ciphertext)),
        ("a bit", one._replace(ciphertext=flipped)),
        ("truncated", one._replace(ciphertext=one.ciphertext[:-64])),
        ("wrapped", one._replace(keys=swapped)),
        ("between readers", one._replace(keys=crossed)),
        ("all keys", one._replace(keys=other.keys)),
        ("names", one._replace(keys=renamed)),
        ("commitment and keys", one._replace(commitment=other.commitment, keys=other.keys)),
    ]


@pytest.mark.parametrize(("_what", "sealed"), tampered(), ids=[name for name, _ in tampered()])
def test_parts_of_two_make_none(_what: str, sealed: Sealed) -> None:
    """Whatever is exchanged between two sealed values, neither reader opens the mixture."""
    for name in ("icbc", "nfra"):
        with pytest.raises(NotOpened):
            open_sealed(sealed, BOUND, private(name))


def test_a_liar_cannot_show_two_readers_two_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is inside is held against the commitment, also where every cipher opens well."""
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "commitment_of", lambda *_: bytes(32))
        forged = seal(BOUND, "all is well", keys("nfra"), SEED)
    with pytest.raises(NotOpened, match="not what was committed to"):
        open_sealed(forged, BOUND, private("nfra"))


@pytest.mark.parametrize(
    "inside",
    [
        *(b"", b"\x80", bytes(64), b"\x01\x80" + bytes(62), b"\xff" * 64),
        encode((bytes(31), "x")) + b"\x80" + bytes(28),
        encode((bytes(32), "x", "y")) + b"\x80" + bytes(25),
        encode((bytes(32), "x")) + b"\x80" + bytes(91),
        encode((bytes(32), "x")) + bytes(28),
    ],
)
def test_what_is_no_value_inside_is_told(inside: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealer can encrypt anything: its readers are told, and nothing breaks."""
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_filled", lambda _: inside)
        forged = seal(BOUND, "x", keys("nfra"), SEED)
    with pytest.raises(NotOpened, match="what is inside is no value"):
        open_sealed(forged, BOUND, private("nfra"))


def test_its_length_is_told_in_steps_alone() -> None:
    """Values of about one length have ciphertexts of one length."""
    lengths = {
        len(seal(BOUND, "x" * count, keys("nfra"), SEED).ciphertext) for count in range(1, 26)
    }
    assert lengths == {64 + 16}


def test_no_seed_encrypts_two_values_under_one_key() -> None:
    """A seed that came twice draws other secrets for another value, author, type or chain."""
    bounds = [BOUND, BOUND._replace(author="boc"), BOUND._replace(type="Int")]
    sealed = [seal(one, value, keys("nfra"), SEED) for one in bounds for value in ("a", "b")]
    assert len({one.commitment for one in sealed}) == len(sealed)
    assert len({one.keys[0].ephemeral for one in sealed}) == len(sealed)
    assert len({one.ciphertext for one in sealed}) == len(sealed)


def test_too_much_is_not_sealed() -> None:
    """The limits of a sealed value are held before anything leaves."""
    longest = "x" * (CIPHERTEXT_BYTES_MAX - 16 - 39)
    assert len(seal(BOUND, longest, keys("nfra"), SEED).ciphertext) == CIPHERTEXT_BYTES_MAX
    with pytest.raises(NotOpened, match="more than 16400 bytes"):
        seal(BOUND, longest + "x", keys("nfra"), SEED)
    with pytest.raises(NotOpened, match="more than 64 keys"):
        seal(BOUND, "x", keys(*map(str, range(WRAPPED_COUNT_MAX + 1))), SEED)


# ── more readers ──────────────────────────────────────────────────────────────────────────────────


def test_a_reader_adds_another() -> None:
    """The content and the keys before stay as they are; who is new opens the same."""
    before = example()
    after = add_readers(before, BOUND, private("nfra"), keys("boc"), bytes(32))
    assert after.has_content_of(before)
    assert set(before.keys) < set(after.keys)
    assert after.readers == ("boc", "icbc", "nfra")
    assert open_sealed(after, BOUND, private("boc")) == open_sealed(before, BOUND, private("icbc"))
    assert what_is_wrong_with(array_of(after)) is None


def test_a_reader_gets_a_second_key() -> None:
    """Who has a new key is a reader under both; one that is there is not added again."""
    before = example()
    after = add_readers(before, BOUND, private("nfra"), {"icbc": public("new")}, bytes(32))
    assert after.readers == before.readers
    assert open_sealed(after, BOUND, private("new")).value == "all is well"
    assert add_readers(after, BOUND, private("new"), keys("icbc", "nfra"), SEED) == after


def test_who_cannot_read_adds_nobody() -> None:
    """Neither an outsider nor a reader of what was tampered with adds readers."""
    with pytest.raises(NotOpened):
        add_readers(example(), BOUND, private("thief"), keys("thief"), SEED)
    forged = example()._replace(commitment=bytes(32))
    with pytest.raises(NotOpened):
        add_readers(forged, BOUND, private("nfra"), keys("thief"), SEED)


# ── the form ──────────────────────────────────────────────────────────────────────────────────────

GOOD = array_of(example())


def wrong_forms() -> list[Any]:
    """Return arrays that are nearly sealed values."""
    form, author, commitment, _, keys_ = GOOD
    one = keys_[0]
    return [
        *(None, "text", 5, (), GOOD[:-1], (*GOOD, 1), list(GOOD)),
        *((2, *GOOD[1:]), (True, *GOOD[1:]), ("1", *GOOD[1:])),
        *((form, name, *GOOD[2:]) for name in ("", "x" * 129, "\u00e9" * 65, 5, b"icbc", "\ud800")),
        *((form, author, hashed, *GOOD[3:]) for hashed in (b"", bytes(31), bytes(33), "x" * 32)),
        *(
            (form, author, commitment, data, keys_)
            for data in (b"", bytes(16), bytes(81), bytes(79), bytes(CIPHERTEXT_BYTES_MAX + 64))
        ),
        (form, author, commitment, "x" * 80, keys_),
        *((*GOOD[:-1], wrapped) for wrapped in ((), None, "ab", list(keys_), (None,), ((),))),
        *(
            (*GOOD[:-1], wrapped)
            for wrapped in (keys_[::-1], (one, one), (one[:-1],), (list(one),))
        ),
        *((*GOOD[:-1], (("", *one[1:]),)) for _ in (1,)),
        *((*GOOD[:-1], ((one[0], key, *one[2:]),)) for key in (bytes(31), "x" * 32, None)),
        *((*GOOD[:-1], ((*one[:2], key, one[3]),)) for key in (bytes(33), None)),
        *((*GOOD[:-1], ((*one[:3], key),)) for key in (bytes(47), bytes(49), None)),
        (*GOOD[:-1], tuple((f"{n:04}", *one[1:]) for n in range(WRAPPED_COUNT_MAX + 1))),
    ]


@pytest.mark.parametrize("value", wrong_forms(), ids=lambda value: repr(value)[:40])
def test_another_form_is_none(value: Any) -> None:
    """Each part has one form; what has another is told of, and never looked into."""
    wrong = what_is_wrong_with(value)
    assert wrong is not None
    assert wrong.startswith(("is ", "has ", "does not ", "names "))


def mutated(at: int, by: int) -> bytes:
    """Return the example with one byte changed."""
    data = bytearray(encode(GOOD))
    data[at % len(data)] ^= by
    return bytes(data)


@given(st.binary(max_size=600) | st.builds(mutated, st.integers(0, 10**6), st.integers(1, 255)))
def test_bytes_are_a_sealed_value_or_are_refused(data: bytes) -> None:
    """Any bytes: no crash, and what passes opens to nobody or is the example."""
    try:
        value = decode(data)
    except Malformed:
        return
    if what_is_wrong_with(value) is not None:
        return
    sealed = parts_of(value)
    assert encode(array_of(sealed)) == data
    bound = BOUND._replace(author=sealed.author)
    try:
        opened = open_sealed(sealed, bound, private("nfra"))
    except NotOpened:
        return
    assert opened.value == "all is well"
    assert sealed.has_content_of(example())


# ── vectors ───────────────────────────────────────────────────────────────────────────────────────


def vectors() -> dict[str, Any]:
    """Return a sealed value with all that goes into it, as hexadecimal digits."""
    sealed = example()
    opened = open_sealed(sealed, BOUND, private("nfra"))
    more = add_readers(sealed, BOUND, private("nfra"), keys("boc"), SEED)
    names = ("boc", "icbc", "nfra")
    return {
        "chain": CHAIN.hex(),
        "type": BOUND.type,
        "author": BOUND.author,
        "value": encode(opened.value).hex(),
        "private_keys": {name: private(name).private_bytes_raw().hex() for name in names},
        "salt": opened.salt.hex(),
        "committed": committed_bytes(BOUND, opened).hex(),
        "sealed": encode(array_of(sealed)).hex(),
        "shared": encode(array_of(more)).hex(),
    }


def test_the_vectors_are_these(request: pytest.FixtureRequest) -> None:
    """What is published is what comes out; `pytest --renew` publishes anew."""
    if request.config.getoption("--renew"):
        VECTORS.write_text(json.dumps(vectors(), indent=1) + "\n", encoding="utf-8")
    if not VECTORS.exists():
        pytest.skip("the documentation is not here")
    assert vectors() == json.loads(VECTORS.read_text(encoding="utf-8"))
