"""Merkle trees: every leaf can be proved, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.chain.merkle import EMPTY_ROOT, leaf_hash, proof_of, root_from_proof, root_of

CASES = Path(__file__).parents[3] / "shared" / "cases" / "crypto" / "merkle_rfc6962.json"

lists = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@settings(max_examples=100, deadline=None)
@given(lists, st.data())
def test_every_leaf_is_proved(leaves: list[bytes], data: st.DataObject) -> None:
    """The proof of a leaf leads to the root, from its own place and from no other."""
    root = root_of(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = proof_of(leaves, index)
    assert root_from_proof(leaves[index], index, len(leaves), path) == root
    for other in range(len(leaves)):
        if other != index and leaves[other] != leaves[index]:
            assert root_from_proof(leaves[index], other, len(leaves), path) != root


@settings(max_examples=100, deadline=None)
@given(lists, st.data())
def test_a_proof_that_was_changed_leads_elsewhere(leaves: list[bytes], data: st.DataObject) -> None:
    """One more step, one less, another leaf, one flipped bit: none of it is taken."""
    root = root_of(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = proof_of(leaves, index)
    leaf, size = leaves[index], len(leaves)
    wrong = [
        (leaf + b"x", index, size, path),
        (leaf, index, size, (*path, bytes(32))),
        (leaf, index + size, size, path),
        (leaf, -1, size, path),
    ]
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        flipped = bytes([path[place][0] ^ 1]) + path[place][1:]
        wrong += [
            (leaf, index, size, path[:-1]),
            (leaf, index, size, (*path[:place], flipped, *path[place + 1 :])),
            (leaf, index, size, (*path[:place], path[place][:-1], *path[place + 1 :])),
        ]
    assert all(root_from_proof(*one) != root for one in wrong)


def test_a_node_cannot_pass_as_a_leaf() -> None:
    """Two leaves joined are no leaf with the same root."""
    two = [b"a", b"b"]
    assert root_of(two) != root_of([b"".join(two)])
    assert root_of([]) == EMPTY_ROOT
    assert root_of([b""]) != EMPTY_ROOT


@pytest.mark.skipif(not CASES.exists(), reason="the shared facts are not on this machine")
def test_the_vectors_of_others() -> None:
    """Roots and proofs of the reference implementation, also those that must fail."""
    facts = json.loads(CASES.read_text())
    leaves = [bytes.fromhex(one) for one in facts["leaves_hex"]]
    for size, root in enumerate(facts["roots_for_size_0_to_8"]):
        assert root_of(leaves[:size]).hex() == root
    by_hash = {leaf_hash(leaf).hex(): leaf for leaf in leaves}
    proved = 0
    for _, index, size, root, leaf, path, must_verify in facts["inclusion"]:
        assert must_verify
        if leaf not in by_hash:  # The leaf of one case is not told, only its hash.
            continue
        steps = tuple(bytes.fromhex(one) for one in path)
        assert proof_of(leaves[:size], index) == steps
        assert root_from_proof(by_hash[leaf], index, size, steps) == bytes.fromhex(root)
        proved += 1
    assert proved == 5
