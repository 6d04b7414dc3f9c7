"""Two versions of a contract: every change is told in words, and nothing else is."""

from __future__ import annotations

import random
from decimal import Decimal

import hypothesis
import programs
import pytest
import small_bank
from hypothesis import strategies
from program_strategies import write_right_program

from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.compare import Change, compare
from servanda.interpreter.compare.bounds import is_within
from servanda.interpreter.model import Bound
from servanda.interpreter.types import (
    DECIMAL,
    INT,
    AmountType,
    BalanceType,
    EnumType,
    FixedUnit,
    OptionalType,
    Type,
)

HEAD = "contract Shop version 1\n"
SHOP = """
role Desk, Guard

enum Colour: Red, Green

lifecycle Progress
  Open -> Shut | Lost
  Lost -> Shut
  Shut

record Box[id: Serial]
  seen by desk or Guard
  desk: Desk
  colour: Colour = Red
  weight: Int in 0..9 = 0
  progress: Progress

event Shut_up(box: Box)

rule heavy(box: Box): Bool
  by Guard
  give box.weight > 5

decision price (first)
  | colour: Colour || price: Int |
  | Red            || 5          |
  | -              || 6          |

clause shut(box: Box)
  require not heavy(box) else HEAVY "box {box.id} is too heavy"
  box.progress becomes Shut
  emit Shut_up(box)

action open(weight: Int in 0..9): Box
  by Desk as desk
  if weight == 7
    refuse SEVEN "no box weighs seven"
  give create Box(desk: desk, weight: weight)

action lose(box: Box in Open)
  by box.desk or Guard
  require price(box.colour) > 0 else CHEAP "a box has a price"
  box.progress becomes Lost

action paint(box: Box, colour: Colour)
  by box.desk
  box.colour = colour

action close(box: Box in Open | Lost)
  by Guard
  shut(box)

when box: Box has been Open for 3 days
  box.progress becomes Shut

when box: Box has been Lost for 3 days
  box.progress becomes Shut

invariant "a box is not heavier than nine"
  for box in Box
  holds box.weight <= 9
"""


def told(*changes: tuple[str, str]) -> list[str]:
    """Return the messages of all changes when parts of the shop are replaced."""
    text = SHOP
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return [one.message for one in compared(HEAD + SHOP, "contract Shop version 2\n" + text)]


def compared(before: str, after: str) -> tuple[Change, ...]:
    """Return the changes between two texts, of which nothing may be refused."""
    old, new = (programs.check_text(one, "contract", {}) for one in (before, after))
    assert old.contract is not None, old.show()
    assert new.contract is not None, new.show()
    diagnostics = Diagnostics()
    changes = compare(old.contract, new.contract, diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    return changes


NOTHING = [
    [],
    [("rule heavy", "# a comment\n\nrule heavy")],
    [("by box.desk or Guard\n", "# who?\n  by box.desk or Guard\n")],
    [("  desk: Desk\n  colour: Colour = Red\n", "  colour: Colour = Red\n  desk: Desk\n")],
]


@pytest.mark.parametrize("changes", NOTHING, ids=range(len(NOTHING)))
def test_what_says_the_same_is_no_change(changes: list[tuple[str, str]]) -> None:
    """Comments, blank lines and the order of fields say nothing to anybody."""
    assert told(*changes) == []


COUNTS = ": for records that are there it counts from the upgrade"
MORE_REFUSALS = """\
  require box.id > 0 else CHEAP "no"
  require box.id > 1 else OTHER "no"
  box.progress becomes Lost"""
CASES = [
    ("role Desk, Guard", "role Desk, Guard, Guest", ["the role `Guest` is new"]),
    ("role Desk", "unit Star decimals 0\nrole Desk", ["the unit `Star` is new"]),
    ("Red, Green", "Red, Green, Blue", ["`Colour` may also be `Blue`"]),
    ("Red, Green", "Green, Red", ["the names of `Colour` stand in another order"]),
    ("enum", "enum Size: Big, Small\n\nenum", ["the enum `Size` is new"]),
    (
        "record Box",
        "record Note[id: Serial]\n  text: Text\n\nrecord Box",
        ["the record `Note` is new"],
    ),
    (
        "  weight:",
        "  note: Text?\n  stamp: Balance of CNY\n  weight:",
        [
            "`Box` has the new field `note`: it is missing in records that are there already",
            "`Box` has the new field `stamp`: records that are there already begin with nothing",
        ],
    ),
    (
        "  weight:",
        '  note: Text = "?"\n  weight:',
        ["`Box` has the new field `note`: records that are there already get its default"],
    ),
    (
        "Int in 0..9 = 0",
        "Int in 0..10 = 1",
        [
            "`weight` of a `Box` may have more values",
            "a new `Box` has another `weight` where nobody says one",
        ],
    ),
    ("Int in 0..9 = 0", "Int in 0..9", ["who creates a `Box` says its `weight`"]),
    ("  seen by desk or Guard\n", "", ["every member may see a `Box`"]),
    ("seen by desk or Guard", "seen by desk", ["others may see a `Box`"]),
    (
        "  box.colour = colour",
        "  box.colour = colour\n  box.weight = 3",
        [
            "`weight` of a `Box`, which never changed, may change",
            "what `paint` does is changed",
        ],
    ),
    ("event", "event Seen(box: Box)\nevent", ["the event `Seen` is new"]),
    ("rule", "rule light(): Int = 3\nrule", ["the rule `light` is new"]),
    ("box.weight > 5", "box.weight > 6", ["what the rule `heavy` gives is changed"]),
    ("  by Guard\n  give", "  by Desk\n  give", ["the rule `heavy` is answered to others"]),
    (
        "  by Guard\n  give",
        "  give",
        ["the rule `heavy` is answered to nobody outside any more"],
    ),
    (
        "|| 6          |",
        "|| 7          |",
        ["the table `price` is changed: 1 of its 2 rows are new, 1 of 2 are gone"],
    ),
    ("clause shut", "clause noted(box: Box)\n  emit Shut_up(box)\n\nclause shut", None),
    ("is too heavy", "weighs too much", ["`shut` gives another reason with `HEAVY`"]),
    (
        '  require not heavy(box) else HEAVY "box {box.id} is too heavy"\n',
        "",
        ["`shut` is not refused with `HEAVY` any more"],
    ),
    (
        "  emit Shut_up(box)",
        "  box.weight = 0\n  emit Shut_up(box)",
        [
            "`weight` of a `Box`, which never changed, may change",
            "what the clause `shut` does is changed",
        ],
    ),
    ("weight == 7", "weight == 8", ["what `open` does is changed"]),
    ("seven", "more", ["`open` gives another reason with `SEVEN`"]),
    (
        "(weight: Int in 0..9)",
        "(weight: Int in 0..8)",
        ["`open` takes other values for `weight`"],
    ),
    ("price(box.colour) > 0", "price(box.colour) > 1", None),
    (
        "  box.progress becomes Lost",
        MORE_REFUSALS,
        [
            "`lose` is refused with `CHEAP` in one more case",
            "`lose` is refused with `OTHER`",
        ],
    ),
    ("by box.desk or Guard\n  req", "by box.desk\n  req", ["`lose` may be done by others"]),
    ("action lose", 'action see()\n  by Desk\n  refuse NO "no"\n\naction lose', None),
    (
        "for box in Box\n  holds box.weight <= 9",
        "for box in Box\n  holds box.weight <= 8",
        ['what always holds is changed: "a box is not heavier than nine"'],
    ),
    (
        "than nine",
        "than 9",
        [
            'from now on it always holds: "a box is not heavier than 9"',
            'it need not hold any more: "a box is not heavier than nine"',
        ],
    ),
    (
        "invariant",
        "every 1 day for box: Box in Lost\n  emit Shut_up(box)\n\ninvariant",
        None,
    ),
    (
        "Lost for 3 days\n  box.progress becomes Shut",
        "Lost for 3 days\n  if box.weight < 4\n    box.progress becomes Shut",
        ["what happens by itself is changed: `when box: Box has been Lost for 3 days`"],
    ),
]
GIVEN = {
    "clause shut": ["the clause `noted` is new"],
    "price(box.colour) > 0": ["`lose` refuses `CHEAP` on another condition"],
    "action lose": ["the action `see` is new"],
    "invariant": [f"`every day for box: Box in Lost` is new{COUNTS}"],
}


@pytest.mark.parametrize(("old", "new", "messages"), CASES, ids=range(len(CASES)))
def test_a_change_is_told(old: str, new: str, messages: list[str] | None) -> None:
    """Each by what it means for those who are bound by the contract, and nothing beside it."""
    assert told((old, new)) == (messages or GIVEN[old])


def test_arrows_and_states_are_told_one_by_one() -> None:
    """A state more, the ways to and from it, and a way less."""
    messages = told(
        ("  Open -> Shut | Lost\n", "  Open -> Lost | Kept\n  Kept -> Shut\n"),
        ("  Lost -> Shut\n", "  Lost -> Shut | Open\n"),
        ("in Open | Lost", "in Kept | Lost"),
        ("Open for 3 days\n  box.progress becomes Shut", "Open for 3 days\n  keep(box)"),
        ("action close", "clause keep(box: Box)\n  box.progress becomes Kept\n\naction close"),
        (
            "  box.colour = colour",
            "  box.colour = colour\n  if box.progress is Lost\n    box.progress becomes Open",
        ),
    )
    assert messages[:4] == [
        "`Progress` has the new state `Kept`",
        "`Progress` may go from `Lost` to `Open`",
        "`Progress` may no longer go from `Open` to `Shut`",
        "the clause `keep` is new",
    ]


def test_a_final_state_that_opens_is_told() -> None:
    """Who relied on the end of a record learns that it is none any more."""
    messages = told(
        ("  Lost -> Shut\n  Shut\n", "  Lost -> Shut\n  Shut -> Open\n"),
        (
            "  box.colour = colour",
            "  if box.progress is Shut\n    box.progress becomes Open\n  box.colour = colour",
        ),
    )
    assert "`Progress` may go from `Shut` to `Open`; `Shut` was final" in messages


def test_what_a_contract_uses_is_told() -> None:
    """A contract that is used from now on, and one that no longer is."""
    used = programs.check_text("contract Other version 1\nrule one(): Int = 1\n", "contract", {})
    assert used.contract is not None
    plain = programs.check_text("contract A version 1\nrule one(): Int = 1\n", "contract", {})
    more = programs.check_text(
        "contract A version 2\nuse Other as other\nrule one(): Int = other.one()\n",
        *("contract", {"Other": used.contract}),
    )
    assert plain.contract is not None
    assert more.contract is not None, more.show()
    forth = compare(plain.contract, more.contract, Diagnostics())
    back = compare(more.contract, plain.contract, Diagnostics())
    assert forth[0].message == "it uses the contract `Other`"
    assert back[0].message == "it no longer uses the contract `Other`"


# ── bounds ────────────────────────────────────────────────────────────────────────────────────

CNY = FixedUnit("CNY", 2)
SHUT = Bound(Decimal(0), Decimal(1))
OPEN = Bound(Decimal(0), Decimal(1), is_high_open=True)
KIND = EnumType("A", "Kind", ("X", "Y"))


@pytest.mark.parametrize(
    ("held", "old", "new", "is_fine"),
    [
        (INT, Bound(0, 9), None, True),
        (INT, Bound(0, 9), Bound(0, 10), True),
        (INT, Bound(0, 9), Bound(0, 10, is_high_open=True), True),
        (INT, Bound(0, 10, is_high_open=True), Bound(0, 9), True),
        (INT, Bound(0, 10), Bound(0, 10, is_high_open=True), False),
        (INT, Bound(0, 9), Bound(1, 9), False),
        (INT, None, Bound(0, 10**40), False),
        (INT, None, Bound(-(10**40), 10**40), True),
        (OptionalType(INT), Bound(0, 9), Bound(0, 8), False),
        (DECIMAL, None, SHUT, False),
        (DECIMAL, OPEN, SHUT, True),
        (DECIMAL, SHUT, OPEN, False),
        (AmountType(CNY), None, Bound(0, None), False),
        (BalanceType(CNY), None, Bound(0, None), True),
        (KIND, None, Bound(names=("X",)), False),
        (KIND, None, Bound(names=("X", "Y", "Z")), True),
        (KIND, Bound(names=("X",)), Bound(names=("X", "Y")), True),
        (KIND, Bound(names=("X", "Y")), Bound(names=("X",)), False),
    ],
)
def test_a_bound_may_only_grow(held: Type, old: Bound, new: Bound, *, is_fine: bool) -> None:
    """Every value that was allowed is allowed still."""
    assert is_within(old, new, held) is is_fine


# ── random programs ───────────────────────────────────────────────────────────────────────────


@hypothesis.given(strategies.integers(0, 2**32))
@hypothesis.settings(max_examples=15, deadline=None)
def test_a_program_is_its_own_successor(seed: int) -> None:
    """A later version that says the same changes nothing, whatever it says."""
    text = write_right_program(random.Random(seed))  # noqa: S311 -- programs for a test
    assert compared(text, text.replace("version 1", "version 2", 1)) == ()


def test_the_bank_is_its_own_successor() -> None:
    """So is one that is written by hand."""
    assert compared(small_bank.BANK, small_bank.BANK.replace("version 1", "version 9", 1)) == ()
