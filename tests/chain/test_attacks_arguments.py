"""Arguments of every wrong kind into every action: receipts come out, and never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import chains
import every_type
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servanda.chain.encoding import Item, decode, encode
from servanda.chain.transaction import Transaction

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "FraudScreening": ROOT / "contracts" / "fraud_screening.contract",
    "PaymentScreening": ROOT / "examples" / "fraud_screening" / "payment_screening.contract",
}
SIGNERS = ("icbc", "boc", "pboc", "pd", "ann", "bob")
GOOD: tuple[Item, ...] = (
    *("a", "b", "icbc", "pd", "CNY", "JPY", "Red", "Point", "Bank", "Registrar", "x" * 128),
    *(0, 1, -1, 20_001, 10**34, 1_767_776_402_000, True, None, ()),
    *(every_type.PAPER, every_type.PAPER.hex(), (5, "CNY"), (10**27 - 1, "Point"), (0, "")),
    *(("a", "Red", 20_001), ("a", "b"), ((1,), (2,)), ((5, "CNY"), (6, "USD")), Decimal("0.5")),
)
"""What is right for some parameter, and so passes far into others."""

WILD = (
    st.sampled_from(GOOD)
    | st.integers(-(2**128) + 1, 2**128 - 1)
    | st.binary(max_size=33)
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.sampled_from((Decimal("1E+6111"), Decimal("-1E-6176"), Decimal("9" * 34)))
    | st.sampled_from(("\u202e", "a\x00", "\U000e0041", "e\u0301", "x" * 5_000, ("a",) * 1_001))
)
ITEMS: st.SearchStrategy[Any] = st.recursive(
    WILD,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.sampled_from(("", "a", "amount", "unit")), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def chain() -> Iterator[chains.Chain]:
    """Return a chain with every contract that there is, and records to name."""
    made = every_type.deployed()
    for name, path in SOURCES.items():
        if path.exists():
            made.deploy(path.read_text(encoding="utf-8"), name)
    yield made
    made.ledger.state.machine.audit()
    made.reopened().state.machine.audit()


def deep(depth: int) -> Item:
    """Return a list in a list, and so on."""
    item: Item = 1
    for _ in range(depth):
        item = (item,)
    return item


def wrong(chain: chains.Chain, data: st.DataObject) -> Transaction:
    """Draw an action that there is and arguments for it, of any kind and nearly any number."""
    contracts = chain.ledger.state.machine.contracts
    contract = data.draw(st.sampled_from(sorted(contracts)))
    action = data.draw(st.sampled_from(sorted(contracts[contract].actions)))
    count = len(contracts[contract].actions[action].parameters)
    more = data.draw(st.sampled_from((0, 0, 0, 0, 1, -1)))
    arguments = data.draw(st.tuples(*[ITEMS] * max(0, count + more)))
    signers = data.draw(st.lists(st.sampled_from(SIGNERS), min_size=1, max_size=3, unique=True))
    made = chain.transaction(" ".join(signers), f"{contract}.{action}")
    return Transaction(**{**fields_of(made), "arguments": arguments})


def fields_of(transaction: Transaction) -> dict[str, Any]:
    """Return the fields of a transaction."""
    return {name: getattr(transaction, name) for name in Transaction._fields}


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_arguments_are_answered(chain: chains.Chain, data: st.DataObject) -> None:
    """Ten in a block: each has a receipt that can be read, and the whole chain stays sound."""
    sent = [chain.signed(wrong(chain, data)) for _ in range(10)]
    receipts: list[Any] = chain.block(*sent)
    calls = [one for one in receipts if one[0] != 1]
    assert len(calls) == len(sent)
    for one in calls:
        assert one[0] in {0, 4}, one
        assert one[2] is None or one[3], "a refusal says why"


@pytest.mark.parametrize(
    "item",
    [deep(40), ("a",) * 10_000, "x" * 60_000, b"x" * 60_000, {"a": {"a": {}}}, 2**128 - 1],
    ids=["deep", "long", "text", "bytes", "map", "number"],
)
def test_huge_arguments_are_refused_by_name(chain: chains.Chain, item: Item) -> None:
    """As any argument of any action: each is a bad argument, and told in a few words."""
    machine = chain.ledger.state.machine
    sent = []
    for contract, model in machine.contracts.items():
        for action, known in model.actions.items():
            if known.parameters:
                made = chain.transaction("icbc", f"{contract}.{action}")
                arguments = (item,) * min(1, len(known.parameters))
                arguments += (None,) * (len(known.parameters) - len(arguments))
                sent.append(
                    chain.signed(Transaction(**{**fields_of(made), "arguments": arguments}))
                )
    for number in range(0, len(sent), 10):
        for receipt in chain.block(*sent[number : number + 10]):
            assert (receipt[0], receipt[2]) == (0, "BAD_ARGUMENT")
            assert len(receipt[3]) < 300


def test_what_is_nested_too_deeply_is_malformed(chain: chains.Chain) -> None:
    """It cannot even be encoded by us; bytes that say so are refused before anything is built."""
    body = chain.transaction("icbc", "Bank.open", "q").to_bytes()
    bent = body.replace(b"\x81\x61q", b"\x81" * 2_000 + b"\x61q")
    assert bent != body
    transaction = chain.transaction("icbc", "Bank.open", "q")
    good = chain.signed(transaction)
    signatures: Any = decode(good)
    (receipt,) = chain.block(encode((bent, signatures[1])))
    assert (receipt[0], receipt[2]) == (4, "MALFORMED")
