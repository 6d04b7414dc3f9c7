"""The grammar cache: what was kept is found again, and nothing that happens to it is an error."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.grammar.parser import build_tables, grammar_text
from servanda.grammar.tables import ParseTables, decode_tables, encode_tables
from servanda.grammar_cache import DiskGrammarCache

KEY = hashlib.sha256(b"a grammar").hexdigest()


@pytest.fixture(scope="module")
def tables() -> ParseTables:
    """Return freshly built tables."""
    return build_tables(grammar_text())


def cache_in(folder: Path) -> DiskGrammarCache:
    """Return the cache of somebody whose caches lie in `folder`."""
    return DiskGrammarCache({"XDG_CACHE_HOME": str(folder)})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """The same bytes come back, in a folder that only we may enter."""
    cache_in(tmp_path).write(KEY, b"tables")
    assert cache_in(tmp_path).read(KEY) == b"tables"
    assert cache_in(tmp_path).read("0" * 64) is None
    assert (tmp_path / "servanda").stat().st_mode & 0o777 == 0o700
    assert [path.suffix for path in (tmp_path / "servanda").iterdir()] == [".tables"]


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/servanda"),
        ({"XDG_CACHE_HOME": "c", "HOME": "/h"}, "/h/.cache/servanda"),
        ({"HOME": "/h"}, "/h/.cache/servanda"),
        ({"HOME": "h"}, None),
        ({}, None),
    ],
)
def test_the_folder_follows_the_environment(
    environment: dict[str, str], folder: str | None
) -> None:
    """The XDG rules hold; without a home there is no cache and no error."""
    cache = DiskGrammarCache(environment)
    assert cache.folder == folder
    if folder is None:
        cache.write(KEY, b"tables")
        assert cache.read(KEY) is None


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 31, b"x" * 40])
def test_a_damaged_file_is_nothing(tmp_path: Path, damage: bytes) -> None:
    """A file whose digest does not fit is not read, and is replaced by the next write."""
    cache = cache_in(tmp_path)
    cache.write(KEY, b"tables")
    (file,) = (tmp_path / "servanda").iterdir()
    file.write_bytes(damage)
    assert cache.read(KEY) is None
    cache.write(KEY, b"tables")
    assert cache.read(KEY) == b"tables"


def test_what_stands_in_the_way_is_no_error(tmp_path: Path) -> None:
    """A file for the folder, a folder for the file, a link: nothing is read, nothing raised."""
    (tmp_path / "servanda").write_text("in the way")
    cache = cache_in(tmp_path)
    cache.write(KEY, b"tables")
    assert cache.read(KEY) is None

    (tmp_path / "b").mkdir()
    other = cache_in(tmp_path / "b")
    other.write(KEY, b"tables")
    (file,) = (tmp_path / "b" / "servanda").iterdir()
    file.unlink()
    file.mkdir()
    other.write(KEY, b"tables")
    assert other.read(KEY) is None
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="the bits are those of POSIX")
def test_a_folder_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    """Somebody else could have put tables there."""
    cache = cache_in(tmp_path)
    cache.write(KEY, b"tables")
    folder = tmp_path / "servanda"
    folder.chmod(0o777)
    assert cache.read(KEY) is None
    folder.chmod(0o700)
    assert cache.read(KEY) == b"tables"


def test_a_link_for_the_folder_is_not_used(tmp_path: Path) -> None:
    """A link could lead to where somebody else writes."""
    (tmp_path / "real").mkdir()
    (tmp_path / "servanda").symlink_to(tmp_path / "real")
    cache = cache_in(tmp_path)
    cache.write(KEY, b"tables")
    assert cache.read(KEY) is None
    assert list((tmp_path / "real").iterdir()) == []


def test_old_files_are_deleted(tmp_path: Path) -> None:
    """Versions come and go; their tables do not pile up."""
    cache = cache_in(tmp_path)
    keys = [hashlib.sha256(bytes([number])).hexdigest() for number in range(12)]
    for number, key in enumerate(keys):
        cache.write(key, b"tables")
        (path,) = (tmp_path / "servanda").glob(f"*{key[:32]}*")
        os.utime(path, (number, number))
    cache.write(KEY, b"tables")
    assert len(list((tmp_path / "servanda").iterdir())) == 8
    assert cache.read(KEY) == b"tables"
    assert cache.read(keys[-1]) == b"tables"
    assert cache.read(keys[0]) is None


def test_tables_survive_encoding(tables: ParseTables) -> None:
    """Decoding gives the same tables, and building twice gives the same bytes."""
    data = encode_tables(tables)
    assert decode_tables(data) == tables
    assert encode_tables(build_tables(grammar_text())) == data


@given(st.binary(max_size=200))
def test_no_bytes_break_decoding(data: bytes) -> None:
    """Anything that is no tables is None."""
    assert decode_tables(data) is None


@given(st.data())
def test_no_damage_breaks_decoding(tables: ParseTables, data: st.DataObject) -> None:
    """Tables with bytes changed, left out or doubled are None or tables, never an error."""
    whole = encode_tables(tables)
    place = data.draw(st.integers(0, len(whole) - 1))
    patch = data.draw(st.binary(max_size=4))
    decode_tables(whole[:place] + patch + whole[place + data.draw(st.integers(0, 3)) :])


PROGRAM = """
import sys
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse, use_grammar_cache
from servanda.grammar.source import Source
from servanda.grammar_cache import DiskGrammarCache
use_grammar_cache(DiskGrammarCache())
diagnostics = Diagnostics()
file = parse(Source("x", "role Police\\n"), diagnostics)
print(file.items, list(diagnostics), "lark" in sys.modules)
"""


def run(home: Path) -> str:
    """Return what a fresh process prints that parses one line with its caches in `home`."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_second_start_needs_no_lark(tmp_path: Path) -> None:
    """The first start computes the tables and keeps them; the second reads them."""
    first, second = run(tmp_path), run(tmp_path)
    assert first.replace("True", "False") == second
    assert "True" in first
    (file,) = (tmp_path / "servanda").iterdir()
    file.write_bytes(b"damaged")
    assert run(tmp_path) == first
    assert run(tmp_path) == second
