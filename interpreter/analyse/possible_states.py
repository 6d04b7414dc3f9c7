"""What may be at one point of a run: which records are spoken of, and the states they may be in.

Nouns only; `follow_states` moves them along. A thing stands for one record, whichever it is; two
things may be the same record unless one was created after the other was already known. Where
nothing is known every state is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from servanda.interpreter.model import ContractModel, LifecycleModel
from servanda.interpreter.types import BOOL, EnumType, LifecycleType, RecordType, Type

Names = tuple[object, ...]
"""Values that have names: states, enum names, or True and False."""


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """One record of a run, equal to itself alone; `number` rises with every new one."""

    number: int
    record: RecordType
    born: int
    is_created: bool = False


class Held(NamedTuple):
    """The states of a thing: those it may have had before the run, and those it was moved to."""

    before: Names
    after: Names

    @property
    def states(self) -> Names:
        """Every state that the thing may be in."""
        return united(self.before, self.after)


NOWHERE = Held((), ())


@dataclass(slots=True)
class Possible:
    """What is known at one point; to be copied before a way parts from another."""

    held: dict[Thing, Held] = field(default_factory=dict)
    things: dict[int, Thing] = field(default_factory=dict)
    """The record that a local names, by the local's number."""
    names: dict[int, Names] = field(default_factory=dict)
    """What a local with a named value may be, by its number."""
    versions: dict[tuple[RecordType, str], tuple[int, ...]] = field(default_factory=dict)
    """The statements that may have set a field last which leads to another record."""
    sure: dict[Thing, Names] = field(default_factory=dict)
    """States of which each is met here in some run: fewer than may be, and never too many."""

    def copy(self) -> Possible:
        """Return the same knowledge, to be changed on its own."""
        return Possible(
            dict(self.held),
            dict(self.things),
            dict(self.names),
            dict(self.versions),
            dict(self.sure),
        )


def united(*parts: Iterable[object]) -> Names:
    """Return the values of all parts, each once."""
    return tuple(dict.fromkeys(one for part in parts for one in part))


def may_be_same(one: Thing, other: Thing) -> bool:
    """Whether two things may be one record: not if one was created when the other was known."""
    if one.number == other.number:
        return True
    if one.record != other.record:
        return False
    if one.is_created and other.born < one.born:
        return False
    return not (other.is_created and one.born < other.born)


def names_of_type(type_: Type) -> Names | None:
    """Return every value of a type whose values have names."""
    if isinstance(type_, EnumType):
        return type_.members
    if isinstance(type_, LifecycleType):
        return type_.states
    return (True, False) if type_ == BOOL else None


def lifecycles_by_record(model: ContractModel) -> dict[RecordType, LifecycleModel]:
    """Return the lifecycle that each record of a contract passes through."""
    found: dict[RecordType, LifecycleModel] = {}
    for record in model.records.values():
        for one in record.fields:
            if one.name == record.lifecycle_field and isinstance(one.type, LifecycleType):
                lifecycle = model.lifecycles.get(one.type.name)
                if lifecycle is not None and lifecycle.type == one.type:
                    found[record.type] = lifecycle
    return found


def joined(
    ways: Iterable[Possible | None], lifecycles: Mapping[RecordType, LifecycleModel]
) -> Possible | None:
    """Return what may be after one of several ways was taken; None if none goes on."""
    going = [way for way in ways if way is not None]
    if not going:
        return None
    first, *others = going
    for other in others:
        first = _joined_two(first, other, lifecycles)
    return first


def _joined_two(
    left: Possible, right: Possible, lifecycles: Mapping[RecordType, LifecycleModel]
) -> Possible:
    held: dict[Thing, Held] = {}
    for thing in (*left.held, *(one for one in right.held if one not in left.held)):
        # A record that one way created is not there on the other; any other may be anything.
        absent = NOWHERE
        if not thing.is_created:
            absent = Held(lifecycles[thing.record].type.states, ())
        one, other = left.held.get(thing, absent), right.held.get(thing, absent)
        held[thing] = Held(united(one.before, other.before), united(one.after, other.after))
    versions = {
        place: tuple(sorted({*left.versions.get(place, ()), *right.versions.get(place, ())}))
        for place in (*left.versions, *right.versions)
    }
    return Possible(
        held,
        {number: one for number, one in left.things.items() if right.things.get(number) == one},
        {
            number: united(one, right.names[number])
            for number, one in left.names.items()
            if number in right.names
        },
        versions,
        {
            thing: united(left.sure.get(thing, ()), right.sure.get(thing, ()))
            for thing in (*left.sure, *right.sure)
        },
    )
