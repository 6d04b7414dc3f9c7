"""The writer of generated source: lines, indentation, and the clause each line comes from."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from servanda.grammar.source import Span
from servanda.interpreter.model import Bound
from servanda.interpreter.types import OutputsType, Type


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of a chain that generated code names: a `table`, a `rule`, a `decision`."""

    kind: str
    contract: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place that a probe reports from; `kind` says what is reported."""

    kind: str
    span: Span
    type: Type | None = None
    title: str = ""
    types: tuple[Type, ...] = ()
    """The types of a decision's inputs."""
    bound: Bound | None = None
    """What a parameter of a type may be."""


@dataclass(slots=True)
class Writer:
    """What has been written so far."""

    is_probed: bool = False
    lines: list[str] = field(default_factory=list)
    spans: list[Span | None] = field(default_factory=list)
    references: dict[Reference, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    outputs: dict[int, OutputsType] = field(default_factory=dict)
    """For each local that holds several outputs, as of a decision, what they are."""
    _depth: int = 0
    _count: int = 0
    _constant_names: dict[tuple[str, Hashable], str] = field(default_factory=dict)
    _span: Span | None = None

    def at(self, span: Span) -> None:
        """Say which clause the lines from here on belong to."""
        self._span = span

    def nowhere(self) -> None:
        """Say that the lines from here on belong to no clause."""
        self._span = None

    def line(self, text: str, span: Span | None = None) -> None:
        """Write one line at the present depth; without `span` it belongs to the clause before."""
        if span is not None:
            self._span = span
        self.lines.append("    " * self._depth + text)
        self.spans.append(self._span)

    @contextmanager
    def block(self, heading: str, span: Span | None = None) -> Iterator[None]:
        """Write `heading` and indent what is written inside."""
        self.line(heading, span)
        self._depth += 1
        count = len(self.lines)
        yield
        if len(self.lines) == count:
            self.line("pass")
        self._depth -= 1

    def fresh(self, prefix: str) -> str:
        """Return a name that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def reference(self, kind: str, contract: str, name: str) -> str:
        """Return the name under which generated code finds something of the chain."""
        wanted = Reference(kind, contract, name)
        if wanted not in self.references:
            self.references[wanted] = f"{kind}_{len(self.references)}"
        return self.references[wanted]

    def constant(self, value: Any) -> str:
        """Return source text for a run-time constant."""
        if value is None or value is True or value is False:
            return repr(value)
        if type(value) is int:
            return repr(value) if value >= 0 else f"({value!r})"
        if type(value) is str:
            return ascii(value)
        identity: tuple[str, Hashable] = (type(value).__name__, repr(value))
        if identity not in self._constant_names:
            name = f"k{len(self.constants)}"
            self._constant_names[identity] = name
            self.constants[name] = value
        return self._constant_names[identity]

    def site(
        self,
        kind: str,
        span: Span,
        shown: Type | None = None,
        title: str = "",
        types: tuple[Type, ...] = (),
        bound: Bound | None = None,
    ) -> str:
        """Return the expression of a new probe site."""
        self.sites.append(Site(kind, span, shown, title, types, bound))
        return f"sites[{len(self.sites) - 1}]"

    def text(self) -> str:
        """Return the whole source."""
        return "\n".join(self.lines) + "\n"
