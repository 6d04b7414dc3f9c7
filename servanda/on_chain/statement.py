"""A statement typed at a command: `icbc does pay("6222-01", "6216-02", 100 CNY)`.

In comes its text; out come the members, the action and its arguments. It is a script of one step,
checked against the contracts that run on the chain by the code that checks every script.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source, Span
from servanda.interpreter.check import check_script
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.script import compile_script
from servanda.interpreter.model import ContractModel
from servanda.interpreter.refusals import Refused
from servanda.on_chain.session import CannotTry

NAME = "what was typed"
WORD = re.compile(r"[^\W\d]\w*")
PARTIES = re.compile(r"\s*(.+?)\s+does\s")


class Asked(NamedTuple):
    """What a statement asks for; arguments are in their outward form."""

    parties: tuple[str, ...]
    contract: str
    action: str
    arguments: tuple[object, ...]


class WrongStatement(Exception):  # noqa: N818 -- what is wrong is what was typed
    """The statement has mistakes; its diagnostics say which, in `source`."""

    def __init__(self, diagnostics: Diagnostics, source: Source) -> None:
        super().__init__()
        self.diagnostics = diagnostics
        self.source = source


class _Listening:
    """The driver of a script that asks for one action and learns nothing of what it came to."""

    def __init__(self) -> None:
        self.asked: Asked | None = None

    def enrol(self, _: str, name: str) -> str:
        """Return the name of a member."""
        return name

    def does(
        self,
        _: Span,
        parties: tuple[str, ...],
        contract: str,
        action: str,
        arguments: tuple[object, ...],
    ) -> None:
        """Take note of what is asked for."""
        self.asked = Asked(parties, contract, action, arguments)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_: object, **__: object) -> NoReturn:
            raise CannotTry(f"`{name}` is no step of a command", "write `member does action(…)`")

        return refuse


def read_statement(text: str, machine: Machine) -> Asked:
    """Return what a statement asks for. Raises `WrongStatement` or `CannotTry`."""
    found = PARTIES.match(text)
    if found is None:
        raise CannotTry(
            f"`{text[:60]}` is no action of a member",
            'write it as in a script: `icbc does open("6222-01")`',
        )
    known = machine.members.active
    parties = [one.strip() for one in found[1].split(" and ")]
    for one in parties:
        if one not in known:
            raise CannotTry(
                f"`{one[:60]}` is no member in good standing",
                did_you_mean(one, sorted(known)) or "`servanda chain members` lists them",
            )
    contracts: Mapping[str, ContractModel] = machine.contracts
    lines = [f"use {name}" for name in contracts]
    named = [one for one in dict.fromkeys(WORD.findall(text)) if one in known]
    lines += [f'let {one} = {_role(known[one], contracts)}("{one}")' for one in named]
    source = Source(NAME, "\n".join([*lines, text.strip()]) + "\n")
    diagnostics = Diagnostics()
    file = parse(source, diagnostics)
    script = None if diagnostics.has_errors else check_script(file, contracts, diagnostics)
    if script is None or diagnostics.has_errors or script.script is None:
        raise WrongStatement(diagnostics, source)
    listening: Any = _Listening()
    compiled = compile_script(script)
    assert compiled.script is not None, "the script has a step"
    try:
        compiled.bind(machine, listening)[compiled.script[1]]()
    except Refused as refused:
        raise CannotTry(f"an argument has no value: {refused.code}: {refused.message}") from None
    if listening.asked is None:
        raise CannotTry("this asks for no action", "write `member does action(…)`")
    asked: Asked = listening.asked
    return asked


def _role(held: Iterable[str], contracts: Mapping[str, ContractModel]) -> str:
    """Return a role under which a script can name a member: one that it holds, if there is one."""
    declared = [role for one in contracts.values() for role in one.roles]
    return next((role for role in declared if role in held), declared[0])
