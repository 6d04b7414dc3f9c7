"""Running tests: every test of a file on a machine of its own.

In comes a checked test file; out comes a `Outcome` for each of its tests, as it ends. Nothing is
printed here, and no test sees what another did.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH120

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from servanda.deployment import Deployment
from servanda.grammar.source import Source, Span
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.script import CompiledScript
from servanda.interpreter.model import TestModel
from servanda.loading import Loaded
from servanda.run_facts import Failure
from servanda.run_feeds import FeedRun
from servanda.script_run import ScriptRun, run_to_end


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test; `run` has the steps it took."""

    file: str
    title: str
    span: Span
    duration_ms: float
    call_count: int
    failure: Failure | None
    run: ScriptRun
    chain: str | None = None
    """The folder of the chain on a copy of which it ran, if it was one."""

    @property
    def has_passed(self) -> bool:
        """Whether nothing failed."""
        return self.failure is None


class Stage(Protocol):
    """Where tests are run: the compiled file, and as many fresh machines as asked."""

    script: CompiledScript
    chain: str | None
    """The folder of the chain that the machines are copies of, if they are."""

    def machine(self) -> Machine:
        """Return a machine that no test has seen."""


class ContractTests:
    """The tests of one file, compiled once; each is run on a machine of `stage` by `run_type`."""

    def __init__(
        self,
        loaded: Loaded,
        sources: Mapping[str, Source],
        stage: Stage | None = None,
        run_type: type[ScriptRun] = ScriptRun,
    ) -> None:
        assert loaded.script is not None, "only checked files are run"
        self.loaded = loaded
        self.sources = sources
        self.model = loaded.script
        self.deployment: Stage = stage or Deployment(loaded.script)
        self._run_type = run_type

    @property
    def tests(self) -> tuple[TestModel, ...]:
        """The tests in the order of the file."""
        return self.model.tests

    def matching(self, text: str) -> list[TestModel]:
        """Return the test of exactly this name, or those whose name holds `text` in any case."""
        exact = [one for one in self.tests if one.title == text]
        folded = text.casefold()
        return exact or [one for one in self.tests if folded in one.title.casefold()]

    def run(self, test: TestModel) -> Outcome:
        """Run one test on a fresh machine."""
        folder = os.path.dirname(self.loaded.path) or os.curdir
        # A test says what must hold: a row that cannot be read is no reason to go on.
        feed_run = FeedRun(folder, is_strict=True)
        start = time.perf_counter()
        machine = self.deployment.machine()
        run = self._run_type(machine, self.model, self.sources, feed_run=feed_run)
        failure = run_to_end(run, self._body(run, test))
        duration_ms = (time.perf_counter() - start) * 1_000
        return Outcome(
            self.loaded.path,
            test.title,
            test.span,
            duration_ms,
            run.facts.call_count,
            failure,
            run,
            self.deployment.chain,
        )

    def _body(self, run: ScriptRun, test: TestModel) -> Callable[[], None]:
        script = self.deployment.script
        name = next(name for one, name in script.tests if one is test)
        return script.bind(run.machine, run)[name]

    def run_matching(self, text: str) -> Iterator[Outcome]:
        """Run the tests whose name holds `text`, one after another."""
        for test in self.matching(text):
            yield self.run(test)
