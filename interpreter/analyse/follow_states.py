"""Follow every action and timer through its statements: which arrows are taken, where records rest.

In comes a model; out come `Moves`: for each record the arrows that some run may take and by whom,
the states it may be in when a run ends, and the moves that no arrow allows. Clauses are followed
from each place that calls them, with what is known there. Where knowledge ends, or the bound on
the work is met, everything is taken to be possible: what is missing from `Moves` cannot happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from servanda.grammar.source import Span
from servanda.interpreter.analyse.learn_states import Reader, chosen_by_caller
from servanda.interpreter.analyse.possible_moves import Arrow, Entry, Moves, RefusedMove, WrongMove
from servanda.interpreter.analyse.possible_states import (
    Held,
    Names,
    Possible,
    Thing,
    joined,
    lifecycles_by_record,
    may_be_same,
    united,
)
from servanda.interpreter.model import (
    ActionModel,
    BecomeStep,
    Body,
    ChooseStep,
    ClauseStep,
    Constant,
    ContractModel,
    CreateRecord,
    ForStep,
    GiveStep,
    IfStep,
    LetStep,
    ListDomain,
    Local,
    LocalValue,
    NamesDomain,
    ParameterModel,
    ReachesTrigger,
    RecordDomain,
    RefuseStep,
    RequireStep,
    SetField,
    Statement,
    TimerModel,
    Value,
)
from servanda.interpreter.types import BOOL, RecordType
from servanda.interpreter.walk import all_statements, all_values, values_in

STEP_COUNT_MAX: Final = 20_000
"""Statements followed in one contract; beyond it calls and loops may do whatever they contain."""


@dataclass(slots=True)
class Loop:
    """A loop that is being followed, and the states to which its items may have been moved."""

    item: Thing | None
    is_distinct: bool
    written: Names = ()


@dataclass(slots=True)
class Following:
    """What is collected on the way."""

    model: ContractModel
    reader: Reader
    entry: Entry
    steps_left: int
    call: ClauseStep | None = None
    """The call in the entry's own body that is being followed."""
    loops: list[Loop] = field(default_factory=list)
    creates: dict[int, tuple[CreateRecord, ...]] = field(default_factory=dict)
    """What a statement creates, by its identity: the model outlives this."""
    failed: list[WrongMove] = field(default_factory=list)
    taken: dict[Arrow, dict[str, Entry]] = field(default_factory=dict)
    resting: dict[tuple[RecordType, str], Entry] = field(default_factory=dict)
    wrong: dict[Span, WrongMove] = field(default_factory=dict)
    refused: dict[tuple[Span, Span], RefusedMove] = field(default_factory=dict)
    """By the place of the move, and of where the record comes from."""
    origins: dict[Thing, ParameterModel | TimerModel] = field(default_factory=dict)
    """Where the record of an entry is named with the states in which it may be."""
    disturbed: list[RecordType | None] = field(default_factory=list)
    """Of which record each move was; None where a run may have ended."""


def follow_states(model: ContractModel, step_count_max: int = STEP_COUNT_MAX) -> Moves:
    """Return all that the actions and timers of a contract do to states."""
    lifecycles = lifecycles_by_record(model)
    entries: tuple[Entry, ...] = (*model.actions.values(), *model.timers)
    if not entries or not lifecycles:
        return Moves(lifecycles, {}, {}, ())
    following = Following(model, Reader(model, lifecycles), entries[0], step_count_max)
    for entry in entries:
        following.entry = entry
        start = Possible()
        following.reader.free = frozenset()
        if isinstance(entry, ActionModel):
            following.reader.free = chosen_by_caller(entry)
            for one in entry.parameters:
                enter_parameter(following, one, start)
        else:
            enter_timer(following, entry, start)
        end = follow_body(following, entry.body, start)
        if end is not None:
            rest(following, end)
    return Moves(
        lifecycles,
        {arrow: tuple(by.values()) for arrow, by in following.taken.items()},
        following.resting,
        tuple(following.wrong.values()),
        tuple(following.refused.values()),
    )


def enter_parameter(following: Following, one: ParameterModel, start: Possible) -> None:
    """Note what the bound of a parameter says."""
    names = one.bound.names if one.bound is not None else None
    if isinstance(one.local.type, RecordType):
        thing = following.reader.new_thing(start, one.local.type, names)
        start.things[one.local.number] = thing
        if names is not None and thing in start.held:
            following.origins[thing] = one
            start.sure[thing] = names
    elif names is not None:
        start.names[one.local.number] = names


def enter_timer(following: Following, timer: TimerModel, start: Possible) -> None:
    """Note the states in which a timer fires."""
    trigger = timer.trigger
    thing = following.reader.new_thing(start, timer.record, trigger.states)
    start.things[timer.binder.number] = thing
    if thing not in start.held:
        return
    following.origins[thing] = timer
    if not isinstance(trigger, ReachesTrigger) or trigger.states is not None:
        start.sure[thing] = start.held[thing].states


def follow_body(following: Following, body: Body, state: Possible) -> Possible | None:
    """Return what may be behind a body; None if no run gets there. `state` is used up."""
    for statement in body:
        following.steps_left -= 1
        behind = follow(following, statement, state)
        if behind is None:
            return None
        state = behind
    return state


def follow(following: Following, statement: Statement, state: Possible) -> Possible | None:
    """Return what may be behind a statement."""
    reader = following.reader
    note_created(following, statement, state)
    match statement:
        case IfStep():
            return follow_if(following, statement, state)
        case ChooseStep():
            return follow_choose(following, statement, state)
        case ForStep():
            return follow_for(following, statement, state)
        case ClauseStep():
            return follow_clause(following, statement, state)
        case BecomeStep():
            return follow_become(following, statement, state)
        case RequireStep(condition=condition):
            following.disturbed.append(None)
            return reader.learn(state, condition, is_true=True)
        case LetStep(local=local, value=value):
            bind(following, local, value, state)
        case SetField(target=target):
            reader.forget_field(state, target, statement.span)
        case GiveStep():
            following.disturbed.append(None)
            rest(following, state)
            return None
        case RefuseStep():
            following.disturbed.append(None)
            return None
    return state


def note_created(following: Following, statement: Statement, state: Possible) -> None:
    """Note the records that a statement creates, but for those that are bound to a name here."""
    created = following.creates.get(id(statement))
    if created is None:
        created = following.creates[id(statement)] = tuple(creates_in(statement))
    for value in created:
        following.reader.thing_of(state, value)


def creates_in(statement: Statement) -> Iterator[CreateRecord]:
    """Yield what a statement creates and gives no name to."""
    is_binding = isinstance(statement, LetStep | ClauseStep)
    for direct in values_in(statement):
        for value in (direct, *all_values(direct)):
            if isinstance(value, CreateRecord) and not (is_binding and value is direct):
                yield value


def bind(following: Following, local: Local, value: Value, state: Possible) -> None:
    """Let a local stand for a value."""
    thing = following.reader.thing_of(state, value)
    names = following.reader.names_of(state, value) if thing is None else None
    state.things.pop(local.number, None)
    state.names.pop(local.number, None)
    if thing is not None:
        state.things[local.number] = thing
    elif names is not None:
        state.names[local.number] = names


def rest(following: Following, state: Possible) -> None:
    """Note where a run leaves the records that it moved or created."""
    for thing, held in state.held.items():
        for one in held.after:
            following.resting.setdefault((thing.record, str(one)), following.entry)


# ── ways that part ────────────────────────────────────────────────────────────────────────────


def follow_if(following: Following, step: IfStep, state: Possible) -> Possible | None:
    """Return what may be behind an `if`."""
    reader, ways = following.reader, list[Possible | None]()
    falling: Possible | None = state
    sure, mark = state.sure.copy(), len(following.disturbed)
    for condition, body in step.branches:
        if falling is None:
            break
        inside = reader.learn(falling.copy(), condition, is_true=True)
        if inside is not None:
            ways.append(follow_body(following, body, inside))
        falling = reader.learn(falling, condition, is_true=False)
    if falling is not None and step.otherwise is not None:
        falling = follow_body(following, step.otherwise, falling)
    behind = joined([*ways, falling], reader.lifecycles)
    return settled(following, behind, sure, mark)


def settled(
    following: Following, behind: Possible | None, sure: dict[Thing, Names], mark: int
) -> Possible | None:
    """Note that what was sure before some ways is so behind them: all met again, none moved it."""
    since = following.disturbed[mark:]
    if behind is not None and None not in since:
        kept = {thing: names for thing, names in sure.items() if thing.record not in since}
        behind.sure.update(kept)
    return behind


def follow_choose(following: Following, step: ChooseStep, state: Possible) -> Possible | None:
    """Return what may be behind a `choose`."""
    reader, ways = following.reader, list[Possible | None]()
    left = reader.names_of(state, step.subject)
    sure, mark = state.sure.copy(), len(following.disturbed)
    for names, body in step.cases:
        inside = choose(reader, state.copy(), step.subject, names)
        if inside is not None:
            ways.append(follow_body(following, body, inside))
        left = None if left is None else tuple(one for one in left if one not in names)
    if step.otherwise is not None:
        inside = state if left is None else choose(reader, state, step.subject, left)
        ways.append(follow_body(following, step.otherwise, inside) if inside else None)
    behind = joined(ways, reader.lifecycles)
    return settled(following, behind, sure, mark)


def choose(reader: Reader, state: Possible, subject: Value, names: Names) -> Possible | None:
    """Return what may be where the subject has one of the names."""
    if subject.type == BOOL and len(names) == 1:
        return reader.learn(state, subject, is_true=names[0] is True)
    return reader.narrow(state, subject, names)


def follow_for(following: Following, step: ForStep, state: Possible) -> Possible | None:
    """Return what may be behind a loop of any number of turns."""
    sure, disturbance = state.sure, len(following.disturbed)
    # In which turn a run is, and whether there is one, may depend on any state.
    state.sure = {}
    behind = follow_turns(following, step, state)
    return settled(following, behind, sure, disturbance)


def follow_turns(following: Following, step: ForStep, state: Possible) -> Possible:
    """Follow turns until another one tells nothing new."""
    if following.steps_left < 0:
        return do_anything(following, step.body, state)
    mark = following.reader.next_number
    written: Names = ()
    while True:
        following.steps_left -= 1
        inside = state.copy()
        loop = enter_loop(following, step, inside, written)
        following.loops.append(loop)
        turned: Possible | None = None
        if loop.item is None or inside.held.get(loop.item, Held((True,), ())).states:
            turned = follow_body(following, step.body, inside)
        following.loops.pop()
        if turned is not None:
            forget_inner(following, turned, state, mark)
        behind = joined([state.copy(), turned], following.reader.lifecycles)
        assert behind is not None, "a loop may have no turn"
        grown = united(written, loop.written)
        if behind == state and len(grown) == len(written):
            return state
        if following.steps_left < 0:
            return do_anything(following, step.body, state)
        state, written = behind, grown


def enter_loop(following: Following, step: ForStep, state: Possible, written: Names) -> Loop:
    """Bind the item of a turn: as its domain says, or as an earlier turn left it."""
    reader, domain, binder = following.reader, step.domain, step.binder
    if not isinstance(binder.type, RecordType):
        state.names.pop(binder.number, None)
        if isinstance(domain, NamesDomain):
            state.names[binder.number] = domain.names
        return Loop(None, is_distinct=True)
    thing = reader.new_thing(state, binder.type, None)
    state.things[binder.number] = thing
    if isinstance(domain, RecordDomain):
        reader.narrow_by_index(state, thing, domain)
    learned = state
    if domain.condition is not None:
        narrowed = reader.learn(state.copy(), domain.condition, is_true=True)
        learned = narrowed if narrowed is not None else Possible({thing: Held((), ())})
    if thing in state.held:
        state.held[thing] = Held(learned.held[thing].states, written)
    return Loop(thing, is_distinct=not isinstance(domain, ListDomain))


def forget_inner(following: Following, turned: Possible, before: Possible, mark: int) -> None:
    """Forget what a turn named, noting where it leaves the records that it alone knew."""
    inner = Possible({thing: held for thing, held in turned.held.items() if thing.number >= mark})
    rest(following, inner)
    turned.held = {one: held for one, held in turned.held.items() if one.number < mark}
    turned.things = {n: one for n, one in turned.things.items() if n in before.things}
    turned.names = {n: one for n, one in turned.names.items() if n in before.names}


# ── calls and moves ───────────────────────────────────────────────────────────────────────────


def follow_clause(following: Following, step: ClauseStep, state: Possible) -> Possible | None:
    """Follow a clause with what is known of its arguments here."""
    clause = following.model.clauses[step.clause]
    if following.steps_left < 0:
        return do_anything(following, clause.body, state)
    for one, given in zip(clause.parameters, step.arguments, strict=True):
        bind(following, one.local, given, state)
        if one.bound is not None and one.bound.names is not None:
            read = LocalValue(type=one.local.type, span=given.span, local=one.local)
            following.reader.narrow_record(state, read, one.bound.names)
    is_outer = following.call is None
    if is_outer:
        following.call, following.failed = step, []
    behind = follow_body(following, clause.body, state)
    if is_outer:
        following.call = None
        if behind is None and following.failed:
            following.wrong.setdefault(step.span, following.failed[0])
    return behind


def follow_become(following: Following, step: BecomeStep, state: Possible) -> Possible | None:
    """Take the arrows that a `becomes` may take; None if there is none."""
    reader = following.reader
    thing = reader.thing_of(state, step.target.object)
    lifecycle = reader.lifecycles.get(step.target.record)
    if thing is None or lifecycle is None:
        return state
    sources = state.held[thing].states
    targets = reader.names_of(state, step.state) or step.lifecycle.states
    arrows = [
        (str(source), str(target))
        for source in sources
        for target in reader.names_from(state, step.state, thing, source)
        if target in lifecycle.arrows[str(source)]
    ]
    if not arrows:
        following.disturbed.append(None)
        wrong = WrongMove(
            step,
            thing.record,
            tuple(str(one) for one in sources),
            tuple(str(one) for one in targets),
            following.call,
        )
        following.failed.append(wrong)
        if following.call is None:
            following.wrong.setdefault(step.span, wrong)
        return None
    for source, target in arrows:
        note_taken(following, (thing.record, source, target))
    note_refused(following, step, state, thing, arrows)
    move(following, state, thing, united(target for _, target in arrows))
    return state


def note_refused(
    following: Following,
    step: BecomeStep,
    state: Possible,
    thing: Thing,
    arrows: list[tuple[str, str]],
) -> None:
    """Note from which of the states that are surely met a move has no arrow; move what is sure."""
    met = state.sure.pop(thing, ())
    sure = tuple(str(one) for one in met if one in state.held[thing].states)
    following.disturbed.append(thing.record)
    state.sure = {one: names for one, names in state.sure.items() if not may_be_same(one, thing)}
    going = {source for source, _ in arrows}
    allowed = tuple(one for one in sure if one in going)
    origin = following.origins.get(thing)
    if origin is not None and len(allowed) < len(sure):
        refused = tuple(one for one in sure if one not in allowed)
        wanted = [following.reader.names_from(state, step.state, thing, one) for one in refused]
        targets = tuple(str(one) for one in united(*wanted))
        place = (following.call or step).span
        following.refused.setdefault(
            (place, origin.span),
            RefusedMove(step, thing.record, refused, allowed, targets, following.call, origin),
        )
    if allowed and isinstance(step.state, Constant):
        state.sure[thing] = (step.state.value,)


def note_taken(following: Following, arrow: Arrow) -> None:
    """Note that the entry which is followed may take an arrow."""
    entry = following.entry
    name = entry.name if isinstance(entry, ActionModel) else f"{entry.number}"
    following.taken.setdefault(arrow, {}).setdefault(name, entry)


def move(following: Following, state: Possible, thing: Thing, reached: Names) -> None:
    """Move a thing, and all that may be the same record with it."""
    for other, held in state.held.items():
        if other != thing and may_be_same(thing, other):
            state.held[other] = Held(held.before, united(held.after, reached))
    state.held[thing] = Held((), reached)
    for loop in following.loops:
        item = loop.item
        if item is None or item.record != thing.record or (loop.is_distinct and item == thing):
            continue
        loop.written = united(loop.written, reached)


# ── beyond the bound ──────────────────────────────────────────────────────────────────────────


def do_anything(following: Following, body: Body, state: Possible) -> Possible:
    """Let a body take every arrow that its statements speak of, from wherever."""
    following.disturbed.append(None)
    reader = following.reader
    for statement in whole_of(following.model, body, {}):
        for value in (one for v in values_in(statement) for one in (v, *all_values(v))):
            if isinstance(value, CreateRecord) and value.record in reader.lifecycles:
                start = reader.lifecycles[value.record].type.states[0]
                following.resting.setdefault((value.record, start), following.entry)
        if not isinstance(statement, BecomeStep):
            continue
        lifecycle = reader.lifecycles.get(statement.target.record)
        targets = reader.names_of(Possible(), statement.state) or statement.lifecycle.states
        for source, leaving in lifecycle.arrows.items() if lifecycle else ():
            for target in (one for one in leaving if one in targets):
                note_taken(following, (statement.target.record, source, target))
                following.resting.setdefault((statement.target.record, target), following.entry)
    unknown = Possible()
    for thing in state.held:
        states = reader.lifecycles[thing.record].type.states
        unknown.held[thing] = Held(states, states)
    unknown.things = dict(state.things)
    return unknown


def whole_of(model: ContractModel, body: Body, seen: dict[str, None]) -> Iterator[Statement]:
    """Yield the statements of a body and of all that it calls, each clause once."""
    for statement in all_statements(body):
        yield statement
        if isinstance(statement, ClauseStep) and statement.clause not in seen:
            seen[statement.clause] = None
            yield from whole_of(model, model.clauses[statement.clause].body, seen)
