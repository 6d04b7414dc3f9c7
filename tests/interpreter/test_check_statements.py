"""What may stand in a body, what holds behind a guard, and on which ways a body ends."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import (
    BecomeStep,
    ChooseStep,
    ClauseStep,
    ContractModel,
    IssueStep,
    LetStep,
    MoveStep,
    NotifyStep,
    RetireStep,
    SetField,
)

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
  balance: Balance of CNY
  dollars: Balance of USD
  own: Balance of currency
  kind: Kind = Private
  count: Int in 0..10 = 0
  until: Date?
  other: Account?
  standing: Standing
event Noted(account: Account, text: Text)
"""
ACTION = "action a(x: Account, y: Account, n: Int)\n  by Teller\n"


def check(text: str) -> tuple[ContractModel | None, list[Diagnostic]]:
    """Return the model of `text` behind the shared declarations, and what is wrong with it."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", BASE + text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    return check_contract(file, {}, diagnostics), list(diagnostics)


def found_in(text: str) -> list[tuple[str, str]]:
    """Return the code of each diagnostic, unused names left out, with the text it points at."""
    whole = BASE + text
    return [
        (one.code, whole[one.span.start : one.span.end])
        for one in check(text)[1]
        if not one.code.startswith("W02")
    ]


def action(*lines: str) -> str:
    """Return an action with these statements."""
    return ACTION + "".join(f"  {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('x.number = "3"', [("E0358", "x.number")]),
        ("x.balance = 3 CNY", [("E0359", "x.balance")]),
        ("x.standing = Open", [("E0360", "x.standing")]),
        ("n = 3", [("E0361", "n")]),
        ("m = 3", [("E0361", "m")]),
        ("Account = 3", [("E0361", "Account")]),
        ("x.count = 30", [("E0363", "30")]),
        ("x.kind becomes Private", [("E0364", "x.kind")]),
        ("move 3 CNY from x.count to y.balance", [("E0365", "x.count")]),
        ("move 3 CNY from x.balance to y.dollars", [("E0366", "y.dollars")]),
        ("move 0 from x.own to y.own", [("E0366", "y.own")]),
        ('emit Notd(x, "x")', [("E0262", "Notd")]),
        ('emit Account(x, "x")', [("E0262", "Account")]),
        ("b(x)", [("E0263", "b")]),
        ("a(x, y, n)", [("E0416", "a")]),
        ("give 3", [("E0385", "give 3")]),
        ("let z = missing", [("E0384", "missing")]),
        ("let x = 3", [("E0253", "x")]),
        ("let Teller = 3", [("E0252", "Teller")]),
        ('require n > 3 else noMoney "x"', [("E0273", "noMoney")]),
        ('refuse INSUFFICIENT "x"', [("E0274", "INSUFFICIENT")]),
        ("expect n > 3", [("E0382", "expect n > 3")]),
        ("wait 3 days", [("E0382", "wait 3 days")]),
        ("let z = x.holder does a(x, y, n)", [("E0382", "let z = x.holder does a(x, y, n)")]),
    ],
)
def test_a_wrong_statement_is_told(line: str, expected: list[tuple[str, str]]) -> None:
    """Each mistake is reported once, at the words that are wrong."""
    assert found_in(action(line)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["choose x.count", "  Open", "    x.count = 1"], [("E0388", "x.count")]),
        (["choose x.owner", "  Open", "    x.count = 1"], [("E0388", "x.owner")]),
        (["choose x.kind", "  Private", "    x.count = 1"], [("E0389", "x.kind")]),
        (
            ["choose x.kind", "  Private, Private, Business", "    x.count = 1"],
            [("E0254", "Private")],
        ),
        (
            ["choose x.kind", "  Private, Blue", "    x.count = 1", "  else", "    x.count = 2"],
            [("E0266", "Blue")],
        ),
        (
            ["choose x.kind", "  Private, Business", "    n()", "  else", "    x.count = 2"],
            [("E0263", "n"), ("W0301", "x.count = 2")],
        ),
        (['refuse NO "x"', "x.count = 1"], [("E0380", "x.count = 1")]),
    ],
)
def test_a_wrong_way_is_told(lines: list[str], expected: list[tuple[str, str]]) -> None:
    """`choose` names every value once; what follows an end is never reached."""
    assert found_in(action(*lines)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rule r(a: Int): Int\n  if a > 3\n    give 2\n", [("E0387", "r")]),
        ("rule r(a: Int): Int\n  if a > 3\n    give 2\n  else\n    give 3\n", []),
        (
            (
                "rule r(k: Kind): Int\n  choose k\n    Private\n      give 2\n    Business\n      "
                "give 3\n"
            ),
            [],
        ),
        ("rule r(a: Int): Int\n  let b = a\n  b = b + 1\n  give b\n", []),
        ("rule r(a: Account): Int\n  a.count = 3\n  give 2\n", [("E0381", "a.count = 3")]),
        ('rule r(): Int\n  refuse NO "x"\n', [("E0381", 'refuse NO "x"')]),
        ("action b(x: Account): Int\n  by Teller\n  x.count = 3\n", [("E0387", "b")]),
        ('action b(): Int\n  by Teller\n  refuse NO "x"\n', []),
        (
            "action b(x: Account): Int\n  by Teller\n  for z in [x]\n    give 3\n  give 4\n",
            [("E0386", "give 3")],
        ),
        ("clause c(x: Account)\n  give x\n", [("E0385", "give x")]),
    ],
)
def test_results_are_given_on_every_way(text: str, expected: list[tuple[str, str]]) -> None:
    """What promises a result gives it, and nothing else gives one."""
    assert [(code, at.strip()) for code, at in found_in(text)] == expected


@pytest.mark.parametrize(
    ("parameter", "lines", "expected"),
    [
        ("Account", ["x.standing becomes Open"], []),
        ("Account in Closed", ["x.standing becomes Frozen"], ["Frozen"]),
        ("Account in Open | Closed", ["x.standing becomes Frozen"], []),
        ("Account", ["x.standing becomes Frozen", "x.standing becomes Closed"], ["Closed"]),
        ("Account", ["x.standing becomes Frozen", "y.standing becomes Open"], []),
        ("Account in Frozen", ["y.standing becomes Closed", "x.standing becomes Closed"], []),
        ("Account", ["if x.standing is Closed", "  x.standing becomes Open"], ["Open"]),
        (
            "Account",
            ['require x.standing is Frozen else NO "x"', "x.standing becomes Closed"],
            ["Closed"],
        ),
        (
            "Account",
            [
                "if x.standing is not Frozen",
                '  refuse NO "x"',
                "x.standing becomes Closed",
            ],
            ["Closed"],
        ),
        (
            "Account",
            [
                "choose x.standing",
                "  Open",
                "    x.count = 1",
                "  Frozen, Closed",
                "    x.standing becomes Closed",
            ],
            ["Closed"],
        ),
        (
            "Account",
            ["let z = x", "if z.standing is Closed", "  z.standing becomes Open"],
            ["Open"],
        ),
        (
            "Account",
            ["for z in Account where z.standing is Closed", "  z.standing becomes Open"],
            ["Open"],
        ),
        ("Account in Closed", ["c(x)", "x.standing becomes Frozen"], []),
    ],
)
def test_states_follow_the_arrows(parameter: str, lines: list[str], expected: list[str]) -> None:
    """A state that no arrow reaches from where the record certainly is, is an error."""
    text = f"action b(x: {parameter}, y: Account)\n  by Teller\n"
    text += "".join(f"  {line}\n" for line in lines)
    text += "clause c(x: Account)\n  x.standing becomes Open\n"
    found = [(code, at) for code, at in found_in(text) if code != "E0303"]
    assert found == [("E0407", one) for one in expected]


def test_no_arrow_at_all() -> None:
    """A state that nothing leads to is never entered."""
    text = "lifecycle L\n  A -> B\n  B\nrecord R[id: Serial]\n  l: L\n"
    text += "action b(r: R)\n  by Teller\n  r.l becomes A\n"
    assert found_in(text) == [("E0406", "A")]


@pytest.mark.parametrize(
    ("lines", "is_right"),
    [
        (["let d = x.until + 1 day", "x.until = d"], False),
        (['require x.until is not missing else NO "x"', "x.until = x.until + 1 day"], True),
        (["if x.until is missing", '  refuse NO "x"', "x.until = x.until + 1 day"], True),
        (["if x.until is missing", "  x.until = today", "x.until = x.until + 1 day"], False),
        (["x.until = today", "x.until = x.until + 1 day"], True),
        (["x.until = today", "y.until = missing", "x.until = x.until + 1 day"], False),
        (["x.until = today", "c(y)", "x.until = x.until + 1 day"], False),
        (
            [
                "for z in Account where z.standing is Open",
                "  if z.until is not missing",
                "    z.until = z.until + 1 day",
            ],
            True,
        ),
        (
            [
                'require x.until is not missing else NO "x"',
                "for z in [x, y]",
                "  z.until = missing",
                "  y.until = x.until + 1 day",
            ],
            False,
        ),
        (["let z = x.other", "if z is not missing", "  z = y.other", "  z.count = 1"], False),
        (["let z = x.other", "if z is not missing", "  z.count = 1", "  z = y.other"], True),
    ],
)
def test_what_may_be_missing_is_settled_first(lines: list[str], *, is_right: bool) -> None:
    """A guard holds until something may have changed what it looked at."""
    codes = {
        code for code, _ in found_in(action(*lines) + "clause c(x: Account)\n  x.until = missing\n")
    }
    assert codes == (set() if is_right else {"E0305"})


def test_equal_units_let_money_move() -> None:
    """Two balances of units in fields move when a guard says that the units are equal."""
    guard = 'require x.currency == y.currency else DIFFERENT "x"'
    assert found_in(action(guard, "move 0 from x.own to y.own")) == []


def test_a_require_behind_a_create_is_warned_of() -> None:
    """It works, since all is taken back, but whoever reads is told late what is asked."""
    text = (
        "action b(n: Text): Account\n  by Teller as t\n"
        "  let z = create Account(number: n, holder: t, currency: CNY)\n"
        '  require n != "" else EMPTY "x"\n  give z\n'
    )
    assert found_in(text) == [("W0401", 'require n != "" else EMPTY "x"')]
    moved = text.replace('  require n != "" else EMPTY "x"\n', "").replace(
        "  let z", '  require n != "" else EMPTY "x"\n  let z'
    )
    assert found_in(moved) == []


def test_a_create_on_another_way_is_no_matter() -> None:
    """Only a `create` that may have happened before a `require` is warned of."""
    lines = ["if n > 3", '  create Account(number: "x", holder: x.holder, currency: CNY)']
    lines += ["else", '  require n > 2 else NO "x"']
    assert found_in(action(*lines)) == []


def test_steps_are_what_was_written() -> None:
    """Statements become steps in their order, with conversions and units written out."""
    model, found = check(
        action(
            "move 3 CNY from x.balance to y.balance",
            "issue 0 to x.own",
            "retire 2 USD from x.dollars",
            "x.until = today",
            'notify x.holder that "{n}"',
            "x.standing becomes Frozen",
            "let m = n",
            "m = m + 1",
            "c(x)",
            "choose x.kind",
            "  Private",
            "    x.count = 1",
            "  else",
            "    x.count = 2",
        )
        + "clause c(x: Account)\n  x.until = missing\n"
    )
    assert model is not None, found
    body = model.actions["a"].body
    assert [type(one) for one in body] == [
        MoveStep,
        IssueStep,
        RetireStep,
        SetField,
        NotifyStep,
        BecomeStep,
        LetStep,
        LetStep,
        ClauseStep,
        ChooseStep,
    ]
    issue = body[1]
    assert isinstance(issue, IssueStep)
    assert issue.unit_value is not None
    first, second = body[6], body[7]
    assert isinstance(first, LetStep)
    assert isinstance(second, LetStep)
    assert first.local == second.local
