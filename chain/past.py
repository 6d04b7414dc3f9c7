"""The past: a chain as it stood at a block, from what was kept.

In comes a store that has every version of every record; out comes a machine whose records can be
read as they stood, or a ledger that stands at a height and can run what came next. Nothing is
written to the store: what runs on such a ledger is run again, to see what came of it.

A record of any height is found by its key. Whoever goes over all records of a height, or runs
something there, waits for as long as reading all of its records takes (`kept_at.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sortedcontainers import SortedDict

from servanda.chain.genesis import Genesis
from servanda.chain.kept_at import KeptAt
from servanda.chain.kept_tree import KeptTree
from servanda.chain.ledger import Execution, Ledger
from servanda.chain.shelf import ChainShelf
from servanda.chain.state import ChainState
from servanda.chain.state_tree import Node, NodePath
from servanda.chain.store import Store
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.values.time_zones import Zone


class KeptFrom(KeptAt):
    """What was kept up to a height, and of each block behind it once that has been run again.

    So a ledger goes from an earlier block through those that there are, and on to new ones.
    """

    def __init__(
        self, genesis: Genesis, zones: Mapping[str, Zone], store: Store, height: int
    ) -> None:
        super().__init__(genesis, zones, store, height)
        self._tree: KeptTree | None = None

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return a node of the state tree."""
        if self._tree is None or self._tree.height != self._height:
            self._tree = self._store.tree(self._height)
        return self._tree.find(path, expected)

    def advance(self, execution: Execution) -> None:
        """Take up a block that the store holds by now."""
        self._height += 1
        assert execution.header.height == self._height, "blocks come one after another"
        for place, changes in execution.entries.items():
            entries = self._entries.setdefault(place, SortedDict())
            for key, value in changes.items():
                if value is not None:
                    entries[key] = value
                else:
                    entries.pop(key, None)


def ledger_at(genesis: Genesis, zones: Mapping[str, Zone], store: Store, height: int) -> Ledger:
    """Return a ledger that stands at a height."""
    return Ledger(genesis, zones, KeptAt(genesis, zones, store, height))


def machine_at(
    genesis: Genesis, zones: Mapping[str, Zone], store: Store, height: int, present: ChainState
) -> Machine:
    """Return a machine whose records are those of a height (from 1), read by its contracts.

    Its members are those of the present. It is there to read records as they stood, and not to run
    anything.
    """
    past = ChainState(genesis, zones, 0)
    past.run_versions_of(height, store, present)
    machine = past.machine
    machine.members.active = dict(present.machine.members.active)
    shelf = ChainShelf(KeptAt(genesis, zones, store, height), past.deployed.forms)
    shelf.height = height
    for table in machine.tables.values():
        # No record is made here: which serial was the last, for which all are listed, is not asked.
        table.serial = 1
        table.put_on(shelf)
    machine.now = store.header(height).time_ms
    return machine
