"""`servanda why`: runs a script or test again and explains one of its calls or timers.

Without a number it is the last call that was refused, or else the last; so with `--timer`, the last
that faulted. Exit status (see `exit_status`): 0 when something was explained, also a refusal; 2
when there is nothing to explain.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH120

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from servanda.deployment import Deployment
from servanda.diagnostic_json import write_json
from servanda.exit_status import DONE, NOT_TRIED
from servanda.failure_text import show_failure
from servanda.interpreter.check.suggest import did_you_mean
from servanda.loading import Kind, Loaded, Loader, kind_of
from servanda.run_facts import Failure
from servanda.run_feeds import FeedRun
from servanda.run_reading import files_of_feeds
from servanda.script_run import run_to_end
from servanda.styled_lines import print_lines, width_of
from servanda.tell_problem import tell_bad_sources, tell_problem
from servanda.test_runner import ContractTests
from servanda.traced_run import Explained, Explanation, RowExplained, TracedRun, Wanted


def why_command(options: argparse.Namespace) -> int:
    """Explain one call of a script or test; return the exit status."""
    loader = Loader()
    loaded = loader.load(options.file, kind_of(options.file) or Kind.SCRIPT)
    if not loaded.is_good:
        return tell_bad_sources(loader, is_json=options.json)
    if loaded.script is None:
        told = "this is a contract: name a script or a test file that calls it"
        return tell_problem(told, is_json=options.json)
    body_name = _body_name(loaded, loader, options)
    if isinstance(body_name, int):
        return body_name
    deployment = Deployment(loaded.script)
    is_timer = options.timer is not None
    number = options.timer if is_timer else options.call
    wanted = Wanted(is_timer, number) if number else None
    if wanted is None:
        first, found = _run(loaded, loader, deployment, options, body_name, None)
        if isinstance(found, Failure) and found.is_input:
            return _stop_at_input(first, found, options)
        if options.row is not None and first.row_call is None:
            return _stop_at_row(first, options, files_of_feeds(loaded.script))
        wanted = first.row_call or first.last(is_timer=is_timer)
    run, found = _run(loaded, loader, deployment, options, body_name, wanted)
    if isinstance(found, Explained):
        assert wanted is not None, "it was found"
        _tell(run, found, wanted, is_json=options.json)
        return DONE
    if found is not None and found.is_input:
        return _stop_at_input(run, found, options)
    count = run.count(is_timer=is_timer)
    if not count:
        told = "no timer fires in it" if is_timer else "it makes no call"
        return tell_problem(told, is_json=options.json)
    told = f"there is no {wanted}: the last is {Wanted(is_timer, count)}"
    return tell_problem(told, is_json=options.json)


def _stop_at_row(run: TracedRun, options: argparse.Namespace, files: list[str]) -> int:
    """Tell why no call of the row can be explained."""
    name, line = options.row
    if name not in files:
        known = ", ".join(f"`{one}`" for one in files)
        advice = did_you_mean(name, files) or (f"it feeds {known}" if files else "it has no feed")
        told = f"`{options.file}` feeds no `{name}`"
        return tell_problem(told, advice, is_json=options.json)
    told = f"the row {name}:{line} made no call"
    if run.row_told:
        return tell_problem(f"{told}: {run.row_told}", is_json=options.json)
    advice = "`where` leaves it out, an `if` passes it over, or no row begins in this line"
    return tell_problem(told, advice, is_json=options.json)


def _stop_at_input(run: TracedRun, failure: Failure, options: argparse.Namespace) -> int:
    """Tell of a file that cannot be used: a call that it hides would be explained by another."""
    if options.json:
        from servanda.run_report import failure_to_json  # noqa: PLC0415 -- only when asked for

        told = failure_to_json(run, failure)
        write_json({"ok": False, "diagnostics": [], "failure": told}, sys.stdout)
    else:
        print_lines(show_failure(failure, run.sources, width_of(sys.stderr)), sys.stderr)
    return NOT_TRIED


def _body_name(loaded: Loaded, loader: Loader, options: argparse.Namespace) -> str | int:
    """Return the name of the function to run: the script's, or that of the test that is meant.

    Where none is meant, that is told, and the exit status returned.
    """
    test = options.test
    tests = ContractTests(loaded, loader.sources)
    script = tests.deployment.script
    if script.script is not None and not test:
        return script.script[1]
    found = tests.matching(test)
    if len(found) == 1:
        return next(name for one, name in script.tests if one is found[0])
    titles = "\n".join(f'  --test "{one.title}"' for one in (found or tests.tests)[:20])
    told = f"several tests are called so: `{test}`" if found and test else "name one of the tests"
    told = told if found else f"no test is called `{test}`"
    return tell_problem(told, f"its tests are\n{titles}", is_json=options.json)


def _run(
    loaded: Loaded,
    loader: Loader,
    deployment: Deployment,
    options: argparse.Namespace,
    body_name: str,
    wanted: Wanted | None,
) -> tuple[TracedRun, Failure | Explained | None]:
    assert loaded.script is not None, "only checked scripts are run"
    folder = options.data or os.path.dirname(loaded.path) or os.curdir
    machine = deployment.machine()
    run = TracedRun(
        machine, loaded.script, loader.sources, feed_run=FeedRun(folder, has_data_option=True)
    )
    if wanted is not None:
        run.want(wanted)
    else:
        run.wanted_row = options.row
    body: Callable[[], None] = deployment.script.bind(machine, run)[body_name]
    try:
        return run, run_to_end(run, body)
    except RowExplained:
        return run, None
    except Explanation as explanation:
        return run, explanation.explained


def _tell(run: TracedRun, explained: Explained, wanted: Wanted, *, is_json: bool) -> None:
    from servanda.why import Setting, show_explained  # noqa: PLC0415 -- imports rich

    setting = Setting(run.machine.contracts, run.sources, run.decimals)
    if is_json:
        from servanda.why_json import explained_to_json  # noqa: PLC0415 -- only when asked for

        document = explained_to_json(setting, explained)
        write_json({"number": wanted.number, **document}, sys.stdout)
    else:
        print_lines(show_explained(setting, explained, width_of(sys.stdout)), sys.stdout)
