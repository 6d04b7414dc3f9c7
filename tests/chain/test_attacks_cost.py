"""Cost bombs: whatever is sent, a block ends, and what makes others work has paid for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chains
import pytest
import small_bank as bank

from servanda.chain.encoding import Item, decode, encode
from servanda.chain.pending import WAITING_COUNT_MAX
from servanda.chain.transaction import TransactionRefused
from servanda.chain.waiting_list import WaitingList
from servanda.interpreter.costs import BYTE_STEPS, TRANSACTION_STEPS
from servanda.interpreter.receipts import Amount

BOMBS = """\
contract Bombs version 1

role Institution

record Cell[name: Text]
  text: Text
  numbers: List of Int
  count: Int = 0

action loop(name: Text, last: Int in 0..10_000)
  by Institution
  let total = 0
  for i in 1..last
    for j in 1..last
      total = total + 1
  create Cell(name: name, text: "", numbers: [], count: total)

action double(name: Text, text: Text, times: Int in 0..1_000)
  by Institution
  let made = text
  for i in 1..times
    made = "{made}{made}"
  create Cell(name: name, text: made, numbers: [])

action keep(name: Text, last: Int in 0..10_000)
  by Institution
  create Cell(name: name, text: "", numbers: list(n for n in 1..last))
"""

MANY = 40


def small(**parameters: int) -> chains.Chain:
    """Return a chain with a bank and the bombs."""
    chain = chains.Chain(bank.MEMBERS, **parameters)
    chain.deploy(bank.BANK, "Bank")
    chain.deploy(BOMBS, "Bombs")
    return chain


def taken(chain: chains.Chain, envelopes: list[bytes]) -> tuple[list[Any], list[bytes]]:
    """Make a block of what is offered; return the receipts told, and what came into the block."""
    chain.time_ms += 1_000
    chain.ledger.begin(chain.time_ms)
    told = [decode(chain.ledger.take(one)) for one in envelopes]
    execution = chain.ledger.end()
    chain.keep(execution)
    chain.ledger.commit()
    return told, list(execution.transactions)


# ── inside a call ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("action", "arguments", "code"),
    [
        ("loop", ("c", 10_000), "COST_LIMIT"),
        ("double", ("c", "x" * 4_096, 1_000), "OVERFLOW"),
        ("double", ("c", "x", 1_000), "OVERFLOW"),
        ("double", ("c", "€" * 1_365, 1), "OVERFLOW"),
        ("keep", ("c", 10_000), "OVERFLOW"),
        ("keep", ("c", 1_001), "OVERFLOW"),
    ],
)
def test_a_bomb_in_a_call_is_refused(action: str, arguments: tuple[Any, ...], code: str) -> None:
    """Loops at their limit, texts that double, lists without end: refused, and nothing is kept."""
    chain = small()
    before = dict(chain.kept.values)
    receipt = chain.run("icbc", f"Bombs.{action}", *arguments)
    assert (receipt[0], receipt[2]) == (0, code)
    assert receipt[-1] <= 1_000_000 + 100
    assert chain.kept.values == before


def test_the_largest_that_fits_is_done() -> None:
    """A text of 4,096 bytes (quotes count), a list of 1,000, a loop of nearly a million steps."""
    chain = small()
    chain.does("icbc", "Bombs.double", "text", "x" * 2_046, 1)
    chain.does("icbc", "Bombs.keep", "list", 1_000)
    chain.does("icbc", "Bombs.loop", "loop", 400)
    assert len(chain.row("Bombs", "Cell", "text").f_text) == 4_096
    assert chain.row("Bombs", "Cell", "loop").f_count == 160_000
    chain.reopened().state.machine.audit()


# ── inside a block ────────────────────────────────────────────────────────────────────────────


def test_a_block_without_steps_left_takes_no_more() -> None:
    """What finds no room is not in the block, changes nothing, and may come again in the next."""
    chain = small(block_steps_max=3_000)
    envelopes = [chain.signed(chain.transaction("icbc", "Bank.open", f"y{n}")) for n in range(5)]
    left, blocks = envelopes, 0
    while left:
        told, inside = taken(chain, left)
        full = [one for one, receipt in zip(left, told, strict=True) if receipt[2] == "BLOCK_FULL"]
        assert inside == left[: len(inside)]
        assert full == left[len(inside) :]
        assert inside
        for number in range(5):
            is_there = encode(("Bank", "Account", f"y{number}")) in chain.kept.values
            assert is_there == (envelopes[number] not in full)
        left, blocks = full, blocks + 1
    assert blocks == 3
    assert chain.reopened().info.height == chain.ledger.info.height


def refused_ones(chain: chains.Chain, what: str) -> list[bytes]:
    """Return transactions that do nothing but make everybody look at them."""
    make, sign = chain.transaction, chain.signed
    asked: dict[str, Callable[[int], bytes]] = {
        "garbage": lambda n: b"%d" % n,
        "nobody's": lambda n: sign(make("eve", "Bank.open", f"{n}")),
        "unsigned": lambda n: sign(make("icbc", "Bank.open", f"{n}"), []),
        "bad arguments": lambda _: sign(make("icbc", "Bank.open", 7)),
        "no such action": lambda _: sign(make("icbc", "Bank.nothing")),
        "not authorised": lambda _: sign(make("boc", "Bank.deposit", "a", Amount(1, "CNY"))),
    }
    return [asked[what](number) for number in range(MANY)]


@pytest.mark.parametrize(
    "what",
    ["garbage", "nobody's", "unsigned", "bad arguments", "no such action", "not authorised"],
)
def test_refusals_are_paid_too(what: str) -> None:
    """Nobody makes a block longer than its steps, with a key or without one."""
    chain = small(block_steps_max=30_000)
    chain.does("icbc", "Bank.open", "a")
    sent = refused_ones(chain, what)
    before = dict(chain.kept.values)
    told, inside = taken(chain, sent)
    assert 5 <= len(inside) < MANY
    assert sum(TRANSACTION_STEPS + BYTE_STEPS * len(one) for one in inside[:-1]) < 30_000
    assert {receipt[2] for receipt in told[len(inside) :]} == {"BLOCK_FULL"}
    assert {receipt[2] for receipt in told[: len(inside)]} & {"BLOCK_FULL", None} == set()
    assert chain.kept.values == before


def test_what_is_too_large_never_comes_into_a_block() -> None:
    """A hundred kilobytes are refused by their length alone, and kept by nobody."""
    chain = small()
    told, inside = taken(chain, [b"\x9f" * 100_000, b"\x9f" * 65_536])
    assert [one[2] for one in told] == ["TOO_LARGE", "MALFORMED"]
    assert inside == [b"\x9f" * 65_536]


# ── what waits ────────────────────────────────────────────────────────────────────────────────


def test_what_waits_cannot_be_sent_again() -> None:
    """Whoever sees an envelope that waits has no key, and cannot fill blocks with it."""
    chain = small()
    chain.does("icbc", "Bank.open", "a")
    transaction = chain.transaction("icbc pboc", "Bank.put_by", "a", Amount(5, "CNY"))
    seen = chain.signed(transaction, ["icbc"])
    chain.block(seen)
    before = dict(chain.kept.values)
    for ledger in (chain.ledger, chain.reopened()):
        with pytest.raises(TransactionRefused, match="REPLAYED"):
            ledger.check(seen)
    assert [one[2] for one in chain.block(seen, seen)] == ["REPLAYED", "REPLAYED"]
    assert chain.kept.values == before
    (done,) = chain.block(chain.signed(transaction))
    assert (done[0], done[2]) == (0, None)


def test_a_member_makes_the_chain_keep_so_much_and_no_more() -> None:
    """What waits with a member's signature is counted; others are not kept from waiting."""
    chain = small()
    chain.does("icbc", "Bank.open", "a")

    def waits(signer: str, expiry_ms: int) -> bytes:
        transaction = chain.transaction(
            "icbc pboc", "Bank.put_by", "a", Amount(1, "CNY"), expiry_ms=expiry_ms
        )
        return bytes(chain.signed(transaction, [signer]))

    soon = chain.time_ms + chains.HOUR_MS
    for number in range(WAITING_COUNT_MAX + 2):
        (receipt,) = chain.block(waits("icbc", soon), wait_ms=1)
        wanted = (2, ("pboc",)) if number < WAITING_COUNT_MAX else (4, "PENDING_FULL")
        assert (receipt[0], receipt[2]) == wanted
    with pytest.raises(TransactionRefused, match="PENDING_FULL"):
        chain.reopened().check(waits("icbc", soon))
    # Others wait, and what is complete runs, also with the signature of who waits too much.
    assert chain.block(waits("pboc", soon))[0][0] == 2
    assert chain.code("icbc", "Bank.open", "b") is None
    lapsed = chain.block(waits("icbc", soon + 10 * chains.HOUR_MS), wait_ms=chains.HOUR_MS)
    assert [one[0] for one in lapsed] == [3] * (WAITING_COUNT_MAX + 1) + [2]
    assert len(chain.reopened().state.pending) == 1


def test_a_block_does_not_look_at_all_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not over costs an empty block nothing."""
    chain = small()
    for number in range(WAITING_COUNT_MAX):
        transaction = chain.transaction("icbc pboc", "Bank.open", f"{number}")
        chain.block(chain.signed(transaction, ["icbc"]))
    looked: list[bytes] = []
    get = WaitingList.__getitem__

    def look(waiting: WaitingList, transaction: bytes) -> Item:
        looked.append(transaction)
        return get(waiting, transaction)

    monkeypatch.setattr(WaitingList, "__getitem__", look)
    chain.block()
    assert looked == []
    chain.block(chain.signed(chain.transaction("icbc pboc", "Bank.open", "z"), ["pboc"]))
    assert 1 <= len(looked) <= 10
