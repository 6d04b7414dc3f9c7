"""Writing the top-level items of a file onto a page.

In come nodes, out go lines. It knows what a declaration's lines are and which of them stand close
together; statements, tables and expressions are written elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from servanda.grammar import tree
from servanda.grammar.format_expression import (
    Binding,
    names_text,
    path_text,
    plain_text,
    type_text,
    write_slot,
    write_typed_name,
    write_typed_names,
)
from servanda.grammar.format_statement import (
    write_block,
    write_described_block,
    write_domain,
    write_statement,
)
from servanda.grammar.format_table import lifecycle_lines, table_lines
from servanda.grammar.layout import flat_text
from servanda.grammar.line_writer import END_OF_LINE, Item, LineWriter
from servanda.grammar.page import Distance, Page

TopLevelItem = tree.Header | tree.Timezone | tree.Use | tree.Declaration | tree.Statement


def write_item(page: Page, item: TopLevelItem, distance: Distance) -> None:
    """Write one top-level item and everything below it."""
    match item:
        case tree.Header(name=name, version=version):
            page.text_line(f"contract {name.text} version {version:_}", 0, distance)
        case tree.Timezone(zone=zone):
            page.text_line(f"timezone {plain_text(zone)}", 0, distance)
        case tree.Use(contract=contract, alias=alias, chain=chain):
            as_alias = f" as {alias.text}" if alias else ""
            on_chain = f" on chain {chain.text}" if chain else ""
            page.text_line(f"use {contract.text}{as_alias}{on_chain}", 0, distance)
        case tree.RoleDeclaration(names=names):
            page.text_line(f"role {names_text(names)}", 0, distance)
        case tree.UnitDeclaration(name=name, decimals=decimals):
            page.text_line(f"unit {name.text} decimals {decimals:_}", 0, distance)
        case tree.EnumDeclaration(name=name, members=members):
            page.text_line(f"enum {name.text}: {names_text(members)}", 0, distance)
        case tree.LifecycleDeclaration(name=name, lines=lines, description=description):
            page.text_line(f"lifecycle {name.text}", 0, distance)
            _write_text_lines(page, description, lifecycle_lines(lines))
        case tree.DecisionDeclaration(name=name, policy=policy, description=description):
            policy_text = f" ({names_text(policy, ' ')})" if policy else ""
            page.text_line(f"decision {name.text}{policy_text}", 0, distance)
            _write_text_lines(page, description, table_lines(item))
        case tree.EventDeclaration(name=name, parameters=parameters):
            writer = page.line(0, distance)
            writer.text(f"event {name.text}")
            write_typed_names(writer, "(", parameters, ")", END_OF_LINE)
        case tree.RecordDeclaration():
            _write_record(page, item, distance)
        case tree.RuleDeclaration():
            _write_rule(page, item, distance)
        case tree.ClauseDeclaration() | tree.ActionDeclaration():
            _write_clause_or_action(page, item, distance)
        case tree.TimerDeclaration(body=body, description=description):
            _write_timer_line(page.line(0, distance), item)
            write_described_block(page, description, body, 1)
        case tree.InvariantDeclaration():
            _write_invariant(page, item, distance)
        case tree.TestDeclaration(title=title, body=body, description=description):
            page.text_line(f"test {plain_text(title)}", 0, distance)
            write_described_block(page, description, body, 1)
        case _:
            write_statement(page, item, 0, distance)


def _write_text_lines(page: Page, description: str | None, texts: Sequence[str]) -> None:
    """Write a description and lines that are texts, the first of them close to what is above."""
    described = [] if description is None else [plain_text(description)]
    for index, text in enumerate([*described, *texts]):
        is_close = index <= len(described)
        page.text_line(text, 1, Distance.CLOSE if is_close else Distance.AS_WRITTEN)


def _write_record(page: Page, record: tree.RecordDeclaration, distance: Distance) -> None:
    writer = page.line(0, distance)
    writer.text(f"record {record.name.text}")
    write_typed_names(writer, "[", record.keys, "]", END_OF_LINE)
    distance = _write_head(page, record.description, "seen by ", record.seen_by)
    for one in record.fields:
        write_typed_name(page.line(1, distance), one)
        distance = Distance.AS_WRITTEN


def _write_head(
    page: Page, description: str | None, word: str, authority: tree.Authority | None
) -> Distance:
    """Write a description and who may; return the distance of what follows them."""
    if description is not None:
        page.text_line(plain_text(description), 1, Distance.CLOSE)
    if authority is not None:
        writer = page.line(1, Distance.CLOSE)
        writer.text(word)
        may_break = isinstance(authority, tree.AuthorityAny | tree.AuthorityAll)
        item = Item(authority.span, partial(_write_authority, authority=authority))
        writer.softly_bracketed(item, may_break=may_break)
    is_first = description is None and authority is None
    return Distance.CLOSE if is_first else Distance.AS_WRITTEN


def authority_text(authority: tree.Authority) -> str:
    """Return `authority` on one line."""
    writer = LineWriter()
    _write_authority(writer, authority)
    return flat_text(writer.tokens)


def _write_authority(writer: LineWriter, authority: tree.Authority) -> None:
    match authority:
        case tree.AuthorityAny(choices=choices):
            writer.parts(_authority_parts("or ", choices), is_indented=False)
        case tree.AuthorityAll(parts=parts):
            writer.parts(_authority_parts("and ", parts), is_indented=False)
        case tree.SignerPath(path=path, alias=alias):
            writer.text(path_text(path) + _alias_text(alias))
        case tree.SignerQuorum(count=count, path=path, alias=alias):
            writer.text(f"{count:_} of {path_text(path)}{_alias_text(alias)}")
        case tree.SignerContract(name=name):
            writer.text(f"contract {name.text}")


def _authority_parts(word: str, authorities: Sequence[tree.Authority]) -> list[Item]:
    """Return the parts, each but the first behind `word`, what is several in brackets."""
    return [
        Item(
            authority.span,
            partial(
                _write_authority_part,
                prefix=word if index else "",
                authority=authority,
            ),
        )
        for index, authority in enumerate(authorities)
    ]


def _write_authority_part(writer: LineWriter, prefix: str, authority: tree.Authority) -> None:
    writer.text(prefix)
    write = partial(_write_authority, authority=authority)
    if isinstance(authority, tree.AuthorityAny | tree.AuthorityAll):
        writer.bracketed(Item(authority.span, write))
    else:
        write(writer)


def _alias_text(alias: tree.Name | None) -> str:
    return f" as {alias.text}" if alias else ""


def _write_rule(page: Page, rule: tree.RuleDeclaration, distance: Distance) -> None:
    writer = page.line(0, distance)
    writer.text(f"rule {rule.name.text}")
    write_typed_names(writer, "(", rule.parameters, ")", rule.result.span.start)
    writer.text(f": {type_text(rule.result)}")
    if isinstance(rule.body, tree.Block):
        distance = _write_head(page, rule.description, "by ", rule.authority)
        write_block(page, rule.body, 1, distance)
    else:
        writer.text(" = ")
        write_slot(writer, rule.body)


def _write_clause_or_action(
    page: Page, item: tree.ClauseDeclaration | tree.ActionDeclaration, distance: Distance
) -> None:
    writer = page.line(0, distance)
    word = "clause" if isinstance(item, tree.ClauseDeclaration) else "action"
    writer.text(f"{word} {item.name.text}")
    write_typed_names(writer, "(", item.parameters, ")", END_OF_LINE)
    authority = None
    if isinstance(item, tree.ActionDeclaration):
        authority = item.authority
        if item.result is not None:
            writer.text(f": {type_text(item.result)}")
    distance = _write_head(page, item.description, "by ", authority)
    write_block(page, item.body, 1, distance)


def _write_timer_line(writer: LineWriter, timer: tree.TimerDeclaration) -> None:
    bound = f"{timer.binder.text}: {path_text(timer.record)}"
    match timer.trigger:
        case tree.HasBeen(states=states, duration=duration):
            writer.text(f"when {bound} has been {names_text(states.names, ' | ')} for ")
            write_slot(writer, duration, Binding.SUM)
        case tree.Reaches(states=states, moment=moment):
            writer.text(f"when {bound}{_in_states_text(states)} reaches ")
            write_slot(writer, moment, Binding.SUM)
        case tree.Every() as every:
            writer.text(f"every {_period_text(every)} for {bound}{_in_states_text(every.states)}")


def _in_states_text(states: tree.Alternatives | None) -> str:
    return f" in {names_text(states.names, ' | ')}" if states else ""


def _period_text(every: tree.Every) -> str:
    if every.day_of_month is not None:
        period = f"month on {every.day_of_month:_}"
    elif every.day_count in {None, 1}:
        period = "day"
    else:
        period = f"{every.day_count:_} days"
    if every.clock_minutes is None:
        return period
    hours, minutes = divmod(every.clock_minutes, 60)
    return f"{period} at {hours:02}:{minutes:02}"


def _write_invariant(page: Page, invariant: tree.InvariantDeclaration, distance: Distance) -> None:
    page.text_line(f"invariant {plain_text(invariant.title)}", 0, distance)
    if invariant.for_each is not None:
        writer = page.line(1, Distance.CLOSE)
        writer.text(f"for {invariant.for_each.binder.text} in ")
        write_domain(writer, invariant.for_each.domain, invariant.for_each.where)
    writer = page.line(1, Distance.CLOSE)
    writer.text("holds ")
    write_slot(writer, invariant.condition)
