"""Diagnostics as JSON values, for editors and pipelines.

The shape: `code`, `severity` ("error" or "warning"), `message`, `file`, `line`, `column` (both
from 1, in characters), `end` (`line` and `column` behind the last character), `label`, `labels`
(more places: `file`, `line`, `column`, `end`, `message`), `help` and `notes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TextIO

from servanda.grammar.diagnostics import Diagnostic
from servanda.grammar.source import Source, Span

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


def place_to_json(span: Span, sources: Mapping[str, Source]) -> dict[str, JsonValue]:
    """Return where a span begins and ends."""
    source = sources.get(span.source) or Source(span.source, "")
    start, end = source.position(span.start), source.position(span.end)
    return {
        "file": span.source,
        "line": start.line,
        "column": start.column,
        "end": {"line": end.line, "column": end.column},
    }


def diagnostic_to_json(
    diagnostic: Diagnostic, sources: Mapping[str, Source]
) -> dict[str, JsonValue]:
    """Return one diagnostic."""
    return {
        "code": diagnostic.code,
        "severity": "warning" if diagnostic.is_warning else "error",
        "message": diagnostic.message,
        **place_to_json(diagnostic.span, sources),
        "label": diagnostic.label,
        "labels": [
            {**place_to_json(other.span, sources), "message": other.text}
            for other in diagnostic.others
        ],
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
    }


def diagnostics_to_json(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]
) -> list[JsonValue]:
    """Return diagnostics in their order."""
    return [diagnostic_to_json(one, sources) for one in diagnostics]


def write_json(document: JsonValue, file: TextIO) -> None:
    """Write one document, readable for people too."""
    file.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
