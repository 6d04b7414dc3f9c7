"""`chain blocks`: the last blocks, or one with what came of everything in it."""

from __future__ import annotations

import argparse
import sys

from servanda.diagnostic_json import JsonValue, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import DONE
from servanda.interpreter.values.show import show_time
from servanda.node import Node
from servanda.on_chain.look import decimals_of
from servanda.on_chain.outcomes import (
    Outcome,
    event_of,
    event_text,
    outcome_line,
    outcome_to_json,
    outcomes_of,
    served,
)
from servanda.on_chain.session import reading
from servanda.on_chain.view import Names, about, height_of, who_reads
from servanda.styled_lines import Line, Piece, print_lines
from servanda.tables import Column, console_of, print_table

HASH_SHOWN = 16


def chain_blocks(options: argparse.Namespace) -> int:
    """List the last blocks, or show one with what came of it."""
    with reading(options) as node:
        names = who_reads(options, node)
        if options.block is not None:
            height = height_of(node, options.block)
            return _show_block(node, height, names, is_json=options.json)
        last = node.ledger.info.height
        heights = range(max(1, last - options.last + 1), last + 1)
        if options.json:
            write_json([_header_to_json(node, height) for height in heights], sys.stdout)
            return DONE
        print_table(
            console_of(sys.stdout),
            [
                Column("block", is_number=True),
                Column("time"),
                Column("transactions", is_number=True),
                Column("hash"),
                Column("state"),
            ],
            [_row(node, height) for height in heights],
        )
    return DONE


def _row(node: Node, height: int) -> tuple[str, ...]:
    header = node.store.header(height)
    return (
        f"{height:,}",
        show_time(header.time_ms),
        f"{len(node.store.transactions(height)):,}",
        header.hash.hex()[:HASH_SHOWN],
        header.state.hex()[:HASH_SHOWN],
    )


def _header_to_json(node: Node, height: int) -> dict[str, JsonValue]:
    header = node.store.header(height)
    return {
        "height": height,
        "time": show_time(header.time_ms),
        "hash": header.hash.hex(),
        "previous": header.previous.hex(),
        "transactions": header.transactions.hex(),
        "receipts": header.receipts.hex(),
        "state": header.state.hex(),
        "sealed_by": list(node.store.seals(height)),
    }


def _show_block(node: Node, height: int, names: Names, *, is_json: bool) -> int:
    contracts, decimals = node.ledger.state.machine.contracts, decimals_of(node)
    outcomes = outcomes_of(node, height)
    reader = about(node, names, height)
    told = [one for each in outcomes if (one := served(each, reader)) is not None]
    if is_json:
        found: JsonValue = [outcome_to_json(one, contracts, decimals) for one in told]
        write_json({**_header_to_json(node, height), "outcomes": found}, sys.stdout)
        return DONE
    header = {**_header_to_json(node, height), "sealed_by": ", ".join(node.store.seals(height))}
    rows = [(name, str(value)) for name, value in header.items()]
    print_table(console_of(sys.stdout), [Column("header"), Column("")], rows)
    for one in told:
        print_lines(_lines(node, one), sys.stdout)
    return DONE


def _lines(node: Node, outcome: Outcome) -> list[Line]:
    contracts, decimals = node.ledger.state.machine.contracts, decimals_of(node)
    first = [Piece(f"{outcome.place}  ", "quiet"), *outcome_line(outcome, contracts, decimals)]
    below = [event_text(event_of(one, contracts), contracts, decimals) for one in outcome.events]
    below += [f"to {one.party}: {one.text}" for one in outcome.notices]
    if outcome.transaction is not None:
        below.insert(0, f"transaction {outcome.item[1].hex()}")
    return [first, *([Piece(f"      {visible_text(one)}")] for one in below)]
