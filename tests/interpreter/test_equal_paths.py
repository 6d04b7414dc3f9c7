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
from servanda.interpreter.check.equal_paths import Equals, are_equal
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


def among(pairs: list[tuple[Unit, Unit]]) -> Equals:
    """Return what says which paths are equal: these pairs, both ways round."""
    return lambda path: [
        other for pair in pairs for one, other in (pair, pair[::-1]) if one == path
    ]


FIELDS = ("f", "g", "c")
"""Two fields that hold records, and one that holds a Currency, behind which nothing is read."""
RECORDS: st.SearchStrategy[Unit] = st.builds(
    FieldUnit,
    st.integers(0, 2),
    st.just("x"),
    st.lists(st.sampled_from(FIELDS[:2]), max_size=2).map(tuple),
)
UNITS: st.SearchStrategy[Unit] = st.one_of(
    st.builds(
        lambda record: FieldUnit(record.root, "x", (*record.fields, "c")),
        RECORDS.filter(lambda one: isinstance(one, FieldUnit)),
    ),
    st.sampled_from([FixedUnit("CNY", 2), FixedUnit("USD", 2)]),
)
PAIRS = st.tuples(RECORDS, RECORDS) | st.tuples(UNITS, UNITS)

Node = int
Model = tuple[tuple[Node, ...], dict[tuple[Node, str], Node], dict[str, Node]]

MODELS: st.SearchStrategy[Model] = st.tuples(
    st.tuples(*[st.integers(0, 3)] * 3),
    st.fixed_dictionaries({key: st.integers(0, 3) for key in itertools.product(range(4), FIELDS)}),
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


@given(MODELS, st.lists(PAIRS, max_size=6), PAIRS)
def test_what_is_taken_for_one_is_one(
    model: Model, pairs: list[tuple[Unit, Unit]], asked: tuple[Unit, Unit]
) -> None:
    """In every state in which what was learned holds, so does what follows from it."""
    left, right = asked
    holding = [pair for pair in pairs if meaning(pair[0], model) == meaning(pair[1], model)]
    if are_equal(left, right, among(holding)):
        assert meaning(left, model) == meaning(right, model)


@given(st.lists(PAIRS, max_size=6), PAIRS)
def test_equality_is_symmetric(pairs: list[tuple[Unit, Unit]], asked: tuple[Unit, Unit]) -> None:
    """The order in which paths and pairs are told does not matter, and every search ends."""
    left, right = asked
    turned = [(second, first) for first, second in reversed(pairs)]
    assert are_equal(left, right, among(pairs)) == are_equal(right, left, among(turned))


def test_a_circle_of_records_is_no_endless_path() -> None:
    """`x.f == x` says that `x.f.f` is `x` as well."""
    path = [FieldUnit(0, "x", ("f",) * length) for length in range(60)]
    circle = among([(path[1], path[0])])
    assert are_equal(path[59], path[0], circle)
    assert not are_equal(path[59], FieldUnit(0, "x", ("g",)), circle)


@given(st.lists(st.tuples(RECORDS, RECORDS), max_size=5), RECORDS, RECORDS)
def test_what_follows_is_found(pairs: list[tuple[Unit, Unit]], left: Unit, right: Unit) -> None:
    """All that replacing beginnings by their equals leads to is found, in any number of steps."""
    names = {left}
    for _ in range(4):
        names |= {
            FieldUnit(there.root, "x", there.fields + path.fields[len(here.fields) :])
            for path in names
            for pair in pairs
            for here, there in (pair, pair[::-1])
            if isinstance(path, FieldUnit)
            and isinstance(here, FieldUnit)
            and isinstance(there, FieldUnit)
            and path.root == here.root
            and path.fields[: len(here.fields)] == here.fields
            and len(there.fields) + len(path.fields) - len(here.fields) <= 4
        }
    if right in names:
        assert are_equal(left, right, among(pairs))


def test_many_records_of_one_are_no_more_work_each() -> None:
    """A name that many share is looked up from those that have few."""
    asked: list[Unit] = []
    hub = FieldUnit(0, "p", ())
    held = [FieldUnit(number, "h", ("payment",)) for number in range(1, 1001)]
    equals: dict[Unit, list[Unit]] = {hub: [*held], **{one: [hub] for one in held}}

    def look(path: Unit) -> list[Unit]:
        asked.append(path)
        return equals.get(path, [])

    for one in held:
        unit = FieldUnit(one.root, "h", ("payment", "currency"))
        assert are_equal(FieldUnit(0, "p", ("currency",)), unit, look)
    assert len(asked) < 4 * len(held)
