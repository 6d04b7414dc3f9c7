"""What runs on a chain: the contracts of a machine, with all that their records need to be kept.

In come programs and their sources; out come the forms of records. An upgrade makes another one of
these and puts it in the place of the first.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.chain.arguments import Decoders, decoders_of
from servanda.chain.contracts import Find, nowhere
from servanda.chain.encoding import Item
from servanda.chain.kept import Entries
from servanda.chain.records import RecordForm
from servanda.chain.shelf import ChainShelf
from servanda.interpreter.compile import Program
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import Row
from servanda.interpreter.model import ContractModel
from servanda.interpreter.types import RecordType
from servanda.interpreter.values.time_zones import Zone


class Deployed:
    """What runs on a chain: a machine, its contracts with their sources, how records are kept."""

    shelf: ChainShelf

    def __init__(self, machine: Machine, zones: Mapping[str, Zone]) -> None:
        self.machine = machine
        self.zones = zones
        self.headings: Find = nowhere
        """Finds what contracts on other chains declare."""
        self.programs: dict[str, Program] = {}
        self.versions: dict[str, int] = {}
        self.decoders: dict[tuple[str, str], Decoders] = {}
        """What decodes the arguments of each action."""
        self.sources: dict[str, bytes] = {}
        """The sources of deployed contracts, by the name of each."""
        self.forms: dict[RecordType, RecordForm] = {}
        self.added: dict[tuple[str, str], dict[str, Item]] = {}
        """What records have in fields that came with an upgrade, by contract and record."""
        self.records: dict[bytes, bytes] = {}
        self.entries: Entries = {}
        """What a block had changed when it upgraded a contract; the machine begins there."""

    def run(self, program: Program, source: bytes | None = None) -> None:
        """Let a contract run from now on. Raises `Undeployable`: then nothing has changed."""
        self.machine.deploy(program)
        model = program.model
        self.programs[model.name] = program
        self.versions[model.name] = model.version
        for name, action in model.actions.items():
            self.decoders[model.name, name] = decoders_of(action.parameters)
        if source is not None:
            self.sources[model.name] = source
        self.make_forms(model)

    def make_forms(self, model: ContractModel) -> None:
        """Make the forms in which the records of a contract are kept."""
        for record in model.records.values():
            added = self.added.setdefault((model.name, record.type.name), {})
            table = self.machine.tables[record.type]
            self.forms[record.type] = RecordForm(table, model, added)

    def kept_form(self, row: Row) -> tuple[bytes, bytes]:
        """Return the identity and the value of a record, as they are kept."""
        form = self.forms[row.table.model.type]
        return form.identity(row.key), form.encoded(row)
