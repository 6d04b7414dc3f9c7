"""The parser: a source into its syntax tree.

In comes a source, out comes a `File` and, in the `Diagnostics`, everything that kept parts of the
source out of it. It knows no names and no types. This is the only module that imports Lark, and
only when no tables are found in the cache: Lark reads the grammar and computes the tables.
"""

from __future__ import annotations

import hashlib
import pkgutil
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from servanda.grammar.characters import check_characters
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.read_items import Reading
from servanda.grammar.source import Source, Span
from servanda.grammar.tables import (
    KEEP,
    PLACEHOLDER,
    SPLICE,
    TABLES_FORMAT,
    ParseTables,
    TableRule,
    decode_tables,
    encode_tables,
)
from servanda.grammar.tokens import Lexicon
from servanda.grammar.tree import Expression, File

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule

GRAMMAR_FILES = ("keywords/english.lark", "servanda.lark")
STARTS = ("item", "expression")


class GrammarCache(Protocol):
    """Where the tables may be kept between runs; whoever has a disk brings one."""

    def read(self, key: str) -> bytes | None:
        """Return what was written under `key`, or None."""

    def write(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, or do nothing."""


class _Grammar:
    """The tables of this process and the cache they are looked for in."""

    cache: GrammarCache | None = None
    tables: ParseTables | None = None
    lexicon: Lexicon | None = None


def use_grammar_cache(cache: GrammarCache | None) -> None:
    """Look for the tables in `cache` before building them; None means never."""
    _Grammar.cache = cache


def grammar_text() -> str:
    """Return the normative grammar with its keywords, as Lark reads it."""
    parts = [pkgutil.get_data("servanda.grammar", name) for name in GRAMMAR_FILES]
    return "\n".join(part.decode() for part in parts if part is not None)


def build_tables(text: str) -> ParseTables:
    """Return the tables of the grammar `text`, computed by Lark."""
    # A warm start does without Lark.
    from lark import Lark  # noqa: PLC0415
    from lark.lexer import Lexer  # noqa: PLC0415

    class NoLexer(Lexer):
        """In place of Lark's own, whose preparation would take most of the time."""

        def __init__(self, _: object) -> None:
            pass

        def lex(self, *_: object) -> NoReturn:
            raise NotImplementedError

    lark = Lark(
        text,
        parser="lalr",
        lexer=NoLexer,
        start=list(STARTS),
        maybe_placeholders=True,
    )
    return _tables_of(lark)


def _tables_of(lark: Lark) -> ParseTables:
    import re  # noqa: PLC0415

    table: Any = lark.parser.parser.parser.parse_table
    name_pattern = next(one.pattern.to_regexp() for one in lark.terminals if one.name == "NAME")
    words = [
        (one.pattern.value, one.name)
        for one in lark.terminals
        if one.pattern.type == "str" and re.fullmatch(name_pattern, one.pattern.value)
    ]
    word_names = {name for _, name in words}
    scanned = sorted(
        (one for one in lark.terminals if one.name not in word_names),
        key=lambda one: (
            -one.priority,
            -one.pattern.max_width,
            -len(one.pattern.value),
            one.name,
        ),
    )
    layout = sorted(
        {name for row in table.states.values() for name in row if name.isupper()}
        - word_names
        - {one.name for one in scanned}
    )
    terminals = [name for _, name in words] + [one.name for one in scanned] + layout
    rules: dict[Rule, int] = {rule: number for number, rule in enumerate(lark.rules)}
    symbols = {name: number for number, name in enumerate(terminals)}
    for name in sorted({rule.origin.name for rule in lark.rules}):
        symbols[name] = len(symbols)
    for name in sorted(name for row in table.states.values() for name in row):
        symbols.setdefault(name, len(symbols))
    order = _state_order(table)
    rows = []
    for state in order:
        row = {}
        for name, (action, target) in sorted(table.states[state].items(), key=itemgetter(0)):
            row[symbols[name]] = order[target] if _is_shift(action) else -1 - rules[target]
        rows.append(row)
    return ParseTables(
        terminals=tuple(terminals),
        words=tuple(words),
        patterns=tuple((one.name, one.pattern.to_regexp()) for one in scanned),
        ignored=tuple(lark.ignore_tokens),
        rules=tuple(_table_rule(rule, symbols) for rule in lark.rules),
        rows=tuple(rows),
        starts={start: order[table.start_states[start]] for start in STARTS},
        accepting={start: order[table.end_states[start]] for start in STARTS},
    )


def _is_shift(action: object) -> bool:
    return repr(action) == "Shift"


def _state_order(table: Any) -> dict[int, int]:
    """Return a number for each state that depends on the grammar alone.

    Lark's own numbers differ from run to run, because it numbers what it takes out of sets.
    """
    order: dict[int, int] = {}
    waiting = [table.start_states[start] for start in STARTS]
    for state in waiting:
        if state not in order:
            order[state] = len(order)
            row = sorted(table.states[state].items(), key=itemgetter(0))
            waiting += [target for _, (action, target) in row if _is_shift(action)]
    return order


def _table_rule(rule: Rule, symbols: dict[str, int]) -> TableRule:
    """Return `rule` with what Lark's own tree builder would keep, splice and leave open."""
    from lark.grammar import Terminal  # noqa: PLC0415 (as above)

    size = len(rule.expansion)
    picks: list[tuple[int, int]] = []
    # Lark marks with True the places where an optional part is absent.
    marks = iter(rule.options.empty_indices or [False] * size)
    index = 0
    for is_absent in marks:
        if is_absent:
            picks.append((PLACEHOLDER, 0))
            continue
        symbol = rule.expansion[index]
        if not isinstance(symbol, Terminal):
            picks.append((SPLICE if symbol.name.startswith("_") else KEEP, index))
        elif rule.options.keep_all_tokens or not symbol.filter_out:
            picks.append((KEEP, index))
        index += 1
    origin = symbols[rule.origin.name]
    if rule.origin.name.startswith("_"):
        return TableRule(origin, size, "", True, tuple(picks))
    is_renaming = rule.options.expand1 and not rule.alias and len(picks) == 1
    builder = "" if is_renaming and picks[0][0] == KEEP else rule.alias or str(rule.origin.name)
    return TableRule(origin, size, builder, False, tuple(picks))


def _load() -> tuple[ParseTables, Lexicon]:
    """Return the tables and what scans for them, from the cache or newly built."""
    if _Grammar.tables is None or _Grammar.lexicon is None:
        text = grammar_text()
        key = hashlib.sha256(f"{TABLES_FORMAT}\n{text}".encode()).hexdigest()
        data = _Grammar.cache.read(key) if _Grammar.cache else None
        tables = decode_tables(data) if data is not None else None
        if tables is None:
            tables = build_tables(text)
            if _Grammar.cache:
                _Grammar.cache.write(key, encode_tables(tables))
        _Grammar.tables, _Grammar.lexicon = tables, Lexicon(tables)
    return _Grammar.tables, _Grammar.lexicon


def parse(source: Source, diagnostics: Diagnostics) -> File:
    """Return the tree of `source` without the items that hold a mistake; raise on no text."""
    items: list[Any] = []
    if check_characters(source, diagnostics):
        items = Reading(source, diagnostics, *_load()).items()
    return File(tuple(items), span=Span(source.name, 0, len(source.text)))


def parse_expression(source: Source, diagnostics: Diagnostics) -> Expression | None:
    """Return the expression that `source` is, or None and the reason among `diagnostics`."""
    if not check_characters(source, diagnostics):
        return None
    return Reading(source, diagnostics, *_load()).expression(0, len(source.text))
