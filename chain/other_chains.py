"""Other chains: which they are, who seals them, and what a proof of one of them shows here.

In come the records of the membership contract and the documents that its transactions carried; out
come verified claims, and what contracts over there declare. A chain is known by the hash of its
genesis, for ever: the genesis names its sealers, and whoever those are is whom this chain believes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from servanda.chain.contracts import read_headings, read_source
from servanda.chain.encoding import Malformed, decode
from servanda.chain.genesis import BadGenesis, Genesis, read_genesis_bytes
from servanda.chain.membership import MEMBERSHIP, first_state
from servanda.chain.merkle import hash_of
from servanda.chain.proof import NotProved, verify_carried
from servanda.interpreter.check import Declarations
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.proofs import Claim, NoProof
from servanda.interpreter.execute.state import FIELD, Table
from servanda.interpreter.types import RecordType

CHAIN, OTHER_CONTRACT = "Chain", "OtherContract"
"""The records of the membership contract that say which chains and contracts are known."""


class OtherChains:
    """The chains that are bound here, as the membership contract of a machine says."""

    def __init__(self, machine: Callable[[], Machine], own: bytes) -> None:
        self._machine = machine
        self._own = own
        self._kept: Mapping[bytes, bytes] = MappingProxyType({})
        self._documents: dict[bytes, bytes] = {}
        """Geneses and sources that came since, by their hash."""
        self._geneses: dict[bytes, Genesis] = {}
        self._introduced: dict[tuple[str, str], bytes] = {}
        """The hash of the source of each contract, by the name of its chain and its own."""
        self._headings: dict[tuple[str, str], Declarations] = {}

    def restore(
        self, kept: Mapping[bytes, bytes], introduced: Iterable[tuple[Any, Mapping[str, Any]]]
    ) -> None:
        """Take the documents that were kept, by their hash, and what was introduced."""
        self._kept = kept
        self._introduced = {key: value["source"] for key, value in introduced}

    def add(self, document: bytes) -> None:
        """Keep a document that a transaction carried."""
        self._documents[hash_of(document)] = document

    # ── proofs ────────────────────────────────────────────────────────────────────────────────

    def hash_of(self, chain: str) -> bytes:
        """Return the hash of a chain's genesis; the empty name is that of this chain."""
        if not chain:
            return self._own
        row = self._row(CHAIN, chain)
        assert row is not None, "no contract runs that speaks of a chain which is not bound"
        genesis: bytes = row.f_genesis
        return genesis

    def claim_of(self, chain: str, proof: object) -> Claim:
        """Return what a proof shows of a chain, or raise `NoProof`."""
        if type(proof) is not bytes:
            raise NoProof("is no proof")
        genesis = self._trusted(chain)
        try:
            proved = verify_carried(proof, genesis)
            identity: Any = decode(proved.identity)
            value: Any = None if proved.value is None else decode(proved.value)
        except (NotProved, Malformed) as wrong:
            raise NoProof(f"proves nothing of the chain {chain}: {wrong}") from None
        match identity:
            case (str(contract), str(record), key) if value is None or isinstance(value, Mapping):
                header = proved.header
                return Claim(
                    *(genesis.hash, contract, record, key, value, header.height, header.time_ms)
                )
        raise NoProof("proves something else than a record")

    def _trusted(self, chain: str) -> Genesis:
        """Return the genesis of a chain whose proofs are taken, or raise `NoProof`."""
        table = self._table(CHAIN)
        row = self._row(CHAIN, chain)
        if table is None or row is None:
            raise NoProof(f"is of the chain {chain}, which is not bound here")
        if getattr(row, FIELD + (table.model.lifecycle_field or "")) != first_state(table):
            raise NoProof(f"is of the chain {chain}, which is not trusted at present")
        genesis: bytes = row.f_genesis
        found = self._geneses.get(genesis)
        if found is None:
            found = self._geneses[genesis] = read_genesis_bytes(self._document(genesis))
        return found

    # ── contracts ─────────────────────────────────────────────────────────────────────────────

    def headings(self, chain: str, contract: str) -> Declarations | None:
        """Return what a contract on another chain declares, if it has been introduced."""
        known = self._headings.get((chain, contract))
        if known is None:
            source = self._introduced.get((chain, contract))
            if source is None:
                return None
            known = self.read_contract(chain, contract, self._document(source))
            self._headings[chain, contract] = known
        return known

    def read_chain(self, document: bytes) -> Genesis:
        """Return the genesis of another chain, or raise `BadGenesis`."""
        genesis = read_genesis_bytes(document)
        if genesis.hash == self._own:
            raise BadGenesis("it is the genesis of this chain")
        return genesis

    def read_contract(self, chain: str, name: str, document: bytes) -> Declarations:
        """Return what a contract on another chain declares, or raise `BadContract`."""
        return read_headings(read_source(document), name, chain, self.headings)

    def introduce(self, chain: str, name: str, document: bytes) -> None:
        """Let a contract on another chain be read from now on."""
        self.add(document)
        self._introduced[chain, name] = hash_of(document)

    def _document(self, digest: bytes) -> bytes:
        found = self._documents.get(digest)
        return self._kept[digest] if found is None else found

    def _table(self, record: str) -> Table | None:
        return self._machine().tables.get(RecordType(MEMBERSHIP, record))

    def _row(self, record: str, key: object) -> Any:  # noqa: ANN401 -- a row of a generated class
        """Return a record of the membership contract, which may be one without other chains."""
        table = self._table(record)
        return None if table is None else table.rows.get(key)
