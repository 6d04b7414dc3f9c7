"""How large one declaration may be: beyond it, no checker could answer within its two seconds.

In comes a declaration that was read; reported is what it has too many of. It knows no meaning.
"""

from __future__ import annotations

from collections.abc import Iterator

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics

ROWS_MAX = 2_000
"""Rows of one decision: that they leave no gap and do not overlap costs their square to prove."""

ARROWS_MAX = 1_000
"""Lines of one lifecycle: what each action does to each state is followed."""

SIGNERS_MAX = 64
"""Signers that one authority names."""


def check_limits(item: object, diagnostics: Diagnostics) -> None:
    """Report a declaration that is larger than one may be."""
    authority: tree.Authority | None = None
    match item:
        case tree.DecisionDeclaration(rows=rows) if len(rows) > ROWS_MAX:
            advice = "divide the decision into several, one of which chooses among the others"
            _report(
                f"a decision has at most {ROWS_MAX:_} rows", rows[ROWS_MAX], advice, diagnostics
            )
        case tree.LifecycleDeclaration(lines=lines) if len(lines) > ARROWS_MAX:
            advice = "divide the lifecycle into several, each of a record of its own"
            message = f"a lifecycle has at most {ARROWS_MAX:_} lines"
            _report(message, lines[ARROWS_MAX], advice, diagnostics)
        case tree.ActionDeclaration() | tree.RuleDeclaration():
            authority = item.authority
        case tree.RecordDeclaration():
            authority = item.seen_by
    if authority is None:
        return
    signers = list(_signers(authority))
    if len(signers) > SIGNERS_MAX:
        message = f"an authority names at most {SIGNERS_MAX} signers"
        advice = "give those who may sign a role of their own"
        _report(message, signers[SIGNERS_MAX], advice, diagnostics)


def _signers(authority: tree.Authority) -> Iterator[tree.Node]:
    waiting = [authority]
    while waiting:
        match waiting.pop():
            case tree.AuthorityAny(choices=parts) | tree.AuthorityAll(parts=parts):
                waiting.extend(reversed(parts))
            case signer:
                yield signer


def _report(message: str, node: tree.Node, advice: str, diagnostics: Diagnostics) -> None:
    diagnostics.report(Diagnostic("E0026", message, node.span, "this is one more", help=advice))
