"""Compare two versions of a contract: what an upgrade changes, and what no upgrade may do.

In come the model in force and the model that is to follow it, both checked; out come the changes,
in words for those who are bound by the contract, and diagnostics for what would take away from
records that are kept, from deadlines that run or from contracts that use this one. `servanda check
--against` and the chain ask the same question here, so that they cannot disagree. It refuses to
know records: whether the invariants hold of those that are there, only a chain can say.
"""

from __future__ import annotations

from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.compare.behaviour import (
    compare_actions,
    compare_clauses,
    compare_decisions,
    compare_events,
    compare_rules,
)
from servanda.interpreter.compare.comparing import Change, ChangeKind, Comparing
from servanda.interpreter.compare.names import compare_header, compare_names, report_gone
from servanda.interpreter.compare.records import compare_records
from servanda.interpreter.compare.standing import compare_invariants, compare_timers, timer_names
from servanda.interpreter.model import ContractModel

__all__ = ["Change", "ChangeKind", "compare", "timer_names"]


def compare(old: ContractModel, new: ContractModel, diagnostics: Diagnostics) -> tuple[Change, ...]:
    """Return what changes from `old` to `new`; what may not change is reported, at its place.

    The rules are those of `docs/language.md`, "Upgrades". Places lie in the sources of both.
    """
    comparing = Comparing(old, new, diagnostics)
    if not compare_header(comparing):
        return ()
    compare_names(comparing)
    compare_records(comparing)
    compare_events(comparing)
    compare_rules(comparing)
    compare_decisions(comparing)
    compare_clauses(comparing)
    compare_actions(comparing)
    compare_timers(comparing)
    compare_invariants(comparing)
    report_gone(comparing)
    return tuple(comparing.changes)
