"""What `check` says of a good file: how much stands in it.

In comes a loaded file; out come its counts. It looks only at the model and at the findings of
the analyses over it.
"""

from __future__ import annotations

from servanda.interpreter.check import Checked
from servanda.interpreter.model import ScriptModel
from servanda.interpreter.walk import all_statements
from servanda.loading import Loaded


def counts_of(loaded: Loaded) -> dict[str, int]:
    """Return what stands in a good file, by what it is called."""
    if loaded.checked is not None:
        return _contract_counts(loaded.checked)
    assert loaded.script is not None, "only good files are counted"
    return _script_counts(loaded.script)


def _contract_counts(checked: Checked) -> dict[str, int]:
    return {
        "actions": len(checked.model.actions),
        "tables complete": checked.findings.complete_table_count,
        "invariants": len(checked.model.invariants),
        "stuck states": checked.findings.stuck_state_count,
    }


def _script_counts(script: ScriptModel) -> dict[str, int]:
    if script.script is None:
        return {"tests": len(script.tests), "contracts used": len(script.uses)}
    steps = sum(1 for _ in all_statements(script.script.body))
    counts = {"steps": steps, "contracts used": len(script.uses)}
    return {"tests": len(script.tests), **counts} if script.tests else counts
