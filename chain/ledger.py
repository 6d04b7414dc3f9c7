"""The ledger: a state machine over blocks. The same blocks give the same roots everywhere.

Its interface is that of the engines that order transactions (ABCI 2.0): `info`, `check`, `prepare`,
`validate`, `execute`, `commit`, `query`. It reads what was kept of earlier blocks through `Kept`
and hands out what is to be kept of the next; it knows no file, no clock and no network. Whoever
hosts it gives it the time.

# INVARIANT: what `execute` changed counts only with `commit`; after a crash in between, a ledger
made anew from what was kept stands at the block before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from servanda.chain.admission import Admission, Spread
from servanda.chain.block import Block, Header
from servanda.chain.genesis import Genesis
from servanda.chain.kept import Entries, Kept
from servanda.chain.merkle import root_of
from servanda.chain.pending import add_signatures, all_waiting, end_waiting, keep_waiting
from servanda.chain.presence import Presence, presence_of
from servanda.chain.receipt import (
    receipt_of_call,
    receipt_of_lapse,
    receipt_of_refused,
    receipt_of_timer,
    receipt_of_waiting,
)
from servanda.chain.running import is_upgrade, run_transaction
from servanda.chain.state import ChainState, tree_changes
from servanda.chain.state_tree import EMPTY, Node, NodePath, update_tree
from servanda.chain.transaction import BYTES_MAX, NotTaken, TransactionRefused
from servanda.interpreter.costs import BYTE_STEPS, FIRING_STEPS, TRANSACTION_STEPS
from servanda.interpreter.values.time_zones import Zone

Some = TypeVar("Some")
"""What stands for a block that is to be executed."""

ROWS_MAX = 1_500_000
"""So many records a ledger has in memory, beside those that a block looks at."""


class BadBlock(ValueError):  # noqa: N818 -- what is wrong is the block, not the program
    """A block does not follow from what stands before it; the message says where."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What a block came to, and all that must be kept of it."""

    header: Header
    transactions: tuple[bytes, ...]
    receipts: tuple[bytes, ...]
    ended: Mapping[bytes, int]
    """The transactions that ran or lapsed, by hash, with their expiry: none may run again."""
    records: Mapping[bytes, bytes]
    """In the order in which they are numbered."""
    entries: Entries
    nodes: Mapping[NodePath, Node]
    """In the order of their numbers: each behind those below it."""
    sources: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Info:
    """Where a ledger stands."""

    chain: bytes
    height: int
    time_ms: int
    head: bytes
    """The hash of the last header; before the first block that of the genesis."""
    state: bytes


class Ledger:
    """A chain: its state, and the block that is being made."""

    def __init__(
        self,
        genesis: Genesis,
        zones: Mapping[str, Zone],
        kept: Kept,
        *,
        rows_max: int = ROWS_MAX,
    ) -> None:
        self.genesis = genesis
        self.chain = genesis.hash
        self.kept = kept
        self.state = ChainState(genesis, zones, rows_max)
        self._block: _Block | None = None
        self._execution: Execution | None = None
        head = kept.head()
        if head is None:
            self.info = Info(self.chain, 0, genesis.time_ms, self.chain, EMPTY)
            self.state.begin(genesis, kept)
        else:
            self.info = Info(self.chain, head.height, head.time_ms, head.hash, head.state)
            self.state.restore(kept, head)
        lifetime_ms_max = genesis.parameters.lifetime_ms_max
        self._admission = Admission(self.chain, self.state, lifetime_ms_max, kept.has_run)

    def check(self, data: bytes, time_ms: int | None = None) -> None:
        """Raise `TransactionRefused` for what no block should take up; it runs nothing.

        `time_ms` is the time of the block that is meant; else it is that of the last.
        """
        self._admission.admit(data, self.info.time_ms if time_ms is None else time_ms)

    def query(self, identity: bytes, height: int | None = None) -> Presence:
        """Return what a record was at a height (the last one unless given), with its proof."""
        return presence_of(self.kept, identity, self.info.height if height is None else height)

    def verify(self, transactions: Iterable[bytes], spread: Spread = map) -> None:
        """Verify signatures ahead of `check`, `prepare` or `execute`; `spread` may use threads."""
        self.verify_ahead(transactions, spread)()

    def verify_ahead(self, transactions: Iterable[bytes], spread: Spread) -> Callable[[], None]:
        """Begin to verify signatures of a block to come, while others run; return what ends it."""
        return self._admission.verify_ahead(transactions, spread)

    def verify_each_ahead(
        self,
        blocks: Iterable[Some],
        transactions_of: Callable[[Some], Iterable[bytes]],
        spread: Spread,
    ) -> Iterator[Some]:
        """Yield blocks that are to be executed, each once its signatures have been verified.

        Those of the next one are verified while it is executed. What stands in the way of a block
        that is still to come is raised behind those that came before it.
        """
        coming = iter(blocks)
        before: tuple[Some, Callable[[], None]] | None = None
        wrong: Exception | None = None
        while wrong is None:
            after = None
            try:
                block = next(coming)
                after = block, self.verify_ahead(transactions_of(block), spread)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is raised below
                wrong = error
            if before is not None:
                before[1]()
                yield before[0]
            before = after
        if not isinstance(wrong, StopIteration):
            raise wrong

    def prepare(self, time_ms: int, offered: Iterable[bytes], bytes_max: int) -> tuple[bytes, ...]:
        """Return the transactions that a block at a time should take up, in the order offered."""
        chosen: dict[bytes, None] = {}
        size = 0
        self._admission.new_block()
        for data in offered:
            if size + len(data) > bytes_max:
                break
            if data in chosen:
                continue
            try:
                self._admission.admit(data, time_ms)
            except TransactionRefused:
                continue
            size += len(data)
            chosen[data] = None
        return tuple(chosen)

    def validate(self, block: Block) -> None:
        """Raise `BadBlock` for a block that cannot follow here, without running it."""
        header = block.header
        for is_right, told in (
            (header.chain == self.chain, "it is of another chain"),
            (header.height == self.info.height + 1, "its height does not follow"),
            (header.previous == self.info.head, "it follows another block"),
            (header.time_ms > self.info.time_ms, "its time does not rise"),
            (header.transactions == root_of(block.transactions), "its transactions were changed"),
        ):
            if not is_right:
                raise BadBlock(f"block {header.height}: {told}")

    def execute(self, time_ms: int, transactions: Sequence[bytes]) -> Execution:
        """Run a block; its changes count with `commit`. Time is in milliseconds and rises."""
        self.begin(time_ms)
        assert self._block is not None, "a block has begun"
        for data in transactions:
            self._block.take(data)
        return self.end()

    def begin(self, time_ms: int) -> tuple[bytes, ...]:
        """Begin a block; return the receipts of what was due."""
        assert self._block is None, "a block ends before the next begins"
        assert self._execution is None, "a block is committed before the next"
        assert time_ms > self.info.time_ms, "block time strictly rises"
        steps_max = self.genesis.parameters.block_steps_max
        self._block = _Block(self.state, self._admission, time_ms, steps_max)
        return tuple(self._block.receipts)

    def take(self, data: bytes) -> bytes:
        """Run a transaction in the block that has begun; return its receipt.

        What is too large, and what the block has no steps left for, is not in the block.
        """
        assert self._block is not None, "a block has begun"
        return self._block.take(data)

    def receipts(self, start: int = 0) -> tuple[bytes, ...]:
        """Return the receipts so far of the block that has begun, from one on."""
        assert self._block is not None, "a block has begun"
        return tuple(self._block.receipts[start:])

    def end(self) -> Execution:
        """End the block; return all that must be kept of it."""
        block, self._block = self._block, None
        assert block is not None, "a block has begun"
        records, entries = self.state.take_changes()
        node, record = self.kept.next_numbers()
        changes = tree_changes(records, record)
        root, nodes = update_tree(self.kept, self.info.state, changes, node)
        header = Header(
            chain=self.chain,
            height=self.info.height + 1,
            time_ms=block.time_ms,
            previous=self.info.head,
            transactions=root_of(block.transactions),
            receipts=root_of(block.receipts),
            state=root,
        )
        self._execution = Execution(
            *(header, tuple(block.transactions), tuple(block.receipts), block.ended),
            *(records, entries, nodes, block.sources),
        )
        return self._execution

    def commit(self) -> None:
        """Take over what was executed, once it has been kept."""
        assert self._execution is not None, "a block is executed before it is committed"
        header = self._execution.header
        self._execution = None
        self.state.settle(header.height)
        self.info = Info(self.chain, header.height, header.time_ms, header.hash, header.state)


class _Block:
    """A block that is being run."""

    def __init__(
        self, state: ChainState, admission: Admission, time_ms: int, steps_max: int
    ) -> None:
        self.state = state
        self.admission = admission
        self.time_ms = time_ms
        self.transactions: list[bytes] = []
        self.receipts: list[bytes] = []
        self.ended: dict[bytes, int] = {}
        self.sources: dict[bytes, bytes] = {}
        self._steps_left = steps_max
        self._fire_timers()
        self._end_what_lapsed()
        admission.new_block()

    def _fire_timers(self) -> None:
        for receipt in self.state.machine.advance(self.time_ms):
            self.receipts.append(receipt_of_timer(receipt))
            self._steps_left -= FIRING_STEPS + receipt.cost

    def _end_what_lapsed(self) -> None:
        for transaction, expiry_ms in self.state.pending.lapsed(self.time_ms):
            end_waiting(self.state, transaction)
            self.ended[transaction] = expiry_ms
            self.receipts.append(receipt_of_lapse(transaction))

    def _end_what_waits_in_vain(self) -> None:
        """End what waits for a version that is not in force any more: nobody can sign it now."""
        for waiting in all_waiting(self.state):
            version = self.state.versions.get(waiting.transaction.contract)
            if version not in {None, waiting.transaction.version}:
                end_waiting(self.state, waiting.digest)
                self.ended[waiting.digest] = waiting.transaction.expiry_ms
                self.admission.end(waiting.digest)
                self.receipts.append(receipt_of_lapse(waiting.digest))

    def _no_room(self, data: bytes) -> TransactionRefused:
        """Return why something does not come into the block at all: it may come in the next one.

        # INVARIANT: whatever is in a block has paid for it; no block holds more than its steps.
        """
        if len(data) > BYTES_MAX:
            told = f"a transaction has at most {BYTES_MAX:_} bytes"
            return TransactionRefused(NotTaken.TOO_LARGE, told)
        return TransactionRefused(NotTaken.BLOCK_FULL, "the block has no steps left for it")

    def take(self, data: bytes) -> bytes:
        """Run a transaction, or let it wait, or say why it is not taken; return its receipt."""
        if len(data) > BYTES_MAX or self._steps_left <= 0:
            return receipt_of_refused(data, self._no_room(data))
        self._steps_left -= TRANSACTION_STEPS + BYTE_STEPS * len(data)
        self.transactions.append(data)
        self._run(data)
        return self.receipts[-1]

    def _run(self, data: bytes) -> None:
        try:
            envelope = self.admission.admit(data, self.time_ms)
        except TransactionRefused as refused:
            self.receipts.append(receipt_of_refused(data, refused))
            return
        name, transaction = envelope.digest, envelope.transaction
        if name in self.state.pending or not envelope.is_complete:
            waiting = add_signatures(self.state, envelope)
            if waiting.missing:
                keep_waiting(self.state, waiting)
                self.receipts.append(receipt_of_waiting(name, waiting.missing))
                return
            end_waiting(self.state, name)
        receipt = run_transaction(self.state, transaction, self.sources)
        if receipt.is_done and is_upgrade(transaction):
            self._end_what_waits_in_vain()
        early = self.state.machine.overdue_receipts
        if early:
            for one in early:
                self.receipts.append(receipt_of_timer(one))
                self._steps_left -= FIRING_STEPS + one.cost
            early.clear()
        self._steps_left -= receipt.cost
        self.ended[name] = transaction.expiry_ms
        self.admission.end(name)
        self.receipts.append(receipt_of_call(name, receipt))
