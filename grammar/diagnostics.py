"""Diagnostics: what is wrong with a source, as values.

A pass reports into a `Diagnostics`; nothing here makes terminal output (that is done once, in
`servanda.rendering`). Codes are by phase: `E00` reading, `E01` syntax, `E02` names, `E03` types,
`E04` authority and states, `E05` decisions, `W` warnings. A code is never reused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from servanda.grammar.source import Span

DIAGNOSTICS_MAX = 100
"""More than this many in one source help nobody: the rest are counted, not kept."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is *here*: a second place that explains the first."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: `code`, `message`, the place and its label, more places, one concrete help."""

    code: str
    message: str
    span: Span
    label: str = ""
    others: tuple[Label, ...] = ()
    help: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_warning(self) -> bool:
        """Whether the source may be used all the same."""
        return self.code.startswith("W")


class Diagnostics:
    """The diagnostics of one run, each reported once, in the order of the source."""

    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._counts = {True: 0, False: 0}
        """How many warnings (True) and errors (False) are kept: neither crowds out the other."""
        self.left_out_count = 0
        for diagnostic in found:
            self.report(diagnostic)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep `diagnostic` unless the same code was already reported at the same place."""
        place = (diagnostic.code, diagnostic.span)
        if place in self._found:
            return
        if self._counts[diagnostic.is_warning] >= DIAGNOSTICS_MAX:
            self.left_out_count += 1
            return
        self._counts[diagnostic.is_warning] += 1
        self._found[place] = diagnostic

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found.values(), key=lambda one: (one.span.source, one.span.start)))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether any of them forbids running the source."""
        return self._counts[False] > 0

    @property
    def is_full(self) -> bool:
        """Whether more errors would only be counted: then a pass may stop looking."""
        return self._counts[False] >= DIAGNOSTICS_MAX
