"""Deployments: the contracts of a script, compiled once and put on as many fresh machines as asked.

In comes a checked script; out come machines. It reads the time zones that the contracts name.
"""

from __future__ import annotations

from servanda.interpreter.compile import Program, compile_contract
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.script import CompiledScript, compile_script
from servanda.interpreter.model import ContractModel, ScriptModel
from servanda.interpreter.values.time_zones import Zone, read_zone_data
from servanda.zones import read_zone


class Deployment:
    """The programs of all contracts that a script uses, directly or not, and its own code."""

    def __init__(self, script: ScriptModel) -> None:
        found: dict[str, ContractModel] = {}
        for used in script.uses.values():
            _collect(used, found)
        self.chain: str | None = None
        self.contracts = found
        self.programs: list[Program] = [compile_contract(one) for one in found.values()]
        self.zones = _zones_of(found)
        self.script: CompiledScript = compile_script(script)

    def machine(self) -> Machine:
        """Return a fresh machine with every contract on it."""
        machine = Machine(self.zones)
        for program in self.programs:
            machine.deploy(program)
        return machine


def _collect(contract: ContractModel, found: dict[str, ContractModel]) -> None:
    """Add a contract behind all that it uses; the loader has refused circles and deep chains."""
    for used in contract.uses.values():
        _collect(used, found)
    found.setdefault(contract.name, contract)


def _zones_of(contracts: dict[str, ContractModel]) -> dict[str, Zone]:
    names = {one.timezone: None for one in contracts.values() if one.timezone != "UTC"}
    return {name: read_zone_data(name, read_zone(name)) for name in names}
