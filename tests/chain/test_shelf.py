"""The shelf: a state larger than its memory runs as one that is not, and so does the past."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import chains
import every_type
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from servanda.chain.kept_at import KeptAt
from servanda.chain.ledger import Ledger
from servanda.chain.sortable import BEHIND_ALL, sortable
from servanda.interpreter.execute.ordered import Ordered


@pytest.fixture(scope="module")
def chain() -> chains.Chain:
    """Return a chain on which values of every type, timers, indexes and totals have changed."""
    return every_type.rich_history()


# ── memory ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rows_max", [0, 5])
def test_a_state_that_is_larger_than_the_memory_runs(chain: chains.Chain, rows_max: int) -> None:
    """What is forgotten at every block is found again: each header is the same."""
    kept = chains.MemoryKept(chain.genesis.hash)
    ledger = Ledger(chain.genesis, chain.zones, kept, rows_max=rows_max)
    most = 0
    for execution in chain.kept.blocks:
        found = ledger.execute(execution.header.time_ms, execution.transactions)
        assert found.header == execution.header
        kept.keep(found)
        ledger.commit()
        held = sum(len(table.rows) for table in ledger.state.machine.tables.values())
        assert held <= rows_max
        most = max(most, held)
    assert most > 0 or rows_max == 0
    ledger.state.machine.audit()
    assert list(kept.other_rows()) == list(chain.kept.other_rows())


def test_what_had_run_by_a_height_is_known_there(chain: chains.Chain) -> None:
    """Each transaction from its block on, by its hash and its expiry; and no other ever."""
    for height, execution in enumerate(chain.kept.blocks, start=1):
        before, there = (
            KeptAt(chain.genesis, chain.zones, chain.kept, one) for one in (height - 1, height)
        )
        for transaction, expiry_ms in execution.ended.items():
            assert there.has_run(transaction, expiry_ms)
            assert not before.has_run(transaction, expiry_ms)
            assert not there.has_run(transaction, expiry_ms + 1)
            assert chain.kept.height_of(transaction) == height


def test_going_over_all_records_keeps_none_of_them(chain: chains.Chain) -> None:
    """Who lists a table reads it from the store, and leaves the memory as it was."""
    ledger = Ledger(chain.genesis, chain.zones, chain.kept, rows_max=0)
    counted = held = 0
    for table in ledger.state.machine.tables.values():
        if table.contract == "Membership":
            continue
        keys = [row.key for row in table.records()]
        counted += len(keys)
        assert keys == table.sorted_keys() == sorted(keys)
        held += len(table.rows)
    assert counted > 5
    assert held < counted, "only what others are named by"


# ── the past ──────────────────────────────────────────────────────────────────────────────────


def test_a_ledger_stands_at_any_height(chain: chains.Chain) -> None:
    """From there it comes to the very block that came."""
    blocks = chain.kept.blocks
    for height in (0, 1, len(blocks) // 2, len(blocks) - 1):
        past = KeptAt(chain.genesis, chain.zones, chain.kept, height)
        ledger = Ledger(chain.genesis, chain.zones, past)
        assert ledger.info.height == height
        if height:
            ledger.state.machine.audit()
        wanted = blocks[height]
        assert ledger.execute(wanted.header.time_ms, wanted.transactions).header == wanted.header


def test_entries_are_those_that_are_worked_out_anew(chain: chains.Chain) -> None:
    """What was kept block by block is what all records of the last block come to."""
    past = KeptAt(chain.genesis, chain.zones, chain.kept, chain.kept.height)
    places: Mapping[bytes, Any] = past._entries
    assert len(places) > 5
    for place in places:
        found = list(chain.kept.entries(place, b"", BEHIND_ALL))
        assert found == list(past.entries(place, b"", BEHIND_ALL))
        assert chain.kept.last_entry(place) == past.last_entry(place)
    names = {row.values[1] for row in chain.kept.other_rows() if "`places`" in row.where}
    filled = {name for name in names if next(chain.kept.entries(name, b"", BEHIND_ALL), None)}
    assert filled == {place for place, held in places.items() if held}


# ── order ─────────────────────────────────────────────────────────────────────────────────────

TYPES = (
    st.integers(-(2**127), 2**127),
    st.text(),
    st.text(alphabet="\0\x01ab\u00ff\uffff\U00010000", max_size=6),
    st.binary(max_size=8),
    st.binary(max_size=4).map(lambda data: data.replace(b"a", b"\0").replace(b"b", b"\xff")),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-9, max_value=9),
)
pairs = st.sampled_from(TYPES).flatmap(lambda one: st.tuples(one, one))


@settings(max_examples=400)
@given(pairs, pairs)
def test_bytes_stand_in_the_order_of_values(
    first: tuple[Any, Any], second: tuple[Any, Any]
) -> None:
    """Alone and behind one another; and equal values have equal bytes."""
    one, other = first
    assert (one < other) == (sortable(one) < sortable(other))
    assert (one == other) == (sortable(one) == sortable(other))
    left, right = (one, second[0]), (other, second[1])
    assert (left < right) == (sortable(left) < sortable(right))
    assert not sortable(left).startswith(BEHIND_ALL)


@settings(max_examples=200)
@given(pairs)
@example(("", "\0"))
@example((b"a", b"a\0"))
def test_no_bytes_begin_with_those_of_another(values: tuple[Any, Any]) -> None:
    """So a range of one value holds that value alone."""
    one, other = values
    if one != other:
        assert not sortable(other).startswith(sortable(one))
    assert sortable(None) < sortable(one)


def test_decimals_of_one_value_have_one_form() -> None:
    """However many zeros they end with."""
    assert sortable(Decimal("1.50")) == sortable(Decimal("1.5"))
    assert sortable(Decimal("-0")) == sortable(Decimal(0))


class OrderedEntries(RuleBasedStateMachine):
    """Entries in memory before others that are kept are a sorted set, also when they are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[int]] = []
        self.expected: set[tuple[int]] = set()
        self.entries = self.made()

    def made(self) -> Ordered:
        """Return entries on what is kept."""
        kept = sorted(self.kept)
        return Ordered(lambda start: (one for one in kept if start is None or one >= start))

    @rule(number=st.integers(0, 9))
    def change(self, number: int) -> None:
        """Add an entry that is not there, or remove one that is."""
        entry = (number,)
        if entry in self.expected:
            self.entries.remove(entry)
        else:
            self.entries.add(entry)
        self.expected ^= {entry}

    @rule()
    def keep(self) -> None:
        """Keep what has changed."""
        gone = self.entries.gone
        self.kept = [*(one for one in self.kept if one not in gone), *self.entries.added]
        self.entries = self.made()

    @invariant()
    def is_as_expected(self) -> None:
        """From every start on."""
        for start in (None, (0,), (5,), (10,)):
            found = list(self.entries.starting(start))
            assert found == sorted(one for one in self.expected if start is None or one >= start)
        assert bool(self.entries) == (sorted(self.kept) != sorted(self.expected))


TestOrderedEntries = OrderedEntries.TestCase
