"""What the words of every command share: the form of a command, and what a number is.

A command is one entry of a table: its name, what it is for, examples that work as they stand, its
words, and where the function stands that carries it out. That module is imported when the command
is asked for, so that `check` starts fast.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import NamedTuple, NoReturn, TypeAlias

from servanda.interpreter.check.suggest import did_you_mean

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
AddWords: TypeAlias = "Callable[[argparse.ArgumentParser], None]"

CHOICE_FORM = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Words(argparse.ArgumentParser):
    """A parser of words that says which one was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong with the words and stop with the status of wrong usage."""
        if found := CHOICE_FORM.search(message):
            near = did_you_mean(found[1], re.findall(r"[\w-]+", found[2]))
            message += f"\nhelp: {near}" if near else ""
        super().error(message)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Return what the words say; nothing of a command is left for the one above it to tell.

        Until Python 3.13 a word that may be left out is taken for left out as soon as an option
        comes before it: `blocks bank --json 5`. Here it is found among what was left over.
        """
        found, left = super().parse_known_args(args, namespace)
        for action in self._get_positional_actions():
            is_missing = action.nargs == "?" and getattr(found, action.dest) is None
            if is_missing and left and not left[0].startswith("-"):
                try:
                    setattr(found, action.dest, self._get_values(action, [left.pop(0)]))
                except argparse.ArgumentError as wrong:
                    self.error(str(wrong))
        if left and "inner" in self._defaults and "chain_command" not in found:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return found, left


class Command(NamedTuple):
    """A command: `run` names the function, `module:function`, that takes what was typed."""

    name: str
    summary: str
    examples: tuple[str, ...]
    """Each one line, which begins with `servanda`."""
    add_words: AddWords
    run: str


def add_commands(to: Commands, commands: Iterable[Command], through: str = "") -> None:
    """Add commands, each with what it is for, examples of it and its own words.

    `through` names a function that is run in their place, and itself carries them out.
    """
    for one in commands:
        examples = "".join(f"  {line}\n" for line in one.examples)
        parser = to.add_parser(
            one.name,
            help=one.summary,
            description=one.summary,
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        # What the words themselves set, commands of a command, stands.
        parser.set_defaults(run=through or one.run, inner=one.run)
        one.add_words(parser)


def carry_out(options: argparse.Namespace, named: str) -> int:
    """Give what was typed to the function `module:function`; return its exit status."""
    module, _, name = named.partition(":")
    run: Callable[[argparse.Namespace], int] = getattr(import_module(module), name)
    return run(options)


def add_json(parser: argparse.ArgumentParser, what: str = "print one JSON document") -> None:
    """Add the word for whoever reads with a program."""
    parser.add_argument("--json", action="store_true", help=what)


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
