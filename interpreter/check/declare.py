"""Headings of declarations into symbols, so that bodies may be checked in any order.

In comes the tree of a contract with the models of those it uses; out comes an `Outline`: what every
name stands for, and for each declaration its parameters as locals. It refuses to look into bodies,
except (through `fixed_fields`) for what they assign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.check.declare_parameter import parameter_of, result_type, slots_of
from servanda.interpreter.check.declare_record import RecordHeading, declare_records
from servanda.interpreter.check.declare_table import decision_symbol
from servanda.interpreter.check.declare_use import declare_elsewhere, declare_use
from servanda.interpreter.check.fixed_fields import ANY_RECORD
from servanda.interpreter.check.names import (
    add_symbol,
    check_distinct,
    check_reserved,
    report,
)
from servanda.interpreter.check.provable import NOWHERE, Elsewhere
from servanda.interpreter.check.scope import Checking, Place, Scope
from servanda.interpreter.check.suggest import closest
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ClauseSymbol,
    Declarations,
    EnumSymbol,
    EventSymbol,
    LifecycleSymbol,
    RoleSymbol,
    RuleSymbol,
    UnitSymbol,
)
from servanda.interpreter.model import ContractModel, EventModel, Local, ParameterModel
from servanda.interpreter.types import (
    NOTHING,
    EnumType,
    LifecycleType,
)
from servanda.interpreter.values.units import DECIMALS_MAX

Written = TypeVar("Written")

LABELS_MAX = 3
"""More places of one mistake than this explain nothing further."""


@dataclass(frozen=True, slots=True)
class Heading(Generic[Written]):
    """A rule, decision, clause or action with its parameters bound in `scope`."""

    written: Written
    scope: Scope
    parameters: tuple[ParameterModel, ...]

    def parameters_with_bounds(self) -> Iterator[tuple[Local, tuple[str, ...]]]:
        """Yield the parameters that are bound to names, with those names."""
        for one in self.parameters:
            if one.bound is not None and one.bound.names is not None:
                yield one.local, one.bound.names


@dataclass(slots=True)
class Outline:
    """What the headings of a contract say."""

    checking: Checking
    header: tree.Header | None = None
    uses: dict[str, ContractModel] = field(default_factory=dict)
    records: list[RecordHeading] = field(default_factory=list)
    events: list[EventModel] = field(default_factory=list)
    rules: list[Heading[tree.RuleDeclaration]] = field(default_factory=list)
    decisions: list[Heading[tree.DecisionDeclaration]] = field(default_factory=list)
    clauses: list[Heading[tree.ClauseDeclaration]] = field(default_factory=list)
    actions: list[Heading[tree.ActionDeclaration]] = field(default_factory=list)
    timers: list[tree.TimerDeclaration] = field(default_factory=list)
    invariants: list[tree.InvariantDeclaration] = field(default_factory=list)
    private_locals: list[tuple[str, Local]] = field(default_factory=list)
    """Parameters and aliases with what they are, to find those that nobody uses."""


def declare(
    file: tree.File,
    used: Mapping[str, ContractModel],
    diagnostics: Diagnostics,
    elsewhere: Elsewhere = NOWHERE,
) -> Outline:
    """Return the outline of a contract; what is declared wrongly is reported and left out."""
    header = check_header(file, diagnostics)
    name = header.name.text if header else ""
    outline = Outline(Checking(Declarations(name), diagnostics), header)
    check_timezone(file, outline.checking)
    for item in file.items:
        if isinstance(item, tree.Use) and item.chain is not None:
            declare_elsewhere(item, item.chain, elsewhere, outline.checking)
        elif isinstance(item, tree.Use):
            declare_use(item, used, outline.checking, outline.uses)
    declare_sets(file, outline.checking)
    outline.records = declare_records(file, outline.checking)
    for item in file.items:
        if diagnostics.is_full:
            break
        declare_callable(item, outline)
    check_member_names(file, outline.checking)
    report_units_assigned(outline.checking)
    return outline


def report_units_assigned(checking: Checking) -> None:
    """Report assignments of fields in which units are held: money would change its unit."""
    places = checking.assigned.places
    for (record, name), paths in checking.hanging.items():
        for owner in (record, ANY_RECORD):
            for place in places.get((owner, name), ()):
                report(
                    checking.diagnostics,
                    "E0326",
                    f"`{name}` of `{record}` is assigned, and units are held in it",
                    place,
                    "this would change the unit of money that is already there",
                    *(Label(one, "this unit is held in it") for one in paths[:LABELS_MAX]),
                    help=f"remove it, and create another `{record}` with another `{name}`"
                    if owner
                    else f"is it another record? Set `{name}` in a clause that takes that record "
                    "as a parameter, so that its type is plain",
                )


def check_member_names(file: tree.File, checking: Checking) -> None:
    """Report a state or a name of an enum that means something else as well."""
    for item in file.items:
        if isinstance(item, tree.EnumDeclaration):
            names = item.members
        elif isinstance(item, tree.LifecycleDeclaration):
            names = tuple(name for line in item.lines for name in line.sources)
        else:
            continue
        for name in names:
            is_free = check_reserved(name, checking.diagnostics, is_callable=False)
            other = checking.declarations.symbols.get(name.text)
            if is_free and other is not None:
                report(
                    checking.diagnostics,
                    "E0250",
                    f"`{name.text}` is declared twice",
                    name.span,
                    f"a name of `{item.name.text}`",
                    Label(other.span, "declared here as well"),
                    help="rename one of the two: no name may hide another",
                )


def check_header(file: tree.File, diagnostics: Diagnostics) -> tree.Header | None:
    """Return the one header, which stands first."""
    headers = [item for item in file.items if isinstance(item, tree.Header)]
    if not headers:
        start = Span(file.span.source, file.span.start, file.span.start)
        report(
            diagnostics,
            "E0255",
            "a contract begins with its name and version",
            file.items[0].span if file.items else start,
            "the first line should be the header",
            help="write `contract Name version 1` as the first line",
        )
        return None
    first = headers[0]
    for other in headers[1:]:
        report(
            diagnostics,
            "E0255",
            f"a file holds one contract, and `{other.name.text}` is a second",
            other.span,
            "a second header",
            Label(first.span, "the contract of this file"),
            help="put the second contract into a file of its own",
        )
    if file.items[0] is not first:
        report(
            diagnostics,
            "E0255",
            "the header of a contract stands first",
            first.span,
            "something stands before it",
            Label(file.items[0].span, "this should follow the header"),
            help="move the header to the first line",
        )
    if first.version < 1:
        report(
            diagnostics,
            "E0255",
            "versions are counted from 1",
            first.span,
            "this version is less",
            help="write `version 1`",
        )
    check_reserved(first.name, diagnostics, is_callable=True)
    return first


def check_timezone(file: tree.File, checking: Checking) -> None:
    """Note the time zone, which is named once at most (whether it exists, the caller knows)."""
    zones = [item for item in file.items if isinstance(item, tree.Timezone)]
    for other in zones[1:]:
        report(
            checking.diagnostics,
            "E0270",
            "a contract has one time zone",
            other.span,
            "a second one",
            Label(zones[0].span, "the first one"),
            help="remove one of the two",
        )
    if zones:
        checking.declarations.timezone = zones[0].zone


def declare_sets(file: tree.File, checking: Checking) -> None:
    """Declare what needs no type: roles, units, enums and lifecycles."""
    contract = checking.declarations.contract
    for item in file.items:
        match item:
            case tree.RoleDeclaration(names=names):
                for name in names:
                    add_symbol(name, RoleSymbol(contract, name.text, name.span), checking)
            case tree.UnitDeclaration(name=name, decimals=decimals):
                declare_unit(name, decimals, item.span, checking)
            case tree.EnumDeclaration(name=name, members=members):
                check_distinct(members, "name", checking.diagnostics)
                kept = tuple(dict.fromkeys(one.text for one in members))
                symbol = EnumSymbol(EnumType(contract, name.text, kept), name.span)
                if not add_symbol(name, symbol, checking):
                    checking.misnamed.update(kept)
            case tree.LifecycleDeclaration(name=name):
                lifecycle = lifecycle_symbol(item, checking)
                if not add_symbol(name, lifecycle, checking):
                    checking.misnamed.update(lifecycle.type.states)


def declare_unit(name: tree.Name, decimals: int, span: Span, checking: Checking) -> None:
    """Declare a unit that is no currency of ISO 4217."""
    if decimals > DECIMALS_MAX:
        report(
            checking.diagnostics,
            "E0271",
            f"a unit has at most {DECIMALS_MAX} decimals",
            span,
            f"{decimals} decimals",
            help=f"write `unit {name.text} decimals {DECIMALS_MAX}` or less",
        )
    add_symbol(name, UnitSymbol(name.text, min(decimals, DECIMALS_MAX), name.span), checking)


def lifecycle_symbol(written: tree.LifecycleDeclaration, checking: Checking) -> LifecycleSymbol:
    """Return the states, in the order in which lines begin with them, and their arrows."""
    sources = [name for line in written.lines for name in line.sources]
    check_distinct(sources, "state", checking.diagnostics)
    states = tuple(dict.fromkeys(name.text for name in sources))
    if not states:
        report(
            checking.diagnostics,
            "E0259",
            f"the lifecycle `{written.name.text}` has no state",
            written.name.span,
            "no state follows",
            help="name its states below it, the first one first",
        )
    arrows: dict[str, tuple[str, ...]] = dict.fromkeys(states, ())
    for line in written.lines:
        check_distinct(line.targets, "arrow to", checking.diagnostics)
        reached = [state_reached(target, states, written, checking) for target in line.targets]
        for state in reached:
            arrows.setdefault(state, ())
        for source in line.sources:
            arrows[source.text] = tuple(dict.fromkeys((*arrows[source.text], *reached)))
    lifecycle = LifecycleType(checking.declarations.contract, written.name.text, tuple(arrows))
    return LifecycleSymbol(lifecycle, arrows, written.name.span)


def state_reached(
    target: tree.Name,
    states: tuple[str, ...],
    written: tree.LifecycleDeclaration,
    checking: Checking,
) -> str:
    """Return the state that an arrow leads to; one that is unknown is reported here, once.

    It was mistyped, or its own line was forgotten: it goes on as what was meant, so that nothing
    that names it is reported again.
    """
    if target.text in states:
        return target.text
    meant = closest(target.text, states)
    earlier = [one for line in written.lines for one in line.targets if one.text == target.text]
    if target is earlier[0]:
        report(
            checking.diagnostics,
            "E0259",
            f"unknown state `{target.text}` in the lifecycle `{written.name.text}`",
            target.span,
            "no line of the lifecycle begins with this state",
            help=f"did you mean `{meant}`?"
            if meant
            else f"add a line `{target.text}` if no arrow leads out of it",
        )
    return meant or target.text


def declare_callable(item: object, outline: Outline) -> None:
    """Declare what has parameters or stands for itself, after all types are known."""
    checking = outline.checking
    contract = checking.declarations.contract
    match item:
        case tree.EventDeclaration(name=name):
            heading = heading_of(item, item.parameters, Place.RECORD, "an event", outline)
            slots = slots_of(heading.parameters)
            if add_symbol(name, EventSymbol(contract, name.text, slots, name.span), checking):
                parameters = tuple((one.name, one.type) for one in slots)
                outline.events.append(EventModel(name.text, parameters, item.span))
        case tree.RuleDeclaration(name=name):
            rule = heading_of(item, item.parameters, Place.RULE, "a rule", outline)
            slots = slots_of(rule.parameters)
            result = result_type(item.result, rule.scope)
            symbol = RuleSymbol(contract, name.text, slots, result, name.span)
            if add_symbol(name, symbol, checking):
                outline.rules.append(rule)
        case tree.DecisionDeclaration(name=name):
            inputs = [tree.TypedName(one.name, one.type, one.bound, span=one.span)
                      for one in item.inputs]  # fmt: skip
            decision = heading_of(item, inputs, Place.DECISION, "a decision", outline)
            slots = slots_of(decision.parameters)
            if add_symbol(name, decision_symbol(item, slots, decision.scope), checking):
                outline.decisions.append(decision)
        case tree.ClauseDeclaration(name=name):
            clause = heading_of(item, item.parameters, Place.CLAUSE, "a clause", outline)
            slots = slots_of(clause.parameters)
            if add_symbol(name, ClauseSymbol(name.text, slots, name.span), checking):
                outline.clauses.append(clause)
        case tree.ActionDeclaration(name=name):
            action = heading_of(item, item.parameters, Place.ACTION, "an action", outline)
            slots = slots_of(action.parameters)
            result = NOTHING if item.result is None else result_type(item.result, action.scope)
            shown = ActionSymbol(contract, name.text, slots, result, name.span)
            if add_symbol(name, shown, checking):
                outline.actions.append(action)
        case tree.TimerDeclaration():
            outline.timers.append(item)
        case tree.InvariantDeclaration():
            outline.invariants.append(item)


def heading_of(
    written: Written,
    parameters: Sequence[tree.TypedName],
    place: Place,
    what: str,
    outline: Outline,
) -> Heading[Written]:
    """Bind the parameters of a declaration in a scope of its own."""
    scope = Scope(outline.checking, place)
    models = tuple(parameter_of(one, scope, what) for one in parameters)
    if place in (Place.RULE, Place.CLAUSE, Place.ACTION):
        outline.private_locals.extend(("parameter", one.local) for one in models)
    return Heading(written, scope, models)
