"""Every value is shown in one way, on one line, with nothing hidden in it."""

from __future__ import annotations

import locale
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.interpreter.values.numbers import AMOUNT_LIMIT, INT_LIMIT, parse_decimal, parse_int
from servanda.interpreter.values.show import (
    CONTROL_OR_BIDIRECTIONAL,
    MISSING,
    show_amount,
    show_bool,
    show_decimal,
    show_duration,
    show_hash,
    show_int,
    show_list,
    show_months,
    show_reference,
    show_serial,
    show_text,
)
from servanda.interpreter.values.times import DAY_MS, HOUR_MS, MINUTE_MS
from servanda.interpreter.values.units import parse_amount


@pytest.mark.parametrize(
    ("amount", "decimals", "code", "expected"),
    [
        (123_450, 2, "CNY", "1_234.50 CNY"),
        (-123_450, 2, "CNY", "-1_234.50 CNY"),
        (-5, 2, "CNY", "-0.05 CNY"),
        (0, 2, "CNY", "0.00 CNY"),
        (1_234, 0, "JPY", "1_234 JPY"),
        (1_000_500, 3, "KWD", "1_000.500 KWD"),
        (100_000_000, 2, "USD", "1_000_000.00 USD"),
    ],
)
def test_amounts(amount: int, decimals: int, code: str, expected: str) -> None:
    """Thousands apart, all decimals of the unit, its code behind."""
    assert show_amount(amount, decimals, code) == expected


@given(st.integers(-AMOUNT_LIMIT + 1, AMOUNT_LIMIT - 1), st.integers(0, 18))
def test_shown_amounts_are_read_back(amount: int, decimals: int) -> None:
    """What is shown before the code is the amount as it would be written."""
    shown = show_amount(amount, decimals, "CNY").removesuffix(" CNY")
    assert parse_amount(shown, decimals) == amount


@given(st.integers(-INT_LIMIT + 1, INT_LIMIT - 1))
def test_shown_ints_are_read_back(value: int) -> None:
    """An Int is shown as the language writes it."""
    assert parse_int(show_int(value)) == value


@given(st.integers(-INT_LIMIT + 1, INT_LIMIT - 1), st.integers(-34, 40))
def test_equal_decimals_are_shown_equal(digits: int, exponent: int) -> None:
    """Trailing zeros that do not change a number do not change what is shown of it."""
    value = Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), exponent))
    padded = Decimal(f"{value:f}" + ("0" if exponent < 0 else ".0"))
    assert value == padded
    assert show_decimal(value) == show_decimal(padded)
    assert Decimal(show_decimal(value)) == value
    assert "E" not in show_decimal(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", "2.0"),
        ("2.50", "2.5"),
        ("-1234.5", "-1_234.5"),
        ("0.0365", "0.0365"),
        ("0.00", "0.0"),
        ("1000000.123456", "1_000_000.123456"),
        ("100", "100.0"),
    ],
)
def test_decimals(text: str, expected: str) -> None:
    """Plain notation with a point, so that a Decimal is never taken for an Int."""
    assert show_decimal(parse_decimal(text)) == expected


def test_decimals_of_any_size_are_shown_without_exponent() -> None:
    """Also the largest and the smallest that the language has."""
    assert show_decimal(Decimal("1E+6144")) == "1" + "_000" * 2048 + ".0"
    assert show_decimal(Decimal("-1E-6176")) == "-0." + "0" * 6175 + "1"


@pytest.mark.parametrize(
    ("duration_ms", "expected"),
    [
        (3 * DAY_MS, "3 days"),
        (DAY_MS, "1 day"),
        (-DAY_MS, "-1 day"),
        (36 * HOUR_MS, "36 hours"),
        (HOUR_MS, "1 hour"),
        (90 * MINUTE_MS, "90 minutes"),
        (30_000, "30 seconds"),
        (1_500, "1_500 milliseconds"),
        (1, "1 millisecond"),
        (0, "0 seconds"),
        (1_000 * DAY_MS, "1_000 days"),
    ],
)
def test_durations(duration_ms: int, expected: str) -> None:
    """The largest unit that is exact, one or many."""
    assert show_duration(duration_ms) == expected


def test_small_types() -> None:
    """Booleans, months, serials, hashes, lists and references as the language writes them."""
    assert (show_bool(True), show_bool(False), MISSING) == ("true", "false", "missing")
    assert (show_months(1), show_months(14), show_months(-1)) == (
        "1 month",
        "14 months",
        "-1 month",
    )
    assert (show_int(999), show_int(1_000), show_int(-12_345)) == ("999", "1_000", "-12_345")
    assert show_serial(12_345) == "12345"
    assert show_hash(bytes(range(32))).startswith("000102")
    assert len(show_hash(bytes(32))) == 64
    assert show_list([]) == "[]"
    assert show_list([show_int(1), show_int(2)]) == "[1, 2]"
    assert show_reference("Account", [show_text("6222-01")]) == 'Account["6222-01"]'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", '"plain"'),
        ("账户 é", '"账户 é"'),
        ('say "no"', r'"say \"no\""'),
        ("back\\slash", r'"back\\slash"'),
        ("a\nb\tc\r", r'"a\nb\tc\r"'),
        ("\x00\x1b[31m", r'"\u{0000}\u{001b}[31m"'),
        ("\u202eevil\u2066", r'"\u{202e}evil\u{2066}"'),
        ("zero\u200bwidth\ufeff", r'"zero\u{200b}width\u{feff}"'),
        ("\U000e0041", r'"\u{e0041}"'),
        ("\ud800", r'"\u{d800}"'),
        ("{hole}", '"{hole}"'),
    ],
)
def test_texts(text: str, expected: str) -> None:
    """In quotes, with quotes, control, bidirectional and unseen characters escaped."""
    assert show_text(text) == expected


@given(st.text(alphabet=st.characters()))
def test_shown_text_is_one_line_without_control(text: str) -> None:
    """No text can break the line, turn its direction, or end its own quotes."""
    shown = show_text(text)
    assert len(shown.splitlines()) == 1
    assert not CONTROL_OR_BIDIRECTIONAL.search(shown)
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in shown)
    inside = shown[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inside
    shown.encode("utf-8")


@given(st.text(), st.text())
def test_different_texts_are_shown_differently(one: str, other: str) -> None:
    """The escapes can be undone, so that nothing looks like something else."""
    assert (show_text(one) == show_text(other)) == (one == other)


def test_every_bidirectional_control_is_known() -> None:
    """The fixed table agrees with the Unicode tables of this interpreter."""
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for code_point in range(0x110000):
        character = chr(code_point)
        expected = (
            unicodedata.category(character) in {"Cc", "Zl", "Zp"}
            or unicodedata.bidirectional(character) in directions
            or character in "\u061c\u200e\u200f"
        )
        assert bool(CONTROL_OR_BIDIRECTIONAL.match(character)) == expected, hex(code_point)


def test_long_text_can_be_cut() -> None:
    """The mark of the cut stands outside the quotes."""
    assert show_text("a" * 100, 5) == '"aaaaa"…'
    assert show_text("aaaaa", 5) == '"aaaaa"'
    assert show_text("aaaa…", 5) == '"aaaa…"'


def test_no_locale_changes_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Separators are those of the language whatever the machine's locale says."""
    separators = {"thousands_sep": ".", "decimal_point": ",", "grouping": [3, 0]}
    monkeypatch.setattr(locale, "localeconv", lambda: separators)
    assert show_amount(123_450, 2, "CNY") == "1_234.50 CNY"
    assert show_decimal(Decimal("1234.5")) == "1_234.5"
