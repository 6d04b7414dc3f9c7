"""Discovery: the paths that people type to the files that are meant.

A folder stands for the files of the wanted kinds in it and below it, in the order of their names;
hidden folders and links to folders are not entered. What was named itself is always meant.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH112, PTH118

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator

from servanda.loading import Kind, kind_of


def find_files(paths: Iterable[str], kinds: Collection[Kind]) -> list[str]:
    """Return the files that `paths` stand for, each once."""
    found: dict[str, str] = {}
    for path in paths:
        for one in _files_of(path, kinds):
            found.setdefault(os.path.normpath(one), one)
    return list(found.values())


def _files_of(path: str, kinds: Collection[Kind]) -> Iterator[str]:
    try:
        is_folder = os.path.isdir(path)
    except ValueError:
        is_folder = False
    if not is_folder:
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if not one.startswith((".", "__pycache__")))
        for name in sorted(names):
            if kind_of(name) in kinds and not name.startswith("."):
                yield os.path.normpath(os.path.join(folder, name))
