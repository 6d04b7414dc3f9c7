"""Decision tables of a model: proved complete and free of overlap, or shown where they are not.

In comes a model; out come diagnostics, each with inputs as a witness, and the number of tables
that are proved. What a table means stands in `decisions`; here columns become domains and
witnesses become rows as people write them.
"""

from __future__ import annotations

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Span
from servanda.interpreter.analyse.decision_tables import Analysis, Gap, analyse
from servanda.interpreter.analyse.decision_tables import Policy as Question
from servanda.interpreter.analyse.domains import ANY, Cell
from servanda.interpreter.analyse.read_cells import below, cell_of, domain_of, open_end
from servanda.interpreter.analyse.show_cell import show_cell, show_input, show_row
from servanda.interpreter.analyse.whole_cells import report_whole_cells
from servanda.interpreter.model import ContractModel, DecisionModel, Policy

ROWS_NAMED_MAX = 3
"""So many rows are shown as the reason why another never decides."""


def analyse_decisions(model: ContractModel, diagnostics: Diagnostics) -> int:
    """Report gaps, overlaps and rows that never decide; return how many tables are right."""
    return sum(check_table(one, diagnostics) for one in model.decisions.values())


def check_table(decision: DecisionModel, diagnostics: Diagnostics) -> bool:
    """Report what is wrong with a table; return whether it is proved to be right."""
    if report_whole_cells(decision, diagnostics):
        return False  # What the rows leave or share follows from a cell that says too much.
    found = analyse_table(decision)
    report_gaps(decision, found, diagnostics)
    report_overlaps(decision, found, diagnostics)
    report_rows(decision, found, diagnostics)
    if found.undecided and not found.gaps and not found.overlaps:
        diagnostics.report(
            Diagnostic(
                "E0505",
                f"the decision `{decision.name}` is too tangled to be proved complete",
                heading_of(decision),
                f"{len(decision.rows)} rows over {len(decision.inputs)} inputs",
                help="split it: let one table decide from the result of another",
            )
        )
    return found.sound


def heading_of(decision: DecisionModel) -> Span:
    """Return the place of a table's inputs."""
    return decision.inputs[0].span.to(decision.inputs[-1].span)


# ── from model to question ────────────────────────────────────────────────────────────────────


def analyse_table(decision: DecisionModel) -> Analysis:
    """Ask what is wrong with a table; rows and columns are counted as in the model."""
    domains = [domain_of(one) for one in decision.inputs]
    ends = {
        column: end
        for column, one in enumerate(decision.inputs)
        if (end := open_end(one)) is not None
    }
    rows = [
        [
            below(cell_of(cell), ends[column]) if column in ends else cell_of(cell)
            for column, cell in enumerate(row.cells)
        ]
        for row in decision.rows
    ]
    # Decimals below an end are all but the end itself: a row of our own stands for that one.
    for column, end in ends.items():
        rows.append([ANY] * len(domains))
        rows[-1][column] = Cell((end,))
    questions = {Policy.UNIQUE: Question.UNIQUE, Policy.FIRST: Question.FIRST}
    found = analyse(domains, rows, questions.get(decision.policy, Question.COLLECT))
    return within_table(found, len(decision.rows)) if ends else found


def within_table(found: Analysis, row_count: int) -> Analysis:
    """Leave out of an analysis what it says of rows that nobody wrote."""
    overlaps = tuple(one for one in found.overlaps if one.second < row_count)
    return Analysis(
        found.gaps,
        overlaps,
        len(overlaps),
        tuple(one for one in found.unreachable if one.index < row_count),
        tuple(one for one in found.empty_cells if one[0] < row_count),
        found.undecided,
    )


# ── from answer to diagnostic ─────────────────────────────────────────────────────────────────


def report_gaps(decision: DecisionModel, found: Analysis, diagnostics: Diagnostics) -> None:
    """Report the inputs that no row takes: the first in the message, others as notes."""
    if not found.gaps:
        return
    first, *others = found.gaps
    diagnostics.report(
        Diagnostic(
            "E0501",
            f"decision `{decision.name}` has no row for {show_gap(decision, first)}",
            heading_of(decision),
            "no row takes these inputs",
            help=f"add the row `{row_for(decision, first)}`",
            notes=tuple(f"it lacks `{row_for(decision, one)}` too" for one in others),
        )
    )


def row_for(decision: DecisionModel, gap: Gap) -> str:
    """Return the row that fills a gap, its outputs left open."""
    cells = [show_cell(cell, one) for cell, one in zip(gap.box, decision.inputs, strict=True)]
    return show_row(cells, len(decision.outputs))


def show_gap(decision: DecisionModel, gap: Gap) -> str:
    """Return an input that no row takes, without the columns that do not matter."""
    cells = [show_cell(cell, one) for cell, one in zip(gap.box, decision.inputs, strict=True)]
    kept = tuple(column for column, cell in enumerate(cells) if cell != "-")
    if not kept or len(kept) == len(cells):
        return show_witness(decision, gap.witness)
    shown = show_witness(decision, gap.witness, kept)
    return f"{shown}, whatever the rest"


def show_witness(
    decision: DecisionModel, witness: tuple[object, ...], columns: tuple[int, ...] | None = None
) -> str:
    """Return inputs by name, all or some: `payer: Grey, payee: Black`."""
    return ", ".join(
        f"{one.local.name}: {show_input(witness[column], one)}"
        for column, one in enumerate(decision.inputs)
        if columns is None or column in columns
    )


def report_overlaps(decision: DecisionModel, found: Analysis, diagnostics: Diagnostics) -> None:
    """Report the rows that take the same inputs, each with the first row above that it meets."""
    for one in found.overlaps:
        first, second = decision.rows[one.first], decision.rows[one.second]
        diagnostics.report(
            Diagnostic(
                "E0502",
                f"two rows of decision `{decision.name}` apply to "
                f"{show_witness(decision, one.witness)}",
                second.span,
                f"row {one.second + 1} applies to it too",
                (Label(first.span, f"row {one.first + 1} applies to it"),),
                help="narrow one of the two rows, or let the upper one decide: "
                f"`decision {decision.name} (first)`",
            )
        )


def report_rows(decision: DecisionModel, found: Analysis, diagnostics: Diagnostics) -> None:
    """Report cells that take nothing and rows that never decide."""
    empty = frozenset(row for row, _ in found.empty_cells)
    for row, column in found.empty_cells:
        parameter = decision.inputs[column]
        diagnostics.report(
            Diagnostic(
                "E0504",
                f"this cell takes no value of `{parameter.local.name}`",
                decision.rows[row].cells[column].span,
                "nothing is in here, so the row never applies",
                (Label(parameter.span, "its column is declared here"),),
                help="write the lesser end of a range first, and values that the column has; "
                "`-` takes any",
            )
        )
    for one in found.unreachable:
        if one.index in empty or not one.because_of:
            continue
        above = [decision.rows[index] for index in one.because_of[:ROWS_NAMED_MAX]]
        diagnostics.report(
            Diagnostic(
                "E0503",
                f"row {one.index + 1} of decision `{decision.name}` never decides",
                decision.rows[one.index].span,
                "rows above take all that this row would"
                if len(one.because_of) > 1
                else "a row above takes all that this row would",
                tuple(
                    Label(row.span, f"row {index + 1} decides first")
                    for index, row in zip(one.because_of, above, strict=False)
                ),
                help="move it above what decides first, or remove it",
            )
        )
