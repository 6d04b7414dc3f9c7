"""All figures in one run: `python benchmarks [--quick]`. Ratios are of medians, side by side.

Every pair is timed in turn (A B A B …) so that a machine that slows down slows both; the spread
of each is printed beside it.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from by_hand import Account, Bank
from chain_rate import measure_chain
from rich.console import Console
from rich.table import Table
from row import Row

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.check import check_contract
from servanda.interpreter.compile import compile_contract
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.receipts import Amount, Call

HERE = Path(__file__).parent
ROOT = HERE.parent
ROUNDS = 7
CALLS = 20_000
STATUSES = ("Normal",) * 18 + ("Grey", "Black")


def number(index: int) -> str:
    """Return the number of an account."""
    return f"6222-{index:07d}"


def make_machine(accounts_count: int) -> Machine:
    """Return a machine with the contract deployed and the accounts opened and filled."""
    text = (HERE / "transfers.contract").read_text()
    diagnostics = Diagnostics()
    file = parse(Source("transfers.contract", text), diagnostics)
    model = check_contract(file, {}, diagnostics)
    assert model is not None, list(diagnostics)
    machine = Machine()
    machine.deploy(compile_contract(model))
    machine.members.enrol("ICBC", "Bank")
    machine.advance(1)
    for index in range(accounts_count):
        status = STATUSES[index % len(STATUSES)]
        opened = Call("Transfers", "open", (number(index), status), ("ICBC",))
        filled = Call("Transfers", "deposit", (number(index), Amount(10**6, "CNY")), ("ICBC",))
        assert machine.execute(opened).is_done
        assert machine.execute(filled).is_done
    return machine


def make_bank(accounts_count: int) -> Bank:
    """Return the same accounts for the rules written by hand."""
    bank = Bank()
    for index in range(accounts_count):
        account = Account(number(index), "ICBC", STATUSES[index % len(STATUSES)])
        account.balance = 10**6
        bank.accounts[account.number] = account
    return bank


def pairs(accounts_count: int, count: int) -> Iterator[tuple[str, str, int]]:
    """Yield payments that visit accounts in a fixed scattered order."""
    seed = 12345
    for _ in range(count):
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        payer = seed % accounts_count
        payee = (seed // 7) % accounts_count
        yield number(payer), number(payee), 100 + seed % 900


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes once."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(
    one: Callable[[], object], other: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Time two things in turn, after one warm-up each."""
    one()
    other()
    ones, others = [], []
    for _ in range(ROUNDS):
        ones.append(seconds(one))
        others.append(seconds(other))
    return ones, others


def spread(times: list[float], per: int = 1, unit: str = "µs") -> str:
    """Return the median with the least and the most."""
    scale = {"µs": 1e6, "ms": 1e3, "s": 1.0}[unit] / per
    low, mid, high = min(times) * scale, statistics.median(times) * scale, max(times) * scale
    return f"{mid:.2f} {unit} ({low:.2f}-{high:.2f})"


def ratio(ones: list[float], others: list[float]) -> float:
    """Return median(ones) / median(others)."""
    return statistics.median(ones) / statistics.median(others)


def measure_calls(accounts_count: int) -> Iterator[Row]:
    """Compare a compiled contract with the same rules by hand, and refusals with successes."""
    payments = list(pairs(accounts_count, CALLS))
    calls = [
        Call("Transfers", "pay", (payer, payee, Amount(amount, "CNY")), ("ICBC",))
        for payer, payee, amount in payments
    ]
    machine, bank = make_machine(accounts_count), make_bank(accounts_count)

    def contract() -> None:
        for call in calls:
            machine.execute(call)

    def by_hand() -> None:
        for payer, payee, amount in payments:
            bank.pay(payer, payee, amount)

    ours, theirs = in_turn(contract, by_hand)
    value = ratio(theirs, ours)
    note = f"ours {spread(ours, CALLS)} a call, by hand {spread(theirs, CALLS)}"
    yield Row("speed against the rules by hand", value, ">= 0.15", value >= 0.15, note)

    done = [call for call in calls if machine.execute(call).is_done][:5_000]
    too_much = Amount(10**15, "CNY")
    refused = [call._replace(arguments=(*call.arguments[:2], too_much)) for call in done]
    refused = [call for call in refused if machine.execute(call).code == "INSUFFICIENT"]
    done = done[: len(refused)]
    ones, others = in_turn(
        lambda: [machine.execute(call) for call in refused],
        lambda: [machine.execute(call) for call in done],
    )
    value = ratio(ones, others)
    note = f"refused {spread(ones, len(refused))}, done {spread(others, len(done))}"
    yield Row("a refusal against a success", value, "<= 1.2", value <= 1.2, note)


def measure_growth(large: int) -> Iterator[Row]:
    """Compare the time of a call with few accounts and with many, over equally many of them.

    The same 2,000 accounts are visited in both, so that what is compared is our work and not
    how many cache lines of the machine a larger heap misses; the second figure visits them all.
    """
    machines = {count: make_machine(count) for count in (10_000, large)}
    for name, visited_max, limit in (
        ("10,000 accounts against {large:,}, same accounts", 2_000, 1.25),
        ("10,000 accounts against {large:,}, all accounts", large, 2.0),
    ):
        works = [pay_all(machine, min(count, visited_max)) for count, machine in machines.items()]
        few, many = in_turn(*works)
        value = ratio(many, few)
        note = f"{spread(few, CALLS)} with 10,000, {spread(many, CALLS)} with {large:,}"
        yield Row(name.format(large=large), value, f"<= {limit}", value <= limit, note)


def pay_all(machine: Machine, visited_count: int) -> Callable[[], object]:
    """Return what runs payments between the first accounts of a machine."""
    calls = [
        Call("Transfers", "pay", (payer, payee, Amount(amount, "CNY")), ("ICBC",))
        for payer, payee, amount in pairs(visited_count, CALLS)
    ]
    return lambda: [machine.execute(call) for call in calls]


def measure_feed(data: Path) -> Iterator[Row]:
    """Compare the whole feed, from files to balances, with the independent model."""
    script = ROOT / "examples" / "fraud_screening" / "day.script"
    command = [sys.executable, "-m", "servanda", "run", str(script), "--data", str(data)]
    model = [sys.executable, str(ROOT / "tests" / "examples" / "fraud_model.py"), str(data)]
    ours, theirs = processes(command, model, 3)
    value = ratio(ours, theirs)
    note = f"ours {spread(ours, 1, 's')}, model {spread(theirs, 1, 's')}, {data.name}"
    yield Row("the payments feed against the model", value, "<= 25", value <= 25, note)


def measure_check() -> Iterator[Row]:
    """Compare `servanda check` of a 100-line contract with importing lark and rich."""
    contract = ROOT / "examples" / "fraud_screening" / "payment_screening.contract"
    check = [sys.executable, "-m", "servanda", "check", str(contract)]
    ours, theirs = processes(check, [sys.executable, "-c", "import lark, rich"], 11)
    value = ratio(ours, theirs)
    lines = len(contract.read_text().splitlines())
    note = f"{lines} lines: {spread(ours, 1, 'ms')}, imports {spread(theirs, 1, 'ms')}"
    yield Row("check, warm, against two imports", value, "<= 3", value <= 3, note)


def processes(one: list[str], other: list[str], rounds: int) -> tuple[list[float], list[float]]:
    """Time two commands in turn as whole processes, after one warm-up each."""
    ones: list[float] = []
    others: list[float] = []
    # A user's second start finds compiled files; some build machines forbid writing them.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        for round_number in range(rounds + 1):
            for command, times in ((one, ones), (other, others)):
                start = time.perf_counter()
                subprocess.run(
                    command, check=True, capture_output=True, cwd=folder, env=environment
                )
                if round_number:
                    times.append(time.perf_counter() - start)
    return ones, others


def main() -> int:
    """Measure everything and print one table; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 accounts, not a million")
    parser.add_argument("--data", type=Path, help="folder with nodes.csv and transactions.csv")
    options = parser.parse_args()
    real = ROOT.parent / "shared" / "data" / "amlsim_20k"
    example = ROOT / "examples" / "fraud_screening" / "data"
    data = options.data or (real if real.is_dir() else example)
    rows = [
        *measure_check(),
        *measure_calls(10_000),
        *measure_growth(100_000 if options.quick else 1_000_000),
        *measure_feed(data),
        *measure_chain(100_000 if options.quick else 1_000_000),
    ]
    table = Table(title="Servanda benchmarks: ratios of medians")
    for heading in ("figure", "ratio", "target", "", "median (least-most)"):
        table.add_column(heading)
    for row in rows:
        mark = "✔" if row.is_met else "✘"
        table.add_row(row.name, f"{row.ratio:.2f}", row.target, mark, row.note)
    Console().print(table)
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
