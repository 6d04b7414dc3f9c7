"""`chain audit`, `export`, `import` and `prove`: what others check, and what is checked of them."""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from servanda.chain.audit import Found, audit, audit_pack
from servanda.chain.block import Header, read_block
from servanda.chain.encoding import Item, decode
from servanda.chain.genesis import Genesis
from servanda.chain.merkle import proof_of
from servanda.chain.pack import BadPack, pack, unpack
from servanda.chain.proof import (
    record_proof,
    transaction_proof,
)
from servanda.chain.reader import hidden
from servanda.chain.receipt import Kind
from servanda.chain.records import identity_of
from servanda.chain.store import Store
from servanda.chain.transaction import TransactionRefused, read_envelope
from servanda.diagnostic_json import JsonValue, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.show import show_time
from servanda.node import Node, Zones, check_zones, import_blocks, load_genesis, rarely_collecting
from servanda.on_chain.look import find_record
from servanda.on_chain.session import CannotTry, genesis_hash, reading, transaction_hash
from servanda.on_chain.view import Names, about, height_of, who_reads
from servanda.progress import BarProgress, NoProgress, Progress
from servanda.styled_lines import Line, Piece, print_lines
from servanda.verifiers import Verifiers


def chain_audit(options: argparse.Namespace) -> int:
    """Execute everything again from the genesis and compare; tell of which chain that was."""
    if not options.source and not options.folder:
        raise CannotTry("name the folder of a chain, or a file with `--from`")
    wanted = None if options.genesis is None else genesis_hash(options.genesis)
    seen = _Audited()
    told = ""
    try:
        with rarely_collecting():
            _audit(options, wanted, seen)
    except (Found, BadPack) as found:
        told = str(found)
    if options.json:
        write_json(
            {"blocks": seen.height, "is_right": not told, "found": told or None, **seen.to_json()},
            sys.stdout,
        )
    elif told:
        print_lines([[Piece("✘ ", "error"), Piece(visible_text(told))]], sys.stdout)
    else:
        line = [Piece("✔ ", "good"), Piece(f"{seen.height:,} blocks are right", "title")]
        print_lines([line, *seen.lines(is_trusted=wanted is not None)], sys.stdout)
    return SAID_NO if told else DONE


@dataclass(slots=True)
class _Audited:
    """How far an audit has come, and on which chain."""

    genesis: Genesis | None = None
    last: Header | None = None
    height: int = 0

    def to_json(self) -> dict[str, JsonValue]:
        """Return which chain it is, and its last block."""
        return {
            "genesis": None if self.genesis is None else self.genesis.hash.hex(),
            "last": None if self.last is None else self.last.hash.hex(),
            "time": None if self.last is None else show_time(self.last.time_ms),
        }

    def lines(self, *, is_trusted: bool) -> Iterator[Line]:
        """Yield the same for people; a genesis that was not named is only one that was found."""
        assert self.genesis is not None, "an audit that ends has read it"
        found, name = self.genesis.hash.hex(), visible_text(self.genesis.name)
        yield [Piece(f"  chain `{name}`, genesis {found}")]
        if self.last is not None:
            yield [Piece(f"  last block {self.last.hash.hex()}, {show_time(self.last.time_ms)}")]
        if not is_trusted:
            told = f" is this the genesis that you know? `--genesis {found}` asks for no other"
            yield [Piece("help:", "help"), Piece(told)]


def _audit(options: argparse.Namespace, wanted: bytes | None, seen: _Audited) -> None:
    """Go through a chain or a pack, moving a bar on a terminal. Raises `Found` or `BadPack`."""
    progress: Progress = NoProgress()
    if sys.stderr.isatty() and not options.json:
        progress = BarProgress(sys.stderr, "blocks")
    with closing(Verifiers()) as verifiers:
        try:
            if options.source:
                _audit_pack(options.source, wanted, seen, (verifiers, progress))
            else:
                _audit_store(options.folder, wanted, seen, (verifiers, progress))
        finally:
            progress.end()


def _audit_pack(
    path: str, wanted: bytes | None, seen: _Audited, by: tuple[Verifiers, Progress]
) -> None:
    verifiers, progress = by
    with open(path, "rb") as file:
        genesis, blocks = unpack(file.read)
        _begin(genesis, wanted, seen)
        progress.begin(os.fstat(file.fileno()).st_size)
        last = b""

        def note(data: bytes) -> bytes:
            nonlocal last
            last = data
            return data

        for seen.height in audit_pack(genesis, map(note, blocks), Zones(), verifiers.spread):
            progress.move(file.tell(), seen.height)
        if last:
            seen.last = read_block(last).header


def _audit_store(
    folder: str, wanted: bytes | None, seen: _Audited, by: tuple[Verifiers, Progress]
) -> None:
    verifiers, progress = by
    genesis = load_genesis(folder)
    with closing(Store(folder, writes=False)) as store:
        _begin(genesis, wanted, seen)
        progress.begin(store.height)
        for seen.height in audit(store, genesis, Zones(), verifiers.spread):
            progress.move(seen.height, seen.height)
        seen.last = store.head()


def _begin(genesis: Genesis, wanted: bytes | None, seen: _Audited) -> None:
    """Begin an audit, unless it is of a chain that was not asked for."""
    seen.genesis = genesis
    if wanted is not None and genesis.hash != wanted:
        raise Found(f"it is of the chain {genesis.hash.hex()}, and not of {wanted.hex()}")
    check_zones(genesis)


def chain_export(options: argparse.Namespace) -> int:
    """Write a whole chain into one file."""
    with reading(options) as node, open(options.file, "xb") as file:
        heights = range(1, node.ledger.info.height + 1)
        file.writelines(pack(node.genesis, (node.store.block(one).to_bytes() for one in heights)))
        size = file.tell()
        height = node.ledger.info.height
    if options.json:
        write_json({"file": options.file, "blocks": height, "bytes": size}, sys.stdout)
    else:
        told = f"{height:,} blocks in {options.file}, {size:,} bytes"
        print_lines([[Piece("✔ ", "good"), Piece(told)]], sys.stdout)
    return DONE


def chain_import(options: argparse.Namespace) -> int:
    """Make a chain in a folder from a file, executing every block again."""
    with open(options.file, "rb") as file:
        try:
            genesis, blocks = unpack(file.read)
            with Verifiers() as verifiers:
                height = import_blocks(options.folder, genesis, blocks, verifiers.spread)
        except (Found, BadPack) as wrong:
            raise CannotTry(
                f"`{options.file}`: {wrong}", "what stands before it was kept"
            ) from None
    if options.json:
        write_json({"folder": options.folder, "blocks": height}, sys.stdout)
    else:
        told = f"{height:,} blocks in {options.folder}"
        print_lines([[Piece("✔ ", "good"), Piece(told)]], sys.stdout)
    return DONE


def chain_prove(options: argparse.Namespace) -> int:
    """Write the proof of a record at a height, or of a transaction with its receipt."""
    with reading(options) as node:
        names = who_reads(options, node)
        if options.transaction:
            document = _prove_transaction(node, options.transaction, names)
        elif options.record:
            document = _prove_record(node, options.record, options.at, names)
        else:
            raise CannotTry("name a record, or a transaction with `--transaction`")
    with open(options.out, "wb") as file:
        file.write(document)
    if options.json:
        write_json({"file": options.out, "bytes": len(document)}, sys.stdout)
    else:
        command = f"servanda verify {options.out} --genesis {node.ledger.chain.hex()}"
        print_lines(
            [
                [Piece("✔ ", "good"), Piece(f"{options.out}, {len(document):,} bytes")],
                [Piece("check it with: ", "help"), Piece(command)],
            ],
            sys.stdout,
        )
    return DONE


def _prove_record(node: Node, text: str, at: int | None, names: Names) -> bytes:
    table, key = find_record(node, text)
    if key is None:
        raise CannotTry(f"`{text}` names no single record", 'write `Account["6222-01"]`')
    return prove_record(node, table.model.type, key, height_of(node, at), names)


def prove_record(node: Node, record: RecordType, key: Item, height: int, names: Names) -> bytes:
    """Return the proof of a record, or of its absence, at a height, for who may see it.

    Raises `Refused` for everybody else, and `CannotTry`.
    """
    if height < 1:
        raise CannotTry("before the first block nothing is sealed")
    name = identity_of(record, key)
    reader = about(node, names, height)
    table = reader.machine.tables.get(record)
    try:
        # What no contract declared yet was not there, and anybody may know that.
        if table is not None:
            reader.find(table, key)
    except Refused as refused:
        if refused.code != Code.MISSING_RECORD:
            raise
    return record_proof(node.genesis, node.ledger.query(name, height), node.store.seals(height))


def _prove_transaction(node: Node, text: str, names: Names) -> bytes:
    """Return the proof of a transaction with its receipt, for who has signed it."""
    name = transaction_hash(text)
    height = node.store.height_of(name)
    if names is not None:
        signers = () if height is None else signers_of(node, height, name)
        if not any(one in signers for one in names):
            raise hidden()
    if height is None:
        raise CannotTry("no transaction of this hash has run on this chain")
    envelopes, receipts = node.store.transactions(height), node.store.receipts(height)
    place = _place(envelopes, lambda one: _name_of(one) == name)
    other = _place(receipts, lambda one: _is_of_call(one, name))
    return transaction_proof(
        node.genesis,
        node.store.header(height),
        node.store.seals(height),
        (envelopes[place], place, len(envelopes), proof_of(envelopes, place)),
        (receipts[other], other, len(receipts), proof_of(receipts, other)),
    )


def signers_of(node: Node, height: int, transaction: bytes) -> tuple[str, ...]:
    """Return who signs a transaction of a block; nobody where it lapsed and never ran."""
    for data in node.store.transactions(height):
        if _name_of(data) == transaction:
            return read_envelope(data).transaction.signers
    return ()


def _name_of(data: bytes) -> bytes | None:
    """Return the hash of the transaction that bytes of a block hold; they may hold none."""
    try:
        return read_envelope(data).digest
    except TransactionRefused:
        return None


def _is_of_call(receipt: bytes, transaction: bytes) -> bool:
    told: Any = decode(receipt)
    return (told[0], told[1]) == (Kind.CALL, transaction)


def _place(items: tuple[bytes, ...], fits: Callable[[bytes], bool]) -> int:
    for place in range(len(items) - 1, -1, -1):
        if fits(items[place]):
            return place
    raise CannotTry("the transaction lapsed: it waited for signatures and never ran")
