"""Contracts on other chains, as far as `servanda check` needs them: the headings of files beside.

In comes the tree of a contract; out come the headings of those that it reads by proof. Which
contract really runs on the other chain is settled where this one is deployed: a file beside it says
what its author takes it for.
"""

from __future__ import annotations

from collections.abc import Callable

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.interpreter.check import Declarations, Elsewhere, headings_of, uses_of
from servanda.sources import read_source

Find = Callable[[str], str | None]
"""Finds the path of a contract by its name."""


class HeadingsFailed(Exception):  # noqa: N818 -- what is wrong is a file, and is told in its place
    """The file of a contract on another chain cannot be read as one; `path` names it."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def load_elsewhere(file: tree.File, find: Find, diagnostics: Diagnostics) -> Elsewhere | None:
    """Return what a contract reads on other chains, or None after saying what is not there."""
    found: dict[tuple[str, str], Declarations] = {}
    is_whole = True
    for use in uses_of(file):
        if use.chain is None:
            continue
        name = use.contract.text
        try:
            headings = _headings(name, find, ())
        except HeadingsFailed as failed:
            is_whole = False
            diagnostics.report(
                Diagnostic(
                    "E0282",
                    f"the contract `{name}` has errors",
                    use.contract.span,
                    "read by proof here",
                    help=f"put `{failed.path}` right first",
                )
            )
            continue
        if headings is not None:
            found[use.chain.text, name] = headings
    return found if is_whole else None


def _headings(name: str, find: Find, open_paths: tuple[str, ...]) -> Declarations | None:
    """Return the headings of a contract; None where there is no file, which the checker tells."""
    path = find(name)
    if path is None:
        return None
    if path in open_paths:
        raise HeadingsFailed(path)
    diagnostics = Diagnostics()
    source = read_source(path, diagnostics)
    file = None if diagnostics.has_errors else parse(source, diagnostics)
    if file is None or diagnostics.has_errors:
        raise HeadingsFailed(path)
    used: dict[str, Declarations] = {}
    for use in uses_of(file):
        if use.chain is None:
            below = _headings(use.contract.text, find, (*open_paths, path))
            if below is not None:
                used[use.contract.text] = below
    headings = headings_of(file, used, diagnostics)
    if headings is None or headings.contract != name:
        raise HeadingsFailed(path)
    return headings
