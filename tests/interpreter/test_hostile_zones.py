"""Time zones from hostile bytes: a zone comes out that answers, or the name of what is damaged."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.time_zones import (
    DATA_SIZE_MAX,
    Zone,
    first_time_of,
    offset_at,
    read_zone_data,
)
from servanda.interpreter.values.times import TIME_MAX_MS, TIME_MIN_MS
from servanda.zones import read_zone

NAMES = ("Asia/Shanghai", "America/New_York", "Pacific/Apia", "UTC", "Africa/Casablanca")
MOMENTS = (TIME_MIN_MS // 1_000, -1, 0, 1_700_000_000, 10**11, TIME_MAX_MS // 1_000)
HEADER_BYTES = 44
CHANGES_MAX = 20_000


def answers(zone: Zone) -> bool:
    """Whether a zone can be asked for any moment, and gives a day's offset at most."""
    assert len(zone.changes_s) + 1 == len(zone.offsets_s)
    assert len(zone.changes_s) <= CHANGES_MAX
    for moment in MOMENTS:
        assert abs(offset_at(moment, zone)) < 100_000
        assert abs(first_time_of(moment, zone) - moment) < 10**6
    return True


def read(data: bytes) -> bool:
    """Whether bytes are a zone; if they are, it answers."""
    try:
        zone = read_zone_data("X", data)
    except Unreadable as damaged:
        told = str(damaged.message)
    else:
        return answers(zone)
    assert told == "the data of time zone `X` are damaged"
    return False


@given(data=st.binary(max_size=200))
@example(b"")
@example(b"TZif2" + bytes(39))
@example((b"TZif2" + bytes(39)) * 2)
def test_any_bytes_are_a_zone_or_damaged(data: bytes) -> None:
    """Nothing else comes out, whatever goes in."""
    read(data)


@settings(max_examples=100)
@given(st.sampled_from(NAMES), st.data())
def test_a_bent_zone_answers_or_is_damaged(name: str, data: st.DataObject) -> None:
    """Bits flipped, numbers written over, an end too early, something behind it."""
    bent = bytearray(read_zone(name))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(bent) - 1))
        match data.draw(st.sampled_from(["flip", "number", "cut", "more", "header"])):
            case "flip":
                bent[at] ^= 1 << data.draw(st.integers(0, 7))
            case "number":
                bent[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
            case "cut":
                del bent[max(1, at) :]
            case "more":
                bent += data.draw(st.binary(min_size=1, max_size=8))
            case _:
                place = data.draw(st.integers(0, HEADER_BYTES - 4))
                bent[place : place + 4] = struct.pack(">I", data.draw(st.integers(0, 2**32 - 1)))
    read(bytes(bent))


FOOTERS = st.from_regex(
    r"\A<?[A-Za-z+-]{0,5}>?[+-]?[0-9]{0,4}(:[0-9]{2})?<?[A-Z]{0,4}>?,(M[0-9]{1,2}\.[0-9]\.[0-9]"
    r"|J?[0-9]{1,3})(/[+-]?[0-9]{1,3})?,(M[0-9]{1,2}\.[0-9]\.[0-9]|J?[0-9]{1,3})(/-?[0-9]{1,3})?\Z"
)


@settings(max_examples=40)
@given(footer=FOOTERS)
@example("AAA0BBB,0/0,365/25")
@example("AAA0BBB,J1/-167,J1/-167")
@example("AAA24BBB25,M1.1.0/167,M12.5.6/-167")
@example("A" * 1_000)
def test_any_footer_rules_or_is_damaged(footer: str) -> None:
    """The rule for all years to come is a text: it makes some hundreds of changes, or none."""
    body = read_zone("UTC")
    start = body.rindex(b"\n", 0, len(body) - 1)
    read(body[: start + 1] + footer.encode() + b"\n")


@pytest.mark.parametrize("size", [DATA_SIZE_MAX + 1, 10 * DATA_SIZE_MAX])
def test_a_huge_zone_is_not_read(size: int) -> None:
    """By its length alone."""
    assert not read(read_zone("Asia/Shanghai") + bytes(size))


def test_counts_are_claims() -> None:
    """A header that promises four thousand million changes is not believed."""
    good = read_zone("America/New_York")
    for place in range(20, HEADER_BYTES, 4):
        for start in (0, good.index(b"TZif", 4)):
            bent = bytearray(good)
            bent[start + place : start + place + 4] = b"\xff\xff\xff\xff"
            assert not read(bytes(bent))
