"""Ways that part: `if`, `choose` and `for`, and what is known where they meet again."""

from __future__ import annotations

from collections.abc import Sequence

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.interpreter.check.body import (
    Checked,
    Course,
    assigned_fields,
    assigned_locals,
    calls_others,
    find_local,
    is_quiet,
    report,
)
from servanda.interpreter.check.constant_condition import warn_of_constants
from servanda.interpreter.check.domain import domain_of
from servanda.interpreter.check.expression import condition_of, value_of
from servanda.interpreter.check.facts import forget_changed, forget_local
from servanda.interpreter.check.known_states import KnownStates, merged
from servanda.interpreter.check.learn import learn
from servanda.interpreter.check.misfit import refuse_sealed
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.model import (
    ChooseStep,
    Constant,
    Domain,
    FieldValue,
    ForStep,
    IfStep,
    Local,
    LocalValue,
    RecordDomain,
    Statement,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    EnumType,
    LifecycleType,
    OptionalType,
    OutputsType,
    Type,
    show_type,
)

TRUTHS = {"true": True, "false": False}


def check_if(statement: tree.If, scope: Scope, course: Course) -> Checked:
    """Return an `if`; behind it holds what every way that goes on has in common."""
    falling = scope.child()
    rest = course.branch()
    ways: list[tuple[Checked, Course, tree.Block]] = []
    conditions: list[Value] = []
    for branch in statement.branches:
        condition = condition_of(branch.condition, falling)
        warn_of_constants(condition, falling)
        inner, way = falling.child(), rest.branch()
        learn(condition, inner, is_true=True)
        way.states.learn(condition, is_true=True)
        ways.append((course.check_block(branch.body, inner, way), way, branch.body))
        conditions.append(condition)
        learn(condition, falling, is_true=False)
        rest.states.learn(condition, is_true=False)
    otherwise: Checked | None = None
    if statement.otherwise is not None:
        otherwise = course.check_block(statement.otherwise, falling.child(), rest)
        ways.append((otherwise, rest, statement.otherwise))
    learn_only_way(ways, conditions, scope, has_else=otherwise is not None)
    going = [way for checked, way, _ in ways if not checked.ends]
    if otherwise is None:
        going.append(rest)
    meet(going, course)
    branches = tuple(
        (condition, checked.body)
        for condition, (checked, _, _) in zip(conditions, ways, strict=False)
    )
    step = IfStep(branches, otherwise.body if otherwise else None, span=statement.span)
    return Checked((step,), ends=not going)


def learn_only_way(
    ways: Sequence[tuple[Checked, Course, tree.Block]],
    conditions: Sequence[Value],
    scope: Scope,
    *,
    has_else: bool,
) -> None:
    """Add what holds behind an `if` of which one way goes on: the others ended."""
    going = [index for index, (checked, _, _) in enumerate(ways) if not checked.ends]
    if not has_else:
        going.append(len(conditions))
    if len(going) != 1:
        return
    only = going[0]
    if only < len(ways) and not (is_quiet(ways[only][2]) and not assigned_locals(ways[only][2])):
        return
    for condition in conditions[:only]:
        learn(condition, scope, is_true=False)
    if only < len(conditions):
        learn(conditions[only], scope, is_true=True)


def meet(going: Sequence[Course], course: Course) -> None:
    """Carry on with what all the ways that go on have in common."""
    course.states = merged([way.states for way in going])
    for way in going:
        course.created = course.created or way.created


def check_choose(statement: tree.Choose, scope: Scope, course: Course) -> Checked:
    """Return a `choose`, which names every value or has `else`."""
    subject = value_of(statement.subject, scope)
    names = names_of(subject.type)
    if (
        names is None
        and subject.type != ANYTHING
        and not refuse_sealed(subject, scope, "chosen by")
    ):
        report_no_choice(subject, scope)
    check_cases(statement, subject, names, scope)
    cases: list[tuple[tuple[object, ...], tuple[Statement, ...]]] = []
    ways: list[Course] = []
    every_ends = True
    for case in statement.cases:
        way, inner = course.branch(), scope.child()
        chosen = tuple(one.text for one in case.names)
        note_choice(subject, chosen, inner, way)
        checked = course.check_block(case.body, inner, way)
        values = tuple(TRUTHS.get(one, one) if subject.type == BOOL else one for one in chosen)
        cases.append((values, checked.body))
        if not checked.ends:
            every_ends = False
            ways.append(way)
    otherwise: Checked | None = None
    if statement.otherwise is not None:
        way, inner = course.branch(), scope.child()
        named = {one.text for case in statement.cases for one in case.names}
        note_choice(subject, tuple(one for one in names or () if one not in named), inner, way)
        otherwise = course.check_block(statement.otherwise, inner, way)
        if not otherwise.ends:
            every_ends = False
            ways.append(way)
    meet(ways, course)
    step = ChooseStep(
        subject, tuple(cases), otherwise.body if otherwise else None, span=statement.span
    )
    return Checked((step,), ends=every_ends)


def names_of(chosen: Type) -> tuple[str, ...] | None:
    """Return the names that a value of this type may have."""
    if isinstance(chosen, EnumType):
        return chosen.members
    if isinstance(chosen, LifecycleType):
        return chosen.states
    return tuple(TRUTHS) if chosen == BOOL else None


def report_no_choice(subject: Value, scope: Scope) -> None:
    """Report a subject whose values have no names."""
    if isinstance(subject.type, OptionalType):
        report(
            scope,
            "E0388",
            "`choose` cannot look at what may be missing",
            subject.span,
            f"of type `{show_type(subject.type)}`",
            help="ask with `if … is missing` first",
        )
        return
    outputs = subject.type.outputs if isinstance(subject.type, OutputsType) else ()
    report(
        scope,
        "E0388",
        f"`choose` cannot look at a value of type `{show_type(subject.type)}`",
        subject.span,
        "its values have no names",
        help=f"choose one of its outputs, as in `….{outputs[0][0]}`"
        if outputs
        else "choose an enum, a lifecycle or a Bool; for anything else write `if`",
    )


def check_cases(
    statement: tree.Choose, subject: Value, names: tuple[str, ...] | None, scope: Scope
) -> None:
    """Report names that are unknown, named twice or left out."""
    seen: dict[str, tree.Name] = {}
    shown = show_type(subject.type)
    for case in statement.cases:
        for name in case.names:
            if names is not None and name.text not in names:
                report(
                    scope,
                    "E0266",
                    f"`{shown}` has no value `{name.text}`",
                    name.span,
                    f"no name of `{shown}`",
                    Label(subject.span, f"of type `{shown}`"),
                    help=did_you_mean(name.text, names) or f"its values are {listed(names)}",
                )
                continue
            earlier = seen.setdefault(name.text, name)
            if earlier is not name:
                report(
                    scope,
                    "E0254",
                    f"the case `{name.text}` is named twice",
                    name.span,
                    "named again",
                    Label(earlier.span, "named first here"),
                    help="remove one of the two: the first would decide",
                )
    lacking = [one for one in names or () if one not in seen]
    if lacking and statement.otherwise is None:
        report(
            scope,
            "E0389",
            f"`choose` leaves out {listed(lacking)}",
            statement.subject.span,
            f"of type `{shown}`",
            help=f"add a case for {listed(lacking)}, or `else`",
        )
    elif names is not None and not lacking and statement.otherwise is not None:
        report(
            scope,
            "W0301",
            "this `else` is never reached",
            statement.otherwise.span,
            "every value is named above",
            help="remove it: then a value added later is not forgotten",
        )


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return one name or more as a text: `A`, `B` and `C`."""
    quoted = [f"`{one}`" for one in names]
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}" if len(quoted) > 1 else quoted[0]


def note_choice(subject: Value, chosen: tuple[str, ...], scope: Scope, course: Course) -> None:
    """Note what holds where the subject has one of these names."""
    if subject.type == BOOL and len(chosen) == 1 and chosen[0] in TRUTHS:
        learn(subject, scope, is_true=TRUTHS[chosen[0]])
        course.states.learn(subject, is_true=TRUTHS[chosen[0]])
    elif isinstance(subject, FieldValue) and isinstance(subject.type, LifecycleType):
        course.states.narrow(subject, subject.type, chosen)


def check_for(statement: tree.For, scope: Scope, course: Course) -> tuple[Statement, ...]:
    """Return a loop; what its body changes is not relied on from one turn to the next."""
    body = statement.body
    if not is_quiet(body):
        forget_changed(scope)
    for name in sorted(assigned_locals(body)):
        local = find_local(scope, name)
        if local is not None:
            forget_local(scope, local)
    binder, domain, inner = domain_of(
        statement.domain, statement.binder, statement.where, statement.limit, scope
    )
    if calls_others(body):
        forget_changed(inner)
    for field_name in assigned_fields(body):
        forget_changed(inner, field_name)
    way = course.branch()
    way.loop_depth += 1
    if not is_quiet(body):
        way.states = KnownStates()
    note_domain(binder, domain, way)
    checked = course.check_block(body, inner, way)
    course.states = way.states.copy() if is_quiet(body) else KnownStates()
    course.created = course.created or way.created
    return (ForStep(binder, domain, checked.body, span=statement.span),)


def note_domain(binder: Local, domain: Domain, course: Course) -> None:
    """Note the state in which a `where` finds its records: it holds on the first turn at least."""
    if domain.condition is not None:
        course.states.learn(domain.condition, is_true=True)
    if not isinstance(domain, RecordDomain):
        return
    fields = domain.index.equality_fields
    for name, value in zip(fields, domain.equalities, strict=False):
        if isinstance(value, Constant) and isinstance(value.type, LifecycleType):
            named = LocalValue(type=domain.record, span=domain.span, local=binder)
            target = FieldValue(
                type=value.type, span=domain.span, object=named, record=domain.record, field=name
            )
            course.states.narrow(target, value.type, [str(value.value)])
