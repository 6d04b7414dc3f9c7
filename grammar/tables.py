"""The parse tables: what Lark made of the grammar, as plain numbers and names.

In come the tables as bytes or as plain values, out comes a `ParseTables`, checked as far as
following them blindly needs. It knows neither Lark nor the language: any LALR(1) grammar will do.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

TABLES_FORMAT = 1
"""The number of the form of the bytes; it rises whenever that form or its meaning changes."""

KEEP = 0
SPLICE = 1
PLACEHOLDER = 2


class TableRule(NamedTuple):
    """One way to reduce: the symbol it makes, how many it takes, who builds it, from which.

    Without a `builder` the value is the list of the children (`is_list`) or the only child.
    `picks` are pairs of KEEP, SPLICE or PLACEHOLDER and the index of a taken symbol.
    """

    origin: int
    size: int
    builder: str
    is_list: bool
    picks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ParseTables:
    """An LALR(1) automaton and its words.

    Symbols are numbers: terminals first (`terminals` names them), then nonterminals. A row maps a
    symbol to what happens on it: a state to go to, or -1 minus the rule to reduce by.
    """

    terminals: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    patterns: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    rules: tuple[TableRule, ...]
    rows: tuple[dict[int, int], ...]
    starts: dict[str, int]
    accepting: dict[str, int]
    symbols: dict[str, int] = field(init=False, compare=False, repr=False)
    shortcuts: dict[tuple[int, int, int], int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        numbers = {name: number for number, name in enumerate(self.terminals)}
        object.__setattr__(self, "symbols", numbers)
        # Remembered runs of reductions that build nothing: see `derive`.
        object.__setattr__(self, "shortcuts", {})


def encode_tables(tables: ParseTables) -> bytes:
    """Return `tables` as bytes; equal rows are written once."""
    rows: dict[tuple[int, ...], int] = {}
    places = []
    for row in tables.rows:
        flat = tuple(number for pair in row.items() for number in pair)
        places.append(rows.setdefault(flat, len(rows)))
    plain = [
        TABLES_FORMAT,
        tables.terminals,
        tables.words,
        tables.patterns,
        tables.ignored,
        tables.rules,
        list(rows),
        places,
        tables.starts,
        tables.accepting,
    ]
    return json.dumps(plain, separators=(",", ":")).encode("ascii")


def decode_tables(data: bytes) -> ParseTables | None:
    """Return the tables that `data` holds, or None when it holds none of this format."""
    try:
        plain = json.loads(data)
        form, terminals, words, patterns, ignored, rules, rows, places, starts, accepting = plain
        if form != TABLES_FORMAT:
            return None
        unpacked = [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]
        tables = ParseTables(
            terminals=tuple(terminals),
            words=tuple((text, name) for text, name in words),
            patterns=tuple((name, pattern) for name, pattern in patterns),
            ignored=tuple(ignored),
            rules=tuple(_decode_rule(rule) for rule in rules),
            rows=tuple(unpacked[place] for place in places),
            starts=dict(starts),
            accepting=dict(accepting),
        )
        return tables if _is_sound(tables) else None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, re.error):
        return None


def _decode_rule(plain: Any) -> TableRule:
    origin, size, builder, is_list, picks = plain
    return TableRule(origin, size, builder, is_list, tuple((how, which) for how, which in picks))


def _is_sound(tables: ParseTables) -> bool:
    """Return whether every number in `tables` leads somewhere."""
    states, rules = len(tables.rows), len(tables.rules)
    return all(-rules <= target < states for row in tables.rows for target in row.values()) and all(
        how == PLACEHOLDER or 0 <= which < rule.size
        for rule in tables.rules
        for how, which in rule.picks
    )
