"""Sealing keys at rest: private keys of X25519 in encrypted PKCS #8, beside those that sign.

In come names, folders and passphrases; out come keys, or `KeyFailed`. A key is never removed or
written over: what was sealed to it stays readable with it alone. The first of a name is in
`NAME.open` and its public key in `NAME.seal`, the next in `NAME.open-2` and `NAME.seal-2`.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH110

from __future__ import annotations

import os
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.sealed import is_sealing_key
from servanda.keys import KeyFailed, file_of, keep_key, load_private_key, parse_key, read_key_file

PRIVATE, PUBLIC = ".open", ".seal"
KEYS_COUNT_MAX = 1_000


def make_sealing_key(folder: str, name: str, passphrase: str) -> bytes:
    """Make a new sealing key of a name beside those it has, and return its public key."""
    number = len(sealing_keys_of(folder, name)) + 1
    if number > KEYS_COUNT_MAX:
        raise KeyFailed(f"`{name}` has {KEYS_COUNT_MAX} sealing keys already")
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    endings = (_ending(PRIVATE, number), _ending(PUBLIC, number))
    keep_key(folder, name, passphrase, private, public, endings)
    return public


def sealing_keys_of(folder: str, name: str) -> list[bytes]:
    """Return the public sealing keys of a name, the first one first."""
    found: list[bytes] = []
    while os.path.exists(path := file_of(folder, name, _ending(PUBLIC, len(found) + 1))):
        text = read_key_file(path).decode(errors="replace").strip()
        found.append(parse_key(text, f"`{path}`", is_sealing_key, "X25519"))
    return found


def open_sealing_key(
    folder: str, name: str, wanted: Iterable[bytes], passphrase: str
) -> X25519PrivateKey:
    """Return the private key of a name whose public key is among those wanted."""
    known = set(wanted)
    for number, public in enumerate(sealing_keys_of(folder, name), start=1):
        if public not in known:
            continue
        path = file_of(folder, name, _ending(PRIVATE, number))
        private = load_private_key(path, passphrase)
        if not isinstance(private, X25519PrivateKey):
            raise KeyFailed(f"`{path}` is no key of X25519")
        if private.public_key().public_bytes_raw() != public:
            raise KeyFailed(f"`{path}` is not the private key of `{name}{_ending(PUBLIC, number)}`")
        return private
    raise KeyFailed(f"`{folder}` has no sealing key of `{name}` that opens this")


def _ending(ending: str, number: int) -> str:
    return ending if number == 1 else f"{ending}-{number}"
