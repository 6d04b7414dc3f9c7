"""A contract may look up records of one it uses; the other keeps the index right."""

import worlds

REGISTER = """contract Register version 1

role Bank

record Account[number: Text]
  holder: Bank
  owner: Bank

action open(number: Text, owner: Bank)
  by Bank as bank
  create Account(number: number, holder: bank, owner: owner)

action hand_over(account: Account, owner: Bank)
  by account.owner
  account.owner = owner
"""

COUNTER = """contract Counter version 1

use Register as r

role Bank

record Count[id: Serial]
  count: Int

action note(owner: Bank): Count
  by Bank
  give create Count(count: count(a for a in r.Account where a.owner == owner limit 100))
"""


def test_the_index_follows_the_other_contract() -> None:
    """Rows made and changed by the used contract are found as they are now."""
    world = worlds.world(REGISTER, COUNTER, members="Bank:icbc,boc")

    def counted(owner: str) -> int:
        key = world.does("icbc", "note", owner)
        return int(world.row("Count", key).f_count)

    world.does("icbc", "Register.open", "1", "icbc")
    world.does("icbc", "Register.open", "2", "icbc")
    assert (counted("icbc"), counted("boc")) == (2, 0)
    world.does("icbc", "Register.hand_over", "2", "boc")
    assert (counted("icbc"), counted("boc")) == (1, 1)
    world.machine.audit()
