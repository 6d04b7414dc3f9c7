"""`servanda chain relay`: what is due is carried, once, by somebody who is trusted with nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from chains import HOUR_MS, START_MS
from two_chains import PASSPHRASE, ChainInFolder, cny, two_folders

from servanda.chain.encoding import decode
from servanda.chain.merkle import hash_of
from servanda.chain.store import StoreFailed
from servanda.node import Node
from servanda.on_chain.errands import prove

Command = Callable[..., tuple[int, str, str]]
UNTIL_MS = START_MS + 9_000 * HOUR_MS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ChainInFolder, ChainInFolder]:
    """Return a folder with two chains, for tests to copy."""
    folder = tmp_path_factory.mktemp("two")
    return folder, *two_folders(folder)


@pytest.fixture
def chains(
    made: tuple[Path, ChainInFolder, ChainInFolder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[ChainInFolder, ChainInFolder]:
    """Return two chains of one's own, in the present folder."""
    folder, *found = made
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVANDA_PASSPHRASE", PASSPHRASE)
    for one in found:
        one.folder = tmp_path / one.folder.name
    return found[0], found[1]


def send(sending: ChainInFolder, place: int, until_ms: int = UNTIL_MS) -> None:
    """Send 100 yuan to the other chain, as message number `place`."""
    asked = ("6222-01", "6216-02", cny(100), until_ms)
    assert sending.at(START_MS + 100 + place, "icbc", "Sender.send", *asked) == place


def relayed(servanda: Command, *words: str) -> Any:  # noqa: ANN401 -- a document
    """Return what a relayer tells programs; it must be done."""
    status, out, err = servanda("chain", "relay", *words, "--as", "carrier", "--json")
    assert status == 0, (out, err)
    return json.loads(out)


def carried(told: Any) -> list[tuple[str, str, Any]]:  # noqa: ANN401 -- a document
    """Return the actions that were sent, what was proved, and the refusals."""
    return [(one["action"], one["proof_of"], one["code"]) for one in told["carried"]]


def balance(chain: ChainInFolder, contract: str, account: str) -> int:
    """Return the balance of an account, in fen."""
    node = Node(str(chain.folder))
    try:
        for its_type, table in node.ledger.state.machine.tables.items():
            if (its_type.contract, its_type.name) == (contract, "Account"):
                row: Any = table.rows[account]
                return int(row.b_balance)
    finally:
        node.close()
    raise KeyError(account)


def test_messages_are_received_and_settled_each_once(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder]
) -> None:
    """Started again, or twice, a relayer finds nothing left to do."""
    sending, receiving = chains
    send(sending, 1)
    send(sending, 2)
    told = relayed(servanda, "sending", "receiving")
    assert carried(told) == [
        ("receive", "Sender.Sent[1]", None),
        ("receive", "Sender.Sent[2]", None),
    ]
    assert balance(receiving, "Receiver", "6216-02") == 20_000
    assert relayed(servanda, "sending", "receiving") == {"carried": [], "not_due": {}}
    back = relayed(servanda, "receiving", "sending", "--action", "refund")
    assert back == {"carried": [], "not_due": {"RECEIVED": 2}}
    back = relayed(servanda, "receiving", "sending")
    assert [one[0] for one in carried(back)] == ["settle", "settle"]
    assert relayed(servanda, "receiving", "sending") == {"carried": [], "not_due": {}}
    assert balance(sending, "Sender", "6222-01") == 30_000


def test_what_was_not_received_in_time_is_refunded(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder]
) -> None:
    """Not before the receiver has a block of that time; then by whoever carries the proof."""
    sending, receiving = chains
    send(sending, 1, START_MS + HOUR_MS)
    told = relayed(servanda, "sending", "receiving")
    assert told == {"carried": [], "not_due": {"TOO_LATE": 1}}
    told = relayed(servanda, "receiving", "sending")
    assert told == {"carried": [], "not_due": {"NOT_RECEIVED": 1, "TOO_EARLY": 1}}
    receiving.at(START_MS + HOUR_MS)
    told = relayed(servanda, "receiving", "sending")
    assert [(one[0], one[2]) for one in carried(told)] == [("refund", None)]
    assert balance(sending, "Sender", "6222-01") == 50_000


def test_a_relayer_that_was_too_late_is_refused_and_says_so(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two relayers found the same: the second one's block changes nothing."""
    sending, receiving = chains
    send(sending, 1)
    module = "servanda.on_chain.relay.Relayer._send"
    from servanda.on_chain.relay import Relayer  # noqa: PLC0415 -- beside what is put before it

    honest = Relayer._send

    def after_another(self: Relayer, due: Any, found: Any) -> None:  # noqa: ANN401
        monkeypatch.setattr(module, honest)
        self.carry()
        honest(self, due, found)

    monkeypatch.setattr(module, after_another)
    words = ("chain", "relay", "sending", "receiving", "--as", "carrier")
    status, out, _ = servanda(*words)
    assert (status, "DUPLICATE_KEY" in out) == (1, True)
    assert balance(receiving, "Receiver", "6216-02") == 10_000


def test_it_is_told_for_people(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder]
) -> None:
    """A line for each delivery, and one for what is not due."""
    sending, _ = chains
    send(sending, 1)
    send(sending, 2, START_MS)
    words = ("chain", "relay", "sending", "receiving", "--as", "carrier")
    status, out, err = servanda(*words)
    assert (status, err) == (0, "")
    assert "✔ Receiver.receive: Sender.Sent[1]  block 5" in out
    assert out.endswith("1 carried, 1 not due: TOO_LATE 1\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sending", "nowhere"), "nowhere"),
        (("nowhere", "receiving"), "nowhere"),
        (("sending", "sending"), "nothing in `sending` waits for a proof of `sending`"),
        (("sending", "receiving", "--action", "settle"), "nothing in `receiving` waits"),
    ],
)
def test_what_cannot_be_tried_is_told(
    servanda: Command,
    chains: tuple[ChainInFolder, ChainInFolder],
    words: tuple[str, ...],
    told: str,
) -> None:
    """A folder that is none, and chains that do not know each other."""
    assert chains
    status, out, err = servanda("chain", "relay", *words, "--as", "carrier")
    assert (status, out) == (2, "")
    assert told in err


def test_it_follows_until_it_is_stopped(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What becomes due later is carried then; a chain that is busy is asked again."""
    sending, receiving = chains
    naps: list[int] = []

    def sleep(_: float) -> None:
        naps.append(1)
        if len(naps) == 1:
            send(sending, 1)
        elif len(naps) == 2:
            send(sending, 2)
            monkeypatch.setattr("servanda.on_chain.relay.Node", busy)
        elif len(naps) == 3:
            monkeypatch.setattr("servanda.on_chain.relay.Node", Node)
        else:
            raise KeyboardInterrupt

    def busy(*_: object) -> Node:
        raise StoreFailed("another process makes blocks")

    monkeypatch.setattr("servanda.on_chain.relay.time.sleep", sleep)
    words = ("chain", "relay", "sending", "receiving", "--as", "carrier", "--follow")
    status, _, err = servanda(*words)
    assert (status, "another process makes blocks" in err) == (130, True)
    assert balance(receiving, "Receiver", "6216-02") == 20_000


def test_a_chain_with_proofs_is_audited_exported_and_explained(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder]
) -> None:
    """Who executes its blocks again needs nothing of the other chain but what they carry."""
    sending, _ = chains
    send(sending, 1)
    relayed(servanda, "sending", "receiving")
    shutil.rmtree("sending")
    status, out, _ = servanda("chain", "audit", "receiving", "--json")
    assert (status, json.loads(out)["is_right"]) == (0, True)
    assert servanda("chain", "export", "receiving", "receiving.pack")[0] == 0
    assert servanda("chain", "audit", "--from", "receiving.pack")[0] == 0
    assert servanda("chain", "import", "copy", "receiving.pack")[0] == 0
    status, out, _ = servanda("chain", "show", "copy", "Received", "--json")
    assert (status, len(json.loads(out))) == (0, 1)
    with closing(Node("copy")) as node:
        transaction = node.store.transactions(5)[0]
    found: Any = decode(transaction)
    status, out, err = servanda("chain", "why", "copy", hash_of(found[0]).hex())
    assert (status, err) == (0, "")
    assert "sent.until" in out
    status, out, _ = servanda("chain", "show", "copy", "Account", "--at", "4", "--json")
    assert status == 0


def test_proofs_are_sent_as_they_are_found(
    servanda: Command, chains: tuple[ChainInFolder, ChainInFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never are there more proofs in memory than go into one block; each message comes once."""
    sending, receiving = chains
    for place in range(1, 6):
        send(sending, place)
    module = "servanda.on_chain.relay"
    made: list[int] = []
    sizes: list[int] = []
    from servanda.on_chain import relay  # noqa: PLC0415 -- beside what is put before it

    honest_send = relay.Relayer._send

    def counted(*words: Any) -> bytes:  # noqa: ANN401
        made.append(1)
        return prove(*words)

    def sent(self: relay.Relayer, due: Any, found: Any) -> None:  # noqa: ANN401
        sizes.append(len(made))
        made.clear()
        honest_send(self, due, found)

    monkeypatch.setattr(f"{module}.BLOCK_COUNT_MAX", 2)
    monkeypatch.setattr(f"{module}.prove", counted)
    monkeypatch.setattr(f"{module}.Relayer._send", sent)
    told = relayed(servanda, "sending", "receiving")
    assert carried(told) == [("receive", f"Sender.Sent[{place}]", None) for place in range(1, 6)]
    assert sizes == [2, 2, 1]
    assert len({one["height"] for one in told["carried"]}) == 3
    assert balance(receiving, "Receiver", "6216-02") == 50_000
    assert relayed(servanda, "sending", "receiving") == {"carried": [], "not_due": {}}
    back = relayed(servanda, "receiving", "sending")
    assert [one[2] for one in carried(back)] == [None] * 5
