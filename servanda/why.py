"""An explanation as lines: what was looked at and done, in order, and what it came to.

In comes what was explained, with its trace; out come the lines of a tree. Each line names what
stands in the source there, the value it came to and its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from servanda.excerpt import visible_text
from servanda.failure_text import show_call
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Source, Span
from servanda.interpreter.execute.explain import Seen, Trace
from servanda.interpreter.execute.state import Row
from servanda.interpreter.model import Bound, ContractModel
from servanda.interpreter.receipts import Event, Firing
from servanda.interpreter.types import BOOL, AmountType, RecordType
from servanda.interpreter.values.show import show_bool, show_time
from servanda.run_facts import SAID_NO, Step
from servanda.styled_lines import Line, Piece
from servanda.traced_run import Explained
from servanda.value_text import show_named, show_seen, show_value

TEXT_LENGTH_MAX = 76

_DECLARED = {"action", "clause", "rule", "decision", "timer", "invariant"}


class Setting(NamedTuple):
    """Where something ran: what its explanation is shown with."""

    contracts: Mapping[str, ContractModel]
    sources: Mapping[str, Source]
    decimals: Mapping[str, int]


@dataclass(slots=True)
class Branch:
    """One thing that was seen, with what was seen inside it."""

    seen: Seen
    parts: list[Branch] = field(default_factory=list)


def show_explained(setting: Setting, explained: Explained, width: int) -> Iterator[Line]:
    """Yield what ran, what came of it, the tree of what decided it, and what it told whom."""
    from servanda.rendering import render_places  # noqa: PLC0415 -- imports rich

    receipt = explained.receipt
    what = shown_what(setting, explained)
    told = f" at {show_time(explained.time_ms)}: {what}"
    yield [Piece(explained.title, "title"), Piece(told)]
    if receipt.code is None:
        given = shown_outcome(setting, explained)
        yield [Piece("✔" if given is None else f"✔ {given}", "good")]
    else:
        yield [Piece(f"✘ {receipt.code}", "error"), Piece(f": {visible_text(receipt.message)}")]
        if receipt.span is not None:
            label = Label(receipt.span, SAID_NO)
            yield from render_places(label, (), setting.sources, width)
    yield []
    for branch in branches_of(explained.trace):
        yield _line(branch.seen, "", setting)
        yield from _show_below(branch, "", setting)
    if explained.trace.left_out_count:
        yield [Piece(f"… and {explained.trace.left_out_count:,} more", "quiet")]
    for event in receipt.events:
        yield [Piece("event: ", "help"), Piece(visible_text(_event_text(setting, event)))]
    for notice in receipt.notices:
        yield [Piece("notice: ", "help"), Piece(visible_text(f"to {notice.party}: {notice.text}"))]
    yield [Piece(f"cost: {receipt.cost:,} steps", "quiet")]


def shown_what(setting: Setting, explained: Explained) -> str:
    """Return the call, or the timer with its record and the moment it was for, on one line."""
    what = explained.what
    if isinstance(what, Step):
        return show_call(what, setting.contracts, setting.decimals)
    record = show_named(what.record, what.key, setting.contracts)
    return f"{what.title}, for {record}, due at {show_time(what.due_ms)}"


def shown_outcome(setting: Setting, explained: Explained) -> str | None:
    """Return what a call gave, as text."""
    what, value = explained.what, explained.receipt.value
    if value is None or isinstance(what, Firing):
        return None
    result = setting.contracts[what.contract].actions[what.action].result
    return show_value(value, result, setting.decimals)


def event_values(setting: Setting, event: Event) -> dict[str, str]:
    """Return the values of an event by their names, as text."""
    parameters = setting.contracts[event.contract].events[event.name].parameters
    return {
        name: show_value(value, held, setting.decimals)
        for value, (name, held) in zip(event.values, parameters, strict=True)
    }


def _event_text(setting: Setting, event: Event) -> str:
    values = [f"{name}: {value}" for name, value in event_values(setting, event).items()]
    return f"{event.name}({', '.join(values)})"


def branches_of(trace: Trace) -> list[Branch]:
    """Return the tree of a trace."""
    return _branches(trace.root.parts)


def _branches(parts: list[Seen]) -> list[Branch]:
    """Return what was seen as a tree: inside each statement what happened because of it."""
    found: list[Branch] = []
    open_steps: list[Branch] = []
    for seen in parts:
        branch = _simplified(Branch(seen, _branches(seen.parts)))
        is_of_source = seen.kind in {"step", "guard", "value", "give"}
        while open_steps and is_of_source and not _belongs_to(seen, open_steps[-1].seen):
            open_steps.pop()
        (open_steps[-1].parts if open_steps else found).append(branch)
        if seen.kind == "step":
            open_steps.append(branch)
    return found


def _belongs_to(seen: Seen, step: Seen) -> bool:
    # The same statement once more is the next turn of a loop, not a part of the turn before.
    is_next_turn = seen.kind == "step" and seen.span == step.span
    return _is_inside(seen.span, step.span) and not is_next_turn


def _simplified(branch: Branch) -> Branch:
    """Return a branch without what says the same twice."""
    span = branch.seen.span
    # `payer` tells nothing more below `payer.frozen`, but `order.payer` tells who that is.
    parts = [one for one in branch.parts if not _is_start_of_path(one.seen, branch.seen)]
    if len(parts) == 1 and parts[0].seen.span == span:
        only = parts[0]
        if branch.seen.kind == "step":
            return only
        if branch.seen.kind == "guard" and only.seen.kind == "value":
            parts = only.parts
    return Branch(branch.seen, parts)


def _is_start_of_path(part: Seen, whole: Seen) -> bool:
    inner, outer = part.span, whole.span
    return (
        part.kind == whole.kind == "value"
        and isinstance(part.value, Row)
        and (inner.source, inner.start) == (outer.source, outer.start)
        and inner.end < outer.end
        and not part.parts
    )


def _is_inside(inner: Span, outer: Span) -> bool:
    return inner.source == outer.source and outer.start <= inner.start and inner.end <= outer.end


def _show_below(branch: Branch, indent: str, setting: Setting) -> Iterator[Line]:
    last = len(branch.parts) - 1
    for place, part in enumerate(branch.parts):
        is_last = place == last
        yield _line(part.seen, indent + ("└─ " if is_last else "├─ "), setting)
        yield from _show_below(part, indent + ("   " if is_last else "│  "), setting)


def _line(seen: Seen, lead: str, setting: Setting) -> Line:
    text, value = shown_text(seen, setting)
    line = [Piece(lead, "gutter")]
    match seen.kind:
        case "guard":
            role = "good" if seen.value is True else "warning"
            line += [Piece(f"{text}: "), Piece(value or "", role)]
        case "value":
            line += [Piece(f"{text} = "), Piece(value or "", "title")]
        case "refusal":
            line += [Piece(text, "error"), Piece(f": {visible_text(value or '')}")]
        case "row":
            line += [Piece(text, "good")]
        case kind if kind in _DECLARED:
            about = f" for {value}" if value is not None else ""
            line += [Piece(f"{text}{about}", "title")]
        case _ if value is not None:
            line += [Piece(f"{text}: "), Piece(value, "title")]
        case _:
            line += [Piece(text)]
    where = _where(seen.span, setting.sources)
    return [*line, Piece(f"  {where}", "quiet")] if where else line


def shown_text(seen: Seen, setting: Setting) -> tuple[str, str | None]:
    """Return what stands in the source, or what is running, and the value that it came to."""
    text = _text(seen.span, setting.sources)
    match seen.kind:
        case "guard":
            return text, show_bool(seen.value) if seen.type == BOOL else str(seen.value)
        case "value" | "give":
            return text, show_seen(seen, setting.decimals)
        case "bound":
            assert seen.bound is not None, "this was held against a bound"
            return show_bound(seen, seen.bound, setting), _held(seen, setting)
        case "authority":
            return f"by {text.removeprefix('by ')}", _signers(seen)
        case "refusal":
            return f"refused with {seen.title}", str(seen.value)
        case "decision":
            inputs = zip(seen.value or (), seen.types, strict=True)
            shown = ", ".join(show_value(one, held, setting.decimals) for one, held in inputs)
            return f"decision {seen.title}({shown})", None
        case kind if kind in _DECLARED:
            about = show_seen(seen, setting.decimals) if isinstance(seen.value, Row) else None
            return f"{kind} {seen.title}", about
        case _:
            return text, None


def show_bound(seen: Seen, bound: Bound, setting: Setting) -> str:
    """Return what a parameter may be: `order in Asked | Paid`, `months in 1..360`."""
    if bound.names is not None:
        return f"{seen.title} in {' | '.join(bound.names)}"
    low, high = (
        # Nothing is nothing in every unit, also in one that only a record knows.
        "0"
        if end == 0 and isinstance(seen.type, AmountType)
        else show_value(end, seen.type, setting.decimals)
        for end in (bound.low, bound.high)
    )
    dots = "..<" if bound.is_high_open else ".."
    return f"{seen.title} >= {low}" if bound.high is None else f"{seen.title} in {low}{dots}{high}"


def _held(seen: Seen, setting: Setting) -> str:
    """Return what was held against a bound: the state of a record, or the value itself."""
    if isinstance(seen.type, RecordType):
        return str(seen.value)
    return show_value(seen.value, seen.type, setting.decimals)


def _signers(seen: Seen) -> str:
    if isinstance(seen.value, tuple):
        return f"signed by {' and '.join(seen.value) or 'nobody'}"
    return f"called by {seen.value}"


def _text(span: Span, sources: Mapping[str, Source]) -> str:
    """Return what stands at a place: of a block its first line, of an open bracket more."""
    source = sources.get(span.source)
    if source is None:
        return ""
    text = source.slice(span)
    head = text.split("\n", 1)[0].strip()
    head = " ".join((text if head.endswith(("(", "[", ",")) else head).split())
    return visible_text(head if len(head) <= TEXT_LENGTH_MAX else head[:TEXT_LENGTH_MAX] + "…")


def _where(span: Span, sources: Mapping[str, Source]) -> str:
    source = sources.get(span.source)
    return f"line {source.position(span.start).line}" if source is not None else ""
