"""Where things are written that a model does not place: states, arrows, roles, triggers.

In comes the tree of a contract; out come spans for its diagnostics. Without a tree nothing is
known, and a diagnostic points at the declaration as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from servanda.grammar import tree
from servanda.grammar.source import Span
from servanda.interpreter.model import LifecycleModel, TimerModel


@dataclass(frozen=True, slots=True)
class Places:
    """Spans by the names of what stands there."""

    states: Mapping[tuple[str, str], Span] = field(default_factory=dict)
    """By lifecycle and state."""
    arrows: Mapping[tuple[str, str, str], Span] = field(default_factory=dict)
    """By lifecycle, source and target: where the target is named."""
    roles: Mapping[str, Span] = field(default_factory=dict)
    triggers: Mapping[Span, Span] = field(default_factory=dict)
    """Where a timer names its states, or its record if it names none; by the whole timer."""

    def state(self, lifecycle: LifecycleModel, name: str) -> Span:
        """Return where a state is declared."""
        return self.states.get((lifecycle.type.name, name), lifecycle.span)

    def arrow(self, lifecycle: LifecycleModel, source: str, target: str) -> Span:
        """Return where an arrow is declared."""
        return self.arrows.get((lifecycle.type.name, source, target), lifecycle.span)

    def trigger(self, timer: TimerModel) -> Span:
        """Return where a timer says for which records it fires."""
        return self.triggers.get(timer.span, timer.span)


def places_of(file: tree.File) -> Places:
    """Return the places in a contract."""
    states: dict[tuple[str, str], Span] = {}
    arrows: dict[tuple[str, str, str], Span] = {}
    roles: dict[str, Span] = {}
    triggers: dict[Span, Span] = {}
    for item in file.items:
        match item:
            case tree.LifecycleDeclaration(name=name, lines=lines):
                for line in lines:
                    for source in line.sources:
                        states.setdefault((name.text, source.text), source.span)
                        for target in line.targets:
                            place = (name.text, source.text, target.text)
                            arrows.setdefault(place, target.span)
            case tree.RoleDeclaration(names=declared):
                roles.update((one.text, one.span) for one in declared)
            case tree.TimerDeclaration(record=record, trigger=trigger):
                named = record if trigger.states is None else trigger.states
                triggers[item.span] = named.span
    return Places(states, arrows, roles, triggers)
