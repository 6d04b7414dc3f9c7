r"""Chapters of the language: files of small programs, each with the diagnostics it must give.

A chapter is divided by lines that begin with `---`. What follows the dashes says what the chunk
is: nothing for a contract, `test` or `script` for a file that uses the contracts above it,
`upgrade` for a contract that is to follow the one of its name above it (or else the last one), and
`escaped` for a contract whose unusual characters are written out:
`\u{202E}` is that character, and `\x{300}{ab\n}` is the line `ab` three hundred times.

A diagnostic is expected on the line where it is reported: `### E0203 "part of the message"`, and so
on for a second one. The comment is taken off before the program is checked. A chunk gives exactly
what it expects, but for this: one that expects an error is not asked about warnings, and about
names that nobody uses (`W02..`) only one that expects such a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

EXPECTATION = re.compile(r'([EW][0-9]{4})(?: "((?:[^"\\]|\\.)*)")?')
ESCAPE = re.compile(r"\\u\{([0-9A-F]+)\}|\\x\{([0-9]+)\}\{([^}]*)\}")
KINDS = ("contract", "test", "script", "upgrade", "escaped")


class Expected(NamedTuple):
    """A diagnostic that must be given: its line in the chunk, its code, a part of its message."""

    line: int
    code: str
    part: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One program; `first_line` is where it begins in its file."""

    path: Path
    first_line: int
    kind: str
    text: str
    expected: tuple[Expected, ...]

    @property
    def place(self) -> str:
        """Where the chunk begins, as editors understand it."""
        return f"{self.path.name}:{self.first_line}"


def read_chapter(path: Path) -> Iterator[Chunk]:
    """Yield the chunks of a chapter."""
    lines = path.read_text(encoding="utf-8").split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("---")]
    assert starts[:1] == [0], f"{path.name} begins with `---`"
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        kind = lines[start].strip("- ") or "contract"
        assert kind in KINDS, f"{path.name}:{start + 1}: unknown kind `{kind}`"
        yield _read_chunk(path, start + 2, kind, lines[start + 1 : end])


def _read_chunk(path: Path, first_line: int, kind: str, lines: list[str]) -> Chunk:
    kept: list[str] = []
    expected: list[Expected] = []
    for number, line in enumerate(lines, start=1):
        program, mark, comment = line.partition("###")
        kept.append(program.rstrip(" ") if mark else line)
        if mark:
            found = EXPECTATION.findall(comment)
            assert found, f"{path.name}:{first_line + number - 1}: `###` names no code"
            expected += [
                Expected(number, code, part.replace('\\"', '"').replace("\\\\", "\\"))
                for code, part in found
            ]
    text = "\n".join(kept).rstrip("\n") + "\n"
    if kind == "escaped":
        kind, text = "contract", ESCAPE.sub(_unescape, text)
    return Chunk(path, first_line, kind, text, tuple(expected))


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return found[3].replace("\\n", "\n") * int(found[2])
