"""Views: the state of a chain at a height, and who reads it.

In comes an open node with what was typed; out comes a `Reader` on the records that are asked about.
Without `--as` it is the operator, who has the folder and reads everything. With `--as NAME` it is
what the node would serve to that member, who shows by its key that it is the one.
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

from servanda.chain.past import ledger_at, machine_at
from servanda.chain.reader import Reader
from servanda.interpreter.refusals import Code, Refused
from servanda.node import Node, Zones
from servanda.on_chain.session import CannotTry, signing_key

Names: TypeAlias = "tuple[str, ...] | None"
"""Who reads; None is the operator."""


def who_reads(options: argparse.Namespace, node: Node) -> Names:
    """Return who reads, after it has shown its key. Raises `Refused` and `CannotTry`."""
    name: str | None = options.reader
    if name is None:
        return None
    known = node.ledger.state.keys.get(name)
    if known is None:
        raise Refused(Code.NOT_AUTHORISED, "who asks is no member in good standing")
    if signing_key(options, name).public_key().public_bytes_raw() != known:
        raise CannotTry(f"the key here is not the one that `{name}` has on this chain")
    return (name,)


def height_of(node: Node, height: int | None) -> int:
    """Return a height that there is; without one the last."""
    last = node.ledger.info.height
    if height is None:
        return last
    if height > last:
        raise CannotTry(f"there is no block {height:,}: the last is {last:,}")
    return height


def present(options: argparse.Namespace, node: Node) -> Reader:
    """Return who reads what there is now."""
    return Reader(node.ledger.state.machine, who_reads(options, node))


def about(node: Node, names: Names, height: int) -> Reader:
    """Return who reads the records of a height (from 1) as they stood."""
    state = node.ledger.state
    if height == node.ledger.info.height:
        return Reader(state.machine, names)
    return past(node, names, height)


def past(node: Node, names: Names, height: int) -> Reader:
    """Return the same on a machine of its own, also of the last block that is there by now."""
    machine = machine_at(node.genesis, Zones(), node.store, height, node.ledger.state)
    return Reader(machine, names)


def whole(node: Node, names: Names, height: int) -> Reader:
    """Return who reads everything at a height, on a state that can also be run."""
    state = node.ledger.state
    if height == node.ledger.info.height:
        return Reader(state.machine, names)
    ledger = ledger_at(node.genesis, Zones(), node.store, height)
    return Reader(ledger.state.machine, names, state.machine.members.active)
