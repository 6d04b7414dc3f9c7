"""The meaning of a part of a model: what two versions must share for nothing to have changed.

In comes any node of a model; out comes a value that is equal for parts that say the same. Where
something stands in its source does not count, nor which number a local got; its name does. What is
declared counts by its name: an enum that has grown is the same enum.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, cast

from servanda.grammar.nodes import Frozen
from servanda.interpreter.model import CreateRecord, Local, RefuseStep, RequireStep, Value
from servanda.interpreter.types import (
    EnumType,
    EventType,
    FieldUnit,
    FixedUnit,
    LifecycleType,
    RecordType,
    RoleType,
)

DECLARED = (EnumType, LifecycleType, RecordType, EventType)


@cache
def _names_of(node_type: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(node_type) if one.name != "span")


def _parts_of(node: object) -> tuple[object, ...]:
    if isinstance(node, CreateRecord):
        return node.record, node.keys, _written(node)
    return tuple([getattr(node, one) for one in _names_of(cast("Any", type(node)))])


def _written(create: CreateRecord) -> tuple[tuple[str, Value], ...]:
    """Return the fields that a `create` says itself; the others it only leaves missing."""
    said = [one for one in create.fields if one[1].span != create.span]
    return tuple(sorted(said, key=lambda one: one[0]))


def meaning_of(part: object) -> object:
    """Return what a part of a model says, without its places."""
    match part:
        case Local(name=name):
            return "local", name
        case EnumType() | LifecycleType() | RecordType() | EventType():
            return type(part).__name__, part.contract, part.name
        case RoleType(roles=roles):
            return "role", tuple(sorted(roles))
        case FixedUnit(code=code):
            return "unit", code
        case FieldUnit(root_name=root, fields=path):
            return "unit", root, path
        case Frozen():
            return type(part).__name__, *(meaning_of(one) for one in _parts_of(part))
        case tuple():
            return tuple([meaning_of(one) for one in part])
        case _:
            # True is 1 to Python, and not to a contract.
            return type(part).__name__, part


def effects_of(part: object) -> object:
    """Return what a body does, whatever it requires: refusals are compared one by one."""
    match part:
        case RefuseStep(code=code):
            return "refuse", code
        case Frozen() if not isinstance(part, (Local, RoleType, FixedUnit, FieldUnit, *DECLARED)):
            return type(part).__name__, *(effects_of(one) for one in _parts_of(part))
        case tuple():
            return tuple([effects_of(one) for one in part if not isinstance(one, RequireStep)])
        case _:
            return meaning_of(part)


def same(left: object, right: object) -> bool:
    """Whether two parts of models say the same."""
    return meaning_of(left) == meaning_of(right)
