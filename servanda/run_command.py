"""`servanda run`: a script, its feeds, its report, the dump of its records.

It runs against a fresh chain in memory, or with `--chain` on a stored one (`on_chain/story.py`).

Exit status (see `exit_status`): 1 when a source is wrong, a step failed or a timer faulted; 2 when
a file, a feed among them, cannot be used.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH113, PTH120

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterator

from servanda.deployment import Deployment
from servanda.diagnostic_json import write_json
from servanda.exit_status import DONE, INTERRUPTED, NOT_TRIED, SAID_NO
from servanda.failure_text import show_failure, show_steps
from servanda.loading import Kind, Loaded, Loader, kind_of
from servanda.progress import BarProgress, NoProgress
from servanda.run_facts import Failure, RowRefusal
from servanda.run_feeds import FeedRun
from servanda.script_run import ScriptRun, run_to_end
from servanda.styled_lines import Line, Piece, print_lines, width_of
from servanda.tell_problem import tell_bad_sources, tell_problem

REFUSED_ROWS_SHOWN_MAX = 10
"""Refusals are answers, counted in the table: the first of each code shows what it is about."""


def run_command(options: argparse.Namespace) -> int:
    """Run a script and print what became of it; return the exit status."""
    from servanda.dump import CannotDump, check_folder  # noqa: PLC0415 -- as asked for

    kind = kind_of(options.script)
    if kind in {Kind.CONTRACT, Kind.TEST} and os.path.isfile(options.script):
        what = "contract" if kind is Kind.CONTRACT else "test file: use `servanda test`"
        return tell_problem(f"`{options.script}` is a {what}", is_json=options.json)
    if options.dump:
        try:
            check_folder(options.dump)
        except CannotDump as cannot:
            return tell_problem(str(cannot), is_json=options.json)
    if options.chain:
        from servanda.on_chain.story import run_story  # noqa: PLC0415 -- as asked for

        return run_story(options)
    loader = Loader()
    loaded = load_script(loader, options)
    if isinstance(loaded, int):
        return loaded
    run, body = script_run_of(loaded, loader, options)
    try:
        failure = run_to_end(run, body)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped after {rows_told(run)}; nothing was written\n")
        return INTERRUPTED
    return finish(run, failure, options)


def load_script(loader: Loader, options: argparse.Namespace) -> Loaded | int:
    """Return the checked script, or the exit status after telling what is wrong with it."""
    loaded = loader.load(options.script, Kind.SCRIPT)
    if loaded.script is None:
        return tell_bad_sources(loader, is_json=options.json)
    if loaded.script.script is None:
        return tell_problem(f"`{options.script}` has no steps to run", is_json=options.json)
    return loaded


def rows_told(run: ScriptRun) -> str:
    """Return how many rows a run has fed, as text."""
    count = run.facts.rows.total()
    return f"{count:,} row{'s' * (count != 1)}"


def finish(run: ScriptRun, failure: Failure | None, options: argparse.Namespace) -> int:
    """Dump and print what became of a run; return the exit status."""
    from servanda.dump import CannotDump, write_dump  # noqa: PLC0415 -- as asked for

    try:
        if options.dump and failure is None:
            write_dump(run.machine, run.decimals, options.dump)
    except CannotDump as cannot:
        return tell_problem(str(cannot), is_json=options.json)
    _print_faults(run)
    _print_outcome(run, failure, options)
    if failure is not None:
        return NOT_TRIED if failure.is_input else SAID_NO
    return SAID_NO if run.facts.timer_fault_count else DONE


def feed_run_of(options: argparse.Namespace, script: str, *, is_quiet: bool) -> FeedRun:
    """Return how the feeds of a script are read."""
    folder = options.data or os.path.dirname(script) or os.curdir
    is_watched = sys.stderr.isatty() and not is_quiet
    progress = BarProgress(sys.stderr) if is_watched else NoProgress()
    return FeedRun(folder, options.strict, has_data_option=True, progress=progress)


def script_run_of(
    loaded: Loaded, loader: Loader, options: argparse.Namespace
) -> tuple[ScriptRun, Callable[[], None]]:
    """Return a run on a fresh machine, and the steps of the checked script that drive it."""
    assert loaded.script is not None, "only checked scripts are run"
    deployment = Deployment(loaded.script)
    compiled = deployment.script
    assert compiled.script is not None, "the script has steps"
    feed_run = feed_run_of(options, loaded.path, is_quiet=False)
    run = ScriptRun(deployment.machine(), loaded.script, loader.sources, feed_run=feed_run)
    return run, compiled.bind(run.machine, run)[compiled.script[1]]


def _print_faults(run: ScriptRun) -> None:
    facts = run.facts
    if facts.is_stopped_at_row:  # Then it is the failure, which is told at the end.
        return
    for fault in facts.faults:
        print_lines([[Piece("malformed row", "warning"), Piece(f": {fault}")]], sys.stderr)
    more = facts.fault_count - len(facts.faults)
    if more:
        print_lines([[Piece(f"… and {more:,} more malformed rows", "quiet")]], sys.stderr)


def _skipped_rows(run: ScriptRun) -> Iterator[Line]:
    count = run.facts.fault_count
    if count and not run.facts.is_stopped_at_row:
        rows = f"{count:,} malformed row{'s were' if count != 1 else ' was'} skipped"
        told = f": {rows}; `--strict` stops at the first"
        yield [Piece("warning", "warning"), Piece(told)]


def _refused_rows(run: ScriptRun, options: argparse.Namespace) -> Iterator[Line]:
    from servanda.excerpt import visible_text  # noqa: PLC0415 -- imports rich

    facts = run.facts
    shown = list(facts.refusal_codes.values())[:REFUSED_ROWS_SHOWN_MAX]
    for refusal in shown:
        yield [Piece("refused row", "quiet"), Piece(f": {visible_text(str(refusal))}")]
    if more := facts.row_refusal_count - len(shown):
        rows = f"refused row{'s' * (more != 1)}"
        yield [Piece(f"… and {more:,} more {rows}, told one by one with --json", "quiet")]
    called = next((one for one in shown if one.call is not None), None)
    if called is not None and not options.chain:
        yield [Piece("help:", "help"), Piece(f" `{why_of_row(called, options)}` explains a row")]


def why_of_row(refusal: RowRefusal, options: argparse.Namespace) -> str:
    """Return what to type to have the refusal of a row explained."""
    words = ["servanda", "why", options.script]
    if options.data:
        words += ["--data", options.data]
    return shlex.join([*words, "--row", f"{refusal.file}:{refusal.line}"])


def _print_outcome(run: ScriptRun, failure: Failure | None, options: argparse.Namespace) -> None:
    from servanda.run_report import print_report, report_to_json  # noqa: PLC0415 -- needs rich

    if options.json:
        document = report_to_json(run, options.script, failure)
        write_json(document, sys.stdout)
    else:
        print_report(run, sys.stdout)
        sys.stdout.flush()
        print_lines(_refused_rows(run, options), sys.stderr)
    print_lines(_skipped_rows(run), sys.stderr)
    if failure is None and (count := run.facts.faulted_timer_count):
        timers = f"{count:,} timers did not do what they say"
        timers = "1 timer did not do what it says" if count == 1 else timers
        told = f": {timers}, though every step was done"
        print_lines([[Piece("error", "error"), Piece(told)]], sys.stderr)
    if failure is not None:
        if not failure.is_input:
            print_lines(show_steps(run), sys.stderr)
        print_lines(show_failure(failure, run.sources, width_of(sys.stderr)), sys.stderr)
