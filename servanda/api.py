"""The functions of the public API; `servanda` offers them under its own name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from servanda.discovery import find_files
from servanda.grammar.diagnostics import Diagnostic
from servanda.loading import Kind, Loaded, Loader
from servanda.styled_lines import PLAIN_WIDTH
from servanda.test_runner import ContractTests, Outcome


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker made of one file: `ok`, and the diagnostics of it and of what it uses."""

    ok: bool
    file: Loaded
    diagnostics: tuple[Diagnostic, ...]
    text: str
    """The diagnostics as `servanda check` prints them, without colour."""


class NotGood(Exception):  # noqa: N818 -- what is wrong is a source, not the program
    """A source has errors; `checked` says which, and `str` shows them."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(checked.text)
        self.checked = checked


def check(path: str) -> Checked:
    """Check a contract, test file or script at `path`, with everything that it uses.

    Nothing is raised for a wrong, missing or unreadable file: `diagnostics` say what is wrong.
    """
    loader = Loader()
    loaded = loader.load(path)
    found = [one for each in loader.files.values() for one in each.diagnostics]
    return Checked(loaded.is_good, loaded, tuple(found), _text(found, loader))


def load(path: str) -> Loaded:
    """Return a checked file with its model (`contract` or `script`). Raises `NotGood`."""
    checked = check(path)
    if not checked.ok:
        raise NotGood(checked)
    return checked.file


def run_tests(*paths: str, text: str = "") -> Iterator[Outcome]:
    """Run the tests in files and below folders whose name holds `text`, each on a fresh chain.

    Yields an `Outcome` as each test ends. Raises `NotGood` for a file that has errors.
    """
    for path in find_files(paths, (Kind.TEST,)):
        loader = Loader()
        loaded = loader.load(path, Kind.TEST)
        if not loaded.is_good:
            found = [one for each in loader.files.values() for one in each.diagnostics]
            raise NotGood(Checked(False, loaded, tuple(found), _text(found, loader)))
        yield from ContractTests(loaded, loader.sources).run_matching(text)


def _text(found: list[Diagnostic], loader: Loader) -> str:
    if not found:
        return ""
    from servanda.rendering import render_diagnostic  # noqa: PLC0415 -- imports rich

    lines = [
        "".join(piece.text for piece in line)
        for one in found
        for line in render_diagnostic(one, loader.sources, PLAIN_WIDTH)
    ]
    return "\n".join(lines)
