"""Domains: what is gone through, which index finds it, and what no index finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from servanda.interpreter.check.scope import Place
from servanda.interpreter.model import (
    AggregateValue,
    Constant,
    ListDomain,
    NamesDomain,
    RangeDomain,
    RecordDomain,
    WholeDomain,
)

INDEXED = [
    ("i.holder == a.holder", ("holder",), None, False),
    ("a.holder == i.holder", ("holder",), None, False),
    ("i.standing is Grey", ("standing",), None, False),
    ("i.standing == Grey and i.holder == party", ("holder", "standing"), None, False),
    ("i.number == text", ("number",), None, False),
    ("i.standing is not Grey and i.holder == party", ("holder",), None, True),
    ("i.holder == party and i.term > 3", ("holder",), "term", False),
    ("i.holder == party and 3 < i.term and i.term <= n", ("holder",), "term", False),
    ("i.holder == party and i.term in 1..12", ("holder",), "term", False),
    ("i.holder == party and i.term > 3 and i.term > n", ("holder",), "term", True),
    ("i.holder == party and i.term > 3 and i.opened < today", ("holder",), "term", True),
    ("i.holder == party and i.cash > 3 CNY", ("holder",), None, True),
    ("i.holder == party and (i.term > 3 or i.term < 1)", ("holder",), None, True),
    ("i.holder == party and i.holder == a.holder", ("holder",), None, True),
]


@pytest.mark.parametrize(("where", "equalities", "ranged", "is_asked"), INDEXED)
def test_an_equality_becomes_an_index(
    elaborate: Callable[..., Any],
    where: str,
    equalities: tuple[str, ...],
    ranged: str | None,
    is_asked: bool,
) -> None:
    """Equalities and at most one range are looked up; the rest is asked of each record found."""
    checked = elaborate(f"count(i for i in Account where {where} limit 5)")
    assert checked.codes == []
    assert isinstance(checked.value, AggregateValue)
    domain = checked.value.domain
    assert isinstance(domain, RecordDomain)
    assert domain.index.equality_fields == equalities
    assert len(domain.equalities) == len(equalities)
    assert domain.index.range_field == ranged
    assert (domain.low is not None or domain.high is not None) == (ranged is not None)
    assert (domain.condition is not None) == is_asked
    assert domain.limit == 5
    assert domain.index in checked.scope.checking.indexes


def test_ends_are_open_as_they_are_written(elaborate: Callable[..., Any]) -> None:
    """`>` leaves its end out and `<=` takes it in, on whichever side the field stands."""
    checked = elaborate(
        "count(i for i in Account where i.holder == party and 3 < i.term and i.term <= 9)"
    )
    domain = checked.value.domain
    assert (domain.low.value, domain.is_low_open) == (3, True)
    assert (domain.high.value, domain.is_high_open) == (9, False)


def test_absence_is_looked_up_too(elaborate: Callable[..., Any]) -> None:
    """A reference that is missing is one value of its field."""
    checked = elaborate("count(i for i in Transfer where i.other is missing)")
    assert checked.codes == []
    (value,) = checked.value.domain.equalities
    assert isinstance(value, Constant)
    assert value.value is None


NOT_INDEXED = [
    "count(i for i in Account)",
    "count(i for i in Account where i.term > 3)",
    "count(i for i in Account where i.term == 3)",
    "count(i for i in Account where i.holder != party)",
    "count(i for i in Account where i.holder == party or i.standing is Grey)",
    "count(i for i in Transfer where i.source == i.source)",
    "count(i for i in Transfer where i.source.holder == party)",
]


@pytest.mark.parametrize("text", NOT_INDEXED)
def test_what_only_a_scan_could_answer_does_not_compile(
    elaborate: Callable[..., Any], text: str
) -> None:
    """The help names the fields that would do."""
    checked = elaborate(text)
    assert checked.codes == ["E0319"]
    assert "== …`" in checked.advice


@pytest.mark.parametrize("place", [Place.SCRIPT, Place.INVARIANT])
def test_scripts_and_invariants_range_over_all(elaborate: Callable[..., Any], place: Place) -> None:
    """They need no index: a script may look at all there is, an invariant has its own rules."""
    checked = elaborate("count(i for i in Account where i.term > 3)", place)
    assert checked.codes == []
    assert isinstance(checked.value.domain, WholeDomain)
    assert checked.value.domain.condition is not None


def test_events_are_read_in_scripts_alone(elaborate: Callable[..., Any]) -> None:
    """What was emitted is asked by tests; a contract keeps what it needs in records."""
    text = "any(i.amount == i.account.limit for i in Paid)"
    assert elaborate(text, Place.SCRIPT).codes == []
    assert elaborate(text).codes == ["E0318"]


RANGES = [
    ("1..12", 12),
    ("0..<12", 12),
    ("1..term", 360),
    ("term..term + 2", 362),
    ("1..a.term * 2", 720),
    ("1..least(n, 12)", 12),
    ("1..(if n > 3 then 5 else 9)", 9),
    ("5..1", 0),
]


@pytest.mark.parametrize(("text", "count_max"), RANGES)
def test_a_range_has_a_bound_that_is_known(
    elaborate: Callable[..., Any], text: str, count_max: int
) -> None:
    """How many numbers there may be follows from literals and declared bounds."""
    checked = elaborate(f"product(1 + x for i in {text})")
    assert checked.codes == []
    assert isinstance(checked.value.domain, RangeDomain)
    assert checked.value.domain.count_max == count_max


@pytest.mark.parametrize("text", ["1..n", "n..5", "1..10_001", "1..term * 100", "1..most(n, 12)"])
def test_a_range_that_may_be_endless_does_not_compile(
    elaborate: Callable[..., Any], text: str
) -> None:
    """No loop runs longer than is known before."""
    assert elaborate(f"sum(i for i in {text})").codes == ["E0320"]


def test_lists_and_enums_are_gone_through(elaborate: Callable[..., Any]) -> None:
    """Items come in the order of the list; names in the order of their declaration."""
    in_list = elaborate("any(i.standing is Grey for i in [a, b])")
    assert in_list.codes == []
    assert isinstance(in_list.value.domain, ListDomain)
    names = elaborate("list(i for i in Standing where i != Black)")
    assert names.codes == []
    assert isinstance(names.value.domain, NamesDomain)
    assert names.value.domain.names == ("Normal", "Grey", "Black")


AGGREGATES = [
    ("sum(i.cash for i in [a, b])", "Amount of CNY"),
    ("sum(i.cash * 1.5 for i in [a, b])", "unrounded Amount of CNY"),
    ("sum(1 day for i in [a])", "Duration"),
    ("count(i for i in [a])", "Int"),
    ("product(1.5 for i in [a])", "Decimal"),
    ("all(i == a for i in [a])", "Bool"),
    ("least(i.opened for i in [a])", "Date?"),
    ("list(i.holder for i in [a])", "List of Bank"),
]


@pytest.mark.parametrize(("text", "shown"), AGGREGATES)
def test_aggregates_have_their_type(elaborate: Callable[..., Any], text: str, shown: str) -> None:
    """The least of nothing is missing, the sum of nothing zero."""
    checked = elaborate(text)
    assert checked.codes == []
    assert checked.type == shown


def test_the_binder_shadows_nothing(elaborate: Callable[..., Any]) -> None:
    """A binder is a new name like any other, and unknown outside."""
    assert elaborate("count(a for a in [a])").codes == ["E0253"]
    assert elaborate("count(i for i in [a]) + i").codes == ["E0210"]
