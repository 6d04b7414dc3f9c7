"""What a member sends is shown to others, whatever it is: no argument makes a command fall over."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from stored_chain import PASSPHRASE, make_chain

from servanda.chain.encoding import Item
from servanda.chain.transaction import Transaction
from servanda.keys import open_key
from servanda.node import Node
from servanda.on_chain.session import clock_ms, new_nonce, signed_with

Run = Callable[..., tuple[int, str, str]]

CONTRACT = """\
contract Many version 1

role Bank

enum Kind: Big, Small

record Thing[day: Date, name: Text]
  kind: Kind

action take(
  day: Date, at: Time, span: Duration, hash: Hash, amount: Amount of CNY,
  rate: Decimal, kind: Kind, thing: Thing, days: List of Date, yes: Bool,
)
  by Bank
  require yes else NO "{day} {at} {span} {hash} {amount} {rate} {kind} {thing}"
"""

ODD: tuple[Item, ...] = (
    *("abc", "", "\u202e", -1, 10**30, 2**120, True, None, b"", b"\0" * 32, b"\xff" * 5),
    *(Decimal("1.5"), Decimal("1E+6000"), (), ((),), (1, 2, 3), ("x", "CNY"), (5, "NOPE")),
    *((5, 5), (None, None), {"a": 1}, {"": ()}, ((1, "a"), (2, "b")), "x" * 5_000),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain on which somebody has sent all of it, in one block."""
    folder = tmp_path_factory.mktemp("made")
    make_chain(folder, CONTRACT, [("icbc", "Bank")])
    keys = str(folder / "bank" / "keys")
    icbc, sealer = (open_key(keys, name, PASSPHRASE) for name in ("icbc", "node"))
    node = Node(str(folder / "bank"), ("node", sealer))
    sent = []
    for arguments in (*((one,) * 10 for one in ODD), ODD, (), (("x",),)):
        transaction = Transaction(
            *(node.ledger.chain, "Many", 1, "take", arguments, ("icbc",), new_nonce()),
            expiry_ms=clock_ms() + 3_600_000,
        )
        sent.append(signed_with(transaction, {"icbc": icbc}).to_bytes())
    for data in (*sent, b"garbage", b"\x82\x40\xa0"):
        node.begin(max(clock_ms(), node.ledger.info.time_ms + 1))
        node.take(data)
        node.end()
    node.close()
    return folder


def test_every_block_and_outcome_is_shown(
    folder: Path, servanda: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words and as JSON; and what decided each can be asked for."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    blocks = json.loads(servanda("chain", "blocks", "bank", "--json")[1])
    refused = 0
    for block in blocks[-len(ODD) :]:
        height = str(block["height"])
        assert servanda("chain", "blocks", "bank", height)[0] == 0
        status, out, err = servanda("chain", "blocks", "bank", height, "--json")
        assert status == 0, err
        for one in json.loads(out)["outcomes"]:
            refused += one["code"] == "BAD_ARGUMENT"
            assert servanda("chain", "why", "bank", one["place"])[0] in {0, 2}
            assert servanda("chain", "why", "bank", one["place"], "--json")[0] in {0, 2}
    assert refused > len(ODD) / 2
    assert servanda("chain", "events", "bank")[0] == 0
    assert servanda("chain", "audit", "bank")[0] == 0
