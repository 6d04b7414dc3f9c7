"""Diagnostics keep what helps, and never lose that there was an error."""

from servanda.grammar.diagnostics import DIAGNOSTICS_MAX, Diagnostic, Diagnostics
from servanda.grammar.source import Span


def reported(code: str, count: int, diagnostics: Diagnostics) -> None:
    """Report `count` diagnostics at different places."""
    for start in range(count):
        diagnostics.report(Diagnostic(code, "a mistake", Span("x.contract", start, start + 1)))


def test_many_warnings_do_not_hide_an_error() -> None:
    """An error after more warnings than are kept is kept, and forbids running the source."""
    diagnostics = Diagnostics()
    reported("W0001", 2 * DIAGNOSTICS_MAX, diagnostics)
    had_errors = diagnostics.has_errors
    assert not had_errors
    assert diagnostics.left_out_count == DIAGNOSTICS_MAX
    reported("E0101", 1, diagnostics)
    assert diagnostics.has_errors
    assert [one.code for one in diagnostics if not one.is_warning] == ["E0101"]


def test_errors_beyond_the_limit_are_counted() -> None:
    """The rest are counted, not kept, and a pass may stop looking for more."""
    diagnostics = Diagnostics()
    reported("E0101", DIAGNOSTICS_MAX + 7, diagnostics)
    assert (len(diagnostics), diagnostics.left_out_count) == (DIAGNOSTICS_MAX, 7)
    assert diagnostics.is_full


def test_one_mistake_at_one_place_is_told_once() -> None:
    """The same code at the same place is neither kept nor counted again."""
    diagnostics = Diagnostics()
    reported("E0101", 3, diagnostics)
    reported("E0101", 3, diagnostics)
    assert (len(diagnostics), diagnostics.left_out_count) == (3, 0)
