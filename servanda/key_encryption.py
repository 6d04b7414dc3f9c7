"""Encrypted PKCS #8: a private key under a passphrase, in the form that other programs read too.

In come a key and a passphrase; out come the bytes of a file, and back. The form is PBES2 (RFC 8018)
with PBKDF2, HMAC-SHA-256 and AES-256-CBC, as OpenSSL writes it. The library writes it too, but with
2,048 rounds, of which a stolen file can be asked millions in a second.
"""

from __future__ import annotations

import base64
import re
import secrets

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ROUNDS = 600_000
"""What OWASP recommends for PBKDF2 with HMAC-SHA-256 (Password Storage Cheat Sheet, 2023)."""
ROUNDS_MAX = 10_000_000
"""A file says how many rounds it takes: one that says more would be waited for, for minutes."""
SALT_BYTES = 16
BLOCK_BYTES = 16
LINE_LENGTH = 64
ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----\s*")

INTEGER, OCTETS, NULL, OBJECT, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
"""The tags of DER (X.690) that occur here."""
SHORT_LENGTH_MAX = 127
PBES2 = bytes.fromhex("2a864886f70d01050d")
PBKDF2 = bytes.fromhex("2a864886f70d01050c")
HMAC_SHA_256 = bytes.fromhex("2a864886f70d0209")
AES_256_CBC = bytes.fromhex("60864801650304012a")


class NotOpened(ValueError):  # noqa: N818 -- what is wrong is the file or the passphrase
    """A private key cannot be read; the message says why."""


def lock(private: PrivateKeyTypes, passphrase: str) -> bytes:
    """Return a private key as encrypted PKCS #8, in PEM."""
    salt, start = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(BLOCK_BYTES)
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    derive = PBKDF2HMAC(hashes.SHA256(), length=32, salt=salt, iterations=ROUNDS)
    padder = PKCS7(8 * BLOCK_BYTES).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(AES256(derive.derive(_bytes_of(passphrase))), CBC(start)).encryptor()
    rounds = ROUNDS.to_bytes((ROUNDS.bit_length() + 8) // 8)
    hashing = _der(SEQUENCE, _der(OBJECT, HMAC_SHA_256), _der(NULL))
    stretching = _der(SEQUENCE, _der(OCTETS, salt), _der(INTEGER, rounds), hashing)
    scheme = _der(
        SEQUENCE,
        _der(SEQUENCE, _der(OBJECT, PBKDF2), stretching),
        _der(SEQUENCE, _der(OBJECT, AES_256_CBC), _der(OCTETS, start)),
    )
    document = _der(
        SEQUENCE,
        _der(SEQUENCE, _der(OBJECT, PBES2), scheme),
        _der(OCTETS, encryptor.update(padded) + encryptor.finalize()),
    )
    text = base64.b64encode(document)
    lines = [text[at : at + LINE_LENGTH] for at in range(0, len(text), LINE_LENGTH)]
    return b"\n".join(
        (b"-----BEGIN %s-----" % ENCRYPTED, *lines, b"-----END %s-----\n" % ENCRYPTED)
    )


def unlock(data: bytes, passphrase: str) -> PrivateKeyTypes:
    """Return the private key, of whatever kind, of an encrypted file. Raises `NotOpened`."""
    found = PEM.fullmatch(data)
    if found is None:
        raise NotOpened("is no key: it is no PEM of one")
    if found[1] != ENCRYPTED:
        raise NotOpened("is not encrypted: keys of a chain are")
    try:
        document = base64.b64decode(b"".join(found[2].split()), validate=True)
    except ValueError:
        raise NotOpened("is no key: it is no PEM of one") from None
    rounds = _rounds(document)
    if rounds is None or rounds > ROUNDS_MAX:
        raise NotOpened("is encrypted in a way that is not used here")
    if not passphrase:
        raise NotOpened(": a passphrase is needed, and there is none")
    try:
        return load_pem_private_key(data, _bytes_of(passphrase))
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise NotOpened(": this is not its passphrase, or it is no key") from None


def _bytes_of(passphrase: str) -> bytes:
    # A variable of the environment may hold bytes that are no UTF-8: they are a passphrase too.
    return passphrase.encode(errors="surrogateescape")


def _der(tag: int, *parts: bytes) -> bytes:
    """Return an element of DER."""
    content = b"".join(parts)
    size = len(content)
    if size <= SHORT_LENGTH_MAX:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _rounds(document: bytes) -> int | None:
    """Return the rounds of PBKDF2 that a document asks for, or None where it asks for none."""
    _, name, rest = document.partition(_der(OBJECT, PBKDF2))
    # SEQUENCE, its length, OCTET STRING, its length, the salt, INTEGER, its length, the rounds
    if not name or len(rest) < 4 or (rest[0], rest[2]) != (SEQUENCE, OCTETS):  # noqa: PLR2004
        return None
    at = 4 + rest[3]
    if len(rest) < at + 2 or rest[at] != INTEGER or rest[at + 1] > SHORT_LENGTH_MAX:
        return None
    rounds = rest[at + 2 : at + 2 + rest[at + 1]]
    return int.from_bytes(rounds, signed=True) if rounds else None
