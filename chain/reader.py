"""Reading: what a chain tells whom. `seen by` and `rule … by` bind everything that is served.

In comes a machine with the state that is asked about, and who asks: a member by its name (those who
signed a transaction together are told what one of them may see), or None for whoever runs the node,
who has the folder and reads everything anyway. What may not be seen is refused `NOT_AUTHORISED`,
whether it exists or not.

Whether a record may be seen is asked of the record as it stood in that state, and of the standing
and roles that the member has today: a role that was withdrawn shows nothing more, of no height.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from servanda.interpreter.execute.arguments import is_key
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.keys import show_record
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Row, Table
from servanda.interpreter.generate.argument import roles_named
from servanda.interpreter.model import RecordModel
from servanda.interpreter.receipts import Event, Notice
from servanda.interpreter.refusals import Code, Refused
from servanda.interpreter.types import ListType, OptionalType, RecordType, SetType, Type


class Reader:
    """Who asks, on the machine that is asked about."""

    def __init__(
        self,
        machine: Machine,
        names: tuple[str, ...] | None,
        roles: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Let somebody ask; `roles` are today's, where the machine stands at an earlier day."""
        self.machine = machine
        self.names = names
        if roles is not None:
            machine.members.active = dict(roles)

    def sees_every(self, record: RecordModel) -> bool:
        """Whether all records of a type may be seen, also those that do not exist."""
        if self.names is None or record.seen_by is None:
            return True
        roles = roles_named(record.seen_by)
        return any(self.machine.members.has_role(one, roles) for one in self.names)

    def sees(self, row: Row) -> bool:
        """Whether a record may be seen."""
        table = row.table
        if self.names is None or table.model.seen_by is None:
            return True
        functions = self.machine.bindings.of(table.contract).functions
        context = Context(self.machine, table.contract, self.names)
        return bool(functions["sees", table.name](context, row))

    def find(self, table: Table, key: Any) -> Row:  # noqa: ANN401 -- a key is of any type
        """Return a record. Refuses `BAD_ARGUMENT`, `MISSING_RECORD` and `NOT_AUTHORISED`."""
        if not is_key(table, key):
            raise Refused(Code.BAD_ARGUMENT, f"this is not the key of a record {table.name}")
        row: Row | None = table.rows.get(key)
        if row is not None and self.sees(row):
            return row
        if row is None and self.sees_every(table.model):
            raise Refused(Code.MISSING_RECORD, f"there is no {show_record(table, key)}")
        raise hidden()

    def rows(self, table: Table) -> Iterator[Row]:
        """Yield the records of a table that may be seen, in the order of their keys."""
        for row in table.records():
            if self.sees(row):
                yield row

    def sees_event(self, event: Event) -> bool:
        """Whether an event may be told: who may not see a record is told nothing about it."""
        if self.names is None:
            return True
        known = self.machine.contracts[event.contract].events.get(event.name)
        if known is None or len(known.parameters) != len(event.values):
            return False  # Of an earlier version: what its values are is not known any more.
        return all(
            self.sees_within(value, held)
            for value, (_, held) in zip(event.values, known.parameters, strict=True)
        )

    def is_addressed(self, notice: Notice) -> bool:
        """Whether a notice is for who asks; no role reads the notices of another."""
        return self.names is None or notice.party in self.names

    def sees_within(self, value: Any, held: Type) -> bool:  # noqa: ANN401 -- of any type
        """Whether the records in an outward value may all be seen."""
        if value is None:
            return True
        match held:
            case RecordType():
                table = self.machine.tables[held]
                row: Row | None = table.rows.get(value)
                return self.sees_every(table.model) if row is None else self.sees(row)
            case OptionalType(base=base):
                return self.sees_within(value, base)
            case ListType(item=item) | SetType(item=item):
                return all(self.sees_within(one, item) for one in value)
            case _:
                return True


def hidden() -> Refused:
    """Return what is told of all that may not be seen, whether it exists or not."""
    return Refused(Code.NOT_AUTHORISED, "this is not shown to who asks")
