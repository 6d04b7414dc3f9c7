"""The parser: the tree is what was written, and every span covers exactly its own text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse, parse_expression
from servanda.grammar.source import Source
from servanda.grammar.tree import (
    Alternatives,
    Apply,
    Argument,
    Binary,
    Block,
    CallStatement,
    Comparator,
    Compare,
    DecimalLiteral,
    Expression,
    IntegerLiteral,
    Member,
    Name,
    NamedType,
    NameReference,
    Node,
    Operator,
    Path,
    Range,
    SignerPath,
    TextLiteral,
    TypedName,
)

CONTRACT = """\
contract Pawnshop version 2
timezone "Asia/Shanghai"
use Registry as registry  # lent things are registered there

role Clerk, Customer
unit Point decimals 0
enum Worth: High, Low

lifecycle Pledge
  "How a pledge ends."
  Held, Late -> Redeemed | Sold
  Redeemed, Sold

record Thing[number: Text, copy: Int]
  "A thing that was pledged."
  seen by owner or Clerk
  owner: Customer
  price: Amount of CNY in 1 CNY..100 CNY = 5 CNY
  note: Text? = missing
  pledge: Pledge

event Sold(thing: Thing, price: Amount of CNY,)

rule half(a: Amount of CNY): Amount of CNY = round(a * 50%, CNY, half_up)

rule worth(thing: Thing): Worth
  by Clerk
  let limit = 10 CNY
  give if thing.price >= limit then High else Low

decision fee (collect sum)
  | age: Int in 0..<120 | worth: Worth in High, Low || fee: Int | tax: Int |
  | >= 18, 5, 1..2      | not Low                   || 1        | -2       |
  | -                   | High, Low                 || 3        | 4        |

clause sell(thing: Thing)
  thing.pledge becomes Sold
  emit Sold(thing, thing.price)

action pledge(number: Text, copy: Int in 1..9): Thing
  by (Clerk as clerk and (Customer or 2 of Registrar as two)) or contract Registry
  require number != "" else EMPTY "a \\"number\\" {number} \\{is\\} needed"
  for x in [1, 2] where x not in 2..3 limit 7
    if x == 1
      move 1 CNY from a.b to c.d
    elif x is not missing
      retire 1 CNY from a.b
    else
      issue 1_000.50 CNY to a.b
  choose fee(x)
    High, Low
      refuse NO "no"
    else
      notify clerk that "x"
  give create Thing(number: number, copy: copy)

when thing: Thing has been Held | Late for 3 days + 1 hour
  sell(thing)

when thing: registry.Thing in Held reaches thing.due
  sell(thing)

every month on 20 at 02:30 for thing: Thing
  "Monthly."
  sell(thing)

every 3 days for thing: Thing in Held
  sell(thing)

invariant "no thing is dear"
  for thing in Thing where thing.pledge is Held
  holds sum(t.price for t in Thing) <= 5 CNY

test "a pledge"
  at 2026-01-05T09:00Z
  let thing = clerk does pledge("1", 1)
  clerk and customer does registry.enter(thing)
  clerk cannot pledge("1", 1) because Registry.TAKEN
  wait 3 days
  expect Thing["1", 1].note is missing
  show -2026.5 / 3
  feed "things.csv" as row at 2026-01-01 where int(row.day) > 0
    clerk does pledge(row.number, 1)
"""


def read(text: str) -> tree.File:
    """Return the tree of a text without mistakes."""
    diagnostics = Diagnostics()
    file = parse(Source("x.contract", text), diagnostics)
    assert list(diagnostics) == []
    return file


def expression(text: str) -> Expression:
    """Return the expression that `text` is."""
    diagnostics = Diagnostics()
    found = parse_expression(Source("x.contract", text), diagnostics)
    assert list(diagnostics) == []
    assert found is not None
    return found


def name(text: str) -> Name:
    """Return a name."""
    return Name(text)


def names(text: str) -> tuple[Name, ...]:
    """Return the names that `text` lists."""
    return tuple(Name(one) for one in text.split())


def path(text: str) -> Path:
    """Return a path."""
    return Path(tuple(Name(one) for one in text.split(".")))


def value(text: str) -> NameReference:
    """Return a name used as a value."""
    return NameReference(Name(text))


def nodes(node: object) -> Iterator[Node]:
    """Yield `node` and every node inside it."""
    if isinstance(node, tuple):
        for one in node:
            yield from nodes(one)
    elif is_dataclass(node) and isinstance(node, Node):
        yield node
        for one in fields(node):
            if one.name != "span":
                yield from nodes(getattr(node, one.name))


def test_every_declaration_is_read() -> None:
    """The items come in the order of the source, none left out."""
    assert [type(item).__name__.removesuffix("Declaration") for item in read(CONTRACT).items] == (
        "Header Timezone Use Role Unit Enum Lifecycle Record Event Rule Rule Decision Clause "
        "Action Timer Timer Timer Timer Invariant Test".split()
    )


def test_the_head_of_a_contract() -> None:
    """Names, numbers and plain texts arrive as they were written."""
    header, timezone, use, role, unit, enum, lifecycle, *_ = read(CONTRACT).items
    assert header == tree.Header(name("Pawnshop"), 2)
    assert timezone == tree.Timezone("Asia/Shanghai")
    assert use == tree.Use(name("Registry"), name("registry"), None)
    assert role == tree.RoleDeclaration(names("Clerk Customer"))
    assert unit == tree.UnitDeclaration(name("Point"), 0)
    assert enum == tree.EnumDeclaration(name("Worth"), names("High Low"))
    assert lifecycle == tree.LifecycleDeclaration(
        name("Pledge"),
        (
            tree.LifecycleLine(names("Held Late"), names("Redeemed Sold")),
            tree.LifecycleLine(names("Redeemed Sold"), ()),
        ),
        "How a pledge ends.",
    )


def test_a_record() -> None:
    """Keys, fields, bounds, defaults, who sees it and what it is."""
    record = read(CONTRACT).items[7]
    money = tree.AppliedType(path("Amount"), NamedType(path("CNY")))
    assert record == tree.RecordDeclaration(
        name("Thing"),
        (
            TypedName(name("number"), NamedType(path("Text"))),
            TypedName(name("copy"), NamedType(path("Int"))),
        ),
        (
            TypedName(name("owner"), NamedType(path("Customer"))),
            TypedName(
                name("price"),
                money,
                Range(tree.AmountLiteral("1", path("CNY")), tree.AmountLiteral("100", path("CNY"))),
                tree.AmountLiteral("5", path("CNY")),
            ),
            TypedName(
                name("note"),
                tree.OptionalType(NamedType(path("Text"))),
                None,
                tree.MissingLiteral(),
            ),
            TypedName(name("pledge"), NamedType(path("Pledge"))),
        ),
        tree.AuthorityAny((SignerPath(path("owner")), SignerPath(path("Clerk")))),
        "A thing that was pledged.",
    )


def test_a_sealed_value() -> None:
    """What stands before `to` is one type; what stands behind it may read; `?` is of both."""
    (event,) = read("event E(a: Sealed of Amount of CNY to b.c or to?)\n").items
    money = tree.AppliedType(path("Amount"), NamedType(path("CNY")))
    sealed = tree.SealedType(tree.AppliedType(path("Sealed"), money), (path("b.c"), path("to")))
    assert isinstance(event, tree.EventDeclaration)
    assert event.parameters == (TypedName(name("a"), tree.OptionalType(sealed)),)


def test_a_decision() -> None:
    """Cells are any, items or the rest; a comparison or range may be one of the items."""
    decision = read(CONTRACT).items[11]
    assert isinstance(decision, tree.DecisionDeclaration)
    assert decision.policy == names("collect sum")
    age, worth = decision.inputs
    assert age.bound == Range(IntegerLiteral(0), IntegerLiteral(120), is_open=True)
    assert worth.bound == Alternatives(names("High Low"))
    assert [one.name.text for one in decision.outputs] == ["fee", "tax"]
    first, second = decision.rows
    assert first.cells == (
        tree.CellItems(
            (
                tree.CellComparison(Comparator.MORE_OR_EQUAL, IntegerLiteral(18)),
                IntegerLiteral(5),
                Range(IntegerLiteral(1), IntegerLiteral(2)),
            )
        ),
        tree.CellItems((value("Low"),), is_negated=True),
    )
    assert first.outputs == (IntegerLiteral(1), tree.Negate(IntegerLiteral(2)))
    assert second.cells == (tree.CellAny(), tree.CellItems((value("High"), value("Low"))))


def test_an_action() -> None:
    """Authority binds `and` before `or`; blocks, branches and cases keep their order."""
    action = read(CONTRACT).items[13]
    assert isinstance(action, tree.ActionDeclaration)
    assert action.authority == tree.AuthorityAny(
        (
            tree.AuthorityAll(
                (
                    SignerPath(path("Clerk"), name("clerk")),
                    tree.AuthorityAny(
                        (
                            SignerPath(path("Customer")),
                            tree.SignerQuorum(2, path("Registrar"), name("two")),
                        )
                    ),
                )
            ),
            tree.SignerContract(name("Registry")),
        )
    )
    require, loop, choose, give = action.body.statements
    assert require == tree.Require(
        Compare(Comparator.NOT_EQUAL, value("number"), TextLiteral(())),
        name("EMPTY"),
        TextLiteral(('a "number" ', value("number"), " {is} needed")),
    )
    assert isinstance(loop, tree.For)
    assert (loop.binder, loop.limit) == (name("x"), 7)
    assert loop.where == tree.InTest(
        value("x"), Range(IntegerLiteral(2), IntegerLiteral(3)), is_negated=True
    )
    (branching,) = loop.body.statements
    assert isinstance(branching, tree.If)
    assert [type(one.condition) for one in branching.branches] == [Compare, tree.IsMissing]
    assert branching.otherwise == Block(
        (tree.Issue(tree.AmountLiteral("1000.50", path("CNY")), Member(value("a"), name("b"))),)
    )
    assert isinstance(choose, tree.Choose)
    assert [one.names for one in choose.cases] == [names("High Low")]
    assert choose.otherwise is not None
    assert isinstance(give, tree.Give)
    assert isinstance(give.value, tree.Create)


def test_timers() -> None:
    """What fires a timer: a state for a time, a moment, a period."""
    timers = [item for item in read(CONTRACT).items if isinstance(item, tree.TimerDeclaration)]
    state, moment, month, days = (one.trigger for one in timers)
    assert isinstance(state, tree.HasBeen)
    assert state.states == Alternatives(names("Held Late"))
    assert isinstance(state.duration, Binary)
    assert moment == tree.Reaches(Alternatives(names("Held")), Member(value("thing"), name("due")))
    assert month == tree.Every(None, 20, 150, None)
    assert days == tree.Every(3, None, None, Alternatives(names("Held")))
    assert [one.description for one in timers] == [None, None, "Monthly.", None]
    assert timers[1].record == path("registry.Thing")


def test_the_statements_of_a_test() -> None:
    """Parties act, fail to act, and rows are fed."""
    test = read(CONTRACT).items[-1]
    assert isinstance(test, tree.TestDeclaration)
    _, let, does, cannot, wait, _, show, feed = test.body.statements
    pledge = tree.Call(path("pledge"), (Argument(TextLiteral(("1",))), Argument(IntegerLiteral(1))))
    assert let == tree.Let(name("thing"), tree.Does((value("clerk"),), pledge))
    assert does == tree.Does(
        (value("clerk"), value("customer")),
        tree.Call(path("registry.enter"), (Argument(value("thing")),)),
    )
    assert cannot == tree.Cannot((value("clerk"),), pledge, path("Registry.TAKEN"))
    assert wait == tree.Wait(tree.DurationLiteral(3, tree.DurationUnit.DAY))
    assert show == tree.Show(
        Binary(Operator.DIVIDE, tree.Negate(DecimalLiteral("2026.5")), IntegerLiteral(3))
    )
    assert isinstance(feed, tree.Feed)
    assert feed.at == tree.DateLiteral("2026-01-01")
    assert isinstance(feed.where, Compare)


def member(*parts: str) -> Expression:
    """Return `a.b.c`."""
    found: Expression = value(parts[0])
    for one in parts[1:]:
        found = Member(found, name(one))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1_000", IntegerLiteral(1000)),
        ("3.65%", DecimalLiteral("3.65", is_percent=True)),
        ("1_000.50", DecimalLiteral("1000.50")),
        ("2 months", tree.DurationLiteral(2, tree.DurationUnit.MONTH)),
        ("2026-02-30", tree.DateLiteral("2026-02-30")),
        ("2026-01-05T09:00:01.5Z", tree.InstantLiteral("2026-01-05T09:00:01.5Z")),
        ("true", tree.BoolLiteral(value=True)),
        ("a.b.c", member("a", "b", "c")),
        ("day.limit", member("day", "limit")),
        (
            "a - b - c",
            Binary(
                Operator.SUBTRACT, Binary(Operator.SUBTRACT, value("a"), value("b")), value("c")
            ),
        ),
        (
            "a or (b and not c)",
            Binary(Operator.OR, value("a"), Binary(Operator.AND, value("b"), tree.Not(value("c")))),
        ),
        (
            "-a * (b + c)",
            Binary(
                Operator.MULTIPLY,
                tree.Negate(value("a")),
                Binary(Operator.ADD, value("b"), value("c")),
            ),
        ),
        ("a is not o.Grey", tree.IsTest(value("a"), path("o.Grey"), is_negated=True)),
        ("a not in b", tree.InTest(value("a"), value("b"), is_negated=True)),
        ("[]", tree.ListLiteral(())),
        ("f()", Apply(value("f"), ())),
        (
            "f(a, b: c,)",
            Apply(value("f"), (Argument(value("a")), Argument(value("c"), name("b")))),
        ),
        (
            "count(x for x in 1..n where x limit 3)",
            tree.Aggregate(
                value("count"),
                value("x"),
                name("x"),
                Range(IntegerLiteral(1), value("n")),
                value("x"),
                3,
            ),
        ),
        ('"a{b}{c}"', TextLiteral(("a", value("b"), value("c")))),
        ('"\\\\\\"\\{\\}"', TextLiteral(('\\"{}',))),
        (
            "if a then b else c",
            tree.IfExpression(value("a"), value("b"), value("c")),
        ),
    ],
)
def test_expressions(text: str, expected: Expression) -> None:
    """Precedence, associativity and every literal."""
    assert expression(text) == expected


def test_names_are_covered_exactly() -> None:
    """The span of each name covers the name and nothing else."""
    source = Source("x.contract", CONTRACT)
    found = [one for one in nodes(read(CONTRACT).items) if isinstance(one, Name)]
    assert len(found) > 150
    for one in found:
        assert source.slice(one.span) == one.text


def test_every_node_is_covered_exactly() -> None:
    """No span begins or ends in blanks, comments or line ends, or reaches past its parent's."""
    source = Source("x.contract", CONTRACT)
    for parent in nodes(read(CONTRACT).items):
        covered = source.slice(parent.span)
        assert covered == covered.strip(), parent
        assert covered, parent
        for one in fields(parent):
            for child in nodes(getattr(parent, one.name)) if one.name != "span" else ():
                assert parent.span.start <= child.span.start, (parent, child)
                assert child.span.end <= parent.span.end, (parent, child)


def test_some_spans_by_their_text() -> None:
    """Declarations reach from their keyword to their last token, texts hold their holes."""
    source = Source("x.contract", CONTRACT)
    items = read(CONTRACT).items
    assert source.slice(items[2].span) == "use Registry as registry"
    assert source.slice(items[12].span) == (
        "clause sell(thing: Thing)\n  thing.pledge becomes Sold\n  emit Sold(thing, thing.price)"
    )
    action = items[13]
    assert isinstance(action, tree.ActionDeclaration)
    require, loop, *_ = action.body.statements
    assert isinstance(require, tree.Require)
    hole = require.message.parts[1]
    assert isinstance(hole, NameReference)
    assert source.slice(hole.span) == "number"
    assert source.position(hole.span.start) == (42, 50)
    assert isinstance(loop, tree.For)
    assert source.slice(loop.domain.span) == "[1, 2]"
    assert source.slice(loop.body.span).startswith("if x == 1\n")


def test_a_source_may_be_empty() -> None:
    """Nothing, blanks or comments hold no items and no mistakes."""
    for text in ("", "\n", "   ", "# only\n\n  # this", "\n\n#\n"):
        assert read(text).items == ()


def test_the_last_line_needs_no_end() -> None:
    """A comment or nothing may follow the last token."""
    text = "clause c()\n  stop(x)"
    for ending in ("", "\n", "\n\n", "  # so", "\n  # so", "\n# so\n", "\n   "):
        assert read(text + ending).items == read(text).items


def test_brackets_continue_a_line() -> None:
    """Inside brackets lines break freely; a closing bracket may stand in the first column."""
    text = "event E(\n  a: Text,  # first\n\n  b: Text,\n)\nrole A\n"
    assert read(text) == read("event E(a: Text, b: Text)\nrole A\n")


def test_branches_may_stand_in_the_first_column() -> None:
    """At the top level of a script `elif` and `else` belong to the `if` above them."""
    text = "if a\n  b()\nelif c\n  d()\nelse\n  e()\nf()\n"
    first, second = read(text).items
    assert isinstance(first, tree.If)
    assert (len(first.branches), first.otherwise is not None) == (2, True)
    assert second == CallStatement(Apply(value("f"), ()))


def test_descriptions_have_no_holes() -> None:
    """In a description or a title a brace is a brace; escapes are escapes."""
    clause = read('clause c()\n  "a {b} \\"c\\""\n  d()\n').items[0]
    assert isinstance(clause, tree.ClauseDeclaration)
    assert clause.description == 'a {b} "c"'
    test = read('test "{"\n  wait 1 day\n').items[0]
    assert isinstance(test, tree.TestDeclaration)
    assert test.title == "{"
