"""The pytest plugin: tests of contracts beside tests of Python, in the same run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run_pytest(folder: Path, *words: str) -> tuple[int, str]:
    """Run pytest in a folder, with the plugin found through its entry point."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_each_test_of_a_contract_is_an_item(bank: Path) -> None:
    """Names are those of the tests; a failure shows the clause and not Python's frames."""
    status, out = run_pytest(bank)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "bank.test.contract::an order is paid PASSED" in out
    assert "failing.test.contract::the wrong reason FAILED" in out
    assert "this should be refused with INSUFFICIENT" in out
    assert "steps before it:" in out
    assert "Traceback" not in out
    assert "2 passed" in out
    assert "6 failed" in out


def test_k_chooses(bank: Path) -> None:
    """`-k` of pytest sees the names."""
    status, out = run_pytest(bank, "-k", "paid")
    assert status == pytest.ExitCode.OK
    assert "1 passed" in out


def test_a_wrong_file_is_an_error_of_collection(bank: Path) -> None:
    """With its diagnostics, and without a traceback."""
    (bank / "bank.test.contract").write_text('use Bank\n\ntest "x"\n  nobody does open("a")\n')
    status, out = run_pytest(bank, "bank.test.contract")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "bank.test.contract:4:3" in out
    assert "Traceback" not in out
