"""A filter of hashes: it knows for certain what it was never told, in little memory.

In come hashes; out comes whether one may have been among them. It has one flag for the first 24
bits of a hash, so that of a million hashes it takes one in seventeen for another that it knows
(Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970, with one function).
Whoever asks looks further where it says that one may be there.
"""

from __future__ import annotations

from collections.abc import Iterable

PREFIX_BYTES = 3
FLAGS_COUNT = 1 << 8 * PREFIX_BYTES


class HashFilter:
    """Which hashes may be known."""

    __slots__ = ("_flags",)

    def __init__(self) -> None:
        self._flags = bytearray()

    def clear(self) -> None:
        """Forget all hashes."""
        self._flags = bytearray(FLAGS_COUNT)

    def add(self, digest: bytes) -> None:
        """Take note of a hash."""
        self.update((digest,))

    def update(self, digests: Iterable[bytes]) -> None:
        """Take note of some hashes."""
        flags = self._flags or bytearray(FLAGS_COUNT)
        for one in digests:
            flags[int.from_bytes(one[:PREFIX_BYTES])] = 1
        self._flags = flags

    def __contains__(self, digest: bytes) -> bool:
        """Whether a hash may be known: if not, it is not."""
        return bool(self._flags) and self._flags[int.from_bytes(digest[:PREFIX_BYTES])] == 1
