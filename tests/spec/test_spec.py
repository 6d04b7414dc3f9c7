"""The language, chapter by chapter: every chunk gives exactly the diagnostics it expects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import chunks
import programs
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CODE = re.compile(r'"([EW]0[0-9]{3})"')

NOT_IN_CHAPTERS: dict[str, str] = {
    "E0025": "its source is too long for a chapter: `test_bad_input.py` makes it",
    "E0113": "a line holds fewer than 4,096 bytes, so a longer text is refused as a long line",
    "E0505": "its program is too large for a chapter: `pigeonhole_table` makes it",
    "E0335": "as E0113, asked again by the checker of trees that were not read from text",
}
"""Codes that no chunk brings about, and why."""


CHAPTERS = sorted(HERE.glob("*.contract-chunks"))


def run_chapter(path: Path) -> list[str]:
    """Return what is wrong with a chapter: file, line and what was expected or given there."""
    wrong: list[str] = []
    contracts: dict[str, Any] = {}
    for chunk in chunks.read_chapter(path):
        checked = programs.check_text(chunk.text, chunk.kind, contracts)
        if checked.contract is not None and chunk.kind != "upgrade":
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


def compare(chunk: chunks.Chunk, checked: programs.Checked) -> list[str]:
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
        one.code
        for path in CHAPTERS
        for chunk in chunks.read_chapter(path)
        for one in chunk.expected
    }
    assert sorted(codes_in_sources() - expected - NOT_IN_CHAPTERS.keys()) == []
    assert sorted(expected - codes_in_sources()) == []
    assert sorted(NOT_IN_CHAPTERS.keys() & expected) == []


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


def pigeonhole_table(hole_count: int) -> str:
    """Return a complete table that is hard to prove: some two of the pigeons share a hole."""
    pigeons, holes = range(hole_count + 1), range(hole_count)
    columns = [f"p{pigeon}{hole}: Bool" for pigeon in pigeons for hole in holes]
    rows = []
    for pigeon in pigeons:
        rows.append({(pigeon, hole): "false" for hole in holes})
        rows += [
            {(pigeon, hole): "true", (other, hole): "true"}
            for other in pigeons
            if other > pigeon
            for hole in holes
        ]
    lines = [f"  | {' | '.join(columns)} || found: Bool |"]
    for row in rows:
        cells = [row.get((pigeon, hole), "-") for pigeon in pigeons for hole in holes]
        lines.append(f"  | {' | '.join(cells)} || true |")
    return "contract Tangled version 1\n\ndecision pigeons (first)\n" + "\n".join(lines) + "\n"


def test_tangled_tables_are_refused_and_not_guessed() -> None:
    """A table beyond the bound of work gives E0505; a smaller one is proved."""
    checked = programs.check_text(pigeonhole_table(8), "contract", {})
    assert [one.code for one in checked.errors] == ["E0505"]
    checked = programs.check_text(pigeonhole_table(2), "contract", {})
    assert checked.errors == ()
