"""Types and bounds as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.grammar.nodes import node
from servanda.grammar.tree.node import Node

if TYPE_CHECKING:
    from servanda.grammar.tree.expressions import Expression
    from servanda.grammar.tree.node import Name, Path


@node
class NamedType(Node):
    """`Int`, `Account`, `o.Account`."""

    path: Path


@node
class AppliedType(Node):
    """`Amount of CNY`, `Balance of payment.currency`, `List of Text`, `Set of Account`."""

    constructor: Path
    argument: NamedType | AppliedType


@node
class SealedType(Node):
    """`Sealed of Text to payer or Regulator`: `base` is what stands before `to`."""

    base: NamedType | AppliedType
    readers: tuple[Path, ...]


@node
class OptionalType(Node):
    """`T?`."""

    base: NamedType | AppliedType | SealedType


Type = NamedType | AppliedType | SealedType | OptionalType


@node
class Range(Node):
    """`low..high` (both ends) or `low..<high` (`is_open`)."""

    low: Expression
    high: Expression
    is_open: bool = False


@node
class Alternatives(Node):
    """`Grey | Black`: the states or names that a value may have."""

    names: tuple[Name, ...]


@node
class TypedName(Node):
    """A parameter, key or field: `standing: Standing in Grey | Black = Grey`."""

    name: Name
    type: Type
    bound: Range | Alternatives | None = None
    default: Expression | None = None
