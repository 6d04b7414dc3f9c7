"""Authority: who must sign, together or alone, and what a contract may do for itself."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.interpreter.execute.authorise import authorise
from servanda.interpreter.execute.members import Members
from servanda.interpreter.receipts import Amount

World = Any

CONTRACT = """\
contract Council version 1
role Officer, Clerk, Judge
record Case[name: Text]
  holder: Officer
  second: Clerk
  witness: Party
event Signed(names: Set of Officer)
event By(name: Party)
action raise_case(name: Text, second: Clerk, witness: Party)
  by Officer as officer
  create Case(name: name, holder: officer, second: second, witness: witness)
action one(case: Case)
  by Officer or case.second
  notify case.holder that "one"
action both()
  by Officer as first and Clerk as other
  emit By(first)
  emit By(other)
action twice()
  by Officer as first and Officer as other
  emit By(first)
  emit By(other)
action quorum()
  by 2 of Officer as officers
  emit Signed(officers)
action more()
  by 2 of Officer and Officer as chair
  emit By(chair)
action mixed(case: Case)
  by (case.holder and Judge) or 2 of Clerk
  notify case.holder that "mixed"
action witnessed(case: Case)
  by case.witness
  notify case.witness that "seen"
action held(case: Case)
  by case.holder as who
  emit By(who)
action pass_on(case: Case, officer: Officer)
  by case.holder
  case.holder = officer
"""


@pytest.fixture
def council() -> World:
    """Return a world with officers a, b, c, clerks k, l and both, a judge, and a case."""
    members = "Officer:a,b,c,both Clerk:k,l,both Judge:j"
    world = worlds.world(CONTRACT, members=members)
    world.does("a", "raise_case", "x", "k", "j")
    world.does("a", "raise_case", "y", "l", "j")
    return world


@pytest.mark.parametrize(
    ("action", "signers", "is_enough"),
    [
        ("one x", "b", True),
        ("one x", "k", True),
        ("one x", "l", False),
        ("one y", "k", False),
        ("both", "a", False),
        ("both", "a k", True),
        ("both", "k a", True),
        ("both", "both", False),
        ("both", "both both", False),
        ("both", "both a", True),
        ("both", "both k", True),
        ("both", "a b", False),
        ("twice", "a", False),
        ("twice", "a a", False),
        ("twice", "a b", True),
        ("quorum", "a a", False),
        ("quorum", "a k b", True),
        ("more", "a b", False),
        ("more", "a b a", False),
        ("more", "a b c", True),
        ("mixed x", "a", False),
        ("mixed x", "b j", False),
        ("mixed x", "a j", True),
        ("mixed x", "k", False),
        ("mixed x", "k k", False),
        ("mixed x", "k both", True),
        ("witnessed x", "a", False),
        ("witnessed x", "j", True),
        ("held x", "a", True),
        ("held x", "b", False),
        ("held x", "x", False),
    ],
)
def test_who_must_sign(council: World, action: str, signers: str, is_enough: bool) -> None:
    """An action is done when those whom `by` names have signed, each counted once."""
    name, *arguments = action.split()
    code = council.code(signers, name, *arguments)
    assert code == (None if is_enough else "NOT_AUTHORISED")
    assert council.code("", name, *arguments) == "NOT_SIGNED"
    assert council.code("nobody", name, *arguments) == "NOT_AUTHORISED"


def test_an_alias_is_who_signed(council: World) -> None:
    """`as` names the member that fills the place, and a quorum's is the sorted set of them."""
    receipt = council.run("both k a", "both")
    assert [one.values for one in receipt.events] == [("both",), ("k",)]
    receipt = council.run("k both", "both")
    assert [one.values for one in receipt.events] == [("both",), ("k",)]
    receipt = council.run("c both a", "quorum")
    assert [one.values for one in receipt.events] == [(("both", "c"),)]
    assert council.run("a", "held", "x").events[0].values == ("a",)


def test_a_suspended_member_may_nothing(council: World) -> None:
    """Suspension takes authority away at once, also that which a field gives, until it ends."""
    council.machine.members.suspend("a")
    assert council.code("a", "held", "x") == "NOT_AUTHORISED"
    assert council.code("a b", "quorum") == "NOT_AUTHORISED"
    council.machine.members.enrol("a", "Clerk")
    assert council.code("a b", "both") == "NOT_AUTHORISED"
    council.machine.members.reinstate("a")
    assert council.code("a", "held", "x") is None
    council.machine.members.suspend("j")
    assert council.code("j", "witnessed", "x") == "NOT_AUTHORISED"
    council.machine.members.suspend("b")
    assert council.code("a", "pass_on", "x", "b") == "BAD_ARGUMENT"
    council.machine.members.suspend("nobody")
    council.machine.members.reinstate("nobody")


Tree = Any
"""An authority as generated code makes it: tuples in tuples."""
ROLES = ("A", "B", "C")
leaves = st.one_of(
    st.sampled_from(ROLES).map(lambda role: ("role", (role,), None)),
    st.sampled_from("pqrst").map(lambda name: ("party", name, None, None)),
    st.tuples(st.integers(1, 3), st.sampled_from(ROLES)).map(
        lambda pair: ("quorum", pair[0], (pair[1],), None)
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: st.tuples(
        st.sampled_from(["any", "all"]), st.lists(inner, min_size=2, max_size=3).map(tuple)
    ),
    max_leaves=4,
)


def satisfied(tree: Tree, signers: tuple[str, ...], members: Members) -> bool:
    """Whether some way to hand out the signers satisfies a tree: tried one by one."""
    return any(
        len(places) <= len(signers)
        and any(
            all(fits(place, name, members) for place, name in zip(places, order, strict=False))
            for order in permutations(signers, len(places))
        )
        for places in ways(tree)
    )


def ways(tree: Tree) -> list[list[Tree]]:
    """Return the lists of places, one of which must be filled by different members."""
    if tree[0] == "any":
        return [way for part in tree[1] for way in ways(part)]
    if tree[0] == "all":
        return [
            [one for way in chosen for one in way]
            for chosen in product(*(ways(part) for part in tree[1]))
        ]
    if tree[0] == "quorum":
        return [[("role", tree[2], None)] * tree[1]]
    return [[tree]]


def fits(place: Tree, name: str, members: Members) -> bool:
    """Whether a member may fill a place."""
    if place[0] == "party":
        return bool(place[1] == name and members.has_role(name, None))
    return members.has_role(name, place[1])


@settings(max_examples=200, deadline=None)
@given(
    tree=trees,
    roles=st.lists(st.sets(st.sampled_from(ROLES)), min_size=5, max_size=5),
    signers=st.lists(st.sampled_from("pqrstu"), unique=True, max_size=5),
)
def test_matching_finds_every_way(tree: Tree, roles: list[set[str]], signers: list[str]) -> None:
    """Signers satisfy an authority exactly when some way to hand them out does."""
    members = Members()
    for name, held in zip("pqrst", roles, strict=True):
        for role in sorted(held):
            members.enrol(name, role)
    found = authorise(tree, tuple(signers), None, members)
    assert (found is not None) == satisfied(tree, tuple(signers), members)


def test_many_signers_and_choices_are_decided_at_once() -> None:
    """Neither a quorum of thousands nor thirty choices in a row makes a call hang or fail."""
    members = Members()
    names = tuple(f"m{number}" for number in range(3_000))
    for name in names:
        members.enrol(name, "A")
    assert authorise(("quorum", 3_000, ("A",), None), names, None, members) is not None
    assert authorise(("quorum", 3_001, ("A",), None), names, None, members) is None
    choice = ("any", (("role", ("B",), None), ("role", ("C",), None)))
    assert authorise(("all", (choice,) * 30), names[:40], None, members) is None


OTHER = """\
contract Store version 1
role Bank
lifecycle Stage
  Held -> Gone
  Gone
record Box[name: Text]
  holder: Bank
  money: Balance of CNY
record Lock[name: Text]
  count: Int in 0..9 = 0
  stage: Stage
action make(name: Text)
  by Bank as bank
  create Box(name: name, holder: bank)
action put(box: Box, amount: Amount of CNY)
  by contract Desk
  issue amount to box.money
action take(box: Box, amount: Amount of CNY)
  by contract Desk
  require amount != 13 CNY else UNLUCKY "thirteen"
  retire amount from box.money
action own(box: Box)
  by box.holder
  issue 1 CNY to box.money
action lock_up(name: Text)
  by contract Desk or Bank
  create Lock(name: name)
action open(lock: Lock in Held): Int
  by contract Desk
  lock.count = lock.count + 1
  give lock.count
when lock: Lock has been Held for 1 hour
  lock.stage becomes Gone
"""
DESK = """\
contract Desk version 1
use Store as s
role Bank
record Till[name: Text]
  holder: Bank
  money: Balance of CNY
  count: Int = 0
action make_till(name: Text)
  by Bank as bank
  create Till(name: name, holder: bank)
action fill(till: Till, amount: Amount of CNY)
  by till.holder
  issue amount to till.money
action send(till: Till, name: Text, amount: Amount of CNY)
  by till.holder
  till.count = till.count + 1
  retire amount from till.money
  s.put(s.Box[name], amount)
action fetch(till: Till, name: Text, amount: Amount of CNY)
  by till.holder
  issue amount to till.money
  s.take(s.Box[name], amount)
action misuse(till: Till, name: Text)
  by till.holder
  s.own(s.Box[name])
action lock(till: Till, name: Text)
  by till.holder
  s.lock_up(name)
action unlock(till: Till, name: Text): Int
  by till.holder
  till.count = till.count + 1
  notify till.holder that "opened"
  let first = s.open(s.Lock[name])
  let second = s.open(s.Lock[name])
  give first + second
"""


@pytest.fixture
def desk() -> World:
    """Return a world of two contracts, with a box and a till that holds 100 yuan."""
    world = worlds.world(OTHER, DESK, members="Bank:icbc,boc,Desk Thief:Desk,Store")
    world.does("icbc", "Store.make", "box")
    world.does("icbc", "make_till", "till")
    world.does("icbc", "fill", "till", Amount(10_000, "CNY"))
    return world


def money(world: World) -> tuple[int, int]:
    """Return what the till and the box hold."""
    box = next(one for key, one in world.machine.tables.items() if key.name == "Box").rows["box"]
    return world.row("Till", "till").b_money, box.b_money


def test_a_contract_is_let_in_by_its_name() -> None:
    """Not whichever contract calls is meant, and not a member of that name."""
    members = Members()
    members.enrol("Desk", "A")
    tree = ("any", (("contract", "Desk"), ("role", ("B",), None)))
    assert authorise(tree, (), "Desk", members) == {}
    assert authorise(tree, (), "Other", members) is None
    assert authorise(tree, ("Desk",), None, members) is None


def test_money_crosses_in_one_transaction(desk: World) -> None:
    """It is retired here and issued there, or neither; both contracts' books stay right."""
    assert desk.code("icbc", "send", "till", "box", Amount(4_000, "CNY")) is None
    assert money(desk) == (6_000, 4_000)
    assert desk.code("icbc", "fetch", "till", "box", Amount(1_000, "CNY")) is None
    assert money(desk) == (7_000, 3_000)
    assert desk.machine.issued == {("Desk", "CNY"): 7_000, ("Store", "CNY"): 3_000}


def test_a_foreign_refusal_refuses_everything(desk: World) -> None:
    """The code tells whose refusal it is, and what was done here before is undone."""
    desk.does("icbc", "send", "till", "box", Amount(4_000, "CNY"))
    refused = desk.run("icbc", "fetch", "till", "box", Amount(4_001, "CNY"))
    assert refused.code == "Store.INSUFFICIENT"
    assert refused.span is not None
    assert OTHER[refused.span.start : refused.span.end] == "retire amount from box.money"
    assert desk.code("icbc", "fetch", "till", "box", Amount(1_300, "CNY")) == "Store.UNLUCKY"
    assert desk.code("icbc", "send", "till", "nobody", Amount(1, "CNY")) == "MISSING_RECORD"
    assert money(desk) == (6_000, 4_000)


def test_nobody_but_the_calling_contract_signs(desk: World) -> None:
    """A called action knows neither the signers of the call nor a member named like a contract."""
    assert desk.code("icbc", "misuse", "till", "box") == "Store.NOT_AUTHORISED"
    assert desk.code("Desk", "Store.put", "box", Amount(1, "CNY")) == "NOT_AUTHORISED"
    assert desk.code("Desk icbc", "Store.take", "box", Amount(0, "CNY")) == "NOT_AUTHORISED"
    assert desk.code("Desk", "Store.own", "box") == "NOT_AUTHORISED"
    assert desk.code("icbc", "Store.own", "box") is None


def test_a_called_action_meets_no_stale_record(desk: World) -> None:
    """What is overdue about a record of a called action runs first, and stays when it refuses."""
    desk.does("icbc", "Store.lock_up", "new")
    assert desk.does("icbc", "unlock", "till", "new") == 3
    desk.machine.block_steps_max = 0
    assert desk.at("2026-01-05T11:00Z") == []
    before = desk.row("Till", "till").f_count
    refused = desk.run("icbc", "unlock", "till", "new")
    assert refused.code == "Store.WRONG_STATE"
    assert [one.code for one in desk.machine.overdue_receipts] == [None]
    assert desk.row("Till", "till").f_count == before
    assert desk.machine.next_due() is None
    desk.machine.audit()


def test_a_call_that_begins_again_tells_nothing_twice() -> None:
    """What was emitted and notified before the timers ran is undone with the rest."""
    later = (
        "  if lock.count > 5\n    lock.stage becomes Gone\n"
        "  else\n    lock.count = lock.count + 1\n"
    )
    store = OTHER.replace("  lock.stage becomes Gone\n", later)
    world = worlds.world(store, DESK, members="Bank:icbc")
    world.does("icbc", "Store.lock_up", "new")
    world.does("icbc", "make_till", "till")
    world.machine.block_steps_max = 0
    world.at("2026-01-05T11:00Z")
    receipt = world.run("icbc", "unlock", "till", "new")
    assert (receipt.code, receipt.value) == (None, 5)
    assert len(world.machine.overdue_receipts) == 1
    assert [one.text for one in receipt.notices] == ["opened"]


def test_a_call_pays_for_what_it_calls(desk: World) -> None:
    """The steps of a called action are steps of the call."""
    direct = desk.run("icbc", "Store.lock_up", "one")
    through = desk.run("icbc", "lock", "till", "two")
    assert (direct.code, through.code) == (None, None)
    assert through.cost > direct.cost


def test_overdue_timers_elsewhere_do_not_disturb_a_call(desk: World) -> None:
    """A called action runs in the middle of a call although something else is overdue."""
    desk.does("icbc", "Store.lock_up", "old")
    desk.machine.block_steps_max = 0
    desk.at("2026-01-05T11:00Z")
    assert desk.run("icbc", "send", "till", "box", Amount(1, "CNY")).code is None
    assert desk.machine.overdue_receipts == []


MANY_WAYS = """\
contract Desk version 1
role Officer, Clerk, Judge
action act()
  by (({pairs}) or Judge) and Clerk
  let n = 1
"""


def test_ways_are_tried_one_by_one_and_cost_steps() -> None:
    """Twenty-eight choices of two are more ways than can be held, and most are hopeless."""
    text = MANY_WAYS.format(pairs=" and ".join(["(2 of Officer or Clerk)"] * 28))
    desk = worlds.world(text, members="Officer:o Clerk:c Judge:j")
    assert desk.code("o", "act") == "NOT_AUTHORISED"
    assert desk.code("j c", "act") is None
    text = MANY_WAYS.format(pairs=" and ".join(["(2 of Officer or 2 of Clerk)"] * 10))
    desk = worlds.world(text, members="Officer:a,b Clerk:a,b", call_steps_max=2_000)
    receipt = desk.run("a b", "act")
    assert receipt.code == "COST_LIMIT"
    assert 2_000 < receipt.cost < 2_050
