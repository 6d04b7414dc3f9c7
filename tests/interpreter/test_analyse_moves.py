"""A timer may do what it says from every state in which it fires; an action is warned of."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.analyse.lifecycles import analyse_lifecycles
from servanda.interpreter.analyse.places import places_of
from servanda.interpreter.check.contract import check_contract

HEAD = """\
contract Claims version 1
role Bank, Customer
lifecycle Progress
  Asked -> Approved | Expired
  Approved -> Paid
  Expired, Paid
lifecycle Course
  Open -> Closed
  Closed
record Case[id: Serial]
  course: Course
record Claim[id: Serial]
  customer: Customer
  bank: Bank?
  case: Case
  count: Int in 0..9 = 0
  until: Time?
  progress: Progress
clause expire(claim: Claim)
  claim.progress becomes Expired
clause close(case: Case)
  if case.course is Open
    case.course becomes Closed
action begin()
  by Bank
  create Case()
action ask(case: Case)
  by Customer as customer
  create Claim(customer: customer, case: case)
action decide(claim: Claim in Asked, granted: Bool, until: Time)
  by Bank as bank
  claim.bank = bank
  claim.until = until
  close(claim.case)
  claim.progress becomes (if granted then Approved else Expired)
action pay(claim: Claim in Approved)
  by Bank
  claim.progress becomes Paid
"""
FIRES = "when claim: Claim has been Asked | Approved for 5 days\n"
TAKES = "action stop(claim: Claim in Asked | Approved, number: Int, granted: Bool)\n  by Bank\n"
EXPIRE = "  claim.progress becomes Expired\n"


def analysed(text: str) -> tuple[list[Diagnostic], list[str], Source]:
    """Return what is found, and the states that may never be left."""
    source, found = Source("claims.contract", text), Diagnostics()
    file = parse(source, found)
    model = check_contract(file, {}, found)
    assert model is not None, [one.message for one in found]
    reported = Diagnostics()
    stuck = analyse_lifecycles(model, reported, places_of(file))
    return list(reported), [state for _, state in stuck], source


def codes_of(text: str) -> list[str]:
    """Return the codes of what is found in a contract."""
    return [one.code for one in analysed(text)[0]]


def test_a_deadline_that_never_comes() -> None:
    """The state without an arrow is named, with its place, the trigger, and every way to mend."""
    (found,), _, source = analysed(HEAD + FIRES + EXPIRE)
    assert (found.code, source.slice(found.span)) == ("E0456", EXPIRE.strip())
    assert found.message == "no arrow leads from `Approved` to `Expired`"
    shown = [(source.slice(one.span), one.text) for one in found.others]
    assert shown == [
        ("Asked | Approved", "it fires for a `Claim` that is `Approved`"),
        ("Approved", "no arrow from here leads to `Expired`"),
    ]
    assert found.help == (
        "add the arrow `Approved -> Expired`, name only `Asked` in the trigger, "
        "or guard it with `if claim.progress is Asked`"
    )


@pytest.mark.parametrize(
    "body",
    [
        "  expire(claim)\n",
        "  if claim.count > 3\n    claim.count = 0\n  expire(claim)\n",
        "  close(claim.case)\n" + EXPIRE,
        "  let late = claim\n  late.progress becomes Expired\n",
        "  for case in [claim.case]\n    close(case)\n" + EXPIRE,
        "  if claim.progress is Paid\n    claim.count = 0\n  else\n    expire(claim)\n",
        (
            "  if claim.progress is Asked and claim.count == 1\n    claim.count = 2\n"
            "  else\n    expire(claim)\n"
        ),
        (
            "  choose claim.progress\n    Asked, Approved\n      expire(claim)\n"
            "    else\n      claim.count = 0\n"
        ),
        "  claim.progress becomes (if claim.progress is Paid then Paid else Expired)\n",
    ],
)
def test_what_tells_nothing_of_the_state_hides_nothing(body: str) -> None:
    """Clauses, names and ways that meet again leave the states as they were."""
    assert codes_of(HEAD + FIRES + body) == ["E0456"]


@pytest.mark.parametrize(
    "body",
    [
        "  if claim.progress is Asked\n    expire(claim)\n",
        "  if claim.progress is not Approved\n    expire(claim)\n",
        "  if claim.progress == Asked\n    expire(claim)\n",
        "  if claim.progress in [Asked, Paid]\n    expire(claim)\n",
        "  if claim.progress is Asked or claim.progress is Paid\n    expire(claim)\n",
        (
            "  choose claim.progress\n    Asked\n      expire(claim)\n"
            "    else\n      claim.count = 0\n"
        ),
        "  claim.progress becomes (if claim.progress is Asked then Expired else Paid)\n",
        "  if claim.bank is missing\n    expire(claim)\n",
        "  if claim.count == 0 and claim.progress is not Paid\n    expire(claim)\n",
        "  let progress = claim.progress\n  if progress is Asked\n    expire(claim)\n",
        "  if claim.case.course is Open\n    expire(claim)\n",
        "  for case in [claim.case] where case.course is Open\n    expire(claim)\n",
        (
            "  if claim.bank is missing\n    claim.progress becomes Approved\n"
            "  if claim.progress is Approved\n    claim.progress becomes Paid\n"
        ),
    ],
)
def test_a_guard_that_may_leave_the_state_out_is_believed(body: str) -> None:
    """What depends on other data may depend on the state: no error is raised that may be false."""
    assert codes_of(HEAD + FIRES + body) == []


@pytest.mark.parametrize(
    ("heading", "codes"),
    [
        ("when claim: Claim in Asked | Approved reaches claim.until\n", ["E0456"]),
        ("when claim: Claim reaches claim.until\n", []),
        ("every day at 02:00 for claim: Claim in Asked | Approved\n", ["E0456"]),
        ("every day at 02:00 for claim: Claim\n", ["E0456"]),
        ("every day at 02:00 for claim: Claim in Asked\n", []),
    ],
)
def test_each_kind_of_trigger_names_states(heading: str, codes: list[str]) -> None:
    """Only a moment without states may stand for some state that it does not name."""
    assert codes_of(HEAD + heading + EXPIRE) == codes


def test_a_timer_without_states_is_judged_by_where_records_are_left() -> None:
    """A state that no run leaves behind is not held against a timer that names none."""
    left_at_once = HEAD.replace(
        "  create Claim(customer: customer, case: case)\n",
        "  let claim = create Claim(customer: customer, case: case)\n"
        "  claim.progress becomes Approved\n",
    ).replace("Approved -> Paid\n", "Approved -> Paid | Expired\n  Expired -> Expired\n")
    left_at_once = left_at_once.replace("  Expired, Paid\n", "  Paid -> Expired\n")
    body = "  claim.progress becomes (if claim.progress is Asked then Paid else Expired)\n"
    assert "E0456" not in codes_of(left_at_once + "every day at 02:00 for claim: Claim\n" + body)
    named = "every day at 02:00 for claim: Claim in Asked | Approved\n"
    assert "E0456" in codes_of(left_at_once + named + body)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (EXPIRE, ["W0452"]),
        ("  require number > 3 else LOW 'low'\n" + EXPIRE, ["W0452"]),
        ("  if granted\n    claim.count = 1\n  else\n    expire(claim)\n", ["W0452"]),
        ("  require claim.progress is Asked else PAST 'past'\n" + EXPIRE, []),
        ("  require claim.bank is missing else PAST 'past'\n" + EXPIRE, []),
        ("  if claim.count > 3\n    refuse PAST 'past'\n" + EXPIRE, []),
        ("  if claim.count > number\n    claim.count = 1\n" + EXPIRE, ["W0452"]),
    ],
)
def test_an_action_is_warned_of(body: str, codes: list[str]) -> None:
    """What the caller chose says nothing of the record; what is recorded may."""
    assert codes_of(HEAD + TAKES + body.replace("'", '"')) == codes


def test_the_warning_names_the_state_in_which_it_is_refused() -> None:
    """It points at the parameter; without states in the heading nothing is promised."""
    (found,), _, source = analysed(HEAD + TAKES + EXPIRE)
    assert found.label == "a `Claim` that is `Approved` is refused here"
    assert source.slice(found.others[0].span).startswith("claim")
    assert found.others[0].text == "this takes a `Claim` that is `Approved`"
    assert codes_of(HEAD + TAKES.replace(" in Asked | Approved", "") + EXPIRE) == []


def test_a_record_that_may_be_another_is_not_judged() -> None:
    """Two parameters may name one record, which the first move has moved already."""
    two = "action both(one: Claim in Asked, other: Claim in Asked | Approved)\n  by Bank\n"
    two += "  one.progress becomes Approved\n  other.progress becomes Paid\n"
    assert codes_of(HEAD + two) == []


def test_a_timer_that_cannot_move_a_record_is_no_way_out() -> None:
    """The state counts as stuck, and the advice is about the timer that is there."""
    text = HEAD.replace("in Approved)\n  by Bank\n", "in Approved)\n  by claim.customer\n")
    found, stuck, _ = analysed(text + FIRES + EXPIRE)
    assert [one.code for one in found] == ["W0450", "E0456"]
    assert stuck == ["Approved"]
    assert "Asked | Approved for 5 days` lead out of `Approved`" in found[0].help
    mended = text.replace("Approved -> Paid", "Approved -> Paid | Expired")
    assert analysed(mended + FIRES + EXPIRE)[:2] == ([], [])
    chosen = text.replace("Approved -> Paid", "Approved -> Paid | Expired")
    only_asked = "  claim.progress becomes (if claim.progress is Asked then Expired else Asked)\n"
    assert analysed(chosen + FIRES + only_asked)[1] == ["Approved"]
