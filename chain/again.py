"""Again: something of the past, run once more from the state before it, to see what decided it.

In comes a ledger that stands at the block before, and the block; out comes what ran, its trace and,
for a member, whether it may be shown. The ledger is thrown away: nothing is ended or kept.

An explanation shows what the code looked at. A member is shown it only if it might look at all of
that itself: every record that was read, and every type of record that was looked for, since that
nothing was found tells too. Else it is told the outcome alone, which its receipt has anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from servanda.chain.block import Block
from servanda.chain.ledger import Ledger
from servanda.chain.reader import Reader
from servanda.chain.receipt import Kind
from servanda.chain.transaction import TransactionRefused, read_envelope
from servanda.interpreter.analyse.looked_up import looked_up_in
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import BALANCE, FIELD, Row
from servanda.interpreter.generate.argument import record_in
from servanda.interpreter.model import ActionModel, Body, ContractModel
from servanda.interpreter.receipts import Call, Firing
from servanda.interpreter.refusals import Code
from servanda.interpreter.types import RecordType
from servanda.interpreter.walk import contracts_below

PREFIXES = (FIELD, BALANCE)


class Watch:
    """Notes which records are read, of the types that a reader may not see every record of.

    Their rows are given a class of their own for it, so that no reading can be missed.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.is_on = False
        self.read: dict[Row, None] = {}
        """The records that were read while it was on."""
        self.hidden: tuple[RecordType, ...] = ()
        self._begin()

    def move_to(self, machine: Machine) -> None:
        """Go on with the machine that an upgrade has put in the place of the one watched so far."""
        self.reader = Reader(machine, self.reader.names)
        self._begin()

    def _begin(self) -> None:
        """Give the records of a machine classes that note what is read."""
        reader = self.reader
        machine = reader.machine
        if reader.names is not None:
            self.hidden = tuple(
                record
                for record, table in machine.tables.items()
                if not reader.sees_every(table.model)
            )
        for record in self.hidden:
            table = machine.tables[record]
            table.make = self._watched(table.make)
            # Those that are fetched from now on are of the class that the table makes.
            for row in dict.values(table.rows):
                row.__class__ = table.make

    def _watched(self, base: type[Any]) -> type[Any]:
        watch = self

        def note(row: Row, name: str) -> Any:  # noqa: ANN401 -- a field is of any type
            if watch.is_on and name.startswith(PREFIXES):
                watch.read[row] = None
            return object.__getattribute__(row, name)

        watched: Any = type(base.__name__, (base,), {"__slots__": (), "__getattribute__": note})
        watched.__slots__ = base.__slots__  # It has the fields of the other, and asks for them.
        return watched  # type: ignore[no-any-return]

    def lets_see(self, contract: ContractModel, body: Body, code: str | None) -> bool:
        """Whether all that a body looked at may be shown; `code` is that of its refusal."""
        self.is_on = False
        if not self.hidden:
            return True
        if looked_up_in(contract, body) & set(self.hidden):
            return False
        if code == Code.INVARIANT and _has_hidden(contract, self.hidden):
            return False  # What a running total counts is read by nobody when it is looked at.
        return all(self.reader.sees(row) for row in list(self.read))


def _has_hidden(contract: ContractModel, hidden: Iterable[RecordType]) -> bool:
    names = {one.name for one in contracts_below(contract)}
    return any(one.contract in names for one in hidden)


class Traced(NamedTuple):
    """What was run again: what ran, its trace, and whether that may be shown to who asks."""

    what: Call | Firing
    trace: Trace
    may_be_shown: bool


class NeverRan(Exception):  # noqa: N818 -- what was asked for did not happen
    """A receipt is of something that did not run, so that there is nothing to explain."""


def run_again(
    ledger: Ledger, block: Block, items: Sequence[Any], number: int, watch: Watch
) -> Traced:
    """Run a block again, up to what its receipt `items[number]` is of. Raises `NeverRan`.

    `ledger` stands at the block before, and `watch` is on its machine.
    """
    item = items[number]
    if item[0] not in {Kind.CALL, Kind.TIMER}:
        raise NeverRan
    chooser = _Chooser(items, number, watch)
    machine = ledger.state.machine
    machine.choose_trace = chooser
    ledger.begin(block.header.time_ms)
    for data in block.transactions:
        if chooser.what is not None:
            break
        chooser.taking = _name_of(data)
        ledger.take(data)
        if ledger.state.machine is not watch.reader.machine and chooser.what is None:
            watch.move_to(ledger.state.machine)
    assert chooser.what is not None, "what has run runs again"
    may_be_shown = explains_to(watch, chooser.what, item[2])
    return Traced(chooser.what, chooser.trace, may_be_shown)


def explains_to(watch: Watch, what: Call | Firing, code: str | None) -> bool:
    """Whether the trace of a call or timer that has run may be shown; `code` is its refusal's."""
    contract = watch.reader.machine.contracts.get(what.contract)
    if contract is None:
        return True  # There is no such contract, and nothing was looked at.
    if isinstance(what, Firing):
        return watch.lets_see(contract, contract.timers[what.number].body, code)
    action = contract.actions.get(what.action)
    if action is None:
        return True
    if code == Code.NOT_AUTHORISED and _takes_hidden(action, watch.hidden):
        return False  # Whether there was something to read must not be told either.
    return watch.lets_see(contract, action.body, code)


def _takes_hidden(action: ActionModel, hidden: Iterable[RecordType]) -> bool:
    taken = [record_in(one.local.type) for one in action.parameters]
    return any(one in taken for one in hidden)


def _name_of(data: bytes) -> bytes | None:
    try:
        return read_envelope(data).digest
    except TransactionRefused:
        return None


class _Chooser:
    """Chooses what is traced: the transaction of a hash when it runs, or the timer of a number."""

    def __init__(self, items: Sequence[Any], number: int, watch: Watch) -> None:
        item = items[number]
        is_timer = item[0] == Kind.TIMER
        self.transaction: bytes | None = None if is_timer else item[1]
        self.firing = sum(one[0] == Kind.TIMER for one in items[: number + 1]) if is_timer else 0
        """How many timers have fired when the one that is wanted has."""
        self.taking: bytes | None = None
        self.what: Call | Firing | None = None
        self.trace = Trace()
        self._fired = 0
        self._watch = watch

    def __call__(self, what: Firing | Call) -> Trace | None:
        if isinstance(what, Firing):
            self._fired += 1
            is_wanted = self._fired == self.firing
        else:
            is_wanted = self.transaction is not None and self.taking == self.transaction
        if is_wanted:
            self.what = what
            self._watch.is_on = True
            return self.trace
        # Timers that a call runs early are a part of it; those behind a timer are none of it.
        self._watch.is_on = self._watch.is_on and self.transaction is not None
        return None
