"""What is known at a place: which values are not missing and who holds a role.

A fact speaks of a chain: a local and the fields read from it. In come model values; out come the
chains that they read, and answers from the facts of a `Scope` (`learn.py` adds them). It refuses
to know statements: whoever checks them says when an effect may have changed something
(`forget_changed`) or a local was set again (`forget_local`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.symbols import EventSymbol
from servanda.interpreter.model import FieldValue, Local, LocalValue, OutputValue, Value
from servanda.interpreter.types import EventType, FieldUnit, OptionalType, OutputsType, Type, Unit


@dataclass(frozen=True, slots=True)
class Chain:
    """A local and the fields read from it; `changing` are those of them that may be assigned."""

    local: Local
    fields: tuple[str, ...]
    changing: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class RoleFact:
    """The party in `chain` holds `role`."""

    chain: Chain
    role: str


def chain_of(value: Value, scope: Scope) -> Chain | None:
    """Return the chain that `value` reads, or None if it is anything else."""
    fields: list[str] = []
    changing: list[str] = []
    while not isinstance(value, LocalValue):
        if isinstance(value, FieldValue):
            fields.append(value.field)
            slot = scope.checking.declarations.record(value.record).slots.get(value.field)
            if slot is None or not slot.is_fixed:
                changing.append(value.field)
            value = value.object
        elif isinstance(value, OutputValue):
            fields.append(output_name(value, scope))
            value = value.object
        else:
            return None
    return Chain(value.local, tuple(reversed(fields)), tuple(changing))


def type_declared(value: Value, scope: Scope) -> Type:
    """Return the type of a local, field or output before any guard narrowed it."""
    if isinstance(value, LocalValue):
        return value.local.type
    if isinstance(value, FieldValue):
        slot = scope.checking.declarations.record(value.record).slots.get(value.field)
        return slot.type if slot is not None else value.type
    if isinstance(value, OutputValue):
        read = value.object.type
        if isinstance(read, OutputsType):
            return read.outputs[value.index][1]
        event = event_of(read, scope) if isinstance(read, EventType) else None
        return event.parameters[value.index].type if event else value.type
    return value.type


def leans_on_guard(value: Value, scope: Scope) -> bool:
    """Whether a chain passes through what may be missing, and a guard alone says it is there."""
    while isinstance(value, LocalValue | FieldValue | OutputValue):
        if isinstance(type_declared(value, scope), OptionalType):
            return True
        if isinstance(value, LocalValue):
            return False
        value = value.object
    return False


def output_name(value: OutputValue, scope: Scope) -> str:
    """Return the name under which an output of a decision, or of an event, is read."""
    read = value.object.type
    if isinstance(read, OutputsType):
        return read.outputs[value.index][0]
    event = event_of(read, scope) if isinstance(read, EventType) else None
    return event.parameters[value.index].name if event else ""


def event_of(wanted: EventType, scope: Scope) -> EventSymbol | None:
    """Return the symbol of an event type, here or in a used contract."""
    declarations = scope.checking.declarations
    for one in (declarations, *declarations.reachable()):
        symbol = one.symbols.get(wanted.name)
        if one.contract == wanted.contract and isinstance(symbol, EventSymbol):
            return symbol
    return None


def is_known_present(value: Value, scope: Scope) -> bool:
    """Whether a guard above says that `value` is not missing."""
    chain = chain_of(value, scope)
    return chain is not None and scope.is_present(chain)


def is_known_role(value: Value, role: str, scope: Scope) -> bool:
    """Whether a guard above says that the party `value` holds `role`."""
    chain = chain_of(value, scope)
    return chain is not None and scope.is_present(RoleFact(chain, role))


def forget_changed(scope: Scope, field_name: str | None = None) -> None:
    """Drop the facts that an effect may have undone.

    With `field_name` only a field of that name was assigned, of whichever record.
    """
    for frame in frames(scope):
        for fact in list(frame.present):
            changing = fact_chain(fact).changing
            if field_name in changing if field_name is not None else changing:
                frame.present.discard(fact)


def forget_local(scope: Scope, local: Local) -> None:
    """Drop the facts about a local that is set again."""
    for frame in frames(scope):
        for fact in list(frame.present):
            if fact_chain(fact).local.number == local.number:
                frame.present.discard(fact)
        for path in [one for one in frame.equal_paths if is_rooted(one, local)]:
            for other in frame.equal_paths.pop(path):
                if not is_rooted(other, local):
                    del frame.equal_paths[other][path]


def is_rooted(path: Unit, local: Local) -> bool:
    """Whether a path starts at a local."""
    return isinstance(path, FieldUnit) and path.root == local.number


def fact_chain(fact: object) -> Chain:
    """Return the chain that a fact speaks of."""
    chain = fact.chain if isinstance(fact, RoleFact) else fact
    assert isinstance(chain, Chain), "only facts of this module are kept in a scope"
    return chain


def frames(scope: Scope) -> Iterator[Scope]:
    """Yield the frames of a scope, innermost first."""
    frame: Scope | None = scope
    while frame is not None:
        yield frame
        frame = frame.parent
