"""Sealing: what an operator must not read, closed by who sends it and open to the readers named.

In come values, keys and randomness; out come sealed values and what is inside them. It draws no
chance and reads no file: whoever calls it brings both.

    inside     = encode([salt, value]) ‖ 0x80 ‖ 0x00 …               to a multiple of 64 bytes
    commitment = SHA-256("servanda sealed" 0x00 encode([chain, type, author, salt, value]))
    ciphertext = ChaCha20-Poly1305(content key, nonce 0, inside, bound)
    bound      = encode([chain, type, author, commitment])
    wrapped    = ChaCha20-Poly1305(wrapping key, nonce 0, content key, context)
    context    = encode([chain, type, author, commitment, SHA-256(ciphertext), reader, key,
                         ephemeral])
    wrapping key = HKDF-SHA256(X25519(ephemeral, key), no salt, "servanda sealed key" 0x00 context)

Every key encrypts one message, so that the nonce may be 0. The commitment is checked whenever a
value is opened: no ciphertext means one thing to one reader and another to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from servanda.chain.encoding import Item, Malformed, decode, encode
from servanda.chain.merkle import hash_of
from servanda.interpreter.values.sealed import (
    CIPHERTEXT_BYTES_MAX,
    FORM,
    HASH_BYTES,
    KEY_BYTES,
    STEP_BYTES,
    TAG_BYTES,
    WRAPPED_COUNT_MAX,
    Sealed,
    Wrapped,
)

SEED_BYTES = 32
COMMITTED = b"servanda sealed\0"
WRAPPING = b"servanda sealed key\0"
DRAWN = b"servanda sealed draw\0"
NONCE = bytes(12)
END = b"\x80"
"""What is inside ends before this byte and the zeros behind it (ISO/IEC 7816-4)."""

KEYS_KNOWN_MAX = 10_000
"""Whether a key is one is asked again whenever anything of the members changes."""

FIELD_PRIME = 2**255 - 19
PROBE = X25519PrivateKey.from_private_bytes(b"\1" * KEY_BYTES)
"""Any private key does: all give the zero of a public key of small order (RFC 7748, 6.1)."""


class NotOpened(ValueError):  # noqa: N818 -- what is wrong is the envelope or its reader
    """A sealed value cannot be opened, or sealed; the message says why, never what is inside."""


class Bound(NamedTuple):
    """What a sealed value belongs to: it opens nowhere else."""

    chain: bytes
    """The hash of the genesis."""
    type: str
    """The type of what is inside, as the language writes it."""
    author: str
    """The party that sealed it."""


class Opened(NamedTuple):
    """What was inside; with the salt it can be shown to anybody who knows the commitment."""

    salt: bytes
    value: Item


@lru_cache(KEYS_KNOWN_MAX)
def is_sealing_key(data: bytes) -> bool:
    """Whether bytes are a public key of X25519 that can be sealed to.

    Its one spelling is asked for, and a point of small order is none: every secret shared with it
    would be zero.
    """
    if len(data) != KEY_BYTES or int.from_bytes(data, "little") >= FIELD_PRIME:
        return False
    try:
        PROBE.exchange(X25519PublicKey.from_public_bytes(data))
    except ValueError:
        return False
    return True


def commitment_of(bound: Bound, opened: Opened) -> bytes:
    """Return the commitment to a value: whoever is shown salt and value can compute it."""
    return hash_of(committed_bytes(bound, opened))


def committed_bytes(bound: Bound, opened: Opened) -> bytes:
    """Return the bytes whose hash is the commitment: they show what was inside, to anybody."""
    return COMMITTED + encode((*bound, opened.salt, opened.value))


def seal(bound: Bound, value: Item, readers: Mapping[str, bytes], seed: bytes) -> Sealed:
    """Return a value sealed to the public sealing keys of readers, by name.

    `seed` is 32 bytes of chance. What is drawn from it depends on the value too, so that even a
    seed that came twice encrypts no two values under one key. Raises `NotOpened`.
    """
    assert len(seed) == SEED_BYTES, "a seed has 32 bytes"
    draw = _drawing(seed, hash_of(encode((*bound, value))))
    opened = Opened(draw("salt", HASH_BYTES), value)
    commitment = commitment_of(bound, opened)
    content_key = draw("key", KEY_BYTES)
    inside = _filled(encode((opened.salt, opened.value)))
    ciphertext = ChaCha20Poly1305(content_key).encrypt(NONCE, inside, encode((*bound, commitment)))
    if len(ciphertext) > CIPHERTEXT_BYTES_MAX:
        raise NotOpened(f"it has more than {CIPHERTEXT_BYTES_MAX} bytes")
    sealed = Sealed(FORM, bound.author, commitment, ciphertext, ())
    return _with_readers(sealed, bound, content_key, readers.items(), seed)


def add_readers(
    sealed: Sealed,
    bound: Bound,
    private: X25519PrivateKey,
    readers: Mapping[str, bytes],
    seed: bytes,
) -> Sealed:
    """Return the same value open to more readers; `private` is a sealing key it is open to.

    The keys wrapped before stay as they are. Raises `NotOpened`.
    """
    content_key = _content_key(sealed, bound, private)
    _inside(sealed, bound, content_key)
    known = {(one.reader, one.key) for one in sealed.keys}
    more = [one for one in readers.items() if one not in known]
    return _with_readers(sealed, bound, content_key, more, seed)


def open_sealed(sealed: Sealed, bound: Bound, private: X25519PrivateKey) -> Opened:
    """Return what is inside, checked against the commitment. Raises `NotOpened`."""
    return _inside(sealed, bound, _content_key(sealed, bound, private))


def _drawing(seed: bytes, about: bytes) -> _Draw:
    return _Draw(HKDF(SHA256(), KEY_BYTES, salt=None, info=DRAWN + about).derive(seed))


class _Draw:
    """Chance, stretched: a different secret for each name."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __call__(self, name: str, size: int, about: bytes = b"") -> bytes:
        info = DRAWN + encode((name, about))
        return HKDFExpand(SHA256(), size, info).derive(self._secret)


def _with_readers(
    sealed: Sealed,
    bound: Bound,
    content_key: bytes,
    readers: Iterable[tuple[str, bytes]],
    seed: bytes,
) -> Sealed:
    draw = _drawing(seed, hash_of(content_key + sealed.commitment))
    added = []
    for reader, key in readers:
        if not is_sealing_key(key):
            raise NotOpened(f"the sealing key of {reader} is no public key of X25519")
        ephemeral = X25519PrivateKey.from_private_bytes(draw(reader, KEY_BYTES, key))
        public = ephemeral.public_key().public_bytes_raw()
        context = _context(sealed, bound, Wrapped(reader, key, public, b""))
        secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(key))
        wrapped = _wrapping(secret, context).encrypt(NONCE, content_key, context)
        added.append(Wrapped(reader, key, public, wrapped))
    keys = tuple(sorted((*sealed.keys, *added)))
    if len(keys) > WRAPPED_COUNT_MAX:
        raise NotOpened(f"it would be sealed to more than {WRAPPED_COUNT_MAX} keys")
    return sealed._replace(keys=keys)


def _content_key(sealed: Sealed, bound: Bound, private: X25519PrivateKey) -> bytes:
    public = private.public_key().public_bytes_raw()
    mine = [one for one in sealed.keys if one.key == public]
    if not mine:
        raise NotOpened("it is not sealed to this key")
    for one in mine:
        context = _context(sealed, bound, one)
        try:
            secret = private.exchange(X25519PublicKey.from_public_bytes(one.ephemeral))
            return _wrapping(secret, context).decrypt(NONCE, one.wrapped, context)
        except (InvalidTag, ValueError):
            continue
    raise NotOpened("the key that is wrapped for this reader is damaged, or was made elsewhere")


def _inside(sealed: Sealed, bound: Bound, content_key: bytes) -> Opened:
    about = encode((*bound, sealed.commitment))
    try:
        inside = ChaCha20Poly1305(content_key).decrypt(NONCE, sealed.ciphertext, about)
    except InvalidTag:
        raise NotOpened("its ciphertext is damaged, or was made elsewhere") from None
    data = inside.rstrip(b"\0")
    try:
        found = decode(data[:-1])
    except Malformed as malformed:
        raise NotOpened(f"what is inside is no value: {malformed}") from None
    match found:
        case (bytes(salt), value) if len(salt) == HASH_BYTES and inside == _filled(data[:-1]):
            opened = Opened(salt, value)
        case _:
            raise NotOpened("what is inside is no value")
    if commitment_of(bound, opened) != sealed.commitment:
        raise NotOpened("what is inside is not what was committed to")
    return opened


def _context(sealed: Sealed, bound: Bound, one: Wrapped) -> bytes:
    place = (hash_of(sealed.ciphertext), one.reader, one.key, one.ephemeral)
    return encode((*bound, sealed.commitment, *place))


def _wrapping(secret: bytes, context: bytes) -> ChaCha20Poly1305:
    key = HKDF(SHA256(), KEY_BYTES, salt=None, info=WRAPPING + context).derive(secret)
    return ChaCha20Poly1305(key)


def _filled(data: bytes) -> bytes:
    """Return bytes filled up to the next length that a ciphertext may have."""
    marked = data + END
    return marked + bytes(-len(marked) % STEP_BYTES)


assert CIPHERTEXT_BYTES_MAX % STEP_BYTES == TAG_BYTES, "the longest is one of the lengths there are"
