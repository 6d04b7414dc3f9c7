"""What is known of the states that records are in, statement by statement.

In come guards, created records and `becomes` steps; out comes, for a lifecycle field that is read
through some value, the states it may have there. Where nothing is known every state is possible,
so that only what is certainly wrong is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servanda.interpreter.model import (
    Both,
    Comparison,
    Constant,
    Either,
    FieldValue,
    Inverse,
    IsName,
    Local,
    LocalValue,
    Value,
)
from servanda.interpreter.types import LifecycleType

NameSet = tuple[str, ...]


@dataclass(slots=True)
class KnownStates:
    """The states that each lifecycle field, read as written, may have here."""

    possible: dict[FieldValue, NameSet] = field(default_factory=dict)

    def copy(self) -> KnownStates:
        """Return the same knowledge, to be changed on its own."""
        return KnownStates(dict(self.possible))

    def of(self, target: Value) -> NameSet | None:
        """Return the states that `target` may have, or None where nothing is known."""
        return self.possible.get(target) if isinstance(target, FieldValue) else None

    def set(self, target: FieldValue, states: NameSet) -> None:
        """Note what `target` may be now; it may be another name of a record known before."""
        self.possible = {
            other: known
            for other, known in self.possible.items()
            if (other.record, other.field) != (target.record, target.field)
        }
        self.possible[target] = states

    def narrow(self, target: FieldValue, lifecycle: LifecycleType, states: Iterable[str]) -> None:
        """Note that `target` is one of `states`, whatever else was known."""
        wanted = frozenset(states)
        known = self.possible.get(target, lifecycle.states)
        self.possible[target] = tuple(one for one in known if one in wanted)

    def forget(self) -> None:
        """Drop everything: something happened elsewhere."""
        self.possible.clear()

    def forget_paths(self) -> None:
        """Drop what is read through a field, which may lead to another record now."""
        self.possible = {
            target: known
            for target, known in self.possible.items()
            if isinstance(target.object, LocalValue)
        }

    def forget_local(self, local: Local) -> None:
        """Drop what is read through a local that is set again."""
        self.possible = {
            target: known for target, known in self.possible.items() if root_local(target) != local
        }

    def learn(self, condition: Value, *, is_true: bool) -> None:
        """Note what holds when `condition` is true (or false)."""
        match condition:
            case Both(left=left, right=right) if is_true:
                self.learn(left, is_true=True)
                self.learn(right, is_true=True)
            case Either(left=left, right=right) if not is_true:
                self.learn(left, is_true=False)
                self.learn(right, is_true=False)
            case Either() | Both():
                self.learn_one_of(condition, is_true=is_true)
            case Inverse(operand=operand):
                self.learn(operand, is_true=not is_true)
            case IsName(operand=FieldValue() as target, name=name, is_negated=is_negated):
                self.learn_name(target, name, holds=is_true is not is_negated)
            case Comparison(
                comparator="==" | "!=",
                left=FieldValue() as target,
                right=Constant(value=str(name)),
            ):
                self.learn_name(target, name, holds=is_true is (condition.comparator == "=="))

    def learn_one_of(self, condition: Both | Either, *, is_true: bool) -> None:
        """Note what either side allows: `x is A or x is B`."""
        left, right = self.copy(), self.copy()
        left.learn(condition.left, is_true=is_true)
        right.learn(condition.right, is_true=is_true)
        self.possible = merged([left, right]).possible

    def learn_name(self, target: FieldValue, name: str, *, holds: bool) -> None:
        """Note that `target` is, or is not, in state `name`."""
        if isinstance(target.type, LifecycleType):
            states = target.type.states
            self.narrow(target, target.type, [one for one in states if (one == name) is holds])


def root_local(target: Value) -> Local | None:
    """Return the local through which a field is read."""
    while isinstance(target, FieldValue):
        target = target.object
    return target.local if isinstance(target, LocalValue) else None


def merged(ways: Sequence[KnownStates]) -> KnownStates:
    """Return what is known after one of several ways was taken."""
    if not ways:
        return KnownStates()
    first, *others = ways
    found: dict[FieldValue, NameSet] = {}
    for target, known in first.possible.items():
        if all(target in other.possible for other in others):
            every = dict.fromkeys((*known, *(s for o in others for s in o.possible[target])))
            found[target] = tuple(every)
    return KnownStates(found)


def states_before(
    known: NameSet | None, arrows: Mapping[str, Sequence[str]], state: str
) -> tuple[NameSet, NameSet]:
    """Return the states from which an arrow leads to `state`, and those that may be left here."""
    sources = tuple(one for one, targets in arrows.items() if state in targets)
    return sources, known if known is not None else tuple(arrows)
