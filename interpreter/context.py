"""The context of one call: its block's time, who signed, what it did so far, what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servanda.interpreter.authorise import Aliases, authorise
from servanda.interpreter.receipts import Event, Notice
from servanda.interpreter.refusals import Refused
from servanda.interpreter.state import Journal, place_of_balance
from servanda.interpreter.time_zones import Zone
from servanda.interpreter.times import local_date

if TYPE_CHECKING:
    from servanda.interpreter.explain import Trace
    from servanda.interpreter.machine import Machine


class Context:
    """What generated code is given: it reads the block and signers, and adds to the rest."""

    # What most calls leave alone stands on the class, so that a context is quick to make.
    caller: str | None = None
    due: int | None = None
    issued: dict[tuple[str, str], int] | None = None
    probe: Trace | None = None
    steps = 0
    stack: tuple[str, ...] = ()
    """The contracts that called this one, outermost first."""

    def __init__(self, machine: Machine, contract: str, signers: tuple[str, ...]) -> None:
        self.machine = machine
        self.contract = contract
        self.signers = signers
        self.members = machine.members
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
        return self.members.has_role(name, roles)

    def signer_with(self, roles: tuple[str, ...]) -> str | None:
        """Return the first signer that has one of the roles."""
        for name in self.signers:
            if self.members.has_role(name, roles):
                return name
        return None

    def has_signed(self, name: str | None, roles: tuple[str, ...] | None) -> bool:
        """Whether a party signed, and still has the role that its field says."""
        return name is not None and name in self.signers and self.members.has_role(name, roles)

    def authorise(self, tree: tuple[Any, ...]) -> Aliases | None:
        """Return the aliases of an authority that the signers satisfy, or None."""
        return authorise(tree, self.signers, self.caller, self.members)

    # ── effects ───────────────────────────────────────────────────────────────────────────────

    def issue(self, row: Any, slot: str, steps: int) -> None:
        """Note that money came into being in a balance (or went, when `steps` is negative)."""
        if self.issued is None:
            self.issued = {}
        place = place_of_balance(row, slot)
        self.issued[place] = self.issued.get(place, 0) + steps

    def run_overdue(self, rows: tuple[Any, ...]) -> None:
        """Run what is overdue about the records of the arguments, each in its own right.

        # INVARIANT: nothing of this call has happened yet, so what the timers do stays even if
        the call is then refused.
        """
        assert not self.undo, "a call runs overdue timers before its first effect"
        if self.caller is None:
            self.machine.fire_overdue(rows)

    def call(self, contract: str, action: str, arguments: tuple[Any, ...]) -> Any:
        """Run an action of another contract inside this call, signed by this contract alone."""
        assert contract not in (*self.stack, self.contract), "uses are acyclic"
        inner = Context(self.machine, contract, ())
        inner.caller = self.contract
        inner.undo, inner.events, inner.notices = self.undo, self.events, self.notices
        inner.due, inner.issued, inner.steps = self.due, self.issued, self.steps
        inner.stack = (*self.stack, self.contract)
        inner.probe = self.probe
        try:
            return self.machine.run_action(inner, action, arguments)
        except Refused as refused:
            self.machine.locate(refused)
            raise Refused(f"{contract}.{refused.code}", refused.message, refused.span) from None
        finally:
            self.steps, self.issued = inner.steps, inner.issued
