"""The run that a chain has not finished: its script, and the block behind which it began.

    FOLDER/run.json    {"script": name, "start": height}

In comes the folder of a chain; out comes where a run begins. The file is there from before the
first block of a run until behind its last, so that whoever types the same command again goes on.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH107, PTH118, PTH123

from __future__ import annotations

import contextlib
import json
import os

from servanda.on_chain.session import CannotTry
from servanda.replace_file import replace_file

FILE = "run.json"
BYTES_MAX = 10_000


def begin_run(folder: str, script: str, height: int, *, is_new: bool) -> int:
    """Return behind which block a run began: the present one, unless it was interrupted.

    With `is_new` it begins anyway. Raises `CannotTry` where another run is unfinished.
    """
    path = os.path.join(folder, FILE)
    name = os.path.basename(script)  # noqa: PTH119
    found = None if is_new else _read(path)
    if found is None or found[1] == height:  # Of that run no block was made.
        replace_file(path, (json.dumps({"script": name, "start": height}) + "\n").encode())
        return height
    other, start = found
    if other != name or start > height:
        raise CannotTry(
            f"a run of `{other}` that began behind block {start:,} is not finished",
            "finish it, or begin this one without it: `--anew`",
        )
    return start


def end_run(folder: str) -> None:
    """Take note that the run is finished."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(os.path.join(folder, FILE))


def _read(path: str) -> tuple[str, int] | None:
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(BYTES_MAX))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    match found:
        case {"script": str(script), "start": int(start)} if type(start) is int and start >= 0:
            return script, start
    raise CannotTry(
        f"`{path}` does not say which run is not finished", "begin without it: `--anew`"
    )
