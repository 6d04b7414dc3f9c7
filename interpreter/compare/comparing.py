"""What every part of a comparison needs: the two models, and where to tell what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.model import ContractModel

Declared = TypeVar("Declared")

LABELS_MAX = 3
"""More places of one mistake than this explain nothing further."""


class ChangeKind(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, in words; `about` says what kind of thing it is of, `name` which one.

    `was` is its place in the version before, `now` its place in the new one, where there is one.
    """

    kind: ChangeKind
    about: str
    name: str
    message: str
    was: Span | None = None
    now: Span | None = None


class Comparing:
    """A comparison that goes on: the changes so far, and the diagnostics of what may not be."""

    def __init__(self, old: ContractModel, new: ContractModel, diagnostics: Diagnostics) -> None:
        self.old = old
        self.new = new
        self.diagnostics = diagnostics
        self.changes: list[Change] = []
        self.gone: list[tuple[str, str]] = []
        """What others may use and the new version lacks, as `("rule", "fee")`."""

    def place(self, name: str) -> Span:
        """Return where the new version declares a name, or its header where it does not."""
        return self.new.places.get(name, self.new.span)

    def old_place(self, name: str) -> Span:
        """Return where the version before declares a name."""
        return self.old.places.get(name, self.old.span)

    def was(self, name: str) -> Label:
        """Return the label of a declaration of the version before."""
        return self.declared(self.old_place(name))

    def declared(self, span: Span) -> Label:
        """Return the label of a place in the version before."""
        return Label(span, f"in version {self.old.version}")

    def added(self, about: str, name: str, message: str, now: Span | None = None) -> None:
        """Tell of something new."""
        self.changes.append(
            Change(ChangeKind.ADDED, about, name, message, None, now or self.place(name))
        )

    def removed(self, about: str, name: str, message: str, was: Span | None = None) -> None:
        """Tell of something that is no more."""
        self.changes.append(
            Change(ChangeKind.REMOVED, about, name, message, was or self.old_place(name))
        )

    def changed(self, about: str, name: str, message: str, was: Span, now: Span) -> None:
        """Tell of something that is not as it was."""
        self.changes.append(Change(ChangeKind.CHANGED, about, name, message, was, now))

    def both(
        self, about: str, old: Mapping[str, Declared], new: Mapping[str, Declared]
    ) -> list[tuple[str, Declared, Declared]]:
        """Return what both versions declare; what others may use and is gone is kept in mind."""
        self.gone += [(about, name) for name in old if name not in new]
        return [(name, one, new[name]) for name, one in old.items() if name in new]

    def refuse(
        self, code: str, message: str, span: Span, label: str, others: Sequence[Label], advice: str
    ) -> None:
        """Report what an upgrade may not do."""
        self.diagnostics.report(
            Diagnostic(code, message, span, label, tuple(others[:LABELS_MAX]), advice)
        )


def listed(names: Sequence[str]) -> str:
    """Return names as they are spoken: `a`, `b` and `c`."""
    quoted = [f"`{one}`" for one in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
