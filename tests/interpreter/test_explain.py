"""Explain: the trace of a call shows what decided it, in order, with values and lines."""

from __future__ import annotations

from typing import Any

import pytest
import worlds

from servanda.interpreter.execute.explain import SEEN_COUNT_MAX, Seen, Trace
from servanda.interpreter.receipts import Amount, Call, Firing, Receipt
from servanda.interpreter.types import BOOL, INT
from servanda.interpreter.values.times import parse_time

World = Any

CONTRACT = """\
contract Loan version 1
role Bank, Judge
enum Answer: Yes, No
record Client[name: Text]
  holder: Bank
  income: Amount of CNY
  debts: Int = 0
record Purse[id: Serial]
  currency: Currency
  money: Balance of currency
rule points(client: Client, extra: Int): Int
  by Bank
  let base = client.debts + extra
  give if base > 5 then base else twice(base)
rule twice(number: Int): Int = number * 2
decision judge
  | score: Int  | rich: Bool || answer: Answer |
  | < 4         | -          || Yes            |
  | >= 4        | true       || Yes            |
  | >= 4        | false      || No             |
clause note(client: Client, answer: Answer)
  if answer is No
    refuse DENIED "{client.name} has {client.debts} debts"
  client.debts = client.debts + 1
action make(name: Text, income: Amount of CNY)
  by Bank as bank
  create Client(name: name, holder: bank, income: income)
action lend(client: Client, extra: Int in 0..1_000): Int
  by client.holder or Judge
  require client.income > 0 CNY else POOR "no income"
  let answer = judge(points(client, extra), client.income > 100 CNY)
  note(client, answer)
  if points(client, extra) > 3 and client.debts > 0
    give points(client, 1)
  give 0
action sew(currency: Currency): Purse
  by Bank
  give create Purse(currency: currency)
action earn(purse: Purse, amount: Amount of purse.currency)
  by Bank
  issue amount to purse.money
  require purse.money < amount * 3 else RICH "{purse.money}"
action count_up(client: Client)
  by Bank
  for n in 1..5_000
    client.debts = n
"""


TREE = """\
action lend
  bound extra = 0
  authority client.holder or Judge = ('icbc',)
    value client.holder = icbc
      value client = ann
  step require client.income > 0 CNY else POOR "no income"
    guard client.income > 0 CNY = True
      value client.income = 5000
        value client = ann
  step let answer = judge(points(client, extra), client.income > 100 CNY)
    value judge(points(client, extra), client.income > 100 CNY) = Yes
      value points(client, extra) = 0
        value client = ann
        value extra = 0
        rule points
          step let base = client.debts + extra
            value client.debts = 0
              value client = ann
            value extra = 0
          step give if base > 5 then base else twice(base)
            give give if base > 5 then base else twice(base) = 0
              guard base > 5 = False
                value base = 0
              value twice(base) = 0
                value base = 0
                rule twice
                  step number * 2
                    give number * 2 = 0
                      value number = 0
      value client.income = 5000
        value client = ann
      decision judge = (0, False)
        row | < 4         | -          || Yes            |
  step note(client, answer)
    value client = ann
    value answer = Yes
    clause note
      step if answer is No
        guard answer is No = False
          value answer = Yes
      step client.debts = client.debts + 1
        value client.debts = 0
          value client = ann
        value client = ann
  step if points(client, extra) > 3 and client.debts > 0
    guard points(client, extra) > 3 and client.debts > 0 = False
      value points(client, extra) = 2
        value client = ann
        value extra = 0
        rule points
          step let base = client.debts + extra
            value client.debts = 1
              value client = ann
            value extra = 0
          step give if base > 5 then base else twice(base)
            give give if base > 5 then base else twice(base) = 2
              guard base > 5 = False
                value base = 1
              value twice(base) = 2
                value base = 1
                rule twice
                  step number * 2
                    give number * 2 = 2
                      value number = 1
  step give 0
    give give 0 = 0"""
"""What decided that ann gets nothing."""


@pytest.fixture
def loan() -> World:
    """Return a world with a client who earns 50 yuan."""
    world = worlds.world(CONTRACT, members="Bank:icbc Judge:j")
    world.does("icbc", "make", "ann", Amount(5_000, "CNY"))
    world.does("icbc", "make", "bob", Amount(0, "CNY"))
    return world


def traced(world: World, signers: str, action: str, *arguments: object) -> tuple[Receipt, Trace]:
    """Run an action with probes."""
    receipt, trace = world.trace(Call("Loan", action, arguments, tuple(signers.split())))
    return receipt, trace


def told(seen: Seen, depth: int = 0) -> list[str]:
    """Return a tree as lines: kind, source text or title, and value."""
    lines = []
    for one in seen.parts:
        text = one.title or CONTRACT[one.span.start : one.span.end].split("\n", maxsplit=1)[0]
        value = (
            ""
            if one.kind in {"step", "action", "clause", "rule", "row"}
            else f" = {getattr(one.value, 'key', one.value)}"
        )
        lines += [f"{'  ' * depth}{one.kind} {text}{value}", *told(one, depth + 1)]
    return lines


def test_a_trace_is_a_tree_of_what_decided(loan: World) -> None:
    """Clauses, rules and decisions stand where they were called, with guards, rows and values."""
    receipt, trace = traced(loan, "icbc", "lend", "ann", 0)
    assert receipt.value == 0
    lines = told(trace.root)
    assert "\n".join(lines) == TREE
    assert trace.root is trace.root


def test_a_trace_ends_where_the_rules_said_no(loan: World) -> None:
    """The last thing in a trace of a refused call is its refusal, inside what was running."""
    receipt, trace = traced(loan, "icbc", "lend", "bob", 0)
    assert receipt.code == "POOR"
    action = trace.root.parts[0]
    *_, step = action.parts
    guard, refusal = step.parts
    assert (guard.kind, guard.value) == ("guard", False)
    assert (refusal.kind, refusal.title, refusal.value) == ("refusal", "POOR", "no income")
    assert loan.source[refusal.span.start : refusal.span.end].startswith("require client.income")
    receipt, trace = traced(loan, "icbc", "lend", "ann", 9)
    assert receipt.code == "DENIED"
    clause = trace.root.parts[0].parts[-1].parts[-1]
    assert (clause.kind, clause.title) == ("clause", "note")
    assert clause.parts[-1].parts[-1].title == "DENIED"


def test_a_wrong_state_is_not_part_of_who_signed() -> None:
    """A refusal for a state stands beside the `by` that was satisfied, not below it."""
    world = worlds.world(
        "contract Loan version 1\nrole Bank\nlifecycle Phase\n  Open -> Shut\n  Shut\n"
        "record Deed[name: Text]\n  phase: Phase\n"
        "action make(name: Text)\n  by Bank\n  create Deed(name: name)\n"
        "action shut(deed: Deed in Open)\n  by Bank\n  deed.phase becomes Shut\n",
        members="Bank:icbc",
    )
    world.does("icbc", "make", "one")
    world.does("icbc", "shut", "one")
    receipt, trace = traced(world, "icbc", "shut", "one")
    assert receipt.code == "WRONG_STATE"
    (action,) = trace.root.parts
    authority, bound = action.parts
    assert (authority.kind, authority.parts) == ("authority", [])
    assert (bound.kind, bound.value, bound.parts[-1].kind) == ("bound", "Shut", "refusal")


@pytest.mark.parametrize(
    ("signers", "arguments", "code"),
    [
        ("icbc", ("ann", "x"), "BAD_ARGUMENT"),
        ("icbc", ("nobody", 1), "MISSING_RECORD"),
        ("", ("ann", 1), "NOT_SIGNED"),
        ("boc", ("ann", 1), "NOT_AUTHORISED"),
    ],
)
def test_a_refusal_before_the_body_is_told_too(
    loan: World, signers: str, arguments: tuple[object, ...], code: str
) -> None:
    """Arguments and authority are part of why: who signed, and whom `by` looked up."""
    receipt, trace = traced(loan, signers, "lend", *arguments)
    assert receipt.code == code
    action = trace.root.parts[0]
    assert (action.kind, action.title) == ("action", "lend")
    refusals = [one for one in trace.root.all() if one.kind == "refusal"]
    assert [(one.title, one.value, one.span) for one in refusals] == [
        (code, receipt.message, receipt.span)
    ]
    authorities = [one for one in action.parts if one.kind == "authority"]
    if code in {"NOT_SIGNED", "NOT_AUTHORISED"}:
        (authority,) = authorities
        assert authority.value == tuple(signers.split())
        assert loan.source[authority.span.start :].startswith("client.holder or Judge")
    else:
        assert authorities == []


def test_an_unknown_action_has_a_trace_too(loan: World) -> None:
    """What never began is a refusal at the root."""
    receipt, trace = traced(loan, "icbc", "nothing")
    assert receipt.code == "UNKNOWN_ACTION"
    assert [one.title for one in trace.root.parts] == ["UNKNOWN_ACTION"]


def test_amounts_are_seen_with_their_unit(loan: World) -> None:
    """A value whose unit is a field says which it was."""
    loan.does("icbc", "sew", "JPY")
    _, trace = traced(loan, "icbc", "earn", 1, Amount(5, "JPY"))
    seen = [one for one in trace.root.all() if one.kind == "value" and one.unit is not None]
    assert {one.unit for one in seen} == {"JPY"}
    assert {loan.source[one.span.start : one.span.end] for one in seen} >= {"purse.money", "amount"}


def test_a_decision_is_seen_with_the_types_of_its_inputs(loan: World) -> None:
    """Without them nobody could tell an amount in fen from a number."""
    _, trace = traced(loan, "icbc", "lend", "ann", 0)
    (seen,) = (one for one in trace.root.all() if one.kind == "decision")
    assert seen.value == (0, False)
    assert seen.types == (INT, BOOL)


def test_a_long_trace_is_cut_and_counted(loan: World) -> None:
    """A loop of thousands fills no memory: what is left out is counted."""
    receipt, trace = traced(loan, "icbc", "count_up", "ann")
    assert receipt.code is None
    assert sum(1 for _ in trace.root.all()) <= SEEN_COUNT_MAX + 1
    assert trace.left_out_count > 0
    assert loan.row("Client", "ann").f_debts == 5_000


def test_tracing_changes_nothing(loan: World) -> None:
    """With probes and without them a call comes to the same receipt and the same state."""
    other = worlds.world(CONTRACT, members="Bank:icbc Judge:j")
    other.does("icbc", "make", "ann", Amount(5_000, "CNY"))
    other.does("icbc", "make", "bob", Amount(0, "CNY"))
    for extra in (0, 1, 0, 9, 1, 5, 6):
        plain = loan.run("j", "lend", "ann", extra)
        assert traced(other, "j", "lend", "ann", extra)[0] == plain
    assert worlds.snapshot(loan.machine) == worlds.snapshot(other.machine)


# ── what timers, balances and invariants show ─────────────────────────────────────────────────

FUND = """\
contract Fund version 1
role Bank
lifecycle Progress
  Open -> Spent
  Spent
record Purse[name: Text]
  currency: Currency
  money: Balance of currency
  floor: Int = 0
  count: Int = 0
  progress: Progress
record Quota[name: Text]
  currency: Currency
  most: Amount of currency
record Share[id: Serial]
  quota: Quota
  part: Amount of quota.currency
action sew(name: Text, currency: Currency, floor: Int)
  by Bank
  create Purse(name: name, currency: currency, floor: floor)
action limit_to(name: Text, currency: Currency, most: Amount of currency)
  by Bank
  create Quota(name: name, currency: currency, most: most)
action share(quota: Quota, part: Amount of quota.currency)
  by Bank
  create Share(quota: quota, part: part)
action fill(purse: Purse, amount: Amount of purse.currency)
  by Bank
  issue amount to purse.money
action spend(purse: Purse, amount: Amount of purse.currency)
  by Bank
  retire amount from purse.money
action touch(purse: Purse, count: Int)
  by Bank
  purse.count = count
action finish(purse: Purse)
  by Bank
  purse.progress becomes Spent
when purse: Purse has been Open for 1 day
  purse.count = purse.count - 1
  if purse.count == 4
    purse.progress becomes Spent
invariant "the count is above the floor"
  for purse in Purse where purse.progress is Open
  holds purse.count >= purse.floor
invariant "a quota is kept"
  for quota in Quota
  holds sum(s.part for s in Share where s.quota == quota) <= quota.most
"""


@pytest.fixture
def fund() -> World:
    """Return a world with one purse in yen that holds 5."""
    world = worlds.world(FUND, members="Bank:b")
    world.does("b", "sew", "a", "JPY", -1)
    world.does("b", "fill", "a", Amount(5, "JPY"))
    return world


def seen_of(world: World, trace: Trace, kinds: str) -> list[str]:
    """Return what a trace saw of some kinds, as text and value."""
    return [
        f"{world.source[one.span.start : one.span.end]} = {getattr(one.value, 'key', one.value)}"
        for one in trace.root.all()
        if one.kind in kinds.split()
    ]


def test_a_balance_that_does_not_suffice_is_seen(fund: World) -> None:
    """INSUFFICIENT is explained by what the balance held, with its unit."""
    receipt, trace = fund.trace(Call("Fund", "spend", ("a", Amount(6, "JPY")), ("b",)))
    assert receipt.code == "INSUFFICIENT"
    assert "purse.money = 5" in seen_of(fund, trace, "value")
    (seen,) = (one for one in trace.root.all() if one.value == 5)
    assert seen.unit == "JPY"


def test_a_state_that_no_arrow_leaves_is_seen(fund: World) -> None:
    """NO_TRANSITION is explained by the state that it met."""
    fund.does("b", "finish", "a")
    receipt, trace = fund.trace(Call("Fund", "finish", ("a",), ("b",)))
    assert receipt.code == "NO_TRANSITION"
    assert "purse.progress = Spent" in seen_of(fund, trace, "value")


def test_a_broken_invariant_is_seen_with_its_values(fund: World) -> None:
    """The record that broke it, its condition and what it was made of; it costs no step more."""
    call = Call("Fund", "touch", ("a", -2), ("b",))
    plain = fund.machine.execute(call)
    receipt, trace = fund.trace(call)
    assert receipt == plain
    assert receipt.code == "INVARIANT"
    (invariant,) = (one for one in trace.root.all() if one.kind == "invariant")
    assert (invariant.title, invariant.value.key) == ("the count is above the floor", "a")
    assert seen_of(fund, trace, "guard")[-1] == "purse.count >= purse.floor = False"
    assert {"purse.count = -2", "purse.floor = -1"} <= set(seen_of(fund, trace, "value"))
    assert trace.root.parts[-1].kind == "refusal"


def test_a_broken_total_is_seen(fund: World) -> None:
    """Of an invariant over many records the running total is what it saw."""
    fund.does("b", "limit_to", "q", "JPY", Amount(9, "JPY"))
    fund.does("b", "share", "q", Amount(7, "JPY"))
    receipt, trace = fund.trace(Call("Fund", "share", ("q", Amount(3, "JPY")), ("b",)))
    assert receipt.code == "INVARIANT"
    total = "sum(s.part for s in Share where s.quota == quota) = 10"
    assert {total, "quota.most = 9"} <= set(seen_of(fund, trace, "value"))
    (invariant,) = (one for one in trace.root.all() if one.kind == "invariant")
    assert invariant.value.key == "q"
    assert {one.unit for one in trace.root.all() if one.value in {9, 10}} == {"JPY"}


def test_a_timer_is_explained_like_a_call(fund: World) -> None:
    """Also one that faults, and one that an action ran early: nothing of it stays untold."""
    seen: list[tuple[Firing, Trace]] = []

    def choose(firing: Firing | Call) -> Trace | None:
        if isinstance(firing, Call):
            return None
        seen.append((firing, Trace()))
        return seen[-1][1]

    fund.does("b", "touch", "a", 5)
    fund.machine.choose_trace = choose
    fund.at("2026-01-07T00:00Z")
    ((firing, trace),) = seen
    assert (firing.key, firing.due_ms) == ("a", parse_time("2026-01-06T09:00Z"))
    assert "purse.count == 4 = True" in seen_of(fund, trace, "guard")
    seen.clear()
    fund.does("b", "sew", "z", "JPY", 0)
    fund.at("2026-01-08T00:00Z")
    (faulted,) = [trace for firing, trace in seen if firing.key == "z"]
    assert {"purse.count = -1", "purse.floor = 0"} <= set(seen_of(fund, faulted, "value"))
    assert [one.title for one in faulted.root.all() if one.kind == "refusal"] == ["INVARIANT"]
