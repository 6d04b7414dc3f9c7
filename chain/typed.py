"""What is typed for a chain: a step of a member, or an expression, checked as in a script.

In comes a text; out come who does what with which arguments, or an expression and how to work it
out. It is a script of one step, checked against the contracts that run on the chain by the code
that checks every script.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

from servanda.chain.typed_keys import TypedKeys
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse, parse_expression
from servanda.grammar.source import Source, Span
from servanda.grammar.tree import Index
from servanda.interpreter.check import check_script
from servanda.interpreter.check.fit import HASH_FORM
from servanda.interpreter.execute.arguments import is_key
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.script import compile_script
from servanda.interpreter.execute.state import Table
from servanda.interpreter.model import (
    AggregateValue,
    ContractModel,
    DoesStep,
    FieldValue,
    LetStep,
    ListValue,
    RecordLookup,
    RuleCall,
    ScriptModel,
    ShowStep,
    Statement,
    Value,
)
from servanda.interpreter.types import (
    DATE,
    DURATION,
    HASH,
    PARTY,
    TEXT,
    TIME,
    EnumType,
    ListType,
    RecordType,
    RoleType,
    Type,
    sealed_in,
)
from servanda.interpreter.walk import all_values

NAME = "what was typed"
WORD = re.compile(r"[^\W\d]\w*")
PARTIES = re.compile(r"\s*(.+?)\s+does\s")
"""Those who do something, in a statement."""
TEXT_LITERAL = re.compile(r'"[^"]*"')


class Asked(NamedTuple):
    """What a step asks for; arguments are in their outward form."""

    parties: tuple[str, ...]
    contract: str
    action: str
    arguments: tuple[Any, ...]


class WrongText(Exception):  # noqa: N818 -- what is wrong is what was typed
    """What was typed has mistakes; its diagnostics say which, in `sources` by their names.

    Who has the sources of the contracts adds them, to show what a mistake speaks of.
    """

    def __init__(self, diagnostics: Diagnostics, source: Source) -> None:
        super().__init__()
        self.diagnostics = diagnostics
        self.sources = {source.name: source}


class NotOneStep(Exception):  # noqa: N818 -- what is wrong is what was typed
    """What was typed is right, and is not what it had to be."""


class ReadsState(Exception):  # noqa: N818 -- what is wrong is what was typed
    """An argument reads what the chain holds; `span` says which."""

    def __init__(self, text: str) -> None:
        super().__init__(f"`{text}` is no value: an argument of a step reads nothing")


class _Listening:
    """The driver of a script that asks for one thing and learns nothing of what it came to."""

    def __init__(self) -> None:
        self.asked: Asked | None = None

    def enrol(self, _: str, name: str) -> str:
        """Return the name of a member."""
        return name

    def does(
        self,
        _: Span,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
    ) -> None:
        """Take note of what is asked for."""
        self.asked = Asked(parties, contract, action, arguments)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_: object, **__: object) -> NoReturn:
            raise NotOneStep(name)

        return refuse


class Typed(NamedTuple):
    """A text that was checked: its script, and the one step below the names of its parties."""

    source: Source
    script: ScriptModel
    step: Statement

    def text(self, value: Value) -> str:
        """Return what stands in the text for a value."""
        return " ".join(self.source.slice(value.span).split())


def check_typed(
    text: str, machine: Machine, called: Mapping[str, str] | None = None, verb: str = ""
) -> Typed:
    """Return the step that a text is, behind its `verb`. Raises `WrongText` and `NotOneStep`.

    Members go by their names in it; `called` are the names of those that go by another.
    """
    known = machine.members.active
    contracts: Mapping[str, ContractModel] = machine.contracts
    words = WORD.findall(TEXT_LITERAL.sub("", text))
    declared = _declared(contracts)
    named = {one: one for one in words if one in known and one not in declared}
    plain = TEXT_LITERAL.sub("", text)
    # A contract whose name stands before a dot is used under that name.
    alone = {name for name in contracts if re.search(rf"\b{name}\s*\.", plain)}
    lines = [f"use {name}{f' as {name}' if name in alone else ''}" for name in contracts]
    for spoken, name in (*named.items(), *(called or {}).items()):
        lines.append(f'let {spoken} = {_role(known[name], contracts, alone)}("{name}")')
    lead = "".join(f"{line}\n" for line in lines) + verb
    source = Source(NAME, f"{lead}{text.strip()}\n")
    diagnostics = Diagnostics()
    file = parse(source, diagnostics)
    if not diagnostics.has_errors:
        file = TypedKeys(contracts, alone).whole(file)
    model = None if diagnostics.has_errors else check_script(file, contracts, diagnostics)
    if model is None or diagnostics.has_errors or model.script is None:
        raise _wrong(diagnostics, source, len(lead))
    below = [one for one in model.script.body if not isinstance(one, LetStep)]
    if len(below) != 1:
        raise NotOneStep(text)
    return Typed(source, model, below[0])


def _wrong(diagnostics: Diagnostics, source: Source, lead_length: int) -> WrongText:
    """Return the mistakes in what was typed, without the lines that were put before it."""

    def moved(span: Span) -> Span:
        if span.source != NAME:
            return span
        return Span(NAME, max(0, span.start - lead_length), max(0, span.end - lead_length))

    found = Diagnostics(
        replace(
            one,
            span=moved(one.span),
            others=tuple([replace(other, span=moved(other.span)) for other in one.others]),
        )
        for one in diagnostics
    )
    return WrongText(found, Source(NAME, source.text[lead_length:]))


def _declared(contracts: Mapping[str, ContractModel]) -> set[str]:
    """Return what no member can go by in a script: no name may hide another."""
    return {*contracts, *(name for one in contracts.values() for name in one.places)}


def _role(
    held: Iterable[str], contracts: Mapping[str, ContractModel], alone: Collection[str]
) -> str:
    """Return a role under which a script can name a member: one that it holds, if there is one."""
    declared = [
        (role, f"{one.name}.{role}" if one.name in alone else role)
        for one in contracts.values()
        for role in one.roles
    ]
    return next((written for role, written in declared if role in held), declared[0][1])


def read_step(text: str, machine: Machine) -> Asked:
    """Return what a step asks for: `icbc does pay("6222-01", "6216-02", 100 CNY)`.

    Its arguments are values, and records by their keys: what is signed is what was typed, and
    whoever types it learns nothing by what an argument would be. Raises `WrongText`, `NotOneStep`,
    `ReadsState`, and `Refused` for an argument that has no value.
    """
    found = PARTIES.match(text)
    if found is None:
        raise NotOneStep(text)
    spoken, called = _spoken([one.strip() for one in found[1].split(" and ")], machine)
    typed = check_typed(f"{' and '.join(spoken)} does {text[found.end() :]}", machine, called)
    step = typed.step
    if not isinstance(step, DoesStep) or step.code is not None:
        raise NotOneStep(text)
    return work_out(typed, replace(step, arguments=named_by_key(typed, step.arguments)), machine)


def _spoken(parties: list[str], machine: Machine) -> tuple[list[str], dict[str, str]]:
    """Return what parties go by, and the names of those whose name is no word or is taken."""
    declared = _declared(machine.contracts)
    called: dict[str, str] = {}
    for number, name in enumerate(parties, start=1):
        is_plain = name in machine.members.active and not any(one in name for one in '"{}\\')
        if is_plain and (name in declared or not WORD.fullmatch(name)):
            called[f"party_{number}"] = name
    by_name = {name: spoken for spoken, name in called.items()}
    return [by_name.get(one, one) for one in parties], called


def read_expression(text: str, machine: Machine) -> tuple[Typed, Value]:
    """Return the expression that was typed. Raises `WrongText` and `NotOneStep`."""
    typed = check_typed(text, machine, verb="show ")
    if not isinstance(typed.step, ShowStep):
        raise NotOneStep(text)
    return typed, typed.step.value


def value_of(typed: Typed, value: Value, machine: Machine) -> Any:  # noqa: ANN401 -- of any type
    """Return what an expression comes to, in its outward form. Raises `Refused`."""
    step = DoesStep((), "", "", (value,), span=value.span)
    return work_out(typed, step, machine).arguments[0]


def read_key(text: str, table: Table, machine: Machine) -> Any:  # noqa: ANN401 -- of any type
    """Return the key that stands between brackets: `"6222-01"`, or `2026-01-05, Left`.

    Its parts are values as the language writes them; a record that is a part is written as itself
    or by its own key. None is returned for what is no key of the table. Raises `WrongText`,
    `NotOneStep`, `ReadsState`, and `Refused` for a value that cannot be worked out.
    """
    source = Source(NAME, f"{table.name}[{text}]")
    diagnostics = Diagnostics()
    index = parse_expression(source, diagnostics)
    if diagnostics.has_errors:
        raise WrongText(diagnostics, source)
    if not isinstance(index, Index) or len(index.keys) != len(table.model.keys):
        return None
    parts = [source.slice(one.span) for one in index.keys]
    found = tuple(
        _key_part(part, one.type, machine)
        for part, one in zip(parts, table.model.keys, strict=True)
    )
    key = found[0] if len(found) == 1 else found
    return key if is_key(table, key) else None


def _key_part(text: str, held: Type, machine: Machine) -> Any:  # noqa: ANN401 -- of any type
    # What a name means follows from where it stands; a member may have been expelled since.
    is_party = held == PARTY or isinstance(held, RoleType)
    if (is_party and WORD.fullmatch(text)) or (isinstance(held, EnumType) and text in held.members):
        return text
    typed, value = read_expression(text, machine)
    if held in {DATE, TIME, DURATION} and value.type != held:
        return None  # They are whole numbers where they are kept, and no others.
    (named,) = named_by_key(typed, (value,))
    found = value_of(typed, named, machine)
    is_hash = held == HASH and type(found) is str and HASH_FORM.fullmatch(found)
    return bytes.fromhex(found) if is_hash else found


def work_out(typed: Typed, step: DoesStep, machine: Machine) -> Asked:
    """Return what a step asks for, its parties and arguments worked out. Raises `Refused`."""
    script = typed.script
    assert script.script is not None, "it has a step"
    lets = [one for one in script.script.body if isinstance(one, LetStep)]
    body = replace(script.script, body=(*lets, replace(step, local=None)))
    compiled = compile_script(replace(script, script=body))
    assert compiled.script is not None, "the script has a step"
    listening: Any = _Listening()
    compiled.bind(machine, listening)[compiled.script[1]]()
    asked: Asked = listening.asked
    return asked


def named_by_key(typed: Typed, arguments: Iterable[Value]) -> tuple[Value, ...]:
    """Return arguments in which keys stand for records. Raises `ReadsState`.

    A record is named, and never looked up: whether it is there is for the contract to tell. Only a
    sealed field is passed on as it is, `Filing["a"].report`: it tells nothing to whoever types it.
    """
    found = tuple([_by_key(one) for one in arguments])
    for argument in found:
        for value in _values_read(argument):
            if isinstance(value, FieldValue | AggregateValue | RuleCall | RecordLookup):
                raise ReadsState(typed.text(value))
    return found


def _values_read(argument: Value) -> Iterator[Value]:
    """Yield the values by which an argument is worked out; of a sealed field those of its key."""
    read: tuple[Value, ...] = (argument,)
    if isinstance(argument, FieldValue) and sealed_in(argument.type) is not None:
        named = argument.object
        read = named.keys if isinstance(named, RecordLookup) else (named,)
    for value in read:
        yield value
        yield from all_values(value)


def _by_key(value: Value) -> Value:
    match value:
        case RecordLookup(keys=(key,)):
            return _by_key(key)
        case RecordLookup(keys=keys):
            return ListValue(tuple(map(_by_key, keys)), type=ListType(TEXT), span=value.span)
        case ListValue(items=items) if _holds_records(value):
            return ListValue(tuple(map(_by_key, items)), type=ListType(TEXT), span=value.span)
        case _:
            return value


def _holds_records(value: Value) -> bool:
    held = value.type
    while isinstance(held, ListType):
        held = held.item
    return isinstance(held, RecordType)
