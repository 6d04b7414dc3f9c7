"""The heading of a decision into a symbol: its columns, its hit policy and what its call gives."""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.source import Span
from servanda.interpreter.check.names import check_distinct, report
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.check.sealed import report_place
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import DecisionSymbol, SlotSymbol
from servanda.interpreter.check.type import bound_of, type_of
from servanda.interpreter.model import Policy
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    FixedUnit,
    LifecycleType,
    OutputsType,
    Type,
    show_type,
)

POLICIES = {one.value: one for one in Policy}
POLICY_HELP = "write `(unique)`, `(first)` or `(collect sum)`, with `least`, `most` or `count`"
COLLECTING = (Policy.COLLECT_SUM, Policy.COLLECT_LEAST, Policy.COLLECT_MOST)


def decision_symbol(
    written: tree.DecisionDeclaration, inputs: tuple[SlotSymbol, ...], scope: Scope
) -> DecisionSymbol:
    """Return what a decision offers; `inputs` are its parameters."""
    diagnostics = scope.checking.diagnostics
    # An input named twice is reported where parameters are.
    inputs_once = {one.name.text: one for one in reversed(written.inputs)}
    columns = (*inputs_once.values(), *written.outputs)
    check_distinct((one.name for one in columns), "column", diagnostics)
    for column, slot in zip(written.inputs, inputs, strict=True):
        check_input(slot.type, column.type.span, diagnostics)
    outputs = tuple(output_slot(one, scope) for one in written.outputs)
    policy = policy_of(written, diagnostics)
    if policy in COLLECTING:
        check_collected(policy, written, outputs, diagnostics)
    return DecisionSymbol(
        scope.checking.declarations.contract,
        written.name.text,
        policy,
        inputs,
        outputs,
        result_of(written.name.text, policy, outputs),
        written.name.span,
    )


def output_slot(column: tree.Column, scope: Scope) -> SlotSymbol:
    """Return an output as a slot."""
    given = report_place(type_of(column.type, scope), "an output", column.type.span, scope)
    return SlotSymbol(
        column.name.text, given, bound_of(column.bound, given, scope), column.name.span
    )


def policy_of(written: tree.DecisionDeclaration, diagnostics: Diagnostics) -> Policy:
    """Return the hit policy that the words in brackets name."""
    if not written.policy:
        return Policy.UNIQUE
    words = " ".join(one.text for one in written.policy)
    if words in POLICIES:
        return POLICIES[words]
    report(
        diagnostics,
        "E0264",
        f"unknown hit policy `{words}`",
        Span.to(written.policy[0].span, written.policy[-1].span),
        "how the rows that apply make one result",
        help=did_you_mean(words, POLICIES) or POLICY_HELP,
    )
    return Policy.FIRST if words.startswith("first") else Policy.UNIQUE


def check_input(held: Type, span: Span, diagnostics: Diagnostics) -> None:
    """Report an input of which a cell could not speak."""
    allowed = (BOOL, INT, DECIMAL, DATE, TIME, TEXT, ANYTHING)
    is_money = isinstance(held, AmountType) and isinstance(held.unit, FixedUnit)
    if held in allowed or is_money or isinstance(held, EnumType | LifecycleType):
        return
    report(
        diagnostics,
        "E0357",
        f"a decision cannot look at a value of type `{show_type(held)}`",
        span,
        "the type of an input",
        help="decide on a Bool, Int, Decimal, Amount of one currency, Date, Time, Text, enum or "
        "lifecycle, taken from the record by whoever calls",
    )


def check_collected(
    policy: Policy,
    written: tree.DecisionDeclaration,
    outputs: tuple[SlotSymbol, ...],
    diagnostics: Diagnostics,
) -> None:
    """Report outputs that cannot be added up or compared."""
    word = policy.value.removeprefix("collect ")
    if len(outputs) != 1:
        report(
            diagnostics,
            "E0356",
            f"`{policy.value}` needs one output, not {len(outputs)}",
            written.outputs[1].span if len(outputs) > 1 else written.name.span,
            "one output too many",
            help="keep one output, or split the table into one for each",
        )
        return
    given = outputs[0].type
    numeric = given in (INT, DECIMAL, DURATION, ANYTHING) or isinstance(given, AmountType)
    ordered = numeric or given in (DATE, TIME)
    if numeric or (ordered and policy is not Policy.COLLECT_SUM):
        return
    report(
        diagnostics,
        "E0356",
        f"values of type `{show_type(given)}` have no {word}",
        written.outputs[0].type.span,
        f"`{policy.value}` works on this output",
        help="give an Int, Decimal, Amount or Duration, or choose another hit policy",
    )


def result_of(name: str, policy: Policy, outputs: tuple[SlotSymbol, ...]) -> Type:
    """Return the type of a call: a complete table always has a row, so it is never missing."""
    if policy is Policy.COLLECT_COUNT:
        return INT
    if len(outputs) == 1:
        return outputs[0].type
    return OutputsType(name, tuple((one.name, one.type) for one in outputs))
