"""The source of a contract, checked before it is signed, with what it uses taken from the chain.

In come an open chain and the path of a source; out comes what `servanda check` tells of it. The
chain checks it again in a block, and its word alone counts: here its author learns it before.
"""

from __future__ import annotations

import argparse

from servanda.chain.contracts import elsewhere_of
from servanda.exit_status import DONE
from servanda.loading import Deployed, Kind, Loader
from servanda.node import Node
from servanda.on_chain.deployed import deployed_on
from servanda.tell_problem import tell_bad_sources

NOT_HERE = "E0257"
"""A contract that is used does not run on the chain, or was not introduced to it."""


def load_for_chain(node: Node, path: str, name: str) -> Loader:
    """Return a loader that has loaded the source at `path`, which is to run under `name`."""
    contracts, sources, _ = deployed_on(node, node.ledger.state)
    others = {one: model for one, model in contracts.items() if one != name}
    headings = node.ledger.state.deployed.headings
    loader = Loader(deployed=Deployed(others, sources, lambda file: elsewhere_of(file, headings)))
    loader.load(path, Kind.CONTRACT)
    return loader


def tell_mistakes(options: argparse.Namespace, node: Node, name: str) -> int:
    """Tell the mistakes in the source that is to be signed; return the exit status.

    What runs later may use what is not on this chain yet: such a source cannot be checked here,
    and is left to the chain.
    """
    loader = load_for_chain(node, options.file, name)
    every = [one for loaded in loader.files.values() for one in loaded.diagnostics]
    is_for_later = bool(options.later or options.out)
    if not loader.has_errors or (is_for_later and any(one.code == NOT_HERE for one in every)):
        return DONE
    return tell_bad_sources(loader, is_json=options.json)
