"""What is followed without running holds of every run: programs are drawn, run and compared."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from servanda.grammar.diagnostics import Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source
from servanda.interpreter.analyse.follow_states import follow_states
from servanda.interpreter.analyse.possible_moves import Moves
from servanda.interpreter.check.contract import check_contract
from servanda.interpreter.compile import compile_contract
from servanda.interpreter.execute.machine import Machine
from servanda.interpreter.execute.state import FIELD
from servanda.interpreter.model import ContractModel
from servanda.interpreter.receipts import Call, Receipt

STATES = ("A", "B", "C", "D")
HEAD = """\
contract Drawn version 1
role Bank
lifecycle Stage
  A -> B | C
  B -> C | D | A
  C -> A | C | D
  D
enum Turn: Left, Right
record Item[id: Text]
  stage: Stage
record Link[id: Text]
  one: Item
  other: Item
event Left(stage: Stage)
event Reached(stage: Stage)
decision turned
  | stage: Stage | turn: Turn || stage_next: Stage |
  | A, D         | -          || B                 |
  | B, C         | Left       || C                 |
  | B, C         | Right      || A                 |
rule turn_of(link: Link): Turn = if link.one.stage is A then Left else Right
action make(id: Text)
  by Bank
  create Item(id: id)
action join(id: Text, one: Item, other: Item)
  by Bank
  create Link(id: id, one: one, other: other)
"""
HEAD = HEAD.replace("event Left", "event Gone")
CLAUSE_COUNT = 3
ACTION_COUNT = 3
PARAMETERS = "link: Link, x: Item, y: Item, stage: Stage, turn: Turn"


class Writer:
    """Draws the statements of one contract; `random` alone decides."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.name_count = 0

    def name(self) -> str:
        """Return a name that nothing else has."""
        self.name_count += 1
        return f"n{self.name_count}"

    def item(self, items: Sequence[str]) -> str:
        """Return a path to an item."""
        return self.random.choice([*items, "link.one", "link.other"])

    def condition(self, items: Sequence[str]) -> str:
        """Return a condition, mostly on states."""
        item, state = self.item(items), self.random.choice(STATES)
        forms = [
            f"{item}.stage is {state}",
            f"{item}.stage is not {state}",
            f"{item}.stage == stage",
            f"{item}.stage != stage",
            f"{item}.stage in [A, {state}]",
            "turn is Left",
            "turn_of(link) == turn",
        ]
        form = self.random.choice(forms)
        if self.random.random() < 0.25:
            word = self.random.choice(["and", "or"])
            return f"(not {form if ' ' not in form else f'({form})'} {word} {item}.stage is B)"
        return form

    def state(self, items: Sequence[str]) -> str:
        """Return a state to go to."""
        item = self.item(items)
        return self.random.choice(
            [
                *STATES,
                "stage",
                f"turned({item}.stage, turn)",
                f"if {item}.stage is B then C else B",
                f"turned({item}.stage, turn_of(link))",
            ]
        )

    def body(self, depth: int, items: list[str], clauses: int) -> list[str]:
        """Return the lines of a body."""
        lines: list[str] = []
        items = list(items)
        for _ in range(self.random.randint(1, 3)):
            lines += self.statement(depth, items, clauses)
        return lines

    def statement(self, depth: int, items: list[str], clauses: int) -> list[str]:
        """Return the lines of one statement."""
        item = self.item(items)
        kind = self.random.randrange(12 if depth else 6)
        if kind <= 2:
            return [
                f"emit Gone({item}.stage)",
                f"{item}.stage becomes {self.state(items)}",
                f"emit Reached({item}.stage)",
            ]
        if kind == 3:
            return [f"link.other = {item}"]
        if kind == 4:
            name = self.name()
            made = f'create Item(id: "{name}-{{number}}")'
            lines = [f"let {name} = {item if self.random.random() < 0.6 else made}"]
            items.append(name)
            return lines
        if kind == 5:
            if not clauses:
                return [f"link.other = {item}"]
            called = self.random.randrange(clauses)
            other = self.item(items)
            given_state = self.state(items)
            return [f"c{called}(link, {item}, {other}, {given_state}, turn, number + 1)"]
        return self.nested(kind, depth - 1, items, clauses)

    def nested(self, kind: int, depth: int, items: list[str], clauses: int) -> list[str]:
        """Return the lines of a statement that contains others."""
        item = self.item(items)
        if kind <= 8:
            lines = [f"if {self.condition(items)}", *self.inner(depth, items, clauses)]
            if self.random.random() < 0.5:
                lines += ["else", *self.inner(depth, items, clauses)]
            return lines
        if kind == 9:
            return [
                f"choose {item}.stage",
                "  A, B",
                *(f"  {one}" for one in self.inner(depth, items, clauses)),
                "  else",
                *(f"  {one}" for one in self.inner(depth, items, clauses)),
            ]
        name = self.name()
        where = f" where {name}.stage is {self.random.choice(STATES)}"
        domain = self.random.choice(
            [f"[{item}, {self.item(items)}]", f"[{item}, link.one]{where}", f"Item{where}"]
        )
        within = [*items, name]
        return [f"for {name} in {domain}", *self.inner(depth, within, clauses)]

    def inner(self, depth: int, items: list[str], clauses: int) -> list[str]:
        """Return the lines of a body inside another."""
        return [f"  {one}" for one in self.body(depth, items, clauses)]

    def contract(self) -> str:
        """Return a contract."""
        lines: list[str] = []
        for index in range(CLAUSE_COUNT):
            lines.append(f"clause c{index}({PARAMETERS}, number: Int)")
            lines += self.inner(2, ["x", "y"], index)
        for index in range(ACTION_COUNT):
            bound = " | ".join(self.random.sample(STATES, 2))
            heading = PARAMETERS.replace("x: Item", f"x: Item in {bound}")
            lines += [f"action a{index}({heading}, number: Int)", "  by Bank"]
            lines += self.inner(3, ["x", "y"], CLAUSE_COUNT)
        return HEAD + "\n".join(lines) + "\n"


def run(model: ContractModel, random: Random) -> list[tuple[Receipt, dict[str, str]]]:
    """Return what some calls came to, each with the states behind it."""
    machine = Machine()
    machine.deploy(compile_contract(model))
    machine.members.enrol("ICBC", "Bank")
    machine.advance(1)

    def do(action: str, *arguments: object) -> Receipt:
        return machine.execute(Call("Drawn", action, arguments, ("ICBC",)))

    for name in "pqr":
        assert do("make", name).is_done
    for name in "lm":
        assert do("join", name, random.choice("pqr"), random.choice("pqr")).is_done
    found: list[tuple[Receipt, dict[str, str]]] = []
    table = machine.tables[model.records["Item"].type]
    for number in range(15):
        link, one, other = random.choice("lm"), random.choice("pqr"), random.choice("pqr")
        stage, turn = random.choice(STATES), random.choice(["Left", "Right"])
        action = f"a{random.randrange(ACTION_COUNT)}"
        receipt = do(action, link, one, other, stage, turn, 1000 * number)
        states = {
            str(getattr(row, FIELD + "id")): str(getattr(row, FIELD + "stage"))
            for row in table.rows.values()
        }
        found.append((receipt, states))
    return found


def assert_followed(moves: Moves, found: list[tuple[Receipt, dict[str, str]]]) -> int:
    """Assert that nothing happened which was not followed; return how many arrows were taken."""
    taken = {(source, target) for _, source, target in moves.taken}
    resting = {state for _, state in moves.resting}
    count = 0
    before: dict[str, str] = {}
    for receipt, states in found:
        if receipt.is_done:
            stages = [str(one.values[0]) for one in receipt.events]
            for source, target in zip(stages[::2], stages[1::2], strict=True):
                assert (source, target) in taken
                count += 1
        for name, state in states.items():
            if before.get(name) != state and (before or name not in "pqr"):
                assert state in resting
        before = states
    return count


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_nothing_happens_that_was_not_followed(seed: int) -> None:
    """Every arrow that a run takes, and every state that it leaves, was said to be possible."""
    random = Random(seed)  # noqa: S311 -- a drawn program, not a secret
    diagnostics = Diagnostics()
    text = Writer(random).contract()
    model = check_contract(parse(Source("drawn", text), diagnostics), {}, diagnostics)
    if model is None:
        codes = {one.code for one in diagnostics if not one.is_warning}
        assert codes <= {"E0407"}, [one.message for one in diagnostics]
        event("refused by the checker")
        return
    found = run(model, random)
    count = assert_followed(follow_states(model), found)
    event("arrows were taken" if count else "no arrow was taken")


def test_beyond_the_bound_everything_is_possible() -> None:
    """A contract that is too much to follow is taken to do all that its statements speak of."""
    random = Random(7)  # noqa: S311 -- as above
    is_shorter = False
    for _ in range(20):
        diagnostics = Diagnostics()
        text = Writer(random).contract()
        model = check_contract(parse(Source("drawn", text), diagnostics), {}, diagnostics)
        if model is None:
            continue
        exact, short = follow_states(model), follow_states(model, step_count_max=3)
        assert exact.taken.keys() <= short.taken.keys()
        assert exact.resting.keys() <= short.resting.keys()
        is_shorter = is_shorter or exact.taken.keys() < short.taken.keys()
    assert is_shorter
