"""`servanda fmt`: files written in the one style, or with `--check` only looked at.

Exit status (see `exit_status`): 1 also when `--check` found a file in another style.
"""

from __future__ import annotations

import argparse
import sys

from servanda.discovery import find_files
from servanda.exit_status import DONE, NOT_TRIED, SAID_NO, status_of
from servanda.grammar.characters import SOURCE_SIZE_MAX
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.formatter import format_source
from servanda.grammar.parser import use_grammar_cache
from servanda.grammar.source import Source
from servanda.grammar_cache import DiskGrammarCache
from servanda.loading import Kind
from servanda.replace_file import replace_file
from servanda.sources import decode_source, read_source
from servanda.styled_lines import Piece, print_diagnostics, print_lines

STANDARD_INPUT = "-"


def format_files(options: argparse.Namespace) -> int:
    """Format files in place (standard input to standard output); return the exit status."""
    only_checks: bool = options.check
    use_grammar_cache(DiskGrammarCache())
    statuses = [
        _format_input(only_checks=only_checks)
        if path == STANDARD_INPUT
        else _format_file(path, only_checks=only_checks)
        for path in find_files(options.paths, tuple(Kind))
    ]
    return max(statuses, default=DONE)


def _format_input(*, only_checks: bool) -> int:
    diagnostics = Diagnostics()
    data = sys.stdin.buffer.read(SOURCE_SIZE_MAX + 1)
    source = decode_source("<stdin>", data, diagnostics, size=len(data))
    formatted = _formatted(source, diagnostics)
    if formatted is None:
        return status_of([diagnostics])
    if not only_checks:
        sys.stdout.write(formatted)
    return SAID_NO if only_checks and formatted != source.text else DONE


def _format_file(path: str, *, only_checks: bool) -> int:
    diagnostics = Diagnostics()
    source = read_source(path, diagnostics)
    formatted = _formatted(source, diagnostics)
    if formatted is None:
        return status_of([diagnostics])
    if formatted == source.text:
        return DONE
    if only_checks:
        print_lines([[Piece(f"{path} would be written otherwise")]], sys.stdout)
        return SAID_NO
    try:
        replace_file(path, formatted.encode("utf-8"))
    except OSError as error:
        told = f": `{path}` cannot be written: {error.strerror or error}"
        print_lines([[Piece("error", "error"), Piece(told)]], sys.stderr)
        return NOT_TRIED
    print_lines([[Piece(f"{path} is written anew")]], sys.stdout)
    return DONE


def _formatted(source: Source, diagnostics: Diagnostics) -> str | None:
    formatted = None
    # The line ends of another system are mended here: no other command takes them.
    plain = source.with_plain_line_ends()
    if not diagnostics.has_errors:
        formatted = format_source(plain, diagnostics)
    print_diagnostics(diagnostics, {source.name: plain}, sys.stderr)
    return None if diagnostics.has_errors else formatted
