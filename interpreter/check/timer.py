"""Timers from tree to model: what they wait for, and that nothing in them can refuse by itself.

In comes a `when` or `every`; out comes a `TimerModel`. It refuses to know when anything is due.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_expression import flat_expression
from servanda.interpreter.check.body import Course, report
from servanda.interpreter.check.branch import listed
from servanda.interpreter.check.expression import value_of
from servanda.interpreter.check.known_states import KnownStates
from servanda.interpreter.check.moment import check_moment
from servanda.interpreter.check.names import check_distinct, declare_local
from servanda.interpreter.check.scope import Checking, Place, Scope
from servanda.interpreter.check.statement import check_block
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import RecordSymbol
from servanda.interpreter.check.type import constant_of, type_of
from servanda.interpreter.model import (
    Body,
    ClauseModel,
    ClauseStep,
    EveryTrigger,
    FieldValue,
    HasBeenTrigger,
    LocalValue,
    ReachesTrigger,
    RefuseStep,
    RequireStep,
    TimerModel,
)
from servanda.interpreter.types import (
    ANYTHING,
    DURATION,
    MONTHS,
    LifecycleType,
    RecordType,
)
from servanda.interpreter.values.times import DURATION_MAX_MS, MINUTE_MS, SECOND_MS
from servanda.interpreter.walk import all_statements

DAYS_PER_MONTH_MAX = 31
MINUTES_PER_DAY = 24 * 60
DAY_COUNT_MAX = 366_000
MONTH_COUNT_MAX = 12_000


def check_timer(
    written: tree.TimerDeclaration, number: int, checking: Checking
) -> TimerModel | None:
    """Return the model of a timer, the `number`th of its contract."""
    scope = Scope(checking, Place.TIMER)
    held = type_of(tree.NamedType(written.record, span=written.record.span), scope)
    binder = declare_local(written.binder, held, scope)
    checking.used_locals.add(binder.number)
    title = title_of(written)
    course = Course(f"the timer `{title}`", Place.TIMER, check_block)
    record = record_of(held, written, scope)
    trigger = None
    if record is not None:
        named = LocalValue(type=held, span=written.binder.span, local=binder)
        trigger = check_trigger(written.trigger, record, named, scope)
        note_states(written.trigger, record, named, course)
    checked = check_block(written.body, scope, course)
    if record is None or trigger is None:
        return None
    return TimerModel(
        number,
        title,
        binder,
        record.type,
        trigger,
        checked.body,
        written.span,
        written.description,
    )


def title_of(written: tree.TimerDeclaration) -> str:
    """Return the heading of a timer as one line."""
    about = f"{written.binder.text}: {'.'.join(one.text for one in written.record.names)}"
    trigger = written.trigger
    states = " | ".join(one.text for one in trigger.states.names) if trigger.states else ""
    inside = f" in {states}" if states else ""
    if isinstance(trigger, tree.HasBeen):
        return f"when {about} has been {states} for {flat_expression(trigger.duration)}"
    if isinstance(trigger, tree.Reaches):
        return f"when {about}{inside} reaches {flat_expression(trigger.moment)}"
    if trigger.day_of_month is not None:
        period = f"month on {trigger.day_of_month}"
    else:
        period = "day" if trigger.day_count in (None, 1) else f"{trigger.day_count} days"
    clock = ""
    if trigger.clock_minutes is not None:
        hours, minutes = divmod(trigger.clock_minutes, 60)
        clock = f" at {hours:02d}:{minutes:02d}"
    return f"every {period}{clock} for {about}{inside}"


def record_of(held: object, written: tree.TimerDeclaration, scope: Scope) -> RecordSymbol | None:
    """Return the record that a timer is about: one of this contract."""
    if held == ANYTHING:
        return None
    declarations = scope.checking.declarations
    if isinstance(held, RecordType) and held.contract == declarations.contract:
        return declarations.record(held)
    report(
        scope,
        "E0411",
        "a timer is about a record of its own contract",
        written.record.span,
        "no record of this contract",
        help="name a record that this contract declares",
    )
    return None


def check_trigger(
    trigger: tree.HasBeen | tree.Reaches | tree.Every,
    record: RecordSymbol,
    binder: LocalValue,
    scope: Scope,
) -> HasBeenTrigger | ReachesTrigger | EveryTrigger | None:
    """Return what a timer waits for."""
    states = states_of(trigger.states, record, scope) if trigger.states else None
    if isinstance(trigger, tree.Every):
        return check_every(trigger, states, scope)
    if isinstance(trigger, tree.Reaches):
        moment = check_moment(trigger.moment, record, binder, scope)
        return None if moment is None else ReachesTrigger(states, moment)
    return check_duration(trigger, states or (), scope)


def states_of(written: tree.Alternatives, record: RecordSymbol, scope: Scope) -> tuple[str, ...]:
    """Return the states that are named, which the record's lifecycle has."""
    name = record.lifecycle_field
    lifecycle = record.slots[name].type if name else None
    if not isinstance(lifecycle, LifecycleType):
        if record.has_unknown:
            return ()
        report(
            scope,
            "E0412",
            f"the record `{record.type.name}` has no states",
            written.span,
            "states",
            Label(record.span, "declared here without a lifecycle"),
            help="give it a field of a lifecycle's type",
        )
        return ()
    check_distinct(written.names, "state", scope.checking.diagnostics)
    for one in written.names:
        if one.text not in lifecycle.states:
            report(
                scope,
                "E0412",
                f"the lifecycle `{lifecycle.name}` has no state `{one.text}`",
                one.span,
                f"no state of `{lifecycle.name}`",
                help=did_you_mean(one.text, lifecycle.states)
                or f"its states are {listed(lifecycle.states)}",
            )
    return tuple(one.text for one in written.names if one.text in lifecycle.states)


def check_duration(
    trigger: tree.HasBeen, states: tuple[str, ...], scope: Scope
) -> HasBeenTrigger | None:
    """Return how long the record must have been in a state."""
    quiet = value_of(trigger.duration, scope)
    if quiet.type == ANYTHING:
        return None
    if quiet.type == MONTHS:
        months = constant_of(trigger.duration, MONTHS, scope)
        if isinstance(months, int) and 1 <= months <= MONTH_COUNT_MAX:
            return HasBeenTrigger(states, 0, months)
        is_known = months is not None
    else:
        duration_ms = constant_of(trigger.duration, DURATION, scope)
        if isinstance(duration_ms, int) and SECOND_MS <= duration_ms <= DURATION_MAX_MS:
            return HasBeenTrigger(states, duration_ms, 0)
        is_known = duration_ms is not None
    if is_known:
        report(
            scope,
            "E0413",
            "a timer waits at least one second, and at most the calendar",
            trigger.duration.span,
            "too short or too long",
            help="write a duration, as in `3 days` or `2 * 1 month`",
        )
    return None


def check_every(
    trigger: tree.Every, states: tuple[str, ...] | None, scope: Scope
) -> EveryTrigger | None:
    """Return how often the timer runs."""
    wrong = ""
    if trigger.day_of_month is not None and not 1 <= trigger.day_of_month <= DAYS_PER_MONTH_MAX:
        wrong = f"a month has no day {trigger.day_of_month}"
    elif trigger.day_count is not None and not 1 <= trigger.day_count <= DAY_COUNT_MAX:
        wrong = f"a timer does not run every {trigger.day_count} days"
    elif trigger.clock_minutes is not None and not 0 <= trigger.clock_minutes < MINUTES_PER_DAY:
        hours, minutes = divmod(trigger.clock_minutes, 60)
        wrong = f"no clock shows {hours:02d}:{minutes:02d}"
    if wrong:
        report(
            scope,
            "E0413",
            wrong,
            trigger.span,
            "never due",
            help="write a day from 1 to 31, at least 1 day, a time from 00:00 to 23:59",
        )
        return None
    count = trigger.day_count
    if count is None and trigger.day_of_month is None:
        count = 1
    clock_ms = None if trigger.clock_minutes is None else trigger.clock_minutes * MINUTE_MS
    if clock_ms is None and trigger.day_of_month is not None:
        clock_ms = 0
    return EveryTrigger(count, trigger.day_of_month, clock_ms, states)


def note_states(
    trigger: tree.HasBeen | tree.Reaches | tree.Every,
    record: RecordSymbol,
    binder: LocalValue,
    course: Course,
) -> None:
    """Note the states in which the record is when the timer begins."""
    name = record.lifecycle_field
    lifecycle = record.slots[name].type if name else None
    if name is None or not isinstance(lifecycle, LifecycleType) or trigger.states is None:
        return
    target = FieldValue(
        type=lifecycle, span=binder.span, object=binder, record=record.type, field=name
    )
    course.states = KnownStates()
    course.states.narrow(target, lifecycle, [one.text for one in trigger.states.names])


def check_no_refusal(
    timers: tuple[TimerModel, ...], clauses: Mapping[str, ClauseModel], checking: Checking
) -> None:
    """Report a timer that reaches a `require` or `refuse` through the clauses it calls."""
    for timer in timers:
        waiting: list[tuple[ClauseStep, tuple[str, ...]]] = [
            (step, (step.clause,)) for step in calls_in(timer.body)
        ]
        seen: set[str] = set()
        while waiting:
            call, path = waiting.pop(0)
            clause = clauses.get(call.clause)
            if clause is None or call.clause in seen:
                continue
            seen.add(call.clause)
            refusing = next(
                (
                    one
                    for one in all_statements(clause.body)
                    if isinstance(one, RequireStep | RefuseStep)
                ),
                None,
            )
            if refusing is not None:
                report_refusal(timer, path, refusing, checking)
                break
            waiting += [(step, (*path, step.clause)) for step in calls_in(clause.body)]


def calls_in(body: Body) -> list[ClauseStep]:
    """Return the calls of clauses in a body."""
    return [one for one in all_statements(body) if isinstance(one, ClauseStep)]


def report_refusal(
    timer: TimerModel,
    path: tuple[str, ...],
    refusing: RequireStep | RefuseStep,
    checking: Checking,
) -> None:
    """Report how a timer reaches a refusal."""
    first = next(one for one in calls_in(timer.body) if one.clause == path[0])
    way = " → ".join(f"`{one}`" for one in path)
    report(
        Scope(checking, Place.TIMER),
        "E0410",
        f"the timer reaches a refusal through {way}",
        first.span,
        "called by a timer, which has nobody to refuse",
        Label(refusing.span, f"this can refuse with `{refusing.code}`"),
        help="write `if` in the timer before the call, or move the guard into the actions",
    )
