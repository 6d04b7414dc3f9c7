"""Compile: a checked contract to a program of Python code objects, ready to be bound to a state.

The same model always gives the same source text, to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType
from typing import Any

from servanda.grammar.source import Span
from servanda.interpreter.generate.contract import ContractWriter
from servanda.interpreter.generate.writer import Reference, Site, Writer
from servanda.interpreter.model import ContractModel, Index


@dataclass(frozen=True, slots=True)
class Code:
    """Generated code: its text, the clause of each line, and what it must be bound to."""

    name: str
    text: str
    code: CodeType
    spans: tuple[Span | None, ...]
    references: dict[Reference, str]
    constants: dict[str, Any]
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A contract that can run; `probed` is the same with probes in."""

    model: ContractModel
    plain: Code
    probed: Code


def compile_contract(model: ContractModel, indexes: tuple[Index, ...] = ()) -> Program:
    """Return the program of a contract over whose records others keep `indexes`."""
    plain = ContractWriter(model, indexes, is_probed=False).write()
    probed = ContractWriter(model, indexes, is_probed=True).write()
    return Program(
        model,
        code_of(f"<{model.name}>", plain),
        code_of(f"<{model.name} with probes>", probed),
    )


def code_of(name: str, writer: Writer) -> Code:
    """Return what a writer has written as a code object."""
    text = writer.text()
    return Code(
        name,
        text,
        compile(text, name, "exec", dont_inherit=True),
        tuple(writer.spans),
        writer.references,
        writer.constants,
        tuple(writer.sites),
    )
