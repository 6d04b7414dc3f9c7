"""What runs on a chain: its contracts with their sources, to check and to show against."""

from __future__ import annotations

from servanda.chain.contracts import source_name
from servanda.chain.membership import MEMBERSHIP, table_of
from servanda.chain.state import ChainState
from servanda.grammar.source import Source
from servanda.loading import Deployed
from servanda.node import Node


def deployed_on(node: Node, state: ChainState) -> Deployed:
    """Return the contracts that run on a chain, with the sources that say what they are."""
    kept = node.store.sources()
    texts = {MEMBERSHIP: node.genesis.membership}
    for row in table_of(state.machine, "Deployment").records():
        texts[row.f_name] = kept[row.f_source].decode()
    sources = {
        name: Source(name, text)
        for contract, text in texts.items()
        if contract in state.versions
        for name in [source_name(contract, state.versions[contract])]
    }
    return Deployed(dict(state.machine.contracts), sources)
