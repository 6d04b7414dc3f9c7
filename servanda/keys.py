"""Keys at rest: private keys of Ed25519 in encrypted PKCS #8, public keys as text.

In come names, folders and passphrases; out come keys, or `KeyFailed`. A passphrase comes from a
prompt, a file or the environment, never from an argument that others could read in a list of
processes. Nothing here knows what is signed.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH103, PTH118, PTH123

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from servanda.chain.signatures import KEY_BYTES, is_public_key

PASSPHRASE_VARIABLE = "SERVANDA_PASSPHRASE"  # noqa: S105 -- the name of the variable
PASSPHRASE_LENGTH_MIN = 8
PRIVATE, PUBLIC = ".key", ".pub"
FILE_BYTES_MAX = 10_000
SAFE_NAME = re.compile(r"[^\W_][\w .@-]{0,99}")

Ask = Callable[[str], str]


class KeyFailed(Exception):  # noqa: N818 -- what failed is the key or its passphrase
    """A key cannot be made, read or opened; the message says why and what to do."""


def file_of(folder: str, name: str, ending: str) -> str:
    """Return the path of a key's file. Raises `KeyFailed` for a name that no file can have."""
    if not SAFE_NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise KeyFailed(f"`{name}` is no name for a key: write letters, digits, `.`, `-`, `@`, `_`")
    return os.path.join(folder, name + ending)


def read_passphrase(path: str | None, what: str, *, confirms: bool = False) -> str:
    """Return a passphrase from a file, else the environment, else a prompt on the terminal."""
    if path is not None:
        try:
            with open(path, encoding="utf-8") as file:
                return file.readline(FILE_BYTES_MAX).rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFailed(f"`{path}` cannot be read: {_why(error)}") from None
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise KeyFailed(
            f"nobody is there to type the passphrase of {what}: name a file with "
            f"`--passphrase-file`, or set {PASSPHRASE_VARIABLE}"
        )
    typed = getpass.getpass(f"passphrase of {what}: ")
    if confirms and getpass.getpass("the same again: ") != typed:
        raise KeyFailed("the two passphrases differ")
    return typed


def make_key(folder: str, name: str, passphrase: str) -> bytes:
    """Make a key of a name, keep it encrypted, and return its public key."""
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise KeyFailed(f"a passphrase has at least {PASSPHRASE_LENGTH_MIN} characters")
    private = Ed25519PrivateKey.generate()
    data = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    public = private.public_key().public_bytes_raw()
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _write_new(file_of(folder, name, PRIVATE), data, 0o600)
        _write_new(file_of(folder, name, PUBLIC), f"{public.hex()}\n".encode(), 0o644)
    except FileExistsError as error:
        raise KeyFailed(f"`{error.filename}` exists already: a key is never written over") from None
    except OSError as error:
        raise KeyFailed(f"`{folder}` cannot be written: {_why(error)}") from None
    return public


def _write_new(path: str, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def open_key(folder: str, name: str, passphrase: str) -> Ed25519PrivateKey:
    """Return the private key of a name."""
    path = file_of(folder, name, PRIVATE)
    data = _read(path)
    try:
        key = load_pem_private_key(data, passphrase.encode())
    except TypeError:
        raise KeyFailed(f"`{path}` is not encrypted: keys of a chain are") from None
    except ValueError:
        raise KeyFailed(f"`{path}`: this is not its passphrase, or it is no key") from None
    except UnsupportedAlgorithm:
        raise KeyFailed(f"`{path}` is a key of a kind that is not used here") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFailed(f"`{path}` is no key of Ed25519")
    return key


def read_public_key(folder: str, name: str) -> bytes:
    """Return the public key of a name."""
    path = file_of(folder, name, PUBLIC)
    return parse_public_key(_read(path).decode(errors="replace").strip(), f"`{path}`")


def parse_public_key(text: str, what: str) -> bytes:
    """Return the public key that hexadecimal digits spell."""
    if re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text) is None:
        raise KeyFailed(f"{what} is no public key: it has {2 * KEY_BYTES} hexadecimal digits")
    key = bytes.fromhex(text)
    if not is_public_key(key):
        raise KeyFailed(f"{what} is no public key of Ed25519")
    return key


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise KeyFailed(f"`{path}` cannot be read: {_why(error)}") from None


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
