"""Random programs: a contract whose one action has every kind of expression and statement.

In comes a source of chance; out comes the text of a contract that parses. Expressions are made for
the type that is wanted, so most programs are well typed; whether one is, the checker says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import programs

HEAD = """contract Random version 1
role Teller, Clerk
enum Kind: Red, Blue
lifecycle Standing
  Open -> Shut
  Shut -> Open
record Account[number: Text]
  holder: Teller
  currency: Currency
  guest: Account?
  first: Account?
  pal: Party?
  until: Time?
  balance: Balance of CNY
  own: Balance of currency
  limit: Amount of currency = 0
  count: Int = 0
  small: Int in 0..10 = 0
  share: Decimal = 0
  tags: List of Text = []
  kind: Kind = Red
  standing: Standing
record Note[id: Serial]
  about: Account
  other: Account?
  price: Amount of about.currency
  text: Text = ""
  made: Time
event Seen(account: Account, price: Amount of account.currency, other: Account?, count: Int)
decision grade
  | kind: Kind | small: Int || rate: Decimal | level: Kind |
  | Red        | < 3        || 0.5           | Blue        |
  | Red        | >= 3       || 1 / small     | Red         |
  | Blue       | -          || small * 0.1   | kind        |
rule fee(account: Account, price: Amount of account.currency): Amount of account.currency
  let half = round(price / 2, account.currency)
  give if half > price then 0 else half
rule best(one: Account?, two: Account): Account = if one is missing then two else one
clause touch(account: Account, n: Int)
  account.count = n
  account.guest = missing
clause flip(account: Account)
  if account.standing is Open
    account.standing becomes Shut
  else
    account.standing becomes Open
action open(number: Text, currency: Currency)
  by Teller as teller
  let made = create Account(number: number, holder: teller, currency: currency)
  made.first = made
  issue 1000 CNY to made.balance
when account: Account has been Shut for 3 days
  flip(account)
when account: Account reaches account.until
  account.until = missing
invariant "counted"
  for account in Account where account.first is not missing
  holds account.count / 7 < 1000000000000000000 or account.small >= 0
invariant "few"
  holds sum(account.balance for account in Account) < 100000000000000000000 CNY
action a(x: Account, y: Account?, n: Int, q: Decimal, m: Amount of CNY,
    v: Amount of x.currency, t: Text, p: Party, w: Party?)
  by Teller as teller
"""

Make = Callable[[int], str]


class Maker:
    """Makes expressions and statements; `names` are the locals by type that it declared."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.serial = 0
        self.names: dict[str, list[str]] = {}
        self.kinds: Mapping[str, Callable[[int], list[str]]] = {
            "Int": self.ints,
            "Bool": self.bools,
            "Decimal": self.decimals,
            "Money": self.amounts,
            "Own": self.owns,
            "Text": self.texts,
            "Account": self.accounts,
            "Maybe": self.optionals,
            "Time": self.times,
            "Kind": self.enums,
        }

    def fresh(self) -> str:
        """Return a name that no one has."""
        self.serial += 1
        return f"l{self.serial}"

    def make(self, kind: str, depth: int) -> str:
        """Return an expression of a type; deep ones are leaves."""
        choices = self.kinds[kind](depth - 1 if depth > 0 else 0)
        leaves = [one for one in choices if len(one) < 24]
        known = self.names.get(kind, [])
        return self.chance.choice(known * 2 + (choices if depth > 0 else leaves or choices))

    def several(self, depth: int) -> tuple[str, str, str]:
        """Return a binder, the start of an aggregate's `where` over accounts, and a condition."""
        name = self.fresh()
        start = self.chance.choice(
            [
                f"{name} in Account where {name}.holder == x.holder",
                f"{name} in Account where {name}.kind is Red",
                f"{name} in Account where {name}.guest is missing",
                f"{name} in Account where {name}.standing is Open and {name}.count >= n",
                f"{name} in Account where {name}.first is not missing and {name}.first == x",
                f"{name} in Account where {name}.guest is not missing and {name}.kind is Red",
                (
                    f"{name} in Account where {name}.holder == x.holder and y is not missing"
                    f" and {name}.count <= y.count"
                ),
                f"{name} in Account where {name}.kind is Blue and {name}.small < x.small",
                f"{name} in [x, x.guest, y] where {name} is not missing",
            ]
        )
        more = self.chance.choice(["", f" and {self.small(name, depth)}"])
        return name, start + more, name

    def small(self, name: str, depth: int) -> str:
        """Return a condition about a bound account."""
        return self.chance.choice(
            [
                f"{name}.count != {self.make('Int', min(depth, 1))}",
                f"({name}.until is missing or {name}.until <= now)",
                f"{name}.currency == x.currency",
                f"({name}.guest is not missing and {name}.guest.count >= 0)",
                f"{name} != x",
            ]
        )

    def ints(self, d: int) -> list[str]:
        """Return whole numbers."""
        leaves = ["0", "3", "n", "x.count", "x.small", "-1"]
        if d == 0:
            return leaves
        name, domain, _ = self.several(d)
        i, b = self.chance.choice(["Int", "Int"]), "Bool"
        return [
            *leaves,
            f"({self.make(i, d)} {self.chance.choice('+-*')} {self.make(i, d)})",
            f"(if {self.make(b, d)} then {self.make(i, d)} else {self.make(i, d)})",
            f"count({name} for {domain})",
            f"sum({name}.count for {domain})",
            f"least({self.make(i, d)}, {self.make(i, d)})",
            f"absolute({self.make(i, d)})",
            f"sum(k{self.serial} * {self.make(i, d)} for k{self.serial} in 0..x.small)",
            f"{self.make('Account', d)}.count",
            f"(if y is missing then {self.make(i, d)} else y.count)",
            f"(if x.guest is missing then {self.make(i, d)} else x.guest.small)",
            "days(today, 2026-02-28 + x.small * 1 month)",
        ]

    def bools(self, d: int) -> list[str]:
        """Return conditions."""
        leaves = ["true", "n > 3", "y is missing", "x.kind is Red", "p is Teller", "w is missing"]
        if d == 0:
            return leaves
        name, domain, _ = self.several(d)
        sign = self.chance.choice(["<", "<=", ">", ">=", "==", "!="])
        kind = self.chance.choice(["Int", "Decimal", "Money", "Text", "Own", "Time"])
        return [
            *leaves,
            f"({self.make(kind, d)} {sign} {self.make(kind, d)})",
            f"({self.make('Bool', d)} {self.chance.choice(['and', 'or'])} {self.make('Bool', d)})",
            f"not ({self.make('Bool', d)})",
            f"(y is not missing and y.count > {self.make('Int', d)})",
            "(x.guest is missing or x.guest.guest is missing or x.guest.guest.count > n)",
            f"({self.make('Int', d)} in [{self.make('Int', d)}, n, 3])",
            f"({self.make('Decimal', d)} in {self.make('Decimal', d)}..<{self.make('Int', d)})",
            f"any({name}.count > n for {domain})",
            f"all({self.small(name, d)} for {domain})",
            f"({self.make('Account', d)} == {self.make('Account', d)})",
            f"({self.make('Maybe', d)} is missing)",
            f"(Account[{self.make('Text', d)}] is not missing)",
            "(x.currency == CNY and x.own + 5 CNY > v)",
            "(w is not missing and w is Clerk)",
        ]

    def decimals(self, d: int) -> list[str]:
        """Return decimals."""
        leaves = ["q", "0.5", "x.share", "3.65%", "number(m)", "number(v)"]
        if d == 0:
            return leaves
        name, domain, _ = self.several(d)
        return [
            *leaves,
            f"({self.make('Decimal', d)} {self.chance.choice('+-*/')} {self.make('Decimal', d)})",
            f"({self.make('Int', d)} / {self.make('Int', d)})",
            f"round({self.make('Decimal', d)}, {self.chance.choice(['0', '2', 'n'])}, half_up)",
            f"({self.make('Money', d)} / {self.make('Money', d)})",
            f"(grade(x.kind, {self.make('Int', d)}).rate + 1)",
            f"product(1 + {name}.share for {domain})",
            "year_fraction(today, today + x.small * 1 month, actual_365)",
        ]

    def amounts(self, d: int) -> list[str]:
        """Return amounts of CNY."""
        leaves = ["m", "5 CNY", "x.balance", "0.01 CNY"]
        if d == 0:
            return leaves
        name, domain, _ = self.several(d)
        return [
            *leaves,
            f"({self.make('Money', d)} {self.chance.choice('+-')} {self.make('Money', d)})",
            f"({self.make('Money', d)} * {self.make('Int', d)})",
            f"round({self.make('Money', d)} * {self.make('Decimal', d)}, CNY)",
            f"round({self.make('Decimal', d)}, CNY, up)",
            f"sum({name}.balance for {domain})",
            f"most({self.make('Money', d)}, {self.make('Money', d)} )",
            f"sum({name}.own for {domain} and {name}.currency == CNY)",
            f"(if {self.make('Bool', d)} then 0 else {self.make('Money', d)})",
            f"(if x.currency == CNY then v else {self.make('Money', d)})",
        ]

    def owns(self, d: int) -> list[str]:
        """Return amounts in the currency of `x`."""
        leaves = ["v", "x.own", "x.limit", "fee(x, v)"]
        if d == 0:
            return leaves
        name, domain, _ = self.several(d)
        return [
            *leaves,
            f"({self.make('Own', d)} + {self.make('Own', d)})",
            f"fee(x, {self.make('Own', d)})",
            f"round({self.make('Own', d)} / {self.make('Int', d)}, x.currency, floor)",
            f"sum({name}.own for {domain} and {name}.currency == x.currency)",
            f"(if {self.make('Bool', d)} then 0 else {self.make('Own', d)})",
        ]

    def texts(self, d: int) -> list[str]:
        """Return texts."""
        leaves = ["t", '"1"', "x.number", '"{n} {m}"', '"{v}"']
        if d == 0:
            return leaves
        shown = [self.make(kind, 0) for kind in ("Int", "Money", "Own", "Account", "Time", "Kind")]
        holes = "".join("{" + one + "}" for one in shown if '"' not in one)
        return [*leaves, f'"{holes}"', '"{t}{t}{t}{t}{t}{t}{t}{t}{t}{t}"', '"{[x, x]} {x.tags}"']

    def accounts(self, d: int) -> list[str]:
        """Return accounts."""
        leaves = ["x", 'Account["2"]', "best(y, x)"]
        if d == 0:
            return leaves
        return [
            *leaves,
            f"best({self.make('Maybe', d)}, {self.make('Account', d)})",
            "(if x.guest is missing then x else x.guest)",
            "(if y is not missing then y else x)",
            f"Account[{self.make('Text', d)}]",
            "(if x.guest is missing or x.guest.guest is missing then x else x.guest.guest)",
        ]

    def optionals(self, d: int) -> list[str]:
        """Return accounts that may be missing."""
        leaves = ["y", "x.guest", "x.first", "missing", "x"]
        if d == 0:
            return leaves
        return [*leaves, f"(if {self.make('Bool', d)} then x else {self.make('Maybe', d)})"]

    def times(self, d: int) -> list[str]:
        """Return times."""
        leaves = ["now", "2026-01-05T09:00Z", "now - 3 days"]
        if d == 0:
            return leaves
        return [
            *leaves,
            f"({self.make('Time', d)} + {self.make('Int', d)} * 1 day)",
            f"({self.make('Time', d)} - {self.make('Int', d)} * 1 month)",
            "(if x.until is missing then now else x.until)",
        ]

    def enums(self, d: int) -> list[str]:
        """Return names of the enum."""
        leaves = ["Red", "Blue", "x.kind"]
        return [*leaves, f"grade(x.kind, {self.make('Int', d)}).level"] if d else leaves

    def block(self, depth: int, indent: str) -> list[str]:
        """Return the lines of a block whose names are its own."""
        before = {kind: list(names) for kind, names in self.names.items()}
        lines = [
            line for _ in range(self.chance.randint(1, 3)) for line in self.statement(depth, indent)
        ]
        self.names = before
        return lines

    def statement(self, depth: int, indent: str) -> list[str]:
        """Return the lines of a statement."""
        choices = [self.effect, self.effect, self.let, self.guard]
        if depth > 0:
            choices += [self.branch, self.loop, self.choice]
        return self.chance.choice(choices)(depth, indent)

    def let(self, depth: int, indent: str) -> list[str]:  # noqa: ARG002 -- as the others
        """Return a `let`, and perhaps its being set again."""
        kind = self.chance.choice(["Int", "Bool", "Decimal", "Money", "Own", "Text", "Account"])
        value, name = self.make(kind, 2), self.fresh()
        lines = [f"{indent}let {name} = {value}"]
        self.names.setdefault(kind, []).append(name)
        if self.chance.random() < 0.2 and kind != "Own":
            lines.append(f"{indent}{name} = {self.make(kind, 1)}")
        return lines

    def guard(self, depth: int, indent: str) -> list[str]:
        """Return a `require` and something that leans on it."""
        test, use = self.chance.choice(
            [
                ("x.guest is not missing", "x.guest.count = x.guest.count + 1"),
                ("y is not missing", "y.small = x.small"),
                ("x.until is not missing", "x.until = x.until + 1 day"),
                ("w is not missing and w is Teller", "x.pal = w"),
                ("x.currency == CNY", "move v from x.own to x.balance"),
                ("x.first is not missing", "x.first.kind = x.kind"),
                ("n > 0 and n < 100", "x.small = n"),
                (self.make("Bool", 2), "x.count = n"),
            ]
        )
        between = self.effect(depth, indent) if self.chance.random() < 0.5 else []
        return [f'{indent}require {test} else NO "no"', *between, f"{indent}{use}"]

    def branch(self, depth: int, indent: str) -> list[str]:
        """Return an `if`."""
        lines = [f"{indent}if {self.make('Bool', 2)}", *self.block(depth - 1, indent + "  ")]
        if self.chance.random() < 0.5:
            lines += [f"{indent}else", *self.block(depth - 1, indent + "  ")]
        return lines

    def choice(self, depth: int, indent: str) -> list[str]:
        """Return a `choose`."""
        lines = [f"{indent}choose {self.make('Kind', 1)}"]
        for name in ("Red", "Blue"):
            lines += [f"{indent}  {name}", *self.block(depth - 1, indent + "    ")]
        return lines

    def loop(self, depth: int, indent: str) -> list[str]:
        """Return a `for`, whose binder is an account or a number."""
        if self.chance.random() < 0.3:
            name = self.fresh()
            head, kind = f"for {name} in 0..x.small", "Int"
        else:
            name, domain, _ = self.several(1)
            head, kind = f"for {domain}", "Account"
        before = {key: list(names) for key, names in self.names.items()}
        self.names.setdefault(kind, []).append(name)
        lines = [f"{indent}{head}", *self.block(depth - 1, indent + "  ")]
        self.names = before
        return lines

    def effect(self, depth: int, indent: str) -> list[str]:  # noqa: ARG002 -- as the others
        """Return something that changes the state."""
        one = self.make("Account", 1)
        named = one if one == "x" or one.startswith("l") else "x"
        name = self.fresh()
        line = self.chance.choice(
            [
                f"{named}.count = {self.make('Int', 2)}",
                f"{named}.small = {self.make('Int', 1)}",
                f"{named}.share = {self.make('Decimal', 2)}",
                f"{named}.guest = {self.make('Maybe', 2)}",
                f"{named}.until = {self.make('Time', 2)}",
                f"{named}.pal = p",
                f"{named}.kind = {self.make('Kind', 1)}",
                f"{named}.tags = [{self.make('Text', 1)}, t]",
                f"x.limit = {self.make('Own', 2)}",
                f"move {self.make('Money', 2)} from x.balance to {named}.balance",
                f"issue {self.make('Money', 2)} to {named}.balance",
                f"retire {self.make('Money', 1)} from x.balance",
                f"issue {self.make('Own', 2)} to x.own",
                f"move {self.make('Own', 1)} from x.own to x.own",
                f"touch({one}, {self.make('Int', 1)})",
                f"flip({one})",
                f"emit Seen(x, {self.make('Own', 2)}, {self.make('Maybe', 1)}, n)",
                f"notify p that {self.make('Text', 1)}",
                (
                    f"create Note(about: x, price: {self.make('Own', 1)},"
                    f" made: {self.make('Time', 1)}, other: {self.make('Maybe', 1)},"
                    f" text: {self.make('Text', 1)})"
                ),
                (
                    f"let {name} = create Account(number: {self.make('Text', 1)},"
                    " holder: teller, currency: x.currency)"
                ),
            ]
        )
        return [indent + line]


def write_program(chance: random.Random) -> str:
    """Return the text of a random contract."""
    maker = Maker(chance)
    lines = [line for _ in range(chance.randint(2, 6)) for line in maker.statement(2, "  ")]
    return HEAD + "\n".join(lines) + "\n"


def write_right_program(chance: random.Random) -> str:
    """Return the text of a random contract that the checker finds right."""
    while True:
        text = write_program(chance)
        if programs.check_text(text, "contract", {}).contract is not None:
            return text
