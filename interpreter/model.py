"""The model: a checked contract, resolved and typed. Everything below it trusts it.

The checker makes it, and every later pass (compile, analyse, explain, document) reads only it:
names are resolved to declarations, every expression carries its type, conversions are written
out, constants hold run-time values. All nodes are frozen and compare by identity of content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from servanda.grammar.nodes import Frozen, node
from servanda.grammar.source import Span
from servanda.interpreter.types import SERIAL, EnumType, LifecycleType, RecordType, Type, Unit


@node
class Local(Frozen):
    """A parameter, `let`, binder or alias; `number` is unique within the whole contract."""

    number: int
    name: str
    type: Type


# ── expressions ───────────────────────────────────────────────────────────────────────────────


@node
class Value(Frozen):
    """The root of every expression: its type and where it was written."""

    type: Type = field(kw_only=True)
    span: Span = field(compare=False, kw_only=True)


@node
class Constant(Value):
    """A run-time value known now (see the table in `interpreter/values.py`)."""

    value: object


@node
class LocalValue(Value):
    """The value of a local."""

    local: Local


@node
class BlockTime(Value):
    """`now` (Time), `today` (Date) or, in a timer, `due` (Time)."""

    name: str


@node
class FieldValue(Value):
    """A key or field of a record; also the target of an assignment, a move, a `becomes`."""

    object: Value
    record: RecordType
    field: str


@node
class RowCell(Value):
    """A cell of a feed's row (Text)."""

    local: Local
    column: str


@node
class RecordLookup(Value):
    """`R[keys]`: refuses `MISSING_RECORD`, or is missing when `is_optional`."""

    record: RecordType
    keys: tuple[Value, ...]
    is_optional: bool = False


@node
class RuleCall(Value):
    """A pure function of this contract or of one it uses."""

    contract: str
    rule: str
    arguments: tuple[Value, ...]


@node
class DecisionCall(Value):
    """A decision table; with one output its value, with several an `OutputsType`."""

    contract: str
    decision: str
    arguments: tuple[Value, ...]


@node
class OutputValue(Value):
    """One output of a decision that has several; `index` counts them from 0."""

    object: Value
    index: int


class Builtin(StrEnum):
    """The functions of the language."""

    ROUND_AMOUNT = "round"
    """(unrounded or Amount or Decimal) → Amount; `unit` and `mode` are set."""
    ROUND_DECIMAL = "round_decimal"
    """(Decimal, places: Int) → Decimal; `mode` is set."""
    NUMBER = "number"
    """(Amount or unrounded) → Decimal in whole units; `unit` is set."""
    DAYS = "days"
    """(Date, Date) → Int."""
    YEAR_FRACTION = "year_fraction"
    """(Date, Date) → Decimal; `mode` is the convention."""
    LEAST = "least"
    MOST = "most"
    ABSOLUTE = "absolute"
    PARSE_INT = "int"
    """(Text) → Int; these last are of scripts only."""
    PARSE_DECIMAL = "decimal"
    PARSE_AMOUNT = "amount"
    """(Text) → Amount; `unit` is set."""
    PARSE_DATE = "date"
    PARSE_TIME = "time"
    PARSE_BOOL = "bool"


@node
class BuiltinCall(Value):
    """A function of the language, with what is fixed about it beside its arguments."""

    builtin: Builtin
    arguments: tuple[Value, ...]
    unit: Unit | None = None
    unit_value: Value | None = None
    """The Currency at run time, when `unit` is a field."""
    mode: str = "half_even"


class Operation(StrEnum):
    """Arithmetic by what it works on; operands have been converted to fit."""

    ADD_INT = "add_int"
    SUBTRACT_INT = "subtract_int"
    MULTIPLY_INT = "multiply_int"
    ADD_DECIMAL = "add_decimal"
    """Decimals, and unrounded amounts in smallest units."""
    SUBTRACT_DECIMAL = "subtract_decimal"
    MULTIPLY_DECIMAL = "multiply_decimal"
    DIVIDE_DECIMAL = "divide_decimal"
    ADD_AMOUNT = "add_amount"
    SUBTRACT_AMOUNT = "subtract_amount"
    MULTIPLY_AMOUNT = "multiply_amount"
    """Amount × Int, exact; the Amount is the left operand."""
    ADD_TIME = "add_time"
    """Time + Duration, Duration ± Duration, Duration × Int, Time − Time work on milliseconds."""
    SUBTRACT_TIME = "subtract_time"
    ADD_DURATION = "add_duration"
    SUBTRACT_DURATION = "subtract_duration"
    MULTIPLY_DURATION = "multiply_duration"
    """Duration × Int and Months × Int; the duration is the left operand."""
    ADD_DATE = "add_date"
    """Date + Duration of whole days."""
    SUBTRACT_DATE = "subtract_date"
    DATE_DIFFERENCE = "date_difference"
    """Date − Date → Duration."""
    TIME_DIFFERENCE = "time_difference"
    """Time − Time → Duration."""
    ADD_MONTHS_DATE = "add_months_date"
    SUBTRACT_MONTHS_DATE = "subtract_months_date"
    ADD_MONTHS_TIME = "add_months_time"
    SUBTRACT_MONTHS_TIME = "subtract_months_time"


@node
class Arithmetic(Value):
    """`left operation right`."""

    operation: Operation
    left: Value
    right: Value


@node
class Negation(Value):
    """`-x`, by the type of `operand` (Int, Decimal, Amount, unrounded, Duration, Months)."""

    operand: Value


class Conversion(StrEnum):
    """The conversions that the checker writes out."""

    INT_TO_DECIMAL = "int_to_decimal"
    AMOUNT_TO_UNROUNDED = "amount_to_unrounded"
    """int smallest units → Decimal smallest units."""
    LIST_TO_SET = "list_to_set"
    DATE_TO_TIME = "date_to_time"
    """Midnight at the start of the date in the contract's time zone."""
    TEXT_TO_HASH = "text_to_hash"


@node
class Convert(Value):
    """`operand` as another type."""

    conversion: Conversion
    operand: Value


@node
class Comparison(Value):
    """`left comparator right` (`== != < <= > >=`); both sides have one run-time form."""

    comparator: str
    left: Value
    right: Value


@node
class Both(Value):
    """`left and right`; the right side is not looked at when the left decides."""

    left: Value
    right: Value


@node
class Either(Value):
    """`left or right`."""

    left: Value
    right: Value


@node
class Inverse(Value):
    """`not operand`."""

    operand: Value


@node
class IsName(Value):
    """`account.standing is Grey`: a state or an enum's name."""

    operand: Value
    name: str
    is_negated: bool = False


@node
class HasRole(Value):
    """`party is Institution`: a member in good standing with this role."""

    operand: Value
    role: str
    is_negated: bool = False


@node
class IsAbsent(Value):
    """`x is missing`; for `R[k] is missing` the operand is an optional lookup."""

    operand: Value
    is_negated: bool = False


@node
class IsIn(Value):
    """`x in collection` (List or Set)."""

    operand: Value
    collection: Value
    is_negated: bool = False


@node
class IsWithin(Value):
    """`x in low..high`."""

    operand: Value
    low: Value
    high: Value
    is_open: bool
    is_negated: bool = False


@node
class Conditional(Value):
    """`if condition then then else otherwise`."""

    condition: Value
    then: Value
    otherwise: Value


@node
class TextValue(Value):
    """A text with holes; each hole is shown by its type (an Amount with its unit).

    For an Amount whose unit is a field, `units` holds at the same place the Currency to show.
    """

    parts: tuple[str | Value, ...]
    units: tuple[Value | None, ...]


@node
class ListValue(Value):
    """`[a, b]` (also a Set, when the type says so: sorted, without duplicates)."""

    items: tuple[Value, ...]


class AggregateKind(StrEnum):
    """What an aggregate makes of the values it ranges over."""

    SUM = "sum"
    COUNT = "count"
    PRODUCT = "product"
    ANY = "any"
    ALL = "all"
    LEAST = "least"
    MOST = "most"
    LIST = "list"


@node
class AggregateValue(Value):
    """`kind(value for binder in domain where …)`.

    `sum` of nothing is zero, `product` one; `least` and `most` have an optional type and are
    missing over nothing. For `count` the value is not looked at.
    """

    kind: AggregateKind
    value: Value
    binder: Local
    domain: Domain


@node
class CreateRecord(Value):
    """`create R(…)`: a value for every field that has one (defaults filled in), keys first."""

    record: RecordType
    keys: tuple[Value, ...]
    """Empty for a `Serial` key, which the chain gives."""
    fields: tuple[tuple[str, Value], ...]


@node
class ForeignCall(Value):
    """An action of a contract that this one uses, called in the same transaction."""

    contract: str
    action: str
    arguments: tuple[Value, ...]


@node
class EnrolMember(Value):
    """`Institution("ICBC")` in a script: the member of this name, given this role."""

    role: str
    name: Value


@node
class TotalValue(Value):
    """A running total of an invariant (by its place in `TotalsInvariant.totals`)."""

    index: int


# ── domains ───────────────────────────────────────────────────────────────────────────────────


@node
class RecordDomain(Frozen):
    """The records found by an index, in key order; `condition` sees the binder.

    `equalities` are values for the index's fields in its order. `low`/`high` bound its range
    field; `is_low_open`/`is_high_open` leave the end out.
    """

    record: RecordType
    index: Index
    equalities: tuple[Value, ...]
    low: Value | None
    is_low_open: bool
    high: Value | None
    is_high_open: bool
    condition: Value | None
    limit: int | None
    span: Span


@node
class WholeDomain(Frozen):
    """Every record of a type (or every event so far): only in tests, scripts and `show`."""

    type: Type
    condition: Value | None
    limit: int | None
    span: Span


@node
class ListDomain(Frozen):
    """The items of a list or set, in order."""

    items: Value
    condition: Value | None
    limit: int | None
    span: Span


@node
class RangeDomain(Frozen):
    """The whole numbers `low..high`; `count_max` is the static bound (≤ 10,000)."""

    low: Value
    high: Value
    is_open: bool
    condition: Value | None
    limit: int | None
    count_max: int
    span: Span


@node
class NamesDomain(Frozen):
    """The names of an enum, in declared order."""

    type: Type
    names: tuple[str, ...]
    condition: Value | None
    limit: int | None
    span: Span


Domain = RecordDomain | WholeDomain | ListDomain | RangeDomain | NamesDomain


# ── statements ────────────────────────────────────────────────────────────────────────────────


@node
class Statement(Frozen):
    """The root of every statement."""

    span: Span = field(compare=False, kw_only=True)


Body = tuple[Statement, ...]


@node
class RequireStep(Statement):
    """Refuse with `code` unless `condition`; the message is a Text."""

    condition: Value
    code: str
    message: Value


@node
class RefuseStep(Statement):
    """Refuse with `code`."""

    code: str
    message: Value


@node
class LetStep(Statement):
    """Set a local (for the first time, or again)."""

    local: Local
    value: Value


@node
class SetField(Statement):
    """Set a field that is no key, no Balance and no lifecycle."""

    target: FieldValue
    value: Value


@node
class BecomeStep(Statement):
    """Move a lifecycle field along an arrow; else `NO_TRANSITION`."""

    target: FieldValue
    lifecycle: LifecycleType
    state: Value


@node
class MoveStep(Statement):
    """Move an Amount between two Balance fields of one unit."""

    amount: Value
    source: FieldValue
    target: FieldValue


@node
class IssueStep(Statement):
    """Bring an Amount into being."""

    amount: Value
    target: FieldValue
    unit: Unit
    unit_value: Value | None = None


@node
class RetireStep(Statement):
    """Take an Amount out of being."""

    amount: Value
    source: FieldValue
    unit: Unit
    unit_value: Value | None = None


@node
class EmitStep(Statement):
    """Emit an event with a value for each of its parameters."""

    event: str
    values: tuple[Value, ...]


@node
class NotifyStep(Statement):
    """Send a notice to a party."""

    party: Value
    text: Value


@node
class IfStep(Statement):
    """The first branch whose condition is true, or `otherwise`."""

    branches: tuple[tuple[Value, Body], ...]
    otherwise: Body | None


@node
class ChooseStep(Statement):
    """The case that names the subject's value; without `otherwise` every value is named.

    The names are run-time values: states, enum names, or True and False.
    """

    subject: Value
    cases: tuple[tuple[tuple[object, ...], Body], ...]
    otherwise: Body | None


@node
class ForStep(Statement):
    """Run `body` for each item; the items are fixed before the first effect."""

    binder: Local
    domain: Domain
    body: Body


@node
class ClauseStep(Statement):
    """Call a clause of this contract."""

    clause: str
    arguments: tuple[Value, ...]


@node
class ValueStep(Statement):
    """A `create` or a foreign call whose value nobody names."""

    value: CreateRecord | ForeignCall


@node
class GiveStep(Statement):
    """What the action or rule gives; it is the last statement that runs."""

    value: Value


# ── statements of tests and scripts ───────────────────────────────────────────────────────────


@node
class DoesStep(Statement):
    """Parties sign an action; its value goes into `local`. With `code` it must be refused so."""

    parties: tuple[Value, ...]
    contract: str
    action: str
    arguments: tuple[Value, ...]
    """External values: see `ParameterModel`; a record may also be given by its key."""
    local: Local | None = None
    code: str | None = None


@node
class ExpectStep(Statement):
    """Fail the test unless `condition`."""

    condition: Value


@node
class AtStep(Statement):
    """Move the clock to a Time (never back)."""

    time: Value


@node
class WaitStep(Statement):
    """Move the clock on by a Duration (or Months)."""

    duration: Value


@node
class ShowStep(Statement):
    """Print a value with its text in the source."""

    value: Value


@node
class FeedModel(Frozen):
    """One `feed`; `where` and `at` read only the row and the lets above."""

    file: str
    row: Local
    where: Value | None
    at: Value | None
    body: Body
    span: Span


@node
class FeedsStep(Statement):
    """Feeds that stand together, merged by their time, ties in written order."""

    feeds: tuple[FeedModel, ...]


# ── declarations ──────────────────────────────────────────────────────────────────────────────


@node
class Bound(Frozen):
    """What a value may be: `low..high` in run-time values (either end may be None), or names."""

    low: object = None
    high: object = None
    is_high_open: bool = False
    names: tuple[str, ...] | None = None


@node
class FieldModel(Frozen):
    """A key or field. `is_fixed`: a key, or set at creation and never assigned after."""

    name: str
    type: Type
    bound: Bound | None
    default: Value | None
    is_key: bool
    is_fixed: bool
    span: Span


@node
class Index(Frozen):
    """The fields of an equality lookup, in order, then at most one range field."""

    record: RecordType
    equality_fields: tuple[str, ...]
    range_field: str | None = None


@node
class LifecycleModel(Frozen):
    """States in declared order and the arrows between them."""

    type: LifecycleType
    arrows: Mapping[str, tuple[str, ...]]
    span: Span


@node
class RecordModel(Frozen):
    """A keyed table. `this` is the local that `seen_by` speaks of."""

    type: RecordType
    keys: tuple[FieldModel, ...]
    fields: tuple[FieldModel, ...]
    lifecycle_field: str | None
    seen_by: Authority | None
    this: Local
    indexes: tuple[Index, ...]
    span: Span
    description: str | None = None

    @property
    def is_serial(self) -> bool:
        """Whether the chain gives the key."""
        return len(self.keys) == 1 and self.keys[0].type == SERIAL


@node
class SignedByRole(Frozen):
    """Any member with one of the roles; `alias` names who it was."""

    roles: tuple[str, ...]
    alias: Local | None
    span: Span


@node
class SignedByParty(Frozen):
    """The party in a field, in good standing with the role of that field's type."""

    party: Value
    alias: Local | None
    span: Span


@node
class SignedByQuorum(Frozen):
    """`count` distinct members with the role; `alias` names them (Set of the role)."""

    count: int
    roles: tuple[str, ...]
    alias: Local | None
    span: Span


@node
class SignedByContract(Frozen):
    """The immediate caller is the contract of this registered name."""

    contract: str
    span: Span


@node
class AnyOf(Frozen):
    """One of these; an alias inside is bound only if all choices bind the same name."""

    choices: tuple[Authority, ...]
    span: Span


@node
class AllOf(Frozen):
    """All of these, each by a different member."""

    parts: tuple[Authority, ...]
    span: Span


Authority = SignedByRole | SignedByParty | SignedByQuorum | SignedByContract | AnyOf | AllOf


@node
class ParameterModel(Frozen):
    """A parameter. A record arrives by its key (a tuple when it has several)."""

    local: Local
    bound: Bound | None
    span: Span
    unit_value: Value | None = None
    """For an Amount whose unit is a field: the Currency it must have."""


@node
class EventModel(Frozen):
    """What subscribers receive."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    span: Span


@node
class RuleModel(Frozen):
    """A pure function: lets, then a `give`."""

    name: str
    parameters: tuple[ParameterModel, ...]
    result: Type
    authority: Authority | None
    body: Body
    span: Span
    description: str | None = None


class Policy(StrEnum):
    """How many rows of a decision may apply, and what is made of them."""

    UNIQUE = "unique"
    FIRST = "first"
    COLLECT_SUM = "collect sum"
    COLLECT_LEAST = "collect least"
    COLLECT_MOST = "collect most"
    COLLECT_COUNT = "collect count"


@node
class CellRange(Frozen):
    """`low..high` with ends in or out; None is no end; a single value is `v..v`."""

    low: object
    is_low_open: bool
    high: object
    is_high_open: bool


@node
class CellModel(Frozen):
    """A cell: any value (`items` is None), the listed ones, or all but them."""

    items: tuple[object | CellRange, ...] | None
    is_negated: bool
    span: Span


@node
class RowModel(Frozen):
    """One row; outputs may read the inputs."""

    cells: tuple[CellModel, ...]
    outputs: tuple[Value, ...]
    span: Span


@node
class DecisionModel(Frozen):
    """A decision table, proved complete."""

    name: str
    policy: Policy
    inputs: tuple[ParameterModel, ...]
    outputs: tuple[tuple[str, Type, Bound | None], ...]
    rows: tuple[RowModel, ...]
    result: Type
    span: Span
    description: str | None = None


@node
class ClauseModel(Frozen):
    """Named effects shared by actions."""

    name: str
    parameters: tuple[ParameterModel, ...]
    body: Body
    span: Span
    description: str | None = None


@node
class ActionModel(Frozen):
    """What a party may do."""

    name: str
    parameters: tuple[ParameterModel, ...]
    result: Type
    authority: Authority
    body: Body
    span: Span
    authority_span: Span
    description: str | None = None


@node
class HasBeenTrigger(Frozen):
    """Due `duration` after the record entered one of `states` (milliseconds, or months)."""

    states: tuple[str, ...]
    duration_ms: int
    months: int


@node
class ReachesTrigger(Frozen):
    """Due when the block's time reaches `moment`, a Time (or Time?) of the record's own fields."""

    states: tuple[str, ...] | None
    moment: Value


@node
class EveryTrigger(Frozen):
    """Due again and again while the record is in one of `states` (None: always).

    Exactly one of `day_count` and `day_of_month` is set; `clock_ms` is the local time of day
    (None with `day_count`: at the time of day the record entered).
    """

    day_count: int | None
    day_of_month: int | None
    clock_ms: int | None
    states: tuple[str, ...] | None


@node
class TimerModel(Frozen):
    """What happens by itself; `number` is its place among the contract's timers."""

    number: int
    title: str
    binder: Local
    record: RecordType
    trigger: HasBeenTrigger | ReachesTrigger | EveryTrigger
    body: Body
    span: Span
    description: str | None = None


@node
class RecordInvariant(Frozen):
    """Holds of each record: where `where`, `condition`; both read own and fixed fields."""

    title: str
    record: RecordType
    binder: Local
    where: Value | None
    condition: Value
    span: Span


@node
class RunningTotal(Frozen):
    """`sum`/`count` over a record, kept per group.

    `group` gives, from the binder, the record of the group it counts for (None: one group).
    """

    kind: AggregateKind
    record: RecordType
    binder: Local
    where: Value | None
    value: Value
    group: Value | None


@node
class TotalsInvariant(Frozen):
    """A linear comparison of running totals, once or for each record of `group_record`."""

    title: str
    group_record: RecordType | None
    binder: Local | None
    where: Value | None
    totals: tuple[RunningTotal, ...]
    condition: Value
    span: Span


Invariant = RecordInvariant | TotalsInvariant


@node
class ContractModel(Frozen):
    """A whole checked contract. Mappings keep the order of the source."""

    name: str
    version: int
    timezone: str
    uses: Mapping[str, ContractModel]
    """By alias (the contract's own name when no alias is given)."""
    roles: tuple[str, ...]
    units: Mapping[str, int]
    """Declared units (not ISO 4217 ones) and their decimals."""
    lifecycles: Mapping[str, LifecycleModel]
    records: Mapping[str, RecordModel]
    events: Mapping[str, EventModel]
    rules: Mapping[str, RuleModel]
    decisions: Mapping[str, DecisionModel]
    clauses: Mapping[str, ClauseModel]
    actions: Mapping[str, ActionModel]
    timers: tuple[TimerModel, ...]
    invariants: tuple[Invariant, ...]
    span: Span
    enums: Mapping[str, EnumType] = field(default_factory=dict)
    foreign_indexes: tuple[Index, ...] = ()
    """What this contract's lookups need of the tables of contracts that it uses."""


@node
class TestModel(Frozen):
    """One test of a test file, or a whole script (title "")."""

    title: str
    body: Body
    span: Span


@node
class ScriptModel(Frozen):
    """A checked test file or script with the contracts it uses (by alias)."""

    uses: Mapping[str, ContractModel]
    tests: tuple[TestModel, ...]
    script: TestModel | None
