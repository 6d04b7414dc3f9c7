"""The three forms of an invariant, and why everything else is none of them."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import (
    AggregateKind,
    Comparison,
    ContractModel,
    FieldValue,
    Invariant,
    RecordInvariant,
    TotalsInvariant,
    TotalValue,
)
from servanda.interpreter.types import RecordType
from servanda.interpreter.walk import find_values

BASE = """contract Bank version 1
role Teller
lifecycle Standing
  Open -> Closed
  Closed
record Account[number: Text]
  holder: Teller
  balance: Balance of CNY
  currency: Currency
  own: Balance of currency
  count: Int = 0
  standing: Standing
record Sale[id: Serial]
  account: Account
  latest: Account
  amount: Amount of CNY
  n: Int
rule changing(x: Account): Bool = x.count > 3
rule fixed(x: Account): Bool = x.number == "3"
rule timely(): Bool = today > 2026-01-01
action change(x: Account, s: Sale)
  by Teller
  x.count = 1
  s.latest = x
  s.n = 3
"""


def check(text: str) -> tuple[ContractModel | None, list[Diagnostic]]:
    """Return the model of `text` behind the shared declarations, and what is wrong with it."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", BASE + text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    return check_contract(file, {}, diagnostics), list(diagnostics)


def invariant_of(*lines: str) -> Invariant:
    """Return the model of an invariant."""
    model, found = check('invariant "x"\n' + "".join(f"  {line}\n" for line in lines))
    assert model is not None, found
    return model.invariants[0]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["holds 3 > 2"], [("E0418", "3 > 2")]),
        (["for k in [1, 2]", "holds k > 2"], [("E0418", "[1, 2]")]),
        (["for s in Sale", "holds s.account.count > 3"], [("E0419", "s.account.count")]),
        (["for s in Sale where s.latest.count > 3", "holds s.n > 0"],
         [("E0419", "s.latest.count")]),
        (["for s in Sale", 'holds Account["3"].count == 3'], [("E0419", 'Account["3"].count')]),
        (["for s in Sale", "holds changing(s.account)"], [("E0419", "changing(s.account)")]),
        (["for s in Sale", "holds timely()"], [("E0419", "timely()")]),
        (["for s in Sale", "holds s.account.holder is Teller"],
         [("E0419", "s.account.holder is Teller")]),
        (["holds sum(s.n for s in Sale) * sum(s.n for s in Sale) > 3"],
         [("E0420", "sum(s.n for s in Sale) * sum(s.n for s in Sale)")]),
        (["holds sum(s.n for s in Sale) > 3 and count(s for s in Sale) > 3"],
         [("E0420", "sum(s.n for s in Sale) > 3 and count(s for s in Sale) > 3")]),
        (["holds product(s.n for s in Sale) > 3"], [("E0420", "product(s.n for s in Sale)")]),
        (["holds count(n for n in 1..3) > 3"], [("E0420", "count(n for n in 1..3)")]),
        (["holds sum(s.account.count for s in Sale) > 3"], [("E0419", "s.account.count")]),
        (["for a in Account", "holds count(s for s in Sale where s.latest == a) < 9"],
         [("E0421", "s.latest")]),
        (["for a in Account", "holds count(s for s in Sale where s.n > a.count) < 9"],
         [("E0421", "a")]),
        (["for a in Account",
          "holds count(s for s in Sale where s.account == a and a == s.account) < 9"],
         [("E0421", "a == s.account")]),
    ],
)  # fmt: skip
def test_what_is_none_of_the_forms_is_told(
    lines: list[str], expected: list[tuple[str, str]]
) -> None:
    """The mistake stands at the part that could change without anybody noticing."""
    text = 'invariant "x"\n' + "".join(f"  {line}\n" for line in lines)
    whole = BASE + text
    found = [one for one in check(text)[1] if not one.is_warning]
    assert [(one.code, whole[one.span.start : one.span.end]) for one in found] == expected


def test_one_record_with_its_own_and_fixed_fields() -> None:
    """The first form: checked for each record that changed."""
    found = invariant_of("for s in Sale where s.n > 2", "holds fixed(s.account) or s.n < 9")
    assert isinstance(found, RecordInvariant)
    assert found.record == RecordType("Bank", "Sale")
    assert found.where is not None


def test_totals_over_all_records() -> None:
    """The second form: aggregates become running totals, in their order."""
    found = invariant_of(
        "holds sum(x.balance for x in Account) - 3 CNY <= 2 * sum(s.amount for s in Sale)"
    )
    assert isinstance(found, TotalsInvariant)
    assert found.group_record is None
    assert [one.kind for one in found.totals] == [AggregateKind.SUM, AggregateKind.SUM]
    assert [one.record.name for one in found.totals] == ["Account", "Sale"]
    assert isinstance(found.condition, Comparison)
    totals = find_values(found.condition, lambda one: isinstance(one, TotalValue))
    assert [one.index for one in totals] == [0, 1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("equality", ["s.account == a", "a == s.account"])
def test_totals_for_each_record_of_a_group(equality: str) -> None:
    """The third form: the group is taken out of `where`, what else it asks stays."""
    found = invariant_of(
        "for a in Account where a.standing is Open",
        f"holds sum(s.amount for s in Sale where {equality} and s.n > 3) <= a.balance",
    )
    assert isinstance(found, TotalsInvariant)
    assert found.group_record == RecordType("Bank", "Account")
    assert found.where is not None
    (total,) = found.totals
    assert isinstance(total.group, FieldValue)
    assert total.group.field == "account"
    assert isinstance(total.where, Comparison)


def test_titles_are_distinct() -> None:
    """A breach names its invariant, so no two have one name."""
    text = 'invariant "x"\n  for s in Sale\n  holds s.n > 0\n'
    assert [one.code for one in check(text + text)[1] if not one.is_warning] == ["E0254"]
