"""The steps of tests and scripts from tree to model: who does what, when, and what is expected.

In comes a step; out comes its model. Parties are values, actions are looked up in the contracts
that are used, and the code after `because` must be one that can be refused with.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.body import Course, report
from servanda.interpreter.check.branch import listed
from servanda.interpreter.check.expression import (
    arguments_of,
    condition_of,
    fit,
    value_of,
)
from servanda.interpreter.check.facts import forget_changed
from servanda.interpreter.check.learn import learn
from servanda.interpreter.check.names import declare_local
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ContractSymbol,
    Declarations,
    RoleSymbol,
)
from servanda.interpreter.check.value import unknown
from servanda.interpreter.model import (
    AggregateValue,
    AtStep,
    BlockTime,
    Conversion,
    Convert,
    DoesStep,
    ExpectStep,
    FeedModel,
    FeedsStep,
    FieldValue,
    HasRole,
    LocalValue,
    RecordLookup,
    ShowStep,
    Statement,
    Value,
    WaitStep,
)
from servanda.interpreter.refusals import Code
from servanda.interpreter.types import (
    ANYTHING,
    DATE,
    DURATION,
    MONTHS,
    NOTHING,
    PARTY,
    TEXT,
    TIME,
    RowType,
    Type,
    show_type,
)
from servanda.interpreter.walk import find_values

ACTIONS_SHOWN_MAX = 8


def check_step(statement: tree.Statement, scope: Scope, course: Course) -> tuple[Statement, ...]:
    """Return the model of one step of a test or script."""
    step: Statement | None = None
    match statement:
        case tree.Let(value=tree.Does() as does):
            step = check_let_does(statement, does, scope, course)
        case tree.Does(parties=parties, call=call):
            found = check_does(parties, call, scope)
            step = None if found is None else DoesStep(*found[:4], span=statement.span)
            forget_changed(scope)
        case tree.Cannot():
            step = check_cannot(statement, scope)
        case tree.Expect(condition=written):
            asked = scope.child()
            asked.is_expected = True
            condition = condition_of(written, asked)
            learn(condition, scope, is_true=True)
            step = ExpectStep(condition, span=statement.span)
        case tree.At(time=time):
            step = AtStep(moment_of(time, scope, "the time of `at`"), span=statement.span)
            forget_changed(scope)
        case tree.Wait(duration=duration):
            step = check_wait(duration, statement.span, scope)
            forget_changed(scope)
        case tree.Show(value=value):
            step = ShowStep(check_shown(value, scope), span=statement.span)
        case tree.Feed():
            step = check_feed(statement, scope, course)
    return () if step is None else (step,)


Done = tuple[tuple[Value, ...], str, str, tuple[Value, ...], Type]
"""Parties, contract, action, arguments, and the type of what it gives."""


def check_does(parties: tuple[tree.Expression, ...], call: tree.Call, scope: Scope) -> Done | None:
    """Return who does which action with what."""
    signers = tuple(signer_of(one, scope) for one in parties)
    found = action_of(call.path, scope)
    if found is None:
        return None
    arguments = arguments_of(
        call.arguments, found.parameters, scope, found.name, call.span, is_external=True
    )
    return signers, found.contract, found.name, arguments, found.result


def signer_of(written: tree.Expression, scope: Scope) -> Value:
    """Return a party that acts; a name that stands for none is reported where it acts first."""
    name = written.name.text if isinstance(written, tree.NameReference) else ""
    roles = [
        one
        for contract in scope.checking.declarations.opened
        for one, symbol in contract.symbols.items()
        if isinstance(symbol, RoleSymbol)
    ]
    is_known = scope.is_visible(name) or scope.checking.declarations.find(name) is not None
    if not name or is_known or not roles or name in scope.checking.misnamed:
        return _known_signer(written, scope)
    role = next((one for one in roles if one.casefold() == name.casefold()), roles[0])
    report(
        scope,
        "E0210",
        f"unknown name `{name}`",
        written.span,
        "no party of this name",
        help=did_you_mean(name, scope.visible_names())
        or f'name the party above: `let {name} = {role}("{name.upper()}")`',
    )
    return unknown(written.span)


def _known_signer(expression: tree.Expression, scope: Scope) -> Value:
    value = value_of(expression, scope, PARTY)
    name = str(value.local.number) if isinstance(value, LocalValue) else ""
    if name and value.type == TEXT and not scope.checking.is_first("a party", name):
        return unknown(expression.span)
    return fit(value, PARTY, scope, "the party that acts", expression.span)


def check_let_does(
    statement: tree.Let, does: tree.Does, scope: Scope, course: Course
) -> Statement | None:
    """Bind a local to what an action gives."""
    found = check_does(does.parties, does.call, scope)
    result = found[4] if found else ANYTHING
    if result == NOTHING:
        shown = ".".join(one.text for one in does.call.path.names)
        report(
            scope,
            "E0384",
            f"`{shown}` gives nothing that could be named",
            does.call.path.span,
            "an action without a result",
            help="write it without `let`",
        )
    forget_changed(scope)
    local = declare_local(statement.name, ANYTHING if result == NOTHING else result, scope)
    course.lets.add(local.number)
    course.named.append(local)
    if found is None:
        return None
    return DoesStep(*found[:4], local, span=statement.span)


def check_cannot(statement: tree.Cannot, scope: Scope) -> Statement | None:
    """Return an action that must be refused with a code."""
    found = check_does(statement.parties, statement.call, scope)
    if found is None:
        return None
    code = code_of(statement.code, found[1], scope)
    if code is None:
        return None
    return DoesStep(*found[:4], None, code, span=statement.span)


def code_of(path: tree.Path, contract: str, scope: Scope) -> str | None:
    """Return the code after `because`, if the contract of the action can refuse with it.

    Before the code stand the contracts through which it came, each called by the one before it.
    """
    *callees, named = path.names
    owners = [contract]
    for callee in callees:
        reached = contracts_called(owners[-1], scope)
        owner = reached.get(callee.text)
        if owner is None:
            shown = f"`{owners[-1]}` calls no contract `{callee.text}`"
            report_code(path, contract, shown, did_you_mean(callee.text, reached), (), scope)
            return None
        owners.append(owner)
    code, known = named.text, scope.checking.refusal_codes.get(owners[-1], ())
    if code in known or code in Code.__members__:
        return ".".join((*owners[1:], code))
    shown = f"unknown code `{code}`" + (f" of `{owners[-1]}`" if callees else "")
    help_text = did_you_mean(code, [*known, *Code.__members__])
    report_code(path, contract, shown, help_text, known, scope)
    return None


def report_code(
    path: tree.Path,
    contract: str,
    shown: str,
    help_text: str | None,
    known: tuple[str, ...],
    scope: Scope,
) -> None:
    """Report a code with which a contract never refuses."""
    general = (
        f"its codes are {listed(sorted(known))}, beside those of the language"
        if known
        else "name a code of the contract, or one of the language, as `NOT_AUTHORISED`"
    )
    report(
        scope,
        "E0267",
        shown,
        path.span,
        f"`{contract}` never refuses with this",
        help=help_text or general,
    )


def contracts_called(contract: str, scope: Scope) -> dict[str, str]:
    """Return the contracts that one uses: by the name it gives them, and by their own."""
    declarations = scope.checking.declarations
    found: dict[str, str] = {}
    for one in declarations.reachable():
        if one.contract != contract:
            continue
        for name, symbol in one.symbols.items():
            if isinstance(symbol, ContractSymbol):
                found[name] = symbol.declarations.contract
                found.setdefault(symbol.declarations.contract, symbol.declarations.contract)
    return found


def action_of(path: tree.Path, scope: Scope) -> ActionSymbol | None:
    """Return the action that a path names, in an opened contract or through an alias."""
    name = path.names[-1]
    owners = owners_of(path, scope)
    if owners is None:
        return None
    found = [
        symbol
        for owner in owners
        if isinstance(symbol := owner.symbols.get(name.text), ActionSymbol)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        aliases = " or ".join(f"`{one.contract}`" for one in found)
        report(
            scope,
            "E0269",
            f"`{name.text}` is an action of several contracts",
            path.span,
            f"of {aliases}",
            *(Label(one.span, "declared here") for one in found),
            help=f"use one of them under a name of its own: `use {found[0].contract} as one`",
        )
        return None
    report_no_action(path, owners, scope)
    return None


def owners_of(path: tree.Path, scope: Scope) -> list[Declarations] | None:
    """Return the contracts in which the action of a path may stand."""
    declarations = scope.checking.declarations
    if len(path.names) == 1:
        return list(declarations.opened)
    alias = path.names[0]
    symbol = declarations.symbols.get(alias.text)
    if not path.names[2:] and isinstance(symbol, ContractSymbol):
        scope.checking.used_names.add(alias.text)
        return [symbol.declarations]
    aliases = [
        one for one, kind in declarations.symbols.items() if isinstance(kind, ContractSymbol)
    ]
    report(
        scope,
        "E0268",
        f"unknown contract `{alias.text}`",
        alias.span,
        "no `use … as` gives this name",
        help=did_you_mean(alias.text, aliases) or f"write `use … as {alias.text}` above",
    )
    return None


def report_no_action(path: tree.Path, owners: list[Declarations], scope: Scope) -> None:
    """Report a name that is no action, and say what it is."""
    name = path.names[-1]
    if not scope.checking.is_first("an action", name.text):
        return
    actions = [
        one
        for owner in owners
        for one, symbol in owner.symbols.items()
        if isinstance(symbol, ActionSymbol)
    ]
    other = next((one.symbols[name.text] for one in owners if name.text in one.symbols), None)
    others = [Label(other.span, "declared here")] if other else []
    if not owners:
        advice = "begin the file with `use Contract`"
    else:
        shown = listed(actions[:ACTIONS_SHOWN_MAX], "or") if actions else "nothing"
        advice = f"a party can do {shown}"
    report(
        scope,
        "E0268",
        f"`{name.text}` is no action" if other else f"unknown action `{name.text}`",
        name.span,
        "nothing that a party can do",
        *others,
        help=did_you_mean(name.text, actions) or advice,
    )


def moment_of(expression: tree.Expression, scope: Scope, what: str) -> Value:
    """Return a Time; a Date is its midnight."""
    value = value_of(expression, scope, TIME)
    if value.type == DATE:
        return Convert(
            type=TIME, span=value.span, conversion=Conversion.DATE_TO_TIME, operand=value
        )
    return fit(value, TIME, scope, what, expression.span)


def check_wait(expression: tree.Expression, span: Span, scope: Scope) -> Statement:
    """Return a wait of a Duration or of months."""
    value = value_of(expression, scope, DURATION)
    if value.type != MONTHS:
        value = fit(value, DURATION, scope, "what is waited", expression.span)
    return WaitStep(value, span=span)


def check_shown(expression: tree.Expression, scope: Scope) -> Value:
    """Return a value that can be shown."""
    value = value_of(expression, scope)
    if value.type == NOTHING or isinstance(value.type, RowType):
        report(
            scope,
            "E0390",
            f"a value of type `{show_type(value.type)}` cannot be shown",
            expression.span,
            "nothing to show",
            help="show one field of it, as in `show row.name`",
        )
    return value


def check_feed(statement: tree.Feed, scope: Scope, course: Course) -> Statement:
    """Return what is done for each row of a file."""
    if course.feed_depth or course.loop_depth:
        report(
            scope,
            "E0391",
            "a feed cannot stand inside another"
            if course.feed_depth
            else "a feed cannot stand inside a `for`",
            statement.span,
            "its rows would be read again and again",
            help="put it beside the other: feeds that stand together are merged by their time",
        )
    forget_changed(scope)
    inner = scope.child()
    row = declare_local(statement.binder, RowType(), inner)
    scope.checking.used_locals.add(row.number)
    where = None if statement.where is None else condition_of(statement.where, inner)
    at = None
    if statement.at is not None:
        at = moment_of(statement.at, inner, "the time of a row")
    for value in (where, at):
        if value is not None:
            check_row_only(value, scope)
    way = course.branch()
    way.feed_depth += 1
    checked = course.check_block(statement.body, inner, way)
    forget_changed(scope)
    feed = FeedModel(statement.file, row, where, at, checked.body, statement.span)
    return FeedsStep((feed,), span=statement.span)


READS_RECORDS = (RecordLookup, AggregateValue, FieldValue, HasRole, BlockTime)


def check_row_only(value: Value, scope: Scope) -> None:
    """Report what looks at the chain: rows are put in order before anything is done."""
    for part in find_values(value, lambda one: isinstance(one, READS_RECORDS)):
        report(
            scope,
            "E0392",
            "`where` and `at` of a feed read only its row and the `let`s above",
            part.span,
            "this looks at the chain",
            help="ask with `if` inside the feed",
        )
        return
