"""Sealed values as a contract holds them: closed envelopes, whose form alone is known here.

In come values from outside; out comes what is wrong with their form, and their parts. A sealed
value is held as the array that its encoding is, so that it is passed on byte for byte:

    [form, author, commitment, ciphertext, [[reader, key, ephemeral, wrapped] …]]

`author` sealed it, `commitment` binds what is inside, and each reader finds the key of the
ciphertext wrapped for a sealing key of its own. Nothing here knows what is inside, nor any
cryptography: that is `servanda.chain.sealed`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

FORM = 1
"""The one form there is: X25519, HKDF-SHA256 and ChaCha20-Poly1305."""

HASH_BYTES = 32
KEY_BYTES = 32
TAG_BYTES = 16
WRAPPED_BYTES = KEY_BYTES + TAG_BYTES
STEP_BYTES = 64
"""What is inside is filled up to a multiple of this, so that its length tells little."""

CIPHERTEXT_BYTES_MAX = 16_384 + TAG_BYTES
WRAPPED_COUNT_MAX = 64
NAME_BYTES_MAX = 128
PARTS = 5
WRAPPED_PARTS = 4


class Wrapped(NamedTuple):
    """The key of a ciphertext, wrapped for one sealing key of a reader."""

    reader: str
    key: bytes
    """The reader's public sealing key."""
    ephemeral: bytes
    wrapped: bytes


class Sealed(NamedTuple):
    """The parts of a sealed value; `keys` is in the order of readers and their keys."""

    form: int
    author: str
    commitment: bytes
    ciphertext: bytes
    keys: tuple[Wrapped, ...]

    @property
    def readers(self) -> tuple[str, ...]:
        """Return the names of those who can open it, each once."""
        return tuple(dict.fromkeys([one.reader for one in self.keys]))

    def has_content_of(self, other: Sealed) -> bool:
        """Whether the same is inside, sealed by the same author."""
        return self[:-1] == other[:-1]


class ToSeal(NamedTuple):
    """A value in its outward form that a party sends sealed: whoever sends it seals it first."""

    value: object


def parts_of(value: Any) -> Sealed:
    """Return the parts of a sealed value of good form."""
    form, author, commitment, ciphertext, keys = value
    return Sealed(form, author, commitment, ciphertext, tuple([Wrapped(*one) for one in keys]))


def array_of(sealed: Sealed) -> tuple[Any, ...]:
    """Return a sealed value as a machine holds it and as it is encoded."""
    return (*sealed[:-1], tuple([tuple(one) for one in sealed.keys]))


def what_is_wrong_with(value: object) -> str | None:
    """Return why a value from outside is no sealed value, or None when it has the form of one."""
    if type(value) is not tuple or len(value) != PARTS:
        return "is not a sealed value"
    form, author, commitment, ciphertext, keys = value
    if type(form) is not int or form != FORM:
        return "is sealed in a form that is not known"
    if not _is_name(author):
        return "does not name who sealed it"
    if not _is_bytes(commitment, HASH_BYTES):
        return f"has no commitment of {HASH_BYTES} bytes"
    if type(ciphertext) is not bytes or len(ciphertext) > CIPHERTEXT_BYTES_MAX:
        return f"has more than {CIPHERTEXT_BYTES_MAX} bytes inside"
    if len(ciphertext) < STEP_BYTES or (len(ciphertext) - TAG_BYTES) % STEP_BYTES:
        return "has a ciphertext of a length that none has"
    return _what_is_wrong_with_keys(keys)


def _what_is_wrong_with_keys(keys: object) -> str | None:
    if type(keys) is not tuple or not keys:
        return "is open to nobody"
    if len(keys) > WRAPPED_COUNT_MAX:
        return f"is sealed to more than {WRAPPED_COUNT_MAX} keys"
    before: tuple[str, bytes] | None = None
    for one in keys:
        if type(one) is not tuple or len(one) != WRAPPED_PARTS:
            return "has a wrapped key of another form"
        reader, key, ephemeral, wrapped = one
        if not _is_name(reader):
            return "does not name a reader"
        if not (_is_bytes(key, KEY_BYTES) and _is_bytes(ephemeral, KEY_BYTES)):
            return "names a key that is none"
        if not _is_bytes(wrapped, WRAPPED_BYTES):
            return "has a wrapped key of another length"
        if before is not None and before >= (reader, key):
            return "has its readers out of order, or one twice"
        before = (reader, key)
    return None


def _is_name(value: object) -> bool:
    if type(value) is not str or not 0 < len(value) <= NAME_BYTES_MAX:
        return False
    try:
        return len(value.encode()) <= NAME_BYTES_MAX
    except UnicodeEncodeError:
        return False


def _is_bytes(value: object, size: int) -> bool:
    return type(value) is bytes and len(value) == size
