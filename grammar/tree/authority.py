"""Who must sign, as it is written after `by`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.grammar.nodes import node
from servanda.grammar.tree.node import Node

if TYPE_CHECKING:
    from servanda.grammar.tree.node import Name, Path


@node
class SignerPath(Node):
    """`Institution as bank`, `payment.payer.holder`: any member of a role, or one party."""

    path: Path
    alias: Name | None = None


@node
class SignerQuorum(Node):
    """`2 of Officer`: distinct members of a role."""

    count: int
    path: Path
    alias: Name | None = None


@node
class SignerContract(Node):
    """`contract Other`: the immediate caller, by registered name."""

    name: Name


@node
class AuthorityAny(Node):
    """`A or B`."""

    choices: tuple[Authority, ...]


@node
class AuthorityAll(Node):
    """`A and B`."""

    parts: tuple[Authority, ...]


Authority = SignerPath | SignerQuorum | SignerContract | AuthorityAny | AuthorityAll
