"""The generated module of a test file or script: a function for each test.

It has the steps of contracts that change nothing (`let`, `if`, `for`, …) and hands every step of
its own to a driver, which knows the chain, the files and the terminal.
"""

from __future__ import annotations

from servanda.interpreter import model
from servanda.interpreter.generate.contract import fields_of
from servanda.interpreter.generate.showing import shown
from servanda.interpreter.generate.step import Fields, Steps, register
from servanda.interpreter.generate.value import Values
from servanda.interpreter.generate.writer import Writer
from servanda.interpreter.model import Body, LetStep, ScriptModel, TestModel, Value
from servanda.interpreter.types import MONTHS, RecordType, UnroundedType
from servanda.interpreter.walk import all_statements, contracts_below


class ScriptSteps(Steps):
    """Writes the statements of a test or script."""

    def __init__(self, values: Values, fields: Fields, test: Body) -> None:
        super().__init__(values, fields, "")
        self.test = test

    def spot(self, step: model.Statement | model.FeedModel) -> str:
        """Return the expression of where a step stands."""
        return self.writer.constant(step.span)

    def does(self, step: model.DoesStep) -> None:
        """Write what parties do, or cannot do."""
        parties = self.values.several(step.parties)
        arguments = "".join(self.values.external(one) + ", " for one in step.arguments)
        contract, action = ascii(step.contract), ascii(step.action)
        given = f"{self.spot(step)}, ({parties}), {contract}, {action}, ({arguments})"
        if step.code is not None:
            self.writer.line(f"d.cannot({given}, {step.code!a})", step.span)
        elif step.local is None:
            self.writer.line(f"d.does({given})", step.span)
        else:
            taken = self._inward(f"d.does({given})", step)
            self.writer.line(f"v{step.local.number} = {taken}", step.span)

    def _inward(self, text: str, step: model.DoesStep) -> str:
        local = step.local
        assert local is not None
        base = getattr(local.type, "base", local.type)
        if isinstance(base, RecordType):
            table = self.writer.reference("table", base.contract, base.name)
            return f"{table}.rows.get({text})"
        if hasattr(base, "unit"):
            return f"steps_of({text})"
        return text

    def expect(self, step: model.ExpectStep) -> None:
        """Write an expectation, with the same condition again to show what it saw."""
        test = self.values.write(step.condition)
        name = self.writer.fresh("e")
        probing = Values(self.writer, is_probed=True)
        probing.is_balance = self.values.is_balance
        with self.writer.block(f"def {name}(p):", step.span):
            self.writer.line(f"return {probing.guard(step.condition)}")
        self.writer.line(f"d.expect({self.spot(step)}, lambda: {test}, {name})", step.span)

    def at(self, step: model.AtStep) -> None:
        """Write a move of the clock to a time."""
        self.writer.line(f"d.at({self.spot(step)}, {self.values.write(step.time)})", step.span)

    def wait(self, step: model.WaitStep) -> None:
        """Write a move of the clock by a duration."""
        duration = self.values.write(step.duration)
        both = f"0, {duration}" if step.duration.type == MONTHS else f"{duration}, 0"
        self.writer.line(f"d.wait({self.spot(step)}, {both})", step.span)

    def show(self, step: model.ShowStep) -> None:
        """Write what is printed at the end."""
        assert not isinstance(step.value.type, UnroundedType)
        text = shown(self.values, step.value, None)
        self.writer.line(f"d.show({self.spot(step)}, {text})", step.span)

    def feeds(self, step: model.FeedsStep) -> None:
        """Write feeds as functions of a row, and hand them over together."""
        names = [self._feed(feed) for feed in step.feeds]
        self.writer.line(f"d.feeds({self.spot(step)}, ({''.join(names)}))", step.span)

    def _feed(self, feed: model.FeedModel) -> str:
        row = f"v{feed.row.number}"
        where = self._function(row, feed.where)
        at = self._function(row, feed.at)
        name = self.writer.fresh("f")
        with self.writer.block(f"def {name}({row}):", feed.span):
            outer = sorted(_locals_set(feed.body) & _set_beside(self.test, feed))
            if outer:
                self.writer.line("nonlocal " + ", ".join(f"v{one}" for one in outer))
            self.body(feed.body)
        return f"FeedCode({feed.file!a}, {self.spot(feed)}, {where}, {at}, {name}), "

    def _function(self, row: str, value: Value | None) -> str:
        if value is None:
            return "None"
        name = self.writer.fresh("f")
        with self.writer.block(f"def {name}({row}):", value.span):
            self.writer.line(f"return {self.values.write(value)}")
        return name


def _locals_set(body: Body) -> set[int]:
    """Return the numbers of the locals that the statements of a body set."""
    return {
        statement.local.number
        for statement in all_statements(body)
        if isinstance(statement, LetStep | model.DoesStep) and statement.local is not None
    }


def _set_beside(body: Body, feed: model.FeedModel) -> set[int]:
    """Return the numbers of the locals that a test sets outside one of its feeds."""
    inside = {id(one) for one in all_statements(feed.body)}
    return {
        statement.local.number
        for statement in all_statements(body)
        if isinstance(statement, LetStep | model.DoesStep)
        and statement.local is not None
        and id(statement) not in inside
    }


def write_script(script: ScriptModel) -> tuple[Writer, tuple[str, ...], str | None]:
    """Write the functions of all tests and of the script; return their names."""
    writer = Writer()
    contracts = {one.name: one for used in script.uses.values() for one in contracts_below(used)}
    fields = fields_of(contracts)
    tests = tuple(_write_test(writer, fields, test) for test in script.tests)
    top = None if script.script is None else _write_test(writer, fields, script.script)
    return writer, tests, top


def _write_test(writer: Writer, fields: Fields, test: TestModel) -> str:
    name = writer.fresh("test")
    values = Values(writer, is_probed=False)
    values.is_balance = fields.is_balance
    with writer.block(f"def {name}(c, d):", test.span):
        ScriptSteps(values, fields, test.body).body(test.body)
    return name


register(model.DoesStep, ScriptSteps.does)
register(model.ExpectStep, ScriptSteps.expect)
register(model.AtStep, ScriptSteps.at)
register(model.WaitStep, ScriptSteps.wait)
register(model.ShowStep, ScriptSteps.show)
register(model.FeedsStep, ScriptSteps.feeds)
