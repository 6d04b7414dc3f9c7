"""The progress of feeds on a terminal: how far they are, how fast, and how long it will take.

Percent, rate and time left come of the same rows: those that were read to be run, also those that
`where` leaves out. Rate and time left are those of the last seconds.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol, TextIO

WINDOW_S = 10.0
"""Rate and time left look back so far: feeds of different rows have different speeds."""
DRAWN_EVERY_S = 0.1
BAR_CELLS_MAX = 40
BAR_CELLS_MIN = 8
MINUTE_S, HOUR_S = 60, 3_600


class Progress(Protocol):
    """Who is told how far the feeds have been read."""

    def begin(self, size: int) -> None:
        """Begin feeds of so many bytes."""

    def look_ahead(self, row_count: int) -> None:
        """Note that the times of so many rows have been looked at, to put them in order."""

    def move(self, offset: int, row_count: int, size: int | None = None) -> None:
        """Note how many bytes (of `size`, if that is known better now) and rows have been read."""

    def end(self) -> None:
        """Note that they have ended."""


class NoProgress:
    """Nobody looks on."""

    def begin(self, size: int) -> None:
        """Ignore it."""

    def look_ahead(self, row_count: int) -> None:
        """Ignore it."""

    def move(self, offset: int, row_count: int, size: int | None = None) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""


class Moment(NamedTuple):
    """How far it was at a time."""

    time_s: float
    offset: int
    row_count: int


class BarProgress:
    """A line on a terminal, gone when all has been read; `what` it counts are rows or blocks."""

    def __init__(
        self, file: TextIO, what: str = "rows", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._what = what
        self._clock = clock
        self._size = 1
        self._moments: deque[Moment] = deque()
        self._drawn_s: float | None = None
        self._drawn_cells = 0

    def begin(self, size: int) -> None:
        """Begin at nothing."""
        self._size = max(1, size)
        self._moments = deque([Moment(self._clock(), 0, 0)])

    def look_ahead(self, row_count: int) -> None:
        """Show that rows are put in order; what comes of it begins when that is done."""
        now = self._clock()
        self._moments = deque([self._moments[-1]._replace(time_s=now)])
        if self._is_drawn_again(now):
            self._draw(f"putting {row_count:,} {self._what} in order", now)

    def move(self, offset: int, row_count: int, size: int | None = None) -> None:
        """Move the bar."""
        now = self._clock()
        self._size = max(1, size or self._size)
        if not self._is_drawn_again(now):
            return
        moments = self._moments
        moments.append(Moment(now, offset, row_count))
        # What is older than the window is of use only while nothing younger is old enough.
        while len(moments) > 2 and moments[1].time_s <= now - WINDOW_S:  # noqa: PLR2004 -- a pair
            moments.popleft()
        self._draw(self._line(), now)

    def _is_drawn_again(self, now: float) -> bool:
        return self._drawn_s is None or now - self._drawn_s >= DRAWN_EVERY_S

    def _line(self) -> str:
        first, last = self._moments[0], self._moments[-1]
        span_s = last.time_s - first.time_s
        rate = left_s = None
        if span_s > 0 and last.offset > first.offset:
            rate = int((last.row_count - first.row_count) / span_s)
            left_s = (self._size - last.offset) * span_s / (last.offset - first.offset)
        share = min(1.0, last.offset / self._size)
        glyphs = "━─" if _can_write(self._file, "━─") else "#-"
        return line_of(share, last.row_count, rate, left_s, _width(), self._what, glyphs)

    def _draw(self, line: str, now: float) -> None:
        text = line[: _width()]
        self._file.write("\r" + text.ljust(self._drawn_cells))
        self._file.flush()
        self._drawn_s, self._drawn_cells = now, len(text)

    def end(self) -> None:
        """Take the line away."""
        if self._drawn_cells:
            self._file.write("\r" + " " * self._drawn_cells + "\r")
            self._file.flush()
        self._drawn_s, self._drawn_cells = None, 0


def line_of(
    share: float,
    row_count: int,
    rate: int | None,
    left_s: float | None,
    width: int,
    what: str = "rows",
    glyphs: str = "━─",
) -> str:
    """Return the line that fits: the bar goes first, then the rate, the time left, the count."""
    percent = f"{int(share * 100):>3} %"
    count = f"{row_count:,} {what}"
    left = "" if left_s is None else f"{_duration(left_s)} left"
    speed = "" if rate is None else f"{rate:,} {what}/s"
    for parts in (
        (count, percent, speed, left),
        (count, percent, left),
        (percent, left),
        (percent,),
    ):
        line = "  ".join(one for one in parts if one)
        room = width - len(line) - 2
        if parts[0] == count and room >= BAR_CELLS_MIN:
            cells = min(room, BAR_CELLS_MAX)
            full = int(share * cells)
            bar = glyphs[0] * full + glyphs[1] * (cells - full)
            return "  ".join(one for one in (count, bar, *parts[1:]) if one)
        if len(line) <= width:
            return line
    return ""


def _duration(seconds: float) -> str:
    """Return `0:07`, `12:30` or `1:02:03`."""
    whole = int(seconds + 0.5)
    minutes = f"{whole // MINUTE_S}:{whole % MINUTE_S:02}"
    if whole < HOUR_S:
        return minutes
    return f"{whole // HOUR_S}:{whole % HOUR_S // MINUTE_S:02}:{whole % MINUTE_S:02}"


def _width() -> int:
    """Return how many cells fit: in the last one of a line some terminals go on to the next."""
    return shutil.get_terminal_size().columns - 1


def _can_write(file: TextIO, text: str) -> bool:
    try:
        text.encode(file.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
