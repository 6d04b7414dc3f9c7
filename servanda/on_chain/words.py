"""Words that many commands of `servanda chain` take: folders, keys, signers, readers, heights."""

from __future__ import annotations

import argparse

from servanda.command_words import add_json, whole_number


def chain_words(parser: argparse.ArgumentParser, folders: str | None = None) -> None:
    """Add what nearly every command takes: the folder of a chain, and `--json`."""
    parser.add_argument("folder", metavar="DIR", nargs=folders, help="the folder of the chain")
    add_json(parser)


def key_words(parser: argparse.ArgumentParser, default: str = " (default: DIR/keys)") -> None:
    """Add where keys are."""
    parser.add_argument(
        "--keys", metavar="DIR", required=not default, help=f"where keys are kept{default}"
    )
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="its first line is the passphrase (default: SERVANDA_PASSPHRASE, or a prompt)",
    )


def time_words(parser: argparse.ArgumentParser) -> None:
    """Add the time of the next block."""
    parser.add_argument(
        "--time", metavar="TIME", help="date it so, for a story of the past (default: now)"
    )


def block_words(parser: argparse.ArgumentParser) -> None:
    """Add what makes and seals blocks."""
    key_words(parser)
    time_words(parser)
    parser.add_argument("--sealer", metavar="NAME", help="who seals blocks here, if there are many")


def signer_words(parser: argparse.ArgumentParser, what: str, *, is_needed: bool) -> None:
    """Add who signs."""
    parser.add_argument(
        "--as",
        dest="signer",
        action="append",
        default=[],
        required=is_needed,
        metavar="NAME",
        help=what,
    )


def reader_words(parser: argparse.ArgumentParser) -> None:
    """Add who reads."""
    chain_words(parser)
    parser.add_argument(
        "--as",
        dest="reader",
        metavar="NAME",
        help="what this member may see, who shows its key (default: everything, as the operator)",
    )
    key_words(parser)


def height_words(parser: argparse.ArgumentParser) -> None:
    """Add the block that is looked at."""
    parser.add_argument("--at", type=whole_number, metavar="HEIGHT", help="as it was at this block")


def later_words(parser: argparse.ArgumentParser) -> None:
    """Add who signs later, and where the transaction goes."""
    parser.add_argument(
        "--later",
        action="append",
        default=[],
        metavar="NAME",
        help="a registrar who signs later, with `chain sign`",
    )
    parser.add_argument("--out", metavar="FILE", help="write the signed transaction, and stop")
    block_words(parser)
