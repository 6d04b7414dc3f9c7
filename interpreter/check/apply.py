"""Elaborate calls in expressions: functions of the language, rules, decisions, members of roles.

In come calls of the tree; out come model values. A call with effects is a statement; an action of
another contract is the whole of a `let`, a `give` or a statement (`foreign_call_of`).
"""

from __future__ import annotations

from collections.abc import Sequence

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.format_expression import flat_expression
from servanda.interpreter.check.arguments import arguments_of, seen_from_call
from servanda.interpreter.check.builtin import BUILTINS, builtin_of
from servanda.interpreter.check.familiar_words import function_meant
from servanda.interpreter.check.field import report_no_unit, report_unknown_member
from servanda.interpreter.check.fit import fitted
from servanda.interpreter.check.names import OWN_PROOF
from servanda.interpreter.check.path import (
    KINDS,
    is_value_name,
    names_of,
    similar,
    symbol_of,
)
from servanda.interpreter.check.proof import own_proof_of
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ClauseSymbol,
    ContractSymbol,
    DecisionSymbol,
    EnumSymbol,
    LifecycleSymbol,
    RecordSymbol,
    RoleSymbol,
    RuleSymbol,
    SlotSymbol,
    Symbol,
)
from servanda.interpreter.check.value import unknown, value_of
from servanda.interpreter.check.wording import all_names
from servanda.interpreter.model import (
    AggregateKind,
    DecisionCall,
    EnrolMember,
    ForeignCall,
    NamedValue,
    RuleCall,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    CURRENCY,
    TEXT,
    EnumType,
    LifecycleType,
    OutputsType,
    Plain,
    ProofType,
    RoleType,
    Type,
    show_type,
)


@value_of.register(tree.Apply)
def value_of_call(
    expression: tree.Apply,
    scope: Scope,
    wanted: Type | None = None,
) -> Value:
    """Return what a call gives: what is called says it, but for the proof that a test gives."""
    names = names_of(expression.callee)
    span = expression.span
    symbol = symbol_of(expression.callee, scope)
    if names and names[0].text in scope.checking.misnamed:
        check_rest(expression, scope)
        return unknown(span)
    if len(names) == 1 and symbol is None:
        builtin = BUILTINS.get(names[0].text)
        if builtin is not None:
            return builtin_of(builtin, expression, scope)
        if names[0].text == CURRENCY.name:
            return currency_of(expression, scope)
        if names[0].text == OWN_PROOF:
            return own_proof_of(expression, scope, wanted)
    match symbol:
        case RuleSymbol() | DecisionSymbol():
            return computed_of(expression, symbol, scope)
        case ActionSymbol() if is_foreign(symbol, scope) and scope.place is not Place.SCRIPT:
            report_inner_call(expression, symbol, scope)
        case RoleSymbol() if scope.place is Place.SCRIPT:
            return member_of(expression, symbol, scope)
        case EnumSymbol() | LifecycleSymbol():
            return named_of(expression, symbol, scope)
        case None:
            report_no_function(expression, names, scope)
        case _:
            report_not_called(expression, symbol, scope)
    parameters = symbol.parameters if isinstance(symbol, ActionSymbol | ClauseSymbol) else ()
    check_rest(expression, scope, parameters)
    return unknown(span)


def check_rest(expression: tree.Apply, scope: Scope, parameters: Sequence[SlotSymbol] = ()) -> None:
    """Look for mistakes in the arguments of a call that is wrong itself."""
    by_name = {slot.name: slot.type for slot in parameters}
    for place, argument in enumerate(expression.arguments):
        wanted: Type = parameters[place].type if place < len(parameters) else ANYTHING
        if argument.name is not None:
            wanted = by_name.get(argument.name.text, ANYTHING)
        value_of(argument.value, scope, wanted)


def is_foreign(symbol: ActionSymbol, scope: Scope) -> bool:
    """Whether an action is one of another contract."""
    return symbol.contract != scope.checking.declarations.contract


def computed_of(expression: tree.Apply, symbol: RuleSymbol | DecisionSymbol, scope: Scope) -> Value:
    """Return the call of a rule or a decision."""
    span = expression.span
    values = arguments_of(expression.arguments, symbol.parameters, scope, symbol.name, span)
    result = seen_from_call(symbol.result, symbol.parameters, values, scope)
    if isinstance(symbol.result, OutputsType) and result is not None:
        result = outputs_seen(symbol.result, symbol, values, scope)
    if result is None:
        if all(value.type != ANYTHING for value in values):
            label = Label(symbol.span, f"`{symbol.name}` is declared here")
            report_no_unit(symbol.name, symbol.result, label, span, scope)
        return unknown(span)
    if isinstance(symbol, RuleSymbol):
        return RuleCall(
            type=result,
            span=span,
            contract=symbol.contract,
            rule=symbol.name,
            arguments=values,
        )
    return DecisionCall(
        type=result,
        span=span,
        contract=symbol.contract,
        decision=symbol.name,
        arguments=values,
    )


def outputs_seen(
    outputs: OutputsType,
    symbol: RuleSymbol | DecisionSymbol,
    values: tuple[Value, ...],
    scope: Scope,
) -> Type | None:
    """Return the outputs of a decision, their units seen from the arguments of the call."""
    seen: list[tuple[str, Type]] = []
    for name, shown in outputs.outputs:
        found = seen_from_call(shown, symbol.parameters, values, scope)
        if found is None:
            return None
        seen.append((name, found))
    return OutputsType(outputs.decision, tuple(seen))


def foreign_call_of(expression: tree.Expression, scope: Scope) -> Value | None:
    """Return the call of an action of another contract; None if `expression` is anything else."""
    if not isinstance(expression, tree.Apply) or scope.place is Place.SCRIPT:
        return None
    symbol = symbol_of(expression.callee, scope)
    if not isinstance(symbol, ActionSymbol) or not is_foreign(symbol, scope):
        return None
    span = expression.span
    values = arguments_of(expression.arguments, symbol.parameters, scope, symbol.name, span)
    result = seen_from_call(symbol.result, symbol.parameters, values, scope)
    if result is None:
        label = Label(symbol.span, f"`{symbol.name}` is declared here")
        report_no_unit(symbol.name, symbol.result, label, span, scope)
        return unknown(span)
    if any(isinstance(one.type, ProofType) for one in values):
        report_passed_on(expression, symbol, scope)
        return unknown(span)
    return ForeignCall(
        type=result,
        span=span,
        contract=symbol.contract,
        action=symbol.name,
        arguments=values,
    )


def report_passed_on(expression: tree.Apply, symbol: ActionSymbol, scope: Scope) -> None:
    """Report a proof that is handed to an action of another contract."""
    scope.report(
        "E0338",
        "a proof is not passed on to another contract",
        expression.span,
        f"`{symbol.name}` takes a proof from those who sign",
        others=(Label(symbol.span, "the action is declared here"),),
        advice="pass on what the proof shows",
    )


def member_of(expression: tree.Apply, symbol: RoleSymbol, scope: Scope) -> Value:
    """Return the member of a role that a script names."""
    arguments = expression.arguments
    if len(arguments) != 1 or arguments[0].name is not None:
        scope.report(
            "E0308",
            f"a member of `{symbol.name}` is named by one text",
            expression.span,
            f"{len(arguments)} given",
            others=(Label(symbol.span, "the role is declared here"),),
            advice=f'write `{symbol.name}("ICBC")`',
        )
        check_rest(expression, scope)
        return unknown(expression.span)
    name = fitted(arguments[0].value, TEXT, scope, "the name of a member")
    member = RoleType(symbol.contract, (symbol.name,))
    return EnrolMember(type=member, span=expression.span, role=symbol.name, name=name)


def named_of(expression: tree.Apply, symbol: EnumSymbol | LifecycleSymbol, scope: Scope) -> Value:
    """Return the name of an enum, or the state, that a text of a script is."""
    declared = (Label(symbol.span, f"`{symbol.type.name}` is declared here"),)
    advice = f"take a parameter of type `{symbol.type.name}`, or write one of its names"
    return read_from_text(expression, symbol.type, scope, advice, declared)


def currency_of(expression: tree.Apply, scope: Scope) -> Value:
    """Return the currency, or the declared unit, that a text of a script is."""
    advice = "take a parameter of type `Currency`, or write one such as `CNY`"
    return read_from_text(expression, CURRENCY, scope, advice)


def read_from_text(
    expression: tree.Apply,
    read: Plain | EnumType | LifecycleType,
    scope: Scope,
    advice: str,
    declared: tuple[Label, ...] = (),
) -> Value:
    """Return the value of a type that has names, read from a text of a script."""
    arguments, name = expression.arguments, read.name
    if scope.place is not Place.SCRIPT:
        scope.report(
            "E0220",
            f"`{name}` reads text in scripts and tests alone",
            expression.callee.span,
            "a contract gets its values typed",
            others=declared,
            advice=advice,
        )
    elif len(arguments) != 1 or arguments[0].name is not None:
        scope.report(
            "E0308",
            f"`{name}` is read from one text",
            expression.span,
            "its argument has no name" if len(arguments) == 1 else f"{len(arguments)} given",
            others=declared,
            advice=f"write `{name}(row.x)`",
        )
    else:
        text = fitted(arguments[0].value, TEXT, scope, f"what `{name}` reads")
        return NamedValue(type=read, span=expression.span, text=text)
    check_rest(expression, scope)
    return unknown(expression.span)


def report_inner_call(expression: tree.Apply, symbol: ActionSymbol, scope: Scope) -> None:
    """Report a called action in the midst of an expression."""
    scope.report(
        "E0329",
        f"the action `{symbol.name}` is called in the midst of an expression",
        expression.span,
        "a call that changes things stands alone",
        others=(Label(symbol.span, "the action is declared here"),),
        advice="name what it gives: `let x = …`, and go on with `x`",
    )


def report_not_called(expression: tree.Apply, symbol: Symbol, scope: Scope) -> None:
    """Report a call of what is declared, but gives no value."""
    names = names_of(expression.callee)
    name = names[-1].text
    kind, use = KINDS[type(symbol)]
    advice = use.format(name)
    if isinstance(symbol, ActionSymbol) and scope.place is not Place.SCRIPT:
        advice = "put what both share into a rule or a clause"
    scope.report(
        "E0216",
        f"`{name}` is {kind} and gives no value",
        expression.callee.span,
        "called here",
        others=(Label(symbol.span, f"`{name}` is declared here"),),
        advice=advice,
    )


LOOKUP_WORDS = frozenset({"find", "get", "load", "lookup", "by_id", "findById", "find_by_id"})
"""What looking up a record is called elsewhere."""


def role_meant(name: str, scope: Scope) -> str:
    """Return which role a party of a script was to have, as a help; or nothing."""
    if scope.place is not Place.SCRIPT or not name[:1].isupper():
        return ""
    roles = [
        one
        for contract in scope.checking.declarations.opened
        for one, symbol in contract.symbols.items()
        if isinstance(symbol, RoleSymbol)
    ]
    shown = f"the role{'s are' if len(roles) > 1 else ' is'} {all_names(roles)}"
    return did_you_mean(name, roles) or (shown if roles else "")


def report_no_function(expression: tree.Apply, names: tuple[tree.Name, ...], scope: Scope) -> None:
    """Report a call of what is no function."""
    callee = expression.callee
    if not names or is_value_name(names[0].text, scope):
        value = value_of(callee, scope)
        if value.type != ANYTHING:
            scope.report(
                "E0216",
                f"a value of type {show_type(value.type)} is not called",
                callee.span,
                "this is a value",
                advice="remove the brackets behind it",
            )
        return
    declarations = scope.checking.declarations
    first = declarations.find(names[0].text)
    if isinstance(first, ContractSymbol) and len(names) > 1:
        report_unknown_member(first, names[1], scope)
        return
    name = names[-1]
    if len(names) > 1 and isinstance(first, RecordSymbol) and name.text in LOOKUP_WORDS:
        given = ", ".join(flat_expression(one.value) for one in expression.arguments)
        scope.report(
            "E0215",
            f"unknown function `{name.text}`",
            callee.span,
            "a record is looked up by its key",
            advice=f"write `{names[0].text}[{given or '…'}]`",
        )
        return
    if name.text in {kind.value for kind in AggregateKind}:
        scope.report(
            "E0308",
            f"`{name.text}` is written `{name.text}(x for x in …)`",
            expression.span,
            "nothing to range over",
            advice=f"write `{name.text}(item.field for item in Record where …)`",
        )
        return
    callable_names = [
        one
        for contract in (declarations, *declarations.opened)
        for one, symbol in contract.symbols.items()
        if isinstance(symbol, RuleSymbol | DecisionSymbol)
    ]
    if len(names) == 1:
        scope.checking.misnamed.add(name.text)
    advice = (
        function_meant(name.text)
        or role_meant(name.text, scope)
        or did_you_mean(
            name.text, [*callable_names, *BUILTINS, *(kind.value for kind in AggregateKind)]
        )
    )
    scope.report(
        "E0215",
        f"unknown function `{name.text}`",
        callee.span,
        "no rule, decision or function of the language",
        others=similar(advice, scope),
        advice=advice or f"declare it: `rule {name.text}(…): Type = …`",
    )
