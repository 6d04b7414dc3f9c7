"""Words that people bring along from elsewhere, and what the language says instead.

Spelling never leads from `yuan` to `CNY` or from `null` to `missing`, so these are listed. In comes
a word that stands for nothing; out comes what was meant, or nothing. It refuses to guess: a wrong
currency is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from servanda.interpreter.values.units import ISO_4217

CURRENCY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("rmb", "cnh", "yuan", "renminbi", "元", "人民币"), "CNY"),
        **dict.fromkeys(("dollar", "dollars", "美元"), "USD"),
        **dict.fromkeys(("euro", "euros", "欧元"), "EUR"),
        **dict.fromkeys(("pound", "pounds", "sterling", "英镑"), "GBP"),
        **dict.fromkeys(("yen", "日元"), "JPY"),
    }
)
"""The currency that a word means where people speak of money, by the word in lower case."""

TYPE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("string", "str", "varchar"), "Text"),
        **dict.fromkeys(("integer", "int", "number", "long", "bigint"), "Int"),
        **dict.fromkeys(("float", "double", "numeric"), "Decimal"),
        **dict.fromkeys(("boolean", "bool"), "Bool"),
        "money": "Amount of CNY",
        **dict.fromkeys(("datetime", "timestamp"), "Time"),
    }
)
"""The type of the language for what it is called elsewhere, by the word in lower case."""

MISSING_WORDS = frozenset({"null", "none", "nil", "undefined"})
"""What `missing` is called elsewhere, in lower case."""
TRUTH_WORDS = frozenset({"true", "false"})

FUNCTION_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "max": "most",
        "maximum": "most",
        "min": "least",
        "minimum": "least",
        "len": "count",
        "length": "count",
        "size": "count",
        "abs": "absolute",
    }
)
"""The function of the language for what it is called elsewhere."""


CALLER_WORDS = frozenset({"msg", "sender", "caller", "self_caller", "_msgSender"})
"""What the party that acts is called elsewhere."""

STATEMENT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("revert", "throw", "raise", "fail", "abort", "error"), "refuse"),
        **dict.fromkeys(("print", "println", "log", "printf", "puts"), "show"),
        **dict.fromkeys(("assert", "ensure", "check"), "require"),
    }
)
"""The statement of the language for what is called as a function elsewhere."""


def currency_meant(word: str) -> str:
    """Return the currency that a word means (`yuan`, `cny`), or nothing."""
    if word.upper() in ISO_4217:
        return word.upper()
    return CURRENCY_WORDS.get(word.lower(), "")


def type_meant(word: str) -> str:
    """Return the type that a word means (`string`), or nothing."""
    found = TYPE_WORDS.get(word.lower(), "")
    currency = "" if found else currency_meant(word)
    return f"Amount of {currency}" if currency else found


def value_meant(word: str) -> str:
    """Return what a name that stands for nothing means as a value, as a help; or nothing."""
    if word in CALLER_WORDS:
        return "name who acts behind `by`, as in `by Bank as bank`, and write that name"
    if means_missing(word):
        return "write `missing`, and ask for it with `is missing`"
    return f"did you mean `{word.lower()}`?" if word.lower() in TRUTH_WORDS else ""


def means_missing(word: str) -> bool:
    """Whether a word is what `missing` is called elsewhere."""
    return word.lower() in MISSING_WORDS


def function_meant(word: str) -> str:
    """Return how a function known under another name is written here, as a help; or nothing."""
    meant = FUNCTION_WORDS.get(word.lower(), "")
    if meant == "count":
        return "did you mean `count`? write `count(x for x in …)`"
    return f"did you mean `{meant}`?" if meant else ""
