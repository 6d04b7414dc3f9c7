"""Authority, loops and money of a whole contract, and what `check` prints of it."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.analyse import Findings, analyse
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.model import ContractModel

HEAD = """\
contract Loans version 1
role Bank, Clerk, Auditor
event Told(text: Text)
record Loan[id: Serial]
  bank: Bank
  auditor: Auditor?
  balance: Balance of CNY
record Note[id: Serial]
  loan: Loan
  writer: Clerk
  amount: Amount of CNY
record Part[loan: Loan, month: Int in 1..360]
  amount: Amount of CNY
action ask()
  by Bank as bank
  create Loan(bank: bank)
"""
ADD = """\
action add(loan: Loan, amount: Amount of CNY)
  by {}
  create Note(loan: loan, writer: clerk, amount: amount)
"""
NOTES = "rule whole(loan: Loan): Amount of CNY = sum(n.amount for n in Note where n.loan == loan)\n"


def analysed(
    text: str, used: dict[str, ContractModel] | None = None
) -> tuple[list[Diagnostic], Findings, ContractModel, Source]:
    """Return what is found in a contract."""
    source, found = Source("loans.contract", text), Diagnostics()
    file = parse(source, found)
    model = check_contract(file, used or {}, found)
    assert model is not None, [one.message for one in found]
    reported = Diagnostics()
    findings = analyse(model, reported, file)
    return list(reported), findings, model, source


def codes_of(text: str) -> list[str]:
    """Return the codes of what is found."""
    return [one.code for one in analysed(text)[0]]


# ── authority ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("by", "codes"),
    [
        ("Bank and Clerk", []),
        ("contract Other or Bank", []),
        ("contract Other and Bank", ["E0454"]),
        ("Clerk or contract Other and contract Third", ["E0454"]),
    ],
)
def test_a_calling_contract_signs_alone(by: str, codes: list[str]) -> None:
    """Nobody signs together with a contract that calls."""
    assert codes_of(HEAD + f'action tell()\n  by {by}\n  emit Told("x")\n') == codes


def test_an_authority_that_is_never_satisfied_is_shown() -> None:
    """The message names the action and what it asks for."""
    (found,), *_ = analysed(
        HEAD + 'action tell()\n  by contract Other and Bank\n  emit Told("x")\n'
    )
    assert found.message == "nobody can ever do `tell` by `contract Other and Bank`"
    assert [one.text for one in found.others] == [
        "when a contract calls, it is the only signer",
        "so this never signs with it",
    ]


OTHER = """\
contract Ledger version 1
role Bank
event Written(text: Text)
action write(text: Text)
  by {}
  emit Written(text)
"""


@pytest.mark.parametrize(
    ("by", "is_open"),
    [("Bank", False), ("contract Third", False), ("Bank or contract Loans", True)],
)
def test_a_called_action_lets_its_caller_in(by: str, is_open: bool) -> None:
    """Signatures are not passed on, so the called action must name this contract."""
    _, _, other, _ = analysed(OTHER.format(by))
    text = HEAD.replace("version 1\n", "version 1\nuse Ledger as ledger\n")
    text += 'action tell()\n  by Clerk\n  ledger.write("x")\n  emit Told("x")\n'
    found, *_ = analysed(text, {"Ledger": other})
    assert [one.code for one in found] == ([] if is_open else ["E0455"])
    if not is_open:
        assert found[0].message == "`Ledger` never lets this contract do `write`"
        assert found[0].help.startswith("add `or contract Loans` there")


def test_a_role_that_only_travels() -> None:
    """A role in which nobody acts, and that no record holds, is named at its declaration."""
    text = HEAD.replace("role Bank", "role Guest, Bank")
    text += 'action greet(guest: Guest)\n  by Clerk\n  notify guest that "welcome"\n'
    (found,), _, _, source = analysed(text)
    assert (found.code, source.slice(found.span)) == ("W0451", "Guest")
    assert codes_of(text.replace("by Clerk", "by Clerk or Guest")) == []
    assert codes_of(text.replace("auditor: Auditor?", "auditor: Guest?")) == []


# ── loops ─────────────────────────────────────────────────────────────────────────────────────


def test_a_loop_that_others_can_lengthen() -> None:
    """The warning shows the loop and what adds to it."""
    (found,), _, _, source = analysed(HEAD + ADD.format("Clerk as clerk") + NOTES)
    assert found.code == "W0501"
    assert source.slice(found.span).startswith("Note where")
    assert found.others[0].text == "`add` adds one each time it is done"
    assert source.slice(found.others[0].span).startswith("create Note")


@pytest.mark.parametrize(
    ("by", "loop"),
    [
        ("Clerk as clerk", NOTES.replace("== loan)", "== loan limit 12)")),
        ("loan.bank and Clerk as clerk", NOTES),
        (
            "Clerk as clerk",
            "rule mine(clerk: Clerk): Int = count(n for n in Note where n.writer == clerk)\n",
        ),
        (
            "Clerk as clerk",
            "rule parts(loan: Loan): Int = count(p for p in Part where p.loan == loan)\n",
        ),
    ],
)
def test_a_loop_that_is_bounded_or_ones_own(by: str, loop: str) -> None:
    """A `limit`, the record's own party, the signer itself and few keys are all bounds."""
    part = "action plan(loan: Loan, month: Int in 1..360)\n  by Clerk\n"
    part += "  create Part(loan: loan, month: month, amount: 1 CNY)\n"
    assert codes_of(HEAD + ADD.format(by) + part + loop) == []


def test_an_or_lets_others_in() -> None:
    """A party of the record is no bound if somebody else may do it too."""
    add = ADD.format("loan.bank or Clerk").replace("writer: clerk", "writer: someone")
    text = HEAD.replace("writer: Clerk", "writer: Text").replace("Clerk, ", "Clerk, ")
    add = add.replace("amount: Amount of CNY)\n", "amount: Amount of CNY, someone: Text)\n", 1)
    assert codes_of(text + add + NOTES) == ["W0501"]


def test_a_loop_of_a_statement_is_one_too() -> None:
    """`for` is judged as aggregates are, also where the record is created in a clause."""
    text = HEAD + ADD.format("Clerk as clerk").replace("create Note", "note").replace(
        "note(loan: loan, writer: clerk, amount: amount)", "note(loan, clerk, amount)"
    )
    text += "clause note(loan: Loan, clerk: Clerk, amount: Amount of CNY)\n"
    text += "  create Note(loan: loan, writer: clerk, amount: amount)\n"
    text += "action tell(loan: Loan)\n  by Bank\n  for n in Note where n.loan == loan\n"
    text += '    notify n.writer that "x"\n'
    (found,), *_ = analysed(text)
    assert found.code == "W0501"


# ── money and findings ────────────────────────────────────────────────────────────────────────


def test_every_place_of_money_is_found_with_who_reaches_it() -> None:
    """Clauses pass on who reaches them, and timers are named by their heading."""
    text = (
        HEAD
        + """\
clause pay_in(loan: Loan, amount: Amount of CNY)
  issue amount to loan.balance
action deposit(loan: Loan, amount: Amount of CNY)
  by 2 of Clerk or loan.bank and Auditor
  pay_in(loan, amount)
action withdraw(loan: Loan, amount: Amount of CNY)
  by contract Other
  retire amount from loan.balance
every day at 02:00 for loan: Loan
  pay_in(loan, 1 CNY)
"""
    )
    reported, findings, _, source = analysed(text)
    assert reported == []
    shown = [
        (source.slice(one.span), one.kind, one.unit, one.reached_by)
        for one in findings.money_places
    ]
    deposit = "deposit by 2 of Clerk or loan.bank and Auditor"
    timer = "every day at 02:00 for loan: Loan"
    assert shown == [
        ("issue amount to loan.balance", "issue", "CNY", (deposit, timer)),
        ("retire amount from loan.balance", "retire", "CNY", ("withdraw by contract Other",)),
    ]


def test_findings_count_what_is_proved() -> None:
    """Tables that are complete and states that may never be left are counted."""
    text = (
        HEAD
        + """\
decision good
  | n: Int || a: Int |
  | - || 1 |
decision bad
  | n: Int || a: Int |
  | 1 || 1 |
lifecycle Stage
  Open -> Shut
  Shut
record Case[id: Serial]
  bank: Bank
  stage: Stage
action begin()
  by Bank as bank
  create Case(bank: bank)
action close(case: Case)
  by case.bank
  case.stage becomes Shut
"""
    )
    text = text.replace("case: Case", "one: Case").replace("case.", "one.")
    _, findings, _, _ = analysed(text)
    assert (findings.complete_table_count, findings.stuck_state_count) == (1, 1)


def test_analyses_are_pure() -> None:
    """The same model gives the same diagnostics and findings again."""
    first = analysed(HEAD + ADD.format("Clerk as clerk") + NOTES)
    second = analysed(HEAD + ADD.format("Clerk as clerk") + NOTES)
    assert first[:2] == second[:2]
