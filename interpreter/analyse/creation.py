"""Creation: records that an action takes for there, and then creates.

In comes a model; out come errors. On one path a look-up `R[k]` goes on only where the record is
there, and a `create R(k)` only where it is not: where the one stands behind the other, whatever
happens is refused. Only what is certain counts: a look-up that may not be reached, or whose key may
have changed, says nothing. Records are never removed, so that nothing makes a key free again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.analyse.money import bodies_of
from servanda.interpreter.model import (
    AggregateValue,
    Body,
    Both,
    ChooseStep,
    Conditional,
    Constant,
    ContractModel,
    CreateRecord,
    Either,
    FieldValue,
    ForStep,
    IfStep,
    IsAbsent,
    LetStep,
    LocalValue,
    RecordDomain,
    RecordLookup,
    RequireStep,
    Value,
)
from servanda.interpreter.types import RecordType
from servanda.interpreter.walk import all_statements, values_in


class There(NamedTuple):
    """Why a record is there: where that is certain, and what happens at that place."""

    span: Span
    label: str


Known = dict[tuple[RecordType, tuple[Value, ...]], There]
"""The records that are there, by type and the values of their keys."""


def analyse_creation(model: ContractModel, diagnostics: Diagnostics) -> None:
    """Report each `create` that is refused whatever happens."""
    for body in bodies_of(model).values():
        _Path(model, body, diagnostics).follow(body, {})


class _Path:
    """The walk along the paths of one body."""

    def __init__(self, model: ContractModel, body: Body, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._keys = {
            record.type: tuple(one.name for one in record.keys) for record in model.records.values()
        }
        lets = Counter(one.local.number for one in all_statements(body) if isinstance(one, LetStep))
        self._set_again = {number for number, count in lets.items() if count > 1}

    def follow(self, body: Body, known: Known) -> None:
        """Go through statements in their order, adding to what is known to be there."""
        for statement in body:
            match statement:
                case IfStep(branches=branches, otherwise=otherwise):
                    self._look(branches[0][0], known)
                    for condition, inner in branches:
                        below = dict(known)
                        self._look_when_true(condition, below)
                        self.follow(inner, below)
                    if otherwise is not None:
                        self.follow(otherwise, dict(known))
                case ChooseStep(subject=subject, cases=cases, otherwise=otherwise):
                    self._look(subject, known)
                    for _, inner in cases:
                        self.follow(inner, dict(known))
                    if otherwise is not None:
                        self.follow(otherwise, dict(known))
                case ForStep(domain=domain, body=inner):
                    self._look_into(domain, known)
                    self.follow(inner, dict(known))
                case RequireStep(condition=condition):
                    self._look_when_true(condition, known)
                case _:
                    self._look_all(values_in(statement), known)

    def _look_all(self, values: Iterable[Value], known: Known) -> None:
        for value in values:
            self._look(value, known)

    def _look_into(self, domain: object, known: Known) -> None:
        """Look at what a domain certainly works out: the condition runs for each item, or none."""
        if isinstance(domain, RecordDomain):
            self._look_all(domain.equalities, known)

    def _look_when_true(self, condition: Value, known: Known) -> None:
        """Look at a condition that holds from here on: of an `and` both sides were looked at."""
        waiting = [condition]
        while waiting:
            one = waiting.pop()
            if isinstance(one, Both):
                waiting += [one.right, one.left]
            else:
                self._look(one, known)

    def _look(self, value: Value, known: Known) -> None:
        """Look at what a value certainly works out, in the order in which it does."""
        match value:
            case Both(left=certain) | Either(left=certain) | Conditional(condition=certain):
                self._look(certain, known)
            case AggregateValue(domain=domain):
                self._look_into(domain, known)
            case IsAbsent(operand=RecordLookup(keys=keys)):
                self._look_all(keys, known)
            case _:
                self._look_all(values_in(value), known)
        if isinstance(value, RecordLookup) and not value.is_optional:
            there = There(value.span, "goes on only if it is there")
            self._add(value.record, value.keys, there, known)
        elif isinstance(value, CreateRecord) and value.keys:
            self._create(value, known)

    def _create(self, value: CreateRecord, known: Known) -> None:
        place = (value.record, value.keys)
        there = known.get(place) or self._key_of_another(value)
        if there is not None:
            name = value.record.name
            self._diagnostics.report(
                Diagnostic(
                    "E0457",
                    f"this `create` is refused whatever happens: the `{name}` is there",
                    value.span,
                    "its key is taken",
                    (Label(there.span, there.label),),
                    help=f"leave out one of the two, or ask first: `if {name}[…] is missing`",
                )
            )
        self._add(value.record, value.keys, There(value.span, "is created here already"), known)

    def _key_of_another(self, value: CreateRecord) -> There | None:
        """Return the record whose own key is given to a new one of its type."""
        names = self._keys.get(value.record)
        owners = [one.object for one in value.keys if isinstance(one, FieldValue)]
        is_own = (
            len(owners) == len(value.keys)
            and all(one == owners[0] and one.type == value.record for one in owners)
            and tuple(one.field for one in value.keys if isinstance(one, FieldValue)) == names
        )
        return There(value.keys[0].span, "this is the key of one that is there") if is_own else None

    def _add(self, record: RecordType, keys: tuple[Value, ...], there: There, known: Known) -> None:
        if all(self._is_settled(one) for one in keys):
            known.setdefault((record, keys), there)

    def _is_settled(self, value: Value) -> bool:
        """Whether a value is the same wherever it stands in the body."""
        match value:
            case Constant():
                return True
            case LocalValue(local=local):
                return local.number not in self._set_again
            case FieldValue(object=owner, record=record, field=field):
                return field in self._keys.get(record, ()) and self._is_settled(owner)
            case _:
                return False
