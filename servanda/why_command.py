"""`servanda why`: runs a script or test again and explains one of its calls.

Without a number it is the last call that was refused, or else the last. Exit status: 0 when a call
was explained, 2 when there is none to explain.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH120

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from servanda.deployment import Deployment
from servanda.failure_text import show_call, show_failure, show_outcome
from servanda.grammar.diagnostics import Label
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.receipts import Call, Receipt
from servanda.interpreter.values.show import show_time
from servanda.loading import Kind, Loaded, Loader, kind_of
from servanda.run_facts import Failure, Step
from servanda.run_feeds import FeedRun
from servanda.script_run import ScriptRun, run_to_end
from servanda.styled_lines import Line, Piece, print_diagnostics, print_lines, width_of
from servanda.test_runner import ContractTests

EXPLAINED, UNUSABLE = 0, 2


class CallExplained(Exception):  # noqa: N818 -- no error: the run has served its purpose
    """The call that was asked for has run."""


class TracedRun(ScriptRun):
    """A run that numbers its calls and, when it comes to the wanted one, traces it and stops."""

    wanted: int | None = None
    number = 0
    last_refused: int | None = None
    explained: tuple[Step, Trace] | None = None

    def run_call(self, call: Call) -> Receipt:
        """Run a call, traced if it is the wanted one."""
        self.number += 1
        if self.number != self.wanted:
            receipt = self.machine.execute(call)
            if receipt.code is not None:
                self.last_refused = self.number
            return receipt
        now = self.machine.now
        receipt, trace = self.machine.trace(call)
        step = Step(now, call.signers, call.contract, call.action, call.arguments, receipt)
        self.explained = (step, trace)
        raise CallExplained


def why_command(options: argparse.Namespace) -> int:
    """Explain one call of a script or test; return the exit status."""
    loader = Loader()
    loaded = loader.load(options.file, kind_of(options.file) or Kind.SCRIPT)
    for one in loader.files.values():
        if one.diagnostics.has_errors:  # Warnings are for `check`.
            print_diagnostics(one.diagnostics, loader.sources, sys.stderr)
    if not loaded.is_good:
        return UNUSABLE
    if loaded.script is None:
        return _stop("this is a contract: name a script or a test file that calls it")
    body_name = _body_name(loaded, loader, options.test)
    if body_name is None:
        return UNUSABLE
    deployment = Deployment(loaded.script)
    wanted = options.call
    if wanted is None:
        first, failure = _run(loaded, loader, deployment, options, body_name, None)
        if failure is not None and failure.is_input:
            return _stop_at_input(first, failure)
        wanted = first.last_refused or first.number
    run, failure = _run(loaded, loader, deployment, options, body_name, wanted)
    if failure is not None and failure.is_input:
        return _stop_at_input(run, failure)
    if run.explained is None:
        return _stop(f"there is no call {wanted}: it makes {run.number:,}")
    print_lines(_explanation(run, wanted, *run.explained), sys.stdout)
    return EXPLAINED


def _stop(message: str, advice: str = "") -> int:
    print_lines([[Piece("error", "error"), Piece(f": {message}")]], sys.stderr)
    if advice:
        print_lines([[Piece("help:", "help"), Piece(f" {advice}")]], sys.stderr)
    return UNUSABLE


def _stop_at_input(run: TracedRun, failure: Failure) -> int:
    """Tell of a file that cannot be used: a call that it hides would be explained by another."""
    print_lines(show_failure(failure, run.sources, width_of(sys.stderr)), sys.stderr)
    return UNUSABLE


def _body_name(loaded: Loaded, loader: Loader, test: str) -> str | None:
    """Return the name of the function to run: the script's, or that of the test that is meant."""
    tests = ContractTests(loaded, loader.sources)
    script = tests.deployment.script
    if script.script is not None and not test:
        return script.script[1]
    found = tests.matching(test)
    if len(found) == 1:
        return next(name for one, name in script.tests if one is found[0])
    titles = "\n".join(f'  --test "{one.title}"' for one in (found or tests.tests)[:20])
    told = f"several tests are called so: `{test}`" if found and test else "name one of the tests"
    _stop(told if found else f"no test is called `{test}`", f"its tests are\n{titles}")
    return None


def _run(
    loaded: Loaded,
    loader: Loader,
    deployment: Deployment,
    options: argparse.Namespace,
    body_name: str,
    wanted: int | None,
) -> tuple[TracedRun, Failure | None]:
    assert loaded.script is not None, "only checked scripts are run"
    folder = options.data or os.path.dirname(loaded.path) or os.curdir
    machine = deployment.machine()
    run = TracedRun(machine, loaded.script, loader.sources, feed_run=FeedRun(folder))
    run.wanted = wanted
    body: Callable[[], None] = deployment.script.bind(machine, run)[body_name]
    try:
        return run, run_to_end(run, body)
    except CallExplained:
        return run, None


def _explanation(run: TracedRun, number: int, step: Step, trace: Trace) -> Iterator[Line]:
    from servanda.rendering import render_places  # noqa: PLC0415 -- measured with rich
    from servanda.why import show_trace  # noqa: PLC0415 -- the same

    contracts = run.machine.contracts
    receipt = step.receipt
    told = show_call(step, contracts, run.decimals)
    yield [Piece(f"call {number:,}", "title"), Piece(f" at {show_time(step.time_ms)}: {told}")]
    if receipt.code is None:
        yield [Piece(show_outcome(step, contracts, run.decimals), "good")]
    else:
        yield [Piece(f"✘ {receipt.code}", "error"), Piece(f": {receipt.message}")]
        if receipt.span is not None:
            label = Label(receipt.span, "this clause said no")
            yield from render_places(label, (), run.sources, width_of(sys.stdout))
    yield []
    yield from show_trace(trace, run.sources, run.decimals)
    for event in receipt.events:
        yield [Piece("event: ", "help"), Piece(event.name)]
    for notice in receipt.notices:
        yield [Piece("notice: ", "help"), Piece(f"to {notice.party}: {notice.text}")]
    yield [Piece(f"cost: {receipt.cost:,} steps", "quiet")]
