"""Tables on a terminal or in a file: columns that fit, and no colours where nobody sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from servanda.excerpt import visible_text
from servanda.styled_lines import is_coloured, width_of


class Column(NamedTuple):
    """A heading; numbers stand to the right and are never broken."""

    title: str
    is_number: bool = False


def console_of(file: TextIO) -> Console:
    """Return a console that writes to a file, coloured if it is a terminal that wants colours."""
    is_colourful = is_coloured(file)
    return Console(
        file=file,
        force_terminal=is_colourful,
        no_color=not is_colourful,
        width=width_of(file),
        highlight=False,
        markup=False,
        emoji=False,
    )


def print_table(console: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, and an empty line below it."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        if column.is_number:
            table.add_column(column.title, justify="right", no_wrap=True)
        else:
            table.add_column(column.title, overflow="fold")
    for row in rows:
        table.add_row(*map(visible_text, row))
    with console.capture() as capture:
        console.print(table)
    # Blanks at the end of a line are noise in a file and in a diff.
    lines = [line.rstrip() for line in capture.get().splitlines()]
    console.file.write("\n".join(line for line in lines if line) + "\n\n")
