"""The checker's front: a file from tree to model.

In come a tree and the models of the contracts it uses, checked before; out comes the model of a
contract or of a test file or script, or None when the diagnostics say what is wrong. It never
reads a file: whoever calls loads what `uses_of` names first.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.interpreter.check_contract import check_contract
from servanda.interpreter.check_script import check_script

__all__ = ["check_contract", "check_script", "is_contract", "uses_of"]


def uses_of(file: tree.File) -> tuple[tree.Use, ...]:
    """Return what a file uses, in its order, for the caller to load first."""
    return tuple(item for item in file.items if isinstance(item, tree.Use))


def is_contract(file: tree.File) -> bool:
    """Whether a file has the header of a contract; else it is a test file or a script."""
    return any(isinstance(item, tree.Header) for item in file.items)
