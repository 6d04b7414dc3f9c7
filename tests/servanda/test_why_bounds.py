"""`servanda why` of an `in`: what was held against it stands in the tree, and its refusal below."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

GUARANTEES = """\
contract Guarantees version 1

role City

lifecycle Standing
  Issued -> Extended | Expired
  Extended -> Expired
  Expired

record Guarantee[id: Serial]
  currency: Currency
  limit: Amount of currency
  standing: Standing

rule later(months: Int in 1..12): Int = months + 1

clause extend(guarantee: Guarantee in Issued, months: Int in 0..400)
  guarantee.standing becomes Extended

action issue_one(months: Int in 1..360, limit: Amount of CNY): Guarantee
  by City
  give create Guarantee(currency: CNY, limit: 0)

action expire(guarantee: Guarantee in Issued | Extended)
  by City
  guarantee.standing becomes Expired

action call_in(guarantee: Guarantee in Issued, by_time: Int? in 0..<10)
  by City
  extend(guarantee, later(2))

action force(guarantee: Guarantee, months: Int)
  by City
  extend(guarantee, months)
"""


@pytest.fixture
def why(bank: Path, servanda: Command) -> Callable[[str], str]:
    """Return what `why` prints of the last of some steps."""

    def told(steps: str, *words: str) -> str:
        (bank / "guarantees.contract").write_text(GUARANTEES)
        head = 'use Guarantees\ntest "t"\n  let city = City("City")\n'
        body = "".join(f"  {line}\n" for line in steps.splitlines())
        (bank / "guarantees.test.contract").write_text(head + body)
        status, out, err = servanda("why", "guarantees.test.contract", *words)
        assert status == 0, err
        return out

    return told


def test_a_wrong_state_is_refused_by_its_bound(why: Callable[[str], str]) -> None:
    """The bound, the state that it saw, and the refusal below it: `by` had passed."""
    out = why(
        "let g = city does issue_one(12, 5 CNY)\ncity does expire(g)\n"
        "city cannot call_in(g, missing) because WRONG_STATE"
    )
    assert "^^^^^^^^^ this said no\n" in out
    tree = out.split("\n\n")[1].splitlines()
    assert [line.rsplit("  line", 1)[0] for line in tree] == [
        "action call_in",
        "├─ by_time in 0..<10: missing",
        "├─ by City: signed by City",
        "└─ guarantee in Issued: Expired",
        "   └─ refused with WRONG_STATE: Guarantee[1] is Expired, not Issued",
        *tree[5:],
    ]


def test_a_bad_argument_is_refused_by_its_bound(why: Callable[[str], str]) -> None:
    """So is an amount below nothing, which no `in` is written for."""
    out = why("city cannot issue_one(361, 1 CNY) because BAD_ARGUMENT")
    assert "action issue_one  line 20\n└─ months in 1..360: 361  line 20\n   └─ refused with" in out
    out = why("city cannot issue_one(360, -1 CNY) because BAD_ARGUMENT")
    assert "├─ months in 1..360: 360  line 20\n└─ limit >= 0: -1.00 CNY  line 20\n" in out


def test_what_kept_its_bound_is_told_too(why: Callable[[str], str]) -> None:
    """States always; that an amount is not below nothing only where it is."""
    out = why("let g = city does issue_one(12, 5 CNY)\ncity does expire(g)")
    assert "├─ guarantee in Issued | Extended: Issued  line 24\n" in out
    assert "months in" in why("city does issue_one(12, 5 CNY)")
    assert "limit >=" not in why("city does issue_one(12, 5 CNY)")


def test_clauses_and_rules_note_their_bounds(why: Callable[[str], str]) -> None:
    """They stand inside what was called, and what comes after them does not."""
    out = why("let g = city does issue_one(12, 5 CNY)\ncity does call_in(g, 3)")
    lines = [line.strip("│├└─ ").rsplit("  line", 1)[0] for line in out.splitlines()]
    assert "months in 1..12: 2" in lines
    assert "guarantee in Issued: Issued" in lines
    assert "months in 0..400: 3" in lines
    out = why("let g = city does issue_one(12, 5 CNY)\ncity cannot force(g, 401) because OVERFLOW")
    assert "months in 0..400: 401  line 17\n" in out
    assert out.index("months in 0..400: 401") < out.index("refused with OVERFLOW")


def test_programs_are_told_of_bounds(why: Callable[..., str]) -> None:
    """A node of kind `bound`, with its text and what was held against it."""
    document = json.loads(why("city cannot issue_one(361, 1 CNY) because BAD_ARGUMENT", "--json"))
    ((action,),) = (document["tree"],)
    (bound,) = action["parts"]
    assert (bound["kind"], bound["text"], bound["value"]) == ("bound", "months in 1..360", "361")
    assert [one["kind"] for one in bound["parts"]] == ["refusal"]
