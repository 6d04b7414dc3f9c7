"""The words of `chain bind`, `introduce` and `relay`, which are about two chains."""

from __future__ import annotations

import argparse

from servanda.command_words import add_json, whole_number
from servanda.on_chain.words import block_words, chain_words, later_words, signer_words


def bind_words(parser: argparse.ArgumentParser) -> None:
    """Add the words of `chain bind`."""
    chain_words(parser)
    parser.add_argument("name", metavar="NAME", help="what contracts here call the other chain")
    parser.add_argument("file", metavar="GENESIS", help="its genesis, such as other/genesis.json")
    signer_words(parser, "a registrar who signs here; two are needed", is_needed=True)
    later_words(parser)


def introduce_words(parser: argparse.ArgumentParser) -> None:
    """Add the words of `chain introduce`."""
    chain_words(parser)
    parser.add_argument("name", metavar="NAME", help="the other chain, as it was bound")
    parser.add_argument("file", metavar="FILE", help="the source of the contract that runs there")
    signer_words(parser, "a registrar who signs here; two are needed", is_needed=True)
    later_words(parser)


def relay_words(parser: argparse.ArgumentParser) -> None:
    """Add the words of `chain relay`."""
    parser.add_argument("origin", metavar="FROM", help="the folder of the chain that is proved")
    parser.add_argument(
        "folder", metavar="TO", help="the folder of the chain that takes the proofs"
    )
    parser.add_argument(
        "--action",
        action="append",
        default=[],
        metavar="NAME",
        help="only for actions of this name (default: all that take a proof of FROM)",
    )
    parser.add_argument("--follow", action="store_true", help="go on with what becomes due")
    parser.add_argument(
        "--every", type=whole_number, default=2, metavar="SECONDS", help="how often it looks (2)"
    )
    add_json(parser)
    signer_words(parser, "a member of TO who signs what is carried", is_needed=True)
    block_words(parser)
