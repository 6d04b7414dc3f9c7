"""Paths known to be one: what is held in them is one, and so is the unit of their money."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.check.equal_paths import are_equal
from servanda.interpreter.types import FieldUnit, FixedUnit, Unit

HEAD = """contract Holds version 1
role Bank
record Payment[id: Serial]
  payer: Bank
  currency: Currency
  money: Balance of currency
record Rate[currency: Currency]
  paid: Balance of currency
record Hold[id: Serial]
  payment: Payment
  second: Payment?
  moving: Payment
  money: Balance of payment.currency
record Claim[hold: Hold]
  money: Balance of hold.payment.currency
action point(h: Hold, p: Payment)
  by Bank
  h.moving = p
"""
ACTION = """action a(p: Payment, q: Payment, x: Hold, n: Int, amount: Amount of p.currency)
  by Bank as bank
"""
CREATE = "let h = create Hold(payment: p, second: q, moving: q)"
CREATE_OTHER = "let h = create Hold(payment: q, second: p, moving: p)"
PAYMENT = "create Payment(payer: bank, currency: p.currency)"


def codes_of(*lines: str) -> list[str]:
    """Return the codes of the errors of a contract whose action has these lines."""
    text = HEAD + ACTION + "".join(f"  {line}\n" for line in lines)
    diagnostics = Diagnostics()
    file = parse(Source("holds.contract", text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    check_contract(file, {}, diagnostics)
    return [one.code for one in diagnostics if not one.is_warning]


RIGHT = [
    (CREATE, "issue amount to h.money"),
    (CREATE, "move amount from p.money to h.money"),
    (CREATE, "if n > 1", "  issue amount to h.money"),
    (CREATE, "let same = h", "issue amount to same.money"),
    ("let same = p", "let h = create Hold(payment: same, moving: q)", "issue amount to h.money"),
    (CREATE, "let c = create Claim(hold: h)", "issue amount to c.money"),
    (
        f"let c = create Claim(hold: create Hold(payment: {PAYMENT}, moving: q))",
        "issue amount to c.money",
    ),
    ("let r = create Rate(currency: p.currency)", "issue amount to r.paid"),
    ("let r = Rate[p.currency]", "issue amount to r.paid"),
    (CREATE, "let c = Claim[h]", "issue amount to c.money"),
    ('require x.payment == p else OTHER "other"', "issue amount to x.money"),
    ('require x.payment == q and q == p else OTHER "other"', "issue amount to x.money"),
    ("if x.payment != p", '  refuse OTHER "other"', "issue amount to x.money"),
    ("for one in Hold where one.payment == p", "  issue amount to one.money"),
    (
        "for one in Hold where one.payment == p",
        "  let c = create Claim(hold: one)",
        "  issue amount to c.money",
    ),
    ("issue sum(one.money for one in Hold where one.payment == p) to p.money",),
]


@pytest.mark.parametrize("lines", RIGHT)
def test_one_record_has_one_unit(lines: tuple[str, ...]) -> None:
    """What a record was made with, or a guard compares, is held under both names."""
    assert codes_of(*lines) == []


UNSOUND = [
    # Another record, or another field of it.
    ((CREATE_OTHER, "issue amount to h.money"), "E0303"),
    ((CREATE, "issue amount to q.money"), "E0303"),
    (("issue amount to x.money",), "E0303"),
    (('require x.payment != p else OTHER "other"', "issue amount to x.money"), "E0303"),
    (('require x.payment == p or n > 1 else OTHER "other"', "issue amount to x.money"), "E0303"),
    # A field that is assigned somewhere, or may be missing.
    (('require x.moving == p else OTHER "other"', "let m = x.moving", "issue amount to m.money"),
     "E0303"),
    (('require x.moving == p and x.payment == x.moving else OTHER "other"',
      "issue amount to x.money"), "E0303"),
    ((CREATE_OTHER, 'require h.second is not missing else NONE "none"', "let m = h.second",
      "issue amount to m.money"), "E0303"),
    # What was known on one way, or in one turn.
    (("if n > 1", "  " + 'require x.payment == p else OTHER "other"', "issue amount to x.money"),
     "E0303"),
    (("for one in Hold where one.payment == p", '  require n > 1 else FEW "few"',
      "issue amount to x.money"), "E0303"),
    (("issue sum(one.money for one in Hold where one.payment == q) to p.money",), "E0303"),
    # A local that is set again holds no unit at all, before or after.
    ((CREATE, "issue amount to h.money", "h = x"), "E0326"),
    ((CREATE, "h = x", "issue amount to h.money"), "E0326"),
    ((CREATE, "for one in Hold where one.payment == q", "  h = one",
      "issue amount to h.money"), "E0326"),
    (("let m = p", "let h = create Hold(payment: m, moving: q)", "m = q",
      "issue amount to h.money"), "E0303"),
    (("let m = p", 'require x.payment == m else OTHER "other"', "m = q",
      "issue amount to x.money"), "E0303"),
    (("let c = p.currency", "let r = create Rate(currency: c)", "c = q.currency",
      "issue amount to r.paid"), "E0303"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "code"), UNSOUND)
def test_nothing_else_is_taken_for_one(lines: tuple[str, ...], code: str) -> None:
    """Yuan never reach what may hold dollars."""
    assert codes_of(*lines) == [code]


NAMES = st.sampled_from(["f", "g"])
PATHS: st.SearchStrategy[Unit] = st.one_of(
    st.builds(FieldUnit, st.integers(0, 2), st.just("x"), st.lists(NAMES, max_size=2).map(tuple)),
    st.sampled_from([FixedUnit("CNY", 2), FixedUnit("USD", 2)]),
)

Node = int
Model = tuple[tuple[Node, ...], dict[tuple[Node, str], Node], dict[str, Node]]

MODELS: st.SearchStrategy[Model] = st.tuples(
    st.tuples(*[st.integers(0, 3)] * 3),
    st.fixed_dictionaries(
        {key: st.integers(0, 3) for key in itertools.product(range(4), ("f", "g"))}
    ),
    st.fixed_dictionaries({"CNY": st.integers(0, 3), "USD": st.integers(0, 3)}),
)
"""What locals, fields and units could stand for in some state."""


def meaning(path: Unit, model: Model) -> Node:
    """Return what a path leads to."""
    roots, fields, units = model
    if isinstance(path, FixedUnit):
        return units[path.code]
    found = roots[path.root]
    for name in path.fields:
        found = fields[found, name]
    return found


@given(MODELS, st.lists(st.tuples(PATHS, PATHS), max_size=6), PATHS, PATHS)
def test_what_is_taken_for_one_is_one(
    model: Model, pairs: list[tuple[Unit, Unit]], left: Unit, right: Unit
) -> None:
    """In every state in which what was learned holds, so does what follows from it."""
    holding = [pair for pair in pairs if meaning(pair[0], model) == meaning(pair[1], model)]
    if are_equal(left, right, holding):
        assert meaning(left, model) == meaning(right, model)


@given(st.lists(st.tuples(PATHS, PATHS), max_size=6), PATHS, PATHS)
def test_equality_is_symmetric(pairs: list[tuple[Unit, Unit]], left: Unit, right: Unit) -> None:
    """The order in which paths and pairs are told does not matter, and every search ends."""
    turned = [(second, first) for first, second in reversed(pairs)]
    assert are_equal(left, right, pairs) == are_equal(right, left, turned)


def test_a_circle_of_records_is_no_endless_path() -> None:
    """`x.f == x` says that `x.f.f` is `x` as well."""
    path = [FieldUnit(0, "x", ("f",) * length) for length in range(60)]
    assert are_equal(path[59], path[0], [(path[1], path[0])])
    assert not are_equal(path[59], FieldUnit(0, "x", ("g",)), [(path[1], path[0])])
