"""Arguments and outward values, between their encoded form and what a machine takes and gives.

Only money differs: an Amount is `[smallest units, unit]`. Whether an argument is good is the
machine's question; what has no right form here is passed on as it is, and refused there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from servanda.chain.encoding import Item
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.receipts import Amount
from servanda.interpreter.types import AmountType, ListType, OptionalType, SetType, Type
from servanda.interpreter.values.sealed import ToSeal

AMOUNT_PARTS = 2
Decode: TypeAlias = "Callable[[Any], Any]"
Decoders: TypeAlias = "tuple[tuple[int, Decode], ...]"
"""What makes the outward form of an argument, with its place; of the others it is the encoded."""


def arguments_of(items: Sequence[Item], parameters: Sequence[ParameterModel]) -> tuple[Any, ...]:
    """Return the arguments of a call; more or fewer than asked for are passed on too."""
    return taken_by(decoders_of(parameters), items)


def decoders_of(parameters: Sequence[ParameterModel]) -> Decoders:
    """Return what decodes those arguments of an action that are not what was sent, by place."""
    decoders = [_decoder(one.local.type) for one in parameters]
    return tuple([(place, decode) for place, decode in enumerate(decoders) if decode is not None])


def taken_by(decoders: Decoders, items: Sequence[Item]) -> tuple[Any, ...]:
    """Return the arguments of a call, as those who decode them make them."""
    found: list[Any] = list(items)
    for place, decode in decoders:
        if place < len(found):
            found[place] = decode(found[place])
    return tuple(found)


def outward_value(item: Any, held: Type | None) -> Any:  # noqa: ANN401 -- of whatever type was sent
    """Return an encoded value in the outward form of a type (None: of one that is not known)."""
    decode = None if held is None else _decoder(held)
    return item if decode is None else decode(item)


def _decoder(held: Type) -> Decode | None:
    """Return what makes the outward form of an encoded value; None where it is the same."""
    match held:
        case AmountType():
            return _amount
        case OptionalType(base=inner):
            return _inside(_if_there, _decoder(inner))
        case ListType(item=inner) | SetType(item=inner):
            return _inside(_each, _decoder(inner))
        case _:
            return None


def _inside(around: Callable[[Any, Decode], Any], decode: Decode | None) -> Decode | None:
    return None if decode is None else lambda item: around(item, decode)


def _amount(item: Any) -> Any:  # noqa: ANN401 -- of whatever type was sent
    is_pair = type(item) is tuple and len(item) == AMOUNT_PARTS
    return tuple.__new__(Amount, item) if is_pair else item


def _if_there(item: Any, decode: Decode) -> Any:  # noqa: ANN401 -- of whatever type was sent
    return None if item is None else decode(item)


def _each(item: Any, decode: Decode) -> Any:  # noqa: ANN401 -- of whatever type was sent
    return tuple([decode(one) for one in item]) if type(item) is tuple else item


def item_of(value: Any) -> Item:  # noqa: ANN401 -- of whatever type the contract says
    """Return the encoded form of an outward value, which may be an argument too."""
    if not isinstance(value, tuple):
        item: Item = value
        return item
    assert not isinstance(value, ToSeal), "what is to be sealed leaves sealed, or not at all"
    return tuple([item_of(one) if isinstance(one, tuple) else one for one in value])


def items_of(values: Sequence[Any]) -> tuple[Item, ...]:
    """Return the encoded forms of several: the arguments of a call, the parts of an event."""
    return tuple([item_of(one) for one in values])
