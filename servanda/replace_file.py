"""Replacing a file's content in one step, so that nobody ever sees half of it."""

# The functions that say what is to happen to the file itself stand in `os`.
# ruff: noqa: PTH101, PTH105, PTH108, PTH110, PTH113, PTH116, PTH120, PTH123

from __future__ import annotations

import contextlib
import os
import stat
import tempfile


def replace_file(path: str, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all; a link is followed. Raises `OSError`.

    A device or a pipe is written to, never replaced: there is nothing in it to keep whole.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as special:
            special.write(data)
        return
    folder = os.path.dirname(path)
    try:
        descriptor, draft = tempfile.mkstemp(prefix=".servanda-", dir=folder)
    except OSError as error:
        # Who is told of it knows the file, and not its draft.
        raise OSError(error.errno, error.strerror, path) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(draft, _mode_of(path))
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _mode_of(path: str) -> int:
    """Return the permissions that the file has, or those that a new one gets."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
