"""`servanda verify`: a proof is checked with the hash of the genesis, and told in words.

In come a file and a hash; out comes what is proved. A proof holds no contract, so that values are
shown as they are kept: a date as a number of days, an amount in its smallest units.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from servanda.chain.disclosure import Disclosed, is_disclosure, verify_disclosure
from servanda.chain.encoding import Item, decode
from servanda.chain.proof import BYTES_MAX, NotProved, ProvedRecord, ProvedTransaction, verify
from servanda.chain.receipt import Kind
from servanda.chain.transaction import read_envelope
from servanda.diagnostic_json import JsonValue, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import DONE, SAID_NO
from servanda.interpreter.values import show
from servanda.interpreter.values.sealed import what_is_wrong_with
from servanda.on_chain.session import genesis_hash
from servanda.styled_lines import Line, Piece, print_lines

AS_KEPT = "values are as they are kept: an amount in its smallest units, a date in days"
Proved = ProvedRecord | ProvedTransaction


def verify_file(options: argparse.Namespace) -> int:
    """Check a proof with nothing but the hash of the genesis."""
    chain = genesis_hash(options.genesis)
    with open(options.file, "rb") as file:
        data = file.read(BYTES_MAX + 1)
    disclosed: Disclosed | None = None
    try:
        if is_disclosure(data):
            disclosed = verify_disclosure(data, chain)
        proved = verify(data, chain) if disclosed is None else disclosed.record
    except NotProved as wrong:
        return _tell_nothing(str(wrong), is_json=options.json)
    if options.json:
        opened = {} if disclosed is None else {"opened": _opened_to_json(disclosed)}
        write_json({"is_proved": True, **_to_json(proved), **opened}, sys.stdout)
    else:
        print_lines(_lines(proved), sys.stdout)
        if disclosed is not None:
            print_lines([_opened_line(disclosed)], sys.stdout)
        if isinstance(proved, ProvedRecord) and proved.value is not None:
            print_lines([[Piece("note:", "help"), Piece(f" {AS_KEPT}")]], sys.stdout)
    return DONE


def _tell_nothing(why: str, *, is_json: bool) -> int:
    if is_json:
        write_json({"is_proved": False, "why": why}, sys.stdout)
    else:
        print_lines([[Piece("✘ ", "error"), Piece(f"this proves nothing: {why}")]], sys.stdout)
    return SAID_NO


# ── for programs ──────────────────────────────────────────────────────────────────────────────


def _to_json(proved: Proved) -> dict[str, JsonValue]:
    """Return what is proved: names and values as they are encoded, bytes in hexadecimal digits."""
    header = proved.header
    found: dict[str, JsonValue] = {
        "chain": proved.genesis.name,
        "height": header.height,
        "time": show.show_time(header.time_ms),
        "sealed_by": list(proved.sealed_by),
    }
    if isinstance(proved, ProvedTransaction):
        found["hash"] = read_envelope(proved.envelope).digest.hex()
        found["transaction"] = _item_to_json(decode(read_envelope(proved.envelope).body))
        found["receipt"] = _item_to_json(decode(proved.receipt))
        return found
    found["record"] = _item_to_json(decode(proved.identity))
    found["exists"] = proved.value is not None
    if proved.value is not None:
        value = decode(proved.value)
        # What a chain keeps of itself is not made of fields.
        name = "fields" if isinstance(value, Mapping) else "value"
        found[name] = _item_to_json(value)
    return found


def _item_to_json(item: Item) -> JsonValue:
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, tuple):
        return [_item_to_json(one) for one in item]
    if isinstance(item, Mapping):
        return {name: _item_to_json(held) for name, held in item.items() if name}
    return str(item) if isinstance(item, Decimal) else item


def _opened_to_json(disclosed: Disclosed) -> dict[str, JsonValue]:
    """Return what was inside a sealed field, and who had sealed it."""
    return {
        "field": disclosed.field,
        "type": disclosed.bound.type,
        "author": disclosed.bound.author,
        "value": _item_to_json(disclosed.value),
    }


# ── for people ────────────────────────────────────────────────────────────────────────────────


def _lines(proved: Proved) -> list[Line]:
    header = proved.header
    chain, sealers = visible_text(proved.genesis.name), visible_text(", ".join(proved.sealed_by))
    where = f"at block {header.height:,} of `{chain}`, {show.show_time(header.time_ms)}"
    first = [Piece("✔ ", "good"), Piece("proved", "title"), Piece(f" {where}, sealed by {sealers}")]
    told = _transaction(proved) if isinstance(proved, ProvedTransaction) else _record(proved)
    return [first, *([Piece(f"  {one}")] for one in told)]


def _record(proved: ProvedRecord) -> list[str]:
    named: Any = decode(proved.identity)
    contract, record, key = named
    parts = key if isinstance(key, tuple) else (key,)
    name = visible_text(f"{contract}.{record}" if contract else record)
    shown = show.show_reference(name, [_shown(one) for one in parts])
    if proved.value is None:
        return [f"{shown} did not exist"]
    value = decode(proved.value)
    if not isinstance(value, Mapping):
        return [f"{shown} was {_shown(value)}"]
    fields = [f"  {visible_text(one)}: {_shown(held)}" for one, held in value.items() if one]
    return [f"{shown} had these values:", *fields]


def _transaction(proved: ProvedTransaction) -> list[str]:
    envelope = read_envelope(proved.envelope)
    asked = envelope.transaction
    told: Any = decode(proved.receipt)
    signers = visible_text(" and ".join(asked.signers))
    what = visible_text(f"{asked.contract}.{asked.action}")
    arguments = ", ".join(_shown(one) for one in asked.arguments)
    lines = [f"{signers} does {what}({arguments})", f"version {asked.version} of the contract"]
    lines.append(f"transaction {envelope.digest.hex()}")
    match told:
        case (Kind.CALL, _, None, _, _, value, *_):
            gave = "" if value is None else f", and gave {_shown(value)}"
            return [*lines, f"it was done{gave}"]
        case (Kind.WAITING, _, missing):
            return [*lines, f"it waited for {', '.join(_shown(one) for one in missing)}"]
        case (_, _, code, message, *_):
            return [*lines, visible_text(f"it was refused with {code}: {message}")]
    raise AssertionError("a receipt of no other form was proved")


def _opened_line(disclosed: Disclosed) -> Line:
    what = f"{visible_text(disclosed.field)}, {visible_text(disclosed.bound.type)}"
    author = visible_text(disclosed.bound.author)
    return [
        Piece(f"  inside {what}: ", "good"),
        Piece(f"{_shown(disclosed.value)}, sealed by {author}"),
    ]


def _shown(item: Item) -> str:
    """Return what is kept as the language would write it, as far as that can be known."""
    match item:
        case None:
            return show.MISSING
        case bool():
            return show.show_bool(item)
        case int():
            return str(item)
        case str():
            return show.show_text(item)
        case bytes():
            return show.show_hash(item)
        case Decimal():
            return show.show_decimal(item)
        case Mapping():
            inside = ", ".join(
                f"{show.show_text(one)}: {_shown(held)}" for one, held in item.items()
            )
            return f"{{{inside}}}"
        case tuple() if what_is_wrong_with(item) is None:
            return show.show_sealed(item)
        case _:
            return show.show_list(_shown(one) for one in item)
