"""The vectors of `docs/chain_vectors.json`: another program that reads our formats comes to these.

They are also what no process, seed, time zone, locale or version of Python may change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import history
import pytest
from chains import Chain

from servanda.chain.encoding import encode
from servanda.chain.presence import presence_of
from servanda.chain.proof import carried_proof, verify_carried

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "docs" / "chain_vectors.json"
HISTORY = ROOT / "tests" / "support" / "history.py"


def vectors() -> dict[str, Any]:
    """Return what the history comes to, as hexadecimal digits."""
    chain = history.make()
    blocks = [
        {
            "header": execution.header.to_bytes().hex(),
            "hash": execution.header.hash.hex(),
            "transactions": [one.hex() for one in execution.transactions],
            "receipts": [one.hex() for one in execution.receipts],
            "records": {
                identity.hex(): value.hex() for identity, value in sorted(execution.records.items())
            },
        }
        for execution in chain.kept.blocks
        # The first block deploys a source, and is as long as that.
        if execution.header.height in {2, 15, 27, 30, 31}
    ]
    return {
        "genesis": chain.genesis.to_bytes().hex(),
        "chain": chain.genesis.hash.hex(),
        "height": chain.ledger.info.height,
        "head": chain.ledger.info.head.hex(),
        "state": chain.ledger.info.state.hex(),
        "blocks": blocks,
        "carried": [proof_of(chain, *one) for one in CARRIED],
    }


CARRIED = (("Membership", "Member", "ann"), ("Membership", "Member", "nobody"))
"""Records of which a proof is published as it is carried: one that is there, one that is not."""


def proof_of(chain: Chain, *identity: str) -> dict[str, str]:
    """Return a proof of the last block, and what it is of."""
    store, name = chain.kept, encode(identity)
    height = store.height
    proof = carried_proof(presence_of(store, name, height), store.seals(height))
    assert verify_carried(proof, chain.genesis).value == store.record(name, height)
    return {"identity": name.hex(), "proof": proof.hex()}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Return the vectors as they come out here."""
    return vectors()


def test_the_vectors_are_these(found: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """What is published is what comes out; `pytest --renew` publishes anew."""
    if request.config.getoption("--renew"):
        VECTORS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if not VECTORS.exists():
        pytest.skip("the documentation is not here")
    assert found == json.loads(VECTORS.read_text(encoding="utf-8"))


ELSEWHERE = [
    *({"PYTHONHASHSEED": str(seed)} for seed in range(1, 8)),
    {"TZ": "Asia/Shanghai", "LC_ALL": "C"},
    {"TZ": "America/New_York", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "99"},
    {"PYTHONOPTIMIZE": "0", "PYTHONUTF8": "1", "PYTHONHASHSEED": "random"},
]


@pytest.mark.parametrize("environment", ELSEWHERE, ids=str)
def test_no_process_changes_a_root(environment: dict[str, str], found: dict[str, Any]) -> None:
    """Other seeds, time zones and locales: the same blocks, the same roots."""
    process = subprocess.run(
        [sys.executable, str(HISTORY)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == [str(found["height"]), found["head"], found["state"]]


def test_no_decimal_context_changes_a_root(found: dict[str, Any]) -> None:
    """A process that has set its context to two digits comes to the same."""
    program = (
        "import decimal, runpy, sys; decimal.getcontext().prec = 2; "
        "decimal.getcontext().rounding = decimal.ROUND_UP; "
        f"sys.path.append({str(HISTORY.parent)!r}); "
        f"runpy.run_path({str(HISTORY)!r}, run_name='__main__')"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert process.stdout.split()[1:] == [found["head"], found["state"]]
