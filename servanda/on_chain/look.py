"""`chain show` and `members`: what a chain holds, as tables or JSON, at any height."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from typing import Any

from servanda.chain.encoding import Item
from servanda.chain.membership import first_state, table_of
from servanda.chain.typed import NotOneStep, ReadsState, read_key
from servanda.diagnostic_json import JsonValue, write_json
from servanda.exit_status import DONE
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.compare import timer_names
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.outward import outward, unit_held
from servanda.interpreter.execute.state import FIELD, Row, Table, slot_of
from servanda.interpreter.types import show_type
from servanda.interpreter.values.show import show_time
from servanda.json_values import to_json
from servanda.node import Node
from servanda.on_chain.session import CannotTry, reading
from servanda.on_chain.view import about, height_of, present, who_reads
from servanda.tables import Column, console_of, print_table
from servanda.value_text import decimals_by_unit, show_value

RECORD = re.compile(r"\s*(?:(\w+)\.)?(\w+)\s*(?:\[(.*)\])?\s*", re.DOTALL)
ROWS_SHOWN_MAX = 1_000


def chain_show(options: argparse.Namespace) -> int:
    """Show the records of a type, or one of them at a height."""
    with reading(options) as node:
        table, key = find_record(node, options.record)
        names = who_reads(options, node)
        height = height_of(node, options.at)
        reader = about(node, names, height)
        table = table_then(reader.machine, table, height)
        if key is not None:
            row = reader.find(table, key)
            if options.json:
                write_json(row_to_json(row, decimals_of(node)), sys.stdout)
            else:
                print_row(row, reader.machine, decimals_of(node))
            return DONE
        rows = list(reader.rows(table))
        decimals = decimals_of(node)
        if options.json:
            write_json([row_to_json(one, decimals) for one in rows], sys.stdout)
            return DONE
        columns = [Column(one.name) for one in (*table.model.keys, *table.model.fields)]
        texts = [row_texts(one, decimals) for one in rows[:ROWS_SHOWN_MAX]]
        print_table(console_of(sys.stdout), columns, texts)
        if len(rows) > ROWS_SHOWN_MAX:
            sys.stdout.write(f"… and {len(rows) - ROWS_SHOWN_MAX:,} more: `--json` has all\n")
    return DONE


def decimals_of(node: Node) -> dict[str, int]:
    """Return how many decimals each unit has on a chain."""
    return decimals_by_unit(node.ledger.state.machine.contracts.values())


def table_then(machine: Machine, table: Table, height: int) -> Table:
    """Return a table of today on the machine of a height: its contract was another then."""
    found = machine.tables.get(table.model.type)
    if found is None:
        raise CannotTry(
            f"there was no record `{table.name}` of `{table.contract}` at block {height:,}",
            "`servanda chain contracts` lists which version ran since when",
        )
    return found


def find_record(node: Node, text: str) -> tuple[Table, Item | None]:
    """Return the table, and the key if one is named, of `Account`, `Bank.Account["6222-01"]`.

    Raises `CannotTry`; `WrongText` and `Refused` for a key with mistakes.
    """
    found = RECORD.fullmatch(text)
    tables = node.ledger.state.machine.tables
    names = sorted(one.name for one in tables)
    if found is None:
        raise CannotTry(f"`{text[:60]}` is no record", 'write `Account` or `Account["6222-01"]`')
    contract, name, key = found.groups()
    fitting = [
        table
        for record, table in tables.items()
        if record.name == name and contract in {None, record.contract}
    ]
    if not fitting:
        raise CannotTry(
            f"there is no record `{name}`",
            did_you_mean(name, names) or f"there are {', '.join(names)}",
        )
    if len(fitting) > 1:
        full = ", ".join(f"`{one.contract}.{name}`" for one in fitting)
        raise CannotTry(f"several contracts have a record `{name}`", f"write one of {full}")
    return fitting[0], None if key is None else _key(fitting[0], key, node.ledger.state.machine)


def _key(table: Table, text: str, machine: Machine) -> Item:
    """Return the key that stands between brackets, as the language writes it."""
    try:
        key: Item = read_key(text, table, machine)
    except (NotOneStep, ReadsState):
        key = None
    if key is None:
        parts = ", ".join(f"{one.name}: {show_type(one.type)}" for one in table.model.keys)
        raise CannotTry(
            f"`{text[:60]}` is no key of a `{table.name}`",
            f"it is named by {parts}" if parts else "",
        )
    return key


def print_row(row: Row, machine: Machine, decimals: Mapping[str, int]) -> None:
    """Print the fields of a record, and the timers that wait for it."""
    model = row.table.model
    names = [one.name for one in (*model.keys, *model.fields)]
    rows = list(zip(names, row_texts(row, decimals), strict=True))
    for (contract, number), entry in machine.queue.armed(row).items():
        title = timer_names(machine.contracts[contract])[number]
        rows.append((title, f"due at {show_time(entry.order.at)}"))
    print_table(console_of(sys.stdout), [Column("field"), Column("value")], rows)


def row_texts(row: Row, decimals: Mapping[str, int]) -> list[str]:
    """Return the keys and fields of a record as the language writes them."""
    model = row.table.model
    return [
        show_value(outward(held, its, unit_held(row, its)), its, decimals)
        for its, held in (
            (one.type, getattr(row, slot_of(model, one.name)))
            for one in (*model.keys, *model.fields)
        )
    ]


def row_to_json(row: Row, decimals: Mapping[str, int]) -> dict[str, JsonValue]:
    """Return the keys and fields of a record as JSON."""
    model = row.table.model
    return {
        one.name: to_json(getattr(row, slot_of(model, one.name)), one.type, decimals, row)
        for one in (*model.keys, *model.fields)
    }


def chain_members(options: argparse.Namespace) -> int:
    """List the members, with their keys, roles and standing."""
    with reading(options) as node:
        machine = node.ledger.state.machine
        reader = present(options, node)
        members, grants = table_of(machine, "Member"), table_of(machine, "Grant")
        slot = FIELD + (members.model.lifecycle_field or "")
        rows: list[Any] = list(reader.rows(members))
        roles: dict[str, list[str]] = {one.f_name: [] for one in rows}
        held: Any
        for held in reader.rows(grants):
            if held.f_is_held and held.f_member.f_name in roles:
                roles[held.f_member.f_name].append(held.f_role)
        sealed_to = machine.members.sealing_keys
        if options.json:
            found: list[JsonValue] = [
                {
                    "name": one.f_name,
                    "key": one.f_key.hex(),
                    "sealing_key": sealed_to[one.f_name].hex() if one.f_name in sealed_to else None,
                    "standing": getattr(one, slot),
                    "is_good": getattr(one, slot) == first_state(members),
                    "roles": [*sorted(roles[one.f_name])],
                }
                for one in rows
            ]
            write_json(found, sys.stdout)
            return DONE
        print_table(
            console_of(sys.stdout),
            [Column("member"), Column("standing"), Column("roles"), Column("key")],
            [
                (
                    *(one.f_name, getattr(one, slot), ", ".join(sorted(roles[one.f_name])) or "-"),
                    one.f_key.hex(),
                )
                for one in rows
            ],
        )
    return DONE
