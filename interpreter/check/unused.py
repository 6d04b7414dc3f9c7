"""What a contract declares and nobody uses, as warnings.

In comes the outline of a contract without errors; out come warnings. Only what has no meaning by
itself is named: an action is there for parties, and a rule with `by` for those who may ask it.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.interpreter.check.declare import Outline
from servanda.interpreter.check.names import report
from servanda.interpreter.check.symbols import (
    ActionSymbol,
    ClauseSymbol,
    ContractSymbol,
    DecisionSymbol,
    EnumSymbol,
    EventSymbol,
    LifecycleSymbol,
    RecordSymbol,
    RoleSymbol,
    RuleSymbol,
    Symbol,
    UnitSymbol,
)
from servanda.interpreter.model import RuleModel

KINDS: dict[type[Symbol], str] = {
    RoleSymbol: "role",
    UnitSymbol: "unit",
    EnumSymbol: "enum",
    LifecycleSymbol: "lifecycle",
    RecordSymbol: "record",
    EventSymbol: "event",
    RuleSymbol: "rule",
    DecisionSymbol: "decision",
    ClauseSymbol: "clause",
    ContractSymbol: "contract",
}


def check_unused(outline: Outline, rules: Mapping[str, RuleModel]) -> None:
    """Warn of declarations, parameters and names that nobody uses."""
    checking = outline.checking
    for name, symbol in checking.declarations.symbols.items():
        if isinstance(symbol, ActionSymbol) or name in checking.used_names:
            continue
        if isinstance(symbol, RuleSymbol) and rules[name].authority is not None:
            continue
        kind = KINDS[type(symbol)]
        report(
            checking.diagnostics,
            "W0201",
            f"the {kind} `{name}` is never used",
            symbol.span,
            "declared here, and named nowhere else",
            help="use it or remove it",
        )
    for kind, local in outline.private_locals:
        if local.number in checking.used_locals:
            continue
        is_parameter = kind == "parameter"
        report(
            checking.diagnostics,
            "W0202" if is_parameter else "W0203",
            f"the {kind} `{local.name}` is never used",
            checking.spans[local.number],
            "nothing reads it",
            help="use it or remove it"
            + (", and leave it out where this is called" if is_parameter else ""),
        )
