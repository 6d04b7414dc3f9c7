"""What a user installs is whole, and the tests run on what was installed.

`make test` installs a wheel and sets SERVANDA_INSTALLED; without it the checkout is tested, through
the links in servanda/ that lead to the folders at the top.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import distribution, entry_points
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_path

import pytest

import servanda

ROOT = Path(__file__).resolve().parents[1]
LINKS = {
    "servanda/grammar": "grammar",
    "servanda/interpreter": "interpreter",
    "servanda/chain": "chain",
    "servanda/contracts": "contracts",
    "servanda/error_pages": "docs/errors",
}
only_in_a_checkout = pytest.mark.skipif(
    (ROOT / "PKG-INFO").exists(), reason="a source archive carries no links"
)
only_installed = pytest.mark.skipif(
    os.environ.get("SERVANDA_INSTALLED") != "1",
    reason="only `make test` installs the package as a user would",
)


def packaged_files() -> dict[str, Path]:
    """Return every file that must be in the package, by its name there, from the real folders."""
    folders = {"servanda": "servanda"} | {real: name for name, real in LINKS.items()}
    return {
        f"{name}/{path.relative_to(ROOT / real).as_posix()}": path
        for real, name in folders.items()
        for path in sorted((ROOT / real).rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and not any(parent.is_symlink() for parent in path.parents if parent != ROOT)
    }


def build(target: str, source: Path, folder: Path) -> Path:
    """Build `target` (sdist or wheel) from `source` into `folder` and return the file."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.iterdir()
    return built


@only_in_a_checkout
@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_where_it_says(link: str) -> None:
    """A checkout reaches each folder at the top inside the one package, by a relative link."""
    path = ROOT / link
    assert path.is_symlink(), f"{link} is no link: was git told `core.symlinks=false`?"
    assert path.readlink() == Path("..") / LINKS[link]
    assert path.resolve() == (ROOT / LINKS[link]).resolve()
    assert path.is_dir()


@only_in_a_checkout
def test_no_other_link_is_in_the_package() -> None:
    """The build leaves out exactly the links that it maps."""
    links = {f"servanda/{path.name}" for path in (ROOT / "servanda").iterdir() if path.is_symlink()}
    assert links == set(LINKS)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert {name.removeprefix("/") for name in settings["exclude"]} == links
    sources = settings["targets"]["wheel"]["sources"]
    assert sources == {real: name for name, real in LINKS.items()}


@only_installed
def test_the_installed_package_is_the_one_under_test() -> None:
    """No path leads from the tests into the checkout."""
    site_packages = Path(get_path("purelib")).resolve()
    for name in ("servanda", "servanda.grammar", "servanda.interpreter", "servanda.chain"):
        spec = find_spec(name)
        assert spec is not None, name
        assert spec.origin is not None, name
        assert Path(spec.origin).resolve().is_relative_to(site_packages), name
    assert Path(servanda.__file__).resolve() == site_packages / "servanda" / "__init__.py"


@only_installed
def test_the_installed_package_is_whole_and_fresh() -> None:
    """Every packaged file of the checkout is installed, with the same bytes, and nothing else."""
    expected = packaged_files()
    assert "servanda/grammar/source.py" in expected
    found = {
        str(file): file
        for file in distribution("servanda").files or ()
        if file.parts[0] == "servanda" and "__pycache__" not in file.parts
    }
    assert sorted(found) == sorted(expected)
    stale = [
        name
        for name, file in found.items()
        if Path(str(file.locate())).read_bytes() != expected[name].read_bytes()
    ]
    assert stale == []


@only_installed
@pytest.mark.parametrize("folder", ["grammar", "interpreter", "chain", "contracts"])
def test_a_bare_folder_is_no_module(folder: str) -> None:
    """A user's own `contracts` or `grammar` never collides with ours."""
    assert find_spec(folder) is None


def test_the_entry_points_lead_to_real_modules() -> None:
    """The command and the pytest plugin exist under the names that the package declares."""
    declared = {entry.value for entry in distribution("servanda").entry_points}
    assert declared == {"servanda.command_line:main", "servanda.pytest_plugin"}
    (command,) = entry_points(group="console_scripts", name="servanda")
    assert callable(command.load())
    (plugin,) = entry_points(group="pytest11", name="servanda")
    assert plugin.load().__name__ == "servanda.pytest_plugin"


@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed")
def test_a_wheel_from_the_source_archive_is_whole(tmp_path: Path) -> None:
    """Checkout, source archive and wheel hold the same package, though the archive has no links."""
    archive = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as opened:
        assert not [member.name for member in opened if member.issym() or member.islnk()]
        opened.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert not [name for name in LINKS if (unpacked / name).exists()]
    with zipfile.ZipFile(build("wheel", unpacked, tmp_path / "wheel")) as wheel:
        names = [name for name in wheel.namelist() if name.startswith("servanda/")]
        assert sorted(names) == sorted(packaged_files())
        assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
