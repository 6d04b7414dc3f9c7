"""Exit statuses: one table for every command (docs/decisions/0023-exit-status.md).

In come diagnostics; out comes the status that they call for.
"""

from __future__ import annotations

from collections.abc import Iterable

from servanda.grammar.diagnostics import Diagnostic, Diagnostics

DONE = 0
"""What was asked for is done."""
SAID_NO = 1
"""A source, a test or the rules said no."""
NOT_TRIED = 2
"""It could not be tried: a file is missing or no text, a word of the command line is wrong."""
NO_TEST = 5
"""`servanda test` found no test."""
OUR_MISTAKE = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

DEPTH_CODE = "E0103"
"""Nesting deeper than a source may have: a limit, like the length of a line."""


def status_of(found: Iterable[Diagnostics]) -> int:
    """Return the status that the worst of the diagnostics calls for."""
    errors = [one for diagnostics in found for one in diagnostics if not one.is_warning]
    if any(is_unusable(one) for one in errors):
        return NOT_TRIED
    return SAID_NO if errors else DONE


def is_unusable(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic is about the file and not about what it says."""
    return diagnostic.code.startswith("E00") or diagnostic.code == DEPTH_CODE
