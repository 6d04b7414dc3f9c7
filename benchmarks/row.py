"""A row of the table that the benchmarks print."""

from __future__ import annotations


class Row:
    """One figure: what was measured, the ratio, what it should be, and the spread."""

    def __init__(self, name: str, ratio: float, target: str, is_met: bool, note: str) -> None:
        self.name = name
        self.ratio = ratio
        self.target = target
        self.is_met = is_met
        self.note = note
