"""What is carried along while the statements of one body are checked, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Label
from servanda.grammar.source import Span
from servanda.interpreter.check.fixed_fields import inner_blocks
from servanda.interpreter.check.known_states import KnownStates
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.model import Local, Statement
from servanda.interpreter.types import Type


@dataclass(slots=True)
class Course:
    """One way through a body: what it belongs to and what has happened on it so far."""

    what: str
    """How messages call the body: ``action `pay` ``."""
    place: Place
    check_block: Callable[[tree.Block, Scope, Course], Checked]
    """Checks an inner block: statements contain blocks, and blocks statements."""
    result: Type | None = None
    """What `give` gives; None where nothing may be given."""
    result_span: Span | None = None
    states: KnownStates = field(default_factory=KnownStates)
    created: Span | None = None
    """A `create` that may have happened before."""
    loop_depth: int = 0
    feed_depth: int = 0
    lets: set[int] = field(default_factory=set)
    """Locals that `let` declared, which may be set again."""
    named: list[Local] = field(default_factory=list)
    """Every local of a `let`, to find those that nobody uses."""

    def branch(self) -> Course:
        """Return the same course, to be followed on its own."""
        return Course(
            self.what,
            self.place,
            self.check_block,
            self.result,
            self.result_span,
            self.states.copy(),
            self.created,
            self.loop_depth,
            self.feed_depth,
            self.lets,
            self.named,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """The steps of a block, and whether each way through it ends in `give` or `refuse`."""

    body: tuple[Statement, ...]
    ends: bool


def report(
    scope: Scope,
    code: str,
    message: str,
    span: Span,
    label: str = "",
    *others: Label,
    help: str = "",  # noqa: A002 -- the word that readers see
) -> None:
    """Report one mistake in a body."""
    scope.checking.diagnostics.report(Diagnostic(code, message, span, label, others, help))


QUIET = (
    tree.Require,
    tree.Refuse,
    tree.Let,
    tree.If,
    tree.Choose,
    tree.Emit,
    tree.Notify,
    tree.CreateStatement,
    tree.Give,
    tree.For,
)


CALLING = (tree.CallStatement, tree.Does, tree.Cannot, tree.At, tree.Wait, tree.Feed)
"""What may change any field: a call, or in a test whatever lets something happen."""


def inner_statements(block: tree.Block) -> Iterator[tree.Statement]:
    """Yield the statements of a block at any depth, in the order of the source."""
    # A stack and no recursion: blocks nest 64 deep, and each asks for all that is inside it.
    waiting = list(block.statements[::-1])
    while waiting:
        statement = waiting.pop()
        yield statement
        for inner in reversed(tuple(inner_blocks(statement))):
            waiting.extend(inner.statements[::-1])


def is_quiet(block: tree.Block) -> bool:
    """Whether nothing in a block can change a field of a record that is already there."""
    return all(
        isinstance(one, QUIET) and not (isinstance(one, tree.Let) and may_call(one.value))
        for one in inner_statements(block)
    )


def may_call(value: tree.Expression | tree.Does) -> bool:
    """Whether the value of a `let` may be what an action gives."""
    if isinstance(value, tree.Apply):
        return isinstance(value.callee, tree.Member)
    return isinstance(value, tree.Does)


def assigned_locals(block: tree.Block) -> set[str]:
    """Return the names of the locals that a block sets again."""
    return {
        one.target.name.text
        for one in inner_statements(block)
        if isinstance(one, tree.Assign) and isinstance(one.target, tree.NameReference)
    }


def assigned_fields(block: tree.Block) -> tuple[str, ...]:
    """Return the names of the fields that a block assigns itself, in the order of the source."""
    found = [
        one.target.name.text
        for one in inner_statements(block)
        if isinstance(one, tree.Assign | tree.Becomes) and isinstance(one.target, tree.Member)
    ]
    return tuple(dict.fromkeys(found))


def calls_others(block: tree.Block) -> bool:
    """Whether a block calls a clause or an action, which may change any field."""
    return any(
        isinstance(one, CALLING) or (isinstance(one, tree.Let) and may_call(one.value))
        for one in inner_statements(block)
    )


def find_local(scope: Scope, name: str) -> Local | None:
    """Return the local called `name` without counting this as a use."""
    frame: Scope | None = scope
    while frame is not None:
        if (local := frame.locals.get(name)) is not None:
            return local
        frame = frame.parent
    return None
