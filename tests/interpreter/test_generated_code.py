"""Generated code is Python, whose own rules must never be met by a contract."""

from __future__ import annotations

import pytest
import worlds

CONTRACT = """\
contract Shown version 1
role Bank
record Account[number: Text]
  note: Text = ""
event Found(accounts: List of Account)
event Priced(prices: List of Amount of CNY)
rule price(text: Text): Amount of CNY = if text == "[missing, 1]" then 1 CNY else 2 CNY
action open(number: Text)
  by Bank
  create Account(number: number)
action find(other: Int?, n: Int)
  by Bank
  emit Found([Account["{[other, n]}"]])
action weigh(other: Int?, n: Int)
  by Bank
  emit Priced([price("{[other, n]}")])
"""


@pytest.mark.parametrize("is_traced", [False, True])
def test_what_may_be_missing_is_shown_inside_the_items_of_a_list(*, is_traced: bool) -> None:
    """Python has no assignment inside what a comprehension goes through."""
    shown = worlds.world(CONTRACT, members="Bank:b")
    shown.is_traced = is_traced
    shown.does("b", "open", "[missing, 1]")
    (found,) = shown.run("b", "find", None, 1).events
    assert found.values == (("[missing, 1]",),)
    assert shown.code("b", "find", 5, 1) == "MISSING_RECORD"
    (priced,) = shown.run("b", "weigh", None, 1).events
    assert priced.values == ((worlds.cny(1),),)


def test_a_choice_may_have_many_branches() -> None:
    """To Python each `elif` stands inside the one before, and it follows only so many."""
    names = [f"N{number}" for number in range(170)]
    branches = "".join(f"  elif n == {one}\n    give {one + 1}\n" for one in range(1, 4_500))
    cases = "".join(f"    {name}\n      give {place}\n" for place, name in enumerate(names))
    enum = f"enum Name: {', '.join(names)}\n"
    text = (
        "contract Long version 1\nrole Bank\n"
        "action rise(n: Int): Int\n  by Bank\n"
        f"  if n == 0\n    give 1\n{branches}  else\n    give -1\n"
    )
    other = f"contract Long version 1\nrole Bank\n{enum}action place(name: Name): Int\n"
    other += f"  by Bank\n  choose name\n{cases}"
    rising, placing = worlds.world(text, members="Bank:b"), worlds.world(other, members="Bank:b")
    for number in (0, 1, 99, 100, 101, 4_499):
        for is_traced in (False, True):
            rising.is_traced = placing.is_traced = is_traced
            assert rising.does("b", "rise", number) == number + 1
            if number < len(names):
                assert placing.does("b", "place", names[number]) == number
    assert rising.does("b", "rise", 4_500) == -1
