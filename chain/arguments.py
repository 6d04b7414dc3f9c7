"""Arguments and outward values, between their encoded form and what a machine takes and gives.

Only money differs: an Amount is `[smallest units, unit]`. Whether an argument is good is the
machine's question; what has no right form here is passed on as it is, and refused there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from servanda.chain.encoding import Item
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import AmountType, ListType, OptionalType, SetType, Type

AMOUNT_PARTS = 2


def arguments_of(items: Sequence[Item], parameters: Sequence[ParameterModel]) -> tuple[Any, ...]:
    """Return the arguments of a call; more or fewer than asked for are passed on too."""
    types = [one.local.type for one in parameters]
    return tuple(
        [
            outward_value(item, types[place] if place < len(types) else None)
            for place, item in enumerate(items)
        ]
    )


def outward_value(item: Any, held: Type | None) -> Any:  # noqa: ANN401 -- of whatever type was sent
    """Return an encoded value in the outward form of a type (None: of one that is not known)."""
    match held:
        case AmountType() if type(item) is tuple and len(item) == AMOUNT_PARTS:
            return Amount(*item)
        case OptionalType(base=inner):
            return None if item is None else outward_value(item, inner)
        case ListType(item=inner) | SetType(item=inner) if type(item) is tuple:
            return tuple([outward_value(one, inner) for one in item])
        case _:
            return item


def item_of(value: Any) -> Item:  # noqa: ANN401 -- of whatever type the contract says
    """Return the encoded form of an outward value, which may be an argument too."""
    item: Item = items_of(value) if isinstance(value, tuple) else value
    return item


def items_of(values: Sequence[Any]) -> tuple[Item, ...]:
    """Return the encoded forms of several: the arguments of a call, the parts of an event."""
    return tuple([item_of(one) for one in values])
