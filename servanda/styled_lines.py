"""Styled lines: text in pieces that play a role, written in colour or plain.

In come lines; out they go, coloured on a terminal (unless NO_COLOR is set) and plain anywhere
else. A plain start does without rich, which costs it more time than a small check takes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TextIO

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.source import Source

PLAIN_WIDTH = 100
"""Cells in a line where there is no terminal to ask."""

WIDTH_MIN = 40

STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "good": "green",
    "title": "bold",
    "primary": "bold red",
    "secondary": "blue",
    "gutter": "blue",
    "help": "bold cyan",
    "quiet": "dim",
}


class Piece(NamedTuple):
    """Some text and the role it plays, which decides its colour."""

    text: str
    role: str = ""


Line = list[Piece]


def width_of(file: TextIO) -> int:
    """Return how many cells a line of `file` has room for."""
    if not file.isatty():
        return PLAIN_WIDTH
    return max(WIDTH_MIN, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns)


def is_coloured(file: TextIO) -> bool:
    """Whether `file` is a terminal that wants colours."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or file.isatty()


def print_lines(lines: Iterable[Line], file: TextIO) -> None:
    """Write lines to a file, coloured if it is a terminal."""
    if not is_coloured(file):
        file.writelines("".join(piece.text for piece in line) + "\n" for line in lines)
        return
    from rich.console import Console  # noqa: PLC0415 -- a pipe does without it
    from rich.text import Text  # noqa: PLC0415 -- the same

    console = Console(file=file, force_terminal=True, highlight=False, soft_wrap=True)
    for line in lines:
        parts = [(piece.text, STYLES.get(piece.role, "")) for piece in line]
        console.print(Text.assemble(*parts))


def print_diagnostics(
    diagnostics: Diagnostics, sources: Mapping[str, Source], file: TextIO
) -> None:
    """Write every diagnostic with its excerpts, a blank line after each."""
    if not len(diagnostics):
        return
    from servanda.rendering import render_diagnostic  # noqa: PLC0415 -- measured with rich

    width = width_of(file)
    for diagnostic in diagnostics:
        print_lines([*render_diagnostic(diagnostic, sources, width), []], file)
    if diagnostics.left_out_count:
        count = diagnostics.left_out_count
        print_lines([[Piece(f"… and {count} more", "quiet")], []], file)
