"""Outcomes: what became of each transaction and timer of a block, as it is told to who reads.

In come receipts as a block keeps them; out come events and notices in their outward form, lines for
people and JSON for programs. A transaction is told to those who signed it; what came of a timer to
those who may see its record. Of everybody else's nothing is told, and of nobody's an event about a
record that may not be seen, or a notice to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from servanda.chain.arguments import arguments_of, outward_value
from servanda.chain.encoding import decode
from servanda.chain.merkle import hash_of
from servanda.chain.reader import Reader
from servanda.chain.receipt import Kind
from servanda.chain.transaction import Transaction, TransactionRefused, read_envelope
from servanda.diagnostic_json import JsonValue
from servanda.failure_text import show_call
from servanda.grammar.source import Span
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Event, Firing, Notice, Receipt
from servanda.interpreter.types import RecordType, Type
from servanda.interpreter.values.show import show_time
from servanda.json_values import to_json
from servanda.node import Node
from servanda.run_facts import Step
from servanda.styled_lines import Line, Piece
from servanda.value_text import show_named, show_value

Contracts = Mapping[str, ContractModel]
EVENTS, NOTICES = 6, 7
"""Where they stand in the receipt of a call or a timer."""


class Outcome(NamedTuple):
    """A receipt, where it stands, and the transaction that it is of, if it is of one."""

    height: int
    number: int
    item: Any
    transaction: Transaction | None

    @property
    def place(self) -> str:
        """How it is named: `17.0`."""
        return f"{self.height}.{self.number}"

    @property
    def has_run(self) -> bool:
        """Whether it is of a call or a timer, and not of something that never ran."""
        return self.item[0] in {Kind.CALL, Kind.TIMER}

    @property
    def events(self) -> tuple[Any, ...]:
        """The events, as they are kept."""
        return self.item[EVENTS] if self.has_run else ()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices."""
        return tuple(Notice(*one) for one in self.item[NOTICES]) if self.has_run else ()


def outcomes_of(node: Node, height: int) -> list[Outcome]:
    """Return what became of everything in a block, in order."""
    known: dict[bytes, Transaction] = {}
    for data in node.store.transactions(height):
        try:
            envelope = read_envelope(data)
        except TransactionRefused:
            continue
        known[envelope.digest] = known[hash_of(data)] = envelope.transaction
    items: list[Any] = [decode(one) for one in node.store.receipts(height)]
    return [
        Outcome(height, number, item, known.get(item[1]) if type(item[1]) is bytes else None)
        for number, item in enumerate(items)
    ]


def event_of(item: Any, contracts: Contracts) -> Event:  # noqa: ANN401 -- what was decoded
    """Return an event with its values in their outward form."""
    contract, name, values = item
    known = contracts[contract].events.get(name)
    types = [] if known is None else [held for _, held in known.parameters]
    padded = [*types, *[None] * len(values)]
    outward = (outward_value(one, held) for one, held in zip(values, padded, strict=False))
    return Event(contract, name, tuple(outward))


def receipt_of(outcome: Outcome, contracts: Contracts) -> Receipt:
    """Return the receipt of a call or timer that has run, as a machine gives it."""
    _, _, code, message, clause, _, events, notices, cost = outcome.item
    title, firing = "", None
    if outcome.item[0] == Kind.TIMER:
        contract, title, record, key, due_ms = outcome.item[1]
        firing = Firing(contract, 0, title, RecordType(contract, record), key, due_ms)
    elif outcome.transaction is not None:
        title = outcome.transaction.action
    return Receipt(
        *(title, code, message, None if clause is None else Span(*clause)),
        given(outcome, contracts)[0],
        tuple(event_of(one, contracts) for one in events),
        tuple(Notice(*one) for one in notices),
        *(cost, firing),
    )


def served(outcome: Outcome, reader: Reader) -> Outcome | None:
    """Return what is told of an outcome to who reads, or None where nothing is."""
    if reader.names is None:
        return outcome
    if not _is_theirs(outcome, reader):
        return None
    if not outcome.has_run:
        return outcome
    contracts = reader.machine.contracts
    item = list(outcome.item)
    events = [one for one in outcome.events if reader.sees_event(event_of(one, contracts))]
    notices = [tuple(one) for one in outcome.notices if reader.is_addressed(one)]
    item[EVENTS], item[NOTICES] = tuple(events), tuple(notices)
    return outcome._replace(item=tuple(item))


def _is_theirs(outcome: Outcome, reader: Reader) -> bool:
    assert reader.names is not None, "the operator is told everything"
    if outcome.item[0] == Kind.TIMER:
        contract, _, record, key, _ = outcome.item[1]
        return reader.sees_within(key, RecordType(contract, record))
    transaction = outcome.transaction
    return transaction is not None and any(one in transaction.signers for one in reader.names)


# ── telling ───────────────────────────────────────────────────────────────────────────────────


def show_transaction(
    transaction: Transaction, contracts: Contracts, decimals: Mapping[str, int]
) -> str:
    """Return a transaction as a statement of the language."""
    model = contracts.get(transaction.contract)
    action = None if model is None else model.actions.get(transaction.action)
    if model is None or action is None:
        return f"{' and '.join(transaction.signers)} does {transaction.action}(…)"
    arguments = arguments_of(transaction.arguments, action.parameters)
    receipt: Any = None
    step = Step(
        *(0, transaction.signers, transaction.contract, transaction.action, arguments, receipt)
    )
    return show_call(step, contracts, decimals)


def given(outcome: Outcome, contracts: Contracts) -> tuple[Any, Type | None]:
    """Return what a transaction gave, in its outward form, and its type."""
    transaction = outcome.transaction
    if transaction is None or outcome.item[0] != Kind.CALL:
        return None, None
    model = contracts.get(transaction.contract)
    action = None if model is None else model.actions.get(transaction.action)
    held = None if action is None else action.result
    return outward_value(outcome.item[5], held), held


def what_ran(outcome: Outcome, contracts: Contracts, decimals: Mapping[str, int]) -> str:
    """Return a transaction, or a timer with its record, on one line."""
    if outcome.item[0] == Kind.TIMER:
        contract, title, record, key, due_ms = outcome.item[1]
        shown = show_named(RecordType(contract, record), key, contracts)
        return f"{title}, for {shown}, due at {show_time(due_ms)}"
    if outcome.transaction is None:
        return ""
    return show_transaction(outcome.transaction, contracts, decimals)


def outcome_line(outcome: Outcome, contracts: Contracts, decimals: Mapping[str, int]) -> Line:
    """Return what became of a transaction or timer, and what it was."""
    told, item = what_ran(outcome, contracts, decimals), outcome.item
    match item[0]:
        case Kind.CALL | Kind.TIMER if item[2] is None:
            value, held = given(outcome, contracts)
            shown = "" if value is None else f" {show_value(value, held, decimals)}"
            return [Piece(f"✔{shown} ", "good"), Piece(told)]
        case Kind.CALL | Kind.TIMER:
            return [Piece(f"✘ {item[2]}", "error"), Piece(f": {item[3]}  {told}")]
        case Kind.WAITING:
            missing = ", ".join(item[2])
            return [Piece("… ", "warning"), Piece(f"{told} waits for {missing}")]
        case Kind.LAPSED:
            return [
                Piece("✘ lapsed", "error"),
                Piece(f": signatures of {item[1].hex()} are missing"),
            ]
        case _:
            return [Piece(f"✘ {item[2]}", "error"), Piece(f": {item[3]}  {told}".rstrip())]


def outcome_to_json(
    outcome: Outcome, contracts: Contracts, decimals: Mapping[str, int]
) -> dict[str, JsonValue]:
    """Return the same as JSON.

    `place` (`17.0`), `kind` (call, timer, waiting, lapsed, not taken), `transaction` (its hash),
    `what` (as text); of what ran `code`, `message`, `value`, `events`, `notices` and `cost`; of
    what waits `missing`.
    """
    item = outcome.item
    kind = Kind(item[0])
    found: dict[str, JsonValue] = {
        "place": outcome.place,
        "kind": kind.name.lower().replace("_", " "),
        "transaction": item[1].hex() if type(item[1]) is bytes else None,
        "what": what_ran(outcome, contracts, decimals),
    }
    if kind is Kind.WAITING:
        found["missing"] = list(item[2])
    elif kind is Kind.NOT_TAKEN:
        found.update(code=item[2], message=item[3])
    elif outcome.has_run:
        value, held = given(outcome, contracts)
        found.update(code=item[2], message=item[3], cost=item[8])
        found["value"] = None if held is None else to_json(value, held, decimals)
        found["events"] = [
            event_to_json(event_of(one, contracts), contracts, decimals) for one in outcome.events
        ]
        found["notices"] = [{"to": one.party, "text": one.text} for one in outcome.notices]
    return found


def event_to_json(
    event: Event, contracts: Contracts, decimals: Mapping[str, int]
) -> dict[str, JsonValue]:
    """Return an event as JSON: its contract, its name, and its values by their names."""
    values = {
        name: str(value) if held is None else to_json(value, held, decimals)
        for name, value, held in named_values(event, contracts)
    }
    return {"contract": event.contract, "event": event.name, "values": values}


def event_text(event: Event, contracts: Contracts, decimals: Mapping[str, int]) -> str:
    """Return an event on one line."""
    values = ", ".join(
        f"{name}: {show_value(value, held, decimals)}"
        for name, value, held in named_values(event, contracts)
    )
    return f"{event.contract}.{event.name}({values})"


def named_values(event: Event, contracts: Contracts) -> Iterator[tuple[str, Any, Type | None]]:
    """Yield the values of an event with their names and types; of an unknown one by numbers."""
    known = contracts[event.contract].events.get(event.name)
    if known is None or len(known.parameters) != len(event.values):
        yield from ((str(place), one, None) for place, one in enumerate(event.values, start=1))
        return
    for value, (name, held) in zip(event.values, known.parameters, strict=True):
        yield name, value, held
