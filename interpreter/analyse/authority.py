"""Authority: roles that nobody acts in, signatures that can never come together.

In comes a model; out come diagnostics. Between contracts no signature is passed on: in a called
action the calling contract is the only signer, so whatever asks for more is never satisfied.
"""

from __future__ import annotations

from collections.abc import Iterator

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.interpreter.analyse.money import bodies_of
from servanda.interpreter.analyse.places import Places
from servanda.interpreter.analyse.show_model import show_authority
from servanda.interpreter.model import (
    ActionModel,
    AllOf,
    AnyOf,
    Authority,
    ContractModel,
    EnrolMember,
    ForeignCall,
    HasRole,
    ParameterModel,
    RecordInvariant,
    SignedByContract,
    SignedByParty,
    SignedByQuorum,
    SignedByRole,
    Value,
)
from servanda.interpreter.types import ListType, OptionalType, RoleType, SetType, Type
from servanda.interpreter.walk import all_values, values_in, values_of_body


def analyse_authority(
    model: ContractModel, diagnostics: Diagnostics, places: Places | None = None
) -> None:
    """Report authorities that are never satisfied, and roles that nobody acts in."""
    for name, authority in authorities_in(model).items():
        report_impossible(name, authority, diagnostics)
    for body in bodies_of(model).values():
        for value in values_of_body(body):
            if isinstance(value, ForeignCall):
                report_shut(model, value, diagnostics)
    report_idle_roles(model, diagnostics, places if places is not None else Places())


def authorities_in(model: ContractModel) -> dict[str, Authority]:
    """Return who may do each action and ask each rule, by its name."""
    asked = {name: one.authority for name, one in model.rules.items() if one.authority is not None}
    return {**{name: one.authority for name, one in model.actions.items()}, **asked}


# ── signatures ────────────────────────────────────────────────────────────────────────────────


def callers_of(authority: Authority) -> tuple[str, ...]:
    """Return the contracts that satisfy an authority by calling, alone."""
    match authority:
        case SignedByContract(contract=contract):
            return (contract,)
        case AnyOf(choices=choices):
            return tuple(dict.fromkeys(name for one in choices for name in callers_of(one)))
        case AllOf(parts=parts):
            first, *others = (callers_of(one) for one in parts)
            return tuple(name for name in first if all(name in other for other in others))
    return ()


def report_impossible(name: str, authority: Authority, diagnostics: Diagnostics) -> None:
    """Report an `and` that asks a calling contract and somebody else to sign together."""
    for every in conjunctions(authority):
        contracts = [one for one in every.parts if isinstance(one, SignedByContract)]
        if not contracts or callers_of(every):
            continue
        first = contracts[0]
        other = next(
            one
            for one in every.parts
            if not isinstance(one, SignedByContract) or one.contract != first.contract
        )
        diagnostics.report(
            Diagnostic(
                "E0454",
                f"nobody can ever do `{name}` by {quoted(every)}",
                every.span,
                "never both at once",
                (
                    Label(first.span, "when a contract calls, it is the only signer"),
                    Label(other.span, "so this never signs with it"),
                ),
                help="write `or` between them, or make them two actions",
            )
        )


def conjunctions(authority: Authority) -> Iterator[AllOf]:
    """Yield every `and` of an authority."""
    if isinstance(authority, AllOf):
        yield authority
    elif isinstance(authority, AnyOf):
        for one in authority.choices:
            yield from conjunctions(one)


def quoted(authority: Authority) -> str:
    """Return an authority in backticks."""
    return f"`{show_authority(authority)}`"


def report_shut(model: ContractModel, call: ForeignCall, diagnostics: Diagnostics) -> None:
    """Report a call of an action that never lets this contract in."""
    action = called_action(model, call)
    if action is None or model.name in callers_of(action.authority):
        return
    diagnostics.report(
        Diagnostic(
            "E0455",
            f"`{call.contract}` never lets this contract do `{call.action}`",
            call.span,
            f"`{model.name}` signs this alone: nobody's signature is passed on",
            (Label(action.authority_span, f"it is done by {quoted(action.authority)}"),),
            help=f"add `or contract {model.name}` there, or let the party do it there directly",
        )
    )


def called_action(model: ContractModel, call: ForeignCall) -> ActionModel | None:
    """Return the action that a call of another contract means."""
    for used in model.uses.values():
        if used.name == call.contract:
            return used.actions.get(call.action)
    return None


# ── roles ─────────────────────────────────────────────────────────────────────────────────────


def report_idle_roles(model: ContractModel, diagnostics: Diagnostics, places: Places) -> None:
    """Warn of roles that are only the type of a value which is passed around.

    A role that is named nowhere at all is a name that nobody uses, and is reported as such.
    """
    acting = dict.fromkeys(acting_roles(model))
    for role in dict.fromkeys(spoken_roles(model)):
        if role in acting or role not in model.roles:
            continue
        diagnostics.report(
            Diagnostic(
                "W0451",
                f"nobody acts as `{role}`",
                places.roles.get(role, model.span),
                "no `by`, `seen by`, `is` and no field speaks of this role",
                help="say `by` what it may do, or remove it",
            )
        )


def acting_roles(model: ContractModel) -> Iterator[str]:
    """Yield the roles that an authority, a field or a condition speaks of."""
    for authority in authorities_in(model).values():
        yield from roles_of(authority)
    for record in model.records.values():
        if record.seen_by is not None:
            yield from roles_of(record.seen_by)
        for one in (*record.keys, *record.fields):
            yield from roles_in(one.type)
    for value in every_value(model):
        if isinstance(value, HasRole | EnrolMember):
            yield value.role


def every_value(model: ContractModel) -> Iterator[Value]:
    """Yield every value of the bodies, rules, tables and invariants of a contract."""
    bodies = [*bodies_of(model).values(), *(one.body for one in model.rules.values())]
    for body in bodies:
        yield from values_of_body(body)
    roots = [
        output
        for decision in model.decisions.values()
        for row in decision.rows
        for output in row.outputs
    ]
    for one in model.invariants:
        roots += [one.condition, *([one.where] if one.where is not None else [])]
        if not isinstance(one, RecordInvariant):
            roots += [part for total in one.totals for part in (total.value, total.where) if part]
    for root in roots:
        yield root
        yield from all_values(root)


def roles_of(authority: Authority) -> Iterator[str]:
    """Yield the roles that an authority asks for."""
    match authority:
        case SignedByRole(roles=roles) | SignedByQuorum(roles=roles):
            yield from roles
        case SignedByParty(party=party):
            yield from roles_in(party.type)
            for one in values_in(party):
                yield from roles_in(one.type)
        case AnyOf(choices=parts) | AllOf(parts=parts):
            for part in parts:
                yield from roles_of(part)


def spoken_roles(model: ContractModel) -> Iterator[str]:
    """Yield the roles that parameters and events have as their types."""
    parameters: list[ParameterModel] = [
        *(parameter for one in model.actions.values() for parameter in one.parameters),
        *(parameter for one in model.clauses.values() for parameter in one.parameters),
        *(parameter for one in model.rules.values() for parameter in one.parameters),
    ]
    for parameter in parameters:
        yield from roles_in(parameter.local.type)
    for event in model.events.values():
        for _, held in event.parameters:
            yield from roles_in(held)


def roles_in(held: Type) -> tuple[str, ...]:
    """Return the roles that a type names."""
    match held:
        case RoleType(roles=roles):
            return roles
        case OptionalType(base=inner) | ListType(item=inner) | SetType(item=inner):
            return roles_in(inner)
    return ()
