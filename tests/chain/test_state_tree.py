"""The state tree: one root for one set of records, and proofs that cannot be bent."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.chain.state_tree import (
    BITMAP_BYTES,
    EMPTY,
    NUMBER_BYTES,
    DamagedNode,
    Entry,
    Node,
    NodePath,
    Proof,
    Step,
    prove,
    root_from_proof,
    update_tree,
)


def hashed(text: str) -> bytes:
    """Return a hash."""
    return hashlib.sha256(text.encode()).digest()


class Kept:
    """Nodes in memory, kept and read back as bytes, as a store does it."""

    def __init__(self) -> None:
        self.root = EMPTY
        self.nodes: dict[NodePath, bytes] = {}
        self.read_count = 0
        self.made_count = 0

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path."""
        self.read_count += 1
        return Node.from_bytes(self.nodes[path], expected)

    def put(self, changes: dict[bytes, bytes]) -> int:
        """Change some records; return how many nodes are new."""
        numbered = {key: (value, number) for number, (key, value) in enumerate(changes.items())}
        self.root, made = update_tree(self, self.root, numbered, self.made_count)
        numbers = [node.number for node in made.values()]
        assert numbers == list(range(self.made_count, self.made_count + len(made)))
        self.made_count += len(made)
        self.nodes.update({path: node.to_bytes() for path, node in made.items()})
        return len(made)

    def without_numbers(self) -> dict[NodePath, bytes]:
        """Return the nodes without the numbers under which they and their parts are kept."""
        return {
            path: data[: -NUMBER_BYTES * int.from_bytes(data[:BITMAP_BYTES]).bit_count()]
            for path, data in self.nodes.items()
        }


def near(text: str) -> bytes:
    """Return a hash that shares its beginning with others, so that the tree is deep."""
    digest = hashed(text)
    return bytes(30) + digest[:2] if digest[5] % 2 else digest[:1] + bytes(29) + digest[:2]


keys = st.integers(0, 60).map(lambda number: near(f"key {number}")) | st.integers(0, 200).map(
    lambda number: hashed(f"key {number}")
)
values = st.integers(0, 9).map(lambda number: hashed(f"value {number}"))
histories = st.lists(st.dictionaries(keys, values, max_size=12), max_size=8)


def after(history: list[dict[bytes, bytes]]) -> tuple[Kept, dict[bytes, bytes]]:
    """Return the tree after some blocks, and what it should hold."""
    kept: Kept = Kept()
    held: dict[bytes, bytes] = {}
    for changes in history:
        kept.put(changes)
        held.update(changes)
    return kept, held


@settings(max_examples=80, deadline=None)
@given(histories)
def test_the_root_says_what_is_held_and_no_more(history: list[dict[bytes, bytes]]) -> None:
    """However the records came, in one block or in many: the same records, the same root."""
    kept, held = after(history)
    once = Kept()
    once.put(held)
    assert once.root == kept.root
    one_by_one = Kept()
    for key in sorted(held, reverse=True):
        one_by_one.put({key: held[key]})
    assert one_by_one.root == kept.root
    plain = kept.without_numbers()
    assert once.without_numbers() == {path: plain[path] for path in once.nodes}


@settings(max_examples=80, deadline=None)
@given(histories, keys, values)
def test_presence_and_absence_are_proved(
    history: list[dict[bytes, bytes]], key: bytes, value: bytes
) -> None:
    """A proof leads to the root and says what is there; for no other root and no other value."""
    kept, held = after(history)
    proof = prove(kept, kept.root, key)
    assert root_from_proof(key, proof) == kept.root
    is_there = proof.found is not None and proof.found.key == key
    assert is_there == (key in held)
    if proof.found is not None:
        assert held[proof.found.key] == proof.found.value
        if proof.found.value != value:
            bent = Proof(proof.steps, Entry(proof.found.key, value))
            assert root_from_proof(key, bent) != kept.root
        # A record that is there cannot be left out.
        assert root_from_proof(key, Proof(proof.steps, None)) != kept.root
        if proof.found.key == key:
            other = bytes([key[0] ^ 0x80]) + key[1:]
            assert root_from_proof(other, proof) != kept.root
    elif held:
        # Nor can one be put in.
        assert root_from_proof(key, Proof(proof.steps, Entry(key, value))) != kept.root
        assert root_from_proof(key, Proof(proof.steps[:-1], None)) != kept.root


@settings(max_examples=80, deadline=None)
@given(histories.filter(any), keys, st.data())
def test_a_bent_proof_leads_elsewhere(
    history: list[dict[bytes, bytes]], key: bytes, data: st.DataObject
) -> None:
    """Any bit of any step changes the root, or the proof has no form at all."""
    kept, _ = after(history)
    proof = prove(kept, kept.root, key)
    at = data.draw(st.integers(0, len(proof.steps) - 1))
    taken, others = proof.steps[at]
    bent = [Step(taken ^ 1 << data.draw(st.integers(0, 15)), others), Step(taken, (*others, key))]
    if others:
        place = data.draw(st.integers(0, len(others) - 1))
        flipped = bytes([others[place][0] ^ 1]) + others[place][1:]
        bent += [
            Step(taken, (*others[:place], flipped, *others[place + 1 :])),
            Step(taken, others[:-1]),
            Step(taken, (*others[:-1], others[-1][:-1])),
        ]
    for step in bent:
        steps = (*proof.steps[:at], step, *proof.steps[at + 1 :])
        assert root_from_proof(key, Proof(steps, proof.found)) != kept.root


def test_what_never_was_a_proof_is_refused() -> None:
    """Hostile forms give no root; they neither crash nor loop."""
    key, entry = hashed("a"), Entry(hashed("a"), hashed("b"))
    assert root_from_proof(key, Proof((), None)) == EMPTY
    assert root_from_proof(key, Proof((), entry)) is None
    assert root_from_proof(b"short", Proof((), None)) is None
    assert root_from_proof(key, Proof((Step(-1, ()),), entry)) is None
    assert root_from_proof(key, Proof((Step(1 << 16, ()),), entry)) is None
    assert root_from_proof(key, Proof((Step(1, ()),) * 65, None)) is None
    other = Entry(bytes([key[0] ^ 0x10]) + key[1:], hashed("b"))
    assert root_from_proof(key, Proof((Step(1 << (key[0] >> 4), ()),), other)) is None


def test_a_damaged_node_is_never_served() -> None:
    """One bit anywhere in a kept node is found when it is read."""
    kept = Kept()
    kept.put({hashed(str(number)): hashed("v") for number in range(200)})
    for path, data in kept.nodes.items():
        expected = node_hash_of(kept, path)
        assert Node.from_bytes(data, expected).to_bytes() == data
        # The numbers stand under no hash: what they lead to does.
        size = len(kept.without_numbers()[path])
        for bit in range(0, size * 8, 7):
            damaged = bytearray(data)
            damaged[bit // 8] ^= 1 << bit % 8
            with pytest.raises(DamagedNode):
                Node.from_bytes(bytes(damaged), expected)
        for cut in (data[:-1], data + b"\0", b""):
            with pytest.raises(DamagedNode):
                Node.from_bytes(cut, expected)


def node_hash_of(kept: Kept, path: NodePath) -> bytes:
    """Return the hash of the node at a path, as its parent knows it."""
    expected = kept.root
    for depth, place in enumerate(path):
        below = kept.find(path[:depth], expected).hash_at(place)
        assert below is not None
        expected = below
    return expected


def test_work_grows_with_the_logarithm() -> None:
    """Ten records cost about as many nodes among ten thousand as among a hundred."""
    kept = Kept()
    counts = []
    for size in (100, 1_000, 10_000):
        kept.put({hashed(str(number)): hashed("v") for number in range(size)})
        kept.read_count = 0
        made = kept.put({hashed(str(number)): hashed(f"w{size}") for number in range(10)})
        assert kept.read_count == made
        counts.append(made)
    assert counts[2] <= 10 * 5
    assert counts[2] <= 4 * counts[0]
