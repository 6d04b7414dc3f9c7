"""Histories with upgrades: the same blocks on every node, audited, carried, proved."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import chains
import pytest
import small_bank as bank
from program_strategies import write_right_program
from upgrades import (
    DAILY,
    DAY_MS,
    FEW_HOLDS,
    HELD,
    HELD_BY,
    NOTED,
    SHOP,
    WRITTEN,
    cny,
    fill,
    later,
    read,
    upgraded,
)

from servanda.chain.again import Watch, run_again
from servanda.chain.audit import audit, audit_pack
from servanda.chain.encoding import encode
from servanda.chain.kept_at import KeptAt
from servanda.chain.ledger import Ledger
from servanda.chain.membership import MEMBERSHIP
from servanda.chain.pack import pack, unpack
from servanda.chain.past import ledger_at
from servanda.chain.proof import ProvedRecord, record_proof, verify
from servanda.chain.reader import Reader
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.types import RecordType

Chain = Any


# ── the same everywhere ───────────────────────────────────────────────────────────────────────


def history(chain: Chain, between: Callable[[], object]) -> list[bytes]:
    """Let much happen around three upgrades; return the hashes of the blocks."""
    fill(chain)
    between()
    chain.deploy(SHOP, "Shop")
    between()
    chain.does("ann", "Membership.grant", "icbc", "Desk")
    chain.does("icbc", "Shop.sell", "a")
    between()
    upgraded(chain, later(NOTED, WRITTEN, HELD_BY, (HELD, DAILY + HELD)))
    between()
    chain.does("icbc", "Bank.open", "c", version=2)
    chain.does("icbc", "Bank.write", "a", "mine", version=2)
    chain.run("icbc", "Bank.pay", "a", "b", cny(7), version=2)
    between()
    refused_once = chain.upgrade(later(("<= 1_000 CNY", "<= 4 CNY"), version=3), "Bank", 3)
    assert refused_once[2] == "BAD_UPGRADE"
    between()
    chain.block(wait_ms=DAY_MS + 1)
    upgraded(chain, later(NOTED, WRITTEN, FEW_HOLDS, HELD_BY, (HELD, DAILY + HELD), version=4), 4)
    between()
    chain.does("icbc pboc", "Bank.put_by", "c", cny(1), version=4)
    upgraded(chain, SHOP.replace("version 1", "version 2"), 2, "Shop")
    between()
    chain.block(wait_ms=3 * DAY_MS)
    chain.does("icbc", "Shop.look", 1, 2, version=2)
    return [one.header.hash for one in chain.kept.blocks]


def test_a_restart_changes_nothing() -> None:
    """A node that is started anew again and again comes to the same blocks."""
    steady, restless = chains.Chain(bank.MEMBERS), chains.Chain(bank.MEMBERS)
    assert history(steady, lambda: None) == history(restless, restless.reopened)


def test_it_is_audited_and_carried(tmp_path: Path) -> None:
    """From the genesis, in a store and in a pack; imported, it is the same chain."""
    chain = chains.StoredChain(tmp_path)
    upgraded(chain, later(NOTED, WRITTEN, HELD_BY, (HELD, DAILY + HELD)))
    chain.does("icbc", "Bank.write", "a", "mine", version=2)
    chain.block(wait_ms=2 * DAY_MS)
    refused_once = chain.upgrade(later(version=3), "Bank", 3)
    assert refused_once[2] == "BAD_UPGRADE"
    height = chain.ledger.info.height
    assert list(audit(chain.kept, chain.genesis, {})) == list(range(1, height + 1))
    blocks = [chain.kept.block(one).to_bytes() for one in range(1, height + 1)]
    data = io.BytesIO(b"".join(pack(chain.genesis, blocks)))
    genesis, packed = unpack(data.read)
    assert list(audit_pack(genesis, packed, {}))[-1] == height
    chain.kept.close()


def test_a_ledger_stands_before_and_after(tmp_path: Path) -> None:
    """At each height the contracts of that height run, and records are read by them."""
    chain = chains.StoredChain(tmp_path)
    before = chain.ledger.info.height
    upgraded(chain, later(NOTED, WRITTEN, HELD_BY))
    chain.does("icbc", "Bank.write", "a", "mine", version=2)
    other = (NOTED[0], NOTED[1].replace('"none"', '"new"'))
    upgraded(chain, later(other, WRITTEN, HELD_BY, version=3), 3)
    chain.does("icbc", "Bank.open", "c", version=3)
    notes = []
    for height in range(before, chain.ledger.info.height + 1):
        kept = KeptAt(chain.genesis, {}, chain.kept, height)
        ledger = Ledger(chain.genesis, {}, kept)
        ledger.state.machine.audit()
        table = ledger.state.machine.tables[RecordType("Bank", "Account")]
        notes.append([getattr(row, "f_note", None) for row in table.records()])
        assert ledger.state.versions["Bank"] == 1 + (height > before) + (height > before + 2)
    assert notes == [
        [None, None],
        ["none", "none"],
        ["mine", "none"],
        ["mine", "none"],
        ["mine", "none", "new"],
    ]
    chain.kept.close()


HIDING = """\
contract Files version 1

role Institution

record Secret[number: Text]
  seen by holder
  holder: Institution
  level: Int

record File[number: Text]
  secret: Secret

action make(number: Text, level: Int)
  by Institution as holder
  let secret = create Secret(number: number, holder: holder, level: level)
  create File(number: number, secret: secret)

action look(file: File)
  by Institution
  require file.secret.level > 5 else LOW "too low"
"""


@pytest.mark.parametrize(("who", "is_shown"), [("icbc", True), ("boc", False)])
def test_behind_an_upgrade_nobody_is_told_more(tmp_path: Path, who: str, is_shown: bool) -> None:
    """Why an action of the same block came out as it did is told to whom it may be, as ever."""
    chain = chains.StoredChain(tmp_path)
    chain.deploy(HIDING, "Files")
    chain.does("icbc", "Files.make", "1", 3)
    data = HIDING.replace("version 1", "version 2").encode()
    digest = hashlib.sha256(data).digest()
    upgrade = ("ann bob", "Membership.upgrade", "Files", 2, digest)
    envelopes = [
        chain.signed(chain.transaction(*upgrade, attachment=data)),
        chain.signed(chain.transaction("boc", "Files.look", "1", version=2)),
    ]
    receipts = chain.block(*envelopes)
    assert [one[2] for one in receipts] == [None, "LOW"]
    height = chain.ledger.info.height
    ledger = ledger_at(chain.genesis, {}, chain.kept, height - 1)
    watch = Watch(Reader(ledger.state.machine, (who,)))
    traced = run_again(ledger, chain.kept.block(height), receipts, 1, watch)
    assert traced.may_be_shown is is_shown
    chain.kept.close()


def test_what_was_proved_stays_proved(tmp_path: Path) -> None:
    """A record of the old version is proved as it was, at its height and at a later one."""
    chain = chains.StoredChain(tmp_path)
    before = chain.ledger.info.height
    identity = encode(("Bank", "Account", "a"))
    upgraded(chain, later(NOTED, WRITTEN))
    chain.does("icbc", "Bank.write", "a", "mine", version=2)
    found = []
    for height in (before, before + 1, before + 2):
        seals = chain.kept.seals(height)
        proof = record_proof(chain.genesis, chain.ledger.query(identity, height), seals)
        proved = verify(proof, chain.genesis.hash)
        assert isinstance(proved, ProvedRecord)
        found.append(read(proved.value))
    assert "note" not in found[0]
    assert found[1] == found[0]
    assert (found[2]["note"], found[2]["balance"]) == ("mine", found[0]["balance"])
    added = encode(("", "added", ("Bank", "Account")))
    assert chain.kept.record(added, before) is None
    assert read(chain.kept.record(added, before + 1)) == {"note": "none", "spare": 0}
    chain.kept.close()


# ── random programs ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(6))
def test_an_upgrade_to_itself_changes_no_record(seed: int) -> None:
    """Whatever a contract says: only the records of the membership contract are others."""
    chance = random.Random(seed)  # noqa: S311 -- programs for a test
    text = write_right_program(chance)
    chain = chains.Chain("ann:Registrar bob:Registrar tom:Teller")
    chain.deploy(text, "Random")
    for number in range(3):
        chain.does("tom", "Random.open", f"{number}", "CNY")
    for _ in range(12):
        names = [str(chance.randrange(3)) for _ in range(2)]
        arguments = (*names, chance.randrange(9), Decimal("0.5"), cny(3), cny(2), "t", "tom", None)
        chain.run("tom", "Random.a", *arguments)
    chain.block(wait_ms=DAY_MS)
    entries = chain.ledger.state.machine
    orders, totals = list(entries.queue.orders()), _totals(entries)
    before = dict(chain.kept.values)
    upgraded(chain, text.replace("version 1", "version 2", 1), name="Random")
    changed = {one for one, value in chain.kept.values.items() if before.get(one) != value}
    assert {read(one)[0] for one in changed} == {MEMBERSHIP}
    for _ in range(2):
        machine = chain.ledger.state.machine
        assert (list(machine.queue.orders()), _totals(machine)) == (orders, totals)
        chain.reopened().state.machine.audit()
    chain.block(wait_ms=5 * DAY_MS)
    chain.ledger.state.machine.audit()


def _totals(machine: Machine) -> list[Any]:
    return [one.of(None) for one in machine.totals]
