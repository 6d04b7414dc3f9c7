"""Test results in the XML that JUnit made common, for the pages of a build server.

Source: the schema of Apache Ant's JUnit task, as build servers read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from servanda.failure_text import place_text, show_failure, show_steps
from servanda.grammar.source import Source
from servanda.loading import Loaded
from servanda.replace_file import replace_file
from servanda.styled_lines import PLAIN_WIDTH, Line
from servanda.test_runner import Outcome

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, not even written as a number."""


def write_junit(
    path: str, results: Iterable[Outcome], bad: Iterable[Loaded], sources: Mapping[str, Source]
) -> None:
    """Write a report, whole or not at all. Raises `OSError`."""
    root = _report(list(results), list(bad), sources)
    data = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    replace_file(path, data + b"\n")


def _report(
    results: list[Outcome], bad: list[Loaded], sources: Mapping[str, Source]
) -> ElementTree.Element:
    root = ElementTree.Element("testsuites", name="servanda")
    by_file: dict[str, list[Outcome]] = {}
    for result in results:
        by_file.setdefault(result.file, []).append(result)
    for file, its_results in by_file.items():
        suite = _suite(root, file, its_results)
        for result in its_results:
            _case(suite, result, sources)
    for loaded in bad:
        suite = _element(root, "testsuite", name=loaded.path, tests="1", failures="0", errors="1")
        case = _element(suite, "testcase", classname=loaded.path, name="can be used")
        first = next((one.message for one in loaded.diagnostics if not one.is_warning), "")
        _element(case, "error", message=first, type="diagnostic").text = _clean(
            "\n".join(
                f"{place_text(one.span, sources)}: {one.code}: {one.message}"
                for one in loaded.diagnostics
            )
        )
    return root


def _suite(root: ElementTree.Element, file: str, results: list[Outcome]) -> ElementTree.Element:
    return _element(
        root,
        "testsuite",
        name=file,
        tests=str(len(results)),
        failures=str(sum(not one.has_passed for one in results)),
        errors="0",
        time=f"{sum(one.duration_ms for one in results) / 1_000:.6f}",
    )


def _case(suite: ElementTree.Element, result: Outcome, sources: Mapping[str, Source]) -> None:
    line = sources[result.file].position(result.span.start).line
    case = _element(
        suite,
        "testcase",
        classname=result.file,
        name=result.title,
        file=result.file,
        line=str(line),
        time=f"{result.duration_ms / 1_000:.6f}",
    )
    if result.failure is not None:
        failure = _element(case, "failure", message=result.failure.message, type="step")
        lines = [*show_steps(result.run), *show_failure(result.failure, sources, PLAIN_WIDTH)]
        failure.text = _clean("\n".join(_plain(line) for line in lines))


def _plain(line: Line) -> str:
    return "".join(piece.text for piece in line)


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    cleaned = {name: _clean(value) for name, value in attributes.items()}
    return ElementTree.SubElement(parent, tag, cleaned)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
