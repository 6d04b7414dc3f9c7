"""Calls that have effects: clauses of this contract, actions of others.

In comes a call; out comes a step, or the value that a called action gives. A call that computes is
an expression and checked there.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_expression import flat_expression
from servanda.grammar.source import Span
from servanda.interpreter.check.body import Course, report
from servanda.interpreter.check.expression import (
    arguments_of,
    foreign_call_of,
    symbol_of,
    unknown,
    value_of,
)
from servanda.interpreter.check.facts import forget_changed
from servanda.interpreter.check.familiar_words import STATEMENT_WORDS
from servanda.interpreter.check.path import similar
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ClauseSymbol,
    DecisionSymbol,
    RuleSymbol,
    Symbol,
)
from servanda.interpreter.model import ClauseStep, ForeignCall, Statement, Value, ValueStep
from servanda.interpreter.types import ANYTHING


def check_call_statement(
    statement: tree.CallStatement, scope: Scope, course: Course
) -> tuple[Statement, ...]:
    """Return the call of a clause or of an action of another contract."""
    call = statement.call
    foreign = foreign_call(call, scope, course)
    if foreign is not None:
        if isinstance(foreign, ForeignCall):
            return (ValueStep(foreign, span=statement.span),)
        return ()
    if not isinstance(call, tree.Apply):
        report(
            scope,
            "E0272",
            "this does nothing",
            call.span,
            "a value that nobody uses",
            help="name it with `let`, or remove it",
        )
        return ()
    if not isinstance(call.callee, tree.NameReference):
        symbol = symbol_of(call.callee, scope)
        if isinstance(symbol, ClauseSymbol):
            report_outer_clause(symbol, call.callee.span, scope)
        elif value_of(call, scope).type != ANYTHING:
            report_unused_value(call, scope)
        return ()
    name = call.callee.name
    symbol = scope.checking.declarations.find(name.text)
    if name.text in scope.checking.misnamed:
        value_of(call, scope)
        return ()
    if isinstance(symbol, RuleSymbol | DecisionSymbol):
        report_unused_value(call, scope)
        return ()
    if not isinstance(symbol, ClauseSymbol) or course.place is Place.SCRIPT:
        report_no_clause(call, name, symbol, scope)
        return ()
    scope.checking.used_names.add(name.text)
    arguments = arguments_of(call.arguments, symbol.parameters, scope, name.text, call.span)
    forget_changed(scope)
    course.states.forget()
    return (ClauseStep(name.text, arguments, span=statement.span),)


def report_unused_value(call: tree.Apply, scope: Scope) -> None:
    """Report a computation whose result goes nowhere."""
    report(
        scope,
        "E0272",
        "the value of this call is not used",
        call.span,
        "it computes, and changes nothing",
        help="name its value with `let`, or remove it",
    )


def statement_meant(call: tree.Apply, name: str, scope: Scope) -> str:
    """Return the statement for what is called as a function elsewhere, as a help; or nothing."""
    given = [flat_expression(one.value) for one in call.arguments]
    first, text = [*given, "…"][0], next((one for one in given if one[0] == '"'), '"message"')
    word, is_script = STATEMENT_WORDS.get(name, ""), scope.place is Place.SCRIPT
    if word == "require":
        required = f"require {first} else CODE {text}"
        return f"write `{f'expect {first}' if is_script else required}`"
    if word == "show":
        return f"write `show {first}`" if is_script else "delete it: only a test shows values"
    return f"write `refuse CODE {text}`" if word and not is_script else ""


def report_no_clause(
    call: tree.Apply, name: tree.Name, symbol: Symbol | None, scope: Scope
) -> None:
    """Report a call that is none of a clause, and say what it is."""
    declared = Label(symbol.span, f"`{name.text}` is declared here") if symbol else None
    others = [declared] if declared else []
    if isinstance(symbol, ActionSymbol):
        report(
            scope,
            "E0416",
            f"the action `{name.text}` cannot be called from inside its contract",
            name.span,
            "an action is done by a party, who signs it",
            *others,
            help="put what both share into a `clause` and call that",
        )
    elif isinstance(symbol, ClauseSymbol):
        report_outer_clause(symbol, name.span, scope)
    elif scope.place is Place.SCRIPT and symbol is None:
        report(
            scope,
            "E0268",
            f"unknown action `{name.text}`",
            name.span,
            "nothing that a party can do",
            help=statement_meant(call, name.text, scope)
            or "a step says who does what: `party does action(…)`",
        )
    else:
        if symbol is None:
            scope.checking.misnamed.add(name.text)
        clauses = [
            one for one, kind in scope.checking.declarations.symbols.items()
            if isinstance(kind, ClauseSymbol)
        ]  # fmt: skip
        advice = did_you_mean(name.text, clauses)
        report(
            scope,
            "E0263",
            f"`{name.text}` is no clause" if symbol else f"unknown clause `{name.text}`",
            name.span,
            "no clause of this contract",
            *others,
            *similar(advice, scope),
            help=advice
            or statement_meant(call, name.text, scope)
            or f"declare it: `clause {name.text}(…)`",
        )


def report_outer_clause(clause: ClauseSymbol, span: Span, scope: Scope) -> None:
    """Report the call of a clause of another contract."""
    report(
        scope,
        "E0417",
        f"the clause `{clause.name}` cannot be called from outside its contract",
        span,
        "a clause is called by its own contract alone",
        Label(clause.span, f"`{clause.name}` is declared here"),
        help="do an action that calls it",
    )


def foreign_call(expression: tree.Expression, scope: Scope, course: Course) -> Value | None:
    """Return the call of an action of another contract; None if `expression` is none."""
    if not isinstance(expression, tree.Apply):
        return None
    action = symbol_of(expression.callee, scope)
    if not isinstance(action, ActionSymbol):
        return None
    if course.place is Place.SCRIPT:
        report_nobody(expression, action, scope)
        return unknown(expression.span)
    if course.place is Place.RULE:
        report(
            scope,
            "E0381",
            "a rule only computes: it has no effects and refuses nothing",
            expression.callee.span,
            "an action has effects",
            Label(action.span, "declared here"),
            help="call the action in the action or clause that asks the rule",
        )
    called = foreign_call_of(expression, scope)
    if called is not None:
        forget_changed(scope)
        course.states.forget()
    return called


def report_nobody(call: tree.Apply, action: ActionSymbol, scope: Scope) -> None:
    """Report an action in a test or script that no party does."""
    shown = flat_expression(call.callee)
    report(
        scope,
        "E0415",
        f"nobody does `{shown}`",
        call.callee.span,
        "an action is done by a party",
        Label(action.span, "declared here"),
        help=f"say who does it: `party does {shown}(…)`",
    )
