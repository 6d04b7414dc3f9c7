"""What each rule of the grammar stands for: the builders of expressions, types and names.

In come the span and the children of a rule that was recognised; out comes its node. It knows
neither Lark nor how the rules were found.
"""

from __future__ import annotations

from typing import Any, cast

from servanda.grammar import tree
from servanda.grammar.derive import Build
from servanda.grammar.source import Span
from servanda.grammar.text_literals import TextReader
from servanda.grammar.tokens import Token

Children = list[Any]

DEEPENING = frozenset(
    {
        "add",
        "subtract",
        "multiply",
        "divide",
        "either",
        "both",
        "not_expression",
        "negate",
        "compare",
        "is_test",
        "is_not_test",
        "is_missing",
        "is_not_missing",
        "in_test",
        "not_in_test",
        "range_closed",
        "range_open",
        "if_expression",
        "member",
        "apply",
        "index",
        "list",
        "create",
        "text",
        "type_of",
    }
)
"""The rules that make an expression or type one level deeper; at most 64 lie on one another."""


def name_of(span: Span, token: Token) -> tree.Name:
    """Return `token` as a name; `span` tells the source."""
    return tree.Name(token.text, span=Span(span.source, token.start, token.end))


def _digits(token: Token) -> str:
    return token.text.replace("_", "")


def expression_builders(reader: TextReader) -> dict[str, Build]:
    """Return the builder of every rule of expressions, types and names."""

    def text(_: Span, children: Children) -> tree.TextLiteral:
        return reader.read(children[0])

    return _EXPRESSIONS | {"text": text}


def _name(span: Span, children: Children) -> tree.Name:
    return tree.Name(children[0].text, span=span)


def _name_reference(span: Span, children: Children) -> tree.NameReference:
    return tree.NameReference(children[0], span=span)


def _member(span: Span, children: Children) -> tree.Member:
    return tree.Member(children[0], children[1], span=span)


def _index(span: Span, children: Children) -> tree.Index:
    return tree.Index(children[0], tuple(children[1:]), span=span)


def arguments_of(children: Children) -> tuple[tree.Argument, ...]:
    """Return the arguments among `children`; a bare expression is an argument by position."""
    return tuple(
        one if isinstance(one, tree.Argument) else tree.Argument(one, span=one.span)
        for one in children
    )


def _apply(span: Span, children: Children) -> tree.Apply | tree.Aggregate:
    callee, *arguments = children
    if len(arguments) == 1 and isinstance(arguments[0], tuple):
        value, binder, domain, where, limit = arguments[0]
        return tree.Aggregate(callee, value, binder, domain, where, limit, span=span)
    return tree.Apply(callee, arguments_of(arguments), span=span)


def _named_argument(span: Span, children: Children) -> tree.Argument:
    return tree.Argument(children[1], children[0], span=span)


def _comprehension(_: Span, children: Children) -> tuple[Any, ...]:
    value, _, binder, _, domain, where, limit = children
    return value, binder, domain, where, limit


def _binary(operator: tree.Operator) -> Build:
    def build(span: Span, children: Children) -> tree.Binary:
        return tree.Binary(operator, children[0], children[-1], span=span)

    return build


def _not(span: Span, children: Children) -> tree.Not:
    return tree.Not(children[1], span=span)


def _negate(span: Span, children: Children) -> tree.Negate:
    return tree.Negate(children[0], span=span)


def _compare(span: Span, children: Children) -> tree.Compare:
    return tree.Compare(children[1], children[0], children[2], span=span)


def _comparator(_: Span, children: Children) -> tree.Comparator:
    return tree.Comparator(children[0].text)


def _is_negated(children: Children) -> bool:
    """Return whether `not` is among the words of a test."""
    return any(isinstance(one, Token) and one.text == "not" for one in children)


def _is_test(span: Span, children: Children) -> tree.IsTest:
    return tree.IsTest(children[0], children[-1], is_negated=_is_negated(children), span=span)


def _is_missing(span: Span, children: Children) -> tree.IsMissing:
    return tree.IsMissing(children[0], is_negated=_is_negated(children), span=span)


def _in_test(span: Span, children: Children) -> tree.InTest:
    return tree.InTest(children[0], children[-1], is_negated=_is_negated(children), span=span)


def _range_closed(span: Span, children: Children) -> tree.Range:
    return tree.Range(children[0], children[1], span=span)


def _range_open(span: Span, children: Children) -> tree.Range:
    return tree.Range(children[0], children[1], is_open=True, span=span)


def _if(span: Span, children: Children) -> tree.IfExpression:
    _, condition, _, then, _, otherwise = children
    return tree.IfExpression(condition, then, otherwise, span=span)


def _list(span: Span, children: Children) -> tree.ListLiteral:
    return tree.ListLiteral(tuple(children), span=span)


def _create(span: Span, children: Children) -> tree.Create:
    return tree.Create(children[1], arguments_of(children[2:]), span=span)


def _integer(span: Span, children: Children) -> tree.IntegerLiteral:
    return tree.IntegerLiteral(int(_digits(children[0])), span=span)


def _decimal(span: Span, children: Children) -> tree.DecimalLiteral:
    return tree.DecimalLiteral(_digits(children[0]), span=span)


def _percent(span: Span, children: Children) -> tree.DecimalLiteral:
    return tree.DecimalLiteral(_digits(children[0])[:-1], is_percent=True, span=span)


def _amount(span: Span, children: Children) -> tree.AmountLiteral:
    first = name_of(span, children[1])
    path = tree.Path((first, *children[2:]), span=first.span.to(span))
    return tree.AmountLiteral(_digits(children[0]), path, span=span)


def _duration(span: Span, children: Children) -> tree.DurationLiteral:
    return tree.DurationLiteral(int(_digits(children[0])), children[1], span=span)


def _unit_word(unit: tree.DurationUnit) -> Build:
    def build(_span: Span, _children: Children) -> tree.DurationUnit:
        return unit

    return build


def _date(span: Span, children: Children) -> tree.DateLiteral:
    return tree.DateLiteral(children[0].text, span=span)


def _instant(span: Span, children: Children) -> tree.InstantLiteral:
    return tree.InstantLiteral(children[0].text, span=span)


def _true(span: Span, _: Children) -> tree.BoolLiteral:
    return tree.BoolLiteral(value=True, span=span)


def _false(span: Span, _: Children) -> tree.BoolLiteral:
    return tree.BoolLiteral(value=False, span=span)


def _missing(span: Span, _: Children) -> tree.MissingLiteral:
    return tree.MissingLiteral(span=span)


def _parameters(_: Span, children: Children) -> tuple[tree.TypedName, ...]:
    return tuple(children)


def _typed_name(span: Span, children: Children) -> tree.TypedName:
    name, type_, _, bound, default = children
    return tree.TypedName(name, type_, bound, default, span=span)


def _type(span: Span, children: Children) -> tree.Type:
    base, _, readers, mark = children
    if readers is not None:
        base = tree.SealedType(base, readers, span=base.span.to(readers[-1].span))
    return base if mark is None else tree.OptionalType(base, span=span)


def _readers(_: Span, children: Children) -> tuple[tree.Path, ...]:
    return tuple(children[::2])


def _type_name(span: Span, children: Children) -> tree.NamedType:
    return tree.NamedType(children[0], span=span)


def _type_of(span: Span, children: Children) -> tree.AppliedType:
    return tree.AppliedType(children[0], children[2], span=span)


def _path(span: Span, children: Children) -> tree.Path:
    return tree.Path(tuple(children), span=span)


def _alternatives(span: Span, children: Children) -> tree.Alternatives:
    return tree.Alternatives(tuple(children), span=span)


def _names(_: Span, children: Children) -> tuple[tree.Name, ...]:
    return tuple(children)


def _case_name(span: Span, children: Children) -> tree.Name:
    # `true` and `false` are the names of a Bool's values.
    return children[0] if isinstance(children[0], tree.Name) else name_of(span, children[0])


def _condition(_: Span, children: Children) -> tree.Expression:
    return cast("tree.Expression", children[1])


def _limit(_: Span, children: Children) -> int:
    return int(_digits(children[1]))


_EXPRESSIONS: dict[str, Build] = {
    "name": _name,
    "head": _name,
    "name_reference": _name_reference,
    "member": _member,
    "index": _index,
    "apply": _apply,
    "named_argument": _named_argument,
    "comprehension": _comprehension,
    "add": _binary(tree.Operator.ADD),
    "subtract": _binary(tree.Operator.SUBTRACT),
    "multiply": _binary(tree.Operator.MULTIPLY),
    "divide": _binary(tree.Operator.DIVIDE),
    "both": _binary(tree.Operator.AND),
    "not_expression": _not,
    "negate": _negate,
    "compare": _compare,
    "comparator": _comparator,
    "is_test": _is_test,
    "is_not_test": _is_test,
    "is_missing": _is_missing,
    "is_not_missing": _is_missing,
    "in_test": _in_test,
    "not_in_test": _in_test,
    "range_closed": _range_closed,
    "range_open": _range_open,
    "if_expression": _if,
    "list": _list,
    "create": _create,
    "integer": _integer,
    "decimal": _decimal,
    "percent": _percent,
    "amount": _amount,
    "duration": _duration,
    "second": _unit_word(tree.DurationUnit.SECOND),
    "minute": _unit_word(tree.DurationUnit.MINUTE),
    "hour": _unit_word(tree.DurationUnit.HOUR),
    "day": _unit_word(tree.DurationUnit.DAY),
    "month": _unit_word(tree.DurationUnit.MONTH),
    "date": _date,
    "instant": _instant,
    "true": _true,
    "false": _false,
    "missing": _missing,
    "parameters": _parameters,
    "typed_name": _typed_name,
    "type": _type,
    "readers": _readers,
    "type_name": _type_name,
    "type_of": _type_of,
    "path": _path,
    "alternatives": _alternatives,
    "names": _names,
    "case_names": _names,
    "case_name": _case_name,
    "where": _condition,
    "feed_where": _condition,
    "feed_at": _condition,
    "limit": _limit,
}
