"""Every sample of the documentation is checked and run, and every command gives what is shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import programs
import pytest
import samples

from servanda.command_line import main

FILE_READ = re.compile(r"\$\(cat ([^\s)]+)\)")
"""What a shell puts into a command: what stands in a file."""
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEYWORD = re.compile(r'^[A-Z]+: "([a-z]+)"$', re.MULTILINE)


SECTIONS = [
    *samples.read_sections(ROOT / "docs" / "language.md"),
    *samples.read_sections(ROOT / "README.md", is_whole=True),
    *samples.read_sections(ROOT / "docs" / "chain.md", is_whole=True),
    *samples.read_sections(ROOT / "examples" / "two_chains" / "README.md", is_whole=True),
]


def is_suspicious(checked: programs.Checked) -> bool:
    """Whether anything but a name that nobody uses is said of a program."""
    return any(not one.code.startswith("W02") for one in checked.diagnostics)


def wrong_blocks() -> Iterator[Any]:
    """Yield each block with a mistake, under its section and line."""
    for section in SECTIONS:
        for block, text, above in section.wrong:
            name = f"{section.title}:{block.line}"
            yield pytest.param(block, text, above, id=name)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_contracts_are_right(section: samples.Section, tmp_path: Path) -> None:
    """Each contract of a page checks without an error."""
    section.write(tmp_path)
    checked: dict[str, Any] = {}
    for name, text in section.contracts.items():
        one = programs.check_text(text, "contract", checked)
        assert one.contract is not None, f"{name}\n{one.show()}"
        assert not is_suspicious(one), f"{name}\n{one.show()}"
        checked[name] = one.contract
    for name, line in section.test_lines.items():
        kind = "script" if name.endswith(".script") else "test"
        one = programs.check_text(section.files[name], kind, checked)
        assert one.script is not None, f"line {line}\n{one.show()}"


@pytest.mark.parametrize(
    "section", [one for one in SECTIONS if one.upgrades], ids=lambda section: section.title
)
def test_upgrades_are_right(section: samples.Section) -> None:
    """Each next version of a contract may follow the one above it."""
    for text, above in section.upgrades:
        checked: dict[str, Any] = {}
        for one in above:
            contract = programs.check_text(one, "contract", checked).contract
            assert contract is not None
            checked[contract.name] = contract
        found = programs.check_text(text, "upgrade", checked)
        assert not is_suspicious(found), found.show()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_tests_pass(
    section: samples.Section, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each test of a page passes."""
    if not any(name.endswith(".test.contract") for name in section.files):
        pytest.skip("this section has contracts alone")
    section.write(tmp_path)
    assert main(["test", str(tmp_path)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(("block", "text", "above"), list(wrong_blocks()))
def test_mistakes_are_found(block: samples.Block, text: str, above: tuple[str, ...]) -> None:
    """A sample with a mistake gives the code that it is there for, and no other error."""
    wanted = block.options.get("error") or block.options["warning"]
    contracts: dict[str, Any] = {}
    for one in above:
        checked = programs.check_text(one, "contract", contracts)
        if checked.contract is not None:
            contracts[checked.contract.name] = checked.contract
    found = programs.check_text(text, block.kind, contracts)
    told = found.errors if wanted.startswith("E") else found.diagnostics
    assert {one.code for one in told if one.code[:3] != "W02"} == {wanted}, found.show()


def commands(console: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console with the output below it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def pattern_of(output: str) -> re.Pattern[str]:
    """Return what matches an output in which `…` stands for anything."""
    lines = [line.rstrip() for line in output.strip("\n").split("\n")]
    parts = [re.escape(line).replace("…", ".*") for line in lines]
    joined = "\n".join(parts).replace("\n.*\n", "\n(?:.*\n)*").removesuffix("\n.*")
    is_open = lines[-1] == "…"
    return re.compile(joined + (r"(?:\n.*)*" if is_open else ""))


@pytest.mark.parametrize(
    "section", [one for one in SECTIONS if one.consoles], ids=lambda section: section.title
)
def test_commands_give_what_is_shown(
    section: samples.Section,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each command of a console prints what stands below it."""
    section.write(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("SERVANDA_PASSPHRASE", "of the keys of a sample")
    for console in section.consoles:
        for command, output in commands(console.text):
            words = shlex.split(
                FILE_READ.sub(lambda found: Path(found[1]).read_text().strip(), command)
            )
            assert words[0] == "servanda", command
            main(words[1:])
            printed = capsys.readouterr()
            given = "\n".join(line.rstrip() for line in printed.out.strip("\n").split("\n"))
            # A terminal shows what goes to standard error below the rest.
            both = f"{given}\n{printed.err.rstrip()}"
            if output.strip() != "…":
                found = any(pattern_of(output).fullmatch(one) for one in (given, both))
                assert found, f"{command}\n{both}"


@pytest.mark.parametrize("name", ["README.md", "docs/language.md"])
def test_every_file_is_named_in_the_text(name: str) -> None:
    """Whoever reads the rendered page does not see the fence: its file stands in the text above."""
    page = (ROOT / name).read_text(encoding="utf-8")
    parts = re.split(r"^```(.*)$", page, flags=re.MULTILINE)
    for above, fence in zip(parts[::4], parts[1::4], strict=False):
        if found := re.search(r"file=(\S+)", fence):
            assert f"`{found[1]}`" in above, f"{name}: {found[1]}"


def test_comparison_of_outputs_can_fail() -> None:
    """`…` stands for what it may, and everything else for itself."""
    assert pattern_of("a … c\n…\nd\n").fullmatch("a b c\nx\ny\nd")
    assert pattern_of("a\n…\nd\n").fullmatch("a\nd")
    assert pattern_of("a\n…\n").fullmatch("a\nb\nc")
    assert not pattern_of("a … c\n").fullmatch("a b d")
    assert not pattern_of("a\n").fullmatch("a\nb")
    assert not pattern_of("a\n…\nd\n").fullmatch("a\nx\ne")


def test_words_are_complete() -> None:
    """The reference lists every keyword, and nothing else as a keyword."""
    grammar = (ROOT / "grammar" / "keywords" / "english.lark").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    listed = " ".join(
        re.findall(r"`([a-z ]+)`", page.partition("\n## Words\n")[2].rpartition("|--")[2])
    )
    assert sorted(listed.split()) == sorted(KEYWORD.findall(grammar))
