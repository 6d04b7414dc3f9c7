"""The pytest plugin: collects `*.test.contract` files, one item for each test in them.

It is loaded by every pytest of an environment with Servanda in it, so it imports the rest only when
there is such a file.
"""

# What pytest hands on has no better type than its own.
# ruff: noqa: ANN401, PLC0415

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from servanda.interpreter.model import TestModel
    from servanda.styled_lines import Line
    from servanda.test_runner import ContractTests, Outcome

SUFFIX = ".test.contract"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ContractFile | None:
    """Collect the files that hold tests."""
    if file_path.name.endswith(SUFFIX):
        return ContractFile.from_parent(parent, path=file_path)
    return None


class ContractFile(pytest.File):
    """A test file of contracts."""

    def collect(self) -> Iterator[ContractItem]:
        """Yield an item for each test; a file that cannot be used is an error of collection."""
        from servanda.loading import Kind, Loader
        from servanda.rendering import render_diagnostic
        from servanda.styled_lines import PLAIN_WIDTH
        from servanda.test_runner import ContractTests

        loader = Loader()
        loaded = loader.load(str(self.path), Kind.TEST)
        if loaded.script is None:
            lines = [
                line
                for one in loader.files.values()
                for diagnostic in one.diagnostics
                for line in render_diagnostic(diagnostic, loader.sources, PLAIN_WIDTH)
            ]
            raise self.CollectError(_plain(lines))
        tests = ContractTests(loaded, loader.sources)
        for test in tests.tests:
            yield ContractItem.from_parent(self, name=test.title, tests=tests, test=test)


class TestFailed(Exception):  # noqa: N818 -- an outcome
    """A test of a contract has failed."""

    __test__ = False

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.title)
        self.outcome = outcome


class ContractItem(pytest.Item):
    """One test of a contract."""

    def __init__(self, *, tests: ContractTests, test: TestModel, **more: Any) -> None:
        super().__init__(**more)
        self.tests = tests
        self.test = test

    def runtest(self) -> None:
        """Run the test on a fresh machine."""
        outcome = self.tests.run(self.test)
        if not outcome.has_passed:
            raise TestFailed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the steps before the failure, the clause, and the values that were seen."""
        if not isinstance(excinfo.value, TestFailed):
            return super().repr_failure(excinfo, style)
        from servanda.failure_text import show_failure, show_steps
        from servanda.styled_lines import PLAIN_WIDTH

        outcome = excinfo.value.outcome
        assert outcome.failure is not None, "only a failure is told of"
        failure = show_failure(outcome.failure, outcome.run.sources, PLAIN_WIDTH)
        return _plain([*show_steps(outcome.run), *failure])

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, the line (from 0) and the name of the test."""
        source = self.tests.sources[self.test.span.source]
        return self.path, source.position(self.test.span.start).line - 1, self.name


def _plain(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in lines)
