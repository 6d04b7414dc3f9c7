"""What timers wait for, and that nothing in them refuses."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import (
    Conditional,
    ContractModel,
    Convert,
    EveryTrigger,
    HasBeenTrigger,
    ReachesTrigger,
)
from servanda.interpreter.types import TIME, OptionalType
from servanda.interpreter.values.times import DAY_MS, HOUR_MS

BASE = """contract Bank version 1
role Teller
lifecycle Standing
  Open -> Frozen | Closed
  Frozen -> Open
  Closed
enum Kind: Private, Business
record Account[number: Text]
  holder: Teller
  kind: Kind = Private
  count: Int = 0
  until: Date?
  made: Time
  other: Account?
  standing: Standing
record Plain[number: Text]
  count: Int = 0
action a(n: Text, x: Account, y: Plain)
  by Teller as t
  create Account(number: n, holder: t, made: now)
  x.standing becomes Frozen
  x.kind = Business
  x.until = today
  x.other = x
  y.count = 3
"""


def check(text: str) -> tuple[ContractModel | None, list[Diagnostic]]:
    """Return the model of `text` behind the shared declarations, and what is wrong with it."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", BASE + text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    return check_contract(file, {}, diagnostics), list(diagnostics)


def trigger_of(heading: str) -> tuple[object, str]:
    """Return the trigger and the title of a timer."""
    model, found = check(f"{heading}\n  x.count = 1\n")
    assert model is not None, found
    return model.timers[0].trigger, model.timers[0].title


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("when x: Kind has been Open for 3 days", [("E0411", "Kind"), ("E0314", "count")]),
        ("when x: Plain has been Open for 3 days", [("E0412", "Open")]),
        ("when x: Account has been Opne for 3 days", [("E0412", "Opne")]),
        ("when x: Account has been Open for 0 seconds", [("E0413", "0 seconds")]),
        ("when x: Account has been Open for 0 * 1 month", [("E0413", "0 * 1 month")]),
        ("when x: Account reaches x.count", [("E0414", "x.count")]),
        ("when x: Account reaches now + 3 days", [("E0414", "now")]),
        ("when x: Account reaches least(x.made, now)", [("E0414", "now")]),
        ("when x: Account reaches x.other.made + 1 day", [("E0414", "x.other.made")]),
        ("when x: Account in Clsoed reaches x.made", [("E0412", "Clsoed")]),
        ("every 0 days for x: Account", [("E0413", "every 0 days")]),
        ("every month on 32 for x: Account", [("E0413", "every month on 32")]),
        ("every month on 3 for Account: Account", [("E0252", "Account")]),
    ],
)
def test_a_wrong_timer_is_told(heading: str, expected: list[tuple[str, str]]) -> None:
    """Each mistake is reported at the words that are wrong."""
    binder = "Account" if "Account:" in heading else "x"
    whole = BASE + f"{heading}\n  {binder}.count = 1\n"
    found = [one for one in check(whole[len(BASE) :])[1] if not one.is_warning]
    shown = [(one.code, whole[one.span.start : one.span.end]) for one in found]
    assert [one for one in shown if one[0] != "E0214"][: len(expected)] == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("when x: Account has been Open | Frozen for 3 days",
         HasBeenTrigger(("Open", "Frozen"), 3 * DAY_MS, 0)),
        ("when x: Account has been Open for 2 * 1 month", HasBeenTrigger(("Open",), 0, 2)),
        ("every day for x: Account", EveryTrigger(1, None, None, None)),
        ("every day at 02:00 for x: Account in Open",
         EveryTrigger(1, None, 2 * HOUR_MS, ("Open",))),
        ("every 3 days for x: Account", EveryTrigger(3, None, None, None)),
        ("every month on 31 for x: Account", EveryTrigger(None, 31, 0, None)),
    ],
)  # fmt: skip
def test_what_a_timer_waits_for(heading: str, expected: object) -> None:
    """A timer keeps its heading as its title, and what it waits for in run-time values."""
    trigger, title = trigger_of(heading)
    assert trigger == expected
    assert title == heading


def test_a_date_is_reached_at_its_midnight() -> None:
    """A moment may be a Time, or a Date that becomes one, and may be missing."""
    trigger, _ = trigger_of("when x: Account in Open reaches x.until")
    assert isinstance(trigger, ReachesTrigger)
    assert trigger.states == ("Open",)
    assert isinstance(trigger.moment, Conditional)
    assert isinstance(trigger.moment.then, Convert)
    assert trigger.moment.type == OptionalType(TIME)
    trigger, title = trigger_of("when x: Account reaches x.made + 3 days")
    assert isinstance(trigger, ReachesTrigger)
    assert trigger.moment.type == TIME
    assert title == "when x: Account reaches x.made + 3 days"


@pytest.mark.parametrize(
    "moment",
    [
        "x.until + 3 days",
        "least(x.made, x.made + 2 hours)",
        "most(x.until, x.until + x.count * 1 day) + 1 month",
        "(if x.until is missing then x.made + 1 hour else least(x.made, x.made))",
        "(if x.other is missing then x.until - 1 day else x.until)",
        "(if x.until is not missing then x.until else missing)",
    ],
)
def test_a_moment_may_be_made_of_what_may_be_missing(moment: str) -> None:
    """Where something is missing that it is made of, the moment is missing as well."""
    trigger, _ = trigger_of(f"when x: Account reaches {moment}")
    assert isinstance(trigger, ReachesTrigger)
    assert trigger.moment.type in (TIME, OptionalType(TIME))


def test_what_the_moment_supposes_is_not_known_in_the_timer() -> None:
    """The timer may run late, when the field has been made missing."""
    _, found = check(
        'when x: Account reaches x.until\n  notify x.holder that "{x.until + 1 day}"\n'
    )
    assert [one.code for one in found if not one.is_warning] == ["E0305"]


def test_a_moment_is_the_records_own() -> None:
    """The index of moments is exact because no other record has a part in them."""
    text = "when x: Plain reaches y.made\n  x.count = 1\n"
    assert "E0210" in {one.code for one in check(text)[1]}
    text = "record S[id: Serial]\n  a: Account\nwhen s: S reaches s.a.made\n  s.a.count = 1\n"
    assert [one.code for one in check(text)[1] if not one.is_warning] == ["E0414"]


def test_nothing_in_a_timer_refuses() -> None:
    """A guard has nobody to refuse, be it in the timer or in a clause that it reaches."""
    heading = "when x: Account has been Open for 3 days\n"
    text = heading + '  require x.count > 3 else FEW "x"\n'
    assert [one.code for one in check(text)[1] if not one.is_warning] == ["E0410"]
    clauses = "clause c(x: Account)\n  d(x)\nclause d(x: Account)\n  if x.count > 3\n"
    text = clauses + '    refuse NO "x"\n' + heading + "  c(x)\n"
    found = [one for one in check(text)[1] if not one.is_warning]
    assert [one.code for one in found] == ["E0410"]
    assert found[0].message == "the timer reaches a refusal through `c` → `d`"
    assert found[0].others[0].text == "this can refuse with `NO`"


def test_a_timer_knows_the_state_it_waited_in() -> None:
    """In the state that it waited in, only its arrows may be taken."""
    text = "when x: Account has been Frozen for 3 days\n  x.standing becomes Closed\n"
    assert [one.code for one in check(text)[1] if not one.is_warning] == ["E0407"]
