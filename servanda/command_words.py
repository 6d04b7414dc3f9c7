"""What the words of every command share: how one is added, and what a number is."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


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


def whole_number(text: str) -> int:
    """Return the number from 1 that a user typed."""
    if text.isascii() and text.isdecimal() and int(text[:12]) >= 1:
        return int(text[:12])
    raise argparse.ArgumentTypeError(f"`{text}` is no number from 1")
