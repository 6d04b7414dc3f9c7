"""Tests, scripts and calls between contracts: who does what, and what may be called from where."""

from __future__ import annotations

import random
import re

import pytest

from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check import check_contract, check_script, is_contract, uses_of
from servanda.interpreter.model import (
    AtStep,
    ContractModel,
    Convert,
    DoesStep,
    ExpectStep,
    FeedsStep,
    ForeignCall,
    ForStep,
    Index,
    LetStep,
    ScriptModel,
    ShowStep,
    WaitStep,
)
from servanda.interpreter.types import RecordType

LEDGER = """contract Ledger version 1
role Teller
lifecycle Phase
  Open -> Closed
  Closed
enum Kind: Private, Business
record Entry[number: Text]
  amount: Amount of CNY
  kind: Kind = Private
  phase: Phase
clause note(entry: Entry)
  entry.kind = Business
action enter(number: Text, amount: Amount of CNY): Entry
  by contract Shop
  require amount > 0 CNY else NOTHING_PAID "nothing"
  give create Entry(number: number, amount: amount)
action close(entry: Entry in Open)
  by Teller or contract Shop
  note(entry)
  entry.phase becomes Closed
rule doubled(amount: Amount of CNY): Amount of CNY = 2 * amount
"""
SHOP = """contract Shop version 1
use Ledger as l
role Teller, Buyer
record Sale[id: Serial]
  buyer: Buyer
  entry: l.Entry
action buy(number: Text, amount: Amount of CNY): Sale
  by Buyer as buyer
  require amount < 5 CNY else TOO_MUCH "x"
  let entry = l.enter(number, l.doubled(amount))
  l.close(entry)
  give create Sale(buyer: buyer, entry: entry)
"""


def read(text: str, used: dict[str, ContractModel]) -> tuple[object, list[Diagnostic]]:
    """Return the model of a contract or script that uses these contracts."""
    diagnostics = Diagnostics()
    file = parse(Source("x", text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    check = check_contract if is_contract(file) else check_script
    return check(file, used, diagnostics), list(diagnostics)


def contracts() -> dict[str, ContractModel]:
    """Return both contracts by name."""
    ledger, found = read(LEDGER, {})
    assert isinstance(ledger, ContractModel), found
    shop, found = read(SHOP, {"Ledger": ledger})
    assert isinstance(shop, ContractModel), found
    return {"Ledger": ledger, "Shop": shop}


USED = contracts()


def errors_in(text: str) -> list[tuple[str, str]]:
    """Return the code of each error with the text that it points at."""
    found = [one for one in read(text, USED)[1] if not one.is_warning]
    return [(one.code, text[one.span.start : one.span.end]) for one in found]


def script_of(text: str) -> ScriptModel:
    """Return the model of a script without errors."""
    model, found = read(text, USED)
    assert isinstance(model, ScriptModel), found
    return model


HEAD = 'use Shop as s\nuse Ledger\nlet bob = s.Buyer("Bob")\nlet tom = Teller("Tom")\n'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('bob does buy("1", 2 CNY)', [("E0268", "buy")]),
        ('bob does s.bye("1", 2 CNY)', [("E0268", "bye")]),
        ('bob does z.buy("1", 2 CNY)', [("E0268", "z")]),
        ('bob does doubled("1", 2 CNY)', [("E0268", "doubled")]),
        ('close("1")', [("E0415", "close")]),
        ('s.buy("1", 2 CNY)', [("E0415", "s.buy")]),
        ('let z = s.buy("1", 2 CNY)', [("E0415", "s.buy")]),
        ('note(Entry["1"])', [("E0417", "note")]),
        ("doubled(3 CNY)", [("E0272", "doubled(3 CNY)")]),
        ('let z = tom does close("1")', [("E0384", "close")]),
        ('require 3 > 2 else NO "x"', [("E0383", 'require 3 > 2 else NO "x"')]),
        ("create Entry()", [("E0383", "create Entry()")]),
        ("bob = tom", [("E0301", "tom")]),
        ("z = tom", [("E0361", "z")]),
        ('Entry["1"].kind = Business', [("E0362", 'Entry["1"].kind')]),
        ("give 3", [("E0385", "give 3")]),
        ('bob cannot s.buy("1", 9 CNY) because TOO_MUHC', [("E0267", "TOO_MUHC")]),
        ('bob cannot s.buy("1", 9 CNY) because NOTHING_PAID', [("E0267", "NOTHING_PAID")]),
        ('bob cannot s.buy("1", 9 CNY) because l.TOO_MUCH', [("E0267", "l.TOO_MUCH")]),
        ('tom cannot close("1") because Shop.TOO_MUCH', [("E0267", "Shop.TOO_MUCH")]),
        ("let tom = 3", [("E0253", "tom")]),
        ("let Entry = 3", [("E0252", "Entry")]),
        (
            'feed "a.csv" as row where Entry[row.a].amount > 3 CNY\n  tom does close(row.a)',
            [("E0392", "Entry[row.a].amount")],
        ),
    ],
)
def test_a_wrong_step_is_told(line: str, expected: list[tuple[str, str]]) -> None:
    """Each mistake is reported once, at the words that are wrong."""
    assert errors_in(f"{HEAD}{line}\n") == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("role X\n", "E0256"),
        ('timezone "UTC"\n', "E0256"),
        ("use Other\n", "E0257"),
        ("use Ledger on chain C\n", "E0258"),
        ("use Ledger\nuse Ledger\n", "E0250"),
        ("use Ledger as now\n", "E0251"),
        ('test "a"\n  show 1\ntest "a"\n  show 2\n', "E0254"),
        ('feed "a" as row\n  feed "b" as line\n    show 1\n', "E0391"),
        ('for n in 1..3\n  feed "b" as line\n    show n\n', "E0391"),
    ],
)
def test_what_a_script_may_hold(text: str, code: str) -> None:
    """A script holds `use`, tests and steps; feeds stand side by side."""
    assert [one for one, _ in errors_in(text)] == [code]


def test_a_code_comes_through_several_contracts() -> None:
    """A refusal is named by every contract it came through, each called by the one before it."""
    mall_text = (
        "contract Mall version 1\nuse Shop as s\nrole Guide\n"
        "action lead(number: Text)\n  by Guide\n  s.note(number)\n"
    )
    shop_text = SHOP + "action note(number: Text)\n  by contract Mall\n  l.enter(number, 0 CNY)\n"
    shop, found = read(shop_text, {"Ledger": USED["Ledger"]})
    assert isinstance(shop, ContractModel), found
    mall, found = read(mall_text, {"Shop": shop})
    assert isinstance(mall, ContractModel), found
    step = 'use Mall\nlet ann = Guide("Ann")\nann cannot lead("1") because '
    model, found = read(f"{step}Shop.Ledger.NOTHING_PAID\n", {"Mall": mall})
    assert isinstance(model, ScriptModel), found
    assert model.script is not None
    refused = model.script.body[1]
    assert isinstance(refused, DoesStep)
    assert refused.code == "Shop.Ledger.NOTHING_PAID"
    for wrong in ("Shop.Ledger.TOO_MUCH", "Shop.Mall.TOO_MUCH", "Ledger.NOTHING_PAID"):
        _, diagnostics = read(f"{step}{wrong}\n", {"Mall": mall})
        assert [one.code for one in diagnostics] == ["E0267"]


def test_an_action_of_two_contracts_is_ambiguous() -> None:
    """Two opened contracts may have one action name: then an alias is needed."""
    twin, found = read(LEDGER.replace("contract Ledger", "contract Twin"), {})
    assert isinstance(twin, ContractModel), found
    text = 'use Ledger\nuse Twin\nlet tom = Teller("Tom")\ntom does close("1")\n'
    _, diagnostics = read(text, {**USED, "Twin": twin})
    assert [one.code for one in diagnostics] == ["E0269"]


def test_the_steps_of_a_script() -> None:
    """Steps become models in their order; a Date is its midnight; feeds that touch are one."""
    model = script_of(
        HEAD
        + 'let sale = bob does s.buy("1", 2 CNY)\n'
        + 'bob cannot s.buy("1", 20 CNY) because TOO_MUCH\n'
        + 'bob and tom cannot s.buy("1", 2 CNY) because l.NOTHING_PAID\n'
        + 'tom does close("1")\n'
        + "at 2026-01-05\nwait 2 * 1 month\nwait 3 days\n"
        + 'expect Entry["1"].phase is Closed\nfor e in Entry\n  show e.amount\n'
        + 'feed "a.csv" as row where int(row.a) > 3 at 2026-01-01\n  tom does close(row.a)\n'
        + 'feed "b.csv" as row\n  tom does close(row.a)\nshow 3\n'
    )
    assert model.script is not None
    body = model.script.body
    assert [type(one) for one in body] == [
        LetStep,
        LetStep,
        DoesStep,
        DoesStep,
        DoesStep,
        DoesStep,
        AtStep,
        WaitStep,
        WaitStep,
        ExpectStep,
        ForStep,
        FeedsStep,
        ShowStep,
    ]
    done, refused, foreign = body[2:5]
    assert isinstance(done, DoesStep)
    assert done.contract == "Shop"
    assert done.local is not None
    assert done.local.type == RecordType("Shop", "Sale")
    assert isinstance(refused, DoesStep)
    assert refused.code == "TOO_MUCH"
    assert isinstance(foreign, DoesStep)
    assert foreign.code == "Ledger.NOTHING_PAID"
    assert len(foreign.parties) == 2
    at, feeds = body[6], body[11]
    assert isinstance(at, AtStep)
    assert isinstance(at.time, Convert)
    assert isinstance(feeds, FeedsStep)
    assert [one.file for one in feeds.feeds] == ["a.csv", "b.csv"]
    assert list(model.uses) == ["s", "Ledger"]


def test_each_test_has_names_of_its_own() -> None:
    """What one test names, another does not know."""
    text = "use Ledger\n" + "".join(
        f'test "{title}"\n  let tom = Teller("Tom")\n  tom does close("1")\n' for title in "ab"
    )
    model = script_of(text)
    assert [one.title for one in model.tests] == ["a", "b"]
    assert model.script is None
    assert errors_in(text + 'test "c"\n  tom does close("1")\n') == [("E0210", "tom")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["e.kind = Business"], [("E0362", "e.kind")]),
        (["e.phase becomes Closed"], [("E0362", "e.phase")]),
        (["l.clsoe(e)"], [("E0219", "clsoe")]),
        (["l.note(e)"], [("E0417", "l.note")]),
        (["l.doubled(3 CNY)"], [("E0272", "l.doubled(3 CNY)")]),
        (["emit l.X(3)"], [("E0262", "l.X")]),
        (['let n = l.enter("a", 3 CNY).amount'], [("E0329", 'l.enter("a", 3 CNY)')]),
    ],
)
def test_another_contract_is_changed_by_its_actions_alone(
    lines: list[str], expected: list[tuple[str, str]]
) -> None:
    """Only actions of the other contract change its records, and they stand alone."""
    text = SHOP + "action more(e: l.Entry)\n  by Buyer\n"
    text += "".join(f"  {line}\n" for line in lines)
    assert errors_in(text) == expected


def test_a_rule_calls_no_action() -> None:
    """A rule computes; an action has effects, even where it gives a value."""
    text = SHOP + 'rule r(): l.Entry\n  give l.enter("a", 3 CNY)\n'
    assert errors_in(text) == [("E0381", "l.enter")]


def test_a_timer_is_about_its_own_records() -> None:
    """Another contract has the timers of its records itself."""
    text = SHOP + "when e: l.Entry has been Open for 3 days\n  l.close(e)\n"
    assert errors_in(text) == [("E0411", "l.Entry")]


def test_a_called_action_gives_its_result() -> None:
    """A foreign call names the contract, not the alias, and has the type of its result."""
    step = USED["Shop"].actions["buy"].body[1]
    assert isinstance(step, LetStep)
    assert isinstance(step.value, ForeignCall)
    assert step.value.contract == "Ledger"
    assert step.value.type == RecordType("Ledger", "Entry")


def test_an_index_of_another_contract_is_asked_for() -> None:
    """A lookup in the records of another contract needs an index there."""
    text = SHOP + "action look(k: l.Kind)\n  by Buyer as b\n"
    text += '  for e in l.Entry where e.kind == k\n    notify b that "{e.number}"\n'
    model, found = read(text, USED)
    assert isinstance(model, ContractModel), found
    assert model.foreign_indexes == (Index(RecordType("Ledger", "Entry"), ("kind",)),)


def test_what_a_file_uses() -> None:
    """The caller learns what to load first."""
    diagnostics = Diagnostics()
    file = parse(Source("x", SHOP), diagnostics)
    assert [(one.contract.text, one.alias and one.alias.text) for one in uses_of(file)] == [
        ("Ledger", "l")
    ]


@pytest.mark.parametrize("seed", range(40))
def test_no_text_crashes_the_checker(seed: int) -> None:
    """Whatever words stand in the place of others, there is a model or a diagnostic."""
    chance = random.Random(seed)  # noqa: S311 -- reproducible, and no secret
    for text in (LEDGER, SHOP, HEAD + 'tom does close("1")\nexpect Entry["1"].kind is Private\n'):
        words = re.findall(r"\w+|\W+", text)
        places = [index for index, word in enumerate(words) if word[0].isalnum()]
        for _ in range(chance.choice([1, 1, 2, 5])):
            words[chance.choice(places)] = words[chance.choice(places)]
        diagnostics = Diagnostics()
        file = parse(Source("x", "".join(words)), diagnostics)
        check = check_contract if is_contract(file) else check_script
        assert (check(file, USED, diagnostics) is None) is diagnostics.has_errors
