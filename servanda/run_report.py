"""The report of a run: a table of what was done and refused, then what `show` printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from servanda.diagnostic_json import JsonValue, place_to_json
from servanda.excerpt import visible_text
from servanda.failure_text import place_text
from servanda.interpreter.values.show import show_time
from servanda.run_facts import Facts, Failure, Fired
from servanda.script_run import ScriptRun
from servanda.tables import Column, console_of, print_table


def print_report(run: ScriptRun, file: TextIO) -> None:
    """Print the tables of a run and what it showed."""
    console = console_of(file)
    facts = run.facts
    if facts.outcomes:
        print_table(console, _columns("action", "done", "refused"), _action_rows(facts))
    if facts.timers:
        print_table(console, _columns("timer", "fired", "faulted"), _timer_rows(facts))
    if facts.first_timer_fault is not None:
        console.print(timer_fault_line(run, facts.first_timer_fault) + "\n", soft_wrap=True)
    if facts.rows or facts.fault_count:
        console.print(_row_line(facts), soft_wrap=True)
    for label, value in facts.shown:
        console.print(f"{visible_text(label)}  {visible_text(value)}", soft_wrap=True)
    if facts.shown_left_out_count:
        console.print(f"… and {facts.shown_left_out_count:,} more", soft_wrap=True)


def _columns(first: str, second: str, third: str) -> tuple[Column, ...]:
    return Column(first), Column(second, is_number=True), Column(third)


def _action_rows(facts: Facts) -> Iterator[tuple[str, ...]]:
    by_action = facts.by_action()
    has_several = len({contract for contract, _ in by_action}) > 1
    for (contract, action), counts in by_action.items():
        name = f"{contract}.{action}" if has_several else action
        yield name, f"{counts[None]:,}", _codes(counts)


def _timer_rows(facts: Facts) -> Iterator[tuple[str, ...]]:
    for title, counts in facts.by_timer().items():
        yield title, f"{counts[None]:,}", _codes(counts)


def _codes(counts: Counter[str | None]) -> str:
    codes = sorted((code, count) for code, count in counts.items() if code is not None)
    return " · ".join(f"{code} {count:,}" for code, count in codes) or "-"


def _row_line(facts: Facts) -> str:
    told = [f"{count:,} row{'s' * (count != 1)} of {name}" for name, count in facts.rows.items()]
    if refused := facts.look_up_refusal_count:
        told.append(f"{refused:,} refused at a look-up")
    if facts.is_stopped_at_row:
        told.append("stopped at a malformed row")
    elif facts.fault_count:
        told.append(f"{facts.fault_count:,} malformed and skipped")
    return f"fed: {', '.join(told)}\n"


def timer_fault_line(run: ScriptRun, first: Fired) -> str:
    """Return how many timers faulted and how often, and what was wrong with the first."""
    count, timer_count = run.facts.timer_fault_count, run.facts.faulted_timer_count
    place = place_text(first.span, run.sources)
    at = f"at {show_time(first.time_ms)}" + (f" in {place}" if place else "")
    times = f" {count:,} times" if count > timer_count else ""
    times += ": first" if count > 1 else ":"
    told = f"{timer_count:,} timer{'s' * (timer_count != 1)} faulted{times}"
    return f"{told} {first.code} {at}: {visible_text(first.message)}"


def report_to_json(run: ScriptRun, script: str, failure: Failure | None) -> dict[str, JsonValue]:
    """Return the same facts as one JSON value.

    `script`, `ok`, `time`, `actions` (`contract`, `action`, `done`, `refused` by code), `timers`
    (`timer`, `fired`, `faulted` by code), `first_timer_fault` (null, or what and where), `rows` by
    file, `malformed` and `refused_rows` (`count`, and `first`: of malformed rows 20, of refused
    ones 10,000 and the first of each code, with the number of the `call` that `why` explains),
    `shown` (`expression`, `value`) and `failure` (null, or its message and place).
    """
    facts = run.facts
    return {
        "script": script,
        "ok": failure is None,
        "time": show_time(run.machine.now),
        "actions": [
            {
                "contract": contract,
                "action": action,
                "done": counts[None],
                "refused": _codes_to_json(counts),
            }
            for (contract, action), counts in facts.by_action().items()
        ],
        "timers": [
            {"timer": title, "fired": counts[None], "faulted": _codes_to_json(counts)}
            for title, counts in facts.by_timer().items()
        ],
        "first_timer_fault": timer_fault_to_json(run, facts.first_timer_fault),
        "rows": dict(facts.rows),
        "malformed": {
            "count": facts.fault_count,
            "first": [
                {
                    "file": one.file,
                    "line": one.line,
                    "column": one.column,
                    "message": one.message,
                }
                for one in facts.faults
            ],
        },
        "refused_rows": {
            "count": facts.row_refusal_count,
            "first": [one._asdict() for one in facts.row_refusals],
        },
        "shown": [{"expression": label, "value": value} for label, value in facts.shown],
        "failure": None if failure is None else failure_to_json(run, failure),
    }


def timer_fault_to_json(run: ScriptRun, first: Fired | None) -> dict[str, JsonValue] | None:
    """Return what was wrong with the first timer that faulted, and where."""
    if first is None:
        return None
    found: dict[str, JsonValue] = {
        "timer": first.title,
        "time": show_time(first.time_ms),
        "code": first.code,
        "message": first.message,
    }
    return found if first.span is None else {**found, **place_to_json(first.span, run.sources)}


def failure_to_json(run: ScriptRun, failure: Failure) -> dict[str, JsonValue]:
    """Return why a run stopped."""
    found: dict[str, JsonValue] = {"message": failure.message}
    if failure.code:
        found["code"] = failure.code
    if failure.span is not None:
        found.update(place_to_json(failure.span, run.sources))
    if failure.clause is not None:
        found["clause"] = place_to_json(failure.clause, run.sources)
    found["seen"] = [{"expression": text, "value": value} for text, value in failure.seen]
    return found


def _codes_to_json(counts: Counter[str | None]) -> dict[str, JsonValue]:
    return {
        code: count for code, count in sorted((one or "", n) for one, n in counts.items()) if code
    }
