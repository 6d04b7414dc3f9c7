"""The rows of a feed as a script reads them, and what is wrong with a row.

A cell is text until the script converts it; a conversion that fails names the file, the line and
the column of the cell.
"""

# What a parser reads from a cell may be anything.
# ruff: noqa: ANN401

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.show import show_text

SHOWN_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row, and where: line and column count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RowFault(Exception):  # noqa: N818 -- what is wrong is the row, not the program
    """A row cannot be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class FeedRow(Protocol):
    """One row of a feed."""

    @property
    def line(self) -> int:
        """The line on which the row begins, from 1."""

    def cell(self, column: str) -> str:
        """Return a cell as text."""

    def read(self, parser: Callable[..., Any], column: str, *more: Any) -> Any:
        """Return a cell as the value that `parser` reads from it."""

    def fault(self, message: str, column: str = "") -> RowFault:
        """Return what to raise when something is wrong with the row or one of its cells."""


class CsvRow:
    """A row of a CSV file; `lines` is its text as it stands in the file."""

    __slots__ = ("cells", "file", "line", "lines", "places")

    def __init__(
        self, file: str, line: int, lines: list[str], places: Mapping[str, int], cells: list[str]
    ) -> None:
        self.file = file
        self.line = line
        self.lines = lines
        self.places = places
        self.cells = cells

    def cell(self, column: str) -> str:
        """Return a cell as text."""
        return self.cells[self.places[column]]

    def read(self, parser: Callable[..., Any], column: str, *more: Any) -> Any:
        """Return a cell as the value that `parser` reads from it."""
        text = self.cells[self.places[column]]
        try:
            return parser(text, *more)
        except Unreadable as unreadable:
            raise self.fault(_unreadable(column, unreadable, text), column) from None

    def fault(self, message: str, column: str = "") -> RowFault:
        """Return the fault, located at the cell (or the row)."""
        line, place = 0, 1
        if column in self.places:
            line, place = cell_place(self.lines, self.places[column])
        return RowFault(Fault(self.file, self.line + line, place, message))


class JsonRow:
    """An object of a JSON Lines file; numbers are kept as they were written."""

    __slots__ = ("cells", "file", "line", "text")

    def __init__(self, file: str, line: int, text: str, cells: Mapping[str, object]) -> None:
        self.file = file
        self.line = line
        self.text = text
        self.cells = cells

    def cell(self, column: str) -> str:
        """Return a cell as text."""
        value = self.cells.get(column, _ABSENT)
        if isinstance(value, str):
            return value
        if value is True or value is False:
            return "true" if value else "false"
        if value is _ABSENT:
            what = f"the object has no `{column}`"
        elif value is None:
            what = f"`{column}` is null"
        else:
            what = f"`{column}` is no text, number or truth value"
        raise self.fault(what, column)

    def read(self, parser: Callable[..., Any], column: str, *more: Any) -> Any:
        """Return a cell as the value that `parser` reads from it."""
        text = self.cell(column)
        try:
            return parser(text, *more)
        except Unreadable as unreadable:
            raise self.fault(_unreadable(column, unreadable, text), column) from None

    def fault(self, message: str, column: str = "") -> RowFault:
        """Return the fault, located at the name of the cell (or the row)."""
        place = self.text.find(json.dumps(column, ensure_ascii=False)) if column else 0
        return RowFault(Fault(self.file, self.line, max(0, place) + 1, message))


_ABSENT = object()


def _unreadable(column: str, unreadable: Unreadable, text: str) -> str:
    shown = show_text(text, SHOWN_LENGTH_MAX)
    if shown in unreadable.message:
        return f"`{column}`: {unreadable.message}"
    return f"`{column}` is {shown}: {unreadable.message}"


def cell_place(lines: list[str], index: int) -> tuple[int, int]:
    """Return the line (from 0) and column (from 1) at which cell `index` of a CSV record begins."""
    is_quoted, passed = False, 0
    if index == 0:
        return 0, 1
    for number, line in enumerate(lines):
        for offset, letter in enumerate(line):
            if letter == '"':
                is_quoted = not is_quoted
            elif letter == "," and not is_quoted:
                passed += 1
                if passed == index:
                    return number, offset + 2
    return 0, 1
