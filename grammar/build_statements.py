"""What each rule of the grammar stands for: the builders of statements and blocks.

In come the span and the children of a rule that was recognised; out comes its node. It knows
neither Lark nor how the rules were found.
"""

from __future__ import annotations

from typing import Any

from servanda.grammar import tree
from servanda.grammar.build_expressions import arguments_of, name_of
from servanda.grammar.derive import Build
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.source import Span
from servanda.grammar.syntax_forms import DECLARATION_FORMS, STATEMENT_FORMS
from servanda.grammar.text_literals import TextReader

Children = list[Any]


def block_of(span: Span, statements: Children) -> tree.Block:
    """Return the block of `statements`; an empty one stands at the end of `span`."""
    if not statements:
        return tree.Block((), span=Span(span.source, span.end, span.end))
    place = statements[0].span.to(statements[-1].span)
    return tree.Block(tuple(statements), span=place)


def statement_builders(reader: TextReader, diagnostics: Diagnostics) -> dict[str, Build]:
    """Return the builder of every rule of statements and blocks."""

    def require(span: Span, children: Children) -> tree.Require:
        _, condition, _, code, message = children
        return tree.Require(condition, name_of(span, code), reader.read(message), span=span)

    def refuse(span: Span, children: Children) -> tree.Refuse:
        _, code, message = children
        return tree.Refuse(name_of(span, code), reader.read(message), span=span)

    def feed(span: Span, children: Children) -> tree.Feed:
        _, file, _, binder, where, at, body = children
        return tree.Feed(reader.read_plain(file), binder, where, at, body, span=span)

    def feed_at_first(span: Span, children: Children) -> tree.Feed:
        _, file, _, binder, at, where, body = children
        return tree.Feed(reader.read_plain(file), binder, where, at, body, span=span)

    def call_statement(span: Span, children: Children) -> tree.CallStatement:
        call = children[0]
        if not isinstance(call, tree.Apply):
            diagnostics.report(_nothing_done(call))
        return tree.CallStatement(call, span=span)

    return _STATEMENTS | {
        "call_statement": call_statement,
        "require": require,
        "refuse": refuse,
        "feed": feed,
        "feed_at_first": feed_at_first,
    }


def _nothing_done(value: tree.Expression) -> Diagnostic:
    """Return the refusal of a line that only names a value."""
    if isinstance(value, tree.NameReference):
        for form in (*DECLARATION_FORMS, *STATEMENT_FORMS):
            if form.opening == value.name.text:
                return Diagnostic(
                    "E0115", form.sentence.message, value.span, help=form.sentence.help
                )
    return Diagnostic(
        "E0116",
        "this line names a value and does nothing with it",
        value.span,
        help="call a clause with brackets: `stop(payment)`, or write what becomes of the value",
    )


def _block(span: Span, children: Children) -> tree.Block:
    return block_of(span, children)


def _described_block(span: Span, children: Children) -> tuple[str | None, tree.Block]:
    description, *statements = children
    return description, block_of(span, statements)


def _let(span: Span, children: Children) -> tree.Let:
    return tree.Let(children[1], children[2], span=span)


def _let_does(span: Span, children: Children) -> tree.Let:
    _, name, party, _, call = children
    step = tree.Does((party,), call, span=party.span.to(call.span))
    return tree.Let(name, step, span=span)


def _assign(span: Span, children: Children) -> tree.Assign:
    return tree.Assign(children[0], children[1], span=span)


def _becomes(span: Span, children: Children) -> tree.Becomes:
    return tree.Becomes(children[0], children[2], span=span)


def _move(span: Span, children: Children) -> tree.Move:
    _, amount, _, source, _, target = children
    return tree.Move(amount, source, target, span=span)


def _issue(span: Span, children: Children) -> tree.Issue:
    _, amount, _, target = children
    return tree.Issue(amount, target, span=span)


def _retire(span: Span, children: Children) -> tree.Retire:
    _, amount, _, source = children
    return tree.Retire(amount, source, span=span)


def _create_statement(span: Span, children: Children) -> tree.CreateStatement:
    return tree.CreateStatement(children[0], span=span)


def _emit(span: Span, children: Children) -> tree.Emit:
    return tree.Emit(children[1], arguments_of(children[2:]), span=span)


def _notify(span: Span, children: Children) -> tree.Notify:
    _, party, _, text = children
    return tree.Notify(party, text, span=span)


def _if(span: Span, children: Children) -> tree.If:
    keyword, condition, body, *rest = children
    first_span = Span(span.source, keyword.start, body.span.end)
    branches = [tree.Branch(condition, body, span=first_span), *rest[:-1]]
    return tree.If(tuple(branches), rest[-1], span=span)


def _elif(span: Span, children: Children) -> tree.Branch:
    return tree.Branch(children[1], children[2], span=span)


def _else(_: Span, children: Children) -> tree.Block:
    block: tree.Block = children[1]
    return block


def _choose(span: Span, children: Children) -> tree.Choose:
    _, subject, *cases, otherwise = children
    return tree.Choose(subject, tuple(cases), otherwise, span=span)


def _case(span: Span, children: Children) -> tree.Case:
    return tree.Case(children[0], children[1], span=span)


def _for(span: Span, children: Children) -> tree.For:
    _, binder, _, domain, where, limit, body = children
    return tree.For(binder, domain, where, limit, body, span=span)


def _give(span: Span, children: Children) -> tree.Give:
    return tree.Give(children[1], span=span)


def _call(span: Span, children: Children) -> tree.Call:
    return tree.Call(children[0], arguments_of(children[1:]), span=span)


def _parties(_: Span, children: Children) -> tuple[tree.Expression, ...]:
    return tuple(children[::2])


def _does(span: Span, children: Children) -> tree.Does:
    return tree.Does(children[0], children[2], span=span)


def _cannot(span: Span, children: Children) -> tree.Cannot:
    parties, _, call, _, code = children
    return tree.Cannot(parties, call, code, span=span)


def _expect(span: Span, children: Children) -> tree.Expect:
    return tree.Expect(children[1], span=span)


def _at(span: Span, children: Children) -> tree.At:
    return tree.At(children[1], span=span)


def _wait(span: Span, children: Children) -> tree.Wait:
    return tree.Wait(children[1], span=span)


def _show(span: Span, children: Children) -> tree.Show:
    return tree.Show(children[1], span=span)


_STATEMENTS: dict[str, Build] = {
    "block": _block,
    "described_block": _described_block,
    "let": _let,
    "let_does": _let_does,
    "assign": _assign,
    "becomes": _becomes,
    "move": _move,
    "issue": _issue,
    "retire": _retire,
    "create_statement": _create_statement,
    "emit": _emit,
    "notify": _notify,
    "if": _if,
    "elif": _elif,
    "else": _else,
    "choose": _choose,
    "case": _case,
    "for": _for,
    "give": _give,
    "call": _call,
    "parties": _parties,
    "does": _does,
    "cannot": _cannot,
    "expect": _expect,
    "at": _at,
    "wait": _wait,
    "show": _show,
}
