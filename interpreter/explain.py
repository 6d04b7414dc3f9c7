"""Explain: the tree of clauses, guards, rows and values that decided an outcome.

Probed code reports to a `Trace` as it runs; the trace is a tree of `Seen` nodes that says what
was looked at, in order, with its value and its clause. Rendering is the front door's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from servanda.grammar.source import Span
from servanda.interpreter.generate.writer import Site
from servanda.interpreter.types import Type

SEEN_COUNT_MAX = 10_000
"""An explanation that is longer helps nobody; the rest is counted."""


@dataclass(slots=True)
class Seen:
    """One thing that was looked at or done: `kind` is a site's, `value` what it came to."""

    kind: str
    span: Span
    title: str = ""
    type: Type | None = None
    value: Any = None
    parts: list[Seen] = field(default_factory=list)


class Trace:
    """Collects what probed code reports; one for each explanation."""

    def __init__(self) -> None:
        self.root = Seen("root", Span("", 0, 0))
        self.left_out_count = 0
        self._open = [self.root]
        self._loose: list[Seen] = []
        self._count = 0

    def enter(self, site: Site) -> None:
        """A clause, action, rule or timer begins."""
        self._flush()
        seen = _seen(site, None)
        self._add(seen)
        self._open.append(seen)

    def leave(self) -> None:
        """It ends (an action, rule or timer ends with the call)."""
        self._flush()
        if len(self._open) > 1:
            self._open.pop()

    def give(self, site: Site, value: Any) -> Any:
        """The action or rule ends by giving `value`, which is handed on."""
        self._flush()
        self._add(_seen(site, value))
        if len(self._open) > 1:
            self._open.pop()
        return value

    def step(self, site: Site) -> None:
        """A statement begins."""
        self._flush()
        self._add(_seen(site, None))

    def see(self, site: Site, value: Any) -> Any:
        """Note a value that was read, and hand it on."""
        self._loose.append(_seen(site, value))
        return value

    def guard(self, site: Site, value: Any) -> Any:
        """Note what a condition came to, with the values it looked at, and hand it on."""
        seen = _seen(site, value)
        seen.parts, self._loose = self._loose, []
        self._add(seen)
        return value

    def decision(self, site: Site, inputs: tuple[Any, ...]) -> None:
        """A decision is asked with these inputs."""
        self._add(_seen(site, inputs))

    def row(self, site: Site) -> None:
        """A row of a decision applies."""
        self._add(_seen(site, None))

    def _flush(self) -> None:
        loose, self._loose = self._loose, []
        for one in loose:
            self._add(one)

    def _add(self, seen: Seen) -> None:
        if self._count >= SEEN_COUNT_MAX:
            self.left_out_count += 1
            return
        self._count += 1
        self._open[-1].parts.append(seen)


def _seen(site: Site, value: Any) -> Seen:
    return Seen(site.kind, site.span, site.title, site.type, value)
