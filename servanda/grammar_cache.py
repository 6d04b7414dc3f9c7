"""The parse tables kept on disk between runs, so that a second start does not compute them again.

In come a key and bytes; out come the same bytes, or nothing. Nothing here may fail: a home that
cannot be written, a full disk or a damaged file only make the start slower.
"""

# Pathlib would cost a start more time than reading the tables does.
# ruff: noqa: PTH103, PTH105, PTH108, PTH116, PTH117, PTH118, PTH123

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Mapping

_DIGEST_SIZE = 32
_FILES_MAX = 8
"""Older files than this many are deleted: each version of the grammar or of Python leaves one."""


class DiskGrammarCache:
    """The cache in `$XDG_CACHE_HOME/servanda` or `~/.cache/servanda`.

    A folder that somebody else owns or may write to is not used, neither are links in it.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.folder = _folder(os.environ if environment is None else environment)

    def read(self, key: str) -> bytes | None:
        """Return what was written under `key`, or None when it is absent or damaged."""
        try:
            if self.folder is None or not _is_ours(self.folder):
                return None
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            with open(os.open(self._path(key), flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return None
                digest, data = file.read(_DIGEST_SIZE), file.read()
        except (OSError, ValueError):
            return None
        return data if hashlib.sha256(data).digest() == digest else None

    def write(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, whole or not at all."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError, ValueError):
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            if not _is_ours(self.folder):
                return
            # The file gets its name when it is complete, so no reader ever sees half of it.
            path = self._path(key)
            draft = f"{path}.{os.getpid()}.new"
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                with open(os.open(draft, flags, 0o600), "wb") as file:
                    file.write(hashlib.sha256(data).digest() + data)
                os.replace(draft, path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(draft)
                raise
            self._delete_old(path)

    def _path(self, key: str) -> str:
        assert self.folder is not None
        assert key.isalnum(), "a key is a digest, never a path"
        version = f"{sys.implementation.cache_tag}"
        return os.path.join(self.folder, f"grammar-{version}-{key[:32]}.tables")

    def _delete_old(self, newest: str) -> None:
        """Delete all but the latest files, and the drafts of runs that were killed."""
        assert self.folder is not None
        with os.scandir(self.folder) as entries:
            ours = [one for one in entries if one.name.startswith("grammar-")]
        dated = sorted((one.stat(follow_symlinks=False).st_mtime, one.path) for one in ours)
        for _, path in dated[:-_FILES_MAX]:
            if path != newest:
                os.unlink(path)


def _folder(environment: Mapping[str, str]) -> str | None:
    """Return the folder of the cache, or None where the environment names no place for one."""
    base = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # The XDG rules: a relative path is to be ignored.
        home = environment.get("HOME") or environment.get("USERPROFILE") or ""
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return os.path.join(base, "servanda")


def _is_ours(folder: str) -> bool:
    """Return whether `folder` is a folder that only we can write to."""
    status = os.stat(folder, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True  # On Windows the profile's own access rules stand for these bits.
    others_write = stat.S_IWGRP | stat.S_IWOTH
    return status.st_uid == os.getuid() and not status.st_mode & others_write
