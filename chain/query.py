"""Queries: an answer of the chain to whoever asks, at any height. Nothing changes.

In comes an expression, typed as in a script, and a reader; out comes a value with its type, or a
refusal. A member is answered three things: a rule whose `by` admits it, a record that it may see,
and a field that such a record leads to. Whoever runs the node may ask for any expression.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from servanda.chain.reader import Reader, hidden
from servanda.chain.typed import (
    ReadsState,
    Typed,
    named_by_key,
    read_expression,
    value_of,
    work_out,
)
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.outward import outward, unit_held
from servanda.interpreter.execute.state import Row, slot_of
from servanda.interpreter.model import DoesStep, FieldValue, RecordLookup, RuleCall, Value
from servanda.interpreter.receipts import Call
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.types import RecordType, Type


class NotForMembers(Exception):  # noqa: N818 -- what is wrong is what was asked
    """A member asks for what only whoever runs the node is told: the message says what it is."""


class Path(NamedTuple):
    """A record that is named by its key, and the fields that lead on from it."""

    record: RecordType
    key: Any
    fields: tuple[str, ...]


class Answer(NamedTuple):
    """What was asked for, in its outward form; `row` is the record, if it is one."""

    value: Any
    type: Type
    row: Row | None = None


class Question:
    """An expression that was typed, checked against the contracts on a machine."""

    def __init__(self, text: str, machine: Machine) -> None:
        """Check the text. Raises `WrongText`, `NotOneStep`, and `Refused` for a wrong key."""
        self.typed: Typed
        self.value: Value
        self.typed, self.value = read_expression(text, machine)
        self.path = _path(self.typed, self.value, machine)

    def answer(self, reader: Reader) -> Answer:
        """Return the answer to who asks. Raises `Refused`, `NotForMembers` and `ReadsState`."""
        if self.path is not None:
            return _follow(self.path, reader)
        if reader.names is not None:
            return self._ask_rule(reader, reader.names)
        machine = reader.machine
        value, held = value_of(self.typed, self.value, machine), self.value.type
        row = machine.tables[held].rows.get(value) if isinstance(held, RecordType) else None
        return Answer(value, held, row)

    def _ask_rule(self, reader: Reader, names: tuple[str, ...]) -> Answer:
        """Answer a rule to a member whom its `by` admits."""
        asked = self.value
        if not isinstance(asked, RuleCall):
            raise NotForMembers("a member is told records, their fields, and rules with a `by`")
        rule = reader.machine.contracts[asked.contract].rules[asked.rule]
        if rule.authority is None:
            raise NotForMembers(f"the rule `{asked.rule}` names nobody whom it answers")
        arguments = named_by_key(self.typed, asked.arguments)
        step = DoesStep((), asked.contract, asked.rule, arguments, span=asked.span)
        found = work_out(self.typed, step, reader.machine).arguments
        receipt = reader.machine.ask(Call(asked.contract, asked.rule, found, names))
        if receipt.code is not None:
            raise Refused(receipt.code, receipt.message, receipt.span)
        return Answer(receipt.value, asked.type)


def _path(typed: Typed, value: Value, machine: Machine) -> Path | None:
    """Return the path that an expression is, if it is one with a key that is a value."""
    fields: list[str] = []
    while isinstance(value, FieldValue):
        fields.append(value.field)
        value = value.object
    if not isinstance(value, RecordLookup) or value.is_optional:
        return None
    try:
        (key,) = named_by_key(typed, (value,))
    except ReadsState:
        return None  # The key is itself asked for: only the operator may.
    step = DoesStep((), "", "", (key,), span=value.span)
    (found,) = work_out(typed, step, machine).arguments
    return Path(value.record, found, tuple(reversed(fields)))


def _follow(path: Path, reader: Reader) -> Answer:
    """Return what a path leads to, through records all of which may be seen."""
    row = reader.find(reader.machine.tables[path.record], path.key)
    answer = Answer(row.key, path.record, row)
    for name in path.fields:
        holder = answer.row
        if holder is None:
            raise Refused(Code.MISSING_RECORD, f"nothing stands before `{name}`")
        if not reader.sees(holder):
            raise hidden()
        answer = _field(holder, name)
    # Of a record that may not be seen, whoever may see the field that leads to it sees the key.
    is_shown = answer.row is None or reader.sees(answer.row)
    return answer if is_shown else answer._replace(row=None)


def _field(row: Row, name: str) -> Answer:
    model = row.table.model
    held = next(one.type for one in (*model.keys, *model.fields) if one.name == name)
    value = getattr(row, slot_of(model, name))
    given = outward(value, held, unit_held(row, held))
    return Answer(given, held, value if isinstance(value, Row) else None)
