"""The machine: programs bound to one state. It executes calls and timers, all or nothing.

In come calls at the block's time; out come receipts. A refusal leaves no trace in the state but
its receipt. What is asserted here must hold whatever a contract says: money is conserved, and
nothing half done stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from servanda.interpreter.compile import Program
from servanda.interpreter.costs import BLOCK_STEPS_MAX, CALL_STEPS_MAX, FIRING_STEPS
from servanda.interpreter.execute.arguments import bad_signers, over_cost
from servanda.interpreter.execute.audit import (
    audit_indexes,
    audit_money,
    audit_serials,
    audit_timers,
)
from servanda.interpreter.execute.bindings import Bindings
from servanda.interpreter.execute.context import Context, Overdue
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.execute.invariants import NEVER_TOO_MANY, Invariants, Total
from servanda.interpreter.execute.members import Members
from servanda.interpreter.execute.outward import outward, unit_given
from servanda.interpreter.execute.proofs import Chains, OneMachine
from servanda.interpreter.execute.restore import restore_tables
from servanda.interpreter.execute.settle import settle
from servanda.interpreter.execute.shelf import Shelf
from servanda.interpreter.execute.state import Journal, Row, Tables, note_rows, undo
from servanda.interpreter.execute.timers import (
    Entry,
    Order,
    TimerQueue,
    retried,
)
from servanda.interpreter.receipts import Call, Firing, Receipt
from servanda.interpreter.refusals import Code as RefusalCode
from servanda.interpreter.refusals import Refused
from servanda.interpreter.values.show import show_text
from servanda.interpreter.values.time_zones import Zone

Function = Callable[..., Any]
NAME_LENGTH_MAX = 64


class Machine:
    """Contracts, their state, their members, and the block's time (milliseconds).

    Before the first block the time is the epoch.
    """

    def __init__(
        self,
        zones: Mapping[str, Zone] | None = None,
        *,
        call_steps_max: int = CALL_STEPS_MAX,
        block_steps_max: int = BLOCK_STEPS_MAX,
    ) -> None:
        self.now = 0
        self.members = Members()
        self.queue = TimerQueue(self._row_of)
        self.issued: dict[tuple[str, str], int] = {}
        self.call_steps_max = call_steps_max
        self.block_steps_max = block_steps_max
        self._shelf: Shelf | None = None
        self.overdue_receipts: list[Receipt] = []
        """Receipts of timers that a call ran early; whoever asks for them empties the list."""
        self.choose_trace: Callable[[Firing | Call], Trace | None] | None = None
        """Asked before each timer and call: with a trace it runs through the code with probes."""
        self.touched: dict[Row, None] | None = None
        """The records that changed, for whoever keeps them; None where nobody does."""
        self.chains: Chains = OneMachine(self)
        """What verifies proofs of other chains, and knows their hashes."""
        self.bindings = Bindings(zones or {}, self.queue, lambda: self.now)
        self.tables: Tables = self.bindings.tables
        self.contracts = self.bindings.contracts
        """The deployed contracts by name."""
        self._actions = self.bindings.actions
        self._probed_actions = self.bindings.probed_actions
        self._invariants = Invariants()

    # ── deploying ─────────────────────────────────────────────────────────────────────────────

    def deploy(self, program: Program) -> None:
        """Bind a program to this machine; the contracts it uses have been deployed before.

        Raises `Undeployable`, and then nothing has changed.
        """
        bound = self.bindings.deploy(program)
        self._invariants.add(program.model, self.tables, bound.functions, bound.probed)
        if self._shelf is not None:
            for record in program.model.records.values():
                self.tables[record.type].put_on(self._shelf)
            self._invariants.put_on(self._shelf)

    def knows_unit(self, code: str) -> bool:
        """Whether there is a currency or a declared unit of this code."""
        return code in self.bindings.units

    def restore(self) -> None:
        """Make the running figures from records that were put into the tables."""
        self.issued = restore_tables(self.tables, self._invariants, self._unmetered())

    def put_on(self, shelf: Shelf) -> None:
        """Look for records, timers and totals on a shelf from now on, beside what is here."""
        self._shelf = shelf
        for table in self.tables.values():
            table.put_on(shelf)
        self.queue.put_on(shelf)
        self._invariants.put_on(shelf)

    def settle(self, rows_max: int) -> None:
        """Take note that what has changed is on the shelf; of many rows, let go of all."""
        for table in self.tables.values():
            table.settle()
        self.queue.settle()
        self._invariants.settle()
        if sum([len(table.rows) for table in self.tables.values()]) > rows_max:
            for table in self.tables.values():
                table.forget()

    @property
    def invariants(self) -> Invariants:
        """All invariants."""
        return self._invariants

    @property
    def totals(self) -> Iterable[Total]:
        """The running totals of all invariants, in the order of contracts and clauses."""
        return self._invariants.totals

    def audit(self) -> None:
        """Assert, over the whole state, what calls assert of what they touch."""
        audit_money(self.tables, self.issued)
        audit_indexes(self.tables)
        audit_serials(self.tables)
        self._invariants.audit(self._unmetered())
        audit_timers(self.tables, self.queue)

    def _unmetered(self) -> Context:
        """Return the context of a recount, which is nobody's call and may cost what it costs."""
        context = Context(self, "", ())
        context.steps_max = NEVER_TOO_MANY
        return context

    # ── calls ─────────────────────────────────────────────────────────────────────────────────

    def execute(self, call: Call, approve: Callable[[Journal], None] | None = None) -> Receipt:
        """Run a call at the block's time: wholly, or not at all.

        When all of it has been done, `approve` may still refuse it by raising `Refused`; it is
        given what has changed.
        """
        trace = None if self.choose_trace is None else self.choose_trace(call)
        if trace is not None:
            return self._traced(call, trace, approve)
        return self._execute(call, None, approve)

    def trace(self, call: Call) -> tuple[Receipt, Trace]:
        """Run a call as `execute` does, through the code with probes."""
        trace = Trace()
        return self._traced(call, trace), trace

    def _traced(
        self, call: Call, trace: Trace, approve: Callable[[Journal], None] | None = None
    ) -> Receipt:
        receipt = self._execute(call, trace, approve)
        if receipt.code is not None:
            trace.refuse(receipt.code, receipt.message, receipt.span)
        return receipt

    def ask(self, call: Call) -> Receipt:
        """Answer a rule to those whom its `by` allows; nothing changes."""
        context = Context(self, call.contract, call.signers)
        try:
            function = self._function(context, call.action, self.bindings.rules)
            value = function(context, call.arguments)
            if context.steps > context.steps_max:
                raise over_cost()
        except Refused as refused:
            self.locate(refused)
            return self._refusal(context, call.action, refused)
        assert not context.undo, "a rule changes nothing"
        return self._receipt(context, call.action, self._given(call, value, is_rule=True))

    def _execute(
        self, call: Call, probe: Trace | None, approve: Callable[[Journal], None] | None = None
    ) -> Receipt:
        context = Context(self, call.contract, call.signers)
        actions = self._actions
        if probe is not None:
            context.probe, actions = probe, self._probed_actions
        try:
            # What happens once for every call is written out: a frame costs more than it does.
            function = self._function(context, call.action, actions)
            try:
                value = function(context, call.arguments)
            except Overdue as overdue:
                value = self._run_again(context, overdue, function, call.arguments)
            if approve is not None:
                approve(context.undo)
            settle(context, self._invariants)
        except Refused as refused:
            if refused.span is None:
                self.locate(refused)
            else:
                refused.__traceback__ = None
            if context.undo:
                undo(context.undo)
            return self._refusal(context, call.action, refused)
        except BaseException:
            undo(context.undo)
            raise
        if context.issued or self.touched is not None:
            self._keep(context)
        if value is not None:
            value = self._given(call, value)
        return self._receipt(context, call.action, value)

    def _run_again(
        self, context: Context, overdue: Overdue, function: Function, arguments: tuple[Any, ...]
    ) -> Any:
        """Fire what is overdue and run the call from its beginning, as often as it takes."""
        while True:
            context.start_again()
            self.fire_overdue(overdue.rows)
            try:
                return function(context, arguments)
            except Overdue as again:
                overdue = again

    def run_action(self, context: Context, action: str, arguments: tuple[Any, ...]) -> Any:
        """Run an action's generated code inside the context of another that calls it."""
        actions = self._actions if context.probe is None else self._probed_actions
        return self._function(context, action, actions)(context, arguments)

    def _function(
        self, context: Context, name: str, functions: Mapping[tuple[str, str], Function]
    ) -> Function:
        contract = context.contract
        # Nothing that comes from outside is hashed or compared before its type is known.
        if type(name) is not str or type(contract) is not str:
            raise Refused(RefusalCode.UNKNOWN_ACTION, "an action is named by two texts")
        function = functions.get((contract, name))
        if function is None:
            raise _unknown_action(contract, name)
        signers = context.signers
        if type(signers) is not tuple:
            raise bad_signers()
        for one in signers:
            if type(one) is not str:
                raise bad_signers()
        return function

    def _given(self, call: Call, value: Any, *, is_rule: bool = False) -> Any:
        contract = self.contracts[call.contract]
        model = contract.rules[call.action] if is_rule else contract.actions[call.action]
        unit = unit_given(model.result, model.parameters, call.arguments, self.tables)
        return outward(value, model.result, unit)

    def _keep(self, context: Context) -> None:
        """Keep what has happened: what was issued, and which records are not as they were."""
        if context.issued:
            for place, steps in context.issued.items():
                self.issued[place] = self.issued.get(place, 0) + steps
        if self.touched is not None:
            note_rows(context.undo, self.touched)

    def _receipt(
        self, context: Context, title: str, value: Any, firing: Firing | None = None
    ) -> Receipt:
        events, notices = context.events, context.notices
        # One is made for every call, and the constructor of a named tuple is a function more.
        return tuple.__new__(
            Receipt,
            (
                title,
                None,
                "",
                None,
                value,
                tuple(events) if events else (),
                tuple(notices) if notices else (),
                context.steps,
                firing,
            ),
        )

    def _refusal(
        self, context: Context, title: str, refused: Refused, firing: Firing | None = None
    ) -> Receipt:
        code = refused.code
        if type(code) is not str:
            # The `value` of an enum's member is a property that costs as much as all of this.
            code = code._value_  # type: ignore[attr-defined]
        return tuple.__new__(
            Receipt,
            (title, code, refused.message, refused.span, None, (), (), context.steps, firing),
        )

    def locate(self, refused: Refused) -> None:
        """Give a refusal the clause that it came from."""
        self.bindings.locate(refused)

    # ── timers ────────────────────────────────────────────────────────────────────────────────

    def _row_of(self, order: Order) -> Any:
        """Return the row that a timer in the queue is about."""
        timer = self.bindings.of(order.contract).model.timers[order.number]
        return self.tables[timer.record].listed(order.key)

    def next_due(self) -> int | None:
        """Return when something falls due after the present time, or None."""
        return self.queue.next_after_time(self.now)

    def advance(self, now: int) -> list[Receipt]:
        """Open a block at `now`, later than the one before, and fire what is due.

        Entries run in order and never behind the last that ran: what falls due behind it runs
        in the next block. They may spend half of the block's cost; the rest carry over.
        """
        assert now > self.now, "block time strictly rises"
        self.now = now
        receipts: list[Receipt] = []
        spent, position = 0, None
        while spent < self.block_steps_max // 2:
            found = self.queue.next_after(position, now)
            if found is None:
                break
            entry, row = found
            receipt = self._fire(entry, row)
            receipts.append(receipt)
            spent += FIRING_STEPS + receipt.cost
            position = entry.order
        return receipts

    def has_overdue(self, rows: tuple[Any, ...]) -> bool:
        """Whether something is overdue about these records that has not been tried in vain."""
        return self._first_overdue(rows, {}) is not None

    def fire_overdue(self, rows: tuple[Any, ...]) -> None:
        """Fire what is overdue about these records, in order, before somebody acts on them.

        All that was missed is caught up with, but a timer that makes itself due in the past runs
        once, and together they spend no more than a call may.
        """
        spent = 0
        caught_up: dict[tuple[Any, str, int], int] = {}
        while spent <= self.call_steps_max:
            found = self._first_overdue(rows, caught_up)
            if found is None:
                break
            entry, row = found
            caught_up[row, entry.order.contract, entry.order.number] = entry.due
            receipt = self._fire(entry, row)
            self.overdue_receipts.append(receipt)
            spent += FIRING_STEPS + receipt.cost

    def _first_overdue(
        self, rows: tuple[Any, ...], caught_up: Mapping[tuple[Any, str, int], int]
    ) -> tuple[Entry, Any] | None:
        first: tuple[Entry, Any] | None = None
        for row in rows:
            for entry in self.queue.due_of(row, self.now) if row is not None else ():
                if entry.fault_count or (first is not None and first[0].order <= entry.order):
                    continue
                ran_for = caught_up.get((row, entry.order.contract, entry.order.number))
                if ran_for is None or ran_for < entry.due:
                    first = entry, row
        return first

    def _fire(self, entry: Entry, row: Any) -> Receipt:
        order: Order = entry.order
        bound = self.bindings.of(order.contract)
        timer = bound.model.timers[order.number]
        firing = Firing(
            *(order.contract, order.number, timer.title, timer.record, row.key, entry.due)
        )
        trace = None if self.choose_trace is None else self.choose_trace(firing)
        context = Context(self, order.contract, ())
        context.due, context.probe = entry.due, trace
        name = (order.contract, order.number)
        functions = bound.functions if trace is None else bound.probed
        try:
            self.queue.put(row, name, None, context.undo)
            functions["timer", str(order.number)](context, row)
            if self.queue.waiting(row, *name) is None:
                bound.watches[timer.record].again(timer, row, entry.due, context.undo)
            settle(context, self._invariants)
        except Refused as refused:
            self.locate(refused)
            undo(context.undo)
            self.queue.put(row, name, retried(entry, self.now), context.undo)
            if self.touched is not None:
                note_rows(context.undo, self.touched)
            receipt = self._refusal(context, timer.title, refused, firing)
            if trace is not None:
                trace.refuse(str(receipt.code), receipt.message, receipt.span)
            return receipt
        except BaseException:
            undo(context.undo)
            raise
        self._keep(context)
        return self._receipt(context, timer.title, None, firing)


def _unknown_action(contract: str, action: str) -> Refused:
    where = show_text(contract, NAME_LENGTH_MAX)
    what = show_text(action, NAME_LENGTH_MAX)
    return Refused(RefusalCode.UNKNOWN_ACTION, f"there is no action {what} of a contract {where}")
