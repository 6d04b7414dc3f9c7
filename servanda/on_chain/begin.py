"""`chain init` and `chain keys`: a new chain in a folder, and the keys of those who act on it."""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH110, PTH118

from __future__ import annotations

import argparse
import os
import sys
from importlib import resources

from servanda.chain.genesis import REGISTRAR, BadGenesis, FirstMember, Genesis, read_genesis
from servanda.diagnostic_json import write_json
from servanda.exit_status import DONE
from servanda.keys import (
    PUBLIC,
    file_of,
    make_key,
    parse_public_key,
    read_passphrase,
    read_public_key,
)
from servanda.node import GENESIS, write_genesis, zones_hash
from servanda.on_chain.session import CannotTry, clock_ms, keys_folder, typed_time_ms
from servanda.sealing_keys import make_sealing_key
from servanda.styled_lines import Piece, print_lines


def chain_init(options: argparse.Namespace) -> int:
    """Make a chain in a folder."""
    folder = options.folder
    path = os.path.join(folder, GENESIS)
    if os.path.lexists(path):
        raise CannotTry(f"`{path}` exists already: a chain is never begun twice")
    time_ms = typed_time_ms(options)
    registrars = [_named(options, one) for one in options.registrar]
    sealers = [_named(options, one) for one in options.sealer or ["node"]]
    membership = resources.files("servanda") / "contracts" / "membership.contract"
    genesis = Genesis(
        name=options.name or os.path.basename(os.path.abspath(folder)),  # noqa: PTH100, PTH119
        time_ms=clock_ms() if time_ms is None else time_ms,
        members=tuple(FirstMember(name, key, (REGISTRAR,)) for name, key in registrars),
        sealers=dict(sealers),
        seals_min=1,
        membership=membership.read_text(encoding="utf-8"),
        zones_hash=zones_hash(),
    )
    try:
        # What could not be read again is told before anything is written.
        assert read_genesis(genesis.to_json()).hash == genesis.hash, (
            "a genesis reads as what it was"
        )
    except BadGenesis as bad:
        raise CannotTry(f"such a chain cannot begin: {bad}") from None
    write_genesis(folder, genesis)
    if options.json:
        write_json({"chain": genesis.hash.hex(), "folder": folder}, sys.stdout)
    else:
        print_lines(
            [
                [Piece("✔ ", "good"), Piece(f"chain {genesis.name} in {folder}")],
                [Piece(f"  {genesis.hash.hex()}", "quiet")],
            ],
            sys.stdout,
        )
    return DONE


def _named(options: argparse.Namespace, text: str) -> tuple[str, bytes]:
    """Return a name with its public key: `ann=KEY`, or a name whose key is here or is made now."""
    name, sign, key = text.partition("=")
    if sign:
        return name, parse_public_key(key, f"the key of {name}")
    folder = keys_folder(options)
    if os.path.exists(file_of(folder, name, PUBLIC)):
        return name, read_public_key(folder, name)
    passphrase = read_passphrase(options.passphrase_file, f"a new key of {name}", confirms=True)
    return name, make_key(folder, name, passphrase)


def keys_new(options: argparse.Namespace) -> int:
    """Make the two keys of a member; of whom they are there already, a new sealing key."""
    folder, name = options.keys, options.name
    what = "a new sealing key" if options.sealing else "the keys"
    passphrase = read_passphrase(options.passphrase_file, f"{what} of {name}", confirms=True)
    public = None if options.sealing else make_key(folder, name, passphrase)
    sealing = make_sealing_key(folder, name, passphrase)
    if options.json:
        made = {} if public is None else {"key": public.hex()}
        write_json({"name": name, **made, "sealing_key": sealing.hex()}, sys.stdout)
        return DONE
    lines = [] if public is None else [[Piece("✔ ", "good"), Piece(f"{name}  {public.hex()}")]]
    lines.append([Piece("✔ ", "good"), Piece(f"{name}, sealing  {sealing.hex()}")])
    print_lines(lines, sys.stdout)
    return DONE
