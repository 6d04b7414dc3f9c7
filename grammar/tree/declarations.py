"""What stands at the top level of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.grammar.nodes import node
from servanda.grammar.tree.node import Node

if TYPE_CHECKING:
    from servanda.grammar.tree.authority import Authority
    from servanda.grammar.tree.expressions import Comparator, Expression
    from servanda.grammar.tree.node import Name, Path
    from servanda.grammar.tree.statements import Block, Statement
    from servanda.grammar.tree.types import Alternatives, Range, Type, TypedName


@node
class Header(Node):
    """`contract FraudScreening version 1`."""

    name: Name
    version: int


@node
class Timezone(Node):
    """`timezone "Asia/Shanghai"`."""

    zone: str


@node
class Use(Node):
    """`use Other as o on chain C`."""

    contract: Name
    alias: Name | None = None
    chain: Name | None = None


@node
class RoleDeclaration(Node):
    """`role Police, Regulator`."""

    names: tuple[Name, ...]


@node
class UnitDeclaration(Node):
    """`unit AdPoint decimals 0`."""

    name: Name
    decimals: int


@node
class EnumDeclaration(Node):
    """`enum Verdict: Release, Warn, Freeze`."""

    name: Name
    members: tuple[Name, ...]


@node
class LifecycleLine(Node):
    """`Warned -> Released | Stopped`; without targets it only names final states."""

    sources: tuple[Name, ...]
    targets: tuple[Name, ...] = ()


@node
class LifecycleDeclaration(Node):
    """`lifecycle Progress` and its lines."""

    name: Name
    lines: tuple[LifecycleLine, ...]
    description: str | None = None


@node
class RecordDeclaration(Node):
    """`record Account[number: Text]` and its fields."""

    name: Name
    keys: tuple[TypedName, ...]
    fields: tuple[TypedName, ...]
    seen_by: Authority | None = None
    description: str | None = None


@node
class EventDeclaration(Node):
    """`event StandingChanged(account: Account)`."""

    name: Name
    parameters: tuple[TypedName, ...]


@node
class RuleDeclaration(Node):
    """A pure function: `= expression` (then `body` is one expression), or a block that gives."""

    name: Name
    parameters: tuple[TypedName, ...]
    result: Type
    body: Expression | Block
    authority: Authority | None = None
    description: str | None = None


@node
class Column(Node):
    """One input or output of a decision table."""

    name: Name
    type: Type
    bound: Range | Alternatives | None = None


@node
class CellAny(Node):
    """`-`: any value."""


@node
class CellComparison(Node):
    """`>= 3`."""

    comparator: Comparator
    value: Expression


@node
class CellItems(Node):
    """`A, 1..5, >= 9`, or the rest when `is_negated`."""

    items: tuple[Expression | Range | CellComparison, ...]
    is_negated: bool = False


@node
class DecisionRow(Node):
    """One row: a cell for every input, a value for every output."""

    cells: tuple[CellAny | CellItems, ...]
    outputs: tuple[Expression, ...]


@node
class DecisionDeclaration(Node):
    """A decision table; `policy` holds the words of the hit policy (`first`, `collect sum`)."""

    name: Name
    policy: tuple[Name, ...]
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[DecisionRow, ...]
    description: str | None = None


@node
class ClauseDeclaration(Node):
    """Named effects shared by actions."""

    name: Name
    parameters: tuple[TypedName, ...]
    body: Block
    description: str | None = None


@node
class ActionDeclaration(Node):
    """What a party may do; without `authority` the checker refuses it."""

    name: Name
    parameters: tuple[TypedName, ...]
    result: Type | None
    authority: Authority | None
    body: Block
    description: str | None = None


@node
class HasBeen(Node):
    """`has been Warned | Screened for 3 days`."""

    states: Alternatives
    duration: Expression


@node
class Reaches(Node):
    """`in Active | Late reaches loan.due`."""

    states: Alternatives | None
    moment: Expression


@node
class Every(Node):
    """`every day`, `every 3 days`, `every month on 20`, with `at 02:00` as minutes of the day."""

    day_count: int | None
    day_of_month: int | None
    clock_minutes: int | None
    states: Alternatives | None


@node
class TimerDeclaration(Node):
    """What happens by itself, about one record."""

    binder: Name
    record: Path
    trigger: HasBeen | Reaches | Every
    body: Block
    description: str | None = None


@node
class ForEach(Node):
    """`for a in Account where …` above the `holds` of an invariant."""

    binder: Name
    domain: Expression
    where: Expression | None = None


@node
class InvariantDeclaration(Node):
    """What holds after every transaction and timer."""

    title: str
    for_each: ForEach | None
    condition: Expression


@node
class TestDeclaration(Node):
    """`test "…"` and its steps."""

    title: str
    body: Block
    description: str | None = None


Declaration = (
    RoleDeclaration
    | UnitDeclaration
    | EnumDeclaration
    | LifecycleDeclaration
    | RecordDeclaration
    | EventDeclaration
    | RuleDeclaration
    | DecisionDeclaration
    | ClauseDeclaration
    | ActionDeclaration
    | TimerDeclaration
    | InvariantDeclaration
    | TestDeclaration
)


@node
class File(Node):
    """One source: a contract (with `header`), a test file, or a script (top-level statements)."""

    items: tuple[Header | Timezone | Use | Declaration | Statement, ...]
