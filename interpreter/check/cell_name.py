"""Names in the cells of a decision: those of the column's type, and no others.

In comes a name in a cell; out comes whether its column has it, or a diagnostic that says what the
column has. A cell knows no `let`: what is declared elsewhere is no constant.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.interpreter.check.path import report_no_such_name
from servanda.interpreter.check.scope import Scope
from servanda.interpreter.model import ParameterModel
from servanda.interpreter.types import (
    BOOL,
    DATE,
    DECIMAL,
    INT,
    TEXT,
    TIME,
    AmountType,
    EnumType,
    LifecycleType,
    Type,
    show_type,
    show_unit,
)

ANY_WORDS = frozenset({"any", "all", "other", "others", "otherwise", "default", "everything", "_"})
TRUTHS = {"yes": "true", "y": "true", "no": "false", "n": "false"} | {
    one: one for one in ("true", "false")
}
EXAMPLES: dict[Type, str] = {
    INT: "0",
    DECIMAL: "0.5",
    DATE: "2026-01-05",
    TIME: "2026-01-05T09:00Z",
}


def is_cell_name(written: tree.NameReference, parameter: ParameterModel, scope: Scope) -> bool:
    """Whether the column has this name; if not, say what it has."""
    name, column = written.name, parameter.local
    if name.text in scope.checking.misnamed:
        return False
    named = column.type if isinstance(column.type, EnumType | LifecycleType) else None
    known: tuple[str, ...] = ()
    if named is not None:
        known = named.members if isinstance(named, EnumType) else named.states
    if name.text in known:
        return True
    is_any = name.text.casefold() in ANY_WORDS
    if named is not None and not is_any:
        report_no_such_name(name, named, scope)
        return False
    scope.report(
        "E0210",
        f"unknown name `{name.text}`",
        name.span,
        "a cell holds values of its column",
        others=(Label(parameter.span, f"the column `{column.name}` is declared here"),),
        advice="write `-` for any value" if is_any else value_meant(name.text, column.type),
    )
    return False


def value_meant(name: str, wanted: Type) -> str:
    """Return what is written where a name stands for a value of a type without names."""
    if wanted == TEXT:
        return f'write texts in quotes: `"{name}"`'
    if wanted == BOOL:
        truth = TRUTHS.get(name.casefold())
        return f"write `{truth}`" if truth else "write `true` or `false`"
    example = EXAMPLES.get(wanted, "")
    if isinstance(wanted, AmountType):
        example = f"100 {show_unit(wanted.unit)}"
    shown = f", such as `{example}`" if example else ""
    return f"write a value of type {show_type(wanted)}{shown}, or `-` for any"
