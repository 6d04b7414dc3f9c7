"""`chain deploy`, `upgrade`, `contracts`: which contracts run on a chain, and in which versions.

In comes a file with the source of a contract; out goes a transaction that two registrars sign. What
an upgrade would change, and what stands in its way, can be seen before anybody signs it.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from servanda.chain.genesis import REGISTRAR
from servanda.chain.membership import MEMBERSHIP, table_of
from servanda.chain.merkle import hash_of
from servanda.chain.running import DEPLOY, UPGRADE, run_transaction
from servanda.chain.transaction import BYTES_MAX, SIGNERS_COUNT_MAX
from servanda.chain.typed import Asked
from servanda.diagnostic_json import JsonValue, diagnostics_to_json, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import DONE, SAID_NO
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.source import Source
from servanda.interpreter.compare import Change, compare
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Receipt
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.show import show_time
from servanda.loading import Kind
from servanda.node import Node
from servanda.on_chain.act import run_in_block, transaction_of, write_signed
from servanda.on_chain.check_source import load_for_chain, tell_mistakes
from servanda.on_chain.session import CannotTry, block_time_ms, making_blocks, reading, sign
from servanda.on_chain.view import about, height_of
from servanda.styled_lines import Piece, print_diagnostics, print_lines
from servanda.tables import Column, console_of, print_table
from servanda.tell_changes import change_lines, changes_to_json

HEADER = re.compile(r"^contract +(\w+) +version +([0-9_]{1,12}) *(?:#.*)?$", re.MULTILINE)
HASH_SHOWN = 16

NAME_ANOTHER = (
    "two registrars deploy a contract: name another with `--as`, or with `--later` who signs later"
)


class Written(NamedTuple):
    """The source of a contract in a file, and what its header says."""

    name: str
    version: int
    source: bytes


def chain_deploy(options: argparse.Namespace) -> int:
    """Deploy a contract from its file."""
    written = read_written(options.file)
    with reading(options) as node:
        running = node.ledger.state.versions.get(written.name)
        if running is not None:
            raise CannotTry(
                f"`{written.name}` runs already, in version {running}",
                f"upgrade it: `servanda chain upgrade {options.folder} {options.file}`",
            )
        wrong = tell_mistakes(options, node, written.name)
    if wrong != DONE:
        return wrong
    with making_blocks(options) as node:
        arguments = (written.name, hash_of(written.source))
        status = send_with_document(options, node, DEPLOY, arguments, written.source)
        if status == SAID_NO and len({*options.signer, *options.later}) == 1 and not options.json:
            print_lines([[Piece("help:", "help"), Piece(f" {NAME_ANOTHER}")]], sys.stderr)
        return status


def chain_upgrade(options: argparse.Namespace) -> int:
    """Upgrade a contract to the version in a file, or show what that would change."""
    written = read_written(options.file)
    if options.dry_run:
        with reading(options) as node:
            return _try(options, node, written)
    if not options.signer:
        raise CannotTry("an upgrade is signed by two registrars", "name yours with `--as`")
    with reading(options) as node:
        _check_runs(options, node, written)
        wrong = tell_mistakes(options, node, written.name)
    if wrong != DONE:
        return wrong
    with making_blocks(options) as node:
        arguments = (written.name, written.version, hash_of(written.source))
        return send_with_document(options, node, UPGRADE, arguments, written.source)


def read_written(path: str) -> Written:
    """Return the source in a file with what its header says. Raises `CannotTry`."""
    with open(path, "rb") as file:
        source = file.read(BYTES_MAX + 1)
    found = HEADER.search(source.decode(errors="replace"))
    if found is None:
        raise CannotTry(f"`{path}` is no contract", "it begins with `contract Name version 1`")
    return Written(found[1], int(found[2].replace("_", "") or "0"), source)


def _check_runs(options: argparse.Namespace, node: Node, written: Written) -> None:
    if written.name == MEMBERSHIP:
        raise CannotTry("the membership contract is part of the genesis, and is never upgraded")
    if written.name not in node.ledger.state.deployed.sources:
        raise CannotTry(
            f"no contract `{written.name}` was deployed on this chain",
            f"deploy it: `servanda chain deploy {options.folder} {options.file}`",
        )


def send_with_document(
    options: argparse.Namespace,
    node: Node,
    action: str,
    arguments: tuple[object, ...],
    document: bytes,
) -> int:
    """Sign a transaction that carries a document; run it, let it wait, or write it to a file."""
    parties = tuple(dict.fromkeys([*options.signer, *options.later]))
    asked = Asked(parties, MEMBERSHIP, action, arguments)
    envelope = sign(options, transaction_of(node, asked, document), options.signer)
    if options.out:
        return write_signed(options.out, envelope, is_json=options.json)
    return run_in_block(node, envelope.to_bytes(), is_json=options.json)


# ── what an upgrade would change ──────────────────────────────────────────────────────────────


class _Told(NamedTuple):
    """What is told of an upgrade that was only tried."""

    old: ContractModel
    new: ContractModel | None
    changes: tuple[Change, ...]
    diagnostics: Diagnostics
    sources: Mapping[str, Source]


def _try(options: argparse.Namespace, node: Node, written: Written) -> int:
    """Show what an upgrade would change and whether it would be done; nothing is signed or kept."""
    _check_runs(options, node, written)
    told = _compared(node, options.file, written.name)
    receipt = _receipt(options, node, written)
    if options.json:
        write_json(_to_json(told, receipt), sys.stdout)
    else:
        print_diagnostics(told.diagnostics, told.sources, sys.stdout)
        if told.new is not None:
            is_upgrade = not told.diagnostics.has_errors
            lines = change_lines(
                told.old, told.new, told.changes, told.sources, is_upgrade=is_upgrade
            )
            print_lines(lines, sys.stdout)
        line = [Piece("✔ ", "good"), Piece(f"it would be done, for {receipt.cost:_} steps")]
        if receipt.code is not None:
            line = [Piece(f"✘ {receipt.code}", "error")]
            line.append(Piece(f": {visible_text(receipt.message)}"))
        print_lines([line], sys.stdout)
    return DONE if receipt.code is None else SAID_NO


def _compared(node: Node, path: str, name: str) -> _Told:
    """Return the comparison with what runs; without changes where the source has mistakes."""
    old = node.ledger.state.machine.contracts[name]
    loader = load_for_chain(node, path, name)
    loaded = loader.load(path, Kind.CONTRACT)
    if loaded.contract is None:
        return _Told(old, None, (), loaded.diagnostics, loader.sources)
    diagnostics = Diagnostics()
    changes = compare(old, loaded.contract, diagnostics)
    return _Told(old, loaded.contract, changes, diagnostics, loader.sources)


def _receipt(options: argparse.Namespace, node: Node, written: Written) -> Receipt:
    """Return what the chain would say now, to the registrars named or to any."""
    state = node.ledger.state
    active = state.machine.members.active
    registrars = sorted(name for name, roles in active.items() if REGISTRAR in roles)
    signers = tuple(dict.fromkeys([*options.signer, *options.later])) or tuple(registrars)
    arguments = (written.name, written.version, hash_of(written.source))
    asked = Asked(signers[:SIGNERS_COUNT_MAX], MEMBERSHIP, UPGRADE, arguments)
    transaction = transaction_of(node, asked, written.source)
    state.machine.advance(block_time_ms(node))
    return run_transaction(state, transaction, {})


def _to_json(told: _Told, receipt: Receipt) -> dict[str, JsonValue]:
    found: JsonValue = None
    if told.new is not None:
        found = changes_to_json(told.old, told.new, told.changes, told.sources)
    return {
        "outcome": "done" if receipt.code is None else "refused",
        "code": None if receipt.code is None else str(receipt.code),
        "message": receipt.message,
        "cost": receipt.cost,
        "against": found,
        "diagnostics": diagnostics_to_json(told.diagnostics, told.sources),
    }


# ── what runs ─────────────────────────────────────────────────────────────────────────────────


class _Release(NamedTuple):
    """A version of a contract: since when it is or was in force, and the hash of its source."""

    version: int
    since_ms: int
    source: bytes


def chain_contracts(options: argparse.Namespace) -> int:
    """List the contracts that run, with their versions, now or at any height."""
    with reading(options) as node:
        machine = about(node, None, height_of(node, options.at)).machine
        found = {
            name: list(releases) for name, releases in sorted(_releases(node, machine).items())
        }
        if options.json:
            listed: list[JsonValue] = [
                _contract_to_json(machine.contracts[name], releases)
                for name, releases in found.items()
            ]
            write_json(listed, sys.stdout)
            return DONE
        rows = [
            (
                *(name, f"{releases[-1].version}", show_time(releases[-1].since_ms)),
                ", ".join(_uses(machine.contracts[name])) or "-",
                releases[-1].source.hex()[:HASH_SHOWN],
            )
            for name, releases in found.items()
        ]
        names = ("contract", "version", "since", "uses", "source")
        columns = [Column(one, is_number=one == "version") for one in names]
        print_table(console_of(sys.stdout), columns, rows)
    return DONE


def _releases(node: Node, machine: Machine) -> dict[str, list[_Release]]:
    """Return every version there was of each contract, the one in force last."""
    genesis = node.genesis
    first = _Release(1, genesis.time_ms, hash_of(genesis.membership.encode()))
    found = {MEMBERSHIP: [first]}
    if RecordType(MEMBERSHIP, "Release") not in machine.tables:
        # A membership contract of a chain's own need not list what ran before.
        for row in table_of(machine, "Deployment").records():
            found[row.f_name] = [_Release(row.f_version, row.f_since, row.f_source)]
        return found
    for row in table_of(machine, "Release").records():
        one = _Release(row.f_version, row.f_since, row.f_source)
        found.setdefault(row.f_deployment.f_name, []).append(one)
    return found


def _uses(model: ContractModel) -> Iterator[str]:
    return iter(sorted({one.name for one in model.uses.values()}))


def _contract_to_json(model: ContractModel, releases: list[_Release]) -> dict[str, JsonValue]:
    return {
        "name": model.name,
        "version": releases[-1].version,
        "since": show_time(releases[-1].since_ms),
        "source": releases[-1].source.hex(),
        "uses": [*_uses(model)],
        "releases": [
            {"version": one.version, "since": show_time(one.since_ms), "source": one.source.hex()}
            for one in releases
        ],
    }
