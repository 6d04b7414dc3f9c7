"""Lifecycles: states nobody reaches, arrows nobody takes, moves without an arrow, ways out.

In come a model and what its actions and timers do to states; out come diagnostics and the states
in which a record can be stuck. A way out counts as blocked only if every action that takes it
needs one and the same party of that very record: an office can be filled anew, a party cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.analyse.follow_states import follow_states
from servanda.interpreter.analyse.moves import report_refused, report_wrong
from servanda.interpreter.analyse.places import Places
from servanda.interpreter.analyse.possible_moves import Entry, Moves
from servanda.interpreter.analyse.show_model import (
    binder_for,
    listed,
    show_path,
    show_timer,
    with_article,
)
from servanda.interpreter.model import (
    ActionModel,
    AllOf,
    AnyOf,
    Authority,
    ContractModel,
    FieldValue,
    LifecycleModel,
    LocalValue,
    SignedByParty,
    TimerModel,
)
from servanda.interpreter.types import LifecycleType, RecordType

NAMED_ACTIONS_MAX = 3
"""So many actions are named in one diagnostic; more say no more."""

State = tuple[LifecycleType, str]


class Party(NamedTuple):
    """A party of a record, by the path that leads to it."""

    record: RecordType
    fields: tuple[str, ...]


def analyse_lifecycles(
    model: ContractModel, diagnostics: Diagnostics, places: Places | None = None
) -> tuple[State, ...]:
    """Report what is wrong with states and arrows; return the states that may never be left."""
    where = places if places is not None else Places()
    moves = follow_states(model)
    stuck: dict[State, None] = {}
    used = {one.type: one for one in moves.lifecycles.values()}
    for lifecycle in used.values():
        reachable = reachable_states(lifecycle)
        report_unreachable(lifecycle, reachable, diagnostics, where)
        dead = tuple(one for one in stuck_states(lifecycle, moves) if one in reachable)
        for state in dead:
            report_stuck(lifecycle, state, diagnostics, where)
            stuck[lifecycle.type, state] = None
        skipped = (*dead, *(one for one in lifecycle.type.states if one not in reachable))
        report_untaken(lifecycle, moves, skipped, diagnostics, where)
    for wrong in moves.wrong:
        report_wrong(wrong, moves.lifecycles[wrong.record], diagnostics)
    for refused in moves.refused:
        report_refused(refused, moves, diagnostics, where)
    for record, lifecycle in moves.lifecycles.items():
        for state in lifecycle.type.states:
            if (record, state) not in moves.resting or not has_way_out(lifecycle, state):
                continue
            if report_blocked(model, record, state, moves, diagnostics, where):
                stuck[lifecycle.type, state] = None
    return tuple(stuck)


def reachable_states(lifecycle: LifecycleModel) -> tuple[str, ...]:
    """Return the states to which a path of arrows leads from the first."""
    found = dict.fromkeys(lifecycle.type.states[:1])
    waiting = list(found)
    while waiting:
        for target in lifecycle.arrows[waiting.pop()]:
            if target not in found:
                found[target] = None
                waiting.append(target)
    return tuple(found)


def has_way_out(lifecycle: LifecycleModel, state: str) -> bool:
    """Whether an arrow leads from a state to another; a state without one is final."""
    return any(target != state for target in lifecycle.arrows[state])


def takers(moves: Moves, lifecycle: LifecycleModel, source: str, target: str) -> list[Entry]:
    """Return who takes an arrow, of whichever record."""
    return [
        entry
        for record, held in moves.lifecycles.items()
        if held.type == lifecycle.type
        for entry in moves.taken.get((record, source, target), ())
    ]


def stuck_states(lifecycle: LifecycleModel, moves: Moves) -> tuple[str, ...]:
    """Return the states that arrows lead out of, none of which anybody takes."""
    return tuple(
        state
        for state, targets in lifecycle.arrows.items()
        if has_way_out(lifecycle, state)
        and not any(takers(moves, lifecycle, state, one) for one in targets if one != state)
    )


# ── reports ───────────────────────────────────────────────────────────────────────────────────


def report_unreachable(
    lifecycle: LifecycleModel,
    reachable: tuple[str, ...],
    diagnostics: Diagnostics,
    places: Places,
) -> None:
    """Report the states to which no path of arrows leads."""
    states, name = lifecycle.type.states, lifecycle.type.name
    for state in states:
        if state in reachable:
            continue
        sources = [one for one in states if state in lifecycle.arrows[one] and one != state]
        label = "no arrow leads here"
        if sources:
            label = f"arrows lead here only from {listed(sources)}, which nothing reaches"
        diagnostics.report(
            Diagnostic(
                "E0450",
                f"no record ever reaches the state `{state}` of `{name}`",
                places.state(lifecycle, state),
                label,
                (Label(places.state(lifecycle, states[0]), "every record starts here"),),
                help=f"add an arrow to `{state}`, or remove it",
            )
        )


def report_stuck(
    lifecycle: LifecycleModel, state: str, diagnostics: Diagnostics, places: Places
) -> None:
    """Report a state that is not final and that nothing leaves."""
    targets = [one for one in lifecycle.arrows[state] if one != state]
    diagnostics.report(
        Diagnostic(
            "E0452",
            f"nothing ever leaves the state `{state}` of `{lifecycle.type.name}`",
            places.state(lifecycle, state),
            f"arrows lead to {listed(targets)}, and no action or timer takes one",
            help=f"move a record from `{state}` with `becomes {targets[0]}`, or remove the "
            "arrows: then the state is final",
        )
    )


def report_untaken(
    lifecycle: LifecycleModel,
    moves: Moves,
    skipped: tuple[str, ...],
    diagnostics: Diagnostics,
    places: Places,
) -> None:
    """Report the arrows that no action and no timer takes."""
    sources_by_span: dict[tuple[Span, str], list[str]] = {}
    for source, targets in lifecycle.arrows.items():
        for target in targets:
            if source not in skipped and not takers(moves, lifecycle, source, target):
                place = (places.arrow(lifecycle, source, target), target)
                sources_by_span.setdefault(place, []).append(source)
    for (span, target), sources in sources_by_span.items():
        arrow = f"{', '.join(sources)} -> {target}"
        diagnostics.report(
            Diagnostic(
                "E0451",
                f"no action or timer takes the arrow `{arrow}` of `{lifecycle.type.name}`",
                span,
                f"no record that is {listed(sources, 'or')} becomes `{target}`",
                help=f"write `becomes {target}` where this may happen, or remove the arrow",
            )
        )


def fires_in(timer: TimerModel, record: RecordType, state: str) -> bool:
    """Whether a timer fires for records in a state that its heading names."""
    return timer.record == record and state in (timer.trigger.states or ())


def report_blocked(
    model: ContractModel,
    record: RecordType,
    state: str,
    moves: Moves,
    diagnostics: Diagnostics,
    places: Places,
) -> bool:
    """Warn of a state that one silent party can keep a record in; return whether it is so."""
    lifecycle = moves.lifecycles[record]
    exits: dict[str, ActionModel] = {}
    for target in lifecycle.arrows[state]:
        for entry in moves.taken.get((record, state, target), ()) if target != state else ():
            if isinstance(entry, TimerModel):
                return False
            exits[entry.name] = entry
    if not exits:
        # Nobody moves such a record on: that is reported as stuck, if no other record is.
        return False
    needed = common_parties([parties_needed(one.authority, record) for one in exits.values()])
    if not needed:
        return False
    party = ".".join(next(iter(needed)).fields)
    names = list(exits)[:NAMED_ACTIONS_MAX]
    binder = binder_for(record.name)
    advice = f"add a timer: `when {binder}: {record.name} has been {state} for 7 days`"
    idle = next((one for one in model.timers if fires_in(one, record, state)), None)
    if idle is not None:
        advice = f"let `{show_timer(idle)}` lead out of `{state}`: it has no such arrow to take"
    diagnostics.report(
        Diagnostic(
            "W0450",
            f"{with_article(record.name)} stays `{state}` for as long as its `{party}` is silent",
            places.state(lifecycle, state),
            f"only {listed(names)} {'leads' if len(names) == 1 else 'lead'} out of here",
            tuple(Label(exits[one].authority_span, f"`{one}` needs `{party}`") for one in names),
            help=advice,
        )
    )
    return True


# ── who is needed ─────────────────────────────────────────────────────────────────────────────


def parties_needed(authority: Authority, record: RecordType) -> Mapping[Party, None]:
    """Return the parties of a record without whom an authority is never satisfied."""
    match authority:
        case SignedByParty(party=FieldValue() as value):
            party = party_of(value)
            return {party: None} if party is not None and party.record == record else {}
        case AllOf(parts=parts):
            every = (parties_needed(one, record) for one in parts)
            return {party: None for one in every for party in one}
        case AnyOf(choices=choices):
            return common_parties([parties_needed(one, record) for one in choices])
    return {}


def common_parties(ways: list[Mapping[Party, None]]) -> Mapping[Party, None]:
    """Return the parties that every way needs."""
    first, *others = ways
    return {party: None for party in first if all(party in other for other in others)}


def party_of(value: FieldValue) -> Party | None:
    """Return the party that a path leads to, if it starts at a record that a local names."""
    fields = show_path(value).split(".")[1:]
    start = value.object
    while isinstance(start, FieldValue):
        start = start.object
    if not isinstance(start, LocalValue) or not isinstance(start.type, RecordType):
        return None
    return Party(start.type, tuple(fields))
