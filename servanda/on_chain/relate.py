"""`chain bind` and `chain introduce`: another chain becomes known here, and what runs on it.

In come its genesis and the sources of its contracts, which two registrars vouch for; from then on
contracts here take proofs of its records.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse

from servanda.chain.genesis import BYTES_MAX as GENESIS_BYTES_MAX
from servanda.chain.genesis import BadGenesis, read_genesis
from servanda.chain.merkle import hash_of
from servanda.chain.running import BIND, INTRODUCE
from servanda.on_chain.deploy import read_written, send_with_document
from servanda.on_chain.session import CannotTry, making_blocks


def chain_bind(options: argparse.Namespace) -> int:
    """Give another chain a name."""
    with open(options.file, "rb") as file:
        data = file.read(GENESIS_BYTES_MAX + 1)
    try:
        genesis = read_genesis(data.decode())
    except (BadGenesis, UnicodeDecodeError) as bad:
        raise CannotTry(
            f"`{options.file}` is no genesis: {bad}",
            "it is `genesis.json` in the folder of a chain",
        ) from None
    return _send(options, BIND, (options.name, genesis.hash), genesis.to_bytes())


def chain_introduce(options: argparse.Namespace) -> int:
    """Introduce a contract of another chain by its source."""
    written = read_written(options.file)
    arguments = (options.name, written.name, hash_of(written.source))
    return _send(options, INTRODUCE, arguments, written.source)


def _send(
    options: argparse.Namespace, action: str, arguments: tuple[object, ...], document: bytes
) -> int:
    """Sign a transaction that carries a document, and run it or let it wait."""
    with making_blocks(options) as node:
        return send_with_document(options, node, action, arguments, document)
