"""What an upgrade changes, for people and for programs.

In come the changes between two versions of a contract with the sources of both; out come lines, or
JSON. Every change is told with the line that says so, before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from servanda.diagnostic_json import JsonValue, place_to_json
from servanda.excerpt import visible_text
from servanda.grammar.source import Source, Span
from servanda.interpreter.compare import Change, ChangeKind
from servanda.interpreter.model import ContractModel
from servanda.styled_lines import Line, Piece

MARKS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}
TEXT_LENGTH_MAX = 82


def change_lines(
    old: ContractModel,
    new: ContractModel,
    changes: Iterable[Change],
    sources: Mapping[str, Source],
    *,
    is_upgrade: bool = True,
) -> list[Line]:
    """Return the changes as lines, under one that says of what.

    What may not change is told by diagnostics: then it `is_upgrade` no longer.
    """
    found = list(changes)
    count = f"{len(found)} change{'s' * (len(found) != 1)}" if found else "nothing changes"
    if not is_upgrade:
        count = "it cannot take its place" + (f"; {count} beside" if found else "")
    told = f"{new.name} version {new.version} after version {old.version}: {count}"
    lines: list[Line] = [[Piece(told, "title")]]
    for one in found:
        lines.append([Piece(f"  {MARKS[one.kind]} "), Piece(visible_text(one.message))])
        for word, span in (("was", one.was), ("now", one.now)):
            if span is not None:
                lines.append([Piece(f"      {word}, {_shown(span, sources)}", "quiet")])
    return lines


def _shown(span: Span, sources: Mapping[str, Source]) -> str:
    source = sources[span.source]
    number = source.position(span.start).line
    return f"line {number}: {visible_text(_text(span, sources))}"


def _text(span: Span, sources: Mapping[str, Source]) -> str:
    """Return the line on which a span begins, with a sign where it goes on."""
    source = sources[span.source]
    start, end = source.position(span.start), source.position(max(span.start, span.end - 1))
    text = source.line(start.line).strip()
    if len(text) > TEXT_LENGTH_MAX:
        return text[: TEXT_LENGTH_MAX - 1] + "…"
    return text + " …" if end.line > start.line else text


def changes_to_json(
    old: ContractModel,
    new: ContractModel,
    changes: Iterable[Change],
    sources: Mapping[str, Source],
) -> dict[str, JsonValue]:
    """Return the changes as JSON: `contract`, `from`, `to` and `changes`."""
    return {
        "contract": new.name,
        "from": old.version,
        "to": new.version,
        "changes": [
            {
                "kind": one.kind.value,
                "about": one.about,
                "name": one.name,
                "message": one.message,
                "was": _place(one.was, sources),
                "now": _place(one.now, sources),
            }
            for one in changes
        ],
    }


def _place(span: Span | None, sources: Mapping[str, Source]) -> JsonValue:
    if span is None:
        return None
    return {**place_to_json(span, sources), "text": _text(span, sources)}
