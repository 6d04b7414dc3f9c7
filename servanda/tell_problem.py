"""Telling why a command did not begin: people on standard error, programs by one JSON document.

The document, on standard output as that of `check --json`: `ok` (false), `diagnostics`, `left_out`
(how many more there are), and `error`: null, or a `message` and a `help` where no source is wrong.
"""

from __future__ import annotations

import sys

from servanda.diagnostic_json import JsonValue, diagnostics_to_json, write_json
from servanda.exit_status import NOT_TRIED, status_of
from servanda.loading import Loader
from servanda.styled_lines import Piece, print_diagnostics, print_lines


def tell_bad_sources(loader: Loader, *, is_json: bool) -> int:
    """Tell what is wrong with the files that were looked at; return the exit status."""
    files = list(loader.files.values())
    if is_json:
        every = [one for loaded in files for one in loaded.diagnostics]
        document: dict[str, JsonValue] = {
            "ok": False,
            "diagnostics": diagnostics_to_json(every, loader.sources),
            "left_out": sum(one.diagnostics.left_out_count for one in files),
            "error": None,
        }
        write_json(document, sys.stdout)
    else:
        for one in files:
            if one.diagnostics.has_errors:  # Warnings are for `check`.
                print_diagnostics(one.diagnostics, loader.sources, sys.stderr)
    return status_of(one.diagnostics for one in files)


def tell_problem(message: str, advice: str = "", *, is_json: bool) -> int:
    """Tell why nothing could be tried though no source is wrong; return the exit status."""
    if is_json:
        error: JsonValue = {"message": message, "help": advice}
        write_json({"ok": False, "diagnostics": [], "left_out": 0, "error": error}, sys.stdout)
        return NOT_TRIED
    print_lines([[Piece("error", "error"), Piece(f": {message}")]], sys.stderr)
    if advice:
        print_lines([[Piece("help:", "help"), Piece(f" {advice}")]], sys.stderr)
    return NOT_TRIED
