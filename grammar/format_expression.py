"""Writing expressions, types and what they are made of, with as few brackets as they need.

In come nodes, out go the pieces of one logical line. It knows how tightly each expression binds;
it knows no statements, and nothing of where a line ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import partial

from servanda.grammar import tree
from servanda.grammar.layout import flat_text
from servanda.grammar.line_writer import END_OF_LINE, Item, LineWriter
from servanda.grammar.source import Span


class Binding(IntEnum):
    """How tightly an expression binds; an operand that binds less is bracketed."""

    IF = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARE = 4
    SUM = 5
    PRODUCT = 6
    UNARY = 7
    POSTFIX = 8


OPERATOR_BINDINGS = {
    tree.Operator.OR: Binding.OR,
    tree.Operator.AND: Binding.AND,
    tree.Operator.ADD: Binding.SUM,
    tree.Operator.SUBTRACT: Binding.SUM,
    tree.Operator.MULTIPLY: Binding.PRODUCT,
    tree.Operator.DIVIDE: Binding.PRODUCT,
}

TEXT_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "{": "\\{", "}": "\\}"})
PLAIN_TEXT_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\"})


def binding_of(expression: tree.Expression) -> Binding:
    """Return how tightly `expression` binds."""
    match expression:
        case tree.IfExpression():
            return Binding.IF
        case tree.Binary(operator=operator):
            return OPERATOR_BINDINGS[operator]
        case tree.Not():
            return Binding.NOT
        case tree.Compare() | tree.IsTest() | tree.IsMissing() | tree.InTest():
            return Binding.COMPARE
        case tree.Negate() | tree.AmountLiteral():
            return Binding.UNARY
    return Binding.POSTFIX


def names_text(names: Sequence[tree.Name], separator: str = ", ") -> str:
    """Return `names` joined by `separator`."""
    return separator.join(name.text for name in names)


def path_text(path: tree.Path) -> str:
    """Return `path` with its points."""
    return names_text(path.names, ".")


def type_text(type_: tree.Type) -> str:
    """Return `type_` as it is written."""
    if isinstance(type_, tree.OptionalType):
        return type_text(type_.base) + "?"
    if isinstance(type_, tree.SealedType):
        return f"{type_text(type_.base)} to {' or '.join(map(path_text, type_.readers))}"
    words = []
    while isinstance(type_, tree.AppliedType):
        words.append(path_text(type_.constructor))
        type_ = type_.argument
    return " of ".join([*words, path_text(type_.path)])


def plain_text(text: str) -> str:
    """Return the literal of a text that has no holes."""
    return f'"{text.translate(PLAIN_TEXT_ESCAPES)}"'


def digits_text(digits: str) -> str:
    """Return `digits` with `_` before every three of the whole part's."""
    whole, point, fraction = digits.partition(".")
    first = len(whole) % 3 or 3
    groups = [whole[:first], *(whole[at : at + 3] for at in range(first, len(whole), 3))]
    return "_".join(groups) + point + fraction


def flat_expression(expression: tree.Expression | tree.Range, least: Binding = Binding.IF) -> str:
    """Return `expression` on one line."""
    writer = LineWriter()
    write_expression(writer, expression, least)
    return flat_text(writer.tokens)


def write_slot(
    writer: LineWriter,
    expression: tree.Expression | tree.Range,
    least: Binding = Binding.IF,
) -> None:
    """Write an expression of a statement, in brackets if it must break."""
    if writer.depth:
        write_expression(writer, expression, least, is_nested=True)
        return
    if isinstance(expression, tree.Range):
        write_slot(writer, expression.low, Binding.SUM)
        writer.text(_range_text(expression))
        write_slot(writer, expression.high, Binding.SUM)
        return
    if binding_of(expression) < least:
        write_expression(writer, expression, least)
        return
    item = Item(expression.span, partial(_write_bare, expression=expression, is_nested=False))
    writer.softly_bracketed(item, may_break=_has_parts(expression))


def _has_parts(expression: tree.Expression) -> bool:
    """Return whether `expression` is worth breaking outside its own brackets."""
    while isinstance(expression, tree.Not | tree.Negate | tree.IsTest | tree.IsMissing):
        expression = expression.operand
    match expression:
        case tree.Compare(left=left, right=right):
            return _has_parts(left) or _has_parts(right)
        case tree.InTest(operand=operand):
            return _has_parts(operand)
    return isinstance(expression, tree.Binary | tree.IfExpression)


def write_expression(
    writer: LineWriter,
    expression: tree.Expression | tree.Range,
    least: Binding = Binding.IF,
    *,
    is_nested: bool = False,
) -> None:
    """Write `expression`, bracketed if it binds less than `least`.

    `is_nested` says that it begins behind something on its line: what breaks is indented.
    """
    if isinstance(expression, tree.Range):
        write_expression(writer, expression.low, Binding.SUM, is_nested=is_nested)
        writer.text(_range_text(expression))
        write_expression(writer, expression.high, Binding.SUM, is_nested=True)
    elif binding_of(expression) < least:
        write = partial(_write_bare, expression=expression, is_nested=False)
        writer.bracketed(Item(expression.span, write))
    else:
        _write_bare(writer, expression, is_nested=is_nested)


def _range_text(range_: tree.Range) -> str:
    return "..<" if range_.is_open else ".."


def _write_bare(writer: LineWriter, expression: tree.Expression, *, is_nested: bool) -> None:
    match expression:
        case tree.IfExpression():
            writer.parts(_if_parts(expression), is_indented=is_nested)
        case tree.Binary():
            writer.parts(_chain_parts(expression), is_indented=is_nested)
        case tree.Compare(comparator=comparator, left=left, right=right):
            parts = [_part("", left, Binding.SUM), _part(f"{comparator} ", right, Binding.SUM)]
            writer.parts(parts, is_indented=is_nested)
        case tree.InTest(operand=operand, collection=collection, is_negated=is_negated):
            word = "not in " if is_negated else "in "
            parts = [_part("", operand, Binding.SUM), _part(word, collection, Binding.SUM)]
            writer.parts(parts, is_indented=is_nested)
        case tree.IsTest(operand=operand, path=path, is_negated=is_negated):
            write_expression(writer, operand, Binding.SUM, is_nested=is_nested)
            writer.text(f" is {'not ' if is_negated else ''}{path_text(path)}")
        case tree.IsMissing(operand=operand, is_negated=is_negated):
            write_expression(writer, operand, Binding.SUM, is_nested=is_nested)
            writer.text(f" is {'not ' if is_negated else ''}missing")
        case tree.Not() | tree.Negate():
            _write_prefixed(writer, expression)
        case tree.Member() | tree.Index() | tree.Apply() | tree.Aggregate():
            _write_postfixed(writer, expression)
        case tree.Create(record=record, arguments=arguments, span=span):
            writer.text("create " + path_text(record))
            write_arguments(writer, arguments, span.end)
        case tree.ListLiteral(items=items, span=span):
            writer.enclosed("[", [_part("", item) for item in items], "]", span.end)
        case _:
            writer.text(literal_text(expression))


def _part(prefix: str, node: tree.Expression | tree.Range, least: Binding = Binding.IF) -> Item:
    def write(writer: LineWriter) -> None:
        if prefix:
            writer.text(prefix)
        write_expression(writer, node, least, is_nested=bool(prefix))

    return Item(_span(node), write)


def _span(node: tree.Expression | tree.Range) -> Span:
    return node.low.span if isinstance(node, tree.Range) else node.span


def _if_parts(expression: tree.IfExpression) -> list[Item]:
    """Return `if c`, `then a` and `else b`; an `if` behind `else` goes on with the same parts."""
    parts = []
    prefix = "if "
    rest: tree.Expression = expression
    while isinstance(rest, tree.IfExpression):
        parts.append(_part(prefix, rest.condition, Binding.OR))
        parts.append(_part("then ", rest.then, Binding.OR))
        prefix, rest = "else if ", rest.otherwise
    return [*parts, _part("else ", rest)]


def _chain_parts(expression: tree.Binary) -> list[Item]:
    """Return the operands of one level, each but the first behind its operator."""
    binding = binding_of(expression)
    # An `and` within an `or` is bracketed, although it binds more: not every reader knows that.
    least = Binding.NOT if binding is Binding.OR else Binding(binding + 1)
    parts = []
    first: tree.Expression = expression
    while isinstance(first, tree.Binary) and binding_of(first) is binding:
        parts.append(_part(f"{first.operator} ", first.right, least))
        first = first.left
    is_both = binding_of(first) is Binding.AND and binding is Binding.OR
    return [_part("", first, least if is_both else binding), *reversed(parts)]


def _write_prefixed(writer: LineWriter, expression: tree.Not | tree.Negate) -> None:
    kind, word, least = (
        (tree.Not, "not ", Binding.COMPARE)
        if isinstance(expression, tree.Not)
        else (tree.Negate, "-", Binding.UNARY)
    )
    operand: tree.Expression = expression
    words = []
    while isinstance(operand, kind):
        words.append(word)
        operand = operand.operand
    writer.text("".join(words))
    write_expression(writer, operand, least, is_nested=True)


def _write_postfixed(writer: LineWriter, expression: tree.Expression) -> None:
    """Write what stands before the first point or bracket, then the rest from left to right."""
    steps = []
    first = expression
    while True:
        match first:
            case tree.Member(object=inner) | tree.Index(object=inner):
                pass
            case tree.Apply(callee=inner) | tree.Aggregate(callee=inner):
                pass
            case _:
                break
        steps.append(first)
        first = inner
    write_expression(writer, first, Binding.POSTFIX)
    for step in reversed(steps):
        match step:
            case tree.Member(name=name):
                writer.text("." + name.text)
            case tree.Index(keys=keys, span=span):
                writer.enclosed("[", [_part("", key) for key in keys], "]", span.end)
            case tree.Apply(arguments=arguments, span=span):
                write_arguments(writer, arguments, span.end)
            case tree.Aggregate(value=value, span=span):
                # Brackets that the value keeps hold their comments themselves.
                is_bracketed = binding_of(value) < Binding.OR
                start = writer.bracketed_span(value.span) if is_bracketed else value.span
                item = Item(start, partial(_write_comprehension, aggregate=step))
                writer.enclosed("(", [item], ")", span.end)


def _write_comprehension(writer: LineWriter, aggregate: tree.Aggregate) -> None:
    binder = aggregate.binder
    parts = [
        _part("", aggregate.value, Binding.OR),
        _part(f"for {binder.text} in ", aggregate.domain, Binding.OR)._replace(span=binder.span),
    ]
    if aggregate.where is not None:
        parts.append(_part("where ", aggregate.where, Binding.OR))
    if aggregate.limit is not None:
        # Nothing tells where the limit stood, so that no line may break in front of it.
        parts[-1] = _followed(parts[-1], f" limit {aggregate.limit:_}")
    writer.parts(parts, is_indented=False)


def _followed(part: Item, suffix: str) -> Item:
    def write(writer: LineWriter) -> None:
        part.write(writer)
        writer.text(suffix)

    return Item(part.span, write)


def write_arguments(
    writer: LineWriter, arguments: Sequence[tree.Argument], end: int = END_OF_LINE
) -> None:
    """Write `arguments` with their brackets, which ended at `end`."""
    items = [
        _part(f"{one.name.text}: " if one.name else "", one.value)._replace(span=one.span)
        for one in arguments
    ]
    writer.enclosed("(", items, ")", end)


def write_typed_name(writer: LineWriter, typed: tree.TypedName) -> None:
    """Write a parameter, key or field."""
    writer.text(f"{typed.name.text}: {type_text(typed.type)}")
    match typed.bound:
        case tree.Range() as bound:
            writer.text(" in ")
            write_slot(writer, bound)
        case tree.Alternatives(names=names):
            writer.text(" in ")
            parts = [
                Item(
                    name.span, partial(LineWriter.text, text=f"{'| ' if index else ''}{name.text}")
                )
                for index, name in enumerate(names)
            ]
            writer.parts(parts, is_indented=True)
    if typed.default is not None:
        writer.text(" = ")
        write_slot(writer, typed.default)


def write_typed_names(
    writer: LineWriter, opening: str, typed: Sequence[tree.TypedName], closing: str, end: int
) -> None:
    """Write parameters or keys with their brackets, which ended before `end`."""
    items = [Item(one.span, partial(write_typed_name, typed=one)) for one in typed]
    writer.enclosed(opening, items, closing, end)


def literal_text(expression: tree.Expression) -> str:
    """Return a literal or a name as it is written."""
    match expression:
        case tree.IntegerLiteral(value=value):
            return f"{value:_}"
        case tree.DecimalLiteral(digits=digits, is_percent=is_percent):
            return digits_text(digits) + ("%" if is_percent else "")
        case tree.AmountLiteral(digits=digits, unit=unit):
            return f"{digits_text(digits)} {path_text(unit)}"
        case tree.DurationLiteral(count=count, unit=unit_word):
            return f"{count:_} {unit_word}{'' if count == 1 else 's'}"
        case tree.DateLiteral(text=text) | tree.InstantLiteral(text=text):
            return text
        case tree.BoolLiteral(value=value):
            return "true" if value else "false"
        case tree.MissingLiteral():
            return "missing"
        case tree.NameReference(name=name):
            return name.text
        case tree.TextLiteral(parts=parts):
            inner = (
                part.translate(TEXT_ESCAPES)
                if isinstance(part, str)
                else f"{{{flat_expression(part)}}}"
                for part in parts
            )
            return f'"{"".join(inner)}"'
    message = f"{type(expression).__name__} is no literal"
    raise AssertionError(message)
