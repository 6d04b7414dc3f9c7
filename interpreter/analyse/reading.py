"""Reading: what an action tells those about records whom `seen by` does not name.

In comes a model; out come warnings. A record that an action takes as a parameter is hidden from
outsiders: they are refused alike whether it exists or not. A record that the body looks up by a key
that the caller gives answers the question that `seen by` was to leave open.
"""

from __future__ import annotations

from collections.abc import Iterable

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.interpreter.analyse.authority import quoted
from servanda.interpreter.model import (
    AllOf,
    AnyOf,
    Authority,
    Body,
    ContractModel,
    LocalValue,
    ParameterModel,
    RecordLookup,
    RecordModel,
    SignedByContract,
    SignedByQuorum,
    SignedByRole,
)
from servanda.interpreter.types import RecordType
from servanda.interpreter.walk import contracts_below, values_of_body


def analyse_reading(model: ContractModel, diagnostics: Diagnostics) -> None:
    """Warn of actions and asked rules that tell outsiders whether a hidden record exists."""
    hidden = {
        record.type: record
        for contract in contracts_below(model)
        for record in contract.records.values()
        if record.seen_by is not None
    }
    if not hidden:
        return
    for action in model.actions.values():
        _analyse_body(action.body, action.parameters, action.authority, hidden, diagnostics)
    for rule in model.rules.values():
        if rule.authority is not None:
            _analyse_body(rule.body, rule.parameters, rule.authority, hidden, diagnostics)


def _analyse_body(
    body: Body,
    parameters: Iterable[ParameterModel],
    authority: Authority,
    hidden: dict[RecordType, RecordModel],
    diagnostics: Diagnostics,
) -> None:
    given = {one.local.number: one for one in parameters}
    for value in values_of_body(body):
        if not isinstance(value, RecordLookup) or value.record not in hidden:
            continue
        keys = [given.get(one.local.number) for one in value.keys if isinstance(one, LocalValue)]
        # A key that the contract works out itself is not the caller's question.
        if len(keys) < len(value.keys) or None in keys:
            continue
        record = hidden[value.record]
        assert record.seen_by is not None, "only hidden records are looked at"
        if not is_within(authority, record.seen_by):
            diagnostics.report(_told(value, record, authority))


def is_within(authority: Authority, seen_by: Authority) -> bool:
    """Whether whoever satisfies an authority is by a role among those who see every record."""
    match authority:
        case SignedByRole(roles=roles) | SignedByQuorum(roles=roles):
            return set(roles) <= roles_within(seen_by)
        case SignedByContract():
            return True  # Contracts that call are not asked who they are.
        case AnyOf(choices=choices):
            return all(is_within(one, seen_by) for one in choices)
        case AllOf(parts=parts):
            return any(is_within(one, seen_by) for one in parts)
        case _:
            return False


def roles_within(seen_by: Authority) -> set[str]:
    """Return the roles whose every member sees every record."""
    match seen_by:
        case SignedByRole(roles=roles):
            return set(roles)
        case AnyOf(choices=choices):
            return {role for one in choices for role in roles_within(one)}
        case _:
            return set()


def _told(value: RecordLookup, record: RecordModel, authority: Authority) -> Diagnostic:
    assert record.seen_by is not None, "only hidden records are looked at"
    name = record.type.name
    return Diagnostic(
        "W0453",
        f"this tells outsiders whether a record `{name}` exists",
        value.span,
        "the key is the caller's",
        (
            Label(authority.span, f"{quoted(authority)} may ask"),
            Label(record.seen_by.span, "only these may know of the record"),
        ),
        help=f"take the `{name}` itself as a parameter: then outsiders are refused alike",
    )
