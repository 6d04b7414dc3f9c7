"""The pages of the codes: the wrong program of each gives its code, the right one nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import programs
import pytest
import samples

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGES = sorted((ROOT / "docs" / "errors").glob("[EW]*.md"))
TITLE = re.compile(r"# ([EW][0-9]{4}): [^\n.]*[^\n.]\n\n\S")

OF_FILES = re.compile(r"E00|[EW]028|E0113|E0335|E0505")
"""Codes that no program on a page can give: they are about files, or need one that is too large."""


def read_page(path: Path) -> samples.Section:
    """Return a page as one section of samples."""
    sections = samples.read_sections(path, is_whole=True)
    return sections[0] if sections else samples.Section(path.stem)


def check_all(texts: tuple[str, ...]) -> dict[str, Any]:
    """Return the models of contracts that are right, each with those above it."""
    models: dict[str, Any] = {}
    for text in texts:
        checked = programs.check_text(text, "contract", models)
        assert not checked.diagnostics, f"{text}\n{checked.show()}"
        assert checked.contract is not None
        models[checked.contract.name] = checked.contract
    return models


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_is_of_its_code(path: Path) -> None:
    """A page has a title, words below it, and a wrong program if there can be one."""
    text = path.read_text(encoding="utf-8")
    title = TITLE.match(text)
    assert title is not None, "the title is `# CODE: what is wrong`, without a full stop"
    assert title[1] == path.stem
    if not OF_FILES.match(path.stem):
        assert read_page(path).wrong, "a wrong program is shown"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_wrong_programs_give_the_code(path: Path) -> None:
    """Each wrong program of a page gives the code of the page and no other error."""
    for block, text, above in read_page(path).wrong:
        assert {**block.options} in ({"error": path.stem}, {"warning": path.stem})
        checked = programs.check_text(text, block.kind, check_all(above))
        told = checked.errors if path.stem.startswith("E") else checked.diagnostics
        assert {one.code for one in told} == {path.stem}, checked.show()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_right_programs_are_clean(path: Path) -> None:
    """Each right program of a page checks without an error or a warning."""
    page = read_page(path)
    models = check_all(tuple(page.contracts.values()))
    for text, above in page.upgrades:
        checked = programs.check_text(text, "upgrade", check_all(above))
        assert not checked.diagnostics, checked.show()
    for name in page.test_lines:
        kind = "script" if name.endswith(".script") else "test"
        checked = programs.check_text(page.files[name], kind, models)
        assert not checked.diagnostics, f"{name}\n{checked.show()}"
