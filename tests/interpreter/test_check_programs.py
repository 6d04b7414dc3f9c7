"""What the checker lets pass never fails an assertion: random programs, random calls.

Programs are made of every kind of expression and statement, most of them well typed by the way
they are made. One that the checker refuses proves nothing and is left; of one that it lets pass
nothing but receipts may come, and the books are audited after every call.
"""

# A program that failed is made again from its seed.
# ruff: noqa: S311

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from program_strategies import write_program

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.compile import compile_contract
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Amount, Call
from servanda.interpreter.values.times import parse_time

DAY_MS = 86_400_000
CALL_COUNT = 25


def checked(text: str) -> ContractModel | None:
    """Return the model of a contract, or None if it is refused."""
    diagnostics = Diagnostics()
    file = parse(Source("random.contract", text), diagnostics)
    assert not diagnostics.has_errors, (list(diagnostics), text)
    return check_contract(file, {}, diagnostics)


def arguments(chance: random.Random) -> tuple[object, ...]:
    """Return arguments for the action `a` of a random program, most of them good."""
    keys = ["1", "2", "3"]
    key = chance.choice(keys)
    unit = "USD" if key == "2" else "CNY"
    return (
        key,
        chance.choice([*keys, None]),
        chance.choice([0, 1, 2, 5, -3, 10**17, 10**33]),
        chance.choice([Decimal(0), Decimal("0.005"), Decimal("1E+30"), Decimal(-7)]),
        Amount(chance.choice([0, 1, 250, 10**20]), "CNY"),
        Amount(chance.choice([0, 1, 250]), chance.choice([unit, unit, unit, "EUR"])),
        chance.choice(["", "1", "account", "x" * 200]),
        chance.choice(["tom", "pat"]),
        chance.choice(["tom", "pat", None]),
    )


def run(model: ContractModel, chance: random.Random) -> list[str]:
    """Run random calls; return what came of them."""
    machine = Machine()
    machine.deploy(compile_contract(model))
    machine.members.enrol("tom", "Teller")
    machine.members.enrol("pat", "Clerk")
    machine.advance(parse_time("2026-01-31T09:00Z"))
    for key, unit in (("1", "CNY"), ("2", "USD"), ("3", "CNY")):
        assert machine.execute(Call("Random", "open", (key, unit), ("tom",))).is_done
    found: list[str] = []
    for _ in range(CALL_COUNT):
        call = Call("Random", "a", arguments(chance), ("tom",))
        if chance.random() < 0.3:
            receipt, _ = machine.trace(call)
        else:
            receipt = machine.execute(call)
        found.append(receipt.code or "done")
        machine.audit()
        if chance.random() < 0.3:
            machine.advance(machine.now + chance.choice([1, DAY_MS, 40 * DAY_MS]))
            machine.audit()
    return found


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_what_check_passes_never_fails_an_assertion(seed: int) -> None:
    """Whatever a program does, each call is done or refused."""
    chance = random.Random(seed)
    model = checked(write_program(chance))
    event("refused" if model is None else "run")
    if model is not None:
        for code in run(model, chance):
            event(code)


def test_most_programs_are_run() -> None:
    """The test above is of use: programs pass the check, and their calls are done and refused."""
    found: list[str] = []
    passed = 0
    for seed in range(40):
        chance = random.Random(seed)
        model = checked(write_program(chance))
        if model is not None:
            passed += 1
            found += run(model, chance)
    assert passed >= 10
    assert len(set(found)) >= 4
    assert "done" in found
