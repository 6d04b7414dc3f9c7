"""Values that were written as texts, and how the language writes a number in a help.

In come constants and the types that are wanted; out come literals as they are to be written.
"""

from __future__ import annotations

import re
from decimal import Decimal

from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.model import Constant, Value
from servanda.interpreter.types import (
    DATE,
    DECIMAL,
    INT,
    TEXT,
    TIME,
    EnumType,
    LifecycleType,
    RoleType,
    Type,
)
from servanda.interpreter.values.show import show_decimal, show_int, show_text

PLAIN_FORMS: tuple[tuple[Type, re.Pattern[str]], ...] = (
    (INT, re.compile(r"-?(?:0|[1-9][0-9]*)")),
    (DECIMAL, re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?%?")),
    (DATE, re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})")),
    (TIME, re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z")),
)
"""What a text looks like that would be a value of a type without its quotes."""


def without_quotes(value: Value, wanted: Type) -> str:
    """Return the literal that a text in quotes was meant to be, or nothing."""
    if not isinstance(value, Constant) or value.type != TEXT or not isinstance(value.value, str):
        return ""
    text = value.value
    if isinstance(wanted, EnumType | LifecycleType):
        names = wanted.members if isinstance(wanted, EnumType) else wanted.states
        return text if text in names else ""
    form = next((form for one, form in PLAIN_FORMS if one == wanted), None)
    found = form.fullmatch(text) if form is not None else None
    if found is None:
        return ""
    return "-".join(found.groups()) if wanted == DATE else text


def party_named(value: Value, wanted: Type, scope: Scope) -> str:
    """Return the member of a role that a text in a script names, as it is written, or nothing."""
    is_text = isinstance(value, Constant) and value.type == TEXT and isinstance(value.value, str)
    if scope.place is not Place.SCRIPT or not is_text or not isinstance(wanted, RoleType):
        return ""
    assert isinstance(value, Constant), "a text that is known is a constant"
    return f"{wanted.roles[0]}({show_text(str(value.value))})"


def show_number(value: object) -> str:
    """Return the number of a constant as the language writes it."""
    if isinstance(value, int):
        return show_int(value)
    return show_decimal(value) if isinstance(value, Decimal) else f"{value}"
