"""Feeds: the rows of a CSV or JSON Lines file, read one by one in little memory.

In comes a file; out come rows and, in their place, what is wrong with those that cannot be used.
Lines and records are bounded, so that no file, however large or broken, needs more memory than
its longest permitted record. Source: RFC 4180 (CSV, with quoted cells), jsonlines.org.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from servanda.feed_rows import CsvRow, Fault, FeedRow, JsonRow, RowFault, cell_place
from servanda.sources import open_regular

RECORD_BYTES_MAX = 65_536
"""The longest line, and the longest record of several lines: as long as a transaction may be."""

BYTE_ORDER_MARK = "\ufeff"
CELL_COUNT_MAX = 1_000
CHUNK_BYTES = 1_048_576


class FeedFault(Exception):  # noqa: N818 -- what is wrong is the file, not the program
    """A whole file cannot be used as a feed; `code` tells why and `help` what to do."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.help = advice


class FeedReader(Protocol):
    """A file open as a feed."""

    name: str
    size: int
    columns: tuple[str, ...] | None
    """What a row has, or None where each row has its own."""

    run_size: int
    """How many bytes are to be read for the rows that run."""

    @property
    def run_byte_count(self) -> int:
        """How many of them have been read; what is read to order the rows is none of them."""

    def begin_run(self, size: int | None = None) -> None:
        """Note that what is read from here on runs; of an unsorted file it is `size` bytes."""

    @property
    def record_size(self) -> int:
        """How many bytes the last record has."""

    @property
    def record_start(self) -> tuple[int, int]:
        """The offset and the line (from 0) at which the last record began."""

    def rows(self) -> Iterator[FeedRow | Fault]:
        """Yield the rows from where the reader stands, and faults in place of bad ones."""

    def rewind(self) -> None:
        """Go back to the first row."""

    def seek(self, offset: int, line: int) -> None:
        """Go to the record that begins at an offset, on a line (from 0)."""

    def close(self) -> None:
        """Close the file."""


def open_feed(path: str, name: str) -> FeedReader:
    """Open the file at `path`, shown as `name`. Raises `FeedFault` and `CannotRead`."""
    lowered = path.lower()
    if lowered.endswith(".csv"):
        return CsvReader(path, name)
    if lowered.endswith((".jsonl", ".ndjson")):
        return JsonReader(path, name)
    raise FeedFault(
        "E0019",
        f"a feed is a `.csv` or a `.jsonl` file, and `{name}` is neither",
        "call the file by what it holds, and name it so here",
    )


class Lines:
    """The lines of a file as text, each bounded; an iterator that survives a bad line."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = file
        self.name = name
        self.offset = 0
        self.read_byte_count = 0
        """All bytes read so far, those read again included."""
        self.number = 0
        """How many lines were read."""
        self.taken: list[str] = []
        """The lines of the present record."""
        self.taken_length = 0
        self.start = (0, 0)
        self.second = (0, 0)
        self.called = "row"
        """What a bad line is told to be."""

    def begin(self) -> None:
        """Begin a record at the next line."""
        self.start = (self.offset, self.number)
        self.taken = []
        self.taken_length = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self.file.readline(RECORD_BYTES_MAX + 1)
        if not line:
            raise StopIteration
        self.offset += len(line)
        self.read_byte_count += len(line)
        self.number += 1
        if not self.taken:
            self.second = (self.offset, self.number)
        self.taken_length += len(line)
        if self.taken_length > RECORD_BYTES_MAX:
            self._skip_line(line)
            raise self._fault(f"a row has at most {RECORD_BYTES_MAX:_} bytes")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode("utf-8"))
            raise self._fault(f"the {self.called} is not text in UTF-8", column) from None
        if "\0" in text:
            raise self._fault(f"a zero byte stands in the {self.called}", text.index("\0"))
        self.taken.append(text)
        return text

    def _skip_line(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self.file.readline(CHUNK_BYTES)
            self.offset += len(line)
            self.read_byte_count += len(line)
        if not self.taken:
            self.second = (self.offset, self.number)

    def _fault(self, message: str, column: int = 0) -> RowFault:
        return RowFault(Fault(self.name, self.number, column + 1, message))

    def go(self, place: tuple[int, int]) -> None:
        """Go to an offset and line number."""
        if place[0] != self.offset:
            self.file.seek(place[0])
        self.offset, self.number = place


class _Reader:
    """What the two formats have in common."""

    def __init__(self, path: str, name: str) -> None:
        opened = open_regular(path)
        self.name = name
        self.size = self.run_size = opened.size
        self._run_start: int | None = None
        self.columns: tuple[str, ...] | None = None
        self.lines = Lines(opened.file, name)
        self.first = (0, 0)

    @property
    def run_byte_count(self) -> int:
        """How many bytes have been read for the rows that run."""
        start = self._run_start
        return 0 if start is None else self.lines.read_byte_count - start

    def begin_run(self, size: int | None = None) -> None:
        """Note that what is read from here on runs; of an unsorted file it is `size` bytes."""
        self._run_start = self.lines.read_byte_count
        self.run_size = self.size - self.first[0] if size is None else size

    @property
    def record_size(self) -> int:
        """How many bytes the last record has."""
        return self.lines.offset - self.lines.start[0]

    @property
    def record_start(self) -> tuple[int, int]:
        """The offset and the line (from 0) at which the last record began."""
        return self.lines.start

    def rewind(self) -> None:
        """Go back to the first row."""
        self.lines.go(self.first)

    def seek(self, offset: int, line: int) -> None:
        """Go to the record that begins at an offset, on a line (from 0)."""
        self.lines.go((offset, line))

    def close(self) -> None:
        """Close the file."""
        self.lines.file.close()


class CsvReader(_Reader):
    """A CSV file; its first row names the columns."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(path, name)
        try:
            self.reader = csv.reader(self.lines, strict=True)
            self.columns = self._header()
        except BaseException:
            self.close()
            raise
        self.places = {column: place for place, column in enumerate(self.columns)}
        self.first = (self.lines.offset, self.lines.number)

    def _header(self) -> tuple[str, ...]:
        lines = self.lines
        lines.begin()
        lines.called = "header"
        try:
            cells = next(self.reader, None)
        except RowFault as fault:
            raise _no_header(fault.fault) from None
        except csv.Error as error:
            raise _no_header(Fault(self.name, 1, 1, _broken(error))) from None
        lines.called = "row"
        if cells and len(cells) > CELL_COUNT_MAX:
            raise _no_header(Fault(self.name, 1, 1, f"a row has at most {CELL_COUNT_MAX:_} cells"))
        if not cells or not any(cells):
            message = "the file is empty" if cells is None else "the file has no header"
            raise _no_header(Fault(self.name, 1, 1, message))
        cells[0] = cells[0].removeprefix(BYTE_ORDER_MARK)
        for place, cell in enumerate(cells):
            if cell in cells[:place]:
                line, column = cell_place(lines.taken, place)
                message = f"the header names the column `{cell}` twice"
                told = str(Fault(self.name, line + 1, column, message))
                raise FeedFault("E0022", told, "call the columns by different names")
        return tuple(cells)

    def rows(self) -> Iterator[FeedRow | Fault]:
        """Yield the rows from where the reader stands, and faults in place of bad ones."""
        lines, reader, name, places = self.lines, self.reader, self.name, self.places
        count = len(places)
        while True:
            lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except RowFault as fault:
                yield fault.fault
                lines.go(lines.second)
                continue
            except csv.Error as error:
                # A quote that nobody closed must not swallow the rows below it.
                yield Fault(name, lines.start[1] + 1, 1, _broken(error))
                lines.go(lines.second)
                continue
            if len(cells) == count:
                yield CsvRow(name, lines.start[1] + 1, lines.taken, places, cells)
            elif cells:
                message = f"the row has {len(cells)} cells, the header names {count}"
                yield Fault(name, lines.start[1] + 1, 1, message)


def _no_header(fault: Fault) -> FeedFault:
    if fault.message.endswith("UTF-8"):
        return FeedFault("E0021", str(fault), "save the file as UTF-8")
    return FeedFault("E0020", str(fault), "let the first row name the columns")


def _broken(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quoted cell is not closed"
    if "expected after" in text:
        return "a quoted cell goes on after its closing quote"
    if "new-line character" in text:
        return "a carriage return stands alone inside the row"
    return f"the row is no CSV: {text}"


class JsonReader(_Reader):
    """A JSON Lines file: one object in a line."""

    def rows(self) -> Iterator[FeedRow | Fault]:
        """Yield the rows from where the reader stands, and faults in place of bad ones."""
        lines = self.lines
        while True:
            lines.begin()
            try:
                text = next(lines)
            except StopIteration:
                return
            except RowFault as fault:
                yield fault.fault
                continue
            text = text.rstrip("\r\n")
            if lines.number == 1:
                text = text.removeprefix(BYTE_ORDER_MARK)
            if text.strip():
                yield self._row(text, lines.number)

    def _row(self, text: str, number: int) -> FeedRow | Fault:
        try:
            value = json.loads(
                text,
                parse_float=str,
                parse_int=str,
                parse_constant=_no_constant,
                object_pairs_hook=_object,
            )
        except json.JSONDecodeError as error:
            return Fault(self.name, number, error.colno, f"this is no JSON: {error.msg.lower()}")
        except ValueError as error:
            return Fault(self.name, number, 1, str(error))
        except RecursionError:
            return Fault(self.name, number, 1, "the object is nested too deep")
        if not isinstance(value, dict):
            return Fault(self.name, number, 1, "a row is an object: `{…}`")
        return JsonRow(self.name, number, text, value)


def _no_constant(name: str) -> object:
    raise ValueError(f"`{name}` is no number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ValueError(f"the object names `{twice}` twice")
    return found
