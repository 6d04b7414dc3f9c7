"""Programs written in documents: contracts, tests and scripts, checked in this process.

In comes a text with the contracts that stand before it; out come its diagnostics and its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.analyse import analyse
from servanda.interpreter.check import Elsewhere, check_contract, check_script, uses_of
from servanda.interpreter.check.declare_used import declarations_of
from servanda.interpreter.compare import compare
from servanda.interpreter.model import ContractModel, ScriptModel


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a text came to; a model is there when no error is."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    contract: ContractModel | None = None
    script: ScriptModel | None = None

    def line_of(self, diagnostic: Diagnostic) -> int:
        """Return the line of a diagnostic, counted from 1."""
        return self.source.position(diagnostic.span.start).line

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that forbid using the text."""
        return tuple(one for one in self.diagnostics if not one.is_warning)

    def show(self) -> str:
        """Return the diagnostics, one a line, for the message of a failing test."""
        return "\n".join(
            f"  line {self.line_of(one)}: {one.code} {one.message}" for one in self.diagnostics
        )


def check_text(text: str, kind: str, contracts: Mapping[str, ContractModel]) -> Checked:
    """Check a text as a `contract`, or as a `test` or `script` that uses `contracts`.

    An `upgrade` is a contract that follows the one of its name among them.
    """
    source = Source("sample", text)
    diagnostics = Diagnostics()
    file = parse(source, diagnostics)
    contract: ContractModel | None = None
    script: ScriptModel | None = None
    if diagnostics.has_errors:
        pass  # What cannot be read is not checked, as `servanda check` does it.
    elif kind in {"contract", "upgrade"}:
        contract = check_contract(file, contracts, diagnostics, _elsewhere(file, contracts))
        if contract is not None:
            analyse(contract, diagnostics, file)
            if kind == "upgrade":
                before = contracts.get(contract.name) or list(contracts.values())[-1]
                compare(before, contract, diagnostics)
    else:
        script = check_script(file, contracts, diagnostics)
    return Checked(source, tuple(diagnostics), contract, script)


def _elsewhere(file: tree.File, contracts: Mapping[str, ContractModel]) -> Elsewhere:
    """Return what a contract may read by proof: those above it run on every other chain too."""
    return {
        (use.chain.text, use.contract.text): declarations_of(contracts[use.contract.text])
        for use in uses_of(file)
        if use.chain is not None and use.contract.text in contracts
    }
