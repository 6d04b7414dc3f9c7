"""Names that are declared: nothing shadows, nothing is declared twice, nothing takes a word away.

In comes a name where it is declared; out comes a diagnostic, or the name is bound. It refuses to
know what the name will stand for.
"""

from __future__ import annotations

from collections.abc import Iterable

from servanda.grammar import tree
from servanda.grammar.characters import outline
from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.check.scope import Checking, Scope
from servanda.interpreter.check.symbols import ClauseSymbol, Declarations, Symbol
from servanda.interpreter.model import AggregateKind, Builtin, Local
from servanda.interpreter.types import ANYTHING, STORABLE_PLAIN, Type
from servanda.interpreter.values.units import ISO_4217

BLOCK_TIMES = frozenset({"now", "today", "due"})
"""The moments that every body knows."""
IMPLICIT_NAMES = frozenset({"now", "today", "due", "missing", "this"})
"""Words that stand for a value without being declared."""

TYPE_NAMES = frozenset(STORABLE_PLAIN) | {"Amount", "Balance", "List", "Set", "Sealed", "Proof"}
OWN_PROOF = "proof"
"""The function by which a test gives a proof."""
FUNCTION_NAMES = frozenset(
    {one.value for one in Builtin if one is not Builtin.ROUND_DECIMAL}
    | {one.value for one in AggregateKind}
    | {OWN_PROOF}
)


def report(
    diagnostics: Diagnostics,
    code: str,
    message: str,
    span: Span,
    label: str = "",
    *others: Label,
    help: str = "",  # noqa: A002 -- the word that readers see
) -> None:
    """Report one mistake."""
    diagnostics.report(Diagnostic(code, message, span, label, others, help))


def why_reserved(name: str, *, is_callable: bool) -> str:
    """Return what `name` already means in the language, or nothing.

    A function of the language is only ever called, so a field or a parameter may be called
    `number` or `list`; only what can be called itself may not.
    """
    if name in IMPLICIT_NAMES:
        return "a word of the language"
    if name in TYPE_NAMES:
        return "a type of the language"
    if name in ISO_4217:
        return "a currency of ISO 4217"
    if is_callable and name in FUNCTION_NAMES:
        return "a function of the language"
    return ""


def check_reserved(name: tree.Name, diagnostics: Diagnostics, *, is_callable: bool) -> bool:
    """Report a declared name that the language keeps for itself; return whether it is free."""
    seen = outline(name.text)
    why = why_reserved(seen, is_callable=is_callable)
    if why and seen != name.text:
        report(
            diagnostics,
            "E0018",
            f"`{name.text}` looks like `{seen}`, {why}",
            name.span,
            "letters of another script",
            help="choose another name",
        )
    elif why:
        report(
            diagnostics,
            "E0251",
            f"`{name.text}` is {why} and cannot be declared",
            name.span,
            "declared here",
            help="choose another name",
        )
    return not why


def add_symbol(name: tree.Name, symbol: Symbol, checking: Checking) -> bool:
    """Declare `name` for the whole contract; return whether it was free."""
    if not check_reserved(name, checking.diagnostics, is_callable=True):
        checking.misnamed.add(name.text)
        return False
    declarations = checking.declarations
    earlier = declarations.symbols.get(name.text)
    if earlier is not None:
        checking.misnamed.add(name.text)
        report(
            checking.diagnostics,
            "E0250",
            f"`{name.text}` is declared twice",
            name.span,
            "declared again",
            Label(earlier.span, "declared first here"),
            help="rename one of the two, or remove it",
        )
        return False
    declarations.add(name.text, symbol)
    return True


def span_of_symbol(name: str, declarations: Declarations) -> Span | None:
    """Return where a declaration that is visible as `name` stands."""
    symbol = declarations.find(name)
    # A clause is invisible from outside its contract, so there its name is free.
    if isinstance(symbol, ClauseSymbol) and name not in declarations.symbols:
        return None
    if symbol is not None:
        return symbol.span
    owners = declarations.owners_of(name)
    return owners[0].span if owners else None


def is_free(name: tree.Name, scope: Scope) -> bool:
    """Report a local name that shadows something; return whether it is free."""
    diagnostics = scope.checking.diagnostics
    if not check_reserved(name, diagnostics, is_callable=False):
        return False
    frame: Scope | None = scope
    while frame is not None:
        if (local := frame.locals.get(name.text)) is not None:
            report(
                diagnostics,
                "E0253",
                f"`{name.text}` is already declared here",
                name.span,
                "declared again",
                Label(scope.checking.spans.get(local.number, name.span), "declared first here"),
                help="choose another name: no name may hide another",
            )
            return False
        frame = frame.parent
    declared = span_of_symbol(name.text, scope.checking.declarations)
    if declared is not None:
        report(
            diagnostics,
            "E0252",
            f"`{name.text}` would hide a declaration of the same name",
            name.span,
            "declared again",
            Label(declared, f"`{name.text}` is declared here"),
            help="choose another name: no name may hide another",
        )
    return declared is None


def declare_local(name: tree.Name, bound_type: Type, scope: Scope) -> Local:
    """Bind a local; a name that shadows is reported and bound all the same, so bodies go on."""
    is_taken = scope.is_visible(name.text)
    is_free(name, scope)
    # Which of two locals of one name is meant later, nobody knows: any use of it is let pass.
    return scope.bind(name.text, ANYTHING if is_taken else bound_type, name.span)


def check_distinct(names: Iterable[tree.Name], what: str, diagnostics: Diagnostics) -> None:
    """Report every name that stands twice in one list of `what`."""
    first: dict[str, tree.Name] = {}
    for name in names:
        earlier = first.setdefault(name.text, name)
        if earlier is not name:
            report(
                diagnostics,
                "E0254",
                f"the {what} `{name.text}` is named twice",
                name.span,
                "named again",
                Label(earlier.span, "named first here"),
                help="remove one of the two, or rename it",
            )


def has_errors(file: tree.File, diagnostics: Diagnostics) -> bool:
    """Whether anything was reported that forbids using this file, or too much to be kept."""
    source = file.span.source
    return diagnostics.is_full or any(
        not one.is_warning and one.span.source == source for one in diagnostics
    )
