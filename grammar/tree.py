"""The syntax tree: what a source says, before anybody asks whether it makes sense.

Every node is frozen, compares by content (spans do not count, so `parse(format(t)) == t`) and
carries the span it was read from. Names are plain; nothing here is resolved or typed.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from enum import StrEnum

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


# ── types ─────────────────────────────────────────────────────────────────────────────────────


@node
class NamedType(Node):
    """`Int`, `Account`, `o.Account`."""

    path: Path


@node
class AppliedType(Node):
    """`Amount of CNY`, `Balance of payment.currency`, `List of Text`, `Set of Account`."""

    constructor: Path
    argument: Type


@node
class OptionalType(Node):
    """`T?`."""

    base: Type


Type = NamedType | AppliedType | OptionalType


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


# ── expressions ───────────────────────────────────────────────────────────────────────────────


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
    """`1_234.50 CNY`; `digits` is as written without underscores."""

    digits: str
    unit: Name


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


# ── authority ─────────────────────────────────────────────────────────────────────────────────


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


# ── statements ────────────────────────────────────────────────────────────────────────────────


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


# ── declarations ──────────────────────────────────────────────────────────────────────────────


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
