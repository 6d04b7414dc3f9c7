"""`servanda check`: every named file through the checker, and what it says for people or programs.

Exit status (see `exit_status`): 0 also with warnings; 2 when a file is no source at all: missing,
no text, refused by the scan of its characters, nested too deep.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH113

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from servanda.check_against import compare_loaded, load_earlier
from servanda.contract_summary import counts_of
from servanda.diagnostic_json import (
    JsonValue,
    diagnostics_to_json,
    place_to_json,
    write_json,
)
from servanda.discovery import find_files
from servanda.exit_status import status_of
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.source import Source, Span
from servanda.loading import Kind, Loaded, Loader, kind_of
from servanda.styled_lines import Line, Piece, print_diagnostics, print_lines
from servanda.tell_problem import tell_problem


def check_files(options: argparse.Namespace) -> int:
    """Check files and print the outcome; return the exit status.

    With `against`, the path of a version in force, one contract is compared with it too.
    """
    paths: list[str] = options.paths
    if options.against is not None:
        return _check_against(paths, options.format, options.against)
    loader = Loader()
    named = [_load(loader, path) for path in find_files(paths, tuple(Kind))]
    missing = _report_nothing_found(paths, named)
    found = [*loader.files.values(), *missing]
    diagnostics = [one.diagnostics for one in found]
    if options.format == "json":
        write_json(_to_json(loader.sources, diagnostics, named), sys.stdout)
    else:
        for one in found:
            print_diagnostics(one.diagnostics, loader.sources, sys.stdout)
        for one in named:
            if one.is_good:
                print_lines(_summary(one), sys.stdout)
        _print_counts(diagnostics)
    return status_of(diagnostics)


def _check_against(paths: Sequence[str], output_format: str, against: str) -> int:
    is_json = output_format == "json"
    if len(paths) != 1 or kind_of(paths[0]) is not Kind.CONTRACT:
        return tell_problem(
            "one contract is compared with the version in force",
            "name one file: `servanda check bank.contract --against released/bank.contract`",
            is_json=is_json,
        )
    loader = Loader()
    new = loader.load(paths[0])
    earlier, old = load_earlier(against, paths[0])
    sources = {**earlier.sources, **loader.sources}
    wrong = [one.diagnostics for one in earlier.files.values() if one.diagnostics.has_errors]
    found = [*(one.diagnostics for one in loader.files.values()), *wrong]
    compared = compare_loaded(new, old, sources)
    if compared is not None:
        found.append(compared.diagnostics)
    if is_json:
        document = _to_json(sources, found, [new])
        document["against"] = None if compared is None else compared.to_json()
        write_json(document, sys.stdout)
        return status_of(found)
    for one in found:
        print_diagnostics(one, sources, sys.stdout)
    if new.is_good and not any(one.has_errors for one in found):
        print_lines(_summary(new), sys.stdout)
    if compared is not None:
        print_lines(compared.lines(), sys.stdout)
    _print_counts(found)
    return status_of(found)


def _load(loader: Loader, path: str) -> Loaded:
    if kind_of(path) is None and os.path.isfile(path):
        return _refused(
            loader,
            path,
            "E0015",
            f"`{path}` is no kind of file that Servanda knows",
            "its name says nothing of what it holds",
            "call it `….contract`, `….test.contract` or `….script`",
        )
    return loader.load(path)


def _refused(
    loader: Loader | None, path: str, code: str, message: str, label: str, advice: str
) -> Loaded:
    diagnostics = Diagnostics([Diagnostic(code, message, Span(path, 0, 0), label, help=advice)])
    loaded = Loaded(path, Kind.SCRIPT, Source(path, ""), diagnostics)
    if loader is not None:
        loader.files[path] = loaded
    return loaded


def _report_nothing_found(paths: Sequence[str], named: Sequence[Loaded]) -> list[Loaded]:
    if named:
        return []
    return [
        _refused(
            None,
            path,
            "E0011",
            f"there is nothing to check in `{path}`",
            "a folder without contracts, tests and scripts",
            "name a file, or a folder that holds some",
        )
        for path in paths
    ]


def _summary(loaded: Loaded) -> list[Line]:
    counts = [f"{count:_} {_counted(count, what)}" for what, count in counts_of(loaded).items()]
    lines = [[Piece("✔ ", "good"), Piece(loaded.path), Piece("  " + " · ".join(counts))]]
    if loaded.checked is not None:
        for place in loaded.checked.findings.money_places:
            line = loaded.source.position(place.span.start).line
            reached_by = "; ".join(place.reached_by) or "nobody"
            told = f"    {place.kind}s {place.unit} in line {line}: {reached_by}"
            lines.append([Piece(told, "quiet")])
    return lines


def _counted(count: int, what: str) -> str:
    """Return `1 action`, `2 tables complete`: the noun is the first word."""
    noun, _, more = what.partition(" ")
    noun = noun.removesuffix("s") if count == 1 else noun
    return f"{noun} {more}".rstrip() if more != "states" else f"stuck state{'s' * (count != 1)}"


def _print_counts(found: Sequence[Diagnostics]) -> None:
    every = [one for diagnostics in found for one in diagnostics]
    error_count = sum(not one.is_warning for one in every)
    error_count += sum(one.left_out_count for one in found)
    warning_count = sum(one.is_warning for one in every)
    parts = []
    if error_count:
        parts.append(Piece(f"{error_count} error{'s' * (error_count != 1)}", "error"))
    if warning_count:
        shown = f"{warning_count} warning{'s' * (warning_count != 1)}"
        parts += [Piece(", ")] * bool(parts) + [Piece(shown, "warning")]
    if parts:
        print_lines([parts], sys.stdout)


def _to_json(
    sources: Mapping[str, Source], found: Sequence[Diagnostics], named: Sequence[Loaded]
) -> dict[str, JsonValue]:
    """Return one document: `ok`, `files` (those that were named), `diagnostics`, `left_out`."""
    files: list[JsonValue] = []
    for one in named:
        entry: dict[str, JsonValue] = {
            "file": one.path,
            "kind": one.kind.name.lower(),
            "ok": one.is_good,
        }
        if one.is_good:
            entry["counts"] = {
                what.replace(" ", "_"): count for what, count in counts_of(one).items()
            }
        if one.checked is not None:
            entry["money"] = [
                {
                    **place_to_json(place.span, sources),
                    "verb": f"{place.kind}s",
                    "unit": place.unit,
                    "reached_by": list(place.reached_by),
                }
                for place in one.checked.findings.money_places
            ]
        files.append(entry)
    every = [one for diagnostics in found for one in diagnostics]
    return {
        "ok": not any(one.has_errors for one in found),
        "files": files,
        "diagnostics": diagnostics_to_json(every, sources),
        "left_out": sum(one.left_out_count for one in found),
    }
