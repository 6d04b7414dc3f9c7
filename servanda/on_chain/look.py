"""`chain show`, `members`, `blocks`: what a chain holds, as tables or JSON, at any height."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from servanda.chain.encoding import Item, decode
from servanda.chain.membership import first_state, table_of
from servanda.chain.records import TIMERS, RecordForm
from servanda.diagnostic_json import JsonValue, write_json
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.execute.state import FIELD, Table
from servanda.interpreter.types import SERIAL, TEXT, Type
from servanda.interpreter.values.show import show_time
from servanda.json_values import to_json
from servanda.node import Node
from servanda.on_chain.act import receipt_to_json
from servanda.on_chain.session import CannotTry, reading
from servanda.tables import Column, console_of, print_table
from servanda.value_text import decimals_by_unit, show_value

RECORD = re.compile(r"\s*(?:(\w+)\.)?(\w+)\s*(?:\[(.*)\])?\s*", re.DOTALL)
ROWS_SHOWN_MAX = 1_000
HASH_SHOWN = 16


def chain_show(options: argparse.Namespace) -> int:
    """Show the records of a type, or one of them at a height."""
    with reading(options) as node:
        table, key = find_record(node, options.record)
        height = height_of(node, options.at)
        form = RecordForm(table, node.ledger.state.machine.contracts[table.contract])
        if key is not None:
            return _show_one(node, form, key, height, is_json=options.json)
        found = list(_values(node, form, height))
        if options.json:
            write_json([_to_json(node, table, one, value) for one, value in found], sys.stdout)
            return DONE
        names = [one.name for one in (*table.model.keys, *table.model.fields)]
        rows = [_texts(node, table, one, value) for one, value in found[:ROWS_SHOWN_MAX]]
        print_table(console_of(sys.stdout), [Column(name) for name in names], rows)
        if len(found) > ROWS_SHOWN_MAX:
            sys.stdout.write(f"… and {len(found) - ROWS_SHOWN_MAX:,} more: `--json` has all\n")
    return DONE


def height_of(node: Node, height: int | None) -> int:
    """Return a height that there is; without one the last."""
    last = node.ledger.info.height
    if height is None:
        return last
    if height > last:
        raise CannotTry(f"there is no block {height:,}: the last is {last:,}")
    return height


def find_record(node: Node, text: str) -> tuple[Table, Item | None]:
    """Return the table, and the key if one is named, of `Account`, `Bank.Account["6222-01"]`."""
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
    return fitting[0], None if key is None else _key(fitting[0], key)


def _key(table: Table, text: str) -> Item:
    """Return the key that stands between brackets, as the language writes it."""
    parts = [one.strip() for one in re.split(r""",(?=(?:[^"]*"[^"]*")*[^"]*$)""", text)]
    keys = table.model.keys
    if len(parts) != len(keys):
        names = ", ".join(one.name for one in keys)
        raise CannotTry(f"a `{table.name}` is named by {len(keys)} values: {names}")
    found = [_key_part(one.type, part) for one, part in zip(keys, parts, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _key_part(held: Type, text: str) -> Item:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if held == TEXT:
        raise CannotTry(f"`{text[:60]}` is no text", f'write `"{text[:60]}"`')
    if held == SERIAL or re.fullmatch(r"-?\d+", text):
        return int(text) if re.fullmatch(r"-?\d{1,40}", text) else text
    return text


def identity_of(node: Node, table: Table, key: Item) -> bytes:
    """Return the identity of a record."""
    return RecordForm(table, node.ledger.state.machine.contracts[table.contract]).identity(key)


def _values(node: Node, form: RecordForm, height: int) -> Iterator[tuple[Item, Mapping[str, Any]]]:
    for key in form.table.sorted_keys():
        value = node.store.record(form.identity(key), height)
        if value is not None:
            yield key, decode(value)  # type: ignore[misc]


def _show_one(node: Node, form: RecordForm, key: Item, height: int, *, is_json: bool) -> int:
    table = form.table
    data = node.store.record(form.identity(key), height)
    if data is None:
        if is_json:
            write_json(None, sys.stdout)
        else:
            sys.stdout.write(f"there is no such record at block {height:,}\n")
        return SAID_NO
    value: Any = decode(data)
    if is_json:
        write_json(_to_json(node, table, key, value), sys.stdout)
        return DONE
    names = [one.name for one in (*table.model.keys, *table.model.fields)]
    rows = list(zip(names, _texts(node, table, key, value), strict=True))
    for title, (at, _, _) in value.get(TIMERS, {}).items():
        rows.append((title, f"due at {show_time(at)}"))
    print_table(console_of(sys.stdout), [Column("field"), Column("value")], rows)
    return DONE


def _fields(table: Table, key: Item, value: Mapping[str, Any]) -> Iterator[tuple[str, Type, Any]]:
    keys = table.model.keys
    parts: Any = key if len(keys) > 1 else (key,)
    for one, part in zip(keys, parts, strict=True):
        yield one.name, one.type, part
    for one in table.model.fields:
        yield one.name, one.type, value.get(one.name)


def _texts(node: Node, table: Table, key: Item, value: Mapping[str, Any]) -> list[str]:
    decimals = decimals_by_unit(node.ledger.state.machine.contracts.values())
    return [show_value(held, its, decimals) for _, its, held in _fields(table, key, value)]


def _to_json(node: Node, table: Table, key: Item, value: Mapping[str, Any]) -> dict[str, JsonValue]:
    decimals = decimals_by_unit(node.ledger.state.machine.contracts.values())
    row = table.rows.get(key)
    return {
        name: to_json(held, its, decimals, row) for name, its, held in _fields(table, key, value)
    }


def chain_members(options: argparse.Namespace) -> int:
    """List the members, with their keys, roles and standing."""
    with reading(options) as node:
        machine = node.ledger.state.machine
        members, grants = table_of(machine, "Member"), table_of(machine, "Grant")
        slot = FIELD + (members.model.lifecycle_field or "")
        roles: dict[str, list[str]] = {name: [] for name in members.sorted_keys()}
        for row in grants.records():
            if row.f_is_held:
                roles[row.f_member.f_name].append(row.f_role)
        rows = list(members.records())
        if options.json:
            found: list[JsonValue] = [
                {
                    "name": one.f_name,
                    "key": one.f_key.hex(),
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


def chain_blocks(options: argparse.Namespace) -> int:
    """List the last blocks, or show one with its receipts."""
    with reading(options) as node:
        if options.block is not None:
            return _show_block(node, height_of(node, options.block), is_json=options.json)
        last = node.ledger.info.height
        heights = range(max(1, last - options.last + 1), last + 1)
        headers = [node.store.header(height) for height in heights]
        if options.json:
            write_json([_header_to_json(node, one.height) for one in headers], sys.stdout)
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
            [
                (
                    f"{one.height:,}",
                    show_time(one.time_ms),
                    f"{len(node.store.transactions(one.height)):,}",
                    one.hash.hex()[:HASH_SHOWN],
                    one.state.hex()[:HASH_SHOWN],
                )
                for one in headers
            ],
        )
    return DONE


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


def _show_block(node: Node, height: int, *, is_json: bool) -> int:
    receipts = [receipt_to_json(decode(one)) for one in node.store.receipts(height)]
    document = {**_header_to_json(node, height), "outcomes": receipts}
    if is_json:
        write_json(document, sys.stdout)
        return DONE
    rows = [(name, str(value)) for name, value in _header_to_json(node, height).items()]
    print_table(console_of(sys.stdout), [Column("header"), Column("")], rows)
    for one in receipts:
        sys.stdout.write(f"{one}\n")
    return DONE
