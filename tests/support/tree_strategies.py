"""Hypothesis strategies for whole syntax trees: every node that the grammar can say.

`files()` gives contracts, `scripts()` gives top-level statements, and each part has a strategy of
its own. What they give is well formed (it can be written and parsed), not well typed.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from servanda.grammar import tree

PLAIN_NAMES = (
    *("a", "b", "x1", "amount", "payer", "Account", "Grey", "CNY", "FROZEN", "first", "is_black"),
    *("账户", "余额_2", "État", "ならび", "잔액"),
)
SOFT_KEYWORDS = (
    *("version", "chain", "decimals", "record", "event", "seen", "role", "unit", "rule", "clause"),
    *("decision", "action", "from", "to", "on", "has", "been", "limit", "test", "because", "that"),
    *("second", "seconds", "minute", "hours", "day", "days", "month", "months"),
)
TEXT_LETTERS = 'abc XYZ019_"\\{}#|,.:;()[]<>=+-*/?!%—账户é한カ😀'
T = TypeVar("T")

EXPRESSION_DEPTH = 3
BLOCK_DEPTH = 2


def many(one: SearchStrategy[T], least: int = 0, most: int = 3) -> SearchStrategy[tuple[T, ...]]:
    """Return a strategy for short tuples."""
    return st.lists(one, min_size=least, max_size=most).map(tuple)


def perhaps(one: SearchStrategy[T]) -> SearchStrategy[T | None]:
    """Return a strategy for something that may be absent."""
    return st.none() | one


# ── words ─────────────────────────────────────────────────────────────────────────────────────

plain_names = st.sampled_from(PLAIN_NAMES).map(tree.Name)
"""Names that are no keyword in any place: codes, units, hit policies."""

head_names = st.sampled_from([*PLAIN_NAMES, *SOFT_KEYWORDS]).map(tree.Name)
"""Names that may begin a statement."""

names = st.sampled_from([*PLAIN_NAMES, *PLAIN_NAMES, *SOFT_KEYWORDS, "at"]).map(tree.Name)
plain_texts = st.text(TEXT_LETTERS, max_size=20)
counts = st.integers(0, 10**9)
paths = many(names, 1, 3).map(tree.Path)
unit_paths = st.builds(
    lambda first, rest: tree.Path((first, *rest)), plain_names, many(names, 0, 2)
)
alternatives = many(names, 1, 3).map(tree.Alternatives)
name_lists = many(names, 1, 4)
digits = st.from_regex(r"\A(0|[1-9][0-9]{0,8})\Z")
fractions = st.from_regex(r"\A(0|[1-9][0-9]{0,8})\.[0-9]{1,4}\Z")

simple_types = st.recursive(
    paths.map(tree.NamedType),
    lambda inner: st.builds(tree.AppliedType, paths, inner),
    max_leaves=3,
)
sealed_types = st.builds(tree.SealedType, simple_types, many(paths, 1, 3))
types = (simple_types | sealed_types).flatmap(
    lambda one: st.sampled_from([one, tree.OptionalType(one)])
)


# ── expressions ───────────────────────────────────────────────────────────────────────────────

literals = st.one_of(
    st.builds(tree.IntegerLiteral, counts),
    st.builds(tree.DecimalLiteral, fractions),
    st.builds(tree.DecimalLiteral, digits | fractions, is_percent=st.just(True)),
    st.builds(tree.AmountLiteral, digits | fractions, unit_paths),
    st.builds(tree.DurationLiteral, st.integers(0, 2000), st.sampled_from(tree.DurationUnit)),
    st.sampled_from(["2026-01-05", "0001-12-31", "2026-99-99"]).map(tree.DateLiteral),
    st.sampled_from(["2026-01-05T09:00Z", "2026-01-05T09:00:07Z", "2026-01-05T09:00:07.125Z"]).map(
        tree.InstantLiteral
    ),
    st.builds(tree.BoolLiteral, st.booleans()),
    st.builds(tree.MissingLiteral),
)


@cache
def expressions(
    depth: int = EXPRESSION_DEPTH, *, has_texts: bool = True
) -> SearchStrategy[tree.Expression]:
    """Return expressions of at most `depth` levels; without texts they may stand in a hole."""
    references = names.map(tree.NameReference)
    if depth == 0:
        return references | literals
    texts = [text_literals(depth - 1)] if has_texts else []
    inner = expressions(depth - 1, has_texts=has_texts)
    collections = inner | ranges(depth - 1, has_texts=has_texts)
    inner_arguments = arguments(depth - 1, has_texts=has_texts)
    return st.one_of(
        references,
        literals,
        *texts,
        st.builds(tree.Member, inner, names),
        st.builds(tree.Index, inner, many(inner, 1, 2)),
        st.builds(tree.Apply, inner, inner_arguments),
        aggregates(depth - 1, has_texts=has_texts),
        st.builds(tree.Create, paths, inner_arguments),
        many(inner).map(tree.ListLiteral),
        st.builds(tree.Not, inner),
        st.builds(tree.Negate, inner),
        st.builds(tree.Binary, st.sampled_from(tree.Operator), inner, inner),
        st.builds(tree.Compare, st.sampled_from(tree.Comparator), inner, inner),
        st.builds(tree.IsTest, inner, paths, st.booleans()),
        st.builds(tree.IsMissing, inner, st.booleans()),
        st.builds(tree.InTest, inner, collections, st.booleans()),
        st.builds(tree.IfExpression, inner, inner, inner),
    )


@cache
def ranges(depth: int = EXPRESSION_DEPTH, *, has_texts: bool = True) -> SearchStrategy[tree.Range]:
    """Return closed and open ranges."""
    ends = expressions(depth, has_texts=has_texts)
    return st.builds(tree.Range, ends, ends, st.booleans())


@cache
def domains(
    depth: int = EXPRESSION_DEPTH, *, has_texts: bool = True
) -> SearchStrategy[tree.Expression | tree.Range]:
    """Return what a `for` may range over."""
    return expressions(depth, has_texts=has_texts) | ranges(depth, has_texts=has_texts)


@cache
def arguments(
    depth: int = EXPRESSION_DEPTH, *, has_texts: bool = True
) -> SearchStrategy[tuple[tree.Argument, ...]]:
    """Return arguments, some of them named."""
    values = expressions(depth, has_texts=has_texts)
    return many(st.builds(tree.Argument, values, perhaps(names)))


@cache
def aggregates(
    depth: int = EXPRESSION_DEPTH, *, has_texts: bool = True
) -> SearchStrategy[tree.Aggregate]:
    """Return `sum(e for x in d where c limit n)` in all its lengths."""
    inner = expressions(depth, has_texts=has_texts)
    return st.builds(
        tree.Aggregate,
        inner,
        inner,
        names,
        domains(depth, has_texts=has_texts),
        perhaps(inner),
        perhaps(counts),
    )


def _joined(parts: list[str | tree.Expression]) -> tree.TextLiteral:
    """Join neighbouring plain parts, as reading does."""
    found: list[str | tree.Expression] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tree.TextLiteral(tuple(found))


@cache
def text_literals(depth: int = 1) -> SearchStrategy[tree.TextLiteral]:
    """Return texts with holes."""
    return st.lists(plain_texts | expressions(depth, has_texts=False), max_size=3).map(_joined)


@cache
def places(depth: int = EXPRESSION_DEPTH) -> SearchStrategy[tree.Expression]:
    """Return what a statement may begin with: a name and what follows it without a blank."""
    heads = head_names.map(tree.NameReference)
    if depth == 0:
        return heads
    inner = places(depth - 1)
    return st.one_of(
        heads,
        st.builds(tree.Member, inner, names),
        st.builds(tree.Index, inner, many(expressions(depth - 1), 1, 2)),
        st.builds(tree.Apply, inner, arguments(depth - 1)),
    )


# ── statements ────────────────────────────────────────────────────────────────────────────────

values = expressions()
messages = text_literals()
calls = st.builds(tree.Call, paths, arguments())
parties = many(places(2), 1, 2)
let_does = st.builds(tree.Does, st.tuples(values), calls)

simple_statements = st.one_of(
    st.builds(tree.Require, values, plain_names, messages),
    st.builds(tree.Refuse, plain_names, messages),
    st.builds(tree.Let, names, values | let_does),
    st.builds(tree.Assign, places(), values),
    st.builds(tree.Becomes, places(), values),
    st.builds(tree.Move, values, values, values),
    st.builds(tree.Issue, values, values),
    st.builds(tree.Retire, values, values),
    st.builds(tree.CreateStatement, st.builds(tree.Create, paths, arguments())),
    st.builds(tree.Emit, paths, arguments()),
    st.builds(tree.Notify, values, values),
    st.builds(tree.CallStatement, st.builds(tree.Apply, places(2), arguments())),
    st.builds(tree.Give, values),
    st.builds(tree.Does, parties, calls),
    st.builds(tree.Cannot, parties, calls, paths),
    st.builds(tree.Expect, values),
    st.builds(tree.At, values),
    st.builds(tree.Wait, values),
    st.builds(tree.Show, values),
)


@cache
def statements(depth: int = BLOCK_DEPTH) -> SearchStrategy[tree.Statement]:
    """Return statements with at most `depth` blocks in one another."""
    if depth == 0:
        return simple_statements
    inner = blocks(depth - 1)
    branches = many(st.builds(tree.Branch, values, inner), 1, 2)
    cases = many(st.builds(tree.Case, name_lists, inner), 1, 2)
    return st.one_of(
        simple_statements,
        st.builds(tree.If, branches, perhaps(inner)),
        st.builds(tree.Choose, values, cases, perhaps(inner)),
        st.builds(tree.For, names, domains(), perhaps(values), perhaps(counts), inner),
        st.builds(tree.Feed, plain_texts, names, perhaps(values), perhaps(values), inner),
    )


@cache
def blocks(depth: int = BLOCK_DEPTH, least: int = 1) -> SearchStrategy[tree.Block]:
    """Return runs of statements."""
    return many(statements(depth), least, 3).map(tree.Block)


# ── declarations ──────────────────────────────────────────────────────────────────────────────

signers = st.one_of(
    st.builds(tree.SignerPath, paths, perhaps(names)),
    st.builds(tree.SignerQuorum, st.integers(0, 2000), paths, perhaps(names)),
    st.builds(tree.SignerContract, names),
)
authorities = st.recursive(
    signers,
    lambda inner: st.one_of(
        many(inner, 2, 3).map(tree.AuthorityAny), many(inner, 2, 3).map(tree.AuthorityAll)
    ),
    max_leaves=5,
)
typed_names = st.builds(
    tree.TypedName, names, types, perhaps(ranges(1) | alternatives), perhaps(expressions(2))
)
parameters = many(typed_names)
descriptions = perhaps(plain_texts)
lifecycle_lines = st.builds(tree.LifecycleLine, name_lists, many(names))
columns = st.builds(tree.Column, names, types, perhaps(ranges(1) | alternatives))
# A cell does no arithmetic: an expression of depth 0 is a name or a literal.
cell_items = st.one_of(
    expressions(0),
    ranges(0),
    st.builds(tree.CellComparison, st.sampled_from(tree.Comparator), expressions(0)),
)
cells = st.builds(tree.CellAny) | st.builds(tree.CellItems, many(cell_items, 1, 2), st.booleans())
rows = st.builds(tree.DecisionRow, many(cells, 1, 3), many(expressions(2), 1, 2))
states = perhaps(alternatives)
triggers = st.one_of(
    st.builds(tree.HasBeen, alternatives, values),
    st.builds(tree.Reaches, states, values),
    st.builds(tree.Every, st.integers(1, 2000), st.none(), perhaps(st.integers(0, 1439)), states),
    st.builds(tree.Every, st.none(), st.integers(0, 31), perhaps(st.integers(0, 1439)), states),
)

declarations = st.one_of(
    name_lists.map(tree.RoleDeclaration),
    st.builds(tree.UnitDeclaration, names, st.integers(0, 2000)),
    st.builds(tree.EnumDeclaration, names, name_lists),
    st.builds(tree.LifecycleDeclaration, names, many(lifecycle_lines, 1, 4), descriptions),
    st.builds(
        tree.RecordDeclaration,
        names,
        many(typed_names, 1, 2),
        many(typed_names),
        perhaps(authorities),
        descriptions,
    ),
    st.builds(tree.EventDeclaration, names, parameters),
    st.builds(tree.RuleDeclaration, names, parameters, types, values),
    st.builds(
        tree.RuleDeclaration,
        names,
        parameters,
        types,
        blocks(1),
        perhaps(authorities),
        descriptions,
    ),
    st.builds(
        tree.DecisionDeclaration,
        names,
        many(plain_names, 0, 2),
        many(columns, 1, 3),
        many(columns, 1, 2),
        many(rows, 0, 4),
        descriptions,
    ),
    st.builds(tree.ClauseDeclaration, names, parameters, blocks(), descriptions),
    st.builds(
        tree.ActionDeclaration,
        names,
        parameters,
        perhaps(types),
        perhaps(authorities),
        blocks(least=0),
        descriptions,
    ),
    st.builds(tree.TimerDeclaration, names, paths, triggers, blocks(1), descriptions),
    st.builds(
        tree.InvariantDeclaration,
        plain_texts,
        perhaps(st.builds(tree.ForEach, names, domains(), perhaps(values))),
        values,
    ),
    st.builds(tree.TestDeclaration, plain_texts, blocks(), descriptions),
)

headers = st.builds(tree.Header, names, counts)
timezones = st.builds(tree.Timezone, plain_texts)
uses = st.builds(tree.Use, names, perhaps(names), perhaps(names))


@cache
def files() -> SearchStrategy[tree.File]:
    """Return contracts and test files."""
    return st.builds(
        lambda header, zone, others, rest: tree.File((*header, *zone, *others, *rest)),
        many(headers, 0, 1),
        many(timezones, 0, 1),
        many(uses, 0, 2),
        many(declarations, 0, 4),
    )


@cache
def scripts() -> SearchStrategy[tree.File]:
    """Return files of statements at top level."""
    return st.builds(
        lambda others, steps: tree.File((*others, *steps)),
        many(uses, 0, 2),
        many(statements(), 0, 5),
    )
