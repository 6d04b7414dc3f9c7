"""Expressions of the model: every one has its type, and conversions are written out."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from servanda.grammar.nodes import Frozen, node

if TYPE_CHECKING:
    from servanda.grammar.source import Span
    from servanda.interpreter.model.domains import Domain
    from servanda.interpreter.types import RecordType, Type, Unit


@node
class Local(Frozen):
    """A parameter, `let`, binder or alias; `number` is unique within the whole contract."""

    number: int
    name: str
    type: Type


@node
class Value(Frozen):
    """The root of every expression: its type and where it was written."""

    type: Type = field(kw_only=True)
    span: Span = field(compare=False, kw_only=True)


@node
class Constant(Value):
    """A run-time value known now (see the table in `interpreter/values/show.py`)."""

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
    CHAIN_HASH = "chain_hash"
    """() → Hash of the chain that `mode` names, of this one if it names none."""
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


@node
class OwnProof(Value):
    """In a test: what its own chain holds of a record, in the place of a proof of another chain."""

    record: RecordType
    keys: tuple[Value, ...]


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
    SEAL = "seal"
    """A value in its outward form that a party sends sealed (of scripts only)."""


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
class SameMoney(Value):
    """`left == right` in an `expect`: amounts and units are equal, whatever the units are."""

    left: Value
    right: Value
    left_unit: Value
    right_unit: Value
    is_negated: bool = False


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
class NamedValue(Value):
    """`Standing(row.standing)` in a script: the name, the state or the unit that a text is."""

    text: Value


@node
class TotalValue(Value):
    """A running total of an invariant (by its place in `TotalsInvariant.totals`)."""

    index: int
