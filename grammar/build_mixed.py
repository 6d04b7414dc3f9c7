"""The builders of `or`, and of the brackets that say how it goes with `and`.

In come the children of those rules; out come their nodes, and a warning where `and` stands within
`or` without brackets. Brackets leave no node, so that only here they are known.
"""

from __future__ import annotations

from typing import Any

from servanda.grammar import tree
from servanda.grammar.derive import Build
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.format_declaration import authority_text
from servanda.grammar.format_expression import flat_expression
from servanda.grammar.source import Span

Children = list[Any]

SHOWN_MAX = 60
"""What is longer than this is not written out in a help."""


def mixed_builders(diagnostics: Diagnostics) -> dict[str, Build]:
    """Return the builders of `or` and of brackets, which warn through `diagnostics`."""
    in_brackets: set[Span] = set()

    def bracketed(_: Span, children: Children) -> Any:
        # The formatter writes the brackets that the precedence needs.
        in_brackets.add(children[0].span)
        return children[0]

    def either(span: Span, children: Children) -> tree.Binary:
        for operand in (children[0], children[-1]):
            is_both = isinstance(operand, tree.Binary) and operand.operator is tree.Operator.AND
            if is_both and operand.span not in in_brackets:
                diagnostics.report(_mixed(operand.span, flat_expression(operand)))
        return tree.Binary(tree.Operator.OR, children[0], children[-1], span=span)

    def authority_any(span: Span, children: Children) -> tree.Authority:
        choices = tuple(children[::2])
        if len(choices) == 1:
            only: tree.Authority = choices[0]
            return only
        for choice in choices:
            if isinstance(choice, tree.AuthorityAll) and choice.span not in in_brackets:
                diagnostics.report(_mixed(choice.span, authority_text(choice)))
        return tree.AuthorityAny(choices, span=span)

    return {
        "bracketed": bracketed,
        "signer_bracketed": bracketed,
        "either": either,
        "authority_any": authority_any,
    }


def _mixed(span: Span, written: str) -> Diagnostic:
    """Return the warning of an `and` that stands within `or` without brackets."""
    shown = f"`({written})`" if len(written) <= SHOWN_MAX else "`(… and …)`"
    return Diagnostic(
        "W0130",
        "`and` and `or` are mixed without brackets",
        span,
        "this is read as one: `and` binds more than `or`",
        help=f"write {shown}, or bracket what belongs together",
    )
