"""Verifiers: signatures are verified beside the execution, and nothing depends on who does it."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import chains
import pytest

from servanda.chain.admission import Signed, are_signed
from servanda.chain.audit import audit, audit_pack
from servanda.chain.pack import pack, unpack
from servanda.node import Zones
from servanda.verifiers import Verifiers, serve


@pytest.fixture(scope="module")
def verifiers() -> Iterator[Verifiers]:
    """Two processes that verify from the first signature on."""
    with Verifiers(2, alone_count_max=0) as some:
        yield some


def parts_of(count: int) -> list[list[Signed]]:
    """Return parts of three signatures, of which every third and the whole last part are wrong."""
    parts: list[list[Signed]] = []
    for number in range(count):
        part: list[Signed] = []
        for place in range(3):
            data = f"{number} {place}".encode()
            is_wrong = place == 2 or number == count - 1
            signature = chains.key_of("ann").sign(data + b"!" * is_wrong)
            part.append((chains.public_key_of("ann"), signature, data))
        parts.append(part)
    return parts


def test_processes_answer_as_we_do(verifiers: Verifiers) -> None:
    """In the order of the parts, whoever verified them; also when several are asked for ahead."""
    batches = [parts_of(count) for count in (5, 1, 0, 8)]
    asked = [verifiers.spread(are_signed, parts) for parts in batches]
    assert len(verifiers.process_numbers) == 2
    for parts, answers in zip(batches, asked, strict=True):
        assert list(answers) == [are_signed(part) for part in parts]
    assert list(verifiers.spread(are_signed, parts_of(2))) == [[True, True, False], [False] * 3]


def test_few_signatures_start_no_process() -> None:
    """What is verified in a moment is verified here."""
    with Verifiers(2, alone_count_max=4) as verifiers:
        for _ in range(2):
            assert list(verifiers.spread(are_signed, parts_of(1))) == [[False] * 3]
        assert verifiers.process_numbers == []
        assert list(verifiers.spread(are_signed, parts_of(2))) == [[True, True, False], [False] * 3]
        assert verifiers.process_numbers != []


def test_what_a_lost_process_did_not_answer_is_not_good() -> None:
    """It is verified again when its transaction is admitted; those of the others are known."""
    with Verifiers(2, alone_count_max=0) as verifiers:
        assert list(verifiers.spread(are_signed, parts_of(2))) == [[True, True, False], [False] * 3]
        os.kill(verifiers.process_numbers[1], signal.SIGKILL)
        found = list(verifiers.spread(are_signed, parts_of(4)))
        assert found == [[True, True, False], [False] * 3, [True, True, False], [False] * 3]
        # From then on the one that is left does all.
        assert list(verifiers.spread(are_signed, parts_of(4)))[:3] == [[True, True, False]] * 3
        assert len(verifiers.process_numbers) == 1


def test_where_no_process_can_be_started_all_is_verified_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The program of Python may be gone, or be none that can be started."""
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with Verifiers(2, alone_count_max=0) as verifiers:
        assert list(verifiers.spread(are_signed, parts_of(2))) == [[True, True, False], [False] * 3]


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0\5abc"])
def test_a_process_ends_with_its_pipe(data: bytes) -> None:
    """Also in the middle of a frame."""
    before = signal.getsignal(signal.SIGINT)
    try:
        answers = io.BytesIO()
        serve(io.BytesIO(data), answers)
        assert answers.getvalue() == b""
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_chain_and_a_pack_are_audited_with_verifiers(
    verifiers: Verifiers, tmp_path: Path
) -> None:
    """Everything comes to the same blocks."""
    chain = chains.StoredChain(tmp_path)
    heights = list(audit(chain.kept, chain.genesis, Zones(), verifiers.spread))
    assert heights == [1, 2, 3, 4, 5]
    frames = b"".join(pack(chain.genesis, (chain.kept.block(one).to_bytes() for one in heights)))
    genesis, blocks = unpack(io.BytesIO(frames).read)
    assert list(audit_pack(genesis, blocks, Zones(), verifiers.spread)) == heights
    chain.kept.close()
