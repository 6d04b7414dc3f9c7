"""The samples of a page: fenced blocks with what they are, put together to programs.

In comes a page in Markdown; out come its sections (each begins at a heading of the second level),
and in each section its blocks:

- `contract`: one that begins with a header is a new contract; any other goes on with the one above.
- `contract error=E0301`, `test error=E0268`: gives this error and no other, and is not kept.
- `contract warning=W0401`: gives this warning, is right otherwise, and is not kept.
- `upgrade`: the next version of a contract above it; `upgrade error=E0612`: one that may not be.
- `test`: a test file, or bare steps, which become one test of the contract above; `script`.
- `file=NAME` beside any of these gives the block this name in the folder of its section.
- `csv file=NAME`, `json file=NAME`: data.
- `console`: commands behind `$ `, each followed by its output, in which `…` stands for anything.

Blocks of any other kind are for reading alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HEADER = re.compile(r"^contract (\w+) version", re.MULTILINE)
WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
FENCE = "```"


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the line of its fence, its kind, its options and its text."""

    line: int
    kind: str
    options: dict[str, str]
    text: str


@dataclass(slots=True)
class Section:
    """The programs of one section: contracts by name, and everything that is tried on them."""

    title: str
    contracts: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Tests, scripts and data by the name of their file."""
    test_lines: dict[str, int] = field(default_factory=dict)
    """Where in the page each test or script stands."""
    wrong: list[tuple[Block, str, tuple[str, ...]]] = field(default_factory=list)
    """Blocks with a mistake: the block, the whole program, and the contracts above it."""
    upgrades: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Next versions of contracts, each with the contracts above it."""
    consoles: list[Block] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write every program and file of the section into a folder."""
        for name, text in self.contracts.items():
            (folder / f"{snake_case(name)}.contract").write_text(text, encoding="utf-8")
        for name, text in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")


def snake_case(name: str) -> str:
    """Return the file name that belongs to a contract."""
    return WORD_STARTS.sub("_", name).lower()


def read_blocks(text: str) -> list[Block | str]:
    """Return the fenced blocks of a page, and the titles of its sections in their places."""
    found: list[Block | str] = []
    lines = iter(enumerate(text.split("\n"), start=1))
    for number, line in lines:
        if line.startswith("## "):
            found.append(line[3:])
        if not line.startswith(FENCE):
            continue
        kind, *options = line.removeprefix(FENCE).split() or [""]
        body = []
        for _, inner in lines:
            if inner.startswith(FENCE):
                break
            body.append(inner)
        pairs = dict(one.partition("=")[::2] for one in options)
        found.append(Block(number, kind, pairs, "\n".join(body) + "\n"))
    return found


def read_sections(path: Path, *, is_whole: bool = False) -> list[Section]:
    """Return the sections of a page that have samples; with `is_whole` the page is one."""
    sections = [Section(path.stem)]
    for one in read_blocks(path.read_text(encoding="utf-8")):
        if not isinstance(one, str):
            _add(sections[-1], one)
        elif not is_whole:
            sections.append(Section(one))
    return [one for one in sections if one.contracts or one.consoles or one.wrong]


def _add(section: Section, block: Block) -> None:
    last = next(reversed(section.contracts), "")
    is_wrong = "error" in block.options or "warning" in block.options
    header = HEADER.search(block.text)
    if block.kind == "contract" and is_wrong:
        text = block.text if header else section.contracts[last] + "\n" + block.text
        section.wrong.append((block, text, tuple(section.contracts.values())))
    elif block.kind == "upgrade":
        above = tuple(section.contracts.values())
        if is_wrong:
            section.wrong.append((block, block.text, above))
        else:
            section.upgrades.append((block.text, above))
        if "file" in block.options:
            section.files[block.options["file"]] = block.text
    elif block.kind == "contract" and header:
        section.contracts[header[1]] = block.text
    elif block.kind == "contract":
        section.contracts[last] += "\n" + block.text
    elif block.kind in {"test", "script"} and is_wrong:
        text = _steps(block, last) if block.kind == "test" else block.text
        section.wrong.append((block, text, tuple(section.contracts.values())))
    elif block.kind in {"test", "script"}:
        ending = "test.contract" if block.kind == "test" else "script"
        name = block.options.get("file") or f"line_{block.line}.{ending}"
        section.files[name] = _steps(block, last) if block.kind == "test" else block.text
        section.test_lines[name] = block.line
    elif block.kind == "console":
        section.consoles.append(block)
    elif "file" in block.options:
        section.files[block.options["file"]] = block.text


def _steps(block: Block, contract: str) -> str:
    """Return a test file: the block itself, or its bare steps as one test of the contract."""
    if re.search(r"^(use|test) ", block.text, re.MULTILINE):
        has_use = re.search(r"^use ", block.text, re.MULTILINE)
        return block.text if has_use else f"use {contract}\n\n{block.text}"
    steps = "".join(f"  {line}\n" if line else "\n" for line in block.text.rstrip("\n").split("\n"))
    return f'use {contract}\n\ntest "line {block.line}"\n{steps}'
