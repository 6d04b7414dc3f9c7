"""`servanda test … --chain DIR`: tests on copies of a chain's state. Nothing is written."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from servanda.grammar.source import Source
from servanda.loading import Loaded, Loader
from servanda.node import Node
from servanda.on_chain.chain_run import Copies, CopyRun
from servanda.on_chain.deployed import deployed_on
from servanda.on_chain.told import tell
from servanda.report_tests import report
from servanda.test_runner import ContractTests


def report_on_chain(options: argparse.Namespace) -> int:
    """Run tests, each on a copy of its own, and print the outcome; return the exit status."""
    return tell(_report, options)


def _report(options: argparse.Namespace) -> int:
    node = Node(options.chain)

    def tests_of(loaded: Loaded, sources: Mapping[str, Source]) -> ContractTests:
        assert loaded.script is not None, "only checked files are run"
        return ContractTests(loaded, sources, Copies(node, loaded.script, options.chain), CopyRun)

    try:
        loader = Loader(deployed=deployed_on(node, node.ledger.state))
        return report(options, loader, tests_of)
    finally:
        node.close()
