"""Arguments from outside: whatever is sent, a call is done or refused, and never a fault."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servanda.interpreter.receipts import Amount, Call

World = Any

CONTRACT = """\
contract Types version 1
role Bank, Police
unit Point decimals 0
enum Kind: Red, Blue
lifecycle Stage
  Open -> Shut
  Shut
record Thing[name: Text]
  holder: Bank
  currency: Currency
  money: Balance of currency
  stage: Stage
record Day[bank: Bank, date: Date]
  rate: Decimal
record Note[thing: Thing, kind: Kind, number: Int]
  text: Text
record Paper[hash: Hash]
  text: Text
record Flag[is_on: Bool]
  text: Text
record Money[unit_of: Currency]
  text: Text
record Line[id: Serial]
  note: Note?
"""
TYPES = {
    "bool": "Bool",
    "int": "Int",
    "bounded": "Int in 1..3",
    "decimal": "Decimal",
    "text": "Text",
    "date": "Date",
    "time": "Time",
    "duration": "Duration",
    "hash": "Hash",
    "party": "Party",
    "role": "Bank",
    "currency": "Currency",
    "kind": "Kind",
    "states": "Stage",
    "yuan": "Amount of CNY",
    "points": "Amount of Point",
    "thing": "Thing",
    "shut": "Thing in Shut",
    "day": "Day",
    "note": "Note",
    "paper": "Paper",
    "flag": "Flag",
    "money": "Money",
    "line": "Line",
    "maybe": "Int?",
    "maybe_thing": "Thing?",
    "maybe_yuan": "Amount of CNY?",
    "ints": "List of Int",
    "kinds": "Set of Kind",
    "decimals": "Set of Decimal",
    "things": "List of Thing",
    "thing_set": "Set of Thing",
    "amounts": "List of Amount of CNY",
    "nested": "List of List of Int",
}
CONTRACT += "".join(
    f"action take_{name}(value: {type_})\n  by Bank\n  let kept = [value]\n  for one in kept\n"
    f'    notify boss that "taken"\n'
    for name, type_ in TYPES.items()
).replace("  by Bank\n", "  by Bank as boss\n")
CONTRACT += """\
action make(name: Text, currency: Currency)
  by Bank as bank
  let thing = create Thing(name: name, holder: bank, currency: currency)
  let note = create Note(thing: thing, kind: Red, number: 1, text: "x")
  create Line(note: note)
action furnish(hash: Hash, date: Date)
  by Bank as bank
  create Day(bank: bank, date: date, rate: 1)
  create Paper(hash: hash, text: "x")
  create Flag(is_on: true, text: "x")
  create Money(unit_of: CNY, text: "x")
action earn(thing: Thing, amount: Amount of thing.currency, more: Amount of thing.currency?)
  by Bank
  issue amount to thing.money
  if more is not missing
    issue more to thing.money
action earn_all(thing: Thing, amounts: List of Amount of thing.currency)
  by Bank
  for amount in amounts
    issue amount to thing.money
"""
HASH = bytes(range(32))


@pytest.fixture(scope="module")
def types() -> World:
    """Return a world with one record of each kind."""
    world = worlds.world(CONTRACT, members="Bank:icbc,gone Police:pd")
    world.machine.members.suspend("gone")
    world.does("icbc", "make", "a", "CNY")
    world.does("icbc", "make", "p", "Point")
    world.does("icbc", "furnish", HASH, 20_000)
    return world


GOOD: dict[str, list[Any]] = {
    "bool": [True, False],
    "int": [0, -1, 10**34 - 1, 1 - 10**34],
    "bounded": [1, 3],
    "decimal": [0, 5, Decimal("1.50"), Decimal("-0"), Decimal(10) ** 30, Decimal("1E-6176")],
    "text": ["", "账户", "a" * 4096, "é" * 2048],
    "date": [-719_162, 0, 2_932_896],
    "time": [0, -62_135_596_800_000, 253_402_300_799_999],
    "duration": [0, -5],
    "hash": [HASH, HASH.hex()],
    "party": ["icbc", "pd"],
    "role": ["icbc"],
    "currency": ["CNY", "JPY", "Point"],
    "kind": ["Red"],
    "states": ["Shut"],
    "yuan": [Amount(0, "CNY"), Amount(10**27 - 1, "CNY")],
    "points": [Amount(3, "Point")],
    "thing": ["a"],
    "shut": [],
    "day": [("icbc", 20_000)],
    "note": [("a", "Red", 1)],
    "paper": [HASH],
    "flag": [True],
    "money": ["CNY"],
    "line": [1, 2],
    "maybe": [None, 5],
    "maybe_thing": [None, "a"],
    "maybe_yuan": [None, Amount(1, "CNY")],
    "ints": [(), (1, 2), [3, 3], tuple(range(1000))],
    "kinds": [(), ("Red",), ("Blue", "Red")],
    "decimals": [(Decimal(1), 2)],
    "things": [("a", "p", "a")],
    "thing_set": [("p", "a")],
    "amounts": [(Amount(1, "CNY"), Amount(0, "CNY"))],
    "nested": [((1,), ()), [[1], (2, 3)]],
}


class Name(str):
    """A text that lies about itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError


class Liar:
    """A value that can be neither hashed, compared, shown nor counted."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


def deep(count: int) -> object:
    """Return a tuple in a tuple in a tuple, and so on."""
    value: object = 1
    for _ in range(count):
        value = (value,)
    return value


class Whole(int):
    """An int that is none."""


MALFORMED: list[Any] = [
    (),
    (1,),
    (1, "CNY", 2),
    (1.0, "CNY"),
    (1, Liar()),
    (1, Name("CNY")),
    ([], []),
]

HOSTILE: list[Any] = [
    *(None, True, 1, -1, 4, 1.0, float("nan"), float("inf"), 10**34, -(10**34), 10**5000),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+7000"), Decimal("1E-7000")),
    *(Decimal("1" * 35), Decimal("9.9E+6144") * 1, Decimal("-0"), Whole(1), 1 + 0j),
    *(
        "",
        "a",
        "nobody",
        "icbc",
        "gone",
        "pd",
        "CNY",
        "EUROS",
        "Red",
        "Shut",
        "x" * 4097,
        "é" * 2049,
    ),
    *("a\n", "a\u202eb", "\u200f", "\ud800", "a\x00", "0" * 64, "A" * 64, "a" * 129, "\U000e0041"),
    *(Name("a"), Name("CNY"), Liar(), object(), int, b"", b"x" * 32, HASH, bytearray(32)),
    *((), (1,), ("a",), [], {}, set(), {"a": 1}, {"a"}, frozenset({"a"}), range(3)),
    *(("a", "Red", True), ("a", "Red", 1.0), ("a", "Red"), ("a", ["Red"], 1), (("a",), "Red", 1)),
    *(("icbc", 20_000, 1), ("icbc", True), ("icbc", {}), ("icbc", 10**40), deep(3), deep(100_000)),
    *(tuple(range(1001)), (1, 1), ("Red", "Red"), ("a", "a"), ("a", None), (None,), ((None,),)),
    *(
        Amount(1, "CNY"),
        Amount(1, "USD"),
        Amount(-1, "CNY"),
        Amount(True, "CNY"),
        Amount(10**27, "CNY"),
    ),
    *[tuple.__new__(Amount, parts) for parts in MALFORMED],
    (1, "CNY"),
    *((Amount(1, "CNY"), Amount(1, "USD")), (Amount(1, "CNY"), None), [Liar()], (Liar(),)),
]


@pytest.mark.parametrize("name", TYPES)
def test_good_values_are_taken(types: World, name: str) -> None:
    """Every type takes its least, its largest and its plain values."""
    for value in GOOD[name]:
        assert types.code("icbc", f"take_{name}", value) is None, value


@pytest.mark.parametrize("name", TYPES)
def test_hostile_values_are_refused(types: World, name: str) -> None:
    """Nothing but a refusal ever comes out, and it is one of arguments or of missing records."""
    good = {type(one) for one in GOOD[name]}
    if TYPES[name].startswith(("List", "Set")):
        good.add(list)
    for value in HOSTILE:
        code = types.run("icbc", f"take_{name}", value).code
        if code is None:
            # What is taken has exactly the form of a good value.
            assert type(value) in good, value
        else:
            assert code in {"BAD_ARGUMENT", "MISSING_RECORD", "WRONG_STATE"}, (code, value)
        assert types.run("icbc", f"take_{name}", value).code == code


@pytest.mark.parametrize(
    ("action", "value", "code"),
    [
        ("bool", 1, "BAD_ARGUMENT"),
        ("int", True, "BAD_ARGUMENT"),
        ("int", Whole(1), "BAD_ARGUMENT"),
        ("bounded", 4, "BAD_ARGUMENT"),
        ("decimal", True, "BAD_ARGUMENT"),
        ("decimal", 1.5, "BAD_ARGUMENT"),
        ("decimal", Decimal("NaN"), "BAD_ARGUMENT"),
        ("decimal", Decimal("1" * 35), "BAD_ARGUMENT"),
        ("text", "a\u202eb", "BAD_ARGUMENT"),
        ("text", "\ud800", "BAD_ARGUMENT"),
        ("text", "é" * 2049, "BAD_ARGUMENT"),
        ("currency", "EUROS", "BAD_ARGUMENT"),
        ("role", "pd", "BAD_ARGUMENT"),
        ("role", "gone", "BAD_ARGUMENT"),
        ("party", "gone", "BAD_ARGUMENT"),
        ("yuan", Amount(1, "USD"), "BAD_ARGUMENT"),
        ("yuan", Amount(-1, "CNY"), "BAD_ARGUMENT"),
        ("yuan", Amount(True, "CNY"), "BAD_ARGUMENT"),
        ("maybe_yuan", Amount(-1, "CNY"), "BAD_ARGUMENT"),
        ("yuan", 5, "BAD_ARGUMENT"),
        ("thing", "nobody", "MISSING_RECORD"),
        ("thing", "a" * 129, "BAD_ARGUMENT"),
        ("thing", "a\n", "BAD_ARGUMENT"),
        ("thing", ["a"], "BAD_ARGUMENT"),
        ("thing", {}, "BAD_ARGUMENT"),
        ("shut", "a", "WRONG_STATE"),
        ("line", True, "BAD_ARGUMENT"),
        ("line", 10**40, "BAD_ARGUMENT"),
        ("line", 3, "MISSING_RECORD"),
        ("note", ("a", "Red", True), "BAD_ARGUMENT"),
        ("note", ("a", "Green", 1), "BAD_ARGUMENT"),
        ("note", ("a", "Red", 2), "MISSING_RECORD"),
        ("note", (("a",), "Red", 1), "BAD_ARGUMENT"),
        ("paper", b"x", "BAD_ARGUMENT"),
        ("flag", 1, "BAD_ARGUMENT"),
        ("flag", False, "MISSING_RECORD"),
        ("money", "USD", "MISSING_RECORD"),
        ("maybe_thing", "nobody", "MISSING_RECORD"),
        ("things", ("a", "nobody"), "MISSING_RECORD"),
        ("things", ("nobody", 5), "BAD_ARGUMENT"),
        ("ints", tuple(range(1001)), "BAD_ARGUMENT"),
        ("kinds", ("Red", "Red"), "BAD_ARGUMENT"),
        ("decimals", (Decimal(1), Decimal("1.0")), "BAD_ARGUMENT"),
        ("thing_set", ("a", "a"), "BAD_ARGUMENT"),
    ],
)
def test_the_code_says_what_is_wrong(types: World, action: str, value: object, code: str) -> None:
    """A value of the wrong form is a bad argument; one that names nothing, a missing record."""
    assert types.code("icbc", f"take_{action}", value) == code


def test_calls_of_any_contents_are_answered(types: World) -> None:
    """Whatever stands in the parts of a call, it gets a receipt."""
    odd: list[Any] = [
        None,
        1,
        "a",
        b"a",
        [],
        {},
        object(),
        Liar(),
        Name("Types"),
        ("a", ["b"]),
        (1,),
    ]
    for one in odd:
        unknown = types.machine.execute(Call(one, "make", (), ("icbc",)))
        assert unknown.code == "UNKNOWN_ACTION"
        assert types.machine.execute(Call("Types", one, (), ("icbc",))).code == "UNKNOWN_ACTION"
        arguments = types.machine.execute(Call("Types", "make", one, ("icbc",)))
        assert arguments.code == "BAD_ARGUMENT"
        signed = types.machine.execute(Call("Types", "take_int", (1,), one))
        assert signed.code == "BAD_ARGUMENT"
        assert types.machine.ask(Call(one, one, one, one)).code == "UNKNOWN_ACTION"
    assert types.code("", "take_int", 1) == "NOT_SIGNED"
    assert types.machine.execute(Call("Types", "take_int", (1,), (Name("icbc"),))).code == (
        "BAD_ARGUMENT"
    )
    types.machine.audit()


def test_an_amount_has_the_unit_that_a_field_names(types: World) -> None:
    """Where the unit is a field it is compared with the record's, at any depth."""
    assert types.code("icbc", "earn", "a", Amount(1, "CNY"), Amount(2, "CNY")) is None
    assert types.code("icbc", "earn", "p", Amount(1, "Point"), None) is None
    assert types.code("icbc", "earn", "p", Amount(1, "CNY"), None) == "BAD_ARGUMENT"
    assert types.code("icbc", "earn", "a", Amount(1, "CNY"), Amount(2, "USD")) == "BAD_ARGUMENT"
    assert types.code("icbc", "earn", "a", Amount(1, "CNY"), Amount(-2, "CNY")) == "BAD_ARGUMENT"
    assert types.code("icbc", "earn", "nobody", Amount(-1, "CNY"), None) == "BAD_ARGUMENT"
    both = (Amount(1, "CNY"), Amount(2, "CNY"))
    assert types.code("icbc", "earn_all", "a", both) is None
    assert types.code("icbc", "earn_all", "p", both) == "BAD_ARGUMENT"
    assert types.code("icbc", "earn_all", "a", (*both, Amount(1, "USD"))) == "BAD_ARGUMENT"


def test_what_an_argument_says_is_quoted_in_messages(types: World) -> None:
    """A text from a caller can neither hide nor break a message."""
    refused = types.run("icbc", "take_thing", 'x"y' * 10)
    assert refused.code == "MISSING_RECORD"
    assert '\\"' in refused.message
    refused = types.machine.execute(Call("Types", "a\n\ud800\u202e", (), ()))
    assert refused.message.isascii()


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.floats()
    | st.binary()
    | st.decimals()
    | st.sampled_from(["a", "icbc", "CNY", "Red", Amount(1, "CNY")]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(sorted(TYPES)), value=anything)
def test_nothing_but_a_receipt_comes_out(types: World, name: str, value: object) -> None:
    """No value of any type makes a call raise."""
    receipt = types.run("icbc", f"take_{name}", value)
    assert receipt.code in {None, "BAD_ARGUMENT", "MISSING_RECORD", "WRONG_STATE"}
