"""The time-zone database: the one of the `tzdata` package, never the machine's.

In comes a zone's name; out come its bytes, for the interpreter's `read_zone_data`. It refuses to
know what they mean. Every machine with one version of `tzdata` reads the same bytes; a chain keeps
their hash.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


class UnknownZone(LookupError):  # noqa: N818 -- what is wrong is the name, not the program
    """The time-zone database has no zone of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self.message = "there is no time zone of this name in the IANA database"


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones, sorted."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return tuple(sorted(listed.split()))


def zones_of_area(name: str) -> tuple[str, ...]:
    """Return the zones in the area of a misspelt one, as of `Asia/…`; there are few in each."""
    area, slash, _ = name.partition("/")
    names = zone_names()
    if not slash:
        return tuple(one for one in names if "/" not in one)
    return tuple(one for one in names if one.startswith(area + slash)) or names


def read_zone(name: str) -> bytes:
    """Return the bytes (TZif, RFC 9636) of a zone such as `Asia/Shanghai`. Raises `UnknownZone`."""
    # Only a listed name is looked up, letter by letter, so no name can lead out of the package,
    # and `asia/shanghai` is unknown on every file system.
    if name not in zone_names():
        raise UnknownZone(name)
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
