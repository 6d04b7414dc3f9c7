"""A contract from tree to model: every declaration checked, whatever the others look like.

In comes the tree of a file with the models of the contracts it uses; out comes a `ContractModel`,
or None with diagnostics that say why. Tables that leave gaps, states that nothing reaches and the
like are no matter of one declaration: the analyses over the finished model find them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import TypeVar

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.interpreter.check.authority import authority_of
from servanda.interpreter.check.body import Course, report
from servanda.interpreter.check.call_depth import Computed, check_call_depth
from servanda.interpreter.check.decision import check_decision
from servanda.interpreter.check.declare import Heading, Outline, declare
from servanda.interpreter.check.expression import fitted
from servanda.interpreter.check.invariant import check_invariant
from servanda.interpreter.check.names import check_distinct, has_errors
from servanda.interpreter.check.provable import NOWHERE, Elsewhere
from servanda.interpreter.check.record import check_record
from servanda.interpreter.check.recursion import check_recursion
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.statement import check_block, check_ends
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    EnumSymbol,
    LifecycleSymbol,
    RoleSymbol,
    RuleSymbol,
    UnitSymbol,
)
from servanda.interpreter.check.timer import check_no_refusal, check_timer
from servanda.interpreter.check.unit_names import check_unit_names
from servanda.interpreter.check.unused import check_unused
from servanda.interpreter.model import (
    ActionModel,
    AllOf,
    AnyOf,
    Authority,
    ClauseModel,
    ContractModel,
    DecisionModel,
    FieldValue,
    GiveStep,
    Invariant,
    LifecycleModel,
    Local,
    LocalValue,
    RecordModel,
    RuleModel,
    SignedByParty,
    SignedByQuorum,
    SignedByRole,
)
from servanda.interpreter.types import NOTHING, LifecycleType, RecordType

Written = TypeVar("Written")


def check_contract(
    file: tree.File,
    used: Mapping[str, ContractModel],
    diagnostics: Diagnostics,
    elsewhere: Elsewhere = NOWHERE,
) -> ContractModel | None:
    """Return the model of a contract; `used` are checked contracts by name. None after errors."""
    check_items(file, diagnostics)
    outline = declare(file, used, diagnostics, elsewhere)
    check_unit_names(file, outline.uses, diagnostics)
    if diagnostics.is_full:
        return None
    declarations = outline.checking.declarations

    def until_full(written: Iterable[Written]) -> Iterator[Written]:
        # Past the last error that is kept, looking for more costs time and tells nobody anything.
        return takewhile(lambda _: not diagnostics.is_full, written)

    records = {one.written.name.text: check_record(one) for one in until_full(outline.records)}
    tables = map(check_decision, until_full(outline.decisions))
    decisions = {one.name: one for one in tables if one is not None}
    ruled = (check_rule(one, outline) for one in until_full(outline.rules))
    rules = {one.name: one for one in ruled}
    shared = (check_clause(one, outline) for one in until_full(outline.clauses))
    clauses = {one.name: one for one in shared}
    checked = [check_action(one, outline) for one in until_full(outline.actions)]
    actions = {one.name: one for one in checked if one is not None}
    numbered = enumerate(until_full(outline.timers))
    found = [check_timer(written, number, outline.checking) for number, written in numbered]
    timers = tuple(one for one in found if one is not None)
    if outline.checking.diagnostics.is_full:
        return None
    invariants = check_invariants(outline, rules, decisions)
    ends = check_recursion(declarations.contract, rules, decisions, clauses, diagnostics)
    computed: tuple[Computed, ...]
    computed = (*rules.values(), *decisions.values(), *clauses.values(), *actions.values())
    if ends:
        check_call_depth(declarations, computed, timers, outline.uses.values(), diagnostics)
    check_no_refusal(timers, clauses, outline.checking)
    if outline.header is None or has_errors(file, diagnostics):
        return None
    check_unused(outline)
    return ContractModel(
        declarations.contract,
        outline.header.version,
        declarations.timezone,
        outline.uses,
        tuple(name for name, one in declarations.symbols.items() if isinstance(one, RoleSymbol)),
        {n: one.decimals for n, one in declarations.symbols.items() if isinstance(one, UnitSymbol)},
        lifecycles_of(outline),
        with_indexes(records, outline),
        {one.name: one for one in outline.events},
        rules,
        decisions,
        clauses,
        actions,
        timers,
        invariants,
        outline.header.span,
        {n: one.type for n, one in declarations.symbols.items() if isinstance(one, EnumSymbol)},
        tuple(
            one for one in outline.checking.indexes if one.record.contract != declarations.contract
        ),
        {name: one.span for name, one in declarations.symbols.items()},
    )


def check_items(file: tree.File, diagnostics: Diagnostics) -> None:
    """Report what has no place in a contract: tests and their steps."""
    for item in file.items:
        if isinstance(item, tree.TestDeclaration):
            what, advice = "a test", "move it into the file beside this one, `….test.contract`"
        elif isinstance(item, tree.Header | tree.Timezone | tree.Use | tree.Declaration):
            continue
        else:
            what = "a statement"
            advice = "put it into an action, a clause or a timer, or into a test or script"
        diagnostics.report(
            Diagnostic(
                "E0256",
                f"{what} stands in no contract by itself",
                item.span,
                "a contract holds declarations",
                help=advice,
            )
        )


def lifecycles_of(outline: Outline) -> dict[str, LifecycleModel]:
    """Return the lifecycles of a contract."""
    return {
        name: LifecycleModel(one.type, one.arrows, one.span)
        for name, one in outline.checking.declarations.symbols.items()
        if isinstance(one, LifecycleSymbol)
    }


def with_indexes(records: Mapping[str, RecordModel], outline: Outline) -> dict[str, RecordModel]:
    """Return the records with the indexes that the contract's own lookups need."""
    return {
        name: replace(
            record,
            indexes=tuple(one for one in outline.checking.indexes if one.record == record.type),
        )
        for name, record in records.items()
    }


def check_invariants(
    outline: Outline, rules: Mapping[str, RuleModel], decisions: Mapping[str, DecisionModel]
) -> tuple[Invariant, ...]:
    """Return the invariants, each under a title of its own."""
    titles = [tree.Name(one.title, span=one.span) for one in outline.invariants]
    check_distinct(titles, "invariant", outline.checking.diagnostics)
    found = (check_invariant(one, rules, decisions, outline.checking) for one in outline.invariants)
    return tuple(one for one in found if one is not None)


def check_rule(heading: Heading[tree.RuleDeclaration], outline: Outline) -> RuleModel:
    """Return the model of a rule, whose body gives on every way."""
    written, scope = heading.written, heading.scope
    name = written.name.text
    symbol = scope.checking.declarations.symbols[name]
    assert isinstance(symbol, RuleSymbol), "the heading of a rule declares it"
    authority = None
    if written.authority is not None:
        authority = authority_of(written.authority, scope)
        note_aliases(authority, outline)
    if isinstance(written.body, tree.Block):
        course = Course(f"the rule `{name}`", Place.RULE, check_block, symbol.result)
        checked = check_block(written.body, scope, course)
        check_ends(checked, course, scope, written.name.span)
        note_lets(course, outline)
        body = checked.body
    else:
        value = fitted(written.body, symbol.result, scope, f"what the rule `{name}` gives")
        body = (GiveStep(value, span=written.body.span),)
    return RuleModel(
        name,
        heading.parameters,
        symbol.result,
        authority,
        body,
        written.span,
        written.description,
    )


def check_clause(heading: Heading[tree.ClauseDeclaration], outline: Outline) -> ClauseModel:
    """Return the model of a clause."""
    written, scope = heading.written, heading.scope
    course = Course(f"the clause `{written.name.text}`", Place.CLAUSE, check_block)
    note_bounds(heading.scope, heading.parameters_with_bounds(), course)
    checked = check_block(written.body, scope, course)
    note_lets(course, outline)
    return ClauseModel(
        written.name.text, heading.parameters, checked.body, written.span, written.description
    )


def check_action(heading: Heading[tree.ActionDeclaration], outline: Outline) -> ActionModel | None:
    """Return the model of an action; None if nobody may do it."""
    written, scope = heading.written, heading.scope
    name = written.name.text
    symbol = scope.checking.declarations.symbols[name]
    assert isinstance(symbol, ActionSymbol), "the heading of an action declares it"
    authority = None
    if written.authority is None:
        report(
            scope,
            "E0401",
            f"the action `{name}` does not say by whom",
            written.name.span,
            "nobody may do this",
            help="write `by` and a role, or a field that holds a party, as its first line",
        )
    else:
        authority = authority_of(written.authority, scope)
        note_aliases(authority, outline)
    result = None if symbol.result == NOTHING else symbol.result
    course = Course(f"the action `{name}`", Place.ACTION, check_block, result)
    note_bounds(scope, heading.parameters_with_bounds(), course)
    checked = check_block(written.body, scope, course)
    check_ends(checked, course, scope, written.name.span)
    note_lets(course, outline)
    if authority is None or written.authority is None:
        return None
    return ActionModel(
        name,
        heading.parameters,
        symbol.result,
        authority,
        checked.body,
        written.span,
        written.authority.span,
        written.description,
    )


def note_bounds(
    scope: Scope, bounded: Iterable[tuple[Local, tuple[str, ...]]], course: Course
) -> None:
    """Note the states in which the records of `payment: Payment in Warned` arrive."""
    for local, names in bounded:
        if not isinstance(local.type, RecordType):
            continue
        symbol = scope.checking.declarations.record(local.type)
        name = symbol.lifecycle_field
        held = symbol.slots[name].type if name else None
        if name is None or not isinstance(held, LifecycleType):
            continue
        span = scope.checking.spans[local.number]
        target = FieldValue(
            type=held,
            span=span,
            object=LocalValue(type=local.type, span=span, local=local),
            record=local.type,
            field=name,
        )
        # One parameter may be another name of a second: nothing is overwritten here.
        course.states.possible[target] = names


def note_lets(course: Course, outline: Outline) -> None:
    """Keep the locals of a body, to find those that nobody uses."""
    outline.private_locals.extend(("name", one) for one in course.named)


def note_aliases(authority: Authority | None, outline: Outline) -> None:
    """Keep the aliases of signers, each once, to find those that nobody uses."""
    found = {one.number: one for one in _aliases(authority)}
    outline.private_locals.extend(("signer", one) for one in found.values())


def _aliases(authority: Authority | None) -> Iterator[Local]:
    match authority:
        case AnyOf(choices=parts) | AllOf(parts=parts):
            for one in parts:
                yield from _aliases(one)
        case SignedByRole(alias=alias) | SignedByParty(alias=alias) | SignedByQuorum(alias=alias):
            if alias is not None:
                yield alias
