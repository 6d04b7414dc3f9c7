"""A test file or script from tree to model.

In comes the tree with the models of the contracts it uses; out comes a `ScriptModel`, or None with
diagnostics that say why. Each test has names of its own; a script is one body.
"""

from __future__ import annotations

from collections.abc import Mapping

from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.source import Span
from servanda.interpreter.check.body import Course
from servanda.interpreter.check.declare_use import find_used
from servanda.interpreter.check.declare_used import declarations_of
from servanda.interpreter.check.names import add_symbol, check_distinct, has_errors, report
from servanda.interpreter.check.scope import Checking, Place, Scope
from servanda.interpreter.check.statement import check_block
from servanda.interpreter.check.symbols import ContractSymbol, Declarations, EventSymbol, SlotSymbol
from servanda.interpreter.check.unit_names import check_unit_names
from servanda.interpreter.model import (
    Body,
    ContractModel,
    RefuseStep,
    RequireStep,
    ScriptModel,
    TestModel,
)
from servanda.interpreter.types import PARTY, TEXT
from servanda.interpreter.walk import all_statements

NOTICE_NAME = "Notice"
"""What a test calls the notices that were sent: read as if they were events of no contract."""


def check_script(
    file: tree.File, used: Mapping[str, ContractModel], diagnostics: Diagnostics
) -> ScriptModel | None:
    """Return the model of a test file or script, or None; `used` are contracts by name."""
    checking = Checking(Declarations(""), diagnostics)
    uses = declare_uses(file, used, checking)
    check_unit_names(file, uses, diagnostics)
    check_items(file, diagnostics)
    if has_errors(file, diagnostics):
        return None  # Without its contracts nothing in a test can be understood.
    titles = [
        tree.Name(one.title, span=one.span)
        for one in file.items
        if isinstance(one, tree.TestDeclaration)
    ]
    check_distinct(titles, "test", diagnostics)
    tests: list[TestModel] = []
    statements: list[tree.Statement] = []
    for item in file.items:
        if isinstance(item, tree.TestDeclaration):
            body = check_body(item.body, f'the test "{item.title}"', checking)
            tests.append(TestModel(item.title, body, item.span))
        elif isinstance(item, tree.Statement):
            statements.append(item)
    script: TestModel | None = None
    if statements:
        span = Span.to(statements[0].span, statements[-1].span)
        block = tree.Block(tuple(statements), span=span)
        script = TestModel("", check_body(block, "the script", checking), span)
    if has_errors(file, diagnostics):
        return None
    return ScriptModel(uses, tuple(tests), script)


def check_body(block: tree.Block, what: str, checking: Checking) -> Body:
    """Return the steps of one test, or of a script."""
    course = Course(what, Place.SCRIPT, check_block)
    return check_block(block, Scope(checking, Place.SCRIPT), course).body


def declare_uses(
    file: tree.File, used: Mapping[str, ContractModel], checking: Checking
) -> dict[str, ContractModel]:
    """Open the contracts that are used by name, and declare those that are used under an alias."""
    uses: dict[str, ContractModel] = {}
    declarations = checking.declarations
    for item in file.items:
        if not isinstance(item, tree.Use):
            continue
        model = find_used(item, used, checking.diagnostics)
        if model is None:
            continue
        note_codes(model, checking)
        found = declarations_of(model)
        if item.alias is not None:
            symbol = ContractSymbol(found, item.alias.span)
            if add_symbol(item.alias, symbol, checking):
                uses[item.alias.text] = model
            continue
        if item.contract.text in uses:
            report(
                checking.diagnostics,
                "E0250",
                f"`{item.contract.text}` is used twice",
                item.contract.span,
                "used again",
                help="remove one of the two",
            )
            continue
        if not declarations.opened:
            declarations.timezone = found.timezone
        declarations.opened.append(found)
        uses[item.contract.text] = model
    if declarations.find(NOTICE_NAME) is None:
        declarations.symbols[NOTICE_NAME] = notice_symbol(file)
    return uses


def notice_symbol(file: tree.File) -> EventSymbol:
    """Return the notices as an event: whom one went to, and its text."""
    parameters = (
        SlotSymbol("to", PARTY, None, file.span),
        SlotSymbol("text", TEXT, None, file.span),
    )
    return EventSymbol("", NOTICE_NAME, parameters, file.span)


def note_codes(model: ContractModel, checking: Checking) -> None:
    """Note the codes with which a contract refuses, and those of the contracts it uses."""
    if model.name in checking.refusal_codes:
        return
    bodies: list[Body] = [one.body for one in model.actions.values()]
    bodies += [one.body for one in model.clauses.values()]
    bodies += [one.body for one in model.timers]
    codes = [
        step.code
        for body in bodies
        for step in all_statements(body)
        if isinstance(step, RequireStep | RefuseStep)
    ]
    checking.refusal_codes[model.name] = tuple(dict.fromkeys(codes))
    for used in model.uses.values():
        note_codes(used, checking)


def check_items(file: tree.File, diagnostics: Diagnostics) -> None:
    """Report declarations of a contract in a test file or script."""
    for item in file.items:
        if isinstance(item, tree.Header | tree.Timezone):
            what = "the header of a contract" if isinstance(item, tree.Header) else "a time zone"
        elif isinstance(item, tree.Declaration) and not isinstance(item, tree.TestDeclaration):
            what = "a declaration"
        else:
            continue
        report(
            diagnostics,
            "E0256",
            f"{what} belongs in a contract, not in a test or script",
            item.span,
            "a test file or script holds `use`, tests and steps",
            help="move it into the file of the contract",
        )
