"""What the checker lets pass must run: nothing but a refusal may come of it."""

from __future__ import annotations

import pytest

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check.contract import check_contract

HEAD = """contract Bank version 1
role Teller
record Account[number: Text]
  holder: Teller
  currency: Currency
  guest: Account?
  until: Time?
  own: Balance of currency
  count: Int = 0
record Order[id: Serial]
  fixed: Account?
  paid_in: Currency?
action order(x: Account?, unit_of: Currency?)
  by Teller
  create Order(fixed: x, paid_in: unit_of)
action invite(x: Account, y: Account?, moment: Time?)
  by Teller
  x.guest = y
  x.until = moment
"""
ACTION = "action a(x: Account, y: Account?, o: Order): Text\n  by Teller\n"


def codes_of(text: str) -> list[str]:
    """Return the codes of the errors of a contract with this behind the shared head."""
    diagnostics = Diagnostics()
    file = parse(Source("bank.contract", HEAD + text), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    check_contract(file, {}, diagnostics)
    return [one.code for one in diagnostics if not one.is_warning]


def action(*lines: str) -> str:
    """Return an action with these statements."""
    return ACTION + "".join(f"  {line}\n" for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "record R[id: Serial]\n  base: Account?\n  price: Amount of base.currency\n",
        "rule r(x: Account?, price: Amount of x.currency): Amount of x.currency = price\n",
    ],
)
def test_a_unit_is_never_held_in_what_may_be_missing(text: str) -> None:
    """Money would be in no unit where the record that names it is missing."""
    assert set(codes_of(text)) == {"E0326"}


ESCAPES = [
    ("let z = if o.fixed is missing then 0 else o.fixed.own", 'give "{z}"'),
    ("let z = sum(o.fixed.own for n in 1..3 where o.fixed is not missing)", 'give "{z}"'),
    ("let z = if o.fixed is missing then [] else [o.fixed.own]", 'give "{z}"'),
    ("let z = if y is missing then 0 else y.own", 'give "{z}"'),
    ("let z = if o.paid_in is missing then 0 else round(5, o.paid_in)", 'give "{z}"'),
]


@pytest.mark.parametrize("lines", ESCAPES)
def test_no_unit_goes_further_than_the_guard_it_leans_on(lines: tuple[str, ...]) -> None:
    """Behind the guard the record may be missing, and its unit with it."""
    assert "E0326" in codes_of(action(*lines))


def test_a_name_for_what_a_guard_found_holds_a_unit() -> None:
    """The help of the refusal leads on: a `let` behind the guard is always there."""
    assert (
        codes_of(
            action(
                "if o.fixed is missing",
                '  give "none"',
                "let found = o.fixed",
                "let z = if x.count == 3 then 0 else found.own",
                'give "{z}"',
            )
        )
        == []
    )


@pytest.mark.parametrize(
    "where",
    [
        "x.guest is not missing and one.holder == x.guest.holder",
        "y is not missing and one.guest is not missing and one.holder == y.holder",
    ],
)
def test_no_index_is_asked_by_what_only_its_where_says_is_there(where: str) -> None:
    """An index is asked before the conditions that stand before the equality."""
    text = f'let n = count(one for one in Account where {where})\n  give "{{n}}"'
    assert codes_of(action(text)) == ["E0319"]
    asked = where.partition(" is not missing")[0]
    guarded = f'require {asked} is not missing else NONE "none"'
    assert codes_of(action(guarded, text)) == []


def test_a_range_by_what_only_its_where_says_is_there_is_asked_of_each() -> None:
    """The index finds by the equality alone, and the rest is asked behind it."""
    where = "one.holder == x.holder and x.guest is not missing and one.count < x.guest.count"
    text = f'let n = count(one for one in Account where {where})\n  give "{{n}}"'
    assert codes_of(action(text)) == []


def test_a_guard_says_what_a_field_holds_and_not_what_it_may_hold() -> None:
    """Behind the question whether it is there, a field may still be made missing, and is then."""
    lines = ["require x.guest is not missing else NONE", "x.guest = missing"]
    lines[0] += ' "none"'
    assert codes_of(action(*lines, 'give "done"')) == []
    assert codes_of(action(*lines, 'give "{x.guest.count}"')) == ["E0305"]
    assert codes_of(action(lines[0], "x.guest = x.guest.guest", 'give "done"')) == []


def test_a_list_begins_empty_by_default() -> None:
    """An empty list is known beforehand."""
    assert codes_of("record R[id: Serial]\n  tags: List of Text = []\n") == []


@pytest.mark.parametrize("inner", ["List of Account", "Set of Account", "List of List of Account"])
def test_a_set_holds_what_has_an_order(inner: str) -> None:
    """A Set is kept in order, and collections of records have none."""
    assert codes_of(f"rule r(s: Set of {inner}): Int = count(one for one in s)\n") == ["E0327"]


def test_a_list_holds_something() -> None:
    """A list of nothing but `missing` has no type that could be shown."""
    assert codes_of(action('give "{[missing]}"')) == ["E0333"]


def chain(count: int, kind: str) -> str:
    """Return declarations of which each calls the one before, and an action that calls the last."""
    if kind == "rule":
        first, each, last = "rule q0(n: Int): Int = n\n", "rule q{}(n: Int): Int = q{}(n)\n", ""
        last = f'  give "{{q{count}(3)}}"\n'
    else:
        first, each = "clause q0(x: Account)\n  x.count = 3\n", "clause q{}(x: Account)\n  q{}(x)\n"
        last = f'  q{count}(x)\n  give "done"\n'
    return first + "".join(each.format(n, n - 1) for n in range(1, count + 1)) + ACTION + last


@pytest.mark.parametrize("kind", ["rule", "clause"])
@pytest.mark.parametrize(("count", "codes"), [(63, []), (64, ["E0103"]), (3_000, ["E0103"])])
def test_calls_have_a_depth(kind: str, count: int, codes: list[str]) -> None:
    """Calls deeper than nesting may be are told once, however deep they go."""
    assert codes_of(chain(count, kind)) == codes


def test_aggregates_count_for_the_depth_of_calls() -> None:
    """A rule deep inside aggregates is called from as deep as they are."""
    rules = []
    for number in range(4):
        nested = "n" if number == 0 else f"q{number - 1}(n)"
        for level in range(16):
            nested = f"sum({nested}\n    for i{level} in 1..1)"
        rules.append(f"rule q{number}(n: Int): Int = {nested}\n")
    assert codes_of("".join(rules[:3])) == []
    assert codes_of("".join(rules)) == ["E0103"]
