"""Expressions: the type of each that is right, and the code of each that is wrong."""

from __future__ import annotations

import string
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.grammar import tree
from servanda.interpreter.check.expression import fitted, value_of
from servanda.interpreter.check.scope import Place
from servanda.interpreter.model import (
    Arithmetic,
    Comparison,
    Constant,
    Conversion,
    Convert,
    CreateRecord,
    EnrolMember,
    HasRole,
    IsAbsent,
    IsName,
    IsWithin,
    ListValue,
    Operation,
    OutputValue,
    RecordLookup,
    RowCell,
    TextValue,
)
from servanda.interpreter.types import (
    ANYTHING,
    BOOL,
    CURRENCY,
    DECIMAL,
    HASH,
    INT,
    SERIAL,
    TEXT,
    AmountType,
    FixedUnit,
    ListType,
    OptionalType,
    SetType,
    Type,
)

CNY = FixedUnit("CNY", 2)

RIGHT = [
    ("1 + 2 * 3 - 4", "Int"),
    ("n / n", "Decimal"),
    ("n + 1.5", "Decimal"),
    ("amount + 1.50 CNY", "Amount of CNY"),
    ("amount - 0", "Amount of CNY"),
    ("0 + amount", "Amount of CNY"),
    ("n * amount", "Amount of CNY"),
    ("amount * 3.65%", "unrounded Amount of CNY"),
    ("amount / 3", "unrounded Amount of CNY"),
    ("amount * 1.5 * 2 + amount", "unrounded Amount of CNY"),
    ("amount / amount", "Decimal"),
    ("amount * 1.5 / amount", "Decimal"),
    ("-amount", "Amount of CNY"),
    ("round(amount * 1.5, CNY)", "Amount of CNY"),
    ("round(x, CNY, half_up)", "Amount of CNY"),
    ("round(x, 2)", "Decimal"),
    ("number(amount)", "Decimal"),
    ("absolute(-amount)", "Amount of CNY"),
    ("least(n, x, 2)", "Decimal"),
    ("most(amount, 0)", "Amount of CNY"),
    ("least(amount, amount * 1.5)", "unrounded Amount of CNY"),
    ("days(today, a.opened)", "Int"),
    ("year_fraction(a.opened, today, actual_365)", "Decimal"),
    ("now + 3 days", "Time"),
    ("3 days + now", "Time"),
    ("now - t.sent", "Duration"),
    ("today - a.opened", "Duration"),
    ("a.opened + n * 1 month", "Date"),
    ("t.sent - 1 month", "Time"),
    ("a.opened - 3 days", "Date"),
    ("2 * 3 days - 1 hour", "Duration"),
    ("a.standing is Grey or a.standing == Black", "Bool"),
    ("Grey != a.standing", "Bool"),
    ("Standing.Grey", "Standing"),
    ("Grey", "Standing"),
    ("Kind.A", "Kind"),
    ("kind is A", "Bool"),
    ("kind is Kind.A", "Bool"),
    ("A in a.kinds", "Bool"),
    ("a.kinds == [A, B]", "Bool"),
    ("party is Bank", "Bool"),
    ("a.holder == party", "Bool"),
    ("a == b", "Bool"),
    ("amount > 0", "Bool"),
    ("n in 1..5 and x not in 0..<1", "Bool"),
    ("amount in 0..100 CNY", "Bool"),
    ("a.note is missing or a.note == text", "Bool"),
    ("a.note is not missing and a.note == text", "Bool"),
    ('if a.note is missing then "" else a.note', "Text"),
    ("if t.other is missing then missing else t.other.note", "Text?"),
    ("if n > 1 then 0 else amount", "Amount of CNY"),
    ("Account[text]", "Account"),
    ("Rate[a.holder, today].rate", "Decimal"),
    ("Account[text] is missing", "Bool"),
    ('"{t.id}: {amount} {a} {a.kinds}"', "Text"),
    ("[1, 2.5, n]", "List of Decimal"),
    ("fee(a, 0)", "Amount of a.currency"),
    ("verdict(kind)", "Standing"),
    ("both(kind: A).second", "Text"),
    ("t.source.holder", "Bank"),
    ("a.cash", "Amount of CNY"),
    ("CNY", "Currency"),
    ("5 AdPoint", "Amount of AdPoint"),
]


@pytest.mark.parametrize(("text", "shown"), RIGHT)
def test_what_is_right_has_its_type(elaborate: Callable[..., Any], text: str, shown: str) -> None:
    """An expression that means something is typed, without a word."""
    checked = elaborate(text)
    assert checked.codes == []
    assert checked.type == shown


WRONG = [
    ("foo", "E0210"),
    ("Account", "E0211"),
    ("Bank", "E0211"),
    ("A", "E0212"),
    ("a.balanse", "E0213"),
    ("both(kind).third", "E0213"),
    ("a.standing is Gray", "E0214"),
    ("Standing.Gray", "E0214"),
    ("fees(a)", "E0215"),
    ("stop(t)", "E0216"),
    ("n(1)", "E0216"),
    ("Account(text)", "E0216"),
    ("5 CNJ", "E0217"),
    ("fee(account: a, amout: 0)", "E0218"),
    ("due", "E0220"),
    ("int(text)", "E0220"),
    ("round(x, CNY, half_ip)", "E0221"),
    ("year_fraction(today, today, actual_361)", "E0221"),
    ("create Acount(number: text)", "E0222"),
    ("Account[5]", "E0301"),
    ("not n", "E0301"),
    ("n and true", "E0301"),
    ('"a" + "b"', "E0302"),
    ("amount * amount", "E0302"),
    ("amount + 1", "E0302"),
    ("1 / amount", "E0302"),
    ("-text", "E0302"),
    ("3 days + 1 month", "E0302"),
    ("amount + dollars", "E0303"),
    ("amount > dollars", "E0303"),
    ("amount / dollars", "E0303"),
    ("round(amount * 1.5, USD)", "E0303"),
    ('"{amount * 1.5}"', "E0304"),
    ("a.note == text", "E0305"),
    ('"{a.note}"', "E0305"),
    ("t.other.number", "E0305"),
    ("a.note is missing and a.note == text", "E0305"),
    ("n == text", "E0306"),
    ("today < now", "E0306"),
    ("a.standing == kind", "E0306"),
    ("a.note == missing", "E0306"),
    ("a.standing < Grey", "E0307"),
    ("a < b", "E0307"),
    ("true < false", "E0307"),
    ("fee(a)", "E0308"),
    ("fee(a, 0, 0)", "E0308"),
    ("Account[text, text]", "E0308"),
    ("least(1)", "E0308"),
    ("sum(1)", "E0308"),
    ("fee(a, account: a)", "E0309"),
    ("1.234 CNY", "E0310"),
    ("1.5 AdPoint", "E0310"),
    ("1" + "0" * 34, "E0311"),
    ("1" + "0" * 27 + " AdPoint", "E0311"),
    ("999999999999999 days", "E0311"),
    ("2026-02-29", "E0312"),
    ("2026-01-05T24:00Z", "E0312"),
    ("n.field", "E0314"),
    ("a.kinds.length", "E0314"),
    ("[a, b][0]", "E0315"),
    ("a is Grey", "E0316"),
    ("party is Banc", "E0316"),
    ("n is Grey", "E0316"),
    ("n is missing", "E0317"),
    ("n in n", "E0318"),
    ("count(i for i in n)", "E0318"),
    ("count(i for i in Bank)", "E0318"),
    ('"{both(kind)}"', "E0321"),
    ('if true then 1 else "a"', "E0322"),
    ('[1, "a"]', "E0322"),
    ("least(1, text)", "E0322"),
    ("sum(s.note for s in Account where s.holder == party and s.note is not missing)", "E0323"),
    ("create Account(number: text)", "E0324"),
    ("pay(a, 0)", "E0216"),
    ("fee(account: a, 0)", "E0331"),
    ("a.opened + 3 hours", "E0332"),
    ("[]", "E0333"),
]


@pytest.mark.parametrize(("text", "code"), WRONG)
def test_what_is_wrong_is_reported_once(
    elaborate: Callable[..., Any], text: str, code: str
) -> None:
    """Each mistake has one code, a message in the house style, a label and one concrete help."""
    checked = elaborate(text)
    assert checked.codes == [code]
    (found,) = checked.found
    assert found.message[0] not in string.ascii_uppercase or found.message.startswith("`")
    assert not found.message.endswith(".")
    assert found.label
    assert found.help
    assert 0 <= found.span.start < found.span.end <= len(text)


IN_PLACES = [
    ("due", Place.TIMER, "Time", []),
    ("now", Place.INVARIANT, "anything", ["E0220"]),
    ("today", Place.RECORD, "anything", ["E0220"]),
    ("int(row.time)", Place.SCRIPT, "Int", []),
    ("Kind(row.time)", Place.SCRIPT, "Kind", []),
    ("Standing(row.time)", Place.SCRIPT, "Standing", []),
    ("Kind(text)", Place.ACTION, "anything", ["E0220"]),
    ("Kind()", Place.SCRIPT, "anything", ["E0308"]),
    ("Kind(text: row.time)", Place.SCRIPT, "anything", ["E0308"]),
    ("Kind(1)", Place.SCRIPT, "Kind", ["E0301"]),
    ("amount(row.value, CNY)", Place.SCRIPT, "Amount of CNY", []),
    ('bool("true")', Place.SCRIPT, "Bool", []),
    ('Bank("ICBC")', Place.SCRIPT, "Bank", []),
    ('Bank("ICBC", "x")', Place.SCRIPT, "anything", ["E0308"]),
    ('Bank("ICBC")', Place.ACTION, "anything", ["E0216"]),
    ('Account["x"].note == "y"', Place.SCRIPT, "Bool", []),
    ('Account["x"].note > "y"', Place.SCRIPT, "anything", ["E0305"]),
    ("create Rate(bank: a.holder, day: today, rate: 1.5)", Place.CLAUSE, "Rate", []),
    ("create Rate(bank: a.holder, day: today, rate: 1.5)", Place.RULE, "anything", ["E0220"]),
    ("create Rate(bank: a.holder, day: today, rate: 1.5)", Place.SCRIPT, "anything", ["E0220"]),
]


@pytest.mark.parametrize(("text", "place", "shown", "codes"), IN_PLACES)
def test_what_may_stand_where(
    elaborate: Callable[..., Any], text: str, place: Place, shown: str, codes: list[str]
) -> None:
    """Some expressions mean something only in a timer, a script, or where things change."""
    checked = elaborate(text, place)
    assert checked.codes == codes
    assert checked.type == shown


WANTED = [
    ("0", AmountType(CNY), 0),
    ("5", DECIMAL, Decimal(5)),
    ("-2.50", DECIMAL, Decimal("-2.50")),
    ("-1.50 CNY", AmountType(CNY), -150),
    ('"' + "0f" * 32 + '"', HASH, bytes.fromhex("0f" * 32)),
    ("missing", OptionalType(TEXT), None),
]


@pytest.mark.parametrize(("text", "wanted", "held"), WANTED)
def test_what_is_wanted_guides_literals(
    elaborate: Callable[..., Any], text: str, wanted: Type, held: object
) -> None:
    """A literal becomes the constant of the type that is wanted, as it is held at run time."""
    checked = elaborate(text, wanted=wanted)
    assert checked.codes == []
    assert isinstance(checked.value, Constant)
    assert checked.value.type == wanted
    assert checked.value.value == held
    assert type(checked.value.value) is type(held)


MISFITS = [
    ("n", TEXT, "E0301", 'put it into a text: `"{x}"`'),
    ("5", AmountType(CNY), "E0301", "write the unit: `5 CNY`"),
    ("x", AmountType(CNY), "E0301", "write `round(…, CNY)`"),
    ("amount * 1.5", AmountType(CNY), "E0304", "write `round(…, CNY)`"),
    ("amount", DECIMAL, "E0301", "write `number(…)` to leave the currency"),
    ("a.note", TEXT, "E0305", "ask first: `if a.note is not missing`"),
    ("missing", TEXT, "E0301", "declare it as `Text?` if it may be missing"),
    ('"0f"', HASH, "E0301", "write 64 hexadecimal digits"),
]


@pytest.mark.parametrize(("text", "wanted", "code", "advice"), MISFITS)
def test_what_does_not_fit_says_how_it_would(
    elaborate: Callable[..., Any], text: str, wanted: Type, code: str, advice: str
) -> None:
    """A wrong type is answered with the one thing to write instead."""
    checked = elaborate(text, wanted=wanted)
    assert checked.codes == [code]
    assert checked.advice == advice
    assert checked.value.type == ANYTHING


def test_conversions_are_written_out(elaborate: Callable[..., Any]) -> None:
    """The model says where an Int becomes a Decimal and an Amount is left unrounded."""
    mixed = elaborate("n + 1.5").value
    assert isinstance(mixed, Arithmetic)
    assert mixed.operation is Operation.ADD_DECIMAL
    assert isinstance(mixed.left, Convert)
    assert mixed.left.conversion is Conversion.INT_TO_DECIMAL
    share = elaborate("2 * amount").value
    assert isinstance(share, Arithmetic)
    assert share.operation is Operation.MULTIPLY_AMOUNT
    assert share.left.type == AmountType(CNY)
    unrounded = elaborate("amount * 3%").value
    assert isinstance(unrounded, Arithmetic)
    assert isinstance(unrounded.left, Convert)
    assert unrounded.left.conversion is Conversion.AMOUNT_TO_UNROUNDED
    zero = elaborate("amount > 0").value
    assert isinstance(zero, Comparison)
    assert zero.right.type == AmountType(CNY)
    as_set = elaborate("[2, 1]", wanted=SetType(DECIMAL)).value
    assert isinstance(as_set, ListValue)
    assert as_set.type == SetType(DECIMAL)
    assert [item.type for item in as_set.items] == [DECIMAL, DECIMAL]


def test_each_question_is_its_own_node(elaborate: Callable[..., Any]) -> None:
    """`is` asks for a state or a role, `is missing` for presence, `in` for a range."""
    assert isinstance(elaborate("a.standing is not Grey").value, IsName)
    assert isinstance(elaborate("party is Bank").value, HasRole)
    absent = elaborate("Account[text] is missing").value
    assert isinstance(absent, IsAbsent)
    assert isinstance(absent.operand, RecordLookup)
    assert absent.operand.is_optional
    within = elaborate("x in 0..<n").value
    assert isinstance(within, IsWithin)
    assert within.is_open
    assert within.low.type == within.high.type == DECIMAL
    assert isinstance(elaborate("both(kind).second").value, OutputValue)
    assert isinstance(elaborate("row.time", Place.SCRIPT).value, RowCell)
    assert isinstance(elaborate('Bank("x")', Place.SCRIPT).value, EnrolMember)


def test_holes_say_how_they_are_shown(elaborate: Callable[..., Any]) -> None:
    """A key that the chain gave is shown as a Serial, money in a field's unit with that field."""
    shown = elaborate('"{t.id} {a.balance} {amount}"').value
    assert isinstance(shown, TextValue)
    serial, field_unit, fixed_unit = (part for part in shown.parts if not isinstance(part, str))
    assert serial.type == SERIAL
    assert len(shown.units) == len(shown.parts)
    unit = shown.units[shown.parts.index(field_unit)]
    assert unit is not None
    assert unit.type == CURRENCY
    assert shown.units[shown.parts.index(fixed_unit)] is None


def test_a_creation_fills_what_may_be_left_out(elaborate: Callable[..., Any]) -> None:
    """Optional fields begin missing; defaults, balances and states are left to the chain."""
    text = (
        "create Account(number: text, holder: a.holder, currency: CNY, opened: today, term: 3, "
        "kinds: [])"
    )
    created = elaborate(text)
    assert created.codes == []
    assert isinstance(created.value, CreateRecord)
    assert len(created.value.keys) == 1
    names = [name for name, _ in created.value.fields]
    assert names == ["holder", "currency", "opened", "term", "note", "memo", "kinds", "digest"]
    forbidden = elaborate(text[:-1] + ", cash: 5 CNY, standing: Grey)")
    assert forbidden.codes == ["E0325", "E0325"]


def test_a_role_that_was_asked_for_is_known(elaborate: Callable[..., Any]) -> None:
    """A party is passed on as the holder of a role only behind the question."""
    text = "create Rate(bank: party, day: today, rate: 1.5)"
    assert elaborate(text).codes == ["E0301"]
    assert elaborate(f"if party is Bank then {text} else {text}").codes == ["E0301"]
    assert elaborate(f"if not (party is Bank) then Rate[a.holder, today] else {text}").codes == []


@pytest.mark.parametrize("length", [400, 5_000])
def test_long_chains_are_checked_in_a_loop(make_scope: Callable[..., Any], length: int) -> None:
    """However long a chain that leans to the left, it does not exhaust the stack."""
    one = tree.IntegerLiteral(1)
    total: tree.Expression = one
    is_one = tree.Compare(tree.Comparator.EQUAL, one, one)
    both: tree.Expression = is_one
    path: tree.Expression = tree.NameReference(tree.Name("t"))
    for _ in range(length):
        total = tree.Binary(tree.Operator.ADD, total, one)
        both = tree.Binary(tree.Operator.AND, both, is_one)
        path = tree.Member(path, tree.Name("source"))
    assert value_of(total, make_scope()).type == INT
    assert value_of(both, make_scope()).type == BOOL
    assert value_of(path, make_scope()).type == ANYTHING


NAMES = st.sampled_from(
    "a t n x text party amount kind state row term Account Transfer Standing Grey A CNY now due "
    "fee verdict both pay stop Bank Paid least sum round number balance source other note day "
    "half_up actual_365 nobody this".split()
).map(tree.Name)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: tree.Path(tuple(names)))
LEAVES = st.one_of(
    st.integers(min_value=0, max_value=10**35).map(tree.IntegerLiteral),
    st.builds(tree.DecimalLiteral, st.sampled_from(["1.5", "0.0", "9" * 40]), st.booleans()),
    st.builds(tree.AmountLiteral, st.sampled_from(["1", "1.25", "1.2345"]), PATHS),
    st.builds(tree.DurationLiteral, st.integers(0, 10**20), st.sampled_from(tree.DurationUnit)),
    st.sampled_from(["2026-01-05", "2026-13-05"]).map(tree.DateLiteral),
    st.sampled_from([tree.InstantLiteral("2026-01-05T09:00Z"), tree.MissingLiteral()]),
    st.booleans().map(tree.BoolLiteral),
    NAMES.map(tree.NameReference),
)


def branches(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    """Return expressions of every kind above `inner`."""
    ranges = st.builds(tree.Range, inner, inner, st.booleans())
    arguments = st.lists(st.builds(tree.Argument, inner, st.none() | NAMES), max_size=4).map(tuple)
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Member, inner, NAMES),
        st.builds(tree.Index, inner, several),
        st.builds(tree.Apply, inner, arguments),
        st.builds(
            tree.Aggregate, inner, inner, NAMES, inner | ranges, st.none() | inner, st.none()
        ),
        st.builds(tree.Create, PATHS, arguments),
        several.map(tree.ListLiteral),
        st.builds(tree.Not, inner),
        st.builds(tree.Negate, inner),
        st.builds(tree.Binary, st.sampled_from(tree.Operator), inner, inner),
        st.builds(tree.Compare, st.sampled_from(tree.Comparator), inner, inner),
        st.builds(tree.IsTest, inner, PATHS, st.booleans()),
        st.builds(tree.IsMissing, inner, st.booleans()),
        st.builds(tree.InTest, inner, inner | ranges, st.booleans()),
        st.builds(tree.IfExpression, inner, inner, inner),
        st.lists(st.text(max_size=3) | inner, max_size=3).map(tuple).map(tree.TextLiteral),
    )


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(LEAVES, branches, max_leaves=12),
    st.sampled_from(Place),
    st.sampled_from([None, INT, BOOL, TEXT, HASH, AmountType(CNY), ListType(INT)]),
)
def test_every_tree_is_answered(
    make_scope: Callable[..., Any], written: tree.Expression, place: Place, wanted: Type | None
) -> None:
    """No tree crashes; what could not be typed was reported, with a label and a help."""
    scope = make_scope(place)
    found = (
        value_of(written, scope) if wanted is None else fitted(written, wanted, scope, "the value")
    )
    reported = list(scope.checking.diagnostics)
    assert reported or found.type != ANYTHING
    assert all(one.label and one.help for one in reported)
