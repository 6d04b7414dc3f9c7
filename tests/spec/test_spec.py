"""The language, chapter by chapter: every chunk gives exactly the diagnostics it expects."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CODE = re.compile(r'"([EW]0[0-9]{3})"')

OUT_OF_REACH: dict[str, str] = {
    "E0113": "a line holds fewer than 4,096 bytes, so a longer text is refused as a long line",
    "E0355": "a Balance inside another type, and a bound on a record, are E0327 and E0328 already",
    "E0417": "a contract shows nobody its clauses, so that one called from a test is E0268",
    "E0335": "as E0113, asked again by the checker of trees that were not read from text",
}
"""Codes that no text can bring about, and why."""


def load(path: Path) -> ModuleType:
    """Load a Python file that is no part of the package."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module
    specification.loader.exec_module(module)
    return module


chunks = load(HERE / "chunks.py")
programs = load(ROOT / "tests" / "programs.py")

CHAPTERS = sorted(HERE.glob("*.contract-chunks"))


def run_chapter(path: Path) -> list[str]:
    """Return what is wrong with a chapter: file, line and what was expected or given there."""
    wrong: list[str] = []
    contracts: dict[str, object] = {}
    for chunk in chunks.read_chapter(path):
        checked = programs.check_text(chunk.text, chunk.kind, contracts)
        if checked.contract is not None:
            contracts[checked.contract.name] = checked.contract
        wrong += compare(chunk, checked)
    return wrong


def is_asked_about(code: str, expected: set[str]) -> bool:
    """Whether a chunk that expects these codes says all about `code` as well."""
    if code.startswith("E"):
        return True
    if code.startswith("W02"):
        # Small programs use little of what they declare.
        return any(one.startswith("W02") for one in expected)
    return not any(one.startswith("E") for one in expected)


def compare(chunk: object, checked: object) -> list[str]:
    """Return where the diagnostics of a chunk are not those it expects."""
    given = [
        (checked.line_of(one), one.code, one.message)
        for one in checked.diagnostics
        if is_asked_about(one.code, {expected.code for expected in chunk.expected})
    ]
    wrong: list[str] = []
    for line, code, part in chunk.expected:
        found = next(
            (one for one in given if one[:2] == (line, code) and part in one[2]),
            None,
        )
        if found is None:
            place = f"{chunk.path.name}:{chunk.first_line + line - 1}"
            wrong.append(f'{place}: expected {code} "{part}"')
        else:
            given.remove(found)
    for line, code, message in given:
        place = f"{chunk.path.name}:{chunk.first_line + line - 1}"
        wrong.append(f"{place}: given {code} {message}")
    return wrong


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name)
def test_chapter(path: Path) -> None:
    """Each chunk gives its diagnostics, on their lines, and no others."""
    wrong = run_chapter(path)
    assert not wrong, "\n".join(["", *wrong])


def test_comparison_can_fail(tmp_path: Path) -> None:
    """A diagnostic that is lacking, one too many and a wrong message are all noticed."""
    path = tmp_path / "wrong.contract-chunks"
    path.write_text(
        "---\ncontract A version 1 ### E0101\n"
        "---\ncontract B version 1\nrule one(): Int = two\n"
        '---\ncontract C version 1\nrule one(): Int = two ### E0210 "unknown role"\n'
    )
    wrong = run_chapter(path)
    assert [one.partition(": ")[0] for one in wrong] == [
        "wrong.contract-chunks:2",
        "wrong.contract-chunks:5",
        "wrong.contract-chunks:8",
        "wrong.contract-chunks:8",
    ]


def codes_in_sources() -> set[str]:
    """Return every code that a source of the project can report."""
    files = [*(ROOT / "grammar").glob("*.py"), *(ROOT / "interpreter").rglob("*.py")]
    return {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_is_expected_somewhere() -> None:
    """No diagnostic exists that no chunk brings about."""
    expected = {
        one.code for path in CHAPTERS for chunk in chunks.read_chapter(path) for one in chunk.expected
    }
    assert sorted(codes_in_sources() - expected - OUT_OF_REACH.keys()) == []
    assert sorted(expected - codes_in_sources()) == []
    assert sorted(OUT_OF_REACH.keys() & expected) == []


def test_every_code_has_a_page() -> None:
    """Each code is explained in `docs/errors`, and no page explains a code that is gone."""
    pages = {path.stem for path in (ROOT / "docs" / "errors").glob("[EW]*.md")}
    reported = codes_in_sources() | {
        code
        for path in (ROOT / "servanda").glob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(reported - pages) == []
    assert sorted(pages - reported) == []
