"""`open`: what is inside a sealed value, shown to one of its readers.

In comes a path that a user typed; out comes the value, checked against its commitment.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NamedTuple

from servanda.chain.disclosure import disclosure
from servanda.chain.sealed import Bound, NotOpened, Opened, committed_bytes, open_sealed
from servanda.chain.sealed_types import opened_value, type_text
from servanda.diagnostic_json import write_json
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.execute.state import slot_of
from servanda.interpreter.types import Type, sealed_in
from servanda.interpreter.values.sealed import Sealed, parts_of
from servanda.json_values import to_json
from servanda.node import Node
from servanda.on_chain.look import decimals_of, find_record
from servanda.on_chain.outcomes import outcomes_of
from servanda.on_chain.prove import prove_record
from servanda.on_chain.seal import reader_key
from servanda.on_chain.session import CannotTry, reading
from servanda.on_chain.view import about, height_of
from servanda.styled_lines import Piece, print_lines
from servanda.value_text import show_value

FIELD = re.compile(r"(.+\])\s*\.\s*(\w+)\s*", re.DOTALL)
IN_EVENT = re.compile(r"(\d{1,15})\.(\d{1,9})\.(\d{1,9})\.(\w+)")
FORMS = 'write a field, `Filing["a"].report`, or what an event told, `17.0.2.report`'


class Found(NamedTuple):
    """A sealed value where it was found, and the type of what is inside."""

    sealed: Sealed
    held: Type


def open_value(options: argparse.Namespace) -> int:
    """Show what is inside a sealed value, to one of its readers."""
    with reading(options) as node:
        sealed, held = _find(node, options.path, options.at)
        bound = Bound(node.ledger.chain, type_text(held), sealed.author)
        try:
            opened = open_sealed(sealed, bound, reader_key(options, options.reader, sealed))
            value = opened_value(opened.value, held, node.ledger.state.machine.tables)
        except NotOpened as failed:
            return _tell_closed(str(failed), is_json=options.json)
        if options.out:
            _disclose(options, node, bound.type, opened)
        if options.json:
            _write_opened(node, Found(sealed, held), bound, opened, value)
            return DONE
        decimals = decimals_of(node)
        lines = [
            [Piece("✔ ", "good"), Piece(show_value(value, held, decimals))],
            [Piece(f"  {bound.type}, sealed by {sealed.author}", "quiet")],
            [Piece(f"  open to {', '.join(sealed.readers)}", "quiet")],
            [Piece(f"  commitment {sealed.commitment.hex()}", "quiet")],
        ]
        if options.out:
            command = f"servanda verify {options.out} --genesis {node.ledger.chain.hex()}"
            lines.append([Piece("  check it with: ", "help"), Piece(command)])
        print_lines(lines, sys.stdout)
    return DONE


def _write_opened(
    node: Node,
    found: Found,
    bound: Bound,
    opened: Opened,
    value: Any,  # noqa: ANN401 -- of whatever type was sealed
) -> None:
    sealed, held = found
    decimals = decimals_of(node)
    write_json(
        {
            "value": to_json(value, held, decimals),
            "type": bound.type,
            "sealed_by": sealed.author,
            "readers": [*sealed.readers],
            "commitment": sealed.commitment.hex(),
            "committed": committed_bytes(bound, opened).hex(),
        },
        sys.stdout,
    )


def _disclose(options: argparse.Namespace, node: Node, type_name: str, opened: Opened) -> None:
    """Write what was inside, with the proof of the record, for whoever has no key."""
    field = FIELD.fullmatch(options.path)
    if field is None:
        raise CannotTry("a proof is of a field of a record", "name the field: `Filing[…].report`")
    table, key = find_record(node, field[1])
    height = height_of(node, options.at)
    proof = prove_record(node, table.model.type, key, height, None)
    with open(options.out, "wb") as file:
        file.write(disclosure(proof, field[2], type_name, opened))


def _tell_closed(why: str, *, is_json: bool) -> int:
    if is_json:
        write_json({"value": None, "error": why}, sys.stdout)
    else:
        line = [Piece("✘ ", "error"), Piece(f"this cannot be opened: {why}")]
        print_lines([line], sys.stdout)
    return SAID_NO


def _find(node: Node, path: str, height: int | None) -> Found:
    """Return the sealed value that a path names."""
    if (event := IN_EVENT.fullmatch(path)) is not None:
        at = (int(event[1]), int(event[2]), int(event[3]))
        return _find_told(node, at, event[4])
    field = FIELD.fullmatch(path)
    if field is None:
        raise CannotTry(f"`{path[:60]}` is no sealed value", FORMS)
    table, key = find_record(node, field[1])
    types = {one.name: one.type for one in table.model.fields}
    held = _held(field[2], types)
    # Whoever has the folder reads what is in it: what is sealed asks for a key of its own.
    reader = about(node, None, height_of(node, height))
    row = reader.find(reader.machine.tables[table.model.type], key)
    return _as_found(getattr(row, slot_of(table.model, field[2])), held, path)


def _find_told(node: Node, at: tuple[int, int, int], name: str) -> Found:
    """Return the sealed value that an event told, by where the event stands."""
    height, number, place = at
    outcomes = outcomes_of(node, height_of(node, height)) if height else []
    events = outcomes[number].events if number < len(outcomes) else ()
    if place >= len(events):
        raise CannotTry("there is no such event", "`servanda chain events` shows where they stand")
    contract, event, values = events[place]
    parameters = node.ledger.state.machine.contracts[contract].events[event].parameters
    held = _held(name, dict(parameters))
    told = dict(zip([one for one, _ in parameters], values, strict=True))
    return _as_found(told[name], held, ".".join(map(str, at)))


def _held(name: str, types: dict[str, Type]) -> Type:
    """Return the type of what is inside the field or parameter of a name."""
    sealed = sealed_in(types[name]) if name in types else None
    if sealed is None:
        known = [one for one, held in types.items() if sealed_in(held) is not None]
        told = "is not sealed" if name in types else "is not there"
        advice = did_you_mean(name, known) or (
            f"sealed are: {', '.join(known)}" if known else "nothing here is sealed"
        )
        raise CannotTry(f"`{name}` {told}", advice)
    return sealed.held


def _as_found(value: Any, held: Type, path: str) -> Found:  # noqa: ANN401 -- as it was decoded
    if value is None:
        raise CannotTry(f"`{path[:60]}` is missing: nothing is sealed there")
    return Found(parts_of(value), held)
