"""What the headings of a contract must say, and what each mistake in them is told."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import Bound, ContractModel, Policy
from servanda.interpreter.types import INT, AmountType, FieldUnit, FixedUnit, OutputsType

BASE = """contract Bank version 1
role Teller, Clerk
lifecycle Standing
  Open -> Frozen | Closed
  Frozen -> Open
  Closed
enum Kind: Private, Business
record Account[number: Text]
  holder: Teller
  owner: Party?
  currency: Currency
  own: Balance of currency
  balance: Balance of CNY
  kind: Kind = Private
  count: Int in 0..10 = 0
  standing: Standing
"""


def check(text: str) -> tuple[ContractModel | None, list[Diagnostic], str]:
    """Return the model of `text`, what is wrong with it, and the text."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    return check_contract(file, {}, diagnostics), list(diagnostics), text


def errors_of(text: str) -> list[tuple[str, str]]:
    """Return the code of each error with the text that it points at."""
    _, found, text = check(text)
    return [(one.code, text[one.span.start : one.span.end]) for one in found if not one.is_warning]


def model_of(text: str) -> ContractModel:
    """Return the model of a contract without errors."""
    model, found, _ = check(text)
    assert model is not None, found
    return model


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("role Account\n", [("E0250", "Account")]),
        ("role now, Amount, CNY, sum\n", [("E0251", w) for w in ("now", "Amount", "CNY", "sum")]),
        ("unit USD decimals 2\n", [("E0251", "USD")]),
        ("unit Point decimals 40\n", [("E0271", "unit Point decimals 40")]),
        ("enum E: A, B, A\n", [("E0254", "A")]),
        ("enum E: now, Teller\n", [("E0251", "now"), ("E0250", "Teller")]),
        ("lifecycle L\n  Account\n", [("E0250", "Account")]),
        ("lifecycle L\n  A -> B\n", [("E0259", "B")]),
        ("lifecycle L\n  A -> B\n  A -> A\n  B\n", [("E0254", "A")]),
        ("rule r(a: Int, a: Int): Int = a\n", [("E0253", "a")]),
        ("rule r(Account: Int): Int = 3\n", [("E0252", "Account")]),
        ("rule r(Open: Int): Int = 3\n", [("E0252", "Open")]),
        ("rule r(now: Int): Int = 3\n", [("E0251", "now")]),
        ("event E(a: Balance of CNY)\n", [("E0353", "Balance of CNY")]),
        ("event E(a: Serial)\n", [("E0353", "Serial")]),
        ("event E(a: Int = 3)\n", [("E0354", "3")]),
        ("rule r(): Balance of CNY = 3 CNY\n", [("E0353", "Balance of CNY")]),
        ("use Other\n", [("E0257", "Other")]),
        ("use Other on chain C\n", [("E0258", "Other")]),
        ('timezone "UTC"\ntimezone "UTC"\n', [("E0270", 'timezone "UTC"')]),
        ("contract B version 2\n", [("E0255", "contract B version 2")]),
        ('test "x"\n  wait 3 days\n', [("E0256", 'test "x"\n  wait 3 days')]),
        ("expect 3 == 3\n", [("E0256", "expect 3 == 3")]),
    ],
)
def test_a_wrong_heading_is_told(text: str, expected: list[tuple[str, str]]) -> None:
    """Each mistake is reported once, at the words that are wrong."""
    assert [(code, at.strip()) for code, at in errors_of(BASE + text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("record R[a: Int?]\n", [("E0350", "Int?")]),
        ("record R[a: List of Text]\n", [("E0350", "List of Text")]),
        ("record R[a: Standing]\n", [("E0350", "Standing")]),
        ("record R[a: Decimal]\n", [("E0350", "Decimal")]),
        ("record R[a: R]\n", [("E0350", "R")]),
        ("record R[a: Serial, b: Int]\n", [("E0351", "Serial")]),
        ("record R[a: Int]\n  b: Serial\n", [("E0351", "Serial")]),
        ("record R[a: Int]\n  s: Standing\n  t: Standing\n", [("E0352", "Standing")]),
        ("record R[a: Int = 3]\n", [("E0354", "3")]),
        ("record R[a: Int]\n  s: Standing = Open\n", [("E0354", "Open")]),
        ("record R[a: Int]\n  b: Balance of CNY = 5 CNY\n", [("E0354", "5 CNY")]),
        ("record R[a: Int]\n  n: Int = a\n", [("E0354", "a")]),
        ("record R[a: Int]\n  n: Int in 0..3 = 7\n", [("E0363", "7")]),
        ("record R[a: Int]\n  a: Text\n", [("E0254", "a")]),
        ("record R[a: Int]\n  this: Text\n", [("E0251", "this")]),
    ],
)
def test_a_wrong_record_is_told(text: str, expected: list[tuple[str, str]]) -> None:
    """What cannot be a key, a field or a default is reported there."""
    assert errors_of(BASE + text) == expected


TABLE = "decision d{}\n  | a: Int in 0..1 | k: Kind || x: Int |\n{}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TABLE.format(" (frist)", "  | - | - || 3 |\n"), [("E0264", "frist")]),
        (TABLE.format("", ""), [("E0265", "d")]),
        (TABLE.format("", "  | 0 || 3 |\n"), [("E0265", "0")]),
        (TABLE.format("", "  | 0 | - || 3 | 4 |\n"), [("E0265", "3 | 4")]),
        (TABLE.format("", "  | 7 | - || 3 |\n"), [("E0363", "7")]),
        (TABLE.format("", "  | - | >= Private || 3 |\n"), [("E0367", ">= Private")]),
        (TABLE.format("", "  | != 0 | - || 3 |\n"), [("E0367", "!= 0")]),
        (
            'decision d (collect sum)\n  | a: Int || x: Text |\n  | - || "3" |\n',
            [("E0356", "Text")],
        ),
        (
            "decision d (collect most)\n  | a: Int || x: Int | y: Int |\n  | - || 3 | 4 |\n",
            [("E0356", "y: Int")],
        ),
        ("decision d\n  | a: List of Int || x: Int |\n  | - || 3 |\n", [("E0357", "List of Int")]),
        ("decision d\n  | a: Int | a: Int || x: Int |\n  | - | - || 3 |\n", [("E0253", "a")]),
        ("decision d\n  | a: Int || a: Int |\n  | - || 3 |\n", [("E0254", "a")]),
    ],
)
def test_a_wrong_table_is_told(text: str, expected: list[tuple[str, str]]) -> None:
    """Policy, number of cells and values of a table fit its columns."""
    assert errors_of(BASE + text) == expected


@pytest.mark.parametrize("text", ["", "\n", "role A\n", "role A\ncontract B version 1\n"])
def test_the_header_stands_first(text: str) -> None:
    """A contract begins with its header."""
    diagnostics = Diagnostics()
    assert check_contract(parse(Source("x", text), diagnostics), {}, diagnostics) is None
    assert "E0255" in {one.code for one in diagnostics}


def test_others_are_checked_after_a_mistake() -> None:
    """A mistake in one declaration hides none in another."""
    text = BASE + "role Teller\nenum E: A, A\naction a(x: Account)\n  x.count = 1\n"
    assert [code for code, _ in errors_of(text)] == ["E0250", "E0254", "E0401"]


def test_fixed_fields_are_those_that_nobody_assigns() -> None:
    """A key, or a field set at creation alone; money and states are never fixed."""
    model = model_of(
        BASE
        + "record Sale[id: Serial]\n  account: Account\n  count: Int = 0\n"
        + "action a(x: Account)\n  by x.holder\n  x.count = 1\n"
    )
    fixed = {one.name: one.is_fixed for one in model.records["Account"].fields}
    assert {name for name, is_fixed in fixed.items() if not is_fixed} == {
        "own",
        "balance",
        "count",
        "standing",
    }
    assert all(one.is_fixed for one in model.records["Sale"].fields)
    assert all(one.is_fixed for one in model.records["Account"].keys)


def test_a_target_that_is_not_plain_fixes_nothing() -> None:
    """Where the record of a target is not known, every field of the name counts as assigned."""
    model = model_of(
        BASE
        + "record Sale[id: Serial]\n  account: Account\n  count: Int = 0\n"
        + "rule first(x: Account): Account = x\n"
        + "action a(x: Account)\n  by x.holder\n  let y = first(x)\n  y.count = 1\n"
    )
    assert not next(one for one in model.records["Sale"].fields if one.name == "count").is_fixed


def test_units_of_parameters_are_paths() -> None:
    """The unit of an Amount may be a field of another parameter, and is looked up at run time."""
    model = model_of(
        BASE
        + "action a(x: Account, amount: Amount of x.currency)\n  by Teller\n"
        + "  issue amount to x.own\n"
    )
    account, amount = model.actions["a"].parameters
    unit = FieldUnit(account.local.number, "x", ("currency",))
    assert amount.local.type == AmountType(unit)
    assert amount.unit_value is not None
    assert amount.bound == Bound(low=0)
    own = next(one for one in model.records["Account"].fields if one.name == "own")
    assert own.type.unit == FieldUnit(-1, "", ("currency",))  # type: ignore[union-attr]


def test_a_state_bound_is_of_the_lifecycle() -> None:
    """`in Open | Frozen` behind a record speaks of its states."""
    model = model_of(
        BASE + "action a(x: Account in Open | Frozen)\n  by Teller\n  x.standing becomes Open\n"
    )
    assert model.actions["a"].parameters[0].bound == Bound(names=("Open", "Frozen"))


def test_a_decision_gives_its_output_or_all_of_them() -> None:
    """One output is the value; several are fields; a count is an Int."""
    model = model_of(
        BASE
        + "decision one\n  | a: Bool || x: Amount of CNY |\n  | - || 3 CNY |\n"
        + "decision two\n  | a: Bool || x: Int | y: Bool |\n  | - || 3 | true |\n"
        + 'decision three (collect count)\n  | a: Bool || x: Text |\n  | - || "x" |\n'
    )
    assert model.decisions["one"].result == AmountType(FixedUnit("CNY", 2))
    assert isinstance(model.decisions["two"].result, OutputsType)
    assert model.decisions["three"].result == INT
    assert model.decisions["three"].policy is Policy.COLLECT_COUNT


def test_what_nobody_uses_is_warned_of() -> None:
    """Declarations, parameters, names and signers; never what others may use instead."""
    text = (
        "contract C version 1\nrole Used, Ghost\nunit Point decimals 2\nenum E: X, Y\n"
        "lifecycle L\n  P -> Q\n  Q\ndecision d\n  | k: Bool || z: Bool |\n  | - || true |\n"
        "record R[a: Int]\nevent Ev(a: Int)\nrule r(p: Int): Int = 3\n"
        "rule asked(): Int\n  by Used\n  give 3\nclause c()\n  let z = 5\n"
        'action a(y: Int)\n  by Used as t\n  notify t that "x"\n'
        "action b()\n  by Used as u\n  let v = 3\n  v = 4\n"
    )
    model, found, _ = check(text)
    assert model is not None
    assert [(one.code, text[one.span.start : one.span.end]) for one in found] == [
        ("W0201", "Ghost"),
        ("W0201", "L"),
        ("W0201", "R"),
        ("W0201", "Ev"),
        ("W0202", "p"),
        ("W0201", "c"),
        ("W0203", "z"),
        ("W0202", "y"),
        ("W0203", "u"),
        ("W0203", "v"),
    ]


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("rule r(a: Int): Int = r(a)\n", "`r` calls itself"),
        (
            "rule r(a: Int): Int = s(a)\nrule s(a: Int): Int = r(a)\n",
            "`r` calls itself: `r` → `s` → `r`",
        ),
        ("clause c()\n  d()\nclause d()\n  c()\n", "`c` calls itself: `c` → `d` → `c`"),
        (
            "decision d\n  | a: Int || x: Int |\n  | - || r(a) |\nrule r(a: Int): Int = d(a)\n",
            "`r` calls itself: `r` → `d` → `r`",
        ),
    ],
)
def test_recursion_is_told_with_its_way(text: str, way: str) -> None:
    """Every run ends: what reaches itself is reported once, with the whole circle."""
    _, found, _ = check(BASE + text)
    assert [one.message for one in found if one.code == "E0260"] == [way]
