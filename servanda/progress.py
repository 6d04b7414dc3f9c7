"""The progress bar of feeds: how fast rows run and how long it will take, on a terminal only."""

# Only a terminal needs rich.
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress(Protocol):
    """Who is told how far the feeds have been read."""

    def begin(self, size: int) -> None:
        """Begin feeds of so many bytes."""

    def move(self, offset: int, row_count: int) -> None:
        """Note how many bytes and rows have been read."""

    def end(self) -> None:
        """Note that they have ended."""


class NoProgress:
    """Nobody looks on."""

    def begin(self, size: int) -> None:
        """Ignore it."""

    def move(self, offset: int, row_count: int) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""


class BarProgress:
    """A bar on a terminal, gone when all has been read; `what` it counts are rows or blocks."""

    def __init__(self, file: TextIO, what: str = "rows") -> None:
        self._file = file
        self._what = what
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def begin(self, size: int) -> None:
        """Show the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn(f"{{task.fields[row_count]:,}} {self._what}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn(f"{{task.fields[rate]:,}} {self._what}/s"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(file=self._file),
            transient=True,
        )
        self._task = self._bar.add_task("feeds", total=max(1, size), row_count=0, rate=0)
        self._bar.start()

    def move(self, offset: int, row_count: int) -> None:
        """Move the bar."""
        if self._bar is None or self._task is None:
            return
        elapsed_s = self._bar.tasks[0].elapsed or 0
        rate = int(row_count / elapsed_s) if elapsed_s else 0
        self._bar.update(self._task, completed=offset, row_count=row_count, rate=rate)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
