"""States are reached and left, arrows are taken, and no silent party keeps a record waiting."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.analyse.lifecycles import analyse_lifecycles
from servanda.interpreter.analyse.places import places_of
from servanda.interpreter.check.contract import check_contract

HEAD = """\
contract Loans version 1
role Bank, Clerk
lifecycle Progress
  Asked -> Granted | Refused
  Granted -> Repaid
  Refused, Repaid
record Loan[id: Serial]
  bank: Bank
  progress: Progress
action ask()
  by Bank as bank
  create Loan(bank: bank)
"""
DECIDE = """\
action decide(loan: Loan in Asked, granted: Bool)
  by Clerk
  loan.progress becomes (if granted then Granted else Refused)
"""
REPAY = """\
action repay(loan: Loan in Granted)
  by Clerk
  loan.progress becomes Repaid
"""


def analysed(text: str) -> tuple[list[Diagnostic], list[str], Source]:
    """Return what is found, and the states that may never be left."""
    source, found = Source("loans.contract", text), Diagnostics()
    file = parse(source, found)
    model = check_contract(file, {}, found)
    assert model is not None, [one.message for one in found]
    reported = Diagnostics()
    stuck = analyse_lifecycles(model, reported, places_of(file))
    return list(reported), [state for _, state in stuck], source


def one_of(text: str) -> tuple[Diagnostic, str]:
    """Return the only thing that is found, and the text it points at."""
    (found,), _, source = analysed(text)
    return found, source.slice(found.span)


def test_a_lifecycle_whose_arrows_are_all_taken_is_right() -> None:
    """A conditional state takes both arrows, and nothing is reported."""
    assert analysed(HEAD + DECIDE + REPAY)[:2] == ([], [])


def test_a_state_that_no_path_reaches() -> None:
    """States that only lead to each other are unreachable, and nothing else is said of them."""
    text = HEAD.replace("  Refused, Repaid", "  Refused, Repaid\n  Lost -> Found\n  Found -> Lost")
    found, _, source = analysed(text + DECIDE + REPAY)
    assert [one.code for one in found] == ["E0450", "E0450"]
    assert source.slice(found[0].span) == "Lost"
    assert found[0].message == "no record ever reaches the state `Lost` of `Progress`"
    assert found[0].label == "arrows lead here only from `Found`, which nothing reaches"


def test_an_arrow_that_nobody_takes() -> None:
    """The diagnostic points at the arrow itself."""
    only_grant = DECIDE.replace("(if granted then Granted else Refused)", "Granted")
    found, here = one_of(HEAD + only_grant.replace(", granted: Bool", "") + REPAY)
    assert (found.code, here) == ("E0451", "Refused")
    assert "`Asked -> Refused`" in found.message


def test_a_state_that_nothing_leaves() -> None:
    """A state with arrows of which none is taken is stuck; its arrows are not named again."""
    found, stuck, source = analysed(HEAD + DECIDE)
    assert [one.code for one in found] == ["E0452"]
    assert source.slice(found[0].span) == "Granted"
    assert stuck == ["Granted"]


@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        ('  require loan.progress is not Asked else LATE "x"\n', False),
        ('  if loan.progress is Granted\n    refuse LATE "x"\n', True),
        ('  require loan.progress in [Granted, Repaid] else LATE "x"\n', False),
        ('  require loan.progress is Asked or loan.progress is Repaid else LATE "x"\n', True),
    ],
)
def test_guards_say_where_a_record_is(body: str, is_taken: bool) -> None:
    """An arrow is taken only from a state that the guards above leave open."""
    refuse = f"action stop(loan: Loan)\n  by Clerk\n{body}  move_to(loan, Refused)\n"
    clause = "clause move_to(loan: Loan, progress: Progress)\n  loan.progress becomes progress\n"
    grant = DECIDE.replace("(if granted then Granted else Refused)", "Granted")
    text = HEAD + clause + grant.replace(", granted: Bool", "") + REPAY + refuse
    codes = [one.code for one in analysed(text)[0]]
    assert codes == ([] if is_taken else ["E0451", "E0453"])


def test_a_call_that_no_arrow_allows() -> None:
    """What a clause does is judged with what is known where it is called."""
    clause = "clause close(loan: Loan, progress: Progress)\n  loan.progress becomes progress\n"
    again = "action again(loan: Loan in Refused)\n  by Clerk\n  close(loan, Repaid)\n"
    found, here = one_of(HEAD + clause + DECIDE + REPAY + again)
    assert (found.code, here) == ("E0453", "close(loan, Repaid)")
    assert found.message == (
        "`close` can never succeed here: no arrow leads from `Refused` to `Repaid`"
    )
    assert [one.text for one in found.others][:1] == ["no arrow leads from `Refused` to `Repaid`"]


def test_a_computed_state_that_no_arrow_allows() -> None:
    """The bound of a parameter says what it may become."""
    text = "action redo(loan: Loan in Refused, progress: Progress in Granted | Refused)\n"
    text += "  by Clerk\n  loan.progress becomes progress\n"
    found, here = one_of(HEAD + DECIDE + REPAY + text)
    assert (found.code, here) == ("E0453", "loan.progress becomes progress")


BY_THE_BANK = DECIDE.replace("by Clerk", "by loan.bank")


def test_one_silent_party_keeps_a_record_waiting() -> None:
    """The only way out needs a party that the record names."""
    found, stuck, source = analysed(HEAD + BY_THE_BANK + REPAY)
    assert [one.code for one in found] == ["W0450"]
    assert found[0].message == "a `Loan` stays `Asked` for as long as its `bank` is silent"
    assert found[0].help == "add a timer: `when loan: Loan has been Asked for 7 days`"
    assert source.slice(found[0].others[0].span) == "loan.bank"
    assert stuck == ["Asked"]


@pytest.mark.parametrize(
    "more",
    [
        "when loan: Loan has been Asked for 7 days\n  loan.progress becomes Refused\n",
        "action drop(loan: Loan in Asked)\n  by Clerk\n  loan.progress becomes Refused\n",
        "action no(loan: Loan)\n  by loan.bank or Clerk\n  loan.progress becomes Refused\n",
    ],
)
def test_a_timer_or_an_office_leads_out(more: str) -> None:
    """A way out that needs no party of the record is enough."""
    assert analysed(HEAD + BY_THE_BANK + REPAY + more)[:2] == ([], [])


def test_both_a_party_and_an_office_can_be_blocked_by_the_party() -> None:
    """An `and` needs each of its parts."""
    both = DECIDE.replace("by Clerk", "by Clerk and loan.bank")
    assert [one.code for one in analysed(HEAD + both + REPAY)[0]] == ["W0450"]


def test_a_state_that_is_left_at_once_needs_no_way_out() -> None:
    """No record rests in a state which the action that creates it leaves again."""
    text = HEAD.replace(
        "  create Loan(bank: bank)",
        "  let loan = create Loan(bank: bank)\n  settle(loan, bank is Clerk)",
    )
    text += "clause settle(loan: Loan, granted: Bool)\n"
    text += "  loan.progress becomes (if granted then Granted else Refused)\n"
    assert analysed(text + BY_THE_BANK.replace("by loan.bank", "by loan.bank") + REPAY)[0] == []


def test_records_that_may_be_one_are_followed_as_one() -> None:
    """In a second turn the item may be what the first turn moved."""
    text = HEAD.replace("Granted -> Repaid", "Granted -> Repaid | Refused")
    text += DECIDE + REPAY
    text += """\
action settle(one: Loan, other: Loan)
  by Clerk
  for loan in [one, other] where loan.progress is Asked
    settle_one(loan)
clause settle_one(loan: Loan)
  if loan.progress is Granted
    loan.progress becomes Refused
  else
    loan.progress becomes Granted
"""
    assert analysed(text)[0] == []
    alone = text.replace("for loan in [one, other]", "for loan in Loan")
    assert [one.code for one in analysed(alone)[0]] == ["E0451"]


def test_without_a_tree_the_lifecycle_is_pointed_at() -> None:
    """A model alone is enough to be analysed."""
    source, found = Source("loans.contract", HEAD + DECIDE), Diagnostics()
    model = check_contract(parse(source, found), {}, found)
    assert model is not None
    reported = Diagnostics()
    analyse_lifecycles(model, reported)
    assert [source.slice(one.span) for one in reported] == ["Progress"]


def test_much_is_followed_in_little_time() -> None:
    """Clauses that call each other twice over, and deep loops, meet a bound and are not wrong."""
    lines = ["clause c0(loan: Loan)", "  if loan.progress is Asked"]
    lines += ["    loan.progress becomes Refused"]
    for index in range(1, 30):
        lines += [f"clause c{index}(loan: Loan)", f"  c{index - 1}(loan)", f"  c{index - 1}(loan)"]
    lines += ["action many(loan: Loan)", "  by Clerk", "  c29(loan)"]
    assert analysed(HEAD + DECIDE + REPAY + "\n".join(lines) + "\n")[0] == []
