"""What `chain call` sends sealed, and the private keys of readers.

In comes what a statement asks for; out comes the same with its sealed arguments closed. A private
key is asked for where one is needed, and nowhere else.
"""

from __future__ import annotations

import argparse

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.sealed import NotOpened
from servanda.chain.typed import Asked
from servanda.interpreter.receipts import Call
from servanda.interpreter.values.sealed import Sealed
from servanda.keys import read_passphrase
from servanda.node import Node
from servanda.on_chain.session import CannotTry, keys_folder
from servanda.sealing import ChainSealing, sealed_call
from servanda.sealing_keys import open_sealing_key


def sealed_asked(options: argparse.Namespace, node: Node, asked: Asked) -> Asked:
    """Return what a statement asks for, with what is sealed closed to its readers."""
    call = Call(asked.contract, asked.action, asked.arguments, asked.parties)
    sealing = ChainSealing(
        node.ledger.chain, lambda name, sealed: reader_key(options, name, sealed)
    )
    try:
        closed = sealed_call(node.ledger.state.machine, call, sealing)
    except NotOpened as failed:
        raise CannotTry(f"this cannot be sealed: {failed}") from None
    return asked._replace(arguments=closed.arguments)


def reader_key(options: argparse.Namespace, name: str, sealed: Sealed) -> X25519PrivateKey:
    """Return the private key with which a member opens a value. Raises `NotOpened`."""
    keys = [one.key for one in sealed.keys if one.reader == name]
    if not keys:
        raise NotOpened(f"it is not open to {name}, but to {', '.join(sealed.readers)}")
    passphrase = read_passphrase(options.passphrase_file, f"the sealing key of {name}")
    return open_sealing_key(keys_folder(options), name, keys, passphrase)
