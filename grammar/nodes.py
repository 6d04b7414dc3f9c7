"""Frozen nodes: dataclasses whose methods are shared, so that making two hundred costs little.

`dataclass(frozen=True, slots=True)` writes and compiles seven methods for every class, and the
classes of the syntax tree and of the model were most of what a start had to do. A `node`
is a dataclass (`fields` and `replace` work) that takes its methods from `Frozen` instead.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, NamedTuple, NoReturn, TypeVar, dataclass_transform

Made = TypeVar("Made", bound="type[Any]")


class Plan(NamedTuple):
    """What the shared methods must know of a class."""

    positional: tuple[str, ...]
    names: frozenset[str]
    defaults: dict[str, Any]
    compared: tuple[str, ...]
    shown: tuple[str, ...]


def _plan_of(made: object) -> Plan:
    its_type: Any = type(made)
    return _plan(its_type)


@cache
def _plan(made: Any) -> Plan:
    found = fields(made)
    return Plan(
        tuple(one.name for one in found if not one.kw_only),
        frozenset(one.name for one in found),
        {one.name: one.default for one in found if one.default is not MISSING},
        tuple(one.name for one in found if one.compare),
        tuple(one.name for one in found if one.repr),
    )


class Frozen:
    """The methods of every node."""

    __slots__ = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        plan = _plan_of(self)
        if len(values) > len(plan.positional):
            message = f"{type(self).__name__} takes {len(plan.positional)} values by position"
            raise TypeError(message)
        given = {**plan.defaults, **dict(zip(plan.positional, values, strict=False)), **named}
        if given.keys() != plan.names or len(values) + len(named) > len(plan.names):
            wrong = sorted(given.keys() ^ plan.names)
            message = f"{type(self).__name__} is made with wrong or missing values: {wrong}"
            raise TypeError(message)
        for name, value in given.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise FrozenInstanceError(name)

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, one) == getattr(other, one) for one in _plan_of(self).compared)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, one) for one in _plan_of(self).compared)))

    def __repr__(self) -> str:
        shown = (f"{one}={getattr(self, one)!r}" for one in _plan_of(self).shown)
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def node(made: Made) -> Made:
    """Make a class derived from `Frozen` a node: give it slots and fields, and no methods."""
    finished: Any = dataclass(init=False, repr=False, eq=False, slots=True)(made)
    return finished  # type: ignore[no-any-return]
