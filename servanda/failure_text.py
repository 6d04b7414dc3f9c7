"""A failure as lines for people: the steps before it, what failed, where, and what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Source, Span
from servanda.interpreter.model import ContractModel
from servanda.interpreter.types import RecordType, Type
from servanda.interpreter.values.show import show_time
from servanda.run_facts import Failure, Fired, Moved, Step
from servanda.script_run import ScriptRun
from servanda.sent_values import show_sent
from servanda.styled_lines import Line, Piece
from servanda.value_text import show_value


def show_failure(failure: Failure, sources: Mapping[str, Source], width: int) -> Iterator[Line]:
    """Yield what failed, where, the clause that decided it, and the values that were seen."""
    from servanda.excerpt import cells_of, visible_text  # noqa: PLC0415 -- imports rich
    from servanda.rendering import render_places  # noqa: PLC0415 -- the same

    code = f"[{failure.code}]" if failure.code else ""
    yield [Piece(f"error{code}", "error"), Piece(f": {visible_text(failure.message)}", "title")]
    others = []
    if failure.clause is not None:
        others.append(Label(failure.clause, failure.clause_label))
    if failure.span is not None:
        yield from render_places(Label(failure.span, failure.label), others, sources, width)
    if failure.seen:
        cells_max = max(cells_of(text) for text, _ in failure.seen)
        for text, value in failure.seen:
            blanks = " " * (cells_max - cells_of(text) + 2)
            yield [Piece("seen: ", "help"), Piece(f"{text}{blanks}{value}")]
    if failure.help:
        yield [Piece("help:", "help"), Piece(f" {visible_text(failure.help)}")]


def show_steps(run: ScriptRun) -> Iterator[Line]:
    """Yield the last steps of a run, the oldest first."""
    if not run.last_steps:
        return
    yield [Piece("steps before it:", "title")]
    if run.left_out_count:
        yield [Piece(f"  … {run.left_out_count:_} more", "quiet")]
    time_ms: int | None = None
    number = run.step_count - sum(isinstance(one, Step) for one in run.last_steps)
    for step in run.last_steps:
        is_new = step.time_ms != time_ms
        time_ms = step.time_ms
        if is_new and not isinstance(step, Moved):
            yield [Piece(f"  at {show_time(time_ms)}", "quiet")]
        number += isinstance(step, Step)
        yield _step_line(step, number, run)


def _step_line(step: Step | Moved | Fired, number: int, run: ScriptRun) -> Line:
    """Return one step; `servanda why` explains a call or timer under its number."""
    match step:
        case Moved():
            then = show_time(step.time_ms)
            until = "" if then in step.text else f", until {then}"
            return [Piece(f"  {step.text}{until}", "quiet")]
        case Fired():
            role = "good" if step.code is None else "warning"
            times = f", {step.times:,} times" if step.times > 1 else ""
            told = f"       timer {step.number}: {step.title}  "
            return [Piece(told), Piece(show_fired(step) + times, role)]
        case _:
            contracts = run.machine.contracts
            told = show_call(step, contracts, run.decimals)
            outcome = show_outcome(step, contracts, run.decimals)
            role = "good" if step.is_as_wanted else "warning"
            return [Piece(f"  {number:>3}  {told}  "), Piece(outcome, role)]


def show_fired(fired: Fired) -> str:
    """Return `✔`, or `✘ CODE: message` of a timer that faulted."""
    return "✔" if fired.code is None else f"✘ {fired.code}: {fired.message}"


def show_call(
    step: Step, contracts: Mapping[str, ContractModel], decimals: Mapping[str, int]
) -> str:
    """Return `icbc does pay("6222-01", "6216-02", 100.00 CNY)`, or `icbc cannot pay(…)`."""
    action = contracts[step.contract].actions.get(step.action)
    types = [one.local.type for one in action.parameters] if action is not None else []
    shown = [
        _show_argument(value, types[place] if place < len(types) else None, decimals)
        for place, value in enumerate(step.arguments)
    ]
    verb = "does" if step.expected is None else "cannot"
    return f"{' and '.join(step.parties)} {verb} {step.action}({', '.join(shown)})"


def _show_argument(value: object, wanted: Type | None, decimals: Mapping[str, int]) -> str:
    # A record is named by its key, as whoever wrote the call did.
    return show_sent(value, None if isinstance(wanted, RecordType) else wanted, decimals)


def show_outcome(
    step: Step, contracts: Mapping[str, ContractModel], decimals: Mapping[str, int]
) -> str:
    """Return `✔`, with what was given, or `✘ CODE`; of what was to be refused, whether it was."""
    if step.expected is not None and step.is_as_wanted:
        return f"✔ refused with {step.expected}, as expected"
    if step.expected is not None and step.receipt.code is None:
        return "✘ it was done"
    if step.receipt.code is not None:
        return f"✘ {step.receipt.code}"
    if step.receipt.value is None:
        return "✔"
    action = contracts[step.contract].actions[step.action]
    return f"✔ {show_value(step.receipt.value, action.result, decimals)}"


def place_text(span: Span | None, sources: Mapping[str, Source]) -> str:
    """Return `file:line:column` of a place."""
    if span is None or span.source not in sources:
        return ""
    position = sources[span.source].position(span.start)
    return f"{span.source}:{position.line}:{position.column}"
