"""Bad input: whatever is given, the answer is a located diagnostic and exit 2, soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from servanda.command_line import main
from servanda.grammar.diagnostics import DIAGNOSTICS_MAX
from servanda.interpreter.check import suggest

SECONDS_MAX = 2

HEADER = b"contract Bad version 1\n"

BAD_BYTES = {
    "empty": (b"", "E0014"),
    "only blanks": (b"  \n\n", "E0014"),
    "a program": (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, "E0013"),
    "10 MB of brackets": (b"(" * 10_000_000, "E0001"),
    "100,000-deep nesting on one line": (HEADER + b"rule r(): Int = " + b"(" * 100_000, "E0002"),
    "a 1 MB line": (HEADER + b"role A" + b"a" * 1_000_000 + b"\n", "E0002"),
    "tabs among blanks": (HEADER + b"record R[a: Int]\n  b: Int\n\tc: Int\n", "E0004"),
    "a byte order mark": (b"\xef\xbb\xbf" + HEADER, "E0009"),
    "a zero byte": (HEADER + b"role A\0\n", "E0003"),
    "a lone carriage return": (HEADER + b"role A\rrole B\n", "E0017"),
    "line ends of Windows": (HEADER.replace(b"\n", b"\r\n") + b"role A\r\n", "E0017"),
    "two names that look alike": (HEADER + "role B\u0430nk, Bank\n".encode(), "E0018"),
    "a bidirectional character": (HEADER + "role A\u202eB\n".encode(), "E0005"),
    "an invisible character": (HEADER + "role A\u200bB\n".encode(), "E0005"),
    "more words than a source may have": (HEADER + b"role A\n" * 25_000, "E0025"),
    "one item of too many words": (HEADER + b"enum E: (\n" + b"  A,\n" * 40_000, "E0025"),
    "a decision of too many rows": (
        HEADER + b"decision d\n  | x: Int || y: Int |\n" + b"  | 1 || 2 |\n" * 2_001,
        "E0026",
    ),
    "a lifecycle of too many lines": (
        HEADER + b"lifecycle S\n" + b"".join(b"  S%d -> S%d\n" % (n, n + 1) for n in range(1_001)),
        "E0026",
    ),
    "too many words in the holes of texts": (
        HEADER + (b'rule r(): Text = "' + b"{r}" * 300 + b'"\n') * 200,
        "E0025",
    ),
    "an authority of too many signers": (
        HEADER + b"role A\naction a()\n  by (\n" + b"  A or\n" * 64 + b"  A)\n",
        "E0026",
    ),
    "Latin-1": (HEADER + b"role B\xe4nk\n", "E0013"),
    "GBK": (HEADER + "role 银行\n".encode("gbk"), "E0013"),
    "UTF-16": (HEADER.decode().encode("utf-16"), "E0013"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check_json(
    capsys: pytest.CaptureFixture[str], path: str
) -> tuple[int, list[dict[str, object]]]:
    """Check one file; return the exit status and the diagnostics, within two seconds of work."""
    start = time.process_time()
    status = main(["check", "--format", "json", path])
    assert time.process_time() - start < SECONDS_MAX
    return status, json.loads(capsys.readouterr().out)["diagnostics"]


@pytest.mark.parametrize("what", BAD_BYTES)
def test_bad_bytes_are_located(what: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be a source is told by its code, file, line and column, and exits with 2."""
    data, code = BAD_BYTES[what]
    (folder / "bad.contract").write_bytes(data)
    status, found = check_json(capsys, "bad.contract")
    assert status == 2
    assert code in {one["code"] for one in found}
    first = next(one for one in found if one["code"] == code)
    assert first["file"] == "bad.contract"
    assert isinstance(first["line"], int)
    assert first["line"] >= 1
    assert isinstance(first["column"], int)
    assert first["column"] >= 1
    assert first["help"]


def test_the_place_of_a_bad_byte_is_exact(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Line and column count characters, also behind letters of several bytes."""
    (folder / "bad.contract").write_bytes(HEADER + "# 银行 ".encode() + b"\xff\n")
    _, (found,) = check_json(capsys, "bad.contract")
    assert (found["line"], found["column"]) == (2, 6)


def test_deep_nesting_over_many_lines_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nesting is bounded however it is laid out; nothing overflows."""
    depth = 20_000
    text = HEADER + b"rule r(): Int = " + b"(\n  " * depth + b"1" + b")" * 500
    (folder / "bad.contract").write_bytes(text)
    status, found = check_json(capsys, "bad.contract")
    assert status == 2
    assert found


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda _: None, "E0010"),
        (lambda path: path.mkdir(), "E0011"),
        (os.mkfifo, "E0011"),
        (lambda path: path.symlink_to("/dev/zero"), "E0011"),
        (lambda path: path.symlink_to(path), "E0012"),
        (lambda path: path.symlink_to("nowhere"), "E0010"),
    ],
    ids=["missing", "a folder", "a pipe", "an endless device", "a link to itself", "to nothing"],
)
def test_what_is_no_file_is_refused_without_waiting(
    make: object, code: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe or a device is never read, so nobody waits for it."""
    assert callable(make)
    make(folder / "bad.contract")
    status, found = check_json(capsys, "bad.contract")
    assert (status, [one["code"] for one in found]) == (2, [code])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without permission is a diagnostic."""
    path = folder / "bad.contract"
    path.write_bytes(HEADER)
    path.chmod(0)
    status, found = check_json(capsys, "bad.contract")
    assert (status, [one["code"] for one in found]) == (2, ["E0012"])


def test_a_file_of_another_kind_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a file holds is said by its name."""
    (folder / "notes.txt").write_text("hello")
    status, found = check_json(capsys, "notes.txt")
    assert (status, [one["code"] for one in found]) == (2, ["E0015"])


@pytest.mark.parametrize("name", ["a\nb.contract", "\udcff.contract", "x" * 5_000, "a\0b"])
def test_strange_names_are_shown_harmlessly(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No name of a file breaks the output."""
    assert main(["check", name]) == 2
    assert "E0010" in capsys.readouterr().out


WORK = {
    "wrong records": "".join(f"record R{n}[key: Text]\n  a: U{n}x\n" for n in range(4_000)),
    "unknown names": "role A\naction a()\n  by A\n"
    + "".join(f"  let x{n} = y{n}\n" for n in range(9_000)),
    "unknown roles": "".join(f"action a{n}()\n  by B{n}k\n" for n in range(5_000)),
    "unknown contracts": "".join(f"use C{n} as c{n}\n" for n in range(9_000)),
    "a large enum": "role A\nenum E: M0"
    + "".join(f", M{n}" for n in range(1, 150))
    + "\naction a(e: E)\n  by A\n"
    + "".join(f'  require e is not N{n} else NO "no"\n' for n in range(5_000)),
}


@pytest.mark.parametrize("what", WORK)
def test_help_is_looked_for_as_long_as_somebody_sees_it(
    what: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names are compared for the diagnostics that are kept, however many mistakes there are."""
    calls = []
    compare = suggest.closest

    def counted(written: str, candidates: Iterable[str]) -> str | None:
        calls.append(written)
        return compare(written, candidates)

    monkeypatch.setattr(suggest, "closest", counted)
    (folder / "bad.contract").write_text(HEADER.decode() + WORK[what])
    status, found = check_json(capsys, "bad.contract")
    assert (status, len(found)) == (1, DIAGNOSTICS_MAX)
    assert len(calls) <= 4 * DIAGNOSTICS_MAX


@pytest.mark.parametrize(
    ("command", "name"),
    [("check", "a.contract"), ("test", "a.test.contract"), ("run", "a.script")],
)
def test_line_ends_of_windows_are_refused_once(
    command: str, name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command that reads a source says it once, where it is, and what mends it."""
    (folder / name).write_bytes(b"# first\n# second\r\n# third\r\n")
    assert main([command, name]) == 2
    written = capsys.readouterr()
    told = written.out + written.err
    assert told.count("E0017") == 1
    assert f"{name}:2:9" in told
    assert "help: `servanda fmt FILE` writes" in told


def test_fmt_mends_line_ends(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`servanda fmt` does what the diagnostic says, and loses nothing, in comments neither."""
    plain = HEADER + '# 银行 "\n\nrole Bank  # a \\ b\n\n# end\n'.encode()
    path = folder / "bad.contract"
    path.write_bytes(plain.replace(b"\n", b"\r\n"))
    assert main(["fmt", "--check", "bad.contract"]) == 1
    assert main(["check", "bad.contract"]) == 2
    assert main(["fmt", "bad.contract"]) == 0
    assert path.read_bytes() == plain
    assert main(["fmt", "--check", "bad.contract"]) == 0
    assert main(["check", "bad.contract"]) == 0
    capsys.readouterr()


def test_fmt_guesses_no_line_end(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A carriage return alone could be a line end or a slip: the file is left as it is."""
    data = HEADER + b"# a note\rrole Bank\r\n"
    (folder / "bad.contract").write_bytes(data)
    assert main(["fmt", "bad.contract"]) == 2
    assert "bad.contract:2:9" in capsys.readouterr().err
    assert (folder / "bad.contract").read_bytes() == data


def test_one_name_of_mixed_scripts_is_a_warning(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As long as there is no second name that it could be taken for, it only looks strange."""
    (folder / "bad.contract").write_text(
        "contract Bad version 1\nrole B\u0430nk\n", encoding="utf-8"
    )
    status, found = check_json(capsys, "bad.contract")
    assert status == 0
    assert "W0001" in {one["code"] for one in found}


def test_a_name_cannot_look_like_one_of_the_language(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All its letters are of one script, and yet every reader takes it for another word."""
    (folder / "bad.contract").write_text(
        "contract Bad version 1\nrole \u041d\u0430\u0455\u04bb\n", encoding="utf-8"
    )
    status, found = check_json(capsys, "bad.contract")
    assert (status, [one["code"] for one in found]) == (2, ["E0018"])
    assert found[0]["message"] == "`Наѕһ` looks like `Hash`, a type of the language"


def test_no_escape_sequence_reaches_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source cannot write to the terminal through its own diagnostics."""
    (folder / "bad.contract").write_bytes(HEADER + b"role \x1b[2J\x1b]0;owned\x07\n")
    assert main(["check", "bad.contract"]) == 2
    assert "\x1b" not in capsys.readouterr().out


def test_a_closed_pipe_is_no_error(folder: Path) -> None:
    """`servanda check … | head -1` ends quietly."""
    (folder / "bad.contract").write_bytes(HEADER + b"role 1\n" * 5_000)
    command = [sys.executable, "-m", "servanda", "check", "bad.contract"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert b"Traceback" not in errors
    assert process.returncode in {1, 141}
