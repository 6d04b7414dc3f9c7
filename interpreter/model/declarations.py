"""Declarations of the model, and whole contracts and scripts."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from servanda.grammar.nodes import Frozen, node
from servanda.interpreter.types import SERIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from servanda.grammar.source import Span
    from servanda.interpreter.model.statements import Body
    from servanda.interpreter.model.values import AggregateKind, Local, Value
    from servanda.interpreter.types import EnumType, LifecycleType, RecordType, Type


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
class SealedReaders(Frozen):
    """Whom an argument must be sealed to: holders of roles, and parties.

    `same` are fields whose sealed value it must be, open to all who can read that one now.
    """

    roles: tuple[str, ...]
    parties: tuple[Value, ...]
    same: tuple[Value, ...]


@node
class ParameterModel(Frozen):
    """A parameter. A record arrives by its key (a tuple when it has several)."""

    local: Local
    bound: Bound | None
    span: Span
    unit_value: Value | None = None
    """For an Amount whose unit is a field: the Currency it must have."""
    readers: SealedReaders | None = None
    """For a sealed value: whom it must be sealed to."""


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
    places: Mapping[str, Span] = field(default_factory=dict, compare=False)
    """Where each name is declared."""


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
