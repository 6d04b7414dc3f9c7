"""Writing statements and blocks onto a page.

In come nodes, out go lines. It knows what stands on a line of its own and how deep; how an
expression is written is not its business.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.format_expression import (
    Binding,
    names_text,
    path_text,
    plain_text,
    write_arguments,
    write_expression,
    write_slot,
)
from servanda.grammar.line_writer import LineWriter
from servanda.grammar.page import Distance, Page


def write_block(
    page: Page, block: tree.Block, level: int, distance: Distance = Distance.CLOSE
) -> None:
    """Write the statements of `block` at `level`; `distance` is the first one's."""
    for statement in block.statements:
        write_statement(page, statement, level, distance)
        distance = Distance.AS_WRITTEN


def write_described_block(
    page: Page, description: str | None, block: tree.Block, level: int
) -> None:
    """Write the description, if there is one, and the statements."""
    if description is not None:
        page.text_line(plain_text(description), level, Distance.CLOSE)
    write_block(page, block, level, Distance.AS_WRITTEN if description else Distance.CLOSE)


def write_statement(page: Page, statement: tree.Statement, level: int, distance: Distance) -> None:
    """Write `statement` and the blocks below it."""
    match statement:
        case tree.If():
            _write_if(page, statement, level, distance)
        case tree.Choose():
            _write_choose(page, statement, level, distance)
        case tree.For(binder=binder, body=body):
            writer = page.line(level, distance)
            writer.text(f"for {binder.text} in ")
            write_domain(writer, statement.domain, statement.where)
            if statement.limit is not None:
                writer.text(f" limit {statement.limit:_}")
            write_block(page, body, level + 1)
        case tree.Feed(body=body):
            _write_feed_line(page.line(level, distance), statement)
            write_block(page, body, level + 1)
        case _:
            _write_simple(page.line(level, distance), statement)


def _write_if(page: Page, statement: tree.If, level: int, distance: Distance) -> None:
    word = "if "
    for branch in statement.branches:
        writer = page.line(level, distance)
        writer.text(word)
        write_slot(writer, branch.condition, Binding.OR)
        write_block(page, branch.body, level + 1)
        word, distance = "elif ", Distance.CLOSE
    _write_else(page, statement.otherwise, level)


def _write_else(page: Page, otherwise: tree.Block | None, level: int) -> None:
    if otherwise is not None:
        page.text_line("else", level, Distance.CLOSE)
        write_block(page, otherwise, level + 1)


def _write_choose(page: Page, statement: tree.Choose, level: int, distance: Distance) -> None:
    writer = page.line(level, distance)
    writer.text("choose ")
    write_slot(writer, statement.subject)
    distance = Distance.CLOSE
    for case in statement.cases:
        page.text_line(names_text(case.names), level + 1, distance)
        write_block(page, case.body, level + 2)
        distance = Distance.AS_WRITTEN
    _write_else(page, statement.otherwise, level + 1)


def _write_feed_line(writer: LineWriter, feed: tree.Feed) -> None:
    writer.text(f"feed {plain_text(feed.file)} as {feed.binder.text}")
    if feed.where is not None:
        writer.text(" where ")
        write_slot(writer, feed.where, Binding.OR)
    if feed.at is not None:
        writer.text(" at ")
        write_slot(writer, feed.at)


def write_domain(
    writer: LineWriter, domain: tree.Expression | tree.Range, where: tree.Expression | None
) -> None:
    """Write what a `for` ranges over and its `where`."""
    write_slot(writer, domain, Binding.OR)
    if where is not None:
        writer.text(" where ")
        write_slot(writer, where, Binding.OR)


def _write_simple(writer: LineWriter, statement: tree.Statement) -> None:
    """Write a statement of one line."""
    match statement:
        case tree.Require(condition=condition, code=code, message=message):
            writer.text("require ")
            write_slot(writer, condition, Binding.OR)
            writer.text(f" else {code.text} ")
            write_expression(writer, message)
        case tree.Refuse(code=code, message=message):
            writer.text(f"refuse {code.text} ")
            write_expression(writer, message)
        case tree.Let(name=name, value=value):
            writer.text(f"let {name.text} = ")
            _write_let_value(writer, value)
        case tree.Assign(target=target, value=expression):
            write_expression(writer, target, Binding.POSTFIX)
            writer.text(" = ")
            write_slot(writer, expression)
        case tree.Becomes(target=target, state=expression):
            write_expression(writer, target, Binding.POSTFIX)
            writer.text(" becomes ")
            write_slot(writer, expression)
        case tree.CreateStatement(create=create):
            write_expression(writer, create)
        case tree.Emit(event=event, arguments=arguments):
            writer.text("emit " + path_text(event))
            write_arguments(writer, arguments)
        case tree.CallStatement(call=call):
            write_expression(writer, call, Binding.POSTFIX)
        case tree.Does(call=call):
            _write_does(writer, statement)
        case tree.Cannot(parties=parties, call=call, code=code):
            _write_parties(writer, parties)
            writer.text(" cannot ")
            _write_call(writer, call)
            writer.text(f" because {path_text(code)}")
        case _:
            _write_words(writer, statement)


def _write_words(writer: LineWriter, statement: tree.Statement) -> None:
    """Write a statement that is words with one expression behind each."""
    match statement:
        case tree.Move(amount=amount, source=source, target=target):
            slots = [("move ", amount), (" from ", source), (" to ", target)]
        case tree.Issue(amount=amount, target=target):
            slots = [("issue ", amount), (" to ", target)]
        case tree.Retire(amount=amount, source=source):
            slots = [("retire ", amount), (" from ", source)]
        case tree.Notify(party=party, text=text):
            slots = [("notify ", party), (" that ", text)]
        case tree.Give(value=value):
            slots = [("give ", value)]
        case tree.Expect(condition=condition):
            slots = [("expect ", condition)]
        case tree.At(time=time):
            slots = [("at ", time)]
        case tree.Wait(duration=duration):
            slots = [("wait ", duration)]
        case tree.Show(value=value):
            slots = [("show ", value)]
        case _:
            message = f"{type(statement).__name__} is no statement of one line"
            raise AssertionError(message)
    for word, expression in slots:
        writer.text(word)
        write_slot(writer, expression)


def _write_let_value(writer: LineWriter, value: tree.Expression | tree.Does) -> None:
    if isinstance(value, tree.Does):
        # The grammar takes one expression here, so parties stand in it joined by `and`.
        for index, party in enumerate(value.parties):
            if index:
                writer.text(" and ")
            write_slot(writer, party)
        writer.text(" does ")
        _write_call(writer, value.call)
    else:
        write_slot(writer, value)


def _write_does(writer: LineWriter, does: tree.Does) -> None:
    _write_parties(writer, does.parties)
    writer.text(" does ")
    _write_call(writer, does.call)


def _write_parties(writer: LineWriter, parties: tuple[tree.Expression, ...]) -> None:
    for index, party in enumerate(parties):
        if index:
            writer.text(" and ")
        write_expression(writer, party, Binding.POSTFIX)


def _write_call(writer: LineWriter, call: tree.Call) -> None:
    writer.text(path_text(call.path))
    write_arguments(writer, call.arguments, call.span.end)
