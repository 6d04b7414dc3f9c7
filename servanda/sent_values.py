"""Sent values: an argument as text for people, whatever it is.

In come arguments in their outward form, as they stand in a transaction: whoever signed it could put
anything there, and the chain keeps what it refused. What is none of its type is shown as it was
sent.
"""

# What was sent may be anything.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from servanda.interpreter.execute.arguments import (
    PLAIN_TAKERS,
    bad,
    take_amount,
    take_int,
    take_list,
    take_text,
)
from servanda.interpreter.refusals import Refused
from servanda.interpreter.types import (
    MONTHS,
    AmountType,
    ListType,
    OptionalType,
    ProofType,
    RecordType,
    SealedType,
    SetType,
    Type,
)
from servanda.interpreter.values.show import show_list, show_text
from servanda.value_text import show_value


def show_sent(value: Any, held: Type | None, decimals: Mapping[str, int]) -> str:
    """Return an argument as the language would write it, or as it was sent."""
    try:
        taken = _taken(value, held)
    except Refused:
        return _as_sent(value)
    return show_value(taken, held, decimals)


def _taken(value: Any, held: Type | None) -> Any:
    """Return a value in the form of its type, as an action takes it, or raise `Refused`."""
    match held:
        case OptionalType(base=base):
            return None if value is None else _taken(value, base)
        case ListType(item=item) | SetType(item=item):
            return take_list(value, "it", lambda one: _taken(one, item))
        case AmountType():
            return take_amount(value, "it", None)
        case None | RecordType() | ProofType() | SealedType():
            # Each of these is shown whatever is in it, but for a map, which no value is.
            if isinstance(value, Mapping):
                raise bad("it", "is a map")
            return value
        case _ if held == MONTHS:
            return take_int(value, "it")
        case _:
            return PLAIN_TAKERS.get(held, take_text)(value, "it")


def _as_sent(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = [f"{show_text(str(name))}: {_as_sent(one)}" for name, one in value.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, tuple):
        return show_list(_as_sent(one) for one in value)
    return show_value(value, None, {})
