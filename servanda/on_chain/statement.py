"""A statement typed at a command: `icbc does pay("6222-01", "6216-02", 100 CNY)`.

In comes its text; out come the members, the action and its arguments, or what to type instead.
"""

from __future__ import annotations

from servanda.chain.typed import PARTIES, Asked, NotOneStep, ReadsState, read_step
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.refusals import Refused
from servanda.on_chain.session import CannotTry


def read_statement(text: str, machine: Machine) -> Asked:
    """Return what a statement asks for. Raises `WrongText` or `CannotTry`."""
    found = PARTIES.match(text)
    if found is None:
        raise CannotTry(
            f"`{text[:60]}` is no action of a member",
            'write it as in a script: `icbc does open("6222-01")`',
        )
    known = machine.members.active
    for one in [part.strip() for part in found[1].split(" and ")]:
        if one not in known:
            raise CannotTry(
                f"`{one[:60]}` is no member in good standing",
                did_you_mean(one, sorted(known)) or "`servanda chain members` lists them",
            )
    try:
        return read_step(text, machine)
    except NotOneStep:
        raise CannotTry("this is not one action", "write `member does action(…)`") from None
    except ReadsState as reads:
        raise CannotTry(
            str(reads), "ask for it with `servanda chain query`, and type what it is"
        ) from None
    except Refused as refused:
        raise CannotTry(f"an argument has no value: {refused.code}: {refused.message}") from None
