"""Who may do it: what `by` and `seen by` may name, and what an alias stands for."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import (
    AllOf,
    AnyOf,
    ContractModel,
    FieldValue,
    LocalValue,
    SignedByContract,
    SignedByParty,
    SignedByQuorum,
    SignedByRole,
)
from servanda.interpreter.types import PARTY, RoleType, SetType, Type

BASE = """contract Bank version 1
role Teller, Clerk
record Account[number: Text]
  holder: Teller
  owner: Party
  guest: Party?
  count: Int = 0
"""


def check(text: str) -> tuple[ContractModel | None, list[Diagnostic]]:
    """Return the model of `text` behind the shared declarations, and what is wrong with it."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", BASE + text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    return check_contract(file, {}, diagnostics), list(diagnostics)


def errors_in(text: str) -> list[tuple[str, str]]:
    """Return the code of each error with the text that it points at."""
    whole = BASE + text
    found = [one for one in check(text)[1] if not one.is_warning]
    return [(one.code, whole[one.span.start : one.span.end]) for one in found]


def action(by: str, line: str = "x.count = 1") -> str:
    """Return an action that `by` allows."""
    return f"action a(x: Account)\n  by {by}\n  {line}\n"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("Tellre", [("E0402", "Tellre")]),
        ("Account", [("E0402", "Account")]),
        ("x", [("E0402", "x")]),
        ("x.number", [("E0402", "x.number")]),
        ("x.guest", [("E0402", "x.guest")]),
        ("x.nothing", [("E0213", "nothing")]),
        ("2 of x.holder", [("E0403", "x.holder")]),
        ("0 of Teller", [("E0403", "0 of Teller")]),
        ("Teller as t or Clerk", [("E0405", "t")]),
        ("Teller as t and Clerk as t", [("E0405", "t")]),
        ("2 of Teller as t or Clerk as t", [("E0405", "t")]),
        ("Teller as x", [("E0253", "x")]),
        ("Teller as Clerk", [("E0252", "Clerk")]),
    ],
)
def test_a_wrong_signer_is_told(by: str, expected: list[tuple[str, str]]) -> None:
    """Each mistake is reported once, at the signer that is wrong."""
    assert errors_in(action(by)) == expected


def test_an_action_says_by_whom() -> None:
    """An action without `by` is nobody's."""
    assert errors_in("action a(x: Account)\n  x.count = 1\n") == [("E0401", "a")]


@pytest.mark.parametrize(
    ("seen_by", "expected"),
    [
        ("Teller and holder", "Teller and holder"),
        ("2 of Teller", "2 of Teller"),
        ("contract Other", "contract Other"),
        ("holder as h", "h"),
    ],
)
def test_a_reader_is_one_member(seen_by: str, expected: str) -> None:
    """`seen by` names roles and parties, one by one."""
    text = f"record R[a: Int]\n  seen by {seen_by}\n  holder: Party\n"
    assert errors_in(text) == [("E0404", expected)]


def test_own_fields_are_bare_names_in_seen_by() -> None:
    """`seen by` speaks of the record itself and of what it refers to."""
    text = "record R[a: Int]\n  seen by holder or account.owner or Teller\n"
    model, found = check(text + "  holder: Party\n  account: Account\n")
    assert model is not None, found
    record = model.records["R"]
    assert isinstance(record.seen_by, AnyOf)
    holder, owner, role = record.seen_by.choices
    assert isinstance(holder, SignedByParty)
    assert isinstance(holder.party, FieldValue)
    assert isinstance(holder.party.object, LocalValue)
    assert holder.party.object.local == record.this
    assert isinstance(owner, SignedByParty)
    assert isinstance(role, SignedByRole)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("Teller as t", RoleType("Bank", ("Teller",))),
        ("x.holder as t", RoleType("Bank", ("Teller",))),
        ("Teller as t or Clerk as t", RoleType("Bank", ("Teller", "Clerk"))),
        ("Teller as t or x.owner as t", PARTY),
        ("2 of Teller as t", SetType(RoleType("Bank", ("Teller",)))),
        ("Clerk and Teller as t", RoleType("Bank", ("Teller",))),
        ("(Clerk and Teller as t) or Teller as t", RoleType("Bank", ("Teller",))),
    ],
)
def test_an_alias_names_who_signed(by: str, expected: Type) -> None:
    """Its type is what all choices that bind it have in common."""
    model, found = check(action(by, "let who = t"))
    assert model is not None, found
    local = model.actions["a"].body[0].value.local  # type: ignore[attr-defined]
    assert local.name == "t"
    assert local.type == expected


def test_every_choice_binds_the_same_local() -> None:
    """Whoever signs, the body sees them under one name."""
    model, found = check(action("Teller as t or x.owner as t", "let who = t"))
    assert model is not None, found
    authority = model.actions["a"].authority
    assert isinstance(authority, AnyOf)
    first, second = authority.choices
    assert isinstance(first, SignedByRole)
    assert isinstance(second, SignedByParty)
    assert first.alias is not None
    assert first.alias == second.alias


def test_authority_is_what_was_written() -> None:
    """Roles, parties, quorums and contracts, joined by `and` and `or`."""
    model, found = check(action("Teller and 2 of Clerk or contract Other"))
    assert model is not None, found
    authority = model.actions["a"].authority
    assert isinstance(authority, AnyOf)
    both, other = authority.choices
    assert isinstance(both, AllOf)
    assert [type(one) for one in both.parts] == [SignedByRole, SignedByQuorum]
    assert isinstance(other, SignedByContract)
    assert other.contract == "Other"


def test_a_rule_may_be_asked_by_its_authority() -> None:
    """The parameters of a rule are visible in its `by`."""
    model, found = check("rule r(x: Account): Int\n  by x.holder or Clerk\n  give x.count\n")
    assert model is not None, found
    assert isinstance(model.rules["r"].authority, AnyOf)
