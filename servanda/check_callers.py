"""Warn of `by contract Other` where nobody finds a contract `Other`.

In come the tree of a contract and what the loader finds; out come warnings. It refuses to know
files. Who calls is not used by who is called, so the checker, which sees only what a contract uses,
cannot tell a wrong name from that of a caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.interpreter.check.suggest import did_you_mean


def check_callers(
    file: tree.File,
    is_found: Callable[[str], bool],
    near: Callable[[], Sequence[str]],
    diagnostics: Diagnostics,
) -> None:
    """Warn of every caller that is not found; `near` gives the names that could be meant."""
    for name in callers_in(file):
        if is_found(name.text):
            continue
        diagnostics.report(
            Diagnostic(
                "W0280",
                f"no contract `{name.text}` is found that could call this",
                name.span,
                "no file beside this one, and no contract that uses this one, has this name",
                help=did_you_mean(name.text, near())
                or "write the name of the contract that calls, or put its file beside this one",
            )
        )


def callers_in(file: tree.File) -> Iterator[tree.Name]:
    """Yield the names of contracts that may do an action or ask a rule, in the file's order."""
    for item in file.items:
        if isinstance(item, tree.ActionDeclaration | tree.RuleDeclaration) and item.authority:
            yield from callers_of(item.authority)


def callers_of(authority: tree.Authority) -> Iterator[tree.Name]:
    """Yield the names of contracts in an authority."""
    match authority:
        case tree.SignerContract(name=name):
            yield name
        case tree.AuthorityAny(choices=parts) | tree.AuthorityAll(parts=parts):
            for part in parts:
                yield from callers_of(part)
