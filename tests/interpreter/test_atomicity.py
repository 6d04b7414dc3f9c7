"""All or nothing: random calls against a model of plain Python, and the same calls run again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.receipts import Amount, Receipt

World = Any

CONTRACT = """\
contract Ledger version 1
role Bank
lifecycle Stage
  Open -> Open | Held
  Held -> Open | Shut
  Shut
enum Kind: Red, Blue
record Group[name: Text]
  most: Amount of CNY
record Account[number: Text]
  holder: Bank
  group: Group
  kind: Kind
  score: Int in -9..9 = 0
  rank: Decimal = 0
  until: Time?
  other: Account?
  cash: Balance of CNY
  held: Balance of CNY
  stage: Stage
record Entry[id: Serial]
  account: Account
  note: Text?
record Pair[left: Account, right: Account]
  steps: Int = 0
event Moved(account: Account, other: Account?, amount: Amount of CNY)
invariant "a group holds no more than it may"
  for g in Group
  holds sum(a.cash for a in Account where a.group == g) <= g.most
invariant "few blue accounts are held"
  holds count(a for a in Account where a.kind is Blue and a.stage is Held) <= 2
invariant "ranks stay small"
  holds sum(a.rank for a in Account) <= 100
invariant "no low account is held"
  for a in Account where a.stage is Held
  holds a.score >= -5
when account: Account has been Held for 1 hour
  account.stage becomes Open
  move account.held from account.held to account.cash
when account: Account in Open | Held reaches account.until
  account.score = account.score + 3
  account.until = missing
rule in_range(kind: Kind, low: Int, high: Int): List of Text
  by Bank
  give list(a.number for a in Account where a.kind == kind and a.score >= low and a.score < high)
rule others(account: Account): List of Text
  by Bank
  give list(a.number for a in Account where a.other is not missing and a.other == account)
rule alone(): Int
  by Bank
  give count(a for a in Account where a.other is missing)
action found_group(name: Text, most: Amount of CNY)
  by Bank
  create Group(name: name, most: most)
action open(number: Text, group: Group, kind: Kind): Account
  by Bank as bank
  give create Account(number: number, group: group, kind: kind, holder: bank)
action fill(account: Account, amount: Amount of CNY)
  by account.holder
  issue amount to account.cash
action drain(account: Account, amount: Amount of CNY)
  by account.holder
  retire amount from account.cash
action set(account: Account, score: Int, kind: Kind, until: Time?, other: Account?, rank: Decimal)
  by account.holder
  account.score = score
  account.kind = kind
  account.until = until
  account.other = other
  account.rank = rank
action step(account: Account, stage: Stage)
  by account.holder
  account.stage becomes stage
action work(payer: Account, payee: Account, amount: Amount of CNY, last: Int)
  by payer.holder
  create Entry(account: payer, note: "{amount}")
  create Pair(left: payer, right: payee)
  payer.kind = payee.kind
  payer.other = payee
  payee.until = now + 1 hour
  move amount from payer.cash to payee.held
  payer.score = payer.score + 1
  emit Moved(payer, payer.other, amount)
  notify payee.holder that "{payer.number} pays {amount}"
  if payee.stage is Open
    payee.stage becomes Held
  issue amount to payer.held
  require last != 0 else LAST "the last statement says no"
"""

MOMENT = 1_767_603_600_000
"""2026-01-05T09:00Z."""

names = st.sampled_from(["a", "a", "b", "b", "c", "c", "d", "e"])
small = st.integers(0, 200).map(lambda steps: Amount(steps, "CNY"))
kinds = st.sampled_from(["Red", "Blue"])
amounts = st.integers(0, 900).map(lambda steps: Amount(steps, "CNY"))
moments = st.none() | st.integers(-3, 12).map(lambda hours: MOMENT + hours * 1_800_000)
decimals = st.decimals(-50, 60, places=3, allow_nan=False).map(lambda one: one + 0)
groups = st.sampled_from(["x", "y", "z"])
stages = st.sampled_from(["Open", "Held", "Shut"])
signers = st.sampled_from(["icbc", "icbc", "icbc", "icbc", "boc"])
calls = st.one_of(
    st.tuples(
        signers,
        st.just("found_group"),
        st.tuples(groups, st.integers(0, 3_000).map(lambda steps: Amount(steps, "CNY"))),
    ),
    st.tuples(signers, st.just("open"), st.tuples(names, groups, kinds)),
    st.tuples(signers, st.just("fill"), st.tuples(names, amounts)),
    st.tuples(signers, st.just("drain"), st.tuples(names, amounts)),
    st.tuples(
        signers,
        st.just("set"),
        st.tuples(names, st.integers(-12, 12), kinds, moments, st.none() | names, decimals),
    ),
    st.tuples(signers, st.just("step"), st.tuples(names, stages)),
    *[
        st.tuples(signers, st.just("work"), st.tuples(names, names, small, st.integers(0, 3)))
        for _ in range(3)
    ],
    st.tuples(st.just(""), st.just("wait"), st.tuples(st.integers(1, 200))),
)
START = [
    ("icbc", "found_group", ("x", Amount(3_000, "CNY"))),
    ("icbc", "found_group", ("y", Amount(900, "CNY"))),
    ("icbc", "open", ("a", "x", "Red")),
    ("icbc", "open", ("b", "x", "Blue")),
    ("boc", "open", ("c", "x", "Blue")),
    ("icbc", "open", ("d", "y", "Blue")),
    ("icbc", "fill", ("a", Amount(700, "CNY"))),
    ("icbc", "fill", ("b", Amount(700, "CNY"))),
    ("boc", "fill", ("c", Amount(700, "CNY"))),
    ("icbc", "fill", ("d", Amount(700, "CNY"))),
]
MADE: list[Any] = []


def fresh(**limits: Any) -> World:  # noqa: ANN401 -- of two types
    """Return an empty world; the contract is compiled once."""
    if not MADE:
        MADE.extend(worlds.programs(CONTRACT))
    machine = Machine(**limits)
    machine.deploy(MADE[0])
    machine.members.enrol("icbc", "Bank")
    machine.members.enrol("boc", "Bank")
    machine.advance(MOMENT)
    return worlds.World(machine, CONTRACT, "Ledger")


def act(world: World, step: tuple[str, str, tuple[Any, ...]]) -> list[Receipt]:
    """Carry out one step; return all receipts."""
    who, action, arguments = step
    if action == "wait":
        return list(world.machine.advance(world.machine.now + arguments[0] * 60_000))
    receipt = world.run(who, action, *arguments)
    early = list(world.machine.overdue_receipts)
    world.machine.overdue_receipts.clear()
    return [*early, receipt]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(calls, min_size=5, max_size=40))
def test_a_refusal_leaves_no_trace_and_the_rest_agrees_with_a_scan(steps: list[Any]) -> None:
    """Refused calls change nothing at all; indexes, totals and money agree with a recount."""
    world = fresh()
    for step in (*START, *steps):
        before = worlds.snapshot(world.machine)
        receipts = act(world, step)
        if len(receipts) == 1 and receipts[0].code is not None and step[1] != "wait":
            assert worlds.snapshot(world.machine) == before
        world.machine.audit()
        look(world)


def look(world: World) -> None:
    """Hold what rules find by index against a scan of the records."""
    table = next(one for key, one in world.machine.tables.items() if key.name == "Account")
    rows = [table.rows[key] for key in sorted(table.rows)]
    for kind in ("Red", "Blue"):
        for low, high in ((-9, 9), (0, 3), (2, 1), (-3, 0)):
            wanted = [r.key for r in rows if r.f_kind == kind and low <= r.f_score < high]
            assert list(world.ask("icbc", "in_range", kind, low, high)) == wanted
    for key, row in table.rows.items():
        wanted = [one.key for one in rows if one.f_other is row]
        assert list(world.ask("icbc", "others", key)) == wanted
    assert world.ask("icbc", "alone") == sum(one.f_other is None for one in rows)


class Plain:
    """The same rules in plain Python, for the actions that move money."""

    def __init__(self) -> None:
        self.cash: dict[str, int] = {}
        self.holder: dict[str, str] = {}
        self.group: dict[str, str] = {}
        self.most: dict[str, int] = {}

    def run(self, who: str, action: str, arguments: tuple[Any, ...]) -> str | None:
        """Return the code of a refusal, or None."""
        if action == "found_group":
            name, most = arguments
            if name in self.most:
                return "DUPLICATE_KEY"
            self.most[name] = most.steps
            return None
        if action == "open":
            name, group, _ = arguments
            if group not in self.most:
                return "MISSING_RECORD"
            if name in self.cash:
                return "DUPLICATE_KEY"
            self.cash[name], self.holder[name], self.group[name] = 0, who, group
            return None
        name, amount = arguments
        if name not in self.cash:
            return "MISSING_RECORD"
        if self.holder[name] != who:
            return "NOT_AUTHORISED"
        steps = amount.steps if action == "fill" else -amount.steps
        if self.cash[name] + steps < 0:
            return "INSUFFICIENT"
        group = self.group[name]
        held = sum(self.cash[one] for one in self.cash if self.group[one] == group)
        if held + steps > self.most[group]:
            return "INVARIANT"
        self.cash[name] += steps
        return None


money_calls = calls.filter(lambda step: step[1] in {"found_group", "open", "fill", "drain"})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(money_calls, min_size=5, max_size=60))
def test_a_model_in_plain_python_agrees(steps: list[Any]) -> None:
    """Every outcome and every balance is what forty lines of plain Python say."""
    world, plain = fresh(), Plain()
    for who, action, arguments in (*START, *steps):
        assert world.run(who, action, *arguments).code == plain.run(who, action, arguments)
        assert {name: world.row("Account", name).b_cash for name in plain.cash} == plain.cash


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(calls, min_size=5, max_size=40))
def test_probes_change_nothing(steps: list[Any]) -> None:
    """Through the code with probes every receipt, cost and state is the same."""
    plain, probed = fresh(), fresh()
    probed.is_traced = True
    for step in (*START, *steps):
        assert act(plain, step) == act(probed, step)
    assert worlds.snapshot(plain.machine) == worlds.snapshot(probed.machine)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(calls, min_size=3, max_size=25), st.integers(1, 60))
def test_a_cost_limit_anywhere_leaves_no_trace(steps: list[Any], limit: int) -> None:
    """However little a call may cost, it happens wholly or not at all."""
    world = fresh()
    for step in START:
        act(world, step)
    world.machine.call_steps_max = limit
    for step in steps:
        before = worlds.snapshot(world.machine)
        receipts = act(world, step)
        if len(receipts) == 1 and receipts[0].code is not None and step[1] != "wait":
            assert worlds.snapshot(world.machine) == before
        world.machine.audit()


STORY = [
    *START,
    *[
        ("icbc", "set", (name, n % 9, "Blue", MOMENT + n * 600_000, other, n))
        for n, (name, other) in enumerate([("a", "b"), ("b", "a"), ("a", None)])
    ],
    *[("icbc", "work", ("a", name, Amount(5, "CNY"), n % 3)) for n, name in enumerate("bcabc")],
    *[("", "wait", (minutes,)) for minutes in (7, 40, 61, 1)],
    ("boc", "work", ("c", "b", Amount(5, "CNY"), 1)),
]


def tell_story() -> str:
    """Return the receipts and the last state of a fixed story."""
    world = fresh()
    receipts = [act(world, step) for step in STORY]
    kept = [[one[1:3] + one[4:] for one in some] for some in receipts]
    return f"{kept}\n{worlds.snapshot(world.machine)}"


def test_the_order_of_hashes_shows_in_nothing() -> None:
    """The same calls give the same receipts and the same state under any PYTHONHASHSEED."""
    command = [sys.executable, "-W", "error", str(Path(__file__).resolve())]
    told = set()
    for seed in ("0", "1", "4242"):
        modules = str(Path(worlds.__file__).parent)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": modules}
        run = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, encoding="utf-8"
        )
        told.add(run.stdout)
    assert len(told) == 1
    assert "Moved" in told.pop()


if __name__ == "__main__":
    sys.stdout.write(tell_story())
