"""Statements of the syntax tree, those of tests and scripts among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.grammar.nodes import node
from servanda.grammar.tree.node import Node

if TYPE_CHECKING:
    from servanda.grammar.tree.expressions import Argument, Create, Expression, TextLiteral
    from servanda.grammar.tree.node import Name, Path
    from servanda.grammar.tree.types import Range


@node
class Block(Node):
    """An indented run of statements."""

    statements: tuple[Statement, ...]


@node
class Require(Node):
    """`require c else CODE "message"`."""

    condition: Expression
    code: Name
    message: TextLiteral


@node
class Refuse(Node):
    """`refuse CODE "message"`."""

    code: Name
    message: TextLiteral


@node
class Call(Node):
    """What a party does: `pay("6222-01", 10 CNY)` or `o.pay(…)`."""

    path: Path
    arguments: tuple[Argument, ...]


@node
class Does(Node):
    """`icbc and regulator does confirm(1, true)`."""

    parties: tuple[Expression, ...]
    call: Call


@node
class Let(Node):
    """`let x = e`, and in tests `let payment = icbc does pay(…)`."""

    name: Name
    value: Expression | Does


@node
class Assign(Node):
    """`account.frozen = true`."""

    target: Expression
    value: Expression


@node
class Becomes(Node):
    """`payment.progress becomes Stopped`."""

    target: Expression
    state: Expression


@node
class Move(Node):
    """`move amount from payer.balance to payer.held`."""

    amount: Expression
    source: Expression
    target: Expression


@node
class Issue(Node):
    """`issue amount to account.balance`."""

    amount: Expression
    target: Expression


@node
class Retire(Node):
    """`retire amount from account.balance`."""

    amount: Expression
    source: Expression


@node
class CreateStatement(Node):
    """A `create` whose record nobody names."""

    create: Create


@node
class Emit(Node):
    """`emit StandingChanged(account, standing, reason)`."""

    event: Path
    arguments: tuple[Argument, ...]


@node
class Notify(Node):
    """`notify party that "text"`."""

    party: Expression
    text: Expression


@node
class Branch(Node):
    """One condition of an `if` and what follows."""

    condition: Expression
    body: Block


@node
class If(Node):
    """`if … elif … else …`."""

    branches: tuple[Branch, ...]
    otherwise: Block | None = None


@node
class Case(Node):
    """The names of one case of a `choose` and what follows."""

    names: tuple[Name, ...]
    body: Block


@node
class Choose(Node):
    """`choose e` with a case for every value, or `else`."""

    subject: Expression
    cases: tuple[Case, ...]
    otherwise: Block | None = None


@node
class For(Node):
    """`for a in Account where … limit n` and the body."""

    binder: Name
    domain: Expression | Range
    where: Expression | None
    limit: int | None
    body: Block


@node
class CallStatement(Node):
    """A call of a clause, or of an action of another contract."""

    call: Expression


@node
class Give(Node):
    """`give payment`."""

    value: Expression


@node
class Cannot(Node):
    """`boc cannot pay(…) because FROZEN` (or `because Other.FROZEN`)."""

    parties: tuple[Expression, ...]
    call: Call
    code: Path


@node
class Expect(Node):
    """`expect e`."""

    condition: Expression


@node
class At(Node):
    """`at 2026-01-05T09:00Z`."""

    time: Expression


@node
class Wait(Node):
    """`wait 3 days`."""

    duration: Expression


@node
class Show(Node):
    """`show e`."""

    value: Expression


@node
class Feed(Node):
    """`feed "transactions.csv" as row where … at …` and what is done for each row."""

    file: str
    binder: Name
    where: Expression | None
    at: Expression | None
    body: Block


Statement = (
    Require
    | Refuse
    | Let
    | Assign
    | Becomes
    | Move
    | Issue
    | Retire
    | CreateStatement
    | Emit
    | Notify
    | If
    | Choose
    | For
    | CallStatement
    | Give
    | Does
    | Cannot
    | Expect
    | At
    | Wait
    | Show
    | Feed
)
