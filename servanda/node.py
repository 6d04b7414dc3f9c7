"""The embedded engine: a chain in a folder, run by this process alone.

In come transactions and times; out come receipts, once their block is on the disk. It is a thin
host of the ledger: it knows the folder and the key that seals, and not what a transaction means.

    FOLDER/genesis.json    what the chain began with
    FOLDER/chain.db        blocks, records, tree
    FOLDER/keys            encrypted keys, where they are kept beside the chain
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH103, PTH110, PTH113, PTH118, PTH123

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from operator import itemgetter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from servanda.chain.admission import Spread
from servanda.chain.audit import read_blocks, replay, transactions_of
from servanda.chain.block import good_seals, sealed_bytes
from servanda.chain.database import FILE, remove_database
from servanda.chain.genesis import BYTES_MAX, BadGenesis, Genesis, read_genesis
from servanda.chain.ledger import Execution, Ledger
from servanda.chain.shelf import DamagedRecord
from servanda.chain.store import ScratchStore, Store, StoreFailed, create_store
from servanda.interpreter.values.show import show_time
from servanda.interpreter.values.time_zones import Zone, read_zone_data
from servanda.interpreter.values.times import TIME_MAX_MS
from servanda.replace_file import replace_file
from servanda.zones import read_zone, zone_names

GENESIS = "genesis.json"
YOUNG_COUNT_MAX = 500_000
"""So many objects are made before the next look for garbage: some blocks of thousands."""


class NoChain(StoreFailed):
    """There is no chain in a folder; the message says so, and the advice how one begins."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"there is no chain in `{folder}`")
        self.advice = f"begin one: `servanda chain init {folder} --registrar NAME --registrar NAME`"


class Zones(Mapping[str, Zone]):
    """The time zones of the database, each read when a contract names it."""

    def __getitem__(self, name: str) -> Zone:
        if name not in zone_names():
            raise KeyError(name)
        return read_zone_data(name, read_zone(name))

    def __iter__(self) -> Iterator[str]:
        return iter(zone_names())

    def __len__(self) -> int:
        return len(zone_names())


def zones_hash() -> bytes:
    """Return the hash of the time-zone database: of each name and its bytes, in order."""
    digest = hashlib.sha256()
    for name in zone_names():
        digest.update(name.encode() + b"\0" + hashlib.sha256(read_zone(name)).digest())
    return digest.digest()


def load_genesis(folder: str) -> Genesis:
    """Return the genesis of a chain in a folder. Raises `StoreFailed`, `NoChain` without one."""
    path = os.path.join(folder, GENESIS)
    if not any(os.path.lexists(os.path.join(folder, one)) for one in (GENESIS, FILE)):
        raise NoChain(folder)
    if os.path.exists(path) and not os.path.isfile(path):
        # A pipe would be waited for.
        raise StoreFailed(f"`{path}` is no genesis: it is no file")
    try:
        with open(path, encoding="utf-8") as file:
            return read_genesis(file.read(BYTES_MAX + 1))
    except OSError as error:
        raise StoreFailed(f"`{path}` cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StoreFailed(f"`{path}` is no text in UTF-8") from None
    except BadGenesis as bad:
        raise StoreFailed(f"`{path}` is no genesis: {bad}") from None


def check_zones(genesis: Genesis) -> None:
    """Raise `StoreFailed` unless the clocks of a chain are those of the database here."""
    if genesis.zones_hash != zones_hash():
        raise StoreFailed(
            "the time-zone database here is not that of the chain: install the version of "
            "`tzdata` that the other members have"
        )


def write_genesis(folder: str, genesis: Genesis) -> None:
    """Begin a chain in a folder: an empty store, and then the document that makes it one.

    Raises `StoreFailed`; what can never run leaves nothing behind.
    """
    check_zones(genesis)
    try:
        with closing(ScratchStore(genesis.hash)) as nobodys:
            Ledger(genesis, Zones(), nobodys)
    except BadGenesis as bad:
        raise StoreFailed(f"the genesis cannot be run: {bad}") from None
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, GENESIS)
    if os.path.lexists(path):
        raise StoreFailed(f"`{path}` exists already: nothing is written over")
    _forget_what_never_began(folder, path)
    create_store(folder, genesis.hash)
    replace_file(path, genesis.to_json().encode())


def _forget_what_never_began(folder: str, genesis: str) -> None:
    """Take away the store of a chain that was cut short as it began: no genesis, and no block."""
    path = os.path.join(folder, FILE)
    if os.path.lexists(genesis) or not os.path.lexists(path):
        return
    with closing(Store(folder, writes=True)) as store:
        has_begun = store.height > 0
    if not has_begun:
        remove_database(path)


def import_blocks(
    folder: str, genesis: Genesis, blocks: Iterable[bytes], spread: Spread = map
) -> int:
    """Begin a chain in a folder and execute blocks on it that others have made.

    Returns the height. Raises `Found` at the first block that is wrong: those before it are kept.
    `spread` verifies the signatures of the next block beside the one that is executed.
    """
    write_genesis(folder, genesis)
    store = Store(folder, writes=True)
    try:
        ledger = Ledger(genesis, Zones(), store)
        with rarely_collecting():
            for block in ledger.verify_each_ahead(read_blocks(blocks), transactions_of, spread):
                store.keep(replay(ledger, block), block.seals)
                ledger.commit()
        return ledger.info.height
    finally:
        store.close()


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Look for garbage rarely while blocks are run.

    Each look goes over a part of all that is in memory, and the whole of it in turn, and finds next
    to nothing: rows, nodes and transactions lead to one another one way only.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG_COUNT_MAX, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Node:
    """An open chain. With the key of a sealer it makes blocks; without, it is read."""

    def __init__(self, folder: str, sealer: tuple[str, Ed25519PrivateKey] | None = None) -> None:
        self.genesis = load_genesis(folder)
        self.store = Store(folder, writes=sealer is not None)
        self.time_ms: int | None = None
        """The time that blocks are to have, for stories of the past; else that of the clock."""
        self._sealer = sealer
        try:
            self._check_belongs()
            self.ledger = Ledger(self.genesis, Zones(), self.store)
        except BadGenesis as bad:
            self.store.close()
            raise StoreFailed(f"the genesis cannot be run: {bad}") from None
        except DamagedRecord as damaged:
            self.store.close()
            raise StoreFailed(f"`{self.store.path}` is damaged: {damaged}") from None
        except StoreFailed:
            self.store.close()
            raise

    def _check_belongs(self) -> None:
        if self.store.chain != self.genesis.hash:
            raise StoreFailed(f"`{self.store.path}` is of another genesis")
        check_zones(self.genesis)
        head = self.store.head()
        if head is not None:
            # Every record and node leads up to this header; whoever cannot seal cannot forge it.
            seals = good_seals(head, self.store.seals(head.height), self.genesis.sealers)
            if len(seals) < self.genesis.seals_min:
                raise StoreFailed(
                    f"`{self.store.path}` is damaged: block {head.height} is not sealed"
                )

    def close(self) -> None:
        """Let go of the folder."""
        self.store.close()

    def run(
        self, blocks: Iterable[tuple[int, Sequence[bytes]]], spread: Spread = map
    ) -> Iterator[tuple[bytes, ...]]:
        """Run blocks, each of a time and its transactions; yield the receipts of each, once kept.

        `spread` verifies the signatures of the next block beside the one that runs. Raises
        `StoreFailed`, as `end` does.
        """
        ahead = self.ledger.verify_each_ahead(blocks, itemgetter(1), spread)
        with rarely_collecting():
            for time_ms, transactions in ahead:
                self.begin(time_ms)
                for data in transactions:
                    self.take(data)
                yield self._keep().receipts

    def begin(self, time_ms: int) -> tuple[bytes, ...]:
        """Begin a block at a time later than the last; return the receipts of what was due.

        Raises `StoreFailed` where a sealer has given the last block the last time that there is.
        """
        assert self._sealer is not None, "who makes blocks seals them"
        if time_ms > TIME_MAX_MS:
            raise StoreFailed(f"no block comes behind {show_time(TIME_MAX_MS)}")
        return self.ledger.begin(time_ms)

    def take(self, data: bytes) -> bytes:
        """Run a transaction in the block that has begun; return its receipt."""
        return self.ledger.take(data)

    def end(self) -> int:
        """End, seal and keep the block; return its height. Raises `StoreFailed`: nothing is kept.

        A node whose block was not kept stands ahead of its store, and must be opened anew.
        """
        return self._keep().header.height

    def _keep(self) -> Execution:
        execution = self.ledger.end()
        self.keep(execution)
        self.ledger.commit()
        return execution

    def keep(self, execution: Execution) -> None:
        """Seal and keep a block. Raises `StoreFailed`."""
        assert self._sealer is not None, "who makes blocks seals them"
        name, key = self._sealer
        seal = key.sign(sealed_bytes(execution.header.to_bytes()))
        self.store.keep(execution, {name: seal})
