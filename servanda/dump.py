"""The final records as JSON Lines: one file for each record type, one object for each record.

Files are called `Account.jsonl`, or `Contract.Account.jsonl` where two contracts have a record of
one name. Records stand in the order of their keys; an object has keys and fields as declared. Each
file appears whole or not at all; files of other names in the folder are not touched.
"""

# The folder's name is text that was typed, and the standard library takes text.
# ruff: noqa: PTH103, PTH105, PTH112, PTH118, PTH123

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from servanda.diagnostic_json import JsonValue
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Row, Table, slot_of
from servanda.json_values import to_json


class CannotDump(Exception):  # noqa: N818 -- what is wrong is the folder, not the program
    """The records cannot be written there."""


def check_folder(folder: str) -> None:
    """Raise `CannotDump` if `folder` is something else, before an hour's work is lost on it."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise CannotDump(f"`{folder}` is no folder")


def write_dump(machine: Machine, decimals: Mapping[str, int], folder: str) -> list[str]:
    """Write every table of a machine below `folder`; return the names of the files."""
    check_folder(folder)
    try:
        os.makedirs(folder, exist_ok=True)
        # On the same disk, so that each file can be given its name in one step.
        with tempfile.TemporaryDirectory(prefix=".dump-", dir=folder) as drafts:
            names = []
            for name, table in _named(machine):
                names.append(name)
                with open(os.path.join(drafts, name), "w", encoding="utf-8") as file:
                    file.writelines(_lines(table, decimals))
            for name in names:
                os.replace(os.path.join(drafts, name), os.path.join(folder, name))
    except OSError as error:
        raise CannotDump(f"`{folder}` cannot be written: {error.strerror or error}") from None
    return names


def _named(machine: Machine) -> Iterator[tuple[str, Table]]:
    counts = Counter(record.name for record in machine.tables)
    for record, table in machine.tables.items():
        is_clash = counts[record.name] > 1
        name = f"{record.contract}.{record.name}" if is_clash else record.name
        yield f"{name}.jsonl", table


def _lines(table: Table, decimals: Mapping[str, int]) -> Iterator[str]:
    fields = [
        (one.name, slot_of(table.model, one.name), one.type)
        for one in (*table.model.keys, *table.model.fields)
    ]
    for row in table.records():
        yield json.dumps(record_to_json(row, fields, decimals), ensure_ascii=False) + "\n"


def record_to_json(
    row: Row, fields: list[tuple[str, str, Any]], decimals: Mapping[str, int]
) -> dict[str, JsonValue]:
    """Return one record: its keys and fields in declared order."""
    return {name: to_json(getattr(row, slot), held, decimals, row) for name, slot, held in fields}
