"""Scopes: the locals that are visible at a place, and what is known about them there.

A scope is a chain of frames. It also carries facts that guards establish: which optional values
are known to be present, and which fixed paths lead to one record or one unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.check.fixed_fields import Assigned
from servanda.interpreter.check.symbols import Declarations
from servanda.interpreter.model import Bound, Index, Local
from servanda.interpreter.types import FieldUnit, Type, Unit


class Place(StrEnum):
    """The kind of declaration a scope belongs to: what may stand there differs."""

    ACTION = "action"
    CLAUSE = "clause"
    RULE = "rule"
    DECISION = "decision"
    TIMER = "timer"
    INVARIANT = "invariant"
    RECORD = "record"
    SCRIPT = "script"
    """Tests and scripts."""


@dataclass(slots=True)
class Checking:
    """What checking a whole file collects on the way."""

    declarations: Declarations
    diagnostics: Diagnostics
    next_number: int = 0
    indexes: dict[Index, None] = field(default_factory=dict)
    """Every index that some `where` needs, in order of first need."""
    used_names: set[str] = field(default_factory=set)
    """Every declared name that some body uses (for the warning about the others)."""
    used_locals: set[int] = field(default_factory=set)
    spans: dict[int, Span] = field(default_factory=dict)
    """Where each local was named."""
    locals: dict[int, Local] = field(default_factory=dict)
    """Each local by its number."""
    bounds: dict[int, Bound] = field(default_factory=dict)
    """What a local may be, where its declaration says so (`term: Int in 1..360`)."""
    unit_roots: dict[int, FieldUnit] = field(default_factory=dict)
    """The path that a `let` gave a second name, so that units are the same under both."""
    reassigned: set[int] = field(default_factory=set)
    """Locals that are assigned again somewhere in their block: no unit may hang on them."""
    misnamed: set[str] = field(default_factory=set)
    """Names whose declaration was refused: what uses them is no mistake of its own."""
    told: set[tuple[str, str]] = field(default_factory=set)
    """Names that their owner has not, as (owner, name): each is reported where it is met first."""
    assigned: Assigned = field(default_factory=Assigned)
    """The fields that some body assigns."""
    hanging: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    """For each field that is assigned though a unit is held in it: where a unit says so."""
    refusal_codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The codes with which each used contract refuses, for `cannot … because`."""

    def is_first(self, owner: str, name: str) -> bool:
        """Whether nobody was told before that `owner` has no `name`; from now on somebody was."""
        is_new = (owner, name) not in self.told
        self.told.add((owner, name))
        return is_new


@dataclass(slots=True)
class Scope:
    """A frame of locals with its parent; facts are inherited and never leak upward."""

    checking: Checking
    place: Place
    parent: Scope | None = None
    locals: dict[str, Local] = field(default_factory=dict)
    present: set[object] = field(default_factory=set)
    """Facts of `interpreter/check/facts.py`: what is not missing, and who holds a role."""
    equal_paths: dict[Unit, dict[Unit, None]] = field(default_factory=dict)
    """For each path those that lead to the same record, or are the same unit, both ways round; a
    `FieldUnit` is a path, whatever stands at its end."""
    is_expected: bool = False
    """Whether this is what an `expect` asks: nothing is decided by it."""
    unknown_names: set[str] = field(default_factory=set)
    """In the outermost frame: names that stand for nothing here, each reported once."""
    this: Local | None = None
    """The record that bare field names speak of, inside the declaration of a record."""
    loop_depth: int = 0
    """How many loops and aggregates stand around this frame, in its declaration."""

    def child(self) -> Scope:
        """Return a new inner frame."""
        return Scope(
            self.checking,
            self.place,
            self,
            is_expected=self.is_expected,
            this=self.this,
            loop_depth=self.loop_depth,
        )

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        others: tuple[Label, ...] = (),
        advice: str = "",
    ) -> None:
        """Report a mistake at `span`; `advice` is its one concrete help."""
        self.checking.diagnostics.report(Diagnostic(code, message, span, label, others, advice))

    def find(self, name: str) -> Local | None:
        """Return the local called `name`, marking it used, or None."""
        scope: Scope | None = self
        while scope is not None:
            if (local := scope.locals.get(name)) is not None:
                self.checking.used_locals.add(local.number)
                return local
            scope = scope.parent
        return None

    def bind(self, name: str, bound_type: Type, span: Span) -> Local:
        """Add a local to this frame (the caller has made sure that it shadows nothing)."""
        local = Local(self.checking.next_number, name, bound_type)
        self.checking.next_number += 1
        self.checking.spans[local.number] = span
        self.checking.locals[local.number] = local
        self.locals[name] = local
        return local

    def is_present(self, value: object) -> bool:
        """Whether a guard above says that `value` is not missing."""
        scope: Scope | None = self
        while scope is not None:
            if value in scope.present:
                return True
            scope = scope.parent
        return False

    def is_visible(self, name: str) -> bool:
        """Whether a local is called `name`; looking does not use it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.locals:
                return True
            scope = scope.parent
        return False

    def visible_names(self) -> list[str]:
        """Return the names of all visible locals, for suggestions."""
        found: list[str] = []
        scope: Scope | None = self
        while scope is not None:
            found.extend(scope.locals)
            scope = scope.parent
        return found
