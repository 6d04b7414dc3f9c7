"""Reading sources: a path in; a `Source`, or a diagnostic that says why there is none.

Whatever stands under a path (nothing, a folder, a pipe, a picture, a gigabyte) ends in a source or
in a diagnostic, soon, and never in an exception. What a source says is none of its business.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO, NamedTuple

from servanda.grammar.characters import SOURCE_SIZE_MAX
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.source import Source, Span

BINARY_LOOK_BYTES = 8_192
"""A zero byte among so many first ones: a program or a picture, not a text in an old encoding."""

_WHY = {
    errno.ENOENT: ("E0010", "there is no file of this name", "check the spelling of the path"),
    errno.ENOTDIR: ("E0010", "a part of this path is no folder", "check the spelling of the path"),
    errno.ENAMETOOLONG: ("E0010", "no file has so long a name", "check the spelling of the path"),
    errno.ELOOP: ("E0012", "the link leads in a circle", "name the file itself"),
    errno.EACCES: ("E0012", "the file may not be read", "allow yourself to read it: `chmod u+r`"),
    errno.EPERM: ("E0012", "the file may not be read", "allow yourself to read it: `chmod u+r`"),
    errno.ENXIO: ("E0011", "this is no regular file", "name a file that holds text"),
}


class CannotRead(Exception):  # noqa: N818 -- what is wrong is the file, not the program
    """A file cannot be read; `message` says why and `help` what to do."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = advice


class OpenedFile(NamedTuple):
    """A regular file, open for reading from its start, and its size in bytes."""

    file: BinaryIO
    size: int


def open_regular(path: str) -> OpenedFile:
    """Open a file that is one. Raises `CannotRead` for folders, pipes, devices and what is shut."""
    # Without O_NONBLOCK the open itself would wait for somebody to write into a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise _cannot_read(error) from None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return OpenedFile(os.fdopen(descriptor, "rb"), status.st_size)
    os.close(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise CannotRead("E0011", "this is a folder", "name a file in it")
    raise CannotRead("E0011", "this is no regular file", "name a file that holds text")


def _cannot_read(error: OSError | ValueError) -> CannotRead:
    if isinstance(error, OSError):
        known = _WHY.get(error.errno or 0)
        if known is not None:
            return CannotRead(*known)
        reason = (error.strerror or "it cannot be opened").lower()
        return CannotRead("E0012", f"the file cannot be read: {reason}", "look at the file")
    return CannotRead("E0010", "no file has such a name", "check the spelling of the path")


def read_source(path: str, diagnostics: Diagnostics) -> Source:
    """Return the source at `path`; if an error was reported, it only serves to show where."""
    try:
        opened = open_regular(path)
        data = _read(opened.file, SOURCE_SIZE_MAX + 1)
    except CannotRead as cannot:
        message = f"`{path}` cannot be read"
        diagnostics.report(
            Diagnostic(cannot.code, message, Span(path, 0, 0), cannot.message, help=cannot.help)
        )
        return Source(path, "")
    return decode_source(path, data, diagnostics, size=max(opened.size, len(data)))


def _read(file: BinaryIO, size: int) -> bytes:
    with file:
        try:
            return file.read(size)
        except OSError as error:
            raise _cannot_read(error) from None


def decode_source(name: str, data: bytes, diagnostics: Diagnostics, *, size: int) -> Source:
    """Return the source that `data`, the first of `size` bytes, spell in UTF-8."""
    if len(data) > SOURCE_SIZE_MAX:
        diagnostics.report(
            Diagnostic(
                "E0001",
                f"a source has at most {SOURCE_SIZE_MAX:_} bytes",
                Span(name, 0, 0),
                label=f"this one has {size:_}",
                help="divide the contract into several that `use` one another",
            )
        )
        return Source(name, "")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = len(data[: error.start].decode("utf-8"))
        diagnostics.report(
            Diagnostic(
                "E0013",
                f"`{name}` is not text in UTF-8",
                Span(name, start, start + 1),
                label=f"the byte {data[error.start]:02X} cannot stand here",
                help=_encoding_help(data),
            )
        )
        return Source(name, data.decode("utf-8", "replace"))
    if not text.strip():
        diagnostics.report(
            Diagnostic(
                "E0014",
                f"`{name}` is empty",
                Span(name, 0, 0),
                label="nothing is written here",
                help="begin with `contract Name version 1`, or in a test with `use Name`",
            )
        )
    return Source(name, text)


def _encoding_help(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "this is UTF-16: save the file as UTF-8"
    if b"\0" in data[:BINARY_LOOK_BYTES]:
        return "this is no text: name a file that holds a contract"
    return "open the file in the encoding it was written in, and save it as UTF-8"
