"""The context of one call: its block's time, who signed, what it did so far, what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servanda.interpreter.execute.arguments import over_cost
from servanda.interpreter.execute.authorise import Aliases, authorise
from servanda.interpreter.execute.state import Journal, place_of_balance, undo
from servanda.interpreter.receipts import Event, Notice
from servanda.interpreter.refusals import Refused
from servanda.interpreter.values.time_zones import Zone
from servanda.interpreter.values.times import local_date

if TYPE_CHECKING:
    from servanda.interpreter.execute.explain import Trace
    from servanda.interpreter.execute.machine import Machine


class Overdue(Exception):  # noqa: N818 -- a call of an action that must wait for timers
    """A called action met records about which something is overdue: the call begins again."""

    def __init__(self, rows: tuple[Any, ...]) -> None:
        self.rows = rows


class Context:
    """What generated code is given: it reads the block and signers, and adds to the rest."""

    # What most calls leave alone stands on the class, so that a context is quick to make.
    caller: str | None = None
    due: int | None = None
    issued: dict[tuple[str, str], int] | None = None
    probe: Trace | None = None
    ran_early: set[Any] | None = None
    """The records of called actions whose overdue timers this call has looked for; it is only
    ever asked whether a record is in it."""
    steps = 0
    stack: tuple[str, ...] = ()
    """The contracts that called this one, outermost first."""

    def __init__(self, machine: Machine, contract: str, signers: tuple[str, ...]) -> None:
        self.machine = machine
        self.contract = contract
        self.signers = signers
        self.active = machine.members.active
        self.queue = machine.queue
        self.now = machine.now
        self.steps_max = machine.call_steps_max
        self.undo: Journal = []
        self.events: list[Event] = []
        self.notices: list[Notice] = []

    def today(self, zone: Zone) -> int:
        """Return the date in a contract's time zone: the block's, or in a timer that of `due`."""
        return local_date(self.now if self.due is None else self.due, zone)

    # ── members ───────────────────────────────────────────────────────────────────────────────

    def has_role(self, name: str, roles: tuple[str, ...] | None) -> bool:
        """Whether `name` is in good standing and has one of the roles (None: any member)."""
        return self.machine.members.has_role(name, roles)

    def signer_with(self, roles: tuple[str, ...]) -> str | None:
        """Return the first signer that has one of the roles."""
        for name in self.signers:
            if self.machine.members.has_role(name, roles):
                return name
        return None

    def authorise(self, tree: tuple[Any, ...]) -> Aliases | None:
        """Return the aliases of an authority that the signers satisfy, or None."""
        return authorise(tree, self.signers, self.caller, self.machine.members, self)

    # ── effects ───────────────────────────────────────────────────────────────────────────────

    def issue(self, row: Any, slot: str, steps: int) -> None:
        """Note that money came into being in a balance (or went, when `steps` is negative)."""
        if self.issued is None:
            self.issued = {}
        place = place_of_balance(row, slot)
        self.issued[place] = self.issued.get(place, 0) + steps

    def run_overdue(self, rows: tuple[Any, ...]) -> None:
        """Run what is overdue about the records of the arguments, each in its own right.

        # INVARIANT: nothing of this call has happened when a timer runs, so what the timer does
        stays even if the call is then refused. A called action therefore makes the whole call
        begin again; a timer that calls one comes in its own order and runs no other.
        """
        if self.caller is None:
            assert not self.undo, "a call runs overdue timers before its first effect"
            self.machine.fire_overdue(rows)
            return
        if self.due is not None or self.ran_early is None:
            return
        waiting = tuple([row for row in rows if row is not None and row not in self.ran_early])
        self.ran_early.update(waiting)
        if self.machine.has_overdue(waiting):
            raise Overdue(waiting)

    def start_again(self) -> None:
        """Undo everything but what it cost."""
        undo(self.undo)
        self.events.clear()
        self.notices.clear()
        self.issued = None
        if self.probe is not None:
            self.probe.clear()
        if self.steps > self.steps_max:
            raise over_cost()

    def call(self, contract: str, action: str, arguments: tuple[Any, ...]) -> Any:
        """Run an action of another contract inside this call, signed by this contract alone."""
        assert contract not in (*self.stack, self.contract), "uses are acyclic"
        if self.ran_early is None:
            self.ran_early = set()
        inner = Context(self.machine, contract, ())
        inner.caller = self.contract
        inner.undo, inner.events, inner.notices = self.undo, self.events, self.notices
        inner.due, inner.issued, inner.steps = self.due, self.issued, self.steps
        inner.stack = (*self.stack, self.contract)
        inner.ran_early = self.ran_early
        inner.probe = self.probe
        try:
            return self.machine.run_action(inner, action, arguments)
        except Refused as refused:
            self.machine.locate(refused)
            raise Refused(f"{contract}.{refused.code}", refused.message, refused.span) from None
        finally:
            self.steps, self.issued = inner.steps, inner.issued
