"""Loops and aggregates have a depth, and what is no deeper becomes a program that runs."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.check.domain import LOOP_DEPTH_MAX
from servanda.interpreter.compile import compile_contract
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Call

HEAD = "contract Deep version 1\nrole Bank\naction a(): Int\n  by Bank\n"
BLOCKS_MAX = 62


def checked(text: str) -> tuple[ContractModel | None, list[str]]:
    """Return the model of a contract, and the codes of its errors."""
    diagnostics = Diagnostics()
    model = check_contract(parse(Source("deep", text), diagnostics), {}, diagnostics)
    return model, [one.code for one in diagnostics if not one.is_warning]


def given(text: str) -> object:
    """Return what the action of a contract that has no mistakes gives."""
    model, codes = checked(text)
    assert model is not None, codes
    machine = Machine()
    machine.deploy(compile_contract(model))
    machine.members.enrol("b", "Bank")
    call = Call("Deep", "a", (), ("b",))
    receipt = machine.execute(call)
    assert receipt.is_done
    assert machine.trace(call)[0] == receipt
    return receipt.value


def loops(depth: int) -> str:
    """Return an action with loops inside loops, where there is room inside many `if`s."""
    lines = ["let total = 0", *(f"{'  ' * n}for i{n} in 1..1" for n in range(depth))]
    lines += [f"{'  ' * depth}total = total + 1", "give total"]
    return HEAD + "".join(f"  {line}\n" for line in lines)


def sums(depth: int, block_count: int = 0) -> str:
    """Return an action that gives aggregates inside aggregates, inside blocks."""
    value = "1"
    for n in range(depth):
        value = f"sum({value}\n for i{n} in 1..1 where i{n} > 0)"
    lines = [f"{'  ' * n}if {n} == {n}" for n in range(block_count)]
    lines += [f"{'  ' * block_count}give {value}", *(["give 0"] if block_count else [])]
    return HEAD + "".join(f"  {line}\n" for line in lines)


def conditions(depth: int) -> str:
    """Return an action that gives aggregates inside the `where` of aggregates."""
    value = "any(true for j in 1..1)"
    for n in range(depth - 2):
        value = f"any(true\n for i{n} in 1..1 where {value})"
    return HEAD + f"  give count(k for k in 1..1 where {value})\n"


@pytest.mark.parametrize("write", [loops, sums, conditions])
def test_loops_nest_at_most_16_deep(write: object) -> None:
    """What is as deep as may be is run; one more is told of, once."""
    assert callable(write)
    assert given(write(LOOP_DEPTH_MAX)) == 1
    for depth in (LOOP_DEPTH_MAX + 1, 40):
        assert checked(write(depth))[1] == ["E0103"]


def test_aggregates_as_deep_as_may_be_fit_into_blocks_as_deep_as_may_be() -> None:
    """Blocks and brackets have one limit, so the deepest of both is still a program."""
    blocks = BLOCKS_MAX - LOOP_DEPTH_MAX
    assert given(sums(LOOP_DEPTH_MAX, blocks)) == 1
