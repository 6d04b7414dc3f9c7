"""Units of time and of numbers as people write them elsewhere, and what the language says.

In comes a number and the word behind it; out comes what is written here, or nothing. Data only.
"""

from __future__ import annotations

from types import MappingProxyType

TIMES = MappingProxyType(
    {
        **dict.fromkeys(("year", "years", "yr", "yrs", "y", "annum", "年"), (12, "month")),
        **dict.fromkeys(("quarter", "quarters"), (3, "month")),
        **dict.fromkeys(("mo", "mos", "mth", "mths", "month", "months", "月"), (1, "month")),
        **dict.fromkeys(("week", "weeks", "w", "wk", "wks", "周"), (7, "day")),
        **dict.fromkeys(("d", "day", "days", "天", "日"), (1, "day")),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), (1, "hour")),
        **dict.fromkeys(("min", "mins", "minute", "minutes", "分钟"), (1, "minute")),
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒"), (1, "second")),
    }
)
"""How many of which unit of the language one of a word is."""

RATES = MappingProxyType({"percent": 0, "pct": 0, "bp": 2, "bps": 2})
"""By how many places the point of a rate moves to make it a percentage."""

TIMES_THOUSAND = MappingProxyType({"k": 1, "K": 1, "m": 2, "M": 2, "mn": 2, "bn": 3})
"""How many thousands follow one another in what a word counts."""


def familiar_number(digits: str, word: str) -> str:
    """Return how a number and the word behind it are written here, or nothing."""
    if word in TIMES and digits.isdigit():
        times, unit = TIMES[word]
        count = int(digits) * times
        return f"{count:_} {unit}{'' if count == 1 else 's'}"
    if word in RATES and digits.replace(".", "", 1).isdigit():
        return f"{_moved(digits, RATES[word])}%"
    if word in TIMES_THOUSAND and digits.isdigit():
        return f"{int(digits) * 1_000 ** TIMES_THOUSAND[word]:_}"
    return ""


def _moved(digits: str, places: int) -> str:
    """Return a number divided by a power of ten."""
    whole, _, fraction = digits.partition(".")
    if not places:
        return digits
    whole = whole.rjust(places + 1, "0")
    return f"{whole[:-places]}.{whole[-places:]}{fraction}".rstrip("0").rstrip(".")
