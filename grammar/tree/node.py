"""The root of every node of the syntax tree, and names."""

from __future__ import annotations

from dataclasses import field

from servanda.grammar.nodes import Frozen, node
from servanda.grammar.source import Span

NO_SPAN = Span("", 0, 0)


@node
class Node(Frozen):
    """The root of every node: where it stands."""

    span: Span = field(default=NO_SPAN, compare=False, repr=False, kw_only=True)


@node
class Name(Node):
    """A name as it was written."""

    text: str


@node
class Path(Node):
    """Names joined by points: `payment.payer.holder`, `o.Account`."""

    names: tuple[Name, ...]
