"""Compiled tests and scripts: functions that drive a chain through a `Driver`.

What a step means on a chain, in a file or on a terminal is the driver's business; what the
expressions mean is the same generated code that contracts run.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

from servanda.grammar.source import Span
from servanda.interpreter.check.script import NOTICE_NAME
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.compile import Code, code_of
from servanda.interpreter.costs import SCRIPT_STEPS_MAX
from servanda.interpreter.execute.context import Context
from servanda.interpreter.execute.explain import Trace
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import FIELD
from servanda.interpreter.generate.script import write_script
from servanda.interpreter.model import ScriptModel, TestModel
from servanda.interpreter.receipts import Event, Notice
from servanda.interpreter.refusals import Code as RefusalCode
from servanda.interpreter.refusals import Refused
from servanda.interpreter.types import (
    AmountType,
    EnumType,
    LifecycleType,
    ListType,
    OptionalType,
    RecordType,
    SetType,
    Type,
)
from servanda.interpreter.values.numbers import Unreadable
from servanda.interpreter.values.show import show_text
from servanda.interpreter.values.time_zones import UTC

NAMES_SHOWN_MAX = 5
"""So many names of an enum are told to whoever wrote another."""
TEXT_SHOWN_LENGTH_MAX = 40


class FeedCode(NamedTuple):
    """A feed ready to run; `where`, `at` (milliseconds) and `body` take a row of the file."""

    file: str
    span: Span
    where: Callable[[Any], bool] | None
    at: Callable[[Any], int] | None
    body: Callable[[Any], None]


class Driver(Protocol):
    """Who carries out the steps of a test or script."""

    def enrol(self, role: str, name: str) -> str:
        """Enrol a member with a role and return its name."""

    def does(
        self,
        span: Span,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
    ) -> object:
        """Run an action and return what it gave, in its outward form."""

    def cannot(
        self,
        span: Span,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
        code: str,
    ) -> None:
        """Run an action that must be refused with `code`."""

    def expect(
        self, span: Span, test: Callable[[], bool], explain: Callable[[Trace], bool]
    ) -> None:
        """Fail unless `test()`; `explain` runs the same again and tells a trace what it sees."""

    def at(self, span: Span, time_ms: int) -> None:
        """Move the clock to a time."""

    def wait(self, span: Span, duration_ms: int, months: int) -> None:
        """Move the clock on."""

    def show(self, span: Span, shown: str) -> None:
        """Print a value, already as text."""

    def feeds(self, span: Span, feeds: tuple[FeedCode, ...]) -> None:
        """Run feeds that stand together, merged by their time."""

    def events(self, contract: str, name: str) -> Iterable[Any]:
        """Return what was emitted so far, in order: `EventView`s."""


@dataclass(frozen=True, slots=True)
class CompiledScript:
    """A test file or script whose functions can be bound to a machine."""

    model: ScriptModel
    code: Code
    tests: tuple[tuple[TestModel, str], ...]
    script: tuple[TestModel, str] | None

    def bind(self, machine: Machine, driver: Driver) -> dict[str, Callable[[], None]]:
        """Return, by function name, what runs a test on a machine; its contracts are deployed."""
        names = machine.bindings.namespace(self.code, UTC)
        names.update(FeedCode=FeedCode, steps_of=_steps_of)
        units = machine.bindings.units
        names.update(parse_currency=lambda text: parse_currency(text, units))
        names.update(parse_name=parse_name, read_text=read_text)
        exec(self.code.code, names)  # noqa: S102 -- our own generated code
        context = ScriptContext(machine)
        bound: dict[str, Callable[[], None]] = {}
        for _, name in (*self.tests, *([self.script] if self.script else [])):
            bound[name] = _runner(names[name], context, driver)
        return bound


class ScriptContext(Context):
    """The context in which a script's own expressions run: it reads, and never writes."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, "", ())
        self.steps_max = SCRIPT_STEPS_MAX

    @property
    def now(self) -> int:
        """The machine's present time."""
        return self.machine.now

    @now.setter
    def now(self, _: int) -> None:
        """Ignore: the machine has the clock."""


def compile_script(model: ScriptModel) -> CompiledScript:
    """Return the functions of a checked test file or script."""
    writer, tests, script = write_script(model)
    top = None if model.script is None or script is None else (model.script, script)
    pairs = tuple(zip(model.tests, tests, strict=True))
    return CompiledScript(model, code_of("<script>", writer), pairs, top)


NOTICE = ("", NOTICE_NAME)
"""The contract (none) and the name under which a script reads the notices sent so far."""

EventView = tuple[Any, ...]
"""An event as a script reads it: its parameters' run-time values, references as rows.

It is a named tuple, for a unit that a parameter holds is read by its name, as that of a row.
"""


def view_events(
    machine: Machine, events: Iterable[Event], contract: str, name: str
) -> list[EventView]:
    """Return the events of one name, in order."""
    parameters = machine.contracts[contract].events[name].parameters
    view = _view_of(tuple(one for one, _ in parameters))
    types = [one for _, one in parameters]
    return [
        view._make(_inward(machine, *pair) for pair in zip(event.values, types, strict=True))
        for event in events
        if (event.contract, event.name) == (contract, name)
    ]


@cache
def _view_of(names: tuple[str, ...]) -> Any:
    fields = [FIELD + name for name in names]
    return namedtuple("EventView", fields)  # noqa: PYI024 -- its fields are known only now


def view_notices(notices: Iterable[Notice]) -> list[EventView]:
    """Return notices, in order: whom they went to, and their text."""
    return [(notice.party, notice.text) for notice in notices]


def _inward(machine: Machine, value: Any, its_type: Type) -> Any:
    if value is None:
        return None
    match its_type:
        case RecordType():
            return machine.tables[its_type].rows[value]
        case AmountType():
            return value[0]
        case OptionalType(base=base):
            return _inward(machine, value, base)
        case ListType(item=item) | SetType(item=item):
            return tuple(_inward(machine, one, item) for one in value)
        case _:
            return value


def parse_name(text: str, its_type: EnumType | LifecycleType) -> str:
    """Return the name or state that `text` is. Raises `Unreadable`."""
    known = its_type.members if isinstance(its_type, EnumType) else its_type.states
    if text in known:
        return text
    told = f"expected a name of `{its_type.name}`"
    meant = did_you_mean(text, known)
    if not meant:
        shown = ", ".join(f"`{one}`" for one in known[:NAMES_SHOWN_MAX])
        meant = f"such as {shown}" if len(known) > NAMES_SHOWN_MAX else shown
    raise Unreadable(f"{told}: {meant}")


def parse_currency(text: str, known: Collection[str]) -> str:
    """Return the code of the currency or declared unit that `text` is. Raises `Unreadable`."""
    if text in known:
        return text
    meant = did_you_mean(text, known)
    told = f": {meant}" if meant else ", such as `CNY`"
    raise Unreadable(f"expected a currency or a unit that a contract declares{told}")


def read_text(parser: Callable[..., Any], text: str, *more: Any) -> Any:
    """Return what `parser` reads from a text that is no cell, or refuse it."""
    try:
        return parser(text, *more)
    except Unreadable as unreadable:
        message = f"{show_text(text, TEXT_SHOWN_LENGTH_MAX)}: {unreadable.message}"
        raise Refused(RefusalCode.BAD_ARGUMENT, message) from None


def _runner(
    function: Callable[[Any, Any], None], context: Context, driver: Driver
) -> Callable[[], None]:
    return lambda: function(context, driver)


def _steps_of(amount: Any) -> Any:
    return None if amount is None else amount[0]
