"""Running: one transaction whose signatures are all there, against the state of its block.

In comes a transaction; out comes the receipt of the machine. What an action of the membership
contract says about contracts and other chains, the chain then does: a source that is deployed, or
that a contract is upgraded to, and the genesis of another chain are checked before they are taken,
and count from then on.
"""

from __future__ import annotations

from typing import Any

from servanda.chain.arguments import taken_by
from servanda.chain.contracts import BadContract
from servanda.chain.encoding import Item
from servanda.chain.genesis import BadGenesis
from servanda.chain.membership import MEMBERSHIP, is_recorded
from servanda.chain.merkle import hash_of
from servanda.chain.state import ChainState
from servanda.chain.transaction import Transaction
from servanda.chain.upgrade import BAD_CONTRACT, Upgrade
from servanda.interpreter.compile import Program
from servanda.interpreter.execute.bindings import Undeployable
from servanda.interpreter.execute.state import Journal
from servanda.interpreter.receipts import Call, Receipt
from servanda.interpreter.refusals import Refused

DEPLOY, UPGRADE = "deploy", "upgrade"
BIND, INTRODUCE = "bind", "introduce"
BAD_CHAIN = "BAD_CHAIN"


def run_transaction(
    state: ChainState, transaction: Transaction, sources: dict[bytes, bytes]
) -> Receipt:
    """Run a transaction; the document that it carries is added to `sources`, by its hash."""
    contract, action = transaction.contract, transaction.action
    items = transaction.arguments
    decoders = state.decoders.get((contract, action))
    arguments = items if decoders is None else taken_by(decoders, items)
    # One is made for every call, and the constructor of a named tuple is a function more.
    call = tuple.__new__(Call, (contract, action, arguments, transaction.signers))
    if contract == MEMBERSHIP and action in WITH_DOCUMENT:
        receipt = WITH_DOCUMENT[action](state, transaction, call)
        if receipt.is_done:
            sources[hash_of(transaction.attachment)] = transaction.attachment
        return receipt
    return state.machine.execute(call)


def is_upgrade(transaction: Transaction) -> bool:
    """Whether a transaction asks for a later version of a contract."""
    return transaction.contract == MEMBERSHIP and transaction.action == UPGRADE


def _deploy(state: ChainState, transaction: Transaction, call: Call) -> Receipt:
    programs: list[Program] = []

    def approve(_: Journal) -> None:
        programs.append(_program(state, transaction))
        _check_recorded(state, str(transaction.arguments[0]), 1, transaction)

    receipt = state.machine.execute(call, approve)
    if receipt.is_done:
        state.deploy(programs[0], transaction.attachment)
    return receipt


def _upgrade(state: ChainState, transaction: Transaction, call: Call) -> Receipt:
    tried: list[Upgrade] = []

    def approve(journal: Journal) -> None:
        # The action has taken them, so that they are of the types that it declares.
        arguments: Any = transaction.arguments
        name, version, source = arguments
        _check_attached(transaction, source)
        _check_recorded(state, name, version, transaction)
        tried.append(Upgrade(state, name, version, transaction.attachment))
        tried[0].run(journal)

    receipt = state.machine.execute(call, approve)
    if receipt.is_done:
        assert tried[0].deployed is not None, "what was not refused runs"
        state.adopt(tried[0].deployed)
    # Who asks pays for what the chain looked at, also when it then refused.
    return receipt._replace(cost=receipt.cost + sum(one.steps for one in tried))


def _bind(state: ChainState, transaction: Transaction, call: Call) -> Receipt:
    """Let another chain be known by its genesis."""

    def approve(_: Journal) -> None:
        _check_attached(transaction, transaction.arguments[1], BAD_CHAIN)
        try:
            state.others.read_chain(transaction.attachment)
        except BadGenesis as bad:
            raise Refused(BAD_CHAIN, f"the genesis that is attached: {bad}") from None

    receipt = state.machine.execute(call, approve)
    if receipt.is_done:
        state.others.add(transaction.attachment)
    return receipt


def _introduce(state: ChainState, transaction: Transaction, call: Call) -> Receipt:
    """Let the records of a contract on another chain be read."""
    introduced: list[tuple[str, str, bytes]] = []

    def approve(_: Journal) -> None:
        chain, name, source = transaction.arguments
        _check_attached(transaction, source)
        introduced.append((str(chain), str(name), transaction.attachment))
        try:
            state.others.read_contract(*introduced[0])
        except BadContract as bad:
            raise Refused(BAD_CONTRACT, str(bad)) from None

    receipt = state.machine.execute(call, approve)
    if receipt.is_done:
        state.others.introduce(*introduced[0])
    return receipt


WITH_DOCUMENT = {DEPLOY: _deploy, UPGRADE: _upgrade, BIND: _bind, INTRODUCE: _introduce}
"""The actions of the membership contract whose transactions carry a source or a genesis."""


def _check_attached(transaction: Transaction, digest: Item, code: str = BAD_CONTRACT) -> None:
    if hash_of(transaction.attachment) != digest:
        raise Refused(code, "what is attached has another hash")


def _check_recorded(state: ChainState, name: str, version: int, transaction: Transaction) -> None:
    """Refuse what a membership contract of a chain's own does not keep: no node could go on."""
    if not is_recorded(state.machine, name, version, hash_of(transaction.attachment)):
        raise Refused(BAD_CONTRACT, "the membership contract does not record what it lets run")


def _program(state: ChainState, transaction: Transaction) -> Program:
    """Return the program that a deployment speaks of, or refuse `BAD_CONTRACT`."""
    name, source = transaction.arguments
    _check_attached(transaction, source)
    try:
        program = state.read(str(name), 1, transaction.attachment)
        state.machine.bindings.check_deployable(program.model)
    except (BadContract, Undeployable) as bad:
        raise Refused(BAD_CONTRACT, str(bad)) from None
    return program
