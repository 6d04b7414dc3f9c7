"""Expressions of the syntax tree."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from servanda.grammar.nodes import node
from servanda.grammar.tree.node import Node

if TYPE_CHECKING:
    from servanda.grammar.tree.node import Name, Path
    from servanda.grammar.tree.types import Range


@node
class IntegerLiteral(Node):
    """`1_000`."""

    value: int


@node
class DecimalLiteral(Node):
    """`3.50`, or `3.65%` when `is_percent`; `digits` is as written without underscores or `%`."""

    digits: str
    is_percent: bool = False


@node
class AmountLiteral(Node):
    """`1_234.50 CNY` or `5 o.Point`; `digits` is as written without underscores."""

    digits: str
    unit: Path


class DurationUnit(StrEnum):
    """The units in which a duration may be written; months are a kind of their own."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@node
class DurationLiteral(Node):
    """`3 days`."""

    count: int
    unit: DurationUnit


@node
class DateLiteral(Node):
    """`2026-01-05`, not yet known to exist."""

    text: str


@node
class InstantLiteral(Node):
    """`2026-01-05T09:00Z`, not yet known to exist."""

    text: str


@node
class TextLiteral(Node):
    """`"payment {payment.id}"`: plain parts (escapes resolved) and holes, in order."""

    parts: tuple[str | Expression, ...]


@node
class BoolLiteral(Node):
    """`true` or `false`."""

    value: bool


@node
class MissingLiteral(Node):
    """`missing`, the one word for absence."""


@node
class NameReference(Node):
    """A name used as a value."""

    name: Name


@node
class Member(Node):
    """`payment.payer`."""

    object: Expression
    name: Name


@node
class Index(Node):
    """`Account["6222-01"]`."""

    object: Expression
    keys: tuple[Expression, ...]


@node
class Argument(Node):
    """An argument, named (`payer: payer`) or by position."""

    value: Expression
    name: Name | None = None


@node
class Apply(Node):
    """`settle(payment)`, `o.pay(a, b)`, `least(a, b)`; what the callee is, resolve finds out."""

    callee: Expression
    arguments: tuple[Argument, ...]


@node
class Aggregate(Node):
    """`sum(a.balance for a in Account where a.holder == bank limit 100)`."""

    callee: Expression
    value: Expression
    binder: Name
    domain: Expression | Range
    where: Expression | None = None
    limit: int | None = None


@node
class Create(Node):
    """`create Account(number: number, holder: bank)`."""

    record: Path
    arguments: tuple[Argument, ...]


@node
class ListLiteral(Node):
    """`[payment.payer, payment.payee]`."""

    items: tuple[Expression, ...]


@node
class Not(Node):
    """`not payer.frozen`."""

    operand: Expression


@node
class Negate(Node):
    """`-amount`."""

    operand: Expression


class Operator(StrEnum):
    """The binary operators of arithmetic and logic."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    AND = "and"
    OR = "or"


class Comparator(StrEnum):
    """The comparisons."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    MORE = ">"
    MORE_OR_EQUAL = ">="


@node
class Binary(Node):
    """`a + b`, `a and b`; left-associative."""

    operator: Operator
    left: Expression
    right: Expression


@node
class Compare(Node):
    """`amount > 0 CNY`; comparisons do not chain."""

    comparator: Comparator
    left: Expression
    right: Expression


@node
class IsTest(Node):
    """`account.standing is Grey`, `party is not Institution`; the path is a state, name or role."""

    operand: Expression
    path: Path
    is_negated: bool = False


@node
class IsMissing(Node):
    """`x is missing`, `x is not missing`."""

    operand: Expression
    is_negated: bool = False


@node
class InTest(Node):
    """`x in [A, B]`, `n in 1..5`, `x not in set`."""

    operand: Expression
    collection: Expression | Range
    is_negated: bool = False


@node
class IfExpression(Node):
    """`if c then a else b`."""

    condition: Expression
    then: Expression
    otherwise: Expression


Expression = (
    IntegerLiteral
    | DecimalLiteral
    | AmountLiteral
    | DurationLiteral
    | DateLiteral
    | InstantLiteral
    | TextLiteral
    | BoolLiteral
    | MissingLiteral
    | NameReference
    | Member
    | Index
    | Apply
    | Aggregate
    | Create
    | ListLiteral
    | Not
    | Negate
    | Binary
    | Compare
    | IsTest
    | IsMissing
    | InTest
    | IfExpression
)
