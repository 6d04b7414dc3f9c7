"""What a contract declares and nobody uses, as warnings.

In comes the outline of a contract without errors; out come warnings. Only what nobody else can use
either is named: who uses a contract is not known while it is checked.
"""

from __future__ import annotations

from servanda.interpreter.check.declare import Outline
from servanda.interpreter.check.names import report
from servanda.interpreter.check.symbols import (
    ClauseSymbol,
    ContractSymbol,
    EventSymbol,
    LifecycleSymbol,
    RecordSymbol,
    RoleSymbol,
    Symbol,
)

KINDS: dict[type[Symbol], str] = {
    # Roles of one name are one in all contracts, so whoever asks for a role declares it.
    RoleSymbol: "role",
    # Records are created and moved, events emitted and clauses called by their own contract alone.
    LifecycleSymbol: "lifecycle",
    RecordSymbol: "record",
    EventSymbol: "event",
    ClauseSymbol: "clause",
    ContractSymbol: "contract",
}
"""What is without effect if its own contract does not use it.

Actions are done by parties. Rules and decisions are asked, and units and enums named, by tests and
by the contracts that use this one.
"""


def check_unused(outline: Outline) -> None:
    """Warn of declarations, parameters and names that nobody uses."""
    checking = outline.checking
    for name, symbol in checking.declarations.symbols.items():
        kind = KINDS.get(type(symbol))
        if kind is None or name in checking.used_names:
            continue
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
