"""Refusals: the named ways in which the rules say no.

A refusal is a value of the language, not a fault of the program: it carries a stable code, a
message for people and the span of the clause that said it. The order of `Code` is the order of
precedence of `design/language.md`; a test walks it from the top down.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servanda.grammar.source import Span


class Code(StrEnum):
    """The language's own refusal codes, in descending precedence."""

    UNKNOWN_ACTION = "UNKNOWN_ACTION"
    BAD_ARGUMENT = "BAD_ARGUMENT"
    MISSING_RECORD = "MISSING_RECORD"
    NOT_SIGNED = "NOT_SIGNED"
    NOT_AUTHORISED = "NOT_AUTHORISED"
    WRONG_STATE = "WRONG_STATE"
    NO_TRANSITION = "NO_TRANSITION"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    INSUFFICIENT = "INSUFFICIENT"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    OVERFLOW = "OVERFLOW"
    DIVISION_BY_ZERO = "DIVISION_BY_ZERO"
    INVARIANT = "INVARIANT"
    COST_LIMIT = "COST_LIMIT"


class Refused(Exception):  # noqa: N818 -- a refusal is an answer, not an error
    """The rules said no: `code` is stable, `message` is for people, `span` is the clause."""

    __slots__ = ("code", "message", "span")

    def __init__(self, code: str, message: str, span: Span | None = None) -> None:
        # `BaseException.__new__` has kept the arguments already; a refusal must cost little.
        self.code = code
        self.message = message
        self.span = span
