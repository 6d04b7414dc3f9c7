"""What each rule of the grammar stands for: the builders of the declarations, and all of them.

In come the span and the children of a rule that was recognised, in the grammar's order with None
for what is absent; out comes its node. It knows neither Lark nor how the rules were found.
"""

from __future__ import annotations

from typing import Any

from servanda.grammar import tree
from servanda.grammar.build_expressions import DEEPENING, expression_builders, name_of
from servanda.grammar.build_mixed import mixed_builders
from servanda.grammar.build_statements import block_of, statement_builders
from servanda.grammar.derive import Build
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.source import Span
from servanda.grammar.text_literals import TextReader
from servanda.grammar.tokens import Token

__all__ = ["DEEPENING", "make_builders"]

Children = list[Any]


def make_builders(reader: TextReader, diagnostics: Diagnostics) -> dict[str, Build]:
    """Return the builder of every rule, by the name the grammar gives it."""
    return (
        expression_builders(reader)
        | mixed_builders(diagnostics)
        | statement_builders(reader, diagnostics)
        | _DECLARATIONS
        | _text_builders(reader)
        | _timer_builders(diagnostics)
    )


def _text_builders(reader: TextReader) -> dict[str, Build]:
    """Return the builders of the rules that hold plain text."""

    def timezone(span: Span, children: Children) -> tree.Timezone:
        return tree.Timezone(reader.read_plain(children[1]), span=span)

    def description(_: Span, children: Children) -> str:
        return reader.read_plain(children[0])

    def invariant(span: Span, children: Children) -> tree.InvariantDeclaration:
        _, title, for_each, _, condition = children
        return tree.InvariantDeclaration(reader.read_plain(title), for_each, condition, span=span)

    def test(span: Span, children: Children) -> tree.TestDeclaration:
        _, title, (description, body) = children
        return tree.TestDeclaration(reader.read_plain(title), body, description, span=span)

    return {
        "timezone": timezone,
        "description": description,
        "invariant": invariant,
        "test": test,
    }


def _timer_builders(diagnostics: Diagnostics) -> dict[str, Build]:
    """Return the builders of the timers."""

    def every(span: Span, children: Children) -> tree.TimerDeclaration:
        _, (days, day_of_month, period), _, clock, _, name, path, _, states, block = children
        minutes = None if clock is None else _clock_minutes(clock, span.source, diagnostics)
        last = states.span if states else clock or period
        spot = Span(span.source, span.start, last.end)
        trigger = tree.Every(days, day_of_month, minutes, states, span=spot)
        return _timer(span, name, path, trigger, block)

    return {"every": every}


def _clock_minutes(token: Token, source_name: str, diagnostics: Diagnostics) -> int:
    """Return the minutes since midnight of `02:00`."""
    hours, minutes = int(token.text[:2]), int(token.text[3:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 (the clock of ISO 8601)
        diagnostics.report(
            Diagnostic(
                "E0114",
                f"`{token.text}` is no time of day",
                Span(source_name, token.start, token.end),
                label="the clock runs from `00:00` to `23:59`",
                help="write hours and minutes, such as `02:00`",
            )
        )
        return 0
    return hours * 60 + minutes


def _timer(
    span: Span,
    name: tree.Name,
    path: tree.Path,
    trigger: tree.HasBeen | tree.Reaches | tree.Every,
    described_block: tuple[str | None, tree.Block],
) -> tree.TimerDeclaration:
    description, body = described_block
    return tree.TimerDeclaration(name, path, trigger, body, description, span=span)


def _header(span: Span, children: Children) -> tree.Header:
    return tree.Header(children[1], int(children[3].text), span=span)


def _use(span: Span, children: Children) -> tree.Use:
    _, contract, _, alias, _, _, chain = children
    return tree.Use(contract, alias, chain, span=span)


def _role(span: Span, children: Children) -> tree.RoleDeclaration:
    return tree.RoleDeclaration(tuple(children[1:]), span=span)


def _unit(span: Span, children: Children) -> tree.UnitDeclaration:
    return tree.UnitDeclaration(children[1], int(children[3].text), span=span)


def _enum(span: Span, children: Children) -> tree.EnumDeclaration:
    return tree.EnumDeclaration(children[1], tuple(children[2:]), span=span)


def _lifecycle(span: Span, children: Children) -> tree.LifecycleDeclaration:
    _, name, description, *lines = children
    return tree.LifecycleDeclaration(name, tuple(lines), description, span=span)


def _lifecycle_line(span: Span, children: Children) -> tree.LifecycleLine:
    sources, targets = children
    return tree.LifecycleLine(sources, targets.names if targets else (), span=span)


def _record(span: Span, children: Children) -> tree.RecordDeclaration:
    _, name, keys, description, seen_by, *fields = children
    return tree.RecordDeclaration(name, keys, tuple(fields), seen_by, description, span=span)


def _event(span: Span, children: Children) -> tree.EventDeclaration:
    return tree.EventDeclaration(children[1], children[2], span=span)


def _rule_short(span: Span, children: Children) -> tree.RuleDeclaration:
    _, name, parameters, result, body = children
    return tree.RuleDeclaration(name, parameters, result, body, span=span)


def _rule(span: Span, children: Children) -> tree.RuleDeclaration:
    _, name, parameters, result, description, authority, *statements = children
    body = block_of(span, statements)
    return tree.RuleDeclaration(name, parameters, result, body, authority, description, span=span)


def _decision(span: Span, children: Children) -> tree.DecisionDeclaration:
    _, name, policy, description, (inputs, outputs), *rows = children
    return tree.DecisionDeclaration(
        name, policy or (), inputs, outputs, tuple(rows), description, span=span
    )


def _policy(span: Span, children: Children) -> tuple[tree.Name, ...]:
    return tuple(name_of(span, token) for token in children)


def _decision_header(_: Span, children: Children) -> tuple[Any, Any]:
    return children[0], children[1]


def _column(span: Span, children: Children) -> tree.Column:
    name, type_, _, bound = children
    if isinstance(bound, tuple):
        bound = tree.Alternatives(bound, span=bound[0].span.to(bound[-1].span))
    return tree.Column(name, type_, bound, span=span)


def _decision_row(span: Span, children: Children) -> tree.DecisionRow:
    return tree.DecisionRow(children[0], children[1], span=span)


def _cell_any(span: Span, _: Children) -> tree.CellAny:
    return tree.CellAny(span=span)


def _cell_list(span: Span, children: Children) -> tree.CellItems:
    return tree.CellItems(tuple(children), span=span)


def _cell_not(span: Span, children: Children) -> tree.CellItems:
    return tree.CellItems(tuple(children[1:]), is_negated=True, span=span)


def _cell_comparison(span: Span, children: Children) -> tree.CellComparison:
    return tree.CellComparison(children[0], children[1], span=span)


def _clause(span: Span, children: Children) -> tree.ClauseDeclaration:
    _, name, parameters, (description, body) = children
    return tree.ClauseDeclaration(name, parameters, body, description, span=span)


def _action(span: Span, children: Children) -> tree.ActionDeclaration:
    _, name, parameters, result, description, authority, *statements = children
    body = block_of(span, statements)
    return tree.ActionDeclaration(name, parameters, result, authority, body, description, span=span)


def _signer_path(span: Span, children: Children) -> tree.SignerPath:
    path, _, alias = children
    return tree.SignerPath(path, alias, span=span)


def _signer_quorum(span: Span, children: Children) -> tree.SignerQuorum:
    count, _, path, _, alias = children
    return tree.SignerQuorum(int(count.text), path, alias, span=span)


def _signer_contract(span: Span, children: Children) -> tree.SignerContract:
    return tree.SignerContract(children[1], span=span)


def _authority_all(span: Span, children: Children) -> tree.Authority:
    return tree.AuthorityAll(tuple(children[::2]), span=span)


def _when_state(span: Span, children: Children) -> tree.TimerDeclaration:
    _, name, path, has, _, states, _, duration, block = children
    spot = Span(span.source, has.start, duration.span.end)
    return _timer(span, name, path, tree.HasBeen(states, duration, span=spot), block)


def _when_reaches(span: Span, children: Children) -> tree.TimerDeclaration:
    _, name, path, in_, states, reaches, moment, block = children
    spot = Span(span.source, (in_ or reaches).start, moment.span.end)
    return _timer(span, name, path, tree.Reaches(states, moment, span=spot), block)


def _period_day(_: Span, children: Children) -> tuple[int | None, int | None, Token]:
    return 1, None, children[0]


def _period_days(_: Span, children: Children) -> tuple[int | None, int | None, Token]:
    return int(children[0].text.replace("_", "")), None, children[1]


def _period_month(_: Span, children: Children) -> tuple[int | None, int | None, Token]:
    return None, int(children[2].text.replace("_", "")), children[2]


def _for_each(span: Span, children: Children) -> tree.ForEach:
    _, binder, _, domain, where = children
    return tree.ForEach(binder, domain, where, span=span)


def _second(_: Span, children: Children) -> Any:
    return children[1]


def _third(_: Span, children: Children) -> Any:
    return children[2]


def _first(_: Span, children: Children) -> Any:
    return children[0]


def _all(_: Span, children: Children) -> tuple[Any, ...]:
    return tuple(children)


_DECLARATIONS: dict[str, Build] = {
    "header": _header,
    "use": _use,
    "role": _role,
    "unit": _unit,
    "enum": _enum,
    "lifecycle": _lifecycle,
    "lifecycle_line": _lifecycle_line,
    "record": _record,
    "keys": _all,
    "seen_by": _third,
    "field": _first,
    "event": _event,
    "rule_short": _rule_short,
    "rule": _rule,
    "decision": _decision,
    "policy": _policy,
    "decision_header": _decision_header,
    "columns": _all,
    "result_columns": _all,
    "column": _column,
    "decision_row": _decision_row,
    "cells": _all,
    "cell_any": _cell_any,
    "cell_list": _cell_list,
    "cell_not": _cell_not,
    "cell_comparison": _cell_comparison,
    "outputs": _all,
    "clause": _clause,
    "action": _action,
    "by": _second,
    "authority_all": _authority_all,
    "signer_path": _signer_path,
    "signer_quorum": _signer_quorum,
    "signer_contract": _signer_contract,
    "when_state": _when_state,
    "when_reaches": _when_reaches,
    "period_day": _period_day,
    "period_days": _period_days,
    "period_month": _period_month,
    "for_each": _for_each,
}
