"""Values as text: how each type of the language is shown to people, everywhere and in every locale.

In come values as they are at run time, one function per type since an int alone does not say
whether it is a Date, a Time or an Amount; out comes text. What the language can write as a literal
is shown as that literal. It refuses to know the locale, the terminal and the Unicode tables of the
interpreter that runs it (they change between versions, and refusal messages are kept for ever).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from servanda.interpreter.values.calendar_dates import split_date
from servanda.interpreter.values.sealed import parts_of, what_is_wrong_with
from servanda.interpreter.values.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

MISSING = "missing"

DURATION_UNITS = (
    (DAY_MS, "day"),
    (HOUR_MS, "hour"),
    (MINUTE_MS, "minute"),
    (SECOND_MS, "second"),
)

CONTROL_OR_BIDIRECTIONAL = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
"""Characters that break a line or turn its direction: no argument may hold them.

Source: Unicode, general categories Cc, Zl and Zp, and the property Bidi_Control.
"""

ESCAPED = re.compile(
    CONTROL_OR_BIDIRECTIONAL.pattern[:-1]
    + r'"\\\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]'
)
"""Also quotes, and what leaves no mark: zero-width space, tags, halves of surrogate pairs.

Joiners and variation selectors are invisible too but belong to the spelling of names in many
scripts, so they are shown as they are.
"""

ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def with_article(noun: str) -> str:
    """Return `noun` behind `a` or `an`, as it is spoken."""
    word = noun.lstrip("`").casefold()
    is_spoken_you = word.startswith(("uni", "use", "usa", "eu", "one"))
    return f"{'an' if word[:1] in 'aeiou' and word and not is_spoken_you else 'a'} {noun}"


def show_bool(value: bool) -> str:
    """Return `true` or `false`."""
    return "true" if value else "false"


def show_int(value: int) -> str:
    """Return digits in groups of three: `1_000`."""
    return f"{value:_}"


def show_serial(value: int) -> str:
    """Return plain digits, because a serial is a name and not a quantity: `12345`."""
    return str(value)


def show_decimal(value: Decimal) -> str:
    """Return plain notation without needless zeros, with a point always: `1_234.5`, `2.0`."""
    whole, _, fraction = f"{value.copy_abs():f}".partition(".")
    sign = "-" if value < 0 else ""
    return f"{sign}{_group(whole)}.{fraction.rstrip('0') or '0'}"


def show_amount(amount: int, decimals: int, code: str) -> str:
    """Return `1_234.50 CNY` for 123450 smallest units of a unit with 2 decimals."""
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), 10**decimals)
    point = f".{fraction:0{decimals}d}" if decimals else ""
    return f"{sign}{whole:_}{point} {code}"


def show_text(text: str, length_max: int | None = None) -> str:
    r"""Return the text in quotes, on one line, with nothing hidden in it: `"a \"b\""`.

    Beyond `length_max` characters it ends in `…` after the quote, where no text can imitate it.
    """
    cut = length_max is not None and len(text) > length_max
    shown = ESCAPED.sub(_escape, text[:length_max])
    return f'"{shown}"{"…" if cut else ""}'


def show_date(date: int) -> str:
    """Return `2026-01-05`."""
    parts = split_date(date)
    return f"{parts.year:04d}-{parts.month:02d}-{parts.day:02d}"


def show_time(time_ms: int) -> str:
    """Return the shortest of `2026-01-05T09:00Z`, `…T09:00:30Z` and `…T09:00:30.250Z`."""
    date, time_of_day_ms = divmod(time_ms, DAY_MS)
    minutes, milliseconds = divmod(time_of_day_ms, MINUTE_MS)
    shown = f"{show_date(date)}T{minutes // 60:02d}:{minutes % 60:02d}"
    if milliseconds:
        shown += f":{milliseconds // SECOND_MS:02d}"
    if milliseconds % SECOND_MS:
        shown += f".{milliseconds % SECOND_MS:03d}"
    return f"{shown}Z"


def show_duration(duration_ms: int) -> str:
    """Return a count of the largest unit that is exact: `3 days`, `1 hour`, `90 minutes`."""
    if duration_ms == 0:
        return "0 seconds"
    for unit_ms, name in DURATION_UNITS:
        if duration_ms % unit_ms == 0:
            return _show_count(duration_ms // unit_ms, name)
    return _show_count(duration_ms, "millisecond")


def show_months(months: int) -> str:
    """Return `1 month` or `14 months`."""
    return _show_count(months, "month")


def show_hash(digest: bytes) -> str:
    """Return the bytes as hexadecimal digits in lower case."""
    return digest.hex()


def show_sealed(value: Any) -> str:
    """Return who sealed a value and who can open it: `sealed by icbc for icbc, nfra`."""
    if what_is_wrong_with(value) is not None:
        return "what is no sealed value"
    sealed = parts_of(value)
    author, *readers = [
        show_text(name) if ESCAPED.search(name) else name
        for name in (sealed.author, *sealed.readers)
    ]
    return f"sealed by {author} for {', '.join(readers)}"


def show_list(shown: Iterable[str]) -> str:
    """Return values that are text already as a list: `[1, 2]`."""
    return f"[{', '.join(shown)}]"


def show_reference(record: str, keys_shown: Iterable[str]) -> str:
    """Return how the language names one record: `Account["6222-01"]`."""
    return f"{record}{show_list(keys_shown)}"


def _show_count(count: int, name: str) -> str:
    return f"{count:_} {name}" if abs(count) == 1 else f"{count:_} {name}s"


def _group(digits: str) -> str:
    # Not `int` and `:_`: a Decimal may have more digits than the interpreter lets an int print.
    first = len(digits) % 3
    groups = [digits[start : start + 3] for start in range(first, len(digits), 3)]
    return "_".join([digits[:first], *groups] if first else groups)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return ESCAPES.get(character) or f"\\u{{{ord(character):04x}}}"
