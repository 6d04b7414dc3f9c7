"""Money between two chains, whatever the relayer and the clocks do: delivered or refunded.

A relayer is anybody. It carries proofs of any block, as often and in any order as it likes, makes
some up, and is started anew at any moment; either chain may stand still or be far ahead. Nothing of
that makes money or loses any, and no message is both received and refunded.
"""

# An argument is of any type of the language.
# ruff: noqa: ANN401

from __future__ import annotations

from typing import Any

from chains import HOUR_MS
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from two_chains import Moment, OneOfTwo, cny, two_chains

DEPOSITED = 50_000
MOMENTS_KEPT_MAX = 12
MESSAGES_MAX = 3
NUMBERS = st.sampled_from([1, 2, 1, 3])
"""Of messages: the first two are there from the beginning."""
AGES = st.sampled_from([0, 0, 0, 1, 2, 4, 8])
"""How many blocks ago it was what is proved."""


class Relaying(RuleBasedStateMachine):
    """Two chains, and a relayer that is trusted with nothing."""

    @initialize()
    def begin(self) -> None:
        """Begin with five hundred yuan on the sending chain."""
        self.sending, self.receiving = two_chains()
        self.moments: dict[OneOfTwo, list[Moment]] = {self.sending: [], self.receiving: []}
        self.until: dict[int, int] = {}
        self.note(self.receiving)
        self.send(yuan=100, hours=6)
        self.send(yuan=200, hours=12)

    def note(self, chain: OneOfTwo) -> None:
        """Keep what a chain holds now, to be proved at any later time."""
        kept = self.moments[chain]
        kept.append(chain.moment)
        del kept[:-MOMENTS_KEPT_MAX]

    def run_on(self, chain: OneOfTwo, action: str, *arguments: Any) -> str | None:
        """Run an action that may be refused; return the code."""
        code = chain.code("icbc", action, *arguments)
        self.note(chain)
        return code

    # ── what happens ──────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: len(self.until) < MESSAGES_MAX)
    @rule(yuan=st.integers(1, 240), hours=st.integers(-1, 20))
    def send(self, yuan: int, hours: int) -> None:
        """Send money that counts until some hours from the present of the receiving chain."""
        until_ms = self.receiving.time_ms + hours * HOUR_MS
        asked = ("Sender.send", "6222-01", "6216-02", cny(yuan), until_ms)
        if self.run_on(self.sending, *asked) is None:
            self.until[len(self.until) + 1] = until_ms

    @rule(hours=st.integers(1, 9), is_sending=st.booleans())
    def wait(self, hours: int, *, is_sending: bool) -> None:
        """Let time pass on one chain alone."""
        chain = self.sending if is_sending else self.receiving
        chain.block(wait_ms=hours * HOUR_MS)
        self.note(chain)

    @rule(number=NUMBERS, age=AGES)
    def carry_message(self, number: int, age: int) -> None:
        """Carry the proof of a message, as it is or was in some block before."""
        proof = self.moment(self.sending, age).proof("Sender", "Sent", number)
        is_in_time = self.receiving.time_ms + 1_000 < self.until.get(number, 0)
        if self.run_on(self.receiving, "Receiver.receive", proof) is None:
            assert is_in_time, "what is received comes before its time is over"

    @rule(
        number=NUMBERS,
        about=NUMBERS,
        age=AGES,
        is_right=st.sampled_from([True, True, True, False]),
        action=st.sampled_from(["Sender.settle", "Sender.refund"]),
    )
    def carry_answer(
        self, number: int, about: int, age: int, action: str, *, is_right: bool
    ) -> None:
        """Carry a proof that a message was received, or was not: mostly of the right one."""
        key = (self.sending.genesis.hash, number if is_right else about)
        proof = self.moment(self.receiving, age).proof("Receiver", "Received", key)
        self.run_on(self.sending, action, number, proof)

    @rule(number=NUMBERS, place=st.integers(0, 5_000), is_own=st.booleans())
    def lie(self, number: int, place: int, *, is_own: bool) -> None:
        """Change a bit of a proof, or give a chain one of itself: it is refused."""
        key = (self.sending.genesis.hash, number)
        received = self.moment(self.receiving, 0).proof("Receiver", "Received", key)
        if is_own:
            code = self.run_on(self.receiving, "Receiver.receive", received)
        else:
            data = bytearray(received)
            data[place % len(data)] ^= 1
            code = self.run_on(self.sending, "Sender.settle", number, bytes(data))
        # A bit of the key can make it a proof about another message, and a true one.
        assert code in {"BAD_ARGUMENT", "MISSING_RECORD", "OTHER_MESSAGE"}

    @rule(is_sending=st.booleans())
    def restart(self, *, is_sending: bool) -> None:
        """Open one of the chains anew from what was kept."""
        (self.sending if is_sending else self.receiving).reopened()

    def moment(self, chain: OneOfTwo, age: int) -> Moment:
        """Return what a chain held some blocks ago."""
        kept = self.moments[chain]
        return kept[max(0, len(kept) - 1 - age)]

    # ── what holds ────────────────────────────────────────────────────────────────────────────

    @invariant()
    def money_is_conserved(self) -> None:
        """Every yuan lies in an account, or is on its way: once."""
        if not hasattr(self, "sending"):
            return
        chain = self.sending.genesis.hash
        under_way = 0
        for number in self.until:
            message = self.sending.row("Sender", "Sent", number)
            is_received = self.is_received((chain, number))
            assert not (is_received and message.f_transfer == "Refunded")
            assert is_received or message.f_transfer != "Settled"
            under_way += 0 if is_received else message.b_locked
        here = self.sending.row("Sender", "Account", "6222-01").b_balance
        there = self.receiving.row("Receiver", "Account", "6216-02").b_balance
        assert here + under_way + there == DEPOSITED

    def is_received(self, key: tuple[bytes, int]) -> bool:
        """Whether the receiving chain has taken a message."""
        try:
            self.receiving.row("Receiver", "Received", key)
        except KeyError:
            return False
        return True


TestRelaying = Relaying.TestCase
TestRelaying.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)


def test_in_the_end_every_message_is_settled_or_refunded() -> None:
    """However messages were carried before, an honest relayer ends them all."""
    sending, receiving = two_chains()
    until_ms = receiving.time_ms + HOUR_MS
    numbers = [
        sending.does("icbc", "Sender.send", "6222-01", "6216-02", cny(50), until_ms)
        for _ in range(6)
    ]
    for number in numbers[::2]:
        receiving.does("icbc", "Receiver.receive", sending.proof("Sender", "Sent", number))
    receiving.block(wait_ms=HOUR_MS)
    moment = receiving.moment
    outcomes = []
    for number in reversed(numbers):
        proof = moment.proof("Receiver", "Received", (sending.genesis.hash, number))
        codes = [
            sending.code("icbc", f"Sender.{one}", number, proof) for one in ("settle", "refund")
        ]
        outcomes.append(codes)
    assert outcomes == [["NOT_RECEIVED", None], [None, "WRONG_STATE"]] * 3
    assert sending.row("Sender", "Account", "6222-01").b_balance == DEPOSITED - 15_000
    assert receiving.row("Receiver", "Account", "6216-02").b_balance == 15_000
