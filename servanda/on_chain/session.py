"""What every command on a chain needs: the folder opened, keys opened, the time.

In come the options that a user typed; out come an open node and signed transactions.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH110, PTH112, PTH118, PTH208

from __future__ import annotations

import argparse
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from servanda.chain.merkle import HASH_BYTES
from servanda.chain.transaction import NONCE_BYTES, Envelope, Transaction, signed_bytes
from servanda.chain.typed import WrongText
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.show import show_time
from servanda.interpreter.values.times import parse_time
from servanda.keys import PRIVATE, file_of, open_key, read_passphrase
from servanda.node import Node
from servanda.on_chain.deployed import deployed_on

KEYS = "keys"
MOMENT_MS = 1_000
"""So far behind the last block a typed time may be: many blocks can be of one moment."""
LIFETIME_MS = 86_400_000
"""A transaction that a command signs expires after a day, unless `--expires` says otherwise."""


class CannotTry(Exception):  # noqa: N818 -- the command cannot be tried as it was typed
    """Something stands in the way before the chain is asked; the message says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


def keys_folder(options: argparse.Namespace) -> str:
    """Return where keys are kept: named, or beside the chain."""
    return str(options.keys or os.path.join(options.folder, KEYS))


def transaction_hash(text: str) -> bytes:
    """Return the hash of a transaction that was typed. Raises `CannotTry`."""
    return _typed_hash(text, "a transaction", "write all of it, as it was printed")


def genesis_hash(text: str) -> bytes:
    """Return the hash of a genesis that was typed. Raises `CannotTry`."""
    return _typed_hash(text, "a genesis")


def _typed_hash(text: str, what: str, advice: str = "") -> bytes:
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * HASH_BYTES}}}", text) is None:
        told = f"`{text[:80]}` is no hash of {what}: it has {2 * HASH_BYTES} hexadecimal digits"
        raise CannotTry(told, advice)
    return bytes.fromhex(text)


def check_keys(options: argparse.Namespace, names: Iterable[str]) -> None:
    """Raise `CannotTry` unless the keys of these members are here: before anybody is prompted."""
    folder = keys_folder(options)
    for name in names:
        if os.path.exists(file_of(folder, name, PRIVATE)):
            continue
        here = os.listdir(folder) if os.path.isdir(folder) else []
        keys = sorted(one.removesuffix(PRIVATE) for one in here if one.endswith(PRIVATE))
        near = did_you_mean(name, keys)
        raise CannotTry(
            f"there is no key of `{name}` in `{folder}`",
            near or f"put the key of {name} there, or name its folder with `--keys`",
        )


def signing_key(options: argparse.Namespace, name: str) -> Ed25519PrivateKey:
    """Return the private key of a member, after asking for its passphrase."""
    check_keys(options, [name])
    passphrase = read_passphrase(options.passphrase_file, f"the key of {name}")
    return open_key(keys_folder(options), name, passphrase)


@contextmanager
def reading(options: argparse.Namespace) -> Iterator[Node]:
    """Open a chain to read it."""
    node = Node(options.folder)
    try:
        yield node
    except WrongText as wrong:
        wrong.sources.update(deployed_on(node, node.ledger.state).sources)
        raise
    finally:
        node.close()


def sealer_of(options: argparse.Namespace) -> tuple[str, Ed25519PrivateKey]:
    """Return who seals blocks here, with the key."""
    genesis = Node(options.folder)
    sealers = list(genesis.genesis.sealers)
    genesis.close()
    if len(sealers) > 1 and options.sealer not in sealers:
        raise CannotTry(
            "this chain has several sealers", f"name yours with `--sealer`: {', '.join(sealers)}"
        )
    name = options.sealer or sealers[0]
    check_keys(options, getattr(options, "signer", ()))
    return name, signing_key(options, name)


@contextmanager
def making_blocks(options: argparse.Namespace) -> Iterator[Node]:
    """Open a chain to make blocks, sealed by the sealer of this node."""
    time_ms = typed_time_ms(options)
    node = Node(options.folder, sealer_of(options))
    node.time_ms = time_ms
    try:
        check_time(node, time_ms)
        yield node
    except WrongText as wrong:
        wrong.sources.update(deployed_on(node, node.ledger.state).sources)
        raise
    finally:
        node.close()


def clock_ms() -> int:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000


def block_time_ms(node: Node) -> int:
    """Return the time of the next block: that which was typed or of this machine, or the next.

    Time rises from block to block, and no block is dated ahead of the clock but for that.
    """
    now = clock_ms() if node.time_ms is None else node.time_ms
    return max(now, node.ledger.info.time_ms + 1)


def typed_time_ms(options: argparse.Namespace) -> int | None:
    """Return the time that was typed, which is not ahead of the clock, if one was."""
    if options.time is None:
        return None
    try:
        given = parse_time(options.time)
    except Unreadable as unreadable:
        raise CannotTry(f"`{options.time[:40]}` is no time: {unreadable.message}") from None
    if given > clock_ms():
        raise CannotTry(f"{show_time(given)} has not come yet", "no block is ahead of the clock")
    return given


def check_time(node: Node, time_ms: int | None) -> None:
    """Refuse a time that was typed and that the chain has left behind. Raises `CannotTry`.

    Blocks of one moment follow one another by a millisecond each, so that one may be typed again.
    """
    last_ms = node.ledger.info.time_ms
    if time_ms is not None and time_ms < last_ms - MOMENT_MS:
        raise CannotTry(
            f"the last block is of {show_time(last_ms)}, and time only rises",
            f"a block of {show_time(time_ms)} can stand on a chain that was begun earlier",
        )


def new_nonce() -> bytes:
    """Return what makes a transaction differ from every other."""
    return secrets.token_bytes(NONCE_BYTES)


def sign(options: argparse.Namespace, transaction: Transaction, names: Sequence[str]) -> Envelope:
    """Return a transaction signed by members whose keys are here."""
    return signed_with(transaction, {name: signing_key(options, name) for name in names})


def signed_with(transaction: Transaction, keys: Mapping[str, Ed25519PrivateKey]) -> Envelope:
    """Return a transaction signed with private keys, by the names of their holders."""
    body = transaction.to_bytes()
    data = signed_bytes(body)
    return Envelope(body, transaction, {name: key.sign(data) for name, key in keys.items()})
