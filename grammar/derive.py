"""Tokens into a value by the parse tables: the loop of every LALR(1) parser.

In come tables, tokens and the functions that build what each rule stands for; out comes what the
start symbol built, or a `Mismatch`: where the tokens leave the grammar, and in which state. It
knows nothing of the language but how deep an expression may nest.

Lark computes the tables. Following them here means that a warm start need not import Lark, and
that a reduction which builds nothing costs nothing (an atom passes ten of them). That this loop
does what Lark's does is what `tests/grammar/test_lark_agrees.py` is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from servanda.grammar.source import Span
from servanda.grammar.tables import KEEP, SPLICE, ParseTables, TableRule
from servanda.grammar.tokens import NESTING_MAX, Token

Build: TypeAlias = Callable[[Span, list[Any]], Any]
"""What builds the node of a rule from its span and its children."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The tokens leave the grammar at `tokens[index]`; `states` is the automaton's stack there."""

    index: int
    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TooDeep:
    """What was built over `span` nests deeper than allowed; `index` is the token behind it."""

    index: int
    span: Span


def derive(
    tables: ParseTables,
    builders: Mapping[str, Build],
    deepening: frozenset[str],
    source_name: str,
    start: str,
    tokens: Sequence[Token],
) -> Any | Mismatch | TooDeep:
    """Return what `start` builds from `tokens`, the last of which is the end."""
    rows, rules, shortcuts = tables.rows, tables.rules, tables.shortcuts
    accepting, end = tables.accepting[start], tables.symbols["$END"]
    # One entry for each symbol: state, value, start, end, depth.
    stack: list[tuple[int, Any, int, int, int]] = [(tables.starts[start], None, 0, 0, 0)]
    for index, token in enumerate(tokens):
        terminal = token[0]
        state = stack[-1][0]
        while True:
            action = rows[state].get(terminal)
            if action is None:
                if state == accepting and terminal == end:
                    return stack[-1][1]
                return Mismatch(index, tuple(entry[0] for entry in stack))
            if action >= 0:
                stack.append((action, token, token[2], token[3], 0))
                break
            rule = rules[-1 - action]
            if rule[1] == 1 and not rule[2] and not rule[3]:
                _, value, first, last, depth = stack.pop()
                state = _pass(tables, shortcuts, stack[-1][0], state, terminal)
                stack.append((state, value, first, last, depth))
            else:
                entry = _reduce(rule, stack, builders, deepening, source_name)
                if entry[4] > NESTING_MAX:
                    return TooDeep(index, Span(source_name, entry[2], entry[3]))
                state = rows[stack[-1][0]][rule[0]]
                stack.append((state, *entry[1:]))
    message = "the last token must be the end of the input"
    raise AssertionError(message)


def _pass(
    tables: ParseTables,
    shortcuts: dict[tuple[int, int, int], int],
    below: int,
    state: int,
    terminal: int,
) -> int:
    """Return the state after every reduction that only renames the value on top of `below`."""
    key = (below, state, terminal)
    found = shortcuts.get(key)
    if found is not None:
        return found
    rows, rules = tables.rows, tables.rules
    while True:
        action = rows[state].get(terminal)
        if action is None or action >= 0:
            break
        rule = rules[-1 - action]
        if rule.size != 1 or rule.builder or rule.is_list:
            break
        state = rows[below][rule.origin]
    shortcuts[key] = state
    return state


def _reduce(
    rule: TableRule,
    stack: list[tuple[int, Any, int, int, int]],
    builders: Mapping[str, Build],
    deepening: frozenset[str],
    source_name: str,
) -> tuple[int, Any, int, int, int]:
    """Take what `rule` takes off the stack and return the entry it makes, its state still open."""
    size = rule[1]
    entries = stack[-size:]
    del stack[-size:]
    first, last = entries[0][2], entries[-1][3]
    depth = 0
    for entry in entries:
        if entry[4] > depth:  # noqa: PLR1730 -- a call of `max` costs more than this
            depth = entry[4]
    children: list[Any] = []
    for how, which in rule[4]:
        if how == KEEP:
            children.append(entries[which][1])
        elif how == SPLICE:
            # A list is taken once, so a long one may grow in place.
            if children:
                children += entries[which][1]
            else:
                children = entries[which][1]
        else:
            children.append(None)
    builder = rule[2]
    if builder:
        if builder in deepening:
            depth += 1
        return 0, builders[builder](Span(source_name, first, last), children), first, last, depth
    return 0, children if rule[3] else children[0], first, last, depth


def acceptable(tables: ParseTables, states: Sequence[int]) -> frozenset[int]:
    """Return the terminals that can follow where the automaton's stack is `states`."""
    count = len(tables.terminals)
    row = tables.rows[states[-1]]
    return frozenset(one for one in row if one < count and _shifts(tables, states, one))


def _shifts(tables: ParseTables, states: Sequence[int], terminal: int) -> bool:
    """Return whether `terminal` is taken after the reductions it calls for."""
    stack = list(states)
    while True:
        action = tables.rows[stack[-1]].get(terminal)
        if action is None:
            is_end = terminal == tables.symbols["$END"]
            return is_end and stack[-1] in tables.accepting.values()
        if action >= 0:
            return True
        rule = tables.rules[-1 - action]
        del stack[-rule.size :]
        stack.append(tables.rows[stack[-1]][rule.origin])
