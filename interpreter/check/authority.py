"""Who may do it: `by` and `seen by` from tree to model.

In comes what stands after `by`; out comes an `Authority` in which every party is a value and every
role is declared. It refuses to know who the members are.
"""

from __future__ import annotations

from dataclasses import dataclass

from servanda.grammar import tree
from servanda.grammar.diagnostics import Label
from servanda.grammar.source import Span
from servanda.interpreter.check.expression import value_of
from servanda.interpreter.check.names import declare_local, report
from servanda.interpreter.check.path import similar
from servanda.interpreter.check.scope import Place, Scope
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.check.symbols import RoleSymbol
from servanda.interpreter.model import (
    AllOf,
    AnyOf,
    Authority,
    Local,
    SignedByContract,
    SignedByParty,
    SignedByQuorum,
    SignedByRole,
    Value,
)
from servanda.interpreter.types import (
    ANYTHING,
    PARTY,
    OptionalType,
    RecordType,
    RoleType,
    SetType,
    Type,
    show_type,
)

Binding = tuple[Type, tree.Name]
"""What an alias names, and where it is written."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One signer, looked up: a role by name, or the value of a party."""

    roles: tuple[str, ...]
    party: Value | None
    type: Type


def authority_of(written: tree.Authority, scope: Scope) -> Authority | None:
    """Return the authority that `written` asks for, its aliases bound in `scope`."""
    signers: dict[int, Signer] = {}
    look_up(written, scope, signers)
    aliases = aliases_of(written, scope, signers)
    locals_by_name = {
        name: declare_local(where, named, scope) for name, (named, where) in aliases.items()
    }
    return build(written, signers, locals_by_name)


def look_up(written: tree.Authority, scope: Scope, signers: dict[int, Signer]) -> None:
    """Look up every signer once; what is no signer is reported and left out."""
    match written:
        case tree.AuthorityAny(choices=parts) | tree.AuthorityAll(parts=parts):
            for part in parts:
                look_up(part, scope, signers)
            if isinstance(written, tree.AuthorityAll) and scope.place is Place.RECORD:
                report(
                    scope.checking.diagnostics,
                    "E0404",
                    "`seen by` names readers one by one",
                    written.span,
                    "nobody reads as several members at once",
                    help="write `or` between those who may read",
                )
        case tree.SignerPath(path=path):
            signer = signer_of(path, scope)
            if signer is not None:
                signers[id(written)] = signer
        case tree.SignerQuorum(path=path, count=count):
            check_quorum(count, written.span, scope)
            signer = signer_of(path, scope)
            if signer is not None and signer.party is not None:
                report(
                    scope.checking.diagnostics,
                    "E0403",
                    "a quorum is counted over a role",
                    path.span,
                    "this is one party",
                    help="name a role, as in `2 of Officer`",
                )
            elif signer is not None:
                signers[id(written)] = signer
        case tree.SignerContract() if scope.place is Place.RECORD:
            report(
                scope.checking.diagnostics,
                "E0404",
                "`seen by` names members, not contracts",
                written.span,
                "a contract reads nothing through a node",
                help="name a role or a field that holds a party",
            )


def check_quorum(count: int, span: Span, scope: Scope) -> None:
    """Report a quorum of nobody, or one in `seen by`."""
    if scope.place is Place.RECORD:
        report(
            scope.checking.diagnostics,
            "E0404",
            "`seen by` names readers one by one",
            span,
            "nobody reads as several members at once",
            help="name the role without a number",
        )
    elif count < 1:
        report(
            scope.checking.diagnostics,
            "E0403",
            "a quorum is at least one member",
            span,
            f"{count} members",
            help="write how many different members must sign, or leave `by` to another role",
        )


def signer_of(path: tree.Path, scope: Scope) -> Signer | None:
    """Return the role or party that a path names."""
    checking = scope.checking
    first = path.names[0]
    if len(path.names) == 1 and scope.find(first.text) is None:
        symbol = checking.declarations.find(first.text)
        if first.text in checking.misnamed:
            return None
        if isinstance(symbol, RoleSymbol):
            checking.used_names.add(first.text)
            return Signer((symbol.name,), None, RoleType(symbol.contract, (symbol.name,)))
        if symbol is not None or not is_own_field(first.text, scope):
            report_no_signer(first, symbol is not None, scope)
            return None
    value = value_of(expression_of(path), scope)
    if value.type == ANYTHING:
        return None
    if isinstance(value.type, RoleType):
        return Signer(value.type.roles, value, value.type)
    if value.type == PARTY:
        return Signer((), value, PARTY)
    report_no_party(path, value, scope)
    return None


def is_own_field(name: str, scope: Scope) -> bool:
    """Whether a bare name is a field of the record that is being declared."""
    if scope.this is None or not isinstance(scope.this.type, RecordType):
        return False
    return name in scope.checking.declarations.record(scope.this.type).slots


def report_no_signer(name: tree.Name, is_declared: bool, scope: Scope) -> None:
    """Report a name that is neither a role nor anything visible here."""
    checking = scope.checking
    if not is_declared:
        checking.misnamed.add(name.text)
    roles = [
        one for one, symbol in checking.declarations.symbols.items()
        if isinstance(symbol, RoleSymbol)
    ]  # fmt: skip
    advice = did_you_mean(name.text, [*roles, *scope.visible_names()])
    declared = checking.declarations.find(name.text)
    others = [Label(declared.span, f"`{name.text}` is declared here")] if declared else []
    report(
        checking.diagnostics,
        "E0402",
        f"`{name.text}` is no role" if is_declared else f"unknown role `{name.text}`",
        name.span,
        "nobody can sign as this",
        *others,
        *similar(advice, scope),
        help=advice or "name a role, or a field that holds a party, as in `account.holder`",
    )


def report_no_party(path: tree.Path, value: Value, scope: Scope) -> None:
    """Report a path that leads to something that cannot sign."""
    shown = ".".join(one.text for one in path.names)
    if isinstance(value.type, OptionalType):
        report(
            scope.checking.diagnostics,
            "E0402",
            f"`{shown}` may be missing, so nobody may be left to sign",
            path.span,
            f"of type `{show_type(value.type)}`",
            help="name a field that always holds a party, or a role",
        )
        return
    report(
        scope.checking.diagnostics,
        "E0402",
        f"`{shown}` is no party",
        path.span,
        f"of type `{show_type(value.type)}`",
        help="name a role, or a field of a role's type, as in `account.holder`",
    )


def expression_of(path: tree.Path) -> tree.Expression:
    """Return a path as the expression that reads it."""
    first, *rest = path.names
    found: tree.Expression = tree.NameReference(first, span=first.span)
    for name in rest:
        found = tree.Member(found, name, span=first.span.to(name.span))
    return found


def aliases_of(
    written: tree.Authority, scope: Scope, signers: dict[int, Signer]
) -> dict[str, Binding]:
    """Return what each alias names; choices must all bind the same names."""
    match written:
        case tree.SignerPath(alias=alias) | tree.SignerQuorum(alias=alias) if alias is not None:
            if scope.place is Place.RECORD:
                report(
                    scope.checking.diagnostics,
                    "E0404",
                    "`seen by` names nobody for later use",
                    alias.span,
                    "an alias",
                    help=f"remove `as {alias.text}`",
                )
                return {}
            signer = signers.get(id(written))
            named = signer.type if signer else ANYTHING
            if isinstance(written, tree.SignerQuorum) and signer:
                named = SetType(named)
            return {alias.text: (named, alias)}
        case tree.AuthorityAll(parts=parts):
            return aliases_of_all([aliases_of(one, scope, signers) for one in parts], scope)
        case tree.AuthorityAny(choices=choices):
            found = [aliases_of(one, scope, signers) for one in choices]
            return aliases_of_any(choices, found, scope)
    return {}


def aliases_of_all(found: list[dict[str, Binding]], scope: Scope) -> dict[str, Binding]:
    """Return the aliases of signers who all sign; each names one of them."""
    merged: dict[str, Binding] = {}
    for one in found:
        for name, binding in one.items():
            earlier = merged.setdefault(name, binding)
            if earlier is not binding:
                report(
                    scope.checking.diagnostics,
                    "E0405",
                    f"`{name}` names two different signers",
                    binding[1].span,
                    "named again",
                    Label(earlier[1].span, "named first here"),
                    help="give each of them a name of its own",
                )
    return merged


def aliases_of_any(
    choices: tuple[tree.Authority, ...], found: list[dict[str, Binding]], scope: Scope
) -> dict[str, Binding]:
    """Return the aliases that every choice binds."""
    merged: dict[str, Binding] = {}
    for one in found:
        for name, (_, where) in one.items():
            if name in merged:
                continue
            lacking = [
                choice for choice, other in zip(choices, found, strict=True) if name not in other
            ]
            if lacking:
                report(
                    scope.checking.diagnostics,
                    "E0405",
                    f"`{name}` is not named by every choice",
                    where.span,
                    "named only if this choice signs",
                    Label(lacking[0].span, f"this choice names no `{name}`"),
                    help=f"write `as {name}` behind every choice, or nowhere",
                )
            named = [other[name] for other in found if name in other]
            merged[name] = (united([held for held, _ in named], name, where, scope), where)
    return merged


def united(types: list[Type], name: str, where: tree.Name, scope: Scope) -> Type:
    """Return the type of an alias that stands for one of several signers."""
    if ANYTHING in types:
        return ANYTHING
    if all(one == types[0] for one in types):
        return types[0]
    if any(isinstance(one, SetType) for one in types):
        report(
            scope.checking.diagnostics,
            "E0405",
            f"`{name}` names one member in one choice and several in another",
            where.span,
            "named here",
            help="give the two choices different actions",
        )
        return ANYTHING
    roles = [one for one in types if isinstance(one, RoleType)]
    if len(roles) != len(types):
        return PARTY
    names = dict.fromkeys(role for one in roles for role in one.roles)
    return RoleType(roles[0].contract, tuple(names))


def build(
    written: tree.Authority, signers: dict[int, Signer], aliases: dict[str, Local]
) -> Authority | None:
    """Return the model of an authority; None when nothing in it could be made sense of."""
    match written:
        case tree.AuthorityAny(choices=choices):
            some = [one for part in choices if (one := build(part, signers, aliases)) is not None]
            return AnyOf(tuple(some), written.span) if some else None
        case tree.AuthorityAll(parts=parts):
            every = [one for part in parts if (one := build(part, signers, aliases)) is not None]
            return AllOf(tuple(every), written.span) if every else None
        case tree.SignerContract(name=name):
            return SignedByContract(name.text, written.span)
        case tree.SignerPath(alias=alias) | tree.SignerQuorum(alias=alias):
            signer = signers.get(id(written))
            if signer is None:
                return None
            local = aliases.get(alias.text) if alias is not None else None
            if isinstance(written, tree.SignerQuorum):
                return SignedByQuorum(written.count, signer.roles, local, written.span)
            if signer.party is not None:
                return SignedByParty(signer.party, local, written.span)
            return SignedByRole(signer.roles, local, written.span)
