"""The explanation of one call as lines: what was looked at and done, in order, and what it came to.

In comes a `Trace` of probed code; out come the lines of a tree. Each line names what stands in the
source there, the value it came to and its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from servanda.excerpt import visible_text
from servanda.grammar.source import Source, Span
from servanda.interpreter.execute.explain import Seen, Trace
from servanda.interpreter.execute.state import Row
from servanda.styled_lines import Line, Piece
from servanda.value_text import show_seen, show_value

TEXT_LENGTH_MAX = 76

_OWN_WORDS = {"action", "clause", "rule", "timer"}


@dataclass(slots=True)
class Branch:
    """One thing that was seen, with what was seen inside it."""

    seen: Seen
    parts: list[Branch] = field(default_factory=list)


def show_trace(
    trace: Trace, sources: Mapping[str, Source], decimals: Mapping[str, int]
) -> Iterator[Line]:
    """Yield the tree of a trace."""
    for branch in _branches(trace.root.parts):
        yield _line(branch.seen, "", sources, decimals)
        yield from _show_below(branch, "", sources, decimals)
    if trace.left_out_count:
        yield [Piece(f"… and {trace.left_out_count:,} more", "quiet")]


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
    # `payer` tells nothing more below `payer.frozen`.
    parts = [one for one in branch.parts if not _is_start_of_path(one, branch.seen)]
    if len(parts) == 1 and parts[0].seen.span == span:
        only = parts[0]
        if branch.seen.kind == "step":
            return only
        if branch.seen.kind == "guard" and only.seen.kind == "value":
            parts = only.parts
    return Branch(branch.seen, parts)


def _is_start_of_path(part: Branch, whole: Seen) -> bool:
    inner, outer = part.seen.span, whole.span
    return (
        part.seen.kind == whole.kind == "value"
        and isinstance(part.seen.value, Row)
        and (inner.source, inner.start) == (outer.source, outer.start)
        and inner.end < outer.end
        and not part.parts
    )


def _is_inside(inner: Span, outer: Span) -> bool:
    return inner.source == outer.source and outer.start <= inner.start and inner.end <= outer.end


def _show_below(
    branch: Branch, indent: str, sources: Mapping[str, Source], decimals: Mapping[str, int]
) -> Iterator[Line]:
    last = len(branch.parts) - 1
    for place, part in enumerate(branch.parts):
        is_last = place == last
        yield _line(part.seen, indent + ("└─ " if is_last else "├─ "), sources, decimals)
        yield from _show_below(part, indent + ("   " if is_last else "│  "), sources, decimals)


def _line(
    seen: Seen, lead: str, sources: Mapping[str, Source], decimals: Mapping[str, int]
) -> Line:
    line = [Piece(lead, "gutter")]
    text = _text(seen.span, sources)
    match seen.kind:
        case "guard":
            is_true = seen.value is True
            role = "good" if is_true else "warning"
            line += [Piece(f"{text}: "), Piece(_guard_value(seen), role)]
        case "value":
            line += [Piece(f"{text} = "), Piece(show_seen(seen, decimals), "title")]
        case "give":
            line += [Piece(f"{text}: "), Piece(show_seen(seen, decimals), "title")]
        case "authority":
            line += [Piece(f"by {text.removeprefix('by ')}: "), Piece(_signers(seen), "title")]
        case "refusal":
            message = visible_text(str(seen.value))
            line += [Piece(f"refused with {seen.title}", "error"), Piece(f": {message}")]
        case "decision":
            inputs = zip(seen.value or (), seen.types, strict=True)
            shown = ", ".join(show_value(one, held, decimals) for one, held in inputs)
            line += [Piece(f"decision {seen.title}({shown})", "title")]
        case "row":
            line += [Piece(text, "good")]
        case kind if kind in _OWN_WORDS:
            line += [Piece(f"{kind} {seen.title}", "title")]
        case _:
            line += [Piece(text)]
    where = _where(seen.span, sources)
    return [*line, Piece(f"  {where}", "quiet")] if where else line


def _guard_value(seen: Seen) -> str:
    if isinstance(seen.value, bool):
        return "true" if seen.value else "false"
    return str(seen.value)


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
