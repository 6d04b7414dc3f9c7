"""A script on a stored chain: the same steps, signed and in blocks; and tests on a copy of it.

In comes a checked script; out comes the driver that its code talks to. Parties are the members of
the chain, who sign with keys that are here. A step at a time makes a block at that time: time only
rises, and no block is dated ahead of the clock.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from servanda.chain.ledger import Ledger
from servanda.chain.sealed import NotOpened
from servanda.grammar.source import Source, Span
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.script import compile_script
from servanda.interpreter.model import ScriptModel
from servanda.interpreter.receipts import Call, Receipt
from servanda.interpreter.values.sealed import Sealed
from servanda.interpreter.values.show import show_time
from servanda.keys import KeyFailed
from servanda.node import Node, Zones
from servanda.on_chain.run_blocks import RunBlocks, TimeHasPassed
from servanda.on_chain.seal import reader_key
from servanda.on_chain.session import CannotTry, clock_ms, signing_key
from servanda.run_facts import Failure
from servanda.run_feeds import FeedRun
from servanda.script_run import ScriptRun, StepFailed
from servanda.sealing import MemorySealing


class KeyRing:
    """The keys of those who sign, each opened once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._opened: dict[str, Ed25519PrivateKey] = {}

    def __call__(self, name: str) -> Ed25519PrivateKey:
        """Return the private key of a member. Raises `StepFailed` where it is not here."""
        found = self._opened.get(name)
        if found is None:
            try:
                found = self._opened[name] = signing_key(self._options, name)
            except (KeyFailed, CannotTry) as failed:
                advice = f"put the key of {name} there, or name its folder with `--keys`"
                told = Failure(str(failed), None, help=advice, is_input=True)
                raise StepFailed(told) from None
        return found

    def open(self, name: str, sealed: Sealed) -> X25519PrivateKey:
        """Return the private key with which a member opens a value. Raises `NotOpened`."""
        try:
            return reader_key(self._options, name, sealed)
        except KeyFailed as failed:
            raise StepFailed(Failure(str(failed), None, is_input=True)) from None


class ChainRun(ScriptRun):
    """The driver of a script whose calls are signed transactions in blocks of a chain."""

    def __init__(
        self,
        blocks: RunBlocks,
        keys: KeyRing,
        model: ScriptModel,
        sources: Mapping[str, Source],
        feed_run: FeedRun,
    ) -> None:
        super().__init__(blocks.machine, model, sources, feed_run=feed_run)
        self.blocks = blocks
        self._keys = keys
        self._present_ms = blocks.machine.now
        self._here: Span | None = None

    @property
    def present_ms(self) -> int:
        """The time to which the script has come; a block that overflows is dated a little later."""
        return self._present_ms

    def enrol(self, role: str, name: str) -> str:
        """Return the name of a member that has the role and whose key is here."""
        known = self.blocks.ledger.state.keys.get(name)
        if known is None or not self.machine.members.has_role(name, (role,)):
            self._stop(
                f"`{name}` is no {role} on this chain",
                f'a registrar enrols it and grants it the role: `grant("{name}", "{role}")`',
            )
        if self._keys(name).public_key().public_bytes_raw() != known:
            self._stop(f"the key here is not the one that `{name}` has on this chain", "")
        return name

    def _stop(self, message: str, advice: str) -> NoReturn:
        raise StepFailed(Failure(message, self._here, help=advice, is_input=True))

    def sealed(self, call: Call) -> Call:
        """Return a call as it was written: it is sealed for the block in which it stands."""
        return call

    def run_call(self, call: Call) -> Receipt:
        """Sign a call and run it in a block."""
        try:
            receipt = self.blocks.run(call)
        except NotOpened as failed:
            self._stop(f"this cannot be sealed: {failed}", "")
        if not self.blocks.is_dated:
            self._present_ms = self.machine.now
        self._take_noted()
        return receipt

    def at(self, span: Span, time_ms: int) -> None:
        """Move the clock to a time."""
        self._here = span
        super().at(span, time_ms)

    def wait(self, span: Span, duration_ms: int, months: int) -> None:
        """Move the clock on."""
        self._here = span
        super().wait(span, duration_ms, months)

    def advance(self, time_ms: int) -> None:
        """Make blocks up to a time that has come."""
        now = clock_ms()
        if time_ms > now:
            self._stop(
                f"{show_time(time_ms)} has not come yet: it is {show_time(now)}",
                "no block is dated ahead of the clock; a chain for a story of the past is begun "
                "with `chain init --time`",
            )
        self._present_ms = time_ms
        try:
            self.blocks.move_to(time_ms)
        except TimeHasPassed:
            last = show_time(self.machine.now)
            self._stop(
                f"time does not go back: others have made a block at {last}",
                "what is left cannot be done at its time: `--anew` begins a script without dates",
            )
        self._take_noted()

    def _take_noted(self) -> None:
        noted, self.blocks.timers = self.blocks.timers, []
        for receipt in noted:
            self.take_timer(receipt)

    def finish(self) -> None:
        """End the last block. What a chain holds is counted again by `chain audit`."""
        self.blocks.end()


class Copies:
    """Fresh copies of a chain's state for the tests of one file; nothing of them is kept."""

    def __init__(self, node: Node, model: ScriptModel, chain: str) -> None:
        self._node = node
        self.chain: str | None = chain
        self.script = compile_script(model)

    def machine(self) -> Machine:
        """Return a machine that stands where the chain does."""
        return Ledger(self._node.genesis, Zones(), self._node.store).state.machine


class CopyRun(ScriptRun):
    """The driver of a test on a copy of a chain's state, of which nothing is kept."""

    def __init__(
        self,
        machine: Machine,
        model: ScriptModel,
        sources: Mapping[str, Source],
        *,
        feed_run: FeedRun | None = None,
    ) -> None:
        super().__init__(machine, model, sources, feed_run=feed_run)
        self.sealing = MemorySealing(on_copy=True)

    def finish(self) -> None:
        """Leave it: what a chain holds is counted again by `chain audit`."""
