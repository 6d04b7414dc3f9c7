"""The statements that only tests and scripts have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servanda.grammar.nodes import Frozen, node
from servanda.interpreter.model.statements import Statement

if TYPE_CHECKING:
    from servanda.grammar.source import Span
    from servanda.interpreter.model.statements import Body
    from servanda.interpreter.model.values import Local, Value


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
