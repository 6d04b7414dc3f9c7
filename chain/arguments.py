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
Read: TypeAlias = "Callable[[Any], Any]"
Readers: TypeAlias = "tuple[tuple[int, Read], ...]"
"""What makes the outward form of an argument, with its place; of the others it is the encoded."""


def arguments_of(items: Sequence[Item], parameters: Sequence[ParameterModel]) -> tuple[Any, ...]:
    """Return the arguments of a call; more or fewer than asked for are passed on too."""
    return taken_by(readers_of(parameters), items)


def readers_of(parameters: Sequence[ParameterModel]) -> Readers:
    """Return what reads the arguments of an action that are not what was sent, by their places."""
    readers = [_reader(one.local.type) for one in parameters]
    return tuple([(place, read) for place, read in enumerate(readers) if read is not None])


def taken_by(readers: Readers, items: Sequence[Item]) -> tuple[Any, ...]:
    """Return the arguments of a call, as those who read them make them."""
    found: list[Any] = list(items)
    for place, read in readers:
        if place < len(found):
            found[place] = read(found[place])
    return tuple(found)


def outward_value(item: Any, held: Type | None) -> Any:  # noqa: ANN401 -- of whatever type was sent
    """Return an encoded value in the outward form of a type (None: of one that is not known)."""
    read = None if held is None else _reader(held)
    return item if read is None else read(item)


def _reader(held: Type) -> Read | None:
    """Return what makes the outward form of an encoded value; None where it is the same."""
    match held:
        case AmountType():
            return _amount
        case OptionalType(base=inner):
            return _inside(_if_there, _reader(inner))
        case ListType(item=inner) | SetType(item=inner):
            return _inside(_each, _reader(inner))
        case _:
            return None


def _inside(around: Callable[[Any, Read], Any], read: Read | None) -> Read | None:
    return None if read is None else lambda item: around(item, read)


def _amount(item: Any) -> Any:  # noqa: ANN401 -- of whatever type was sent
    is_pair = type(item) is tuple and len(item) == AMOUNT_PARTS
    return tuple.__new__(Amount, item) if is_pair else item


def _if_there(item: Any, read: Read) -> Any:  # noqa: ANN401 -- of whatever type was sent
    return None if item is None else read(item)


def _each(item: Any, read: Read) -> Any:  # noqa: ANN401 -- of whatever type was sent
    return tuple([read(one) for one in item]) if type(item) is tuple else item


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
