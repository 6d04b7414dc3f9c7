"""Source text and the spans that point into it.

In comes text with the name it is shown under; out come offsets, lines and columns. It knows
nothing of files: whoever reads one hands its text over.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of character offsets in the source called `source`."""

    source: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the span from the start of this one to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))


class Position(NamedTuple):
    """A place in a source: `line` and `column` count characters from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """One text under the name people know it by (usually a path as they typed it)."""

    name: str
    text: str
    line_starts: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(offset + 1 for offset, letter in enumerate(self.text) if letter == "\n")
        object.__setattr__(self, "line_starts", tuple(starts))

    def position(self, offset: int) -> Position:
        """Return the line and column of `offset`; an offset past the end is at the end."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its line break."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] - 1 if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def with_plain_line_ends(self) -> Source:
        """Return the source with a line feed where a carriage return and a line feed stood."""
        return Source(self.name, self.text.replace("\r\n", "\n"))

    def slice(self, span: Span) -> str:
        """Return the text that `span` covers."""
        return self.text[span.start : span.end]
