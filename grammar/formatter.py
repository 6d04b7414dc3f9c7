"""The formatter: one style for every source.

In comes a source or a tree, out comes its text: `parse(format(t)) == t`, formatting twice changes
nothing, and every comment stays where it stood. It knows which items stand together; how one is
written, it leaves to the modules that write.
"""

from __future__ import annotations

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.format_declaration import TopLevelItem, write_item
from servanda.grammar.logical_lines import logical_lines
from servanda.grammar.page import Distance, Page, page_text
from servanda.grammar.parser import parse
from servanda.grammar.source import Source

ONE_LINE_KINDS = (
    tree.Use,
    tree.RoleDeclaration,
    tree.UnitDeclaration,
    tree.EnumDeclaration,
    tree.EventDeclaration,
    tree.RuleDeclaration,
)
"""Declarations of one line: neighbours of the same kind may stand together."""


def format_source(source: Source, diagnostics: Diagnostics) -> str | None:
    """Return `source` in the one style, or None if it does not parse: `diagnostics` say why."""
    found = Diagnostics()
    file = parse(source, found)
    for diagnostic in found:
        diagnostics.report(diagnostic)
    if found.has_errors:
        return None
    return _format(file, Page(logical_lines(source)))


def format_file(file: tree.File) -> str:
    """Return the text of a tree that was read from no source."""
    return _format(file, Page())


def _format(file: tree.File, page: Page) -> str:
    before: TopLevelItem | None = None
    for item in file.items:
        write_item(page, item, _distance(before, item))
        before = item
    return page_text(page)


def _distance(before: TopLevelItem | None, item: TopLevelItem) -> Distance:
    """Return how far `item` stands from the item above it."""
    if before is None:
        return Distance.AS_WRITTEN
    if isinstance(before, tree.Header):
        is_close = isinstance(item, tree.Timezone)
        return Distance.AS_WRITTEN if is_close else Distance.APART_FROM_HEADER
    if isinstance(before, tree.Statement) and isinstance(item, tree.Statement):
        return Distance.AS_WRITTEN
    is_one_line = _is_one_line(before) and _is_one_line(item)
    if is_one_line and type(before) is type(item):
        return Distance.AS_WRITTEN
    return Distance.APART


def _is_one_line(item: TopLevelItem) -> bool:
    if isinstance(item, tree.RuleDeclaration) and isinstance(item.body, tree.Block):
        return False
    return isinstance(item, ONE_LINE_KINDS)
