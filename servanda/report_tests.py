"""`servanda test`: finds test files, runs their tests, and tells what became of each.

Exit status (see `exit_status`): 1 when a test failed or a source is wrong, 5 when there is no test.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH113

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from servanda.diagnostic_json import (
    JsonValue,
    diagnostics_to_json,
    place_to_json,
    write_json,
)
from servanda.discovery import find_files
from servanda.exit_status import DONE, NO_TEST, NOT_TRIED, SAID_NO, status_of
from servanda.failure_text import (
    show_call,
    show_failure,
    show_fired,
    show_outcome,
    show_steps,
)
from servanda.grammar.source import Source
from servanda.interpreter.values.show import show_time
from servanda.loading import Kind, Loaded, Loader, kind_of
from servanda.run_facts import Failure, Fired, Moved, Step
from servanda.script_run import ScriptRun
from servanda.styled_lines import Line, Piece, print_diagnostics, print_lines, width_of
from servanda.tell_problem import tell_problem
from servanda.test_runner import ContractTests, Outcome


def report_tests(options: argparse.Namespace) -> int:
    """Run the tests below some paths and print the outcome; return the exit status."""
    if told := _what_has_no_tests(options.paths):
        return tell_problem(told, is_json=options.json)
    if options.chain:
        from servanda.on_chain.copies import report_on_chain  # noqa: PLC0415 -- as asked for

        return report_on_chain(options)
    return report(options, Loader(), ContractTests)


MakeTests = Callable[[Loaded, Mapping[str, Source]], ContractTests]
"""Makes the tests of a file that was loaded."""


def report(options: argparse.Namespace, loader: Loader, tests_of: MakeTests) -> int:
    """Run the tests that a loader finds and print the outcome; return the exit status."""
    start = time.perf_counter()
    found = [loader.load(path, Kind.TEST) for path in find_files(options.paths, (Kind.TEST,))]
    is_quiet = bool(options.json)
    results: list[Outcome] = []
    for loaded in found:
        if loaded.script is None:
            continue
        results += _run_file(tests_of(loaded, loader.sources), options, is_quiet=is_quiet)
        if options.stops and any(not one.has_passed for one in results):
            break
    if not is_quiet:
        for one in loader.files.values():
            if one.diagnostics.has_errors:  # Warnings are for `check`.
                print_diagnostics(one.diagnostics, loader.sources, sys.stdout)
    bad = [one for one in found if not one.is_good]
    elapsed_s = time.perf_counter() - start
    if options.junit and not _write_junit(options.junit, results, bad, loader):
        return NOT_TRIED
    if is_quiet:
        write_json(_to_json(results, loader, bad), sys.stdout)
    else:
        print_lines(_failures(results), sys.stdout)
        totals = _totals(results, bad, elapsed_s)
        if not results and not bad:
            test_count = sum(len(one.script.tests) for one in found if one.script is not None)
            totals = [Piece(_told_of_none(options.text, test_count), "warning")]
        print_lines([totals], sys.stdout)
    return _status(results, loader)


def _what_has_no_tests(paths: Sequence[str]) -> str:
    """Return what to tell of the first file that holds something else than tests."""
    for path in paths:
        kind = kind_of(path)
        if kind in {None, Kind.TEST} or not os.path.isfile(path):
            continue
        if kind is Kind.SCRIPT:
            return f"`{path}` is a script: use `servanda run`"
        tests = path.removesuffix(Kind.CONTRACT.value) + Kind.TEST.value
        stand = "its tests are in" if os.path.isfile(tests) else "its tests would stand in"
        return f"`{path}` is a contract: {stand} `{tests}`"
    return ""


def _status(results: list[Outcome], loader: Loader) -> int:
    failures = [one.failure for one in results if one.failure is not None]
    of_tests = max((NOT_TRIED if one.is_input else SAID_NO for one in failures), default=DONE)
    status = max(of_tests, status_of(one.diagnostics for one in loader.files.values()))
    return NO_TEST if status == DONE and not results else status


def _run_file(
    tests: ContractTests, options: argparse.Namespace, *, is_quiet: bool
) -> Iterator[Outcome]:
    if not tests.matching(options.text):
        return
    if not is_quiet:
        print_lines([[Piece(tests.loaded.path, "title")]], sys.stdout)
    for result in tests.run_matching(options.text):
        if not is_quiet:
            print_lines([_result_line(result), *_shown_lines(result)], sys.stdout)
            sys.stdout.flush()
        yield result
        if options.stops and not result.has_passed:
            return


def _result_line(result: Outcome) -> Line:
    mark = Piece("  ✔ ", "good") if result.has_passed else Piece("  ✘ ", "error")
    calls = f"{result.call_count:,} call{'s' * (result.call_count != 1)}"
    return [mark, Piece(result.title), Piece(f"  {result.duration_ms:.1f} ms, {calls}", "quiet")]


def _shown_lines(result: Outcome) -> Iterator[Line]:
    """Yield the timers that faulted in a test and what `show` printed, below its line."""
    facts = result.run.facts
    # The steps before a failure show theirs.
    if result.has_passed and facts.first_timer_fault is not None:
        from servanda.run_report import timer_fault_line  # noqa: PLC0415 -- imports rich

        yield [Piece(f"      {timer_fault_line(result.run, facts.first_timer_fault)}", "warning")]
    if not facts.shown:
        return
    from servanda.excerpt import visible_text  # noqa: PLC0415 -- imports rich

    for label, value in facts.shown:
        yield [Piece(f"      {visible_text(label)}  {visible_text(value)}")]
    if facts.shown_left_out_count:
        yield [Piece(f"      … and {facts.shown_left_out_count:,} more", "quiet")]


def _failures(results: list[Outcome]) -> Iterator[Line]:
    width = width_of(sys.stdout)
    for result in results:
        if result.failure is None:
            continue
        yield []
        yield [Piece(f"✘ {result.title}", "error")]
        yield from show_steps(result.run)
        yield from show_failure(result.failure, result.run.sources, width)
        yield [Piece("rerun:", "help"), Piece(f" {rerun_command(result)}")]


def rerun_command(result: Outcome) -> str:
    """Return what to type to run one test again, on a copy of a chain if it was run on one."""
    title = result.title
    plain = not any(letter in '"\\$`!' for letter in title)
    quoted = f'"{title}"' if plain else shlex.quote(title)
    on_chain = f" --chain {shlex.quote(result.chain)}" if result.chain else ""
    return f"servanda test {shlex.quote(result.file)} -k {quoted}{on_chain}"


def _totals(results: list[Outcome], bad: list[Loaded], elapsed_s: float) -> Line:
    passed = sum(one.has_passed for one in results)
    parts = [Piece(f"{passed:,} passed", "good" if passed else "quiet")]
    if failed := len(results) - passed:
        parts += [Piece(", "), Piece(f"{failed:,} failed", "error")]
    if bad:
        told = f"{len(bad):,} file{'s have' if len(bad) != 1 else ' has'} errors"
        parts += [Piece(", "), Piece(told, "error")]
    return [*parts, Piece(f" in {elapsed_s:.2f} s", "quiet")]


def _told_of_none(text: str, test_count: int) -> str:
    if not test_count:
        return "no test was found"
    which = f"none of {test_count:,} tests has" if test_count > 1 else "the only test has not"
    return f"{which} `{text}` in its name"


def _write_junit(path: str, results: list[Outcome], bad: list[Loaded], loader: Loader) -> bool:
    from servanda.junit import write_junit  # noqa: PLC0415 -- only when it is asked for

    try:
        write_junit(path, results, bad, loader.sources)
    except OSError as error:
        told = f": `{path}` cannot be written: {error.strerror or error}"
        print_lines([[Piece("error", "error"), Piece(told)]], sys.stderr)
        return False
    return True


def _to_json(results: list[Outcome], loader: Loader, bad: list[Loaded]) -> dict[str, JsonValue]:
    """Return `passed`, `failed`, `tests` (each with its steps if it failed) and `diagnostics`."""
    diagnostics = [one for loaded in loader.files.values() for one in loaded.diagnostics]
    return {
        "passed": sum(one.has_passed for one in results),
        "failed": sum(not one.has_passed for one in results),
        "unusable": [one.path for one in bad],
        "tests": [_result_to_json(one) for one in results],
        "diagnostics": diagnostics_to_json(diagnostics, loader.sources),
    }


def _result_to_json(result: Outcome) -> dict[str, JsonValue]:
    from servanda.run_report import timer_fault_to_json  # noqa: PLC0415 -- imports rich

    run = result.run
    found: dict[str, JsonValue] = {
        **place_to_json(result.span, run.sources),
        "name": result.title,
        "outcome": "passed" if result.has_passed else "failed",
        "duration_ms": round(result.duration_ms, 3),
        "calls": result.call_count,
        "timer_fault_count": run.facts.timer_fault_count,
        "first_timer_fault": timer_fault_to_json(run, run.facts.first_timer_fault),
        "shown": [{"expression": label, "value": value} for label, value in run.facts.shown],
    }
    if result.failure is not None:
        found["failure"] = _failure_to_json(result, result.failure)
    return found


def _failure_to_json(result: Outcome, failure: Failure) -> dict[str, JsonValue]:
    from servanda.run_report import failure_to_json  # noqa: PLC0415 -- imports rich

    run = result.run
    return {
        **failure_to_json(run, failure),
        "steps": [_step_to_json(step, run) for step in run.last_steps],
        "rerun": rerun_command(result),
    }


def _step_to_json(step: Step | Moved | Fired, run: ScriptRun) -> dict[str, JsonValue]:
    """Return a `call`, a `timer` (with its `count`) or a move of the `clock`, and its outcome."""
    found: dict[str, JsonValue] = {"time": show_time(step.time_ms)}
    match step:
        case Moved():
            found["clock"] = step.text
        case Fired():
            found.update(timer=step.title, count=step.times, outcome=show_fired(step))
        case _:
            contracts = run.machine.contracts
            found["call"] = show_call(step, contracts, run.decimals)
            found["outcome"] = show_outcome(step, contracts, run.decimals)
    return found
