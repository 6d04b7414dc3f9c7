"""The checker's front: a file from tree to model.

In come a tree and the models of the contracts it uses, checked before; out comes the model of a
contract or of a test file or script, or None when the diagnostics say what is wrong. It never
reads a file: whoever calls loads what `uses_of` names first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.interpreter.analyse import Findings, analyse
from servanda.interpreter.check.contract import check_contract as check_declarations
from servanda.interpreter.check.headings import headings_of
from servanda.interpreter.check.names import has_errors
from servanda.interpreter.check.provable import NOWHERE, Elsewhere
from servanda.interpreter.check.script import check_script
from servanda.interpreter.check.symbols import Declarations
from servanda.interpreter.model import ContractModel

__all__ = [
    "Checked",
    "Declarations",
    "Elsewhere",
    "check_contract",
    "check_script",
    "check_whole",
    "headings_of",
    "is_contract",
    "uses_of",
]


class Checked(NamedTuple):
    """A contract that is right, with what the analyses found out about it."""

    model: ContractModel
    findings: Findings


def uses_of(file: tree.File) -> tuple[tree.Use, ...]:
    """Return what a file uses, in its order, for the caller to load first."""
    return tuple(item for item in file.items if isinstance(item, tree.Use))


def check_contract(
    file: tree.File,
    used: Mapping[str, ContractModel],
    diagnostics: Diagnostics,
    elsewhere: Elsewhere = NOWHERE,
) -> ContractModel | None:
    """Return the model of a contract that is right in each declaration and as a whole.

    `used` are the contracts of its own chain, `elsewhere` what those on other chains declare.
    """
    checked = check_whole(file, used, diagnostics, elsewhere)
    return None if checked is None else checked.model


def check_whole(
    file: tree.File,
    used: Mapping[str, ContractModel],
    diagnostics: Diagnostics,
    elsewhere: Elsewhere = NOWHERE,
) -> Checked | None:
    """Return what `check_contract` does, with the findings of the analyses."""
    model = check_declarations(file, used, diagnostics, elsewhere)
    if model is None:
        return None
    findings = analyse(model, diagnostics, file)
    return None if has_errors(file, diagnostics) else Checked(model, findings)


def is_contract(file: tree.File) -> bool:
    """Whether a file has the header of a contract; else it is a test file or a script."""
    return any(isinstance(item, tree.Header) for item in file.items)
