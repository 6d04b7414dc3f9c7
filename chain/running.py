"""Running: one transaction whose signatures are all there, against the state of its block.

In comes a transaction; out comes the receipt of the machine. What an action of the membership
contract says about contracts, the chain then does: a deployed source is checked before it is taken,
and runs from then on.
"""

from __future__ import annotations

from servanda.chain.arguments import taken_by
from servanda.chain.contracts import BadContract
from servanda.chain.membership import MEMBERSHIP
from servanda.chain.merkle import hash_of
from servanda.chain.state import ChainState
from servanda.chain.transaction import Transaction
from servanda.interpreter.compile import Program
from servanda.interpreter.execute.bindings import Undeployable
from servanda.interpreter.receipts import Call, Receipt
from servanda.interpreter.refusals import Refused

DEPLOY = "deploy"
BAD_CONTRACT = "BAD_CONTRACT"


def run_transaction(
    state: ChainState, transaction: Transaction, sources: dict[bytes, bytes]
) -> Receipt:
    """Run a transaction; what it deploys is added to `sources`, by its hash."""
    contract, action = transaction.contract, transaction.action
    items = transaction.arguments
    readers = state.readers.get((contract, action))
    arguments = items if readers is None else taken_by(readers, items)
    # One is made for every call, and the constructor of a named tuple is a function more.
    call = tuple.__new__(Call, (contract, action, arguments, transaction.signers))
    if contract != MEMBERSHIP or action != DEPLOY:
        return state.machine.execute(call)
    programs: list[Program] = []
    receipt = state.machine.execute(call, lambda: programs.append(_program(state, transaction)))
    if receipt.is_done:
        state.deploy(programs[0])
        sources[hash_of(transaction.attachment)] = transaction.attachment
    return receipt


def _program(state: ChainState, transaction: Transaction) -> Program:
    """Return the program that a deployment speaks of, or refuse `BAD_CONTRACT`."""
    name, source = transaction.arguments
    if hash_of(transaction.attachment) != source:
        raise Refused(BAD_CONTRACT, "the source that is attached has another hash")
    try:
        program = state.read(str(name), 1, transaction.attachment)
        state.machine.bindings.check_deployable(program.model)
    except (BadContract, Undeployable) as bad:
        raise Refused(BAD_CONTRACT, str(bad)) from None
    return program
