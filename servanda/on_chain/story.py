"""`servanda run SCRIPT --chain DIR`: a script told on a stored chain, and told on when interrupted.

Its calls become signed transactions in blocks. Whatever stops it (a step that is refused, a missing
key, an interruption, the power) leaves whole blocks; the same command then goes on behind the last.
"""

from __future__ import annotations

import argparse
import sys

from servanda.exit_status import INTERRUPTED
from servanda.interpreter.execute.script import compile_script
from servanda.loading import Loaded, Loader
from servanda.node import Node
from servanda.on_chain.chain_run import ChainRun, KeyRing
from servanda.on_chain.deployed import deployed_on
from servanda.on_chain.run_blocks import CannotGoOn, RunBlocks
from servanda.on_chain.session import making_blocks
from servanda.on_chain.told import tell
from servanda.on_chain.unfinished import begin_run, end_run
from servanda.run_command import feed_run_of, finish, load_script, rows_told
from servanda.script_run import run_to_end
from servanda.styled_lines import Piece, print_lines
from servanda.tell_problem import tell_problem


def run_story(options: argparse.Namespace) -> int:
    """Run a script on a chain and print what became of it; return the exit status."""
    return tell(_run_story, options)


def _run_story(options: argparse.Namespace) -> int:
    options.folder = options.chain
    with making_blocks(options) as node:
        loader = Loader(deployed=deployed_on(node, node.ledger.state))
        loaded = load_script(loader, options)
        if isinstance(loaded, int):
            return loaded
        height = node.ledger.info.height
        start = begin_run(options.chain, options.script, height, is_new=options.anew)
        try:
            return _run(node, loaded, loader, options, start)
        except CannotGoOn as cannot:
            return tell_problem(
                f"`{options.script}` cannot go on: {cannot}",
                "undo what was changed in it or its data, or begin again with `--anew`",
                is_json=options.json,
            )


def _run(
    node: Node, loaded: Loaded, loader: Loader, options: argparse.Namespace, start: int
) -> int:
    model = loaded.script
    assert model is not None, "only checked scripts are run"
    keys = KeyRing(options)
    blocks = RunBlocks(node, keys, start)
    feed_run = feed_run_of(options, loaded.path, is_quiet=False)
    run = ChainRun(blocks, keys, model, loader.sources, feed_run)
    compiled = compile_script(model)
    assert compiled.script is not None, "the script has steps"
    body = compiled.bind(run.machine, run)[compiled.script[1]]
    try:
        failure = run_to_end(run, body)
        blocks.end()
    except KeyboardInterrupt:
        told = f"\nstopped after {rows_told(run)}; the same command goes on\n"
        sys.stderr.write(told)
        return INTERRUPTED
    is_over = failure is None or node.ledger.info.height == start
    status = finish(run, failure, options)
    _tell_blocks(node, start, options, is_over=is_over)
    sys.stdout.flush()
    if is_over:  # Not before that was told: whoever did not hear of it types the command again.
        end_run(options.chain)
    return status


def _tell_blocks(node: Node, start: int, options: argparse.Namespace, *, is_over: bool) -> None:
    last = node.ledger.info.height
    if last > start:
        between = f"block {last:,}" if last == start + 1 else f"blocks {start + 1:,} to {last:,}"
        told = f"in {between} of {options.chain}"
        print_lines([[Piece(told, "quiet")]], sys.stderr)
    if not is_over:
        told = "what was done stays: put right what stopped it, and the same command goes on"
        print_lines([[Piece("help:", "help"), Piece(f" {told}")]], sys.stderr)
