"""What a `for` or an aggregate ranges over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.grammar.nodes import Frozen, node

if TYPE_CHECKING:
    from servanda.grammar.source import Span
    from servanda.interpreter.model.declarations import Index
    from servanda.interpreter.model.values import Value
    from servanda.interpreter.types import RecordType, Type


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
