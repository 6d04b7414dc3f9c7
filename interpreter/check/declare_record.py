"""Records into symbols: their keys and fields with types and bounds.

Records may refer to each other in circles, and the unit of one field may be held in another, so
this goes in rounds: first that the records exist, then every field whose type stands for itself,
then money and what is sealed to a reader. Which fields are fixed is known before, from
`fixed_fields`.
"""

from __future__ import annotations

from dataclasses import dataclass

from servanda.grammar import tree
from servanda.interpreter.check.fixed_fields import Assigned, find_assigned
from servanda.interpreter.check.names import (
    BLOCK_TIMES,
    add_symbol,
    check_distinct,
    check_reserved,
)
from servanda.interpreter.check.scope import Checking, Place, Scope
from servanda.interpreter.check.symbols import RecordSymbol, SlotSymbol
from servanda.interpreter.check.type import bound_of, type_of
from servanda.interpreter.model import Local
from servanda.interpreter.types import (
    ANYTHING,
    BalanceType,
    LifecycleType,
    RecordType,
    Type,
)


@dataclass(frozen=True, slots=True)
class RecordHeading:
    """A record with the scope in which its own fields are bare names."""

    written: tree.RecordDeclaration
    symbol: RecordSymbol
    scope: Scope
    this: Local
    slots: dict[str, SlotSymbol]
    """The slots of `symbol`, still to be filled."""


def declare_records(file: tree.File, checking: Checking) -> list[RecordHeading]:
    """Declare every record of a contract."""
    assigned = checking.assigned = find_assigned(file)
    headings = [
        heading
        for item in file.items
        if isinstance(item, tree.RecordDeclaration)
        if (heading := announce(item, checking)) is not None
    ]
    for heading in headings:
        fill_slots(heading, assigned, is_money_round=False)
    headings = [with_lifecycle(heading, checking) for heading in headings]
    for heading in headings:
        fill_slots(heading, assigned, is_money_round=True)
    return headings


def announce(written: tree.RecordDeclaration, checking: Checking) -> RecordHeading | None:
    """Declare that a record of this name exists."""
    declarations = checking.declarations
    name = written.name
    names = [one.name for one in (*written.keys, *written.fields)]
    check_distinct(names, "key or field", checking.diagnostics)
    for one in names:
        # A field is read behind a point, so it may be called `due`, as deadlines are.
        if one.text not in BLOCK_TIMES:
            check_reserved(one, checking.diagnostics, is_callable=False)
    record = RecordType(declarations.contract, name.text)
    slots: dict[str, SlotSymbol] = {}
    symbol = RecordSymbol(record, slots, None, written.seen_by is not None, name.span)
    if not add_symbol(name, symbol, checking):
        return None
    this = Local(checking.next_number, "this", record)
    checking.next_number += 1
    checking.spans[this.number] = name.span
    checking.used_locals.add(this.number)
    scope = Scope(checking, Place.RECORD, this=this)
    return RecordHeading(written, symbol, scope, this, slots)


def with_lifecycle(heading: RecordHeading, checking: Checking) -> RecordHeading:
    """Return the heading with its lifecycle field known, now that the types are."""
    names = [one.name for one in heading.slots.values() if isinstance(one.type, LifecycleType)]
    symbol = RecordSymbol(
        heading.symbol.type,
        heading.slots,
        names[0] if names else None,
        heading.symbol.has_seen_by,
        heading.symbol.span,
    )
    checking.declarations.symbols[heading.written.name.text] = symbol
    return RecordHeading(heading.written, symbol, heading.scope, heading.this, heading.slots)


def is_money(written: tree.Type) -> bool:
    """Whether a written type may speak of a unit or a reader that is held in a field."""
    if isinstance(written, tree.OptionalType):
        return is_money(written.base)
    return isinstance(written, tree.AppliedType | tree.SealedType)


def fill_slots(heading: RecordHeading, assigned: Assigned, *, is_money_round: bool) -> None:
    """Give every slot of this round its type; the others wait as `anything`, in their order."""
    record = heading.written.name.text
    seen: set[str] = set()
    for is_key, typed in [
        *((True, one) for one in heading.written.keys),
        *((False, one) for one in heading.written.fields),
    ]:
        name = typed.name.text
        if name in seen:
            continue
        seen.add(name)
        if is_money(typed.type) is not is_money_round:
            heading.slots.setdefault(name, SlotSymbol(name, ANYTHING, None, typed.name.span))
            continue
        # When no mistake is kept any more, nothing is gained by looking for the next.
        is_full = heading.scope.checking.diagnostics.is_full
        held = ANYTHING if is_full else type_of(typed.type, heading.scope)
        heading.slots[name] = SlotSymbol(
            name,
            held,
            None if isinstance(held, RecordType) else bound_of(typed.bound, held, heading.scope),
            typed.name.span,
            is_key,
            is_key or is_fixed_field(held, record, name, assigned),
            typed.default is not None,
        )


def is_fixed_field(held: Type, record: str, name: str, assigned: Assigned) -> bool:
    """Whether a field that is no key keeps the value it was created with."""
    if isinstance(held, BalanceType | LifecycleType):
        return False
    return not assigned.has(record, name)
