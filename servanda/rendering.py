"""Rendering: diagnostics to styled lines for people, in the look of the house.

In come diagnostics and the sources they speak of; out come lines of at most the width asked for,
as far as the words allow. This is the one place that decides what a diagnostic looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from servanda.excerpt import NumberedLine, excerpt, visible_text
from servanda.grammar.diagnostics import Diagnostic, Label
from servanda.grammar.source import Source, Span
from servanda.styled_lines import Line, Piece


def render_diagnostic(
    diagnostic: Diagnostic, sources: Mapping[str, Source], width: int
) -> Iterator[Line]:
    """Yield the lines of one diagnostic."""
    severity = "warning" if diagnostic.is_warning else "error"
    message = visible_text(diagnostic.message)
    yield [Piece(f"{severity}[{diagnostic.code}]", severity), Piece(f": {message}", "title")]
    primary = Label(diagnostic.span, diagnostic.label)
    for line in render_places(primary, diagnostic.others, sources, width):
        yield [Piece(piece.text, severity) if piece.role == "primary" else piece for piece in line]
    for note in diagnostic.notes:
        yield from _advice("note", note)
    if diagnostic.help:
        yield from _advice("help", diagnostic.help)


def render_places(
    primary: Label, others: Iterable[Label], sources: Mapping[str, Source], width: int
) -> Iterator[Line]:
    """Yield the excerpts of a place and of those that explain it."""
    labels = [primary, *others]
    gutter = max(_number_width(label.span, sources) for label in labels)
    shown_source = ""
    for label, rows in _excerpts(labels, sources, width - gutter - 2):
        if label.span.source != shown_source:
            shown_source = label.span.source
            where = _where(label.span, sources)
            yield [Piece(" " * gutter + "┌─ ", "gutter"), Piece(visible_text(where))]
        for row in rows:
            yield _with_gutter(row, gutter)


def _excerpts(
    labels: Sequence[Label], sources: Mapping[str, Source], room: int
) -> list[tuple[Label, list[NumberedLine]]]:
    """Return the excerpts in their order; labels of one line stand under it together."""
    found: list[tuple[Label, list[NumberedLine]]] = []
    for place, label in enumerate(labels):
        source = sources.get(label.span.source)
        if source is None or not source.text:
            told = [NumberedLine(None, [Piece(visible_text(label.text))])] if label.text else []
            found.append((label, told))
            continue
        rows = list(excerpt(source, label.span, label.text, "-" if place else "^", room))
        earlier = _rows_of_line(found, label.span.source, rows)
        if earlier is None:
            found.append((label, rows))
        else:
            earlier += [row for row in rows[1:] if row not in earlier]
    return found


def _rows_of_line(
    found: Sequence[tuple[Label, list[NumberedLine]]], source: str, rows: list[NumberedLine]
) -> list[NumberedLine] | None:
    """Return the rows that show the same line already, cut in the same way, and no other."""
    if sum(row.number is not None for row in rows) > 1:
        return None
    for label, earlier in found:
        is_one = sum(row.number is not None for row in earlier) == 1
        if label.span.source == source and is_one and earlier[0] == rows[0]:
            return earlier
    return None


def _with_gutter(row: NumberedLine, gutter: int) -> Line:
    number = "" if row.number is None else str(row.number)
    pieces = [Piece(f"{number:>{gutter}}│ ", "gutter"), *row.pieces]
    # No line ends in blanks: they would show up in every golden file.
    while len(pieces) > 1 and not pieces[-1].text.rstrip(" "):
        pieces.pop()
    pieces[-1] = Piece(pieces[-1].text.rstrip(" "), pieces[-1].role)
    return pieces


def _where(span: Span, sources: Mapping[str, Source]) -> str:
    source = sources.get(span.source)
    if source is None or not source.text:
        return span.source
    position = source.position(span.start)
    return f"{span.source}:{position.line}:{position.column}"


def _number_width(span: Span, sources: Mapping[str, Source]) -> int:
    source = sources.get(span.source)
    if source is None or not source.text:
        return 2
    return max(2, len(str(source.position(max(span.start, span.end - 1)).line)))


def _advice(word: str, text: str) -> Iterator[Line]:
    head, *rest = text.split("\n")
    yield [Piece(f"{word}:", "help"), Piece(" " + visible_text(head))]
    for line in rest:
        yield [Piece(" " * (len(word) + 2) + visible_text(line))]
