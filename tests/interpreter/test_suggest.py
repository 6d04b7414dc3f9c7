"""Suggestions name what was probably meant, and nothing where nothing is near."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.interpreter.check.suggest import closest, did_you_mean, edit_distance

WORDS = ["Institution", "Police", "Regulator", "CNY", "amount"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Institutoin", "Institution"),
        ("police", "Police"),
        ("Regulater", "Regulator"),
        ("CYN", "CNY"),
        ("amuont", "amount"),
        ("balance", None),
        ("X", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_suggested(written: str, meant: str | None) -> None:
    """A slip or two finds its word; another word finds none."""
    assert closest(written, WORDS) == meant


def test_nothing_near_gives_no_help() -> None:
    """An advice that would be wrong is left out."""
    assert did_you_mean("zebra", WORDS) == ""
    assert did_you_mean("Polize", WORDS) == "did you mean `Police`?"


@given(st.text(max_size=12), st.text(max_size=12))
def test_distance_is_a_distance(left: str, right: str) -> None:
    """It is zero for equal words only, the same both ways, and at most the longer length."""
    distance = edit_distance(left, right)
    assert (distance == 0) == (left == right)
    assert distance == edit_distance(right, left)
    assert abs(len(left) - len(right)) <= distance <= max(len(left), len(right))


@given(st.text(min_size=1, max_size=3000))
def test_any_name_is_answered_quickly(written: str) -> None:
    """However long the name, there is an answer (and a long one is not compared)."""
    found = closest(written, WORDS)
    assert found is None or found in WORDS
