"""What the tests of the checker share: one contract, and a way to check one expression in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse, parse_expression
from servanda.grammar.source import Source, Span
from servanda.interpreter.check.declare import declare
from servanda.interpreter.check.expression import fitted, value_of
from servanda.interpreter.check.fixed_fields import Assigned
from servanda.interpreter.check.scope import Checking, Place, Scope
from servanda.interpreter.check.symbols import EnumSymbol, LifecycleSymbol, RecordSymbol
from servanda.interpreter.model import Bound, Value
from servanda.interpreter.types import (
    DECIMAL,
    INT,
    PARTY,
    TEXT,
    AmountType,
    FixedUnit,
    RowType,
    Type,
    show_type,
)

CONTRACT = """\
contract Loans version 1
role Bank, Police
unit AdPoint decimals 0
enum Kind: A, B
lifecycle Stage
  A -> Done
  Done
lifecycle Standing
  Normal -> Grey | Black
  Grey -> Black
  Black
record Account[number: Text]
  holder: Bank
  currency: Currency
  balance: Balance of currency
  limit: Amount of currency = 0
  cash: Balance of CNY
  opened: Date
  term: Int in 1..360
  note: Text?
  memo: Text?
  kinds: List of Kind
  digest: Hash?
  standing: Standing
record Transfer[id: Serial]
  source: Account
  other: Account?
  amount: Amount of source.currency
  sent: Time
  moving: Currency
  stage: Stage
record Rate[bank: Bank, day: Date]
  rate: Decimal
event Paid(account: Account, amount: Amount of account.currency)
rule fee(account: Account, amount: Amount of account.currency): Amount of account.currency = 0
rule plain(unit_of: Currency, amount: Amount of unit_of): Amount of unit_of = amount
decision both
  | kind: Kind || first: Int | second: Text |
  | -          || 1          | "one"        |
decision verdict
  | kind: Kind || standing: Standing |
  | -          || Grey               |
clause stop(transfer: Transfer)
  transfer.moving = CNY
  transfer.source.memo = missing
action open(number: Text): Int
  by Bank
  give 1
action pay(account: Account, amount: Amount of account.currency)
  by Bank
  emit Paid(account, amount)
"""

NOWHERE = Span("test", 0, 0)


@dataclass(frozen=True)
class Checked:
    """An expression as it was checked, and what was found wrong with it."""

    value: Value
    scope: Scope
    found: Diagnostics

    @property
    def type(self) -> str:
        """The type as people write it."""
        return show_type(self.value.type)

    @property
    def codes(self) -> list[str]:
        """The codes of what is wrong, in the order of the source."""
        return [one.code for one in self.found]

    @property
    def advice(self) -> str:
        """The help of the only thing that is wrong."""
        (one,) = self.found
        return one.help


Elaborate = Callable[..., Checked]


@pytest.fixture(scope="session")
def checking() -> Checking:
    """Return the declarations of the contract."""
    diagnostics = Diagnostics()
    outline = declare(parse(Source("loans", CONTRACT), diagnostics), {}, diagnostics)
    assert [one.message for one in diagnostics] == []
    return outline.checking


def scope_in(checking: Checking, place: Place) -> Scope:
    """Return a scope with a local of every kind."""
    checking.diagnostics = Diagnostics()
    checking.misnamed.clear()
    checking.told.clear()
    # What a path of a unit finds assigned would be reported at the assignment, in a contract.
    checking.assigned = Assigned()
    scope = Scope(checking, place)
    symbols = checking.declarations.symbols
    types: dict[str, Type] = {
        "n": INT,
        "x": DECIMAL,
        "text": TEXT,
        "party": PARTY,
        "amount": AmountType(FixedUnit("CNY", 2)),
        "dollars": AmountType(FixedUnit("USD", 2)),
        "row": RowType(),
    }
    named = {"a": "Account", "b": "Account", "t": "Transfer", "kind": "Kind", "state": "Standing"}
    for name, declared in named.items():
        symbol = symbols[declared]
        assert isinstance(symbol, RecordSymbol | EnumSymbol | LifecycleSymbol)
        types[name] = symbol.type
    for name, held in types.items():
        scope.bind(name, held, NOWHERE)
    term = scope.bind("term", INT, NOWHERE)
    checking.bounds[term.number] = Bound(low=1, high=360)
    return scope


@pytest.fixture(scope="session")
def make_scope(checking: Checking) -> Callable[..., Scope]:
    """Return a function that makes a scope, in an action unless another place is named."""
    return lambda place=Place.ACTION: scope_in(checking, place)


@pytest.fixture
def elaborate(checking: Checking) -> Elaborate:
    """Return a function that checks one expression, in an action unless another place is named."""

    def check(text: str, place: Place = Place.ACTION, wanted: Type | None = None) -> Checked:
        scope = scope_in(checking, place)
        tree = parse_expression(Source("test", text), checking.diagnostics)
        assert tree is not None, [one.message for one in checking.diagnostics]
        value = (
            value_of(tree, scope) if wanted is None else fitted(tree, wanted, scope, "the value")
        )
        return Checked(value, scope, checking.diagnostics)

    return check
