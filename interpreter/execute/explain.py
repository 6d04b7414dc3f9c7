"""Explain: the tree of clauses, guards, rows and values that decided an outcome.

Probed code reports to a `Trace` as it runs; the trace is a tree of `Seen` nodes that says what
was looked at, in order, with its value and its clause. It refuses to know how a tree is shown:
rendering is the front door's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from servanda.grammar.source import Span
from servanda.interpreter.generate.writer import Site
from servanda.interpreter.model import Bound
from servanda.interpreter.types import Type

SEEN_COUNT_MAX = 10_000
"""An explanation that is longer helps nobody; the rest is counted."""


@dataclass(slots=True)
class Seen:
    """One thing that was looked at or done, and what was looked at for its sake.

    | kind | value | parts |
    |---|---|---|
    | `root` | – | all of it |
    | `action` `clause` `rule` | – | its steps; `title` is its name |
    | `timer` `invariant` | the record that it is about, if any | its steps; `title` is its name |
    | `bound` | what was held against it; `title` is the parameter, `bound` what it may be | – |
    | `authority` | who signed, or the name of the calling contract | parties that `by` looked up |
    | `step` | – | what one statement looked at |
    | `guard` | whether it held, or what `choose` chose by | the values it was made of |
    | `value` | what it came to | the values and calls it was made of |
    | `decision` | its inputs | the rows that apply, then the values they read |
    | `row` | – | – |
    | `give` | what was given | the values it was made of |
    | `refusal` | the message; `title` is the code | – |
    """

    kind: str
    span: Span
    title: str = ""
    type: Type | None = None
    value: Any = None
    unit: str | None = None
    """The unit of an Amount whose type names a field for it."""
    parts: list[Seen] = field(default_factory=list)
    types: tuple[Type, ...] = ()
    """The types of a decision's inputs."""
    bound: Bound | None = None

    def all(self) -> Iterator[Seen]:
        """Yield this and everything inside, parents first."""
        waiting = [self]
        while waiting:
            seen = waiting.pop()
            yield seen
            waiting.extend(reversed(seen.parts))


Mark = tuple[Site, int]
"""A place that a probe reports from, and how many loose ends there were before it began."""


class _Frame:
    """A declaration that is running: where its parts go, and what has no place yet."""

    __slots__ = ("loose", "parts", "seen")

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.parts = seen.parts
        self.loose: list[Seen] = []

    def settle(self) -> None:
        """Give what has no place yet to the statement that is running."""
        self.parts += self.loose
        self.loose.clear()


class Trace:
    """Collects what probed code reports; one for each explanation."""

    def __init__(self) -> None:
        self.left_out_count = 0
        self._root = Seen("root", Span("", 0, 0))
        self._frames = [_Frame(self._root)]
        self._count = 0

    def clear(self) -> None:
        """Forget everything: what was traced begins again."""
        self._root.parts.clear()
        self._frames = [_Frame(self._root)]
        self._count = self.left_out_count = 0

    @property
    def root(self) -> Seen:
        """The whole tree so far, also when a refusal ended what was running."""
        for frame in self._frames:
            frame.settle()
        return self._root

    def enter(self, site: Site, value: Any = None) -> None:
        """Begin a clause, action, rule, timer or decision."""
        self._frames.append(_Frame(self._note(site, value)))

    def leave(self) -> None:
        """End what began last."""
        self._frames.pop().settle()

    def end(self, value: Any) -> Any:
        """End a decision and hand its `value` on."""
        self.leave()
        return value

    def give(self, site: Site, value: Any) -> Any:
        """End an action or rule that gives `value`, and hand it on."""
        frame = self._frames[-1]
        parts, frame.loose = frame.loose, []
        self._note(site, value, parts)
        self.leave()
        return value

    def step(self, site: Site) -> Seen:
        """Begin a statement; what comes until the next belongs to it."""
        self.end_step()
        seen, frame = self._note(site, None), self._frames[-1]
        frame.settle()
        frame.parts = seen.parts
        return seen

    def end_step(self) -> None:
        """End the statement that is running: what comes until the next belongs to no statement."""
        frame = self._frames[-1]
        frame.settle()
        frame.parts = frame.seen.parts

    def authority(self, site: Site, signers: tuple[str, ...], caller: str | None) -> None:
        """Who signed is about to be held against a `by`."""
        self.step(site).value = signers if caller is None else caller

    def bound(self, site: Site, value: Any, is_kept: Any) -> None:
        """Note what a parameter was held against; where it is not kept, the refusal goes below."""
        self.step(site).value = value
        if is_kept:
            frame = self._frames[-1]
            frame.parts = frame.seen.parts

    def mark(self, site: Site) -> Mark:
        """Mark where a value or a condition begins."""
        return site, len(self._frames[-1].loose)

    def see(self, mark: Mark, value: Any, unit: str | None = None) -> Any:
        """Note what a value or a condition came to, with what it looked at, and hand it on."""
        site, count = mark
        loose = self._frames[-1].loose
        parts = loose[count:]
        del loose[count:]
        self._note(site, value, parts).unit = unit
        return value

    def row(self, site: Site) -> None:
        """Note a row of a decision that applies."""
        self._note(site, None)

    def refuse(self, code: str, message: str, span: Span | None) -> None:
        """Note that the rules said no, which ended everything that was running."""
        site = Site("refusal", span or self._frames[-1].seen.span, title=code)
        self._note(site, message)
        while len(self._frames) > 1:
            self.leave()

    def _note(self, site: Site, value: Any, parts: list[Seen] | None = None) -> Seen:
        seen = Seen(site.kind, site.span, site.title, site.type, value, types=site.types)
        seen.bound = site.bound
        if self._count >= SEEN_COUNT_MAX:
            self.left_out_count += 1
            return seen
        self._count += 1
        if parts:
            seen.parts = parts
        self._frames[-1].loose.append(seen)
        return seen
