"""Statements from tree to model: what may stand where, and on which ways a body ends.

In comes a block with the scope around it; out come steps. It keeps track of what guards establish
(through `learn`), of the states that are possible, and of ways that end. What changes records is
checked in `check_effect`, ways that part in `check_branch`, calls in `check_called`, the steps of
tests in `check_step`.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.body import Checked, Course, assigned_locals, find_local, report
from servanda.interpreter.check.branch import check_choose, check_for, check_if
from servanda.interpreter.check.called import check_call_statement, foreign_call
from servanda.interpreter.check.constant_condition import warn_of_constants
from servanda.interpreter.check.effect import check_effect, check_field
from servanda.interpreter.check.expression import condition_of, fit, fitted, value_of
from servanda.interpreter.check.facts import forget_local
from servanda.interpreter.check.learn import learn, learn_let
from servanda.interpreter.check.names import declare_local
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.step import check_step
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.model import (
    CreateRecord,
    FeedsStep,
    FieldValue,
    GiveStep,
    LetStep,
    Local,
    LocalValue,
    RefuseStep,
    RequireStep,
    Statement,
    Value,
    ValueStep,
)
from servanda.interpreter.refusals import Code
from servanda.interpreter.types import (
    ANYTHING,
    MISSING,
    NOTHING,
    TEXT,
    LifecycleType,
    RecordType,
    show_type,
)
from servanda.interpreter.walk import find_values


def check_block(block: tree.Block, scope: Scope, course: Course) -> Checked:
    """Return the steps of `block`, whose locals are bound in `scope`."""
    steps: list[Statement] = []
    ends = False
    again = assigned_locals(block)
    for statement in block.statements:
        if ends:
            report(
                scope,
                "E0380",
                "this is never reached",
                statement.span,
                "every way ends before it",
                help="remove it, or move it up",
            )
            break
        if scope.checking.diagnostics.is_full:
            break  # What else is wrong would only be counted.
        found = check_statement(statement, scope, course, again)
        steps.extend(found.body)
        ends = found.ends
    return Checked(joined_feeds(steps), ends)


def joined_feeds(steps: list[Statement]) -> tuple[Statement, ...]:
    """Return the steps with feeds that stand together made one."""
    found: list[Statement] = []
    for step in steps:
        last = found[-1] if found else None
        if isinstance(step, FeedsStep) and isinstance(last, FeedsStep):
            found[-1] = FeedsStep(last.feeds + step.feeds, span=last.span.to(step.span))
        else:
            found.append(step)
    return tuple(found)


def check_statement(
    statement: tree.Statement, scope: Scope, course: Course, again: set[str]
) -> Checked:
    """Return the steps of one statement."""
    if not may_stand(statement, scope, course):
        return Checked((), isinstance(statement, tree.Give | tree.Refuse))
    match statement:
        case tree.Require():
            return Checked((check_require(statement, scope, course),), ends=False)
        case tree.Refuse(code=code, message=message):
            check_code(code, scope)
            text = fitted(message, TEXT, scope, "the message of a refusal")
            return Checked((RefuseStep(code.text, text, span=statement.span),), ends=True)
        case tree.Let(value=tree.Does()):
            return Checked(check_step(statement, scope, course), ends=False)
        case tree.Let():
            return Checked(check_let(statement, scope, course, again), ends=False)
        case tree.Assign(target=tree.NameReference(name=name)):
            return Checked(check_assign_local(statement, name, scope, course), ends=False)
        case tree.Assign():
            return Checked(check_field(statement, scope, course), ends=False)
        case tree.CreateStatement():
            return Checked(check_create(statement, scope, course), ends=False)
        case tree.If():
            return check_if(statement, scope, course)
        case tree.Choose():
            return check_choose(statement, scope, course)
        case tree.For():
            return Checked(check_for(statement, scope, course), ends=False)
        case tree.CallStatement():
            return Checked(check_call_statement(statement, scope, course), ends=False)
        case tree.Give():
            return Checked(check_give(statement, scope, course), ends=True)
        case (
            tree.Becomes()
            | tree.Move()
            | tree.Issue()
            | tree.Retire()
            | tree.Emit()
            | tree.Notify()
        ):
            return Checked(check_effect(statement, scope, course), ends=False)
        case _:
            return Checked(check_step(statement, scope, course), ends=False)


WORDS: dict[type[object], str] = {
    tree.Require: "require",
    tree.Refuse: "refuse",
    tree.Becomes: "becomes",
    tree.Move: "move",
    tree.Issue: "issue",
    tree.Retire: "retire",
    tree.CreateStatement: "create",
    tree.Emit: "emit",
    tree.Notify: "notify",
    tree.Assign: "an assignment",
    tree.For: "for",
    tree.CallStatement: "a call",
    tree.Does: "does",
    tree.Cannot: "cannot",
    tree.Expect: "expect",
    tree.At: "at",
    tree.Wait: "wait",
    tree.Show: "show",
    tree.Feed: "feed",
}
PURE = (tree.Let, tree.Give, tree.If, tree.Choose)
STEPS = (tree.Does, tree.Cannot, tree.Expect, tree.At, tree.Wait, tree.Show, tree.Feed)
SHARED = (tree.Let, tree.If, tree.Choose, tree.For, tree.Give, tree.CallStatement, tree.Assign)


def may_stand(statement: tree.Statement, scope: Scope, course: Course) -> bool:
    """Report a statement that has no meaning in this kind of body."""
    kind = WORDS.get(type(statement), "")
    word = kind if " " in kind else f"`{kind}`"
    is_step = isinstance(statement, STEPS) or (
        isinstance(statement, tree.Let) and isinstance(statement.value, tree.Does)
    )
    if is_step and course.place is not Place.SCRIPT:
        report(
            scope,
            "E0382",
            f"{word if kind else '`does`'} belongs in a test or a script",
            statement.span,
            f"this stands in {course.what}",
            help="move it into a `test` of the file beside this one, named `….test.contract`",
        )
        return False
    if course.place is Place.SCRIPT and not is_step and not isinstance(statement, SHARED):
        report(
            scope,
            "E0383",
            f"{word} belongs in a contract",
            statement.span,
            f"this stands in {course.what}",
            help="let a party do it: `bank does action(…)`",
        )
        return False
    if course.place is Place.RULE and not is_pure(statement):
        report(
            scope,
            "E0381",
            "a rule only computes: it has no effects and refuses nothing",
            statement.span,
            f"{word or 'this'} in {course.what}",
            help="move it into the action or clause that asks the rule",
        )
        return False
    if course.place is Place.TIMER and isinstance(statement, tree.Require | tree.Refuse):
        report(
            scope,
            "E0410",
            f"{word} has nobody to refuse in a timer",
            statement.span,
            "a timer runs by itself",
            help="write `if` around what should happen",
        )
        return False
    return True


def is_pure(statement: tree.Statement) -> bool:
    """Whether a statement may stand in a rule."""
    is_local = isinstance(statement, tree.Assign) and isinstance(
        statement.target, tree.NameReference
    )
    return isinstance(statement, PURE) or is_local


def check_require(statement: tree.Require, scope: Scope, course: Course) -> Statement:
    """Return the guard, after which its condition holds."""
    check_code(statement.code, scope)
    condition = condition_of(statement.condition, scope)
    warn_of_constants(condition, scope)
    message = fitted(statement.message, TEXT, scope, "the message of a refusal")
    if course.created is not None:
        report(
            scope,
            "W0401",
            "this `require` comes after a `create`",
            statement.span,
            "a refusal here takes the new record back",
            Label(course.created, "a record was created here"),
            help="move the `require` up, so that whoever reads sees first what is asked",
        )
    learn(condition, scope, is_true=True)
    course.states.learn(condition, is_true=True)
    return RequireStep(condition, statement.code.text, message, span=statement.span)


def check_code(code: tree.Name, scope: Scope) -> None:
    """Report a refusal code that is written wrongly or means something already."""
    text = code.text
    if text in Code.__members__:
        report(
            scope,
            "E0274",
            f"`{text}` is a code of the language itself",
            code.span,
            "it says already why the language refuses",
            help="choose a code that says what this contract asks, as in `ACCOUNT_FROZEN`",
        )
    elif text != text.upper() or text.startswith("_"):
        report(
            scope,
            "E0273",
            f"the code `{text}` is not in capitals",
            code.span,
            "codes are told from names by their capitals",
            help=f"write `{capitals(text)}`",
        )


def capitals(text: str) -> str:
    """Return a name as a code: `NoMoney` as `NO_MONEY`."""
    letters: list[str] = []
    for index, letter in enumerate(text.strip("_")):
        if index and letter.isupper() and not letters[-1].isupper() and letters[-1] != "_":
            letters.append("_")
        letters.append(letter)
    return "".join(letters).upper() or "CODE"


def check_let(
    statement: tree.Let, scope: Scope, course: Course, again: set[str]
) -> tuple[Statement, ...]:
    """Bind a local to the value of an expression, a create or a foreign call."""
    assert not isinstance(statement.value, tree.Does), "steps of tests are checked elsewhere"
    value = foreign_call(statement.value, scope, course)
    if value is None:
        value = value_of(statement.value, scope)
    if value.type in (NOTHING, MISSING):
        is_missing = value.type == MISSING
        report(
            scope,
            "E0384",
            "`missing` alone has no type" if is_missing else "there is no value to name",
            statement.value.span,
            "missing what?" if is_missing else "this gives nothing",
            help="name what may be missing: `if … then … else missing`"
            if is_missing
            else "call it as a statement of its own",
        )
    held = ANYTHING if value.type in (NOTHING, MISSING) else value.type
    local = declare_local(statement.name, held, scope)
    course.lets.add(local.number)
    course.named.append(local)
    if statement.name.text in again:
        scope.checking.reassigned.add(local.number)
    else:
        learn_let(local, value, scope)
    note_state(local, value, scope, course)
    note_created(value, course)
    return (LetStep(local, value, span=statement.span),)


def note_state(local: Local, value: Value, scope: Scope, course: Course) -> None:
    """Note the state of the record that a local names, where it is known."""
    if not isinstance(value.type, RecordType):
        return
    symbol = scope.checking.declarations.record(value.type)
    name = symbol.lifecycle_field
    if name is None or not isinstance(held := symbol.slots[name].type, LifecycleType):
        return
    named = LocalValue(type=value.type, span=value.span, local=local)
    target = FieldValue(type=held, span=value.span, object=named, record=value.type, field=name)
    if isinstance(value, CreateRecord):
        course.states.possible[target] = held.states[:1]
        return
    source = FieldValue(type=held, span=value.span, object=value, record=value.type, field=name)
    known = course.states.of(source)
    if known is not None:
        course.states.possible[target] = known


def note_created(value: Value, course: Course) -> None:
    """Note a `create` inside a value."""
    for one in find_values(value, lambda part: isinstance(part, CreateRecord)):
        course.created = one.span


def check_create(
    statement: tree.CreateStatement, scope: Scope, course: Course
) -> tuple[Statement, ...]:
    """Return the creation of a record that nobody names."""
    value = value_of(statement.create, scope)
    note_created(value, course)
    if not isinstance(value, CreateRecord):
        return ()
    return (ValueStep(value, span=statement.span),)


def check_assign_local(
    statement: tree.Assign, name: tree.Name, scope: Scope, course: Course
) -> tuple[Statement, ...]:
    """Set again what a `let` above declared."""
    local = find_local(scope, name.text)
    if local is None or local.number not in course.lets:
        report_not_let(name, local, scope)
        return ()
    value = fitted(statement.value, local.type, scope, f"`{name.text}`")
    forget_local(scope, local)
    course.states.forget_local(local)
    note_created(value, course)
    return (LetStep(local, value, span=statement.span),)


def report_not_let(name: tree.Name, local: Local | None, scope: Scope) -> None:
    """Report that only a `let` may be set again."""
    checking = scope.checking
    if local is not None:
        where = checking.spans.get(local.number, name.span)
        report(
            scope,
            "E0361",
            f"`{name.text}` cannot be set again",
            name.span,
            "only what `let` declared may be set again",
            Label(where, "declared here"),
            help=f"declare a value of its own: `let new_{name.text} = …`",
        )
        return
    declared = checking.declarations.find(name.text)
    others = [Label(declared.span, "declared here")] if declared else []
    report(
        scope,
        "E0361",
        f"`{name.text}` is nothing that can be set" if declared else f"unknown name `{name.text}`",
        name.span,
        "no `let` above declares it",
        *others,
        help=did_you_mean(name.text, scope.visible_names())
        or f"write `let {name.text} = …`, or name the record whose field it is",
    )


def check_give(statement: tree.Give, scope: Scope, course: Course) -> tuple[Statement, ...]:
    """Return what the body gives."""
    if course.result is None or course.loop_depth:
        report_no_give(statement.span, scope, course)
        return ()
    value = foreign_call(statement.value, scope, course)
    if value is None:
        value = value_of(statement.value, scope, course.result)
    note_created(value, course)
    what = f"what {course.what} gives"
    given = fit(value, course.result, scope, what, statement.value.span)
    return (GiveStep(given, span=statement.span),)


def report_no_give(span: Span, scope: Scope, course: Course) -> None:
    """Report a `give` where nothing can be given."""
    if course.loop_depth and course.result is not None:
        report(
            scope,
            "E0386",
            "`give` cannot stand in a `for`",
            span,
            "the loop always runs to its end",
            help="find the value first, with `least`, `any` or `list`, and give it below",
        )
        return
    advice = {
        Place.ACTION: "write the type of what it gives behind the parameters: "
        "`action name(…): Type`",
        Place.CLAUSE: "a clause only has effects: make a rule of what computes",
    }.get(course.place, "remove it: nobody receives what it gives")
    report(
        scope,
        "E0385",
        f"{course.what} gives nothing",
        span,
        "nobody receives this",
        help=advice,
    )


def check_ends(checked: Checked, course: Course, scope: Scope, span: Span) -> None:
    """Report a body that promises a result and has a way on which it gives none."""
    if course.result is None or checked.ends:
        return
    report(
        scope,
        "E0387",
        f"{course.what} does not give a result on every way",
        span,
        f"it promises `{show_type(course.result)}`",
        help="end every way with `give` or, in an action, with `refuse`",
    )
