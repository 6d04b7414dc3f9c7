"""Keys at rest: private keys of Ed25519 in encrypted PKCS #8, public keys as text.

In come names, folders and passphrases; out come keys, or `KeyFailed`. A passphrase comes from a
prompt, a file or the environment, never from an argument that others could read in a list of
processes. Nothing here knows what is signed.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH103, PTH107, PTH110, PTH118, PTH123

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.signatures import KEY_BYTES, is_public_key
from servanda.key_encryption import NotOpened, lock, unlock

PASSPHRASE_VARIABLE = "SERVANDA_PASSPHRASE"  # noqa: S105 -- the name of the variable
PASSPHRASE_LENGTH_MIN = 8
PASSPHRASE_LENGTH_MAX = 250
"""The library reads up to 1,023 bytes, and a character has at most four."""
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
                return file.readline(FILE_BYTES_MAX).rstrip("\r\n")
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
    try:
        typed = getpass.getpass(f"passphrase of {what}: ")
        again = getpass.getpass("the same again: ") if confirms else typed
    except EOFError:
        raise KeyFailed(f"no passphrase of {what} was typed") from None
    if again != typed:
        raise KeyFailed("the two passphrases differ")
    return typed


def make_key(folder: str, name: str, passphrase: str) -> bytes:
    """Make a key of a name, keep it encrypted, and return its public key."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    keep_key(folder, name, passphrase, private, public, (PRIVATE, PUBLIC))
    return public


def keep_key(
    folder: str,
    name: str,
    passphrase: str,
    private: Ed25519PrivateKey | X25519PrivateKey,
    public: bytes,
    endings: tuple[str, str],
) -> None:
    """Keep a private key encrypted and its public key as text, in files with these endings."""
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise KeyFailed(f"a passphrase has at least {PASSPHRASE_LENGTH_MIN} characters")
    if len(passphrase) > PASSPHRASE_LENGTH_MAX:
        raise KeyFailed(f"a passphrase has at most {PASSPHRASE_LENGTH_MAX} characters")
    data = lock(private, passphrase)
    private_path, public_path = (file_of(folder, name, one) for one in endings)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _write_new(public_path, f"{public.hex()}\n".encode(), 0o644)
        try:
            _write_new(private_path, data, 0o600)
        except OSError:
            # A public key without its private one would look like a key that is here.
            os.remove(public_path)
            raise
    except FileExistsError as error:
        raise KeyFailed(f"`{error.filename}` exists already: a key is never written over") from None
    except OSError as error:
        raise KeyFailed(f"`{folder}` cannot be written: {_why(error)}") from None


def _write_new(path: str, data: bytes, mode: int) -> None:
    """Write a file that is not there yet, all of it or nothing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        os.remove(path)
        raise


def open_key(folder: str, name: str, passphrase: str) -> Ed25519PrivateKey:
    """Return the private key of a name."""
    path = file_of(folder, name, PRIVATE)
    key = load_private_key(path, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFailed(f"`{path}` is no key of Ed25519")
    beside = file_of(folder, name, PUBLIC)
    # Nothing in the file says whether it was damaged: then another key would come out of it.
    if os.path.exists(beside) and read_public_key(folder, name) != _public(key):
        raise KeyFailed(f"`{path}` is damaged, or is not the key of `{beside}`")
    return key


def load_private_key(path: str, passphrase: str) -> PrivateKeyTypes:
    """Return the private key, of whatever kind, in an encrypted file."""
    data = read_key_file(path)
    try:
        return unlock(data, passphrase)
    except NotOpened as wrong:
        told = str(wrong)
        raise KeyFailed(f"`{path}`{told if told.startswith(':') else f' {told}'}") from None


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def read_public_key(folder: str, name: str) -> bytes:
    """Return the public key of a name."""
    path = file_of(folder, name, PUBLIC)
    return parse_public_key(read_key_file(path).decode(errors="replace").strip(), f"`{path}`")


def parse_public_key(text: str, what: str) -> bytes:
    """Return the public key that hexadecimal digits spell."""
    return parse_key(text, what, is_public_key, "Ed25519")


def parse_key(text: str, what: str, is_key: Callable[[bytes], bool], curve: str) -> bytes:
    """Return the public key of a curve that hexadecimal digits spell. Raises `KeyFailed`."""
    if re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text) is None:
        raise KeyFailed(f"{what} is no public key: it has {2 * KEY_BYTES} hexadecimal digits")
    key = bytes.fromhex(text)
    if not is_key(key):
        raise KeyFailed(f"{what} is no public key of {curve}")
    return key


def read_key_file(path: str) -> bytes:
    """Return the bytes of a key's file."""
    try:
        with open(path, "rb") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise KeyFailed(f"`{path}` cannot be read: {_why(error)}") from None


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
