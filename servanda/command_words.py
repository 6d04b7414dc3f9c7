"""What the words of every command share: how one is added, and what a number is."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn, TypeAlias

from servanda.interpreter.check.suggest import did_you_mean

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


CHOICE_FORM = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Words(argparse.ArgumentParser):
    """A parser of words that says which one was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong with the words and stop with the status of wrong usage."""
        if found := CHOICE_FORM.search(message):
            near = did_you_mean(found[1], re.findall(r"[\w-]+", found[2]))
            message += f"\nhelp: {near}" if near else ""
        super().error(message)


def add_command(
    commands: Commands, name: str, summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add a command with what it is for and examples of it."""
    return commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


NUMBER_FORM = re.compile(r"[0-9]+|[0-9]{1,3}(?:[,_][0-9]{3})+")
"""A number as it is typed, or as it is printed: `14185`, `14,185`, `14_185`."""
ROW_FORM = re.compile(r"(.+?):([0-9][0-9,_]*)(?::[0-9]+)?")
"""A row as it is printed, also that of a malformed one with its column: `orders.csv:17:3`."""


def row_place(text: str) -> tuple[str, int]:
    """Return the file and the line of the row that a user typed."""
    if found := ROW_FORM.fullmatch(text):
        return found[1], whole_number(found[2])
    raise argparse.ArgumentTypeError(f"`{text}` is no row: write its file and line, `rows.csv:17`")


def whole_number(text: str) -> int:
    """Return the number from 1 that a user typed."""
    if NUMBER_FORM.fullmatch(text):
        number = int(text.replace(",", "").replace("_", "")[:12])
        if number >= 1:
            return number
    raise argparse.ArgumentTypeError(f"`{text}` is no number from 1")
