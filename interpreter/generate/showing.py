"""Generated code that shows a value by its type: in messages and holes, and outside the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.interpreter.model import Value
from servanda.interpreter.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    HASH,
    INT,
    MONTHS,
    SERIAL,
    TEXT,
    TIME,
    AmountType,
    BalanceType,
    FixedUnit,
    ListType,
    OptionalType,
    Plain,
    RecordType,
    SealedType,
    SetType,
    Type,
)

if TYPE_CHECKING:
    from servanda.interpreter.generate.value import Values

_SHOWN = {
    BOOL: "show_bool({0})",
    INT: "show_int({0})",
    SERIAL: "show_serial({0})",
    DECIMAL: "show_decimal({0})",
    TEXT: "show_text({0})",
    DATE: "show_date({0})",
    TIME: "show_time({0})",
    DURATION: "show_duration({0})",
    MONTHS: "show_months({0})",
    HASH: "show_hash({0})",
}

SHOWING = (
    *("show_bool", "show_int", "show_serial", "show_decimal", "show_text", "show_date"),
    *("show_time", "show_duration", "show_months", "show_hash", "show_list", "show_amount"),
    "show_sealed",
)
"""The functions of `interpreter/values/show.py` that generated code may call."""


def shown(values: Values, value: Value, unit: str | None) -> str:
    """Return the expression of `value` as text; `unit` is the Currency when it is a field."""
    return shown_text(values, values.write(value), value.type, unit)


def shown_text(values: Values, text: str, shown_type: Type, unit: str | None) -> str:
    """Return the expression that shows what the expression `text` gives."""
    match shown_type:
        case (
            AmountType(unit=FixedUnit(code=code, decimals=decimals))
            | BalanceType(unit=FixedUnit(code=code, decimals=decimals))
        ):
            return f"show_amount({text}, {decimals}, {code!a})"
        case AmountType(unit=field) | BalanceType(unit=field):
            return f"show_amount_in({text}, {unit or values.unit(field)})"
        case RecordType():
            return f"show_key({text})"
        case SealedType():
            return f"show_sealed({text})"
        case OptionalType(base=base):
            name = values.writer.fresh("x")
            inner = shown_text(values, name, base, unit)
            return f"('missing' if ({name} := {text}) is None else {inner})"
        case ListType(item=item) | SetType(item=item):
            inner = shown_text(values, "x", item, unit)
            return f"show_list({each_of(text, inner)})"
        case Plain() if shown_type in _SHOWN:
            return _SHOWN[shown_type].format(text)
        case _:
            # A party, role, currency, state or enum name reads as itself.
            return text


def each_of(text: str, inner: str) -> str:
    """Return the expression of `inner` for each `x` of the items that the expression `text` gives.

    Python has no assignment inside what a comprehension goes through.
    """
    if ":=" in text:
        return f"map(lambda x: {inner}, {text})"
    return f"[{inner} for x in {text}]"
