"""Names that look alike: no two of them ever meet, on the chain, in its tree or in its indexes."""

from __future__ import annotations

import unicodedata
from itertools import combinations
from typing import Any

import chains
import pytest
import small_bank as bank
from hypothesis import given
from hypothesis import strategies as st

from servanda.chain.encoding import encode
from servanda.chain.merkle import hash_of
from servanda.chain.sortable import sortable
from servanda.chain.state_tree import (
    EMPTY,
    Entry,
    Node,
    NodePath,
    prove,
    root_from_proof,
    update_tree,
)

NAMES = """\
contract Names version 1

role Institution

enum Kind: Red, Blue

record One[name: Text]
  count: Int = 0

record Pair[left: Text, right: Text]
  count: Int = 0

record Triple[left: Text, middle: Int, right: Text]
  count: Int = 0

record Number[count_of: Int]
  count: Int = 0

action add_one(name: Text)
  by Institution
  create One(name: name)

action add_pair(left: Text, right: Text)
  by Institution
  create Pair(left: left, right: right)

action add_triple(left: Text, middle: Int, right: Text)
  by Institution
  create Triple(left: left, middle: middle, right: right)

action whole(count_of: Int)
  by Institution
  create Number(count_of: count_of)

action count_one(one: One)
  by Institution
  one.count = one.count + 1
"""

ALIKE = (
    *("", " ", "  ", "a", "a ", " a", "A", "a\u0301", "\u00e1", "\u0430", "1", "01", "-1", "null"),
    *("é", "e\u0301", "\u1e9b\u0323", "\ufb01", "fi", "ß", "ss", "İ", "i\u0307", "\u2126", "Ω"),
    *("a,b", "a", "b", 'a"b', "a\\", 'a\\"b', "x" * 128, "x" * 127, "\u6f22", "\uff21"),
)


@pytest.fixture
def chain() -> chains.Chain:
    """Return a chain on which names are kept."""
    made = chains.Chain(bank.MEMBERS)
    made.deploy(NAMES, "Names")
    return made


def test_texts_that_look_alike_are_others(chain: chains.Chain) -> None:
    """No normal form, no case, no space is taken for another: each names its own record."""
    names = list(dict.fromkeys(ALIKE))
    for name in names:
        chain.does("icbc", "Names.add_one", name)
        assert chain.code("icbc", "Names.add_one", name) == "DUPLICATE_KEY"
    for count, name in enumerate(names):
        for _ in range(count % 3):
            chain.does("icbc", "Names.count_one", name)
    chain.reopened()
    for count, name in enumerate(names):
        assert chain.row("Names", "One", name).f_count == count % 3
    alike = [
        pair
        for pair in combinations(names, 2)
        if len({unicodedata.normalize("NFKC", one) for one in pair}) == 1
    ]
    assert alike, "some are one in another normal form"


def test_keys_of_several_parts_do_not_run_together(chain: chains.Chain) -> None:
    """Where one part ends and the next begins is never in doubt."""
    pairs = [("", ""), ("a", ""), ("", "a"), ("ab", ""), ("a", "b"), ("", "ab"), ("a,", "b")]
    pairs += [("a", ",b"), ('a"', '"b'), ("1", "2"), ("12", ""), ("", "12")]
    for pair in pairs:
        chain.does("icbc", "Names.add_pair", *pair)
        assert chain.code("icbc", "Names.add_pair", *pair) == "DUPLICATE_KEY"
    for triple in (("a", 1, "1"), ("a", 11, ""), ("a1", 1, ""), ("", 1, "a"), ("a", -1, "1")):
        chain.does("icbc", "Names.add_triple", *triple)
    for number in (0, 1, -1, 10, 255, 256, -255, -256, 2**64, -(2**64), 10**33):
        chain.does("icbc", "Names.whole", number)
    kept = chain.reopened().state.machine
    counts = {held.name: len(list(table.records())) for held, table in kept.tables.items()}
    assert (counts["Pair"], counts["Triple"], counts["Number"]) == (len(pairs), 5, 11)
    kept.audit()


SCALARS = (
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.integers(-300, 300),
    st.binary(max_size=3),
    st.booleans(),
    st.none(),
)
KEYS = st.one_of(*SCALARS, st.lists(st.one_of(*SCALARS), max_size=3).map(tuple))


@given(one=st.tuples(KEYS, KEYS), other=st.tuples(KEYS, KEYS))
def test_no_two_names_have_one_encoding(one: Any, other: Any) -> None:  # noqa: ANN401
    """Of a record of a contract: whatever differs in type or value differs in its bytes."""
    is_same = repr(one) == repr(other)
    assert (encode(("Names", "Pair", one)) == encode(("Names", "Pair", other))) == is_same
    if is_same:
        assert sortable(one) == sortable(other)


def test_records_of_one_name_in_two_contracts_are_two(chain: chains.Chain) -> None:
    """Contracts whose names begin alike, records that are called like a contract."""
    chain.deploy(NAMES.replace("contract Names ", "contract NamesOne "), "NamesOne")
    chain.deploy(NAMES.replace("contract Names ", "contract Name "), "Name")
    for contract in ("Names", "NamesOne", "Name"):
        chain.does("icbc", f"{contract}.add_one", "a")
    chain.does("icbc", "NamesOne.count_one", "a")
    chain.reopened()
    counts = [chain.row(one, "One", "a").f_count for one in ("Names", "NamesOne", "Name")]
    assert counts == [0, 1, 0]


# ── the state tree ────────────────────────────────────────────────────────────────────────────


class Tree:
    """A tree in memory, kept and read back as bytes."""

    def __init__(self) -> None:
        self.root = EMPTY
        self.nodes: dict[NodePath, bytes] = {}

    def find(self, path: NodePath, expected: bytes) -> Node:
        """Return the node at a path."""
        return Node.from_bytes(self.nodes[path], expected)

    def put(self, *keys: bytes) -> int:
        """Add records, whose value is told by their key; return how many nodes are new."""
        changes = {key: (hash_of(key), number) for number, key in enumerate(keys)}
        self.root, made = update_tree(self, self.root, changes, len(self.nodes))
        self.nodes.update({path: node.to_bytes() for path, node in made.items()})
        return len(made)


@pytest.mark.parametrize("shared", [0, 1, 2, 31, 32, 62, 63])
def test_hashes_that_share_their_beginning_stay_apart(shared: int) -> None:
    """As many half bytes as an attacker can find, and more: up to all but the last one."""
    digits = "0" * shared
    keys = [bytes.fromhex((digits + f"{one:x}" + "f" * 64)[:64]) for one in range(16)]
    tree, one_by_one = Tree(), Tree()
    assert tree.put(*keys) == shared + 1
    for key in reversed(keys):
        one_by_one.put(key)
    assert one_by_one.root == tree.root
    for key in keys:
        proof = prove(tree, tree.root, key)
        assert proof.found == Entry(key, hash_of(key))
        assert root_from_proof(key, proof) == tree.root
        flipped = (bytes([key[0] ^ 0x80]) + key[1:], key[:-1] + bytes([key[-1] ^ 0x10]))
        beside = next(one for one in flipped if one not in keys)
        away = prove(tree, tree.root, beside)
        assert root_from_proof(beside, away) == tree.root
        assert away.found is None or away.found.key != beside
