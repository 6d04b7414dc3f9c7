"""`chain why` and `call --dry-run`: what decided an outcome, of the past or of what is only asked.

A transaction or timer of the past is run again from the state before its block, by the code that
ran it, with probes; what is only asked for is run on the present state. Nothing is written. It is
shown by the code of `servanda why`. A member whom `seen by` hides something of it from is told the
outcome alone.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from servanda.chain.again import NeverRan, Watch, explains_to, run_again
from servanda.chain.ledger import Ledger
from servanda.chain.past import ledger_at
from servanda.chain.pending import all_waiting
from servanda.chain.reader import Reader, hidden
from servanda.chain.state import ChainState
from servanda.diagnostic_json import JsonValue, write_json
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.receipts import Call, Firing, Receipt
from servanda.node import Node, Zones
from servanda.on_chain.deployed import deployed_on
from servanda.on_chain.outcomes import (
    Outcome,
    outcomes_of,
    receipt_of,
    served,
    what_ran,
)
from servanda.on_chain.seal import sealed_asked
from servanda.on_chain.session import CannotTry, block_time_ms, reading, typed_time_ms
from servanda.on_chain.statement import read_statement
from servanda.on_chain.view import Names, about, who_reads
from servanda.run_facts import Step
from servanda.styled_lines import Line, Piece, print_lines, width_of
from servanda.traced_run import Explained
from servanda.value_text import decimals_by_unit
from servanda.why import Setting, show_explained
from servanda.why_json import explained_to_json

PLACE = re.compile(r"(\d{1,15})\.(\d{1,9})(?:\.\d{1,9})?")
"""The place of a receipt, also with that of an event in it: `17.0`, `17.0.2`."""


def chain_why(options: argparse.Namespace) -> int:
    """Explain a transaction or timer of the past."""
    with reading(options) as node:
        names = who_reads(options, node)
        outcome = _find(node, options.what, names)
        ledger = ledger_at(node.genesis, Zones(), node.store, outcome.height - 1)
        reader = Reader(ledger.state.machine, names)
        watch = Watch(reader)
        block = node.store.block(outcome.height)
        items = [one.item for one in outcomes_of(node, outcome.height)]
        try:
            traced = run_again(ledger, block, items, outcome.number, watch)
        except NeverRan:
            raise CannotTry(_told_of_what_never_ran(node, outcome)) from None
        setting = _setting(node, ledger.state)
        receipt = receipt_of(outcome, setting.contracts)
        title = f"block {outcome.height:,}, {outcome.place}"
        what = _what_ran(traced.what, block.header.time_ms, receipt)
        trace = traced.trace if traced.may_be_shown else None
        explained = Explained(title, block.header.time_ms, what, receipt, trace or Trace())
        is_whole = trace is not None
        if options.json:
            named: dict[str, JsonValue] = {
                "place": outcome.place,
                "transaction": outcome.item[1].hex() if outcome.transaction else None,
            }
            write_json({**named, **_to_json(setting, explained, is_whole=is_whole)}, sys.stdout)
        else:
            print_lines(_lines(setting, explained, is_whole=is_whole), sys.stdout)
    return DONE


def _what_ran(what: Call | Firing, time_ms: int, receipt: Receipt) -> Step | Firing:
    if isinstance(what, Firing):
        return what
    return Step(time_ms, what.signers, what.contract, what.action, what.arguments, receipt)


def _find(node: Node, text: str, names: Names) -> Outcome:
    """Return what is to be explained, as who asks is told of it. Raises `Refused`."""
    found = _named(node, text)
    if names is not None:
        found = None if found is None else served(found, about(node, names, found.height))
        if found is None:
            raise hidden()
    if found is None:
        if any(one.digest.hex() == text for one in all_waiting(node.ledger.state)):
            raise CannotTry(
                "this transaction waits for signatures: nothing has come of it yet",
                "`servanda chain pending` says whose",
            )
        raise CannotTry(
            f"nothing of the chain is called `{text[:80]}`",
            "name a transaction by its whole hash, or a place as `chain blocks` shows it",
        )
    return found


def _named(node: Node, text: str) -> Outcome | None:
    if place := PLACE.fullmatch(text):
        height, number = int(place[1]), int(place[2])
        if not 1 <= height <= node.ledger.info.height:
            return None
        outcomes = outcomes_of(node, height)
        return outcomes[number] if number < len(outcomes) else None
    try:
        name = bytes.fromhex(text)
    except ValueError:
        return None
    ended = node.store.height_of(name)
    found = (
        [] if ended is None else [one for one in outcomes_of(node, ended) if one.item[1] == name]
    )
    return found[-1] if found else None


def _told_of_what_never_ran(node: Node, outcome: Outcome) -> str:
    contracts = node.ledger.state.machine.contracts
    what = what_ran(outcome, contracts, decimals_by_unit(contracts.values()))
    return f"{what or outcome.place} did not run: there is nothing to explain"


def _setting(node: Node, state: ChainState) -> Setting:
    """Return the contracts of a state with the sources that say what they are."""
    contracts, sources, _ = deployed_on(node, state)
    return Setting(contracts, sources, decimals_by_unit(contracts.values()))


def _to_json(setting: Setting, explained: Explained, *, is_whole: bool) -> dict[str, JsonValue]:
    """Return an explanation; where it may not be shown `tree` is empty and `is_whole` false."""
    return {**explained_to_json(setting, explained), "is_whole": is_whole}


def _lines(setting: Setting, explained: Explained, *, is_whole: bool) -> Iterator[Line]:
    yield from show_explained(setting, explained, width_of(sys.stdout))
    if not is_whole:
        told = "it was decided by records that are hidden from who asks: the outcome is all"
        yield [Piece(told, "quiet")]


# ── what is only asked ────────────────────────────────────────────────────────────────────────


def dry_run(options: argparse.Namespace) -> int:
    """Show what would come of a statement and why, without a transaction."""
    with reading(options) as node:
        asked = read_statement(options.statement, node.ledger.state.machine)
        asked = sealed_asked(options, node, asked)
        names = _who_tries(options, node, asked.parties)
        ledger: Ledger = node.ledger
        if names is not None:
            # What is watched is thrown away behind it; the node's own records are left alone.
            ledger = ledger_at(node.genesis, Zones(), node.store, node.ledger.info.height)
        machine = ledger.state.machine
        watch = Watch(Reader(machine, names))
        node.time_ms = typed_time_ms(options)
        time_ms = block_time_ms(node)
        machine.advance(time_ms)
        call = Call(asked.contract, asked.action, asked.arguments, asked.parties)
        watch.is_on = True
        receipt, trace = machine.trace(call)
        machine.overdue_receipts.clear()
        is_whole = explains_to(watch, call, receipt.code)
        receipt = _served(receipt, watch.reader)
        step = Step(time_ms, asked.parties, asked.contract, asked.action, asked.arguments, receipt)
        shown = trace if is_whole else Trace()
        explained = Explained("not on the chain", time_ms, step, receipt, shown)
        setting = _setting(node, ledger.state)
        if options.json:
            write_json(_to_json(setting, explained, is_whole=is_whole), sys.stdout)
        else:
            print_lines(_lines(setting, explained, is_whole=is_whole), sys.stdout)
    return DONE if receipt.code is None else SAID_NO


def _who_tries(options: argparse.Namespace, node: Node, parties: tuple[str, ...]) -> Names:
    """Return whom the outcome is told: the operator, or all who would sign, with their keys."""
    if not options.signer:
        return None
    for one in options.signer:
        if one not in parties:
            raise CannotTry(f"`{one}` is not among those who do this")
    if missing := [one for one in parties if one not in options.signer]:
        raise CannotTry(
            "what would come of the signatures of others is told to them too, or to nobody",
            f"name all with `--as`, also {' and '.join(missing)}",
        )
    for one in options.signer:
        who_reads(argparse.Namespace(**{**vars(options), "reader": one}), node)
    return tuple(options.signer)


def _served(receipt: Receipt, reader: Reader) -> Receipt:
    """Return a receipt with the events and notices that its signers are told."""
    if reader.names is None:
        return receipt
    return receipt._replace(
        events=tuple(one for one in receipt.events if reader.sees_event(one)),
        notices=tuple(one for one in receipt.notices if reader.is_addressed(one)),
    )
