"""Statements of the model."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from servanda.grammar.nodes import Frozen, node

if TYPE_CHECKING:
    from servanda.grammar.source import Span
    from servanda.interpreter.model.domains import Domain
    from servanda.interpreter.model.values import (
        CreateRecord,
        FieldValue,
        ForeignCall,
        Local,
        Value,
    )
    from servanda.interpreter.types import LifecycleType, Unit


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
