"""Messages lead on: a word from elsewhere finds its word here, and one mistake is told once."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract

HEAD = """contract Bank version 1
role Teller
unit Point decimals 0
enum Kind: Private, Business
record Account[number: Text]
  holder: Teller
  currency: Currency
  guest: Party?
  balance: Balance of CNY
  kind: Kind = Private
  count: Int = 0
"""


def errors_in(text: str) -> list[Diagnostic]:
    """Return the errors of a contract with this behind the shared head."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", HEAD + text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    check_contract(file, {}, diagnostics)
    return [one for one in diagnostics if not one.is_warning]


def told(text: str) -> tuple[str, str]:
    """Return the code and the help of the only error."""
    (one,) = errors_in(text)
    return one.code, one.help


def held(written: str) -> str:
    """Return a record with a field of this type."""
    return f"record Other[id: Serial]\n  value: {written}\n"


def given(written: str) -> str:
    """Return an action with a `let` of this expression."""
    return f"action a(x: Account)\n  by Teller\n  let found = {written}\n"


@pytest.mark.parametrize(
    ("unit", "meant"),
    [
        *((word, "CNY") for word in ("RMB", "rmb", "CNH", "yuan", "cny", "Cny")),
        *((word, "USD") for word in ("dollar", "dollars", "usd")),
        *((word, "EUR") for word in ("euro", "euros")),
        *((word, "GBP") for word in ("pound", "pounds")),
        ("yen", "JPY"),
        ("Piont", "Point"),
        ("point", "Point"),
    ],
)
def test_a_unit_under_another_name(unit: str, meant: str) -> None:
    """A unit is known by the word that people use for it, wherever a unit stands."""
    assert told(held(f"Amount of {unit}")) == ("E0217", f"did you mean `{meant}`?")
    assert told(given(f"5 {unit}")) == ("E0217", f"did you mean `{meant}`?")


@pytest.mark.parametrize("unit", ["CNT", "RMV", "USB", "XYZ"])
def test_a_currency_is_never_guessed_by_spelling(unit: str) -> None:
    """A wrong currency is worse than none."""
    code, advice = told(given(f"5 {unit}"))
    assert code == "E0217"
    assert advice.startswith("write a code of ISO 4217, as in `CNY`, or declare it")


def test_a_currency_that_is_compared() -> None:
    """Where a Currency is wanted, a word for one leads to it; elsewhere it is any name."""
    assert told(given("x.currency == rmb")) == ("E0210", "did you mean `CNY`?")
    assert told(given("yuan"))[1].startswith("declare it above")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((word, "Text") for word in ("string", "str", "String")),
        *((word, "Int") for word in ("Integer", "int", "Number")),
        *((word, "Decimal") for word in ("float", "double", "Float")),
        *((word, "Bool") for word in ("Boolean", "bool")),
        ("Money", "Amount of CNY"),
        ("dollars", "Amount of USD"),
        *((word, "Time") for word in ("DateTime", "Timestamp")),
        ("Acount", "Account"),
    ],
)
def test_a_type_under_another_name(written: str, meant: str) -> None:
    """Types are called otherwise in other languages."""
    assert told(held(written)) == ("E0203", f"did you mean `{meant}`?")


@pytest.mark.parametrize(
    ("written", "code", "advice"),
    [
        *(
            (word, "E0210", "write `missing`, and ask for it with `is missing`")
            for word in ("null", "None", "nil", "NULL")
        ),
        ("x.guest == null", "E0306", "the word for absence is `missing`: write `is missing`"),
        ("nil != x.guest", "E0306", "the word for absence is `missing`: write `is not missing`"),
        ("True", "E0210", "did you mean `true`?"),
        ("FALSE", "E0210", "did you mean `false`?"),
        ("max(x.count, 3)", "E0215", "did you mean `most`?"),
        ("min(x.count, 3)", "E0215", "did you mean `least`?"),
        ("abs(x.count)", "E0215", "did you mean `absolute`?"),
        ("len([1, 2])", "E0215", "did you mean `count`? write `count(x for x in …)`"),
        ("max(n for n in 1..3)", "E0215", "did you mean `most`?"),
        (
            "x.guest is not null",
            "E0316",
            "the word for absence is `missing`: write `is not missing`",
        ),
        ("x.guest is None", "E0316", "the word for absence is `missing`: write `is missing`"),
        (
            'Account["1"] is null',
            "E0316",
            "the word for absence is `missing`: write `is missing`",
        ),
        (
            "x.kind is null",
            "E0316",
            "remove the question: only a value declared with `?` can be `missing`",
        ),
        ("x.nubmer", "E0213", "did you mean `number`?"),
    ],
)
def test_a_word_from_another_language(written: str, code: str, advice: str) -> None:
    """What stands for nothing here is led to what it stands for elsewhere."""
    assert told(given(written)) == (code, advice)


USE = """action a(x: Account)
  by Teller
  let y = create Account(number: "7", holder: x.holder, currency: CNY)
  let z = Account["7"]
  let n = count(one for one in Account where one.holder == x.holder)
"""

FOLLOW_ONS = [
    ("role Account\n" + USE, "E0250"),
    ("record Account[id: Serial]\n  other: Int\n" + USE + "  y.other = 3\n", "E0250"),
    (
        (
            "record List[id: Serial]\n  other: Int\n"
            "action a(x: List)\n  by Teller\n  x.other = 3\n  let y = create List(other: 3)\n"
        ),
        "E0251",
    ),
    (
        (
            "record CNY[id: Serial]\n  other: Int\n"
            "action a(x: CNY)\n  by Teller\n  x.other = count(y for y in CNY) + CNY[1].other\n"
        ),
        "E0251",
    ),
    (
        (
            "event Kind(x: Account)\naction a(x: Account)\n  by Teller\n  emit Kind(x)\n"
            "  if x.kind is Private\n    x.kind = Business\n"
        ),
        "E0250",
    ),
    (
        (
            "enum Kind: Green, White\n"
            "action a(x: Account)\n  by Teller\n  if x.kind == Green\n    x.kind = Kind.White\n"
        ),
        "E0250",
    ),
    (
        "clause Kind(x: Account)\n  x.count = 3\naction a(x: Account)\n  by Teller\n  Kind(x)\n",
        "E0250",
    ),
    (
        "rule sum(n: Int): Int = n\naction a(x: Account)\n  by Teller\n  x.count = sum(3)\n",
        "E0251",
    ),
    ("unit Teller decimals 2\n" + held("Amount of Teller"), "E0250"),
    (
        "role Kind\naction a(x: Account)\n  by Kind as k\n  if k is Kind\n    x.count = 3\n",
        "E0250",
    ),
    (
        (
            "lifecycle Course\n  Begun -> Done\nrecord R[id: Serial]\n  course: Course\n"
            "action a(x: R)\n  by Teller\n  if x.course is Begun\n    x.course becomes Done\n"
        ),
        "E0259",
    ),
    (
        (
            "lifecycle Course\n  Begun -> Odne | Odne\n  Done\nrecord R[id: Serial]\n"
            "  course: Course\naction a(x: R)\n  by Teller\n  x.course becomes Done\n"
        ),
        "E0254 E0259",
    ),
]


@pytest.mark.parametrize(("text", "codes"), FOLLOW_ONS)
def test_one_mistake_is_told_once(text: str, codes: str) -> None:
    """What uses a declaration that was refused is no mistake of its own."""
    assert " ".join(sorted(one.code for one in errors_in(text))) == codes


def test_a_label_says_what_is_here() -> None:
    """A field that is not there is said to be none of its record, not `nothing`."""
    (one,) = errors_in(given("x.nubmer"))
    assert one.label == "no field of `Account`"
