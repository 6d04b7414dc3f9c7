"""What is inside a sealed value: its type as text, and whether what was found is of that type.

In come types of the language and decoded values; out come values in their outward form. Whoever
sealed it may have put in anything: the chain could not look.
"""

from __future__ import annotations

from typing import Any

from servanda.chain.arguments import outward_value
from servanda.chain.encoding import Item
from servanda.chain.sealed import NotOpened
from servanda.interpreter.execute import arguments
from servanda.interpreter.execute.state import Tables
from servanda.interpreter.refusals import Refused
from servanda.interpreter.types import (
    AmountType,
    EnumType,
    FixedUnit,
    LifecycleType,
    ListType,
    OptionalType,
    RecordType,
    SetType,
    Type,
    show_type,
)


def type_text(held: Type) -> str:
    """Return a type as it is bound to what is sealed: declared ones stand behind their contract."""
    match held:
        case EnumType() | LifecycleType() | RecordType():
            return f"{held.contract}.{held.name}"
        case ListType(item=item):
            return f"List of {type_text(item)}"
        case SetType(item=item):
            return f"Set of {type_text(item)}"
        case OptionalType(base=base):
            return f"{type_text(base)}?"
        case _:
            return show_type(held)


def opened_value(found: Item, held: Type, tables: Tables) -> Any:  # noqa: ANN401 -- of its type
    """Return what was inside, in its outward form. Raises `NotOpened` if it is no such value."""
    value = outward_value(found, held)
    try:
        _check(value, held, tables)
    except Refused as refused:
        raise NotOpened(f"what is inside {refused.message.removeprefix('`it` ')}") from None
    return value


def _check(value: Any, held: Type, tables: Tables) -> None:  # noqa: ANN401 -- of any type yet
    match held:
        case OptionalType(base=base):
            if value is not None:
                _check(value, base, tables)
        case ListType(item=item) | SetType(item=item):
            arguments.take_list(value, "it", lambda one: _check(one, item, tables))
        case AmountType(unit=FixedUnit(code=code)):
            arguments.take_amount(value, "it", code)
        case EnumType(members=names) | LifecycleType(states=names):
            arguments.take_name(value, "it", names)
        case RecordType():
            arguments.take_key(tables[held], value, "it")
        case _:
            # The name of a party or of a currency is a text: who it is, nobody asks here.
            arguments.PLAIN_TAKERS.get(held, arguments.take_text)(value, "it")
