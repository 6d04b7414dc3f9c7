"""Feeds in a run: their files found and opened, their rows handed over in order.

A feed's file lies in one folder, and no name in a script leads out of it.
"""

# A name is looked at as it was written, before anything makes a path of it.
# ruff: noqa: PTH100, PTH117, PTH118

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from servanda.feed_order import merged, rows_without_time
from servanda.feeds import FeedFault, FeedReader, open_feed
from servanda.grammar.source import Span
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.execute.script import FeedCode
from servanda.progress import NoProgress, Progress
from servanda.run_reading import Columns
from servanda.sources import CannotRead

if TYPE_CHECKING:
    from servanda.script_run import ScriptRun

NO_FILE = "E0010"
TOLD_EVERY = 500
"""Rows between two moves of the progress bar."""


@dataclass(frozen=True, slots=True)
class FeedRun:
    """How the feeds of a run are read."""

    folder: str = os.curdir
    is_strict: bool = False
    has_data_option: bool = False
    """Whether the user can name the folder: `run` and `why` take `--data`, `test` does not."""
    progress: Progress = field(default_factory=NoProgress)


def run_feeds(
    run: ScriptRun, feed_run: FeedRun, feeds: tuple[FeedCode, ...], columns: Columns
) -> None:
    """Run feeds that stand together: those without times first, the others by their times."""
    with ExitStack() as opened:
        readers = [_open(run, feed_run, code, opened) for code in feeds]
        for reader, code in zip(readers, feeds, strict=True):
            _check_columns(run, reader, columns.get(code.span, {}))
        feed_run.progress.begin(sum(one.size for one in readers))
        opened.callback(feed_run.progress.end)
        tell = _Teller(feed_run.progress, readers)
        for reader, code in zip(readers, feeds, strict=True):
            if code.at is None:
                for row in rows_without_time(reader, code, tell):
                    run.run_row(code, row, None)
        timed = [(reader, code) for reader, code in zip(readers, feeds, strict=True) if code.at]
        for time_ms, place, row in merged(timed, tell):
            run.run_row(timed[place][1], row, time_ms)


def _open(run: ScriptRun, feed_run: FeedRun, code: FeedCode, opened: ExitStack) -> FeedReader:
    shown, span = code.file, _span_of_name(run, code)
    try:
        path = _path_in(feed_run.folder, code.file)
        shown = os.path.abspath(os.path.join(feed_run.folder, code.file))
        reader = open_feed(path, code.file)
    except CannotRead as cannot:
        message, advice = f"the feed `{shown}` cannot be read", cannot.help
        if cannot.code == NO_FILE:
            option = ", or name the folder that holds it with `--data`"
            advice = f"put the file there{option if feed_run.has_data_option else ''}"
        run.stop_at_input(message, span, cannot.message, advice=advice, code=cannot.code)
    except FeedFault as fault:
        label = "this file cannot be used as a feed"
        run.stop_at_input(str(fault), span, label, advice=fault.help, code=fault.code)
    opened.callback(reader.close)
    return reader


def _span_of_name(run: ScriptRun, code: FeedCode) -> Span:
    """Return where a feed names its file: the first text behind `feed`."""
    source = run.sources.get(code.span.source)
    written = "" if source is None else source.slice(code.span).split("\n", 1)[0]
    start = written.find('"')
    end = written.find('"', start + 1) + 1
    if start < 0 or end <= start:
        return code.span
    first = code.span.start
    return Span(code.span.source, first + start, first + end)


def _path_in(folder: str, name: str) -> str:
    """Return the path of a feed's file. Raises `CannotRead` for a name that leads elsewhere."""
    root = os.path.realpath(folder)
    try:
        path = os.path.realpath(os.path.join(root, name))
    except (OSError, ValueError):
        path = ""
    if os.path.isabs(name) or not path.startswith(os.path.join(root, "")):
        raise CannotRead(
            "E0016",
            "this name leads out of the folder of the data",
            "put the file into that folder, or name the folder with `--data`",
        )
    return path


def _check_columns(run: ScriptRun, reader: FeedReader, wanted: Mapping[str, Span]) -> None:
    if reader.columns is None:
        return
    for column, span in wanted.items():
        if column not in reader.columns:
            known = ", ".join(f"`{one}`" for one in reader.columns)
            run.stop_at_input(
                f"`{reader.name}` has no column `{column}`",
                span,
                "no column of this name",
                advice=did_you_mean(column, reader.columns) or f"its columns are {known}",
                code="E0023",
            )


class _Teller:
    """Tells a progress bar how many bytes have been read, but not at every row."""

    def __init__(self, progress: Progress, readers: list[FeedReader]) -> None:
        self.progress = progress
        self.readers = readers
        self.row_count = 0
        self.ahead_count = 0

    def __call__(self, row_count: int) -> None:
        if not row_count:
            self.ahead_count += 1
            if self.ahead_count % TOLD_EVERY == 0:
                self.progress.look_ahead(self.ahead_count)
            return
        self.row_count += 1
        if self.row_count % TOLD_EVERY == 0:
            read = sum(one.run_byte_count for one in self.readers)
            self.progress.move(read, self.row_count, sum(one.run_size for one in self.readers))
