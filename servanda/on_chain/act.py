"""`chain call`, `sign`, `send`, `pending`: transactions signed here, and blocks made of them."""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import sys
from typing import Any

from servanda.chain.arguments import items_of
from servanda.chain.encoding import decode
from servanda.chain.pending import all_waiting, find_waiting
from servanda.chain.reader import Reader
from servanda.chain.receipt import Kind
from servanda.chain.transaction import (
    BYTES_MAX,
    Envelope,
    Transaction,
    read_envelope,
)
from servanda.chain.typed import Asked
from servanda.diagnostic_json import JsonValue, write_json
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.values.show import show_time
from servanda.node import Node
from servanda.on_chain.explain import dry_run
from servanda.on_chain.look import decimals_of
from servanda.on_chain.outcomes import (
    Outcome,
    outcome_line,
    outcome_to_json,
    served,
    show_transaction,
)
from servanda.on_chain.seal import sealed_asked
from servanda.on_chain.session import (
    LIFETIME_MS,
    CannotTry,
    block_time_ms,
    making_blocks,
    new_nonce,
    reading,
    sign,
    transaction_hash,
)
from servanda.on_chain.statement import read_statement
from servanda.on_chain.view import who_reads
from servanda.styled_lines import Line, Piece, print_lines


def chain_call(options: argparse.Namespace) -> int:
    """Sign what a statement asks for and run it in a block of its own."""
    if options.dry_run:
        return dry_run(options)
    with making_blocks(options) as node:
        asked = read_statement(options.statement, node.ledger.state.machine)
        asked = sealed_asked(options, node, asked)
        transaction = transaction_of(node, asked)
        signers = options.signer or list(asked.parties)
        for one in signers:
            if one not in asked.parties:
                raise CannotTry(f"`{one}` is not among those who do this")
        envelope = sign(options, transaction, signers)
        if options.out:
            return write_signed(options.out, envelope, is_json=options.json)
        return run_in_block(node, envelope.to_bytes(), is_json=options.json)


def chain_sign(options: argparse.Namespace) -> int:
    """Add signatures to a transaction that waits on the chain, or in a file."""
    if options.file:
        return _sign_file(options)
    if options.transaction is None:
        told = "`servanda chain pending` lists those that wait for signatures"
        raise CannotTry("name a transaction by its hash, or a file with `--file`", told)
    with making_blocks(options) as node:
        waiting = find_waiting(node.ledger.state, transaction_hash(options.transaction))
        if waiting is None:
            raise CannotTry(
                "no transaction of this hash waits for signatures",
                "`servanda chain pending` lists those that do",
            )
        for one in options.signer:
            if one not in waiting.missing:
                raise CannotTry(f"`{one}` need not sign it: {', '.join(waiting.missing)} must")
        envelope = sign(options, waiting.transaction, options.signer)
        return run_in_block(node, envelope.to_bytes(), is_json=options.json)


def chain_send(options: argparse.Namespace) -> int:
    """Send a transaction that was signed into a file."""
    with open(options.file, "rb") as file:
        data = file.read(BYTES_MAX + 1)
    with making_blocks(options) as node:
        return run_in_block(node, data, is_json=options.json)


def _sign_file(options: argparse.Namespace) -> int:
    """Add signatures to a transaction in a file."""
    with open(options.file, "rb") as file:
        envelope = read_envelope(file.read(BYTES_MAX + 1))
    for one in options.signer:
        if one not in envelope.transaction.signers:
            raise CannotTry(f"`{one}` is not among its signers")
    more = sign(options, envelope.transaction, options.signer)
    both = {**envelope.signatures, **more.signatures}
    return write_signed(
        options.file, Envelope(envelope.body, envelope.transaction, both), is_json=options.json
    )


def transaction_of(node: Node, asked: Asked, attachment: bytes = b"") -> Transaction:
    """Return what its parties sign, under the version in force."""
    return Transaction(
        chain=node.ledger.chain,
        contract=asked.contract,
        version=node.ledger.state.versions[asked.contract],
        action=asked.action,
        arguments=items_of(asked.arguments),
        signers=asked.parties,
        nonce=new_nonce(),
        expiry_ms=block_time_ms(node) + LIFETIME_MS,
        attachment=attachment,
    )


def write_signed(path: str, envelope: Envelope, *, is_json: bool) -> int:
    """Write a transaction with its signatures into a file; tell who must still sign."""
    with open(path, "wb") as file:
        file.write(envelope.to_bytes())
    missing = envelope.missing
    if is_json:
        write_json(
            {"transaction": envelope.digest.hex(), "file": path, "missing": list(missing)},
            sys.stdout,
        )
        return DONE
    told = f"waits in {path} for {', '.join(missing)}" if missing else f"is complete in {path}"
    print_lines([[Piece("✔ ", "good"), Piece(f"{envelope.digest.hex()} {told}")]], sys.stdout)
    return DONE


def run_in_block(node: Node, data: bytes, *, is_json: bool) -> int:
    """Make a block of one transaction, once the chain takes it; tell its signers the outcome."""
    time_ms = block_time_ms(node)
    node.ledger.check(data, time_ms)
    due = node.begin(time_ms)
    receipts: list[Any] = [decode(one) for one in (*due, node.take(data))]
    height = node.end()
    transaction = read_envelope(data).transaction
    machine = node.ledger.state.machine
    contracts, decimals = machine.contracts, decimals_of(node)
    outcomes = [Outcome(height, number, one, None) for number, one in enumerate(receipts)]
    outcomes[-1] = outcomes[-1]._replace(transaction=transaction)
    last = outcomes[-1]
    if is_json:
        reader = Reader(machine, transaction.signers)
        told = [one for each in outcomes if (one := served(each, reader)) is not None]
        found: JsonValue = [outcome_to_json(one, contracts, decimals) for one in told]
        write_json({"height": height, "receipts": found}, sys.stdout)
    else:
        where = Piece(f"  block {height:,}, {read_envelope(data).digest.hex()}", "quiet")
        print_lines([[*outcome_line(last, contracts, decimals), where]], sys.stdout)
    return SAID_NO if _is_no(last.item) else DONE


def _is_no(item: Any) -> bool:  # noqa: ANN401 -- what was decoded
    """Whether a receipt tells that something was not done."""
    is_refused = item[0] in {Kind.CALL, Kind.TIMER} and item[2] is not None
    return is_refused or item[0] == Kind.NOT_TAKEN


def chain_pending(options: argparse.Namespace) -> int:
    """List what waits for signatures; a member is told of what it signs."""
    with reading(options) as node:
        names = who_reads(options, node)
        found = [
            one
            for one in all_waiting(node.ledger.state)
            if names is None or any(name in one.transaction.signers for name in names)
        ]
        contracts, decimals = node.ledger.state.machine.contracts, decimals_of(node)
        texts = [show_transaction(one.transaction, contracts, decimals) for one in found]
        if options.json:
            write_json(
                [
                    {
                        "transaction": one.digest.hex(),
                        "statement": text,
                        "missing": list(one.missing),
                        "expires": show_time(one.transaction.expiry_ms),
                    }
                    for one, text in zip(found, texts, strict=True)
                ],
                sys.stdout,
            )
            return DONE
        lines: list[Line] = []
        for one, text in zip(found, texts, strict=True):
            expires = f"until {show_time(one.transaction.expiry_ms)}"
            lines += [
                [Piece(one.digest.hex(), "title")],
                [Piece(f"  {text}")],
                [Piece(f"  waits for {', '.join(one.missing)} {expires}", "quiet")],
            ]
        print_lines(lines or [[Piece("nothing waits for signatures")]], sys.stdout)
    return DONE
