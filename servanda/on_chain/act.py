"""`chain call`, `deploy`, `sign`, `send`: transactions signed here, and blocks made of them."""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from servanda.chain.arguments import arguments_of, items_of
from servanda.chain.encoding import Item, decode
from servanda.chain.membership import MEMBERSHIP
from servanda.chain.merkle import hash_of
from servanda.chain.pending import all_waiting, find_waiting
from servanda.chain.receipt import Kind
from servanda.chain.transaction import (
    BYTES_MAX,
    Envelope,
    Transaction,
    read_envelope,
)
from servanda.diagnostic_json import JsonValue, write_json
from servanda.exit_status import DONE, SAID_NO
from servanda.failure_text import show_call
from servanda.interpreter.receipts import Call
from servanda.interpreter.values.show import show_time
from servanda.node import Node
from servanda.on_chain.session import (
    LIFETIME_MS,
    CannotTry,
    block_time_ms,
    making_blocks,
    new_nonce,
    reading,
    sign,
)
from servanda.on_chain.statement import Asked, read_statement
from servanda.run_facts import Step
from servanda.styled_lines import Line, Piece, print_lines
from servanda.value_text import decimals_by_unit, show_value

CONTRACT = re.compile(r"^contract\s+(\w+)", re.MULTILINE)


def chain_call(options: argparse.Namespace) -> int:
    """Sign what a statement asks for and run it in a block of its own."""
    if options.dry_run:
        return _dry_run(options)
    with making_blocks(options) as node:
        asked = read_statement(options.statement, node.ledger.state.machine)
        transaction = _transaction(node, asked)
        signers = options.signer or list(asked.parties)
        for one in signers:
            if one not in asked.parties:
                raise CannotTry(f"`{one}` is not among those who do this")
        envelope = sign(options, transaction, signers)
        if options.out:
            return _write(options.out, envelope, is_json=options.json)
        return _run(node, envelope.to_bytes(), is_json=options.json)


def chain_deploy(options: argparse.Namespace) -> int:
    """Deploy a contract from its file."""
    with open(options.file, "rb") as file:
        source = file.read(BYTES_MAX + 1)
    name = _contract_name(options.file, source)
    with making_blocks(options) as node:
        asked = Asked(tuple(options.signer), MEMBERSHIP, "deploy", (name, hash_of(source)))
        transaction = _transaction(node, asked, source)
        envelope = sign(options, transaction, options.signer)
        return _run(node, envelope.to_bytes(), is_json=options.json)


def _contract_name(path: str, source: bytes) -> str:
    """Return the name of the contract in a source, for the deployment to say."""
    found = CONTRACT.search(source.decode(errors="replace"))
    if found is None:
        raise CannotTry(f"`{path}` is no contract", "it begins with `contract Name version 1`")
    return found[1]


def chain_sign(options: argparse.Namespace) -> int:
    """Add signatures to a transaction that waits on the chain, or in a file."""
    if options.file:
        return _sign_file(options)
    with making_blocks(options) as node:
        waiting = find_waiting(node.ledger.state, _hash(options.transaction))
        if waiting is None:
            raise CannotTry(
                "no transaction of this hash waits for signatures",
                "`servanda chain pending` lists those that do",
            )
        for one in options.signer:
            if one not in waiting.missing:
                raise CannotTry(f"`{one}` need not sign it: {', '.join(waiting.missing)} must")
        envelope = sign(options, waiting.transaction, options.signer)
        return _run(node, envelope.to_bytes(), is_json=options.json)


def chain_send(options: argparse.Namespace) -> int:
    """Send a transaction that was signed into a file."""
    with open(options.file, "rb") as file:
        data = file.read(BYTES_MAX + 1)
    with making_blocks(options) as node:
        return _run(node, data, is_json=options.json)


def _sign_file(options: argparse.Namespace) -> int:
    """Add signatures to a transaction in a file."""
    with open(options.file, "rb") as file:
        envelope = read_envelope(file.read(BYTES_MAX + 1))
    for one in options.signer:
        if one not in envelope.transaction.signers:
            raise CannotTry(f"`{one}` is not among its signers")
    more = sign(options, envelope.transaction, options.signer)
    both = {**envelope.signatures, **more.signatures}
    return _write(
        options.file, Envelope(envelope.body, envelope.transaction, both), is_json=options.json
    )


def _hash(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise CannotTry(f"`{text[:80]}` is no hash of a transaction") from None


def _transaction(node: Node, asked: Asked, attachment: bytes = b"") -> Transaction:
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


def _write(path: str, envelope: Envelope, *, is_json: bool) -> int:
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


def _run(node: Node, data: bytes, *, is_json: bool) -> int:
    """Make a block of one transaction, once the chain takes it; tell what it came to."""
    node.ledger.check(data)
    due = node.begin(block_time_ms(node))
    receipts = [*due, node.take(data)]
    height = node.end()
    if is_json:
        write_json(
            {"height": height, "receipts": [receipt_to_json(decode(one)) for one in receipts]},
            sys.stdout,
        )
    else:
        print_lines([_line(decode(receipts[-1]), height, node, data)], sys.stdout)
    return _status(decode(receipts[-1]))


def _status(receipt: Item) -> int:
    match receipt:
        case (Kind.NOT_TAKEN, *_) | (Kind.CALL, _, str(), *_):
            return SAID_NO
        case _:
            return DONE


def _line(receipt: Any, height: int, node: Node, data: bytes) -> Line:  # noqa: ANN401
    envelope = read_envelope(data)
    transaction = envelope.transaction
    told = show_transaction(node, transaction)
    where = Piece(f"  block {height:,}, {envelope.digest.hex()}", "quiet")
    match receipt[0]:
        case Kind.CALL if receipt[2] is None:
            model = node.ledger.state.machine.contracts[transaction.contract]
            given = ""
            if receipt[5] is not None:
                decimals = decimals_by_unit(node.ledger.state.machine.contracts.values())
                given = (
                    f" {show_value(receipt[5], model.actions[transaction.action].result, decimals)}"
                )
            return [Piece(f"✔{given} ", "good"), Piece(told), where]
        case Kind.CALL:
            return [Piece(f"✘ {receipt[2]}", "error"), Piece(f": {receipt[3]}  {told}"), where]
        case Kind.WAITING:
            missing = ", ".join(receipt[2])
            return [Piece("… ", "warning"), Piece(f"{told} waits for {missing}"), where]
        case _:
            return [Piece(f"✘ {receipt[2]}", "error"), Piece(f": {receipt[3]}"), where]


def show_transaction(node: Node, transaction: Transaction) -> str:
    """Return a transaction as a statement of the language."""
    contracts = node.ledger.state.machine.contracts
    model = contracts.get(transaction.contract)
    action = None if model is None else model.actions.get(transaction.action)
    items = transaction.arguments
    arguments = items if action is None else arguments_of(items, action.parameters)
    if model is None:
        return f"{' and '.join(transaction.signers)} does {transaction.action}(…)"
    receipt: Any = None
    step = Step(
        *(0, transaction.signers, transaction.contract, transaction.action, arguments, receipt)
    )
    return show_call(step, contracts, decimals_by_unit(contracts.values()))


def _dry_run(options: argparse.Namespace) -> int:
    """Show what would come of a statement, without a transaction."""
    with reading(options) as node:
        machine = node.ledger.state.machine
        asked = read_statement(options.statement, machine)
        machine.advance(block_time_ms(node))
        call = Call(asked.contract, asked.action, asked.arguments, asked.parties)
        receipt = machine.execute(call)
        code = receipt.code
        if options.json:
            write_json(
                {
                    "outcome": "done" if code is None else "refused",
                    "code": code,
                    "message": receipt.message,
                    "cost": receipt.cost,
                },
                sys.stdout,
            )
        elif code is None:
            print_lines([[Piece("✔ ", "good"), Piece("it would be done")]], sys.stdout)
        else:
            line = [Piece(f"✘ {code}", "error"), Piece(f": {receipt.message}")]
            print_lines([line], sys.stdout)
    return DONE if code is None else SAID_NO


def chain_pending(options: argparse.Namespace) -> int:
    """List what waits for signatures."""
    with reading(options) as node:
        found = all_waiting(node.ledger.state)
        if options.json:
            write_json(
                [
                    {
                        "transaction": one.digest.hex(),
                        "statement": show_transaction(node, one.transaction),
                        "missing": list(one.missing),
                        "expires": show_time(one.transaction.expiry_ms),
                    }
                    for one in found
                ],
                sys.stdout,
            )
            return DONE
        lines: list[Line] = []
        for one in found:
            expires = f"until {show_time(one.transaction.expiry_ms)}"
            lines += [
                [Piece(one.digest.hex(), "title")],
                [Piece(f"  {show_transaction(node, one.transaction)}")],
                [Piece(f"  waits for {', '.join(one.missing)} {expires}", "quiet")],
            ]
        print_lines(lines or [[Piece("nothing waits for signatures")]], sys.stdout)
    return DONE


def receipt_to_json(item: Item) -> JsonValue:
    """Return a receipt as JSON: bytes as hexadecimal digits, everything else as it is."""
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, tuple):
        return [receipt_to_json(one) for one in item]
    if isinstance(item, bool | int | str) or item is None:
        return item
    return str(item)
