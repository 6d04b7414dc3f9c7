"""Moves: the arrows that the runs of a contract take, and those that are not there.

Nouns only; `follow_states` makes them, and the analyses of lifecycles judge them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from servanda.interpreter.model import (
    ActionModel,
    BecomeStep,
    ClauseStep,
    LifecycleModel,
    ParameterModel,
    TimerModel,
)
from servanda.interpreter.types import RecordType

Entry = ActionModel | TimerModel
Arrow = tuple[RecordType, str, str]


@dataclass(frozen=True, slots=True)
class WrongMove:
    """A `becomes` that no arrow allows; with `call`, what calls the clause in which it stands."""

    step: BecomeStep
    record: RecordType
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    call: ClauseStep | None


@dataclass(frozen=True, slots=True)
class RefusedMove:
    """A `becomes` that no arrow allows from some of the states that `origin` names.

    `allowed` are those of the states met here from which it is done.
    """

    step: BecomeStep
    record: RecordType
    sources: tuple[str, ...]
    allowed: tuple[str, ...]
    targets: tuple[str, ...]
    call: ClauseStep | None
    origin: ParameterModel | TimerModel

    @property
    def named(self) -> tuple[str, ...] | None:
        """The states that the heading names; None if it names none."""
        if isinstance(self.origin, TimerModel):
            return self.origin.trigger.states
        return None if self.origin.bound is None else self.origin.bound.names


@dataclass(frozen=True, slots=True)
class Moves:
    """All that can happen to the states of a contract's records."""

    lifecycles: Mapping[RecordType, LifecycleModel]
    taken: Mapping[Arrow, tuple[Entry, ...]]
    resting: Mapping[tuple[RecordType, str], Entry]
    """The states in which a record may be when a run ends, with the first that leaves it so."""
    wrong: tuple[WrongMove, ...]
    refused: tuple[RefusedMove, ...] = ()
