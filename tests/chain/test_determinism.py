"""The same blocks, the same roots: whatever process, machine, locale or stack they run on."""

from __future__ import annotations

import decimal
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import chains
import every_type
import pytest

from servanda.chain.block import Block

PROGRAM = Path(every_type.__file__)
"""What is run is the same program everywhere; only what is around it differs."""

BEFORE = {
    "nothing": "",
    "two digits, rounding up": (
        "import decimal as d; d.DefaultContext.prec = 2; d.DefaultContext.rounding = d.ROUND_UP; "
        "d.setcontext(d.DefaultContext.copy()); "
    ),
    "traps for everything": (
        "import decimal as d; c = d.getcontext(); "
        "[c.traps.__setitem__(one, True) for one in (d.Inexact, d.Rounded, d.Subnormal)]; "
        "c.Emax, c.Emin, c.clamp, c.capitals = 40, -40, 1, 0; "
    ),
    "a deep stack, short integers in texts": (
        "import sys; sys.setrecursionlimit(20_000); sys.set_int_max_str_digits(640); "
    ),
    "another locale, no garbage collector": (
        "import gc, locale; gc.disable()\n"
        "try: locale.setlocale(locale.LC_ALL, '')\nexcept locale.Error: pass\n"
    ),
}

AROUND: list[tuple[str, dict[str, str], list[str]]] = [
    ("two digits, rounding up", {"PYTHONHASHSEED": "1", "LC_ALL": "C"}, ["-X", "utf8=0"]),
    ("traps for everything", {"PYTHONHASHSEED": "4294967295", "TZ": "Pacific/Apia"}, ["-O"]),
    (
        "a deep stack, short integers in texts",
        {"PYTHONHASHSEED": "77", "LC_ALL": "de_DE.UTF-8", "TZ": ":broken"},
        ["-X", "dev"],
    ),
    (
        "another locale, no garbage collector",
        {"PYTHONHASHSEED": "0", "LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns"},
        ["-bb"],
    ),
]


def program(before: str) -> str:
    """Return a program that makes the history after something else."""
    # The tests' own folder stands first, so that its modules are found from anywhere.
    return (
        f"import sys; sys.path.insert(0, {str(PROGRAM.parent)!r})\n"
        f"{BEFORE[before]}\n"
        f"import every_type; print(every_type.told(every_type.rich_history()))"
    )


def start(
    interpreter: str, before: str, environment: dict[str, str], options: list[str]
) -> subprocess.Popen[str]:
    """Begin a process that prints what the history comes to."""
    return subprocess.Popen(
        [interpreter, *options, "-c", program(before)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def here() -> chains.Chain:
    """Return the chain of the rich history in this process."""
    return every_type.rich_history()


def test_no_process_changes_a_root(here: chains.Chain) -> None:
    """Seeds, time zones, locales, decimal contexts, options of the interpreter: all at once."""
    waiting = list(AROUND)
    while waiting:
        # Two at a time, one for each core.
        now, waiting = waiting[:2], waiting[2:]
        processes = [start(sys.executable, *one) for one in now]
        for one, process in zip(now, processes, strict=True):
            out, errors = process.communicate()
            assert process.returncode == 0, (one, errors)
            assert out.strip() == every_type.told(here), one


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_no_version_of_python_changes_a_root(here: chains.Chain, version: str) -> None:
    """Where it is present with what the chain needs."""
    name = f"python{version}"
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        pytest.skip("it is this one")
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not here")
    probe = "import cbor2, cryptography, lark, sortedcontainers, servanda, tzdata"
    if subprocess.run([path, "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip(f"{name} has not what the chain needs")
    process = start(path, "nothing", {}, [])
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    assert out.strip() == every_type.told(here)


def replayed(chain: chains.Chain) -> str:
    """Return what a ledger comes to that executes the blocks of a chain again."""
    again = type(chain)(every_type.MEMBERS)
    for execution in chain.kept.blocks:
        header = execution.header
        again.ledger.validate(Block(header, execution.transactions, {}))
        found = again.ledger.execute(header.time_ms, execution.transactions)
        assert found.header == header, f"block {header.height}"
        assert found.receipts == execution.receipts
        again.keep(found)
        again.ledger.commit()
    return every_type.told(again)


def in_a_thread(run: Callable[[], str]) -> str:
    """Return what a function returns in a thread, whose decimal context is one of its own."""
    found: list[str] = []

    def body() -> None:
        decimal.getcontext().prec = 3
        decimal.getcontext().rounding = decimal.ROUND_CEILING
        found.append(run())

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert found, "it ended"
    return found[0]


def below(depth: int, run: Callable[[], str]) -> str:
    """Return what a function returns at the end of so many calls."""
    return run() if not depth else below(depth - 1, run)


def test_no_thread_and_no_stack_changes_a_root(here: chains.Chain) -> None:
    """The same blocks again: in another thread, and with little of the stack left."""
    told = every_type.told(here)
    assert in_a_thread(lambda: replayed(here)) == told
    assert below(500, lambda: replayed(here)) == told


def test_a_restart_before_every_block_changes_nothing(here: chains.Chain) -> None:
    """Every value, timer, index and total comes back as it was from what was kept."""
    again = type(here)(every_type.MEMBERS)
    for execution in here.kept.blocks:
        again.reopened().state.machine.audit()
        found = again.ledger.execute(execution.header.time_ms, execution.transactions)
        assert found.header == execution.header, f"block {execution.header.height}"
        again.keep(found)
        again.ledger.commit()
