"""Two chains in memory with the contracts of `examples/two_chains`, each knowing the other.

In come names and actions; out come chains to act on, and proofs to carry between them. A proof is
made from the block that was made last, or from an older one that was kept.
"""

# An argument is of any type of the language.
# ruff: noqa: ANN401

from __future__ import annotations

from pathlib import Path
from typing import Any

from chains import HOUR_MS, MEMBERSHIP, START_MS, Chain, key_of, public_key_of

from servanda.chain.arguments import items_of
from servanda.chain.block import Header, sealed_bytes
from servanda.chain.encoding import decode, encode
from servanda.chain.genesis import FirstMember, Genesis
from servanda.chain.merkle import hash_of
from servanda.chain.presence import presence_of
from servanda.chain.proof import carried_proof
from servanda.chain.transaction import Envelope, Transaction, signed_bytes
from servanda.interpreter.receipts import Amount
from servanda.keys import make_key, open_key
from servanda.node import Node, write_genesis, zones_hash

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "two_chains"
SENDER = (EXAMPLE / "sender.contract").read_text("utf-8")
RECEIVER = (EXAMPLE / "receiver.contract").read_text("utf-8")
PASSPHRASE = "correct horse"  # noqa: S105 -- of keys that are made for a test
STORED_MEMBERS = (
    *(("ann", "Registrar"), ("bob", "Registrar")),
    *(("icbc", "Bank"), ("pboc", "CentralBank")),
)
MEMBERS = "ann:Registrar bob:Registrar icbc:Bank pboc:CentralBank"


def cny(yuan: int) -> Amount:
    """Return whole yuan as an argument."""
    return Amount(yuan * 100, "CNY")


def seals_of(header: Header, *names: str) -> dict[str, bytes]:
    """Return the seals of some sealers on a header."""
    data = sealed_bytes(header.to_bytes())
    return {name: key_of(name).sign(data) for name in names or ("node",)}


class Moment:
    """What a chain held after one of its blocks, to be proved at any later time."""

    def __init__(self, chain: Chain) -> None:
        self._store = chain.kept
        self.header: Header = chain.kept.header(chain.kept.height)

    def proof(self, contract: str, record: str, key: Any, seals: Any = None) -> bytes:
        """Return the proof of a record, or of its absence."""
        store, height = self._store, self.header.height
        identity = encode((contract, record, key))
        seals = store.seals(height) if seals is None else seals
        return carried_proof(presence_of(store, identity, height), seals)


class OneOfTwo(Chain):
    """A chain that another one knows."""

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(MEMBERS)

    def know(self, alias: str, other: Chain, contract: str, source: str) -> None:
        """Bind another chain under a name, and introduce one of its contracts."""
        genesis = other.genesis.to_bytes()
        self.does("ann bob", "Membership.bind", alias, other.genesis.hash, attachment=genesis)
        data = source.encode()
        self.does(
            *("ann bob", "Membership.introduce", alias, contract, hash_of(data)), attachment=data
        )

    @property
    def moment(self) -> Moment:
        """What the chain holds now."""
        return Moment(self)

    def proof(self, contract: str, record: str, key: Any) -> bytes:
        """Return the proof of a record as it is now, or of its absence."""
        return self.moment.proof(contract, record, key)


def two_chains() -> tuple[OneOfTwo, OneOfTwo]:
    """Return a chain with the sender and one with the receiver; `icbc` has an account on both."""
    sending, receiving = OneOfTwo("sending"), OneOfTwo("receiving")
    sending.know("B", receiving, "Receiver", RECEIVER)
    receiving.know("A", sending, "Sender", SENDER)
    sending.deploy(SENDER, "Sender")
    receiving.deploy(RECEIVER, "Receiver")
    sending.does("icbc", "Sender.open", "6222-01")
    sending.does("pboc", "Sender.deposit", "6222-01", cny(500))
    receiving.does("icbc", "Receiver.open", "6216-02")
    return sending, receiving


class ChainInFolder:
    """A chain in a folder whose sealer and relayer have their keys there, as commands use them."""

    def __init__(self, folder: Path, title: str) -> None:
        self.folder = folder / title
        keys = str(self.folder / "keys")
        sealer, carrier = (make_key(keys, name, PASSPHRASE) for name in ("node", "carrier"))
        held = [(name, public_key_of(name), role) for name, role in STORED_MEMBERS]
        members = [FirstMember(name, key, (role,)) for name, key, role in held]
        self.genesis = Genesis(
            name=title,
            time_ms=START_MS,
            members=(*members, FirstMember("carrier", carrier, ("Bank",))),
            sealers={"node": sealer},
            seals_min=1,
            membership=MEMBERSHIP,
            zones_hash=zones_hash(),
        )
        write_genesis(str(self.folder), self.genesis)
        self._sealer = ("node", open_key(keys, "node", PASSPHRASE))

    def at(
        self, time_ms: int, signers: str = "", action: str = "", *arguments: Any, **more: Any
    ) -> Any:
        """Make a block at a time, with an action that must be done; return what it gave."""
        node = Node(str(self.folder), self._sealer)
        try:
            node.begin(time_ms)
            if not signers:
                return node.end()
            contract, _, name = action.partition(".")
            names = tuple(signers.split())
            transaction = Transaction(
                *(self.genesis.hash, contract, 1, name, items_of(arguments), names),
                *(time_ms.to_bytes(16), time_ms + HOUR_MS, more.get("attachment", b"")),
            )
            body = transaction.to_bytes()
            signatures = {one: key_of(one).sign(signed_bytes(body)) for one in names}
            receipt: Any = decode(node.take(Envelope(body, transaction, signatures).to_bytes()))
            node.end()
        finally:
            node.close()
        assert receipt[0] == 0, receipt
        assert receipt[2] is None, receipt
        return receipt[5]

    def know(self, alias: str, other: ChainInFolder, contract: str, source: str) -> None:
        """Bind another chain under a name, and introduce one of its contracts."""
        data, genesis = source.encode(), other.genesis
        self.at(
            *(START_MS + 1, "ann bob", "Membership.bind", alias, genesis.hash),
            attachment=genesis.to_bytes(),
        )
        self.at(
            *(START_MS + 2, "ann bob", "Membership.introduce", alias, contract, hash_of(data)),
            attachment=data,
        )

    def deploy(self, name: str, source: str) -> None:
        """Deploy a contract."""
        data = source.encode()
        asked = ("ann bob", "Membership.deploy", name, hash_of(data))
        self.at(START_MS + 3, *asked, attachment=data)


def two_folders(folder: Path) -> tuple[ChainInFolder, ChainInFolder]:
    """Return what `two_chains` does, in two folders."""
    sending, receiving = ChainInFolder(folder, "sending"), ChainInFolder(folder, "receiving")
    sending.know("B", receiving, "Receiver", RECEIVER)
    receiving.know("A", sending, "Sender", SENDER)
    sending.deploy("Sender", SENDER)
    receiving.deploy("Receiver", RECEIVER)
    sending.at(START_MS + 4, "icbc", "Sender.open", "6222-01")
    sending.at(START_MS + 5, "pboc", "Sender.deposit", "6222-01", cny(500))
    receiving.at(START_MS + 4, "icbc", "Receiver.open", "6216-02")
    return sending, receiving
