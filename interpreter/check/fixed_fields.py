"""Which fields a contract assigns anywhere, read from the bodies before any of them is checked.

In comes the tree of a contract; out come (record, field) pairs, each with where it is assigned. A
field that is in none of them, and holds neither money nor a state, is fixed: units, invariants and
timers may build on it. Where the record of a target is not plain from the declarations, every
record that has a field of this name counts as assigned: an answer too cautious is refused later,
never believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from servanda.grammar import tree
from servanda.grammar.source import Span

ANY_RECORD = ""
"""Stands for the record of a target that could not be told."""


@dataclass(slots=True)
class Assigned:
    """The fields that some body assigns, by record and name."""

    places: dict[tuple[str, str], list[Span]] = field(default_factory=dict)

    def has(self, record: str, name: str) -> bool:
        """Whether `name` of `record` may be assigned after creation."""
        return (record, name) in self.places or (ANY_RECORD, name) in self.places


Names = dict[str, str]
"""The record that each local refers to, as far as it is plain ("" where it is not)."""


def find_assigned(file: tree.File) -> Assigned:
    """Return every field that a clause, action or timer of `file` assigns."""
    fields: dict[str, dict[str, str]] = {}
    for item in file.items:
        if isinstance(item, tree.RecordDeclaration):
            slots = (*item.keys, *item.fields)
            fields[item.name.text] = {one.name.text: written_record(one.type) for one in slots}
    assigned = Assigned()
    for item in file.items:
        if isinstance(item, tree.ClauseDeclaration | tree.ActionDeclaration):
            names = {one.name.text: written_record(one.type) for one in item.parameters}
            scan_block(item.body, names, fields, assigned)
        elif isinstance(item, tree.TimerDeclaration):
            names = {item.binder.text: item.record.names[-1].text}
            scan_block(item.body, names, fields, assigned)
    return assigned


def written_record(written: tree.Type) -> str:
    """Return the name that a written type refers to, or that of no record."""
    if isinstance(written, tree.OptionalType):
        return written_record(written.base)
    if isinstance(written, tree.NamedType) and len(written.path.names) == 1:
        return written.path.names[0].text
    return ANY_RECORD


def inner_blocks(statement: tree.Statement) -> Iterator[tree.Block]:
    """Yield the blocks that stand inside a statement."""
    if isinstance(statement, tree.If):
        yield from (branch.body for branch in statement.branches)
    if isinstance(statement, tree.Choose):
        yield from (case.body for case in statement.cases)
    if isinstance(statement, tree.If | tree.Choose) and statement.otherwise is not None:
        yield statement.otherwise
    if isinstance(statement, tree.For | tree.Feed):
        yield statement.body


def scan_block(
    block: tree.Block,
    names: Names,
    fields: Mapping[str, Mapping[str, str]],
    assigned: Assigned,
) -> None:
    """Add what the statements of `block` assign; `names` are the locals above it."""
    names = dict(names)
    for statement in block.statements:
        if isinstance(statement, tree.Let):
            value = statement.value
            known = ANY_RECORD if isinstance(value, tree.Does) else record_of(value, names, fields)
            names[statement.name.text] = known
        elif isinstance(statement, tree.Assign) and isinstance(statement.target, tree.Member):
            record = record_of(statement.target.object, names, fields)
            field_name = statement.target.name.text
            is_known = field_name in fields.get(record, {})
            pair = (record if is_known else ANY_RECORD, field_name)
            assigned.places.setdefault(pair, []).append(statement.target.span)
        elif isinstance(statement, tree.For):
            names[statement.binder.text] = domain_record(statement.domain, names, fields)
        for inner in inner_blocks(statement):
            scan_block(inner, names, fields, assigned)


def domain_record(
    domain: tree.Expression | tree.Range, names: Names, fields: Mapping[str, Mapping[str, str]]
) -> str:
    """Return the record that the items of a domain refer to, if that is plain."""
    if isinstance(domain, tree.NameReference) and domain.name.text in fields:
        return domain.name.text
    if isinstance(domain, tree.ListLiteral):
        found = {record_of(item, names, fields) for item in domain.items}
        return found.pop() if len(found) == 1 else ANY_RECORD
    return ANY_RECORD


def record_of(
    expression: tree.Expression, names: Names, fields: Mapping[str, Mapping[str, str]]
) -> str:
    """Return the record that `expression` refers to, if that is plain."""
    match expression:
        case tree.NameReference(name=name):
            return names.get(name.text, ANY_RECORD)
        case tree.Member(object=inner, name=name):
            return fields.get(record_of(inner, names, fields), {}).get(name.text, ANY_RECORD)
        case tree.Index(object=tree.NameReference(name=name)):
            return name.text
        case tree.Create(record=path) if len(path.names) == 1:
            return path.names[0].text
        case tree.IfExpression(then=then, otherwise=otherwise):
            first = record_of(then, names, fields)
            return first if first == record_of(otherwise, names, fields) else ANY_RECORD
    return ANY_RECORD
