"""What a script reads: the columns of its feeds, and the events it looks back on."""

from __future__ import annotations

from collections.abc import Iterator

from servanda.grammar.source import Span
from servanda.interpreter.model import (
    AggregateValue,
    Body,
    FeedModel,
    FeedsStep,
    ForStep,
    RowCell,
    ScriptModel,
    Value,
    WholeDomain,
)
from servanda.interpreter.types import EventType
from servanda.interpreter.walk import all_statements, all_values, values_of_body

Columns = dict[Span, dict[str, Span]]
"""By the span of a feed: the columns that it reads, each where it is first read."""


def columns_of_feeds(script: ScriptModel) -> Columns:
    """Return the columns that each feed reads."""
    found: Columns = {}
    for body in _bodies(script):
        for statement in all_statements(body):
            if isinstance(statement, FeedsStep):
                for feed in statement.feeds:
                    found[feed.span] = _columns_of(feed)
    return found


def files_of_feeds(script: ScriptModel) -> list[str]:
    """Return the names of the files that are fed, in the order in which they are written."""
    found = (
        feed.file
        for body in _bodies(script)
        for statement in all_statements(body)
        if isinstance(statement, FeedsStep)
        for feed in statement.feeds
    )
    return list(dict.fromkeys(found))


def _columns_of(feed: FeedModel) -> dict[str, Span]:
    columns: dict[str, Span] = {}
    for value in _values_of(feed):
        if isinstance(value, RowCell) and value.local == feed.row:
            columns.setdefault(value.column, value.span)
    return columns


def _values_of(feed: FeedModel) -> Iterator[Value]:
    for value in (feed.where, feed.at):
        if value is not None:
            yield value
            yield from all_values(value)
    yield from values_of_body(feed.body)


def events_read(script: ScriptModel) -> frozenset[tuple[str, str]]:
    """Return the events (contract and name) that a script ranges over."""
    found: set[tuple[str, str]] = set()
    for body in _bodies(script):
        domains = [one.domain for one in values_of_body(body) if isinstance(one, AggregateValue)]
        domains += [one.domain for one in all_statements(body) if isinstance(one, ForStep)]
        for domain in domains:
            if isinstance(domain, WholeDomain) and isinstance(domain.type, EventType):
                found.add((domain.type.contract, domain.type.name))
    return frozenset(found)


def _bodies(script: ScriptModel) -> Iterator[Body]:
    yield from (one.body for one in script.tests)
    if script.script is not None:
        yield script.script.body
