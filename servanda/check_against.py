"""`servanda check NEW --against OLD`: what an upgrade would change, and what it may not.

In come a loaded contract and the path of the version in force; out comes the comparison of both,
whose diagnostics stand beside those of the new version.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH120

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servanda.diagnostic_json import JsonValue
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.source import Source
from servanda.interpreter.compare import Change, compare
from servanda.interpreter.model import ContractModel
from servanda.loading import Kind, Loaded, Loader
from servanda.styled_lines import Line
from servanda.tell_changes import change_lines, changes_to_json


@dataclass(frozen=True, slots=True)
class Against:
    """A comparison: the two models, what changes, and what may not."""

    old: ContractModel
    new: ContractModel
    changes: Sequence[Change]
    diagnostics: Diagnostics
    sources: Mapping[str, Source]

    def lines(self) -> list[Line]:
        """Return what changes, for people."""
        is_upgrade = not self.diagnostics.has_errors
        return change_lines(self.old, self.new, self.changes, self.sources, is_upgrade=is_upgrade)

    def to_json(self) -> dict[str, JsonValue]:
        """Return what changes, for programs."""
        return changes_to_json(self.old, self.new, self.changes, self.sources)


def load_earlier(path: str, successor: str) -> tuple[Loader, Loaded]:
    """Return the version in force, and the loader that has all it uses."""
    loader = Loader(os.path.dirname(successor), is_earlier=True)
    return loader, loader.load(path, Kind.CONTRACT)


def compare_loaded(new: Loaded, old: Loaded, sources: Mapping[str, Source]) -> Against | None:
    """Return the comparison of two files, or None where one of them has mistakes of its own."""
    if new.contract is None or old.contract is None:
        return None
    diagnostics = Diagnostics()
    changes = compare(old.contract, new.contract, diagnostics)
    return Against(old.contract, new.contract, changes, diagnostics, sources)
