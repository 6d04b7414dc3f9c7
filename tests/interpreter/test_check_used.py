"""What a contract reads of another that it uses: records, rules, names of sets, actions."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import ContractModel

OTHER = """\
contract Other version 1
enum Kind: P, Q
record Thing[id: Text]
  kind: Kind
rule kind_of(thing: Thing): Kind = thing.kind
action make(id: Text, kind: Kind): Thing
  by contract Mine
  give create Thing(id: id, kind: kind)
"""

MINE = """\
contract Mine version 1
use Other as o
role Bank
action go(thing: o.Thing)
  by Bank
  {}
"""


@pytest.fixture(scope="module")
def other() -> ContractModel:
    """Return the contract that is used."""
    found = Diagnostics()
    model = check_contract(parse(Source("other", OTHER), found), {}, found)
    assert model is not None
    return model


def codes(statement: str, other: ContractModel) -> list[str]:
    """Return the errors of a contract whose only action is this statement."""
    found = Diagnostics()
    check_contract(parse(Source("mine", MINE.format(statement)), found), {"Other": other}, found)
    return [one.code for one in found if not one.is_warning]


@pytest.mark.parametrize(
    "statement",
    [
        'require thing.kind == P else BAD "no"',
        'require o.Kind.P == thing.kind or thing.kind is Q else BAD "no"',
        'require o.kind_of(thing) == o.P else BAD "no"',
        'require o.Thing["x"] is missing else BAD "{thing}"',
        'let made = o.make("x", Q)\n  require made.kind is P else BAD "no"',
        'o.make("x", P)',
    ],
)
def test_another_contract_is_read(other: ContractModel, statement: str) -> None:
    """Its names are read behind its alias, or guided by a type that is its own."""
    assert codes(statement, other) == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ('require o.kinds(thing) == o.P else BAD "no"', "E0219"),
        ('require o.R == thing.kind else BAD "no"', "E0219"),
        ('require o.Thing == thing else BAD "no"', "E0211"),
        ('require o.make("x", Q).id == "x" else BAD "no"', "E0329"),
        ('create o.Thing(id: "x", kind: P)', "E0220"),
        ('let made = o.make(id: "x")', "E0308"),
    ],
)
def test_what_another_contract_does_not_offer(
    other: ContractModel, statement: str, code: str
) -> None:
    """One mistake is one diagnostic, also across contracts."""
    assert codes(statement, other) == [code]
