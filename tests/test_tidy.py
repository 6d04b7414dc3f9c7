"""The house rules that no linter knows: size, names, layers and the pure core.

Each rule is a function from a text to what is wrong with it, so that it is tried on texts that
break it beside being held against the project's own.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("grammar", "interpreter", "chain", "servanda")
"""From the lowest up: a layer imports itself and what stands before it."""
PURE_LAYERS = LAYERS[:-1]
FOLDERS = (*LAYERS, "tests", "benchmarks", "examples")

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
FILE_LINES_MEDIAN_MAX = 200
LINE_CHARACTERS_MAX = 100

SHAPELESS_NAMES = frozenset("common helper helpers manager managers misc util utils".split())

LIBRARIES = {
    "grammar": frozenset({"lark"}),
    "interpreter": frozenset({"sortedcontainers"}),
    "chain": frozenset({"cbor2", "cryptography", "sortedcontainers"}),
    "servanda": frozenset({"cryptography", "rich", "pytest", "_pytest", "tzdata"}),
}
"""What each layer may import that is neither Python's own nor the project's."""

STORE = ROOT / "chain" / "database.py"
"""The one file of the core that does I/O."""

IMPURE_MODULES = frozenset(
    """
    asyncio concurrent contextvars multiprocessing sched signal threading
    builtins ctypes getpass locale logging os platform
    fileinput glob io pathlib shelve shutil sqlite3 tempfile
    http select selectors socket ssl subprocess urllib
    random secrets time uuid
    cmath math statistics
    """.split()
)
"""Clock, chance, environment, files, network, threads and floats stay out of the pure core."""

IMPORTS_ALLOWED = {
    "io": frozenset({"BytesIO"}),  # time zones are bytes that the caller hands over
    "math": frozenset("comb factorial gcd isqrt lcm perm prod".split()),  # whole numbers only
}
IMPURE_NAMES = frozenset(
    "__import__ breakpoint complex float getcontext hash input open print setcontext".split()
)
"""`hash` of a text differs from run to run; the decimal context is the process's own."""

IMPURE_ATTRIBUTES = frozenset("getcontext open setcontext write_bytes write_text".split())
READ_ATTRIBUTES = frozenset({"read_bytes", "read_text"})
IMPURE_MEMBERS = {
    "datetime": frozenset("fromtimestamp now today utcnow".split()),
    "date": frozenset({"fromtimestamp", "today"}),
    "sys": frozenset("argv flags stderr stdin stdout".split()),
    "zoneinfo": frozenset({"TZPATH", "available_timezones"}),
}


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of `folders`; a link is not entered, so each file comes once."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not any(parent.is_symlink() for parent in path.parents if parent != ROOT)
    )


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Yield line, module and member ("" for a whole module) of each import, wherever it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name, ""
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield node.lineno, "." * node.level + (node.module or ""), name.name


def find_long_parts(text: str) -> Iterator[str]:
    """Yield each function that is too long, and the file itself if it is."""
    line_count = len(text.splitlines())
    if line_count > FILE_LINES_MAX:
        yield f"1: {line_count} lines in one file"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function_count = (node.end_lineno or node.lineno) - node.lineno + 1
            if function_count > FUNCTION_LINES_MAX:
                yield f"{node.lineno}: `{node.name}` has {function_count} lines"


def find_long_lines(text: str) -> Iterator[str]:
    """Yield each line that is too long."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > LINE_CHARACTERS_MAX:
            yield f"{number}: {len(line)} characters in one line"


def find_wrong_imports(text: str, layer: str) -> Iterator[str]:
    """Yield each import that goes upward, past the package or to a library of another layer."""
    below = LAYERS[: LAYERS.index(layer) + 1]
    for line, module, member in imports(ast.parse(text)):
        top, *rest = module.split(".")
        if module.startswith("."):
            yield f"{line}: a relative import"
        elif top in {*PURE_LAYERS, "contracts"}:
            yield f"{line}: `{top}` is imported past the package; write `servanda.{top}`"
        elif top == "servanda":
            target = rest[0] if rest else member
            target = target if target in PURE_LAYERS else "servanda"
            if target not in below:
                yield f"{line}: {layer} imports {module}, which stands above it"
        elif top not in sys.stdlib_module_names and top not in LIBRARIES[layer]:
            yield f"{line}: {layer} does not use the library `{top}`"


def find_impure_imports(tree: ast.AST) -> Iterator[str]:
    """Yield each import that reaches outside the core."""
    for line, module, member in imports(tree):
        top = module.partition(".")[0]
        if top == "importlib":
            if "importlib.resources" not in {module, f"{module}.{member}"}:
                yield f"{line}: imports `{module}`"
        elif member in IMPURE_NAMES:
            yield f"{line}: imports `{member}`"
        elif member in IMPURE_MEMBERS.get(top, ()):
            yield f"{line}: imports `{module}.{member}`"
        elif top in IMPURE_MODULES:
            allowed = IMPORTS_ALLOWED.get(module, frozenset())
            if not (member in allowed or (allowed and not member)):
                yield f"{line}: imports `{module}`"


def find_impure_node(node: ast.AST) -> str:
    """Return what `node` has to do with the world outside the core, or nothing."""
    match node:
        case ast.Constant(value=float() | complex()):
            return f"the float {node.value!r}"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "`/` gives a float, or a Decimal rounded by the process's context"
        case ast.Name(id=name) if name in IMPURE_NAMES:
            return f"`{name}`"
        case ast.Call(func=ast.Name(id="ZoneInfo") | ast.Attribute(attr="ZoneInfo")):
            return "`ZoneInfo(…)` reads the machine's time zones"
        case ast.Attribute(attr=attribute) if attribute in IMPURE_ATTRIBUTES:
            return f"`.{attribute}`"
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attribute):
            allowed = IMPORTS_ALLOWED.get(owner)
            if attribute in IMPURE_MEMBERS.get(owner, ()) or (allowed and attribute not in allowed):
                return f"`{owner}.{attribute}`"
    return ""


def find_impurities(text: str) -> Iterator[str]:
    """Yield each use of a clock, chance, environment, file, network, float or hash order."""
    tree = ast.parse(text)
    yield from find_impure_imports(tree)
    # A class may make its hash from those of its parts: nothing is ordered by it.
    own_hashes = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "__hash__"
        for inner in ast.walk(node)
    }
    reads_grammar = any(module.partition(".")[0] == "lark" for _, module, _ in imports(tree))
    for node in ast.walk(tree):
        wrong = find_impure_node(node)
        if isinstance(node, ast.Name) and node.id == "hash" and node in own_hashes:
            continue
        if isinstance(node, ast.Attribute) and node.attr in READ_ATTRIBUTES and not reads_grammar:
            wrong = f"`.{node.attr}`"
        if wrong:
            yield f"{getattr(node, 'lineno', 0)}: {wrong}"


def in_files(paths: list[Path], find: Callable[[str], Iterator[str]]) -> list[str]:
    """Return what `find` says of each file as `path:line: what`; there must be a file."""
    assert paths
    return [
        f"{path.relative_to(ROOT)}:{wrong}"
        for path in paths
        for wrong in find(path.read_text("utf-8"))
    ]


def test_functions_and_files_are_short() -> None:
    """A reader holds a function on one screen and a file in the head."""
    paths = python_files(*FOLDERS)
    assert in_files(paths, find_long_parts) == []


def test_half_of_the_files_are_very_short() -> None:
    """The median file of the layers has no more than 200 lines; empty ones do not count."""
    texts = [path.read_text("utf-8") for path in python_files(*LAYERS)]
    assert median(len(text.splitlines()) for text in texts if text) <= FILE_LINES_MEDIAN_MAX


def test_lines_are_short() -> None:
    """No line of Python or of the grammar is longer than 100 characters."""
    paths = [*python_files(*FOLDERS), *sorted((ROOT / "grammar").rglob("*.lark"))]
    assert in_files(paths, find_long_lines) == []


def test_names_say_what_a_file_holds() -> None:
    """No file or folder is a drawer for whatever has no other place."""
    parts = {
        part.removesuffix(".py")
        for path in python_files(*FOLDERS)
        for part in path.relative_to(ROOT).parts
    }
    assert "tests" in parts
    assert not parts & SHAPELESS_NAMES


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_go_down(layer: str) -> None:
    """Grammar <- interpreter <- chain <- servanda, through the package, never upward."""
    paths = python_files(layer)
    assert in_files(paths, partial(find_wrong_imports, layer=layer)) == []


def test_one_file_knows_the_parser_generator() -> None:
    """Whoever replaces lark changes one file."""
    users = [
        path.relative_to(ROOT)
        for path in python_files(*LAYERS)
        for _, module, _ in imports(ast.parse(path.read_text("utf-8")))
        if module.partition(".")[0] == "lark"
    ]
    assert len(set(users)) == 1


@pytest.mark.parametrize("layer", PURE_LAYERS)
def test_the_core_is_pure(layer: str) -> None:
    """The same input gives the same bytes on every machine, for ever."""
    paths = [path for path in python_files(layer) if path != STORE]
    assert in_files(paths, find_impurities) == []


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ("grammar", "from servanda.interpreter.types import Type"),
        ("grammar", "from servanda import interpreter"),
        ("grammar", "import servanda"),
        ("grammar", "import rich"),
        ("interpreter", "from servanda.chain import ledger"),
        ("interpreter", "from servanda.rendering import render"),
        ("interpreter", "def late():\n    import servanda.chain.ledger"),
        ("interpreter", "import lark"),
        ("interpreter", "from . import types"),
        ("chain", "import interpreter.types"),
        ("chain", "from rich.table import Table"),
        ("servanda", "from grammar import source"),
        ("servanda", "import contracts"),
        ("servanda", "from lark import Lark"),
    ],
)
def test_a_wrong_import_is_found(layer: str, text: str) -> None:
    """The layer rule catches each way around it."""
    assert len(list(find_wrong_imports(text, layer))) == 1


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ("grammar", "from lark import Lark"),
        ("interpreter", "from servanda.grammar.source import Span"),
        ("chain", "from servanda import grammar, interpreter"),
        ("servanda", "import rich, servanda.chain.ledger"),
    ],
)
def test_a_right_import_passes(layer: str, text: str) -> None:
    """The layer rule allows what stands below."""
    assert not list(find_wrong_imports(text, layer))


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path",
        "from pathlib import Path",
        "from io import StringIO",
        "import io\nio.open('x')",
        "from math import sqrt",
        "import math\nmath.sqrt(2)",
        "import importlib\nx = 1",
        "from decimal import getcontext",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import date\ndate.today()",
        "import sys\nsys.argv",
        "from sys import stdout",
        "from zoneinfo import ZoneInfo\nZoneInfo('Asia/Shanghai')",
        "x = 1.5",
        "x = 2j",
        "x = 1 / 3",
        "x /= 3",
        "def f(x: float) -> None: ...",
        "print('x')",
        "open('x')",
        "hash('x')",
        "x.read_text()",
    ],
)
def test_an_impurity_is_found(text: str) -> None:
    """Each way to reach outside the core is caught."""
    assert list(find_impurities(text))


@pytest.mark.parametrize(
    "text",
    [
        "from io import BytesIO",
        "import io\nio.BytesIO(b'')",
        "from math import gcd, isqrt",
        "from importlib import resources",
        "from importlib.resources import files",
        "import lark\nx.read_text()",
        "import datetime\ndatetime.date.fromordinal(1)\ncall.now",
        "from zoneinfo import ZoneInfo\nZoneInfo.from_file(x)",
        "x = 7 // 2\nx = 10**2",
        "class A:\n    def __hash__(self):\n        return hash(self.x)",
    ],
)
def test_a_pure_text_passes(text: str) -> None:
    """Exact arithmetic, bytes in memory and the package's own resources are no impurity."""
    assert not list(find_impurities(text))


def test_what_is_long_is_found() -> None:
    """One more than the bound is too many, the bound itself is not."""
    body = "    x\n" * (FUNCTION_LINES_MAX - 1)
    assert not list(find_long_parts("def f():\n" + body))
    assert len(list(find_long_parts("def f():\n" + body + "    x\n"))) == 1
    assert not list(find_long_parts("x\n" * FILE_LINES_MAX))
    assert len(list(find_long_parts("x\n" * (FILE_LINES_MAX + 1)))) == 1
    assert not list(find_long_lines("x" * LINE_CHARACTERS_MAX))
    assert len(list(find_long_lines("x" * (LINE_CHARACTERS_MAX + 1)))) == 1
