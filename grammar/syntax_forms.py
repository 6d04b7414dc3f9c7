"""What the language looks like, in sentences: the tables behind the explanations of mistakes.

Data only. A sentence is a message (lower case, no full stop) and one concrete help.
"""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """What is wrong, and what to do about it."""

    message: str
    help: str


class Form(NamedTuple):
    """What the line that begins with `opening` lacks while it still awaits `awaited`."""

    opening: str
    awaited: str
    sentence: Sentence


_ACTION_FORM = "write `action open(number: Text): Account`"
_CLAUSE_FORM = "write `clause stop(payment: Payment, reason: Text)`"
_RULE_FORM = "write `rule fee(amount: Amount of CNY): Amount of CNY = round(amount * 1%, CNY)`"
_RECORD_FORM = "write `record Account[number: Text]`"
_EVENT_FORM = "write `event Paid(payment: Payment)`"
_WHEN_FORM = "write `when payment: Payment has been Warned for 3 days`"
_EVERY_FORM = "write `every day at 02:00 for loan: Loan in Active`"
_FEED_FORM = 'write `feed "transactions.csv" as row at 2026-01-01T00:00Z`'
_CANNOT_FORM = "write `boc cannot pay(a, b, 10 CNY) because FROZEN`"

DECLARATION_FORMS: tuple[Form, ...] = tuple(
    Form(opening, awaited, Sentence(message, advice))
    for opening, awaited, message, advice in (
        (
            "contract",
            "version",
            "a contract needs its version after its name",
            "write `contract FraudScreening version 1`",
        ),
        (
            "contract",
            "NAME",
            "a contract needs a name",
            "write `contract FraudScreening version 1`",
        ),
        (
            "contract",
            "INTEGER",
            "the version of a contract is a whole number",
            "write `contract FraudScreening version 1`",
        ),
        (
            "timezone",
            "TEXT",
            "`timezone` needs the name of a zone in quotes",
            'write `timezone "Asia/Shanghai"`',
        ),
        ("use", "NAME", "`use` needs the name of a contract", "write `use Lending as lending`"),
        ("role", "NAME", "`role` needs a name", "write `role Police, Regulator`"),
        (
            "unit",
            "decimals",
            "a unit needs the number of its decimals",
            "write `unit Point decimals 0`",
        ),
        (
            "unit",
            "INTEGER",
            "the decimals of a unit are a whole number",
            "write `unit Point decimals 0`",
        ),
        ("unit", "NAME", "`unit` needs a name", "write `unit Point decimals 0`"),
        (
            "enum",
            ":",
            "an enum needs `:` between its name and its values",
            "write `enum Verdict: Release, Warn, Freeze`",
        ),
        (
            "enum",
            "NAME",
            "an enum needs a name and, after `:`, its values",
            "write `enum Verdict: Release, Warn, Freeze`",
        ),
        (
            "lifecycle",
            "NAME",
            "a lifecycle needs a name",
            "write `lifecycle Progress` and its arrows below it",
        ),
        (
            "record",
            "[",
            "a record's key stands in square brackets after its name",
            _RECORD_FORM,
        ),
        ("record", "NAME", "a record needs a name and a key", _RECORD_FORM),
        ("event", "(", "an event's parameters stand in brackets", _EVENT_FORM),
        ("event", "NAME", "an event needs a name and its parameters", _EVENT_FORM),
        ("rule", "=", "a rule needs `=` and its value, or a block that gives it", _RULE_FORM),
        ("rule", ":", "a rule needs the type of its result after its parameters", _RULE_FORM),
        ("rule", "(", "a rule's parameters stand in brackets", _RULE_FORM),
        ("rule", "NAME", "a rule needs a name and its parameters", _RULE_FORM),
        (
            "decision",
            "NAME",
            "a decision needs a name",
            "write `decision screening` and its table below it",
        ),
        ("clause", "(", "a clause's parameters stand in brackets", _CLAUSE_FORM),
        ("clause", "NAME", "a clause needs a name and its parameters", _CLAUSE_FORM),
        ("action", "(", "an action's parameters stand in brackets", _ACTION_FORM),
        ("action", "NAME", "an action needs a name and its parameters", _ACTION_FORM),
        ("when", ":", "`when` needs `:` between its name and its record", _WHEN_FORM),
        (
            "when",
            "has",
            "`when` needs `has been STATE for TIME` or `reaches MOMENT` after its record",
            _WHEN_FORM,
        ),
        ("when", "been", "`has` is followed by `been` in a timer", _WHEN_FORM),
        (
            "when",
            "for",
            "`has been` needs `for` and how long after its state",
            _WHEN_FORM,
        ),
        (
            "when",
            "reaches",
            "`when` needs `reaches` and a moment after its states",
            "write `when loan: Loan in Active reaches loan.due`",
        ),
        ("when", "NAME", "`when` needs a name and a record", _WHEN_FORM),
        ("every", "for", "`every` needs `for` and the record it is about", _EVERY_FORM),
        ("every", ":", "`every` needs `:` between its name and its record", _EVERY_FORM),
        ("every", "on", "`every month` needs `on` and the day", "write `every month on 20 for …`"),
        ("every", "CLOCK", "`at` needs a time of day here, such as `02:00`", _EVERY_FORM),
        ("every", "day", "`every` needs `day`, a number of days, or `month on` a day", _EVERY_FORM),
        (
            "invariant",
            "TEXT",
            "an invariant needs a title in quotes",
            'write `invariant "every black account is frozen"`',
        ),
        ("test", "TEXT", "a test needs a title in quotes", 'write `test "a frozen payer"`'),
        ("by", "PARTY", "`by` needs a role or the party who may do it", "write `by Institution`"),
        ("seen", "by", "`seen` is followed by `by`", "write `seen by payer.holder`"),
        (
            "seen",
            "PARTY",
            "`seen by` needs a role or a party who may see it",
            "write `seen by payer.holder or Regulator`",
        ),
    )
)

STATEMENT_FORMS: tuple[Form, ...] = tuple(
    Form(opening, awaited, Sentence(message, advice))
    for opening, awaited, message, advice in (
        (
            "require",
            "else",
            '`require` needs `else CODE "message"` after its condition',
            'write `require amount > 0 CNY else NO_AMOUNT "an amount is needed"`',
        ),
        (
            "require",
            "TEXT",
            "a refusal needs a message in quotes after its code",
            'write `else NO_AMOUNT "an amount is needed"`',
        ),
        (
            "require",
            "CODE",
            "a refusal needs a code before its message",
            'write `else NO_AMOUNT "an amount is needed"`',
        ),
        (
            "refuse",
            "TEXT",
            "a refusal needs a message in quotes after its code",
            'write `refuse CLOSED "the account is closed"`',
        ),
        (
            "refuse",
            "CODE",
            "a refusal needs a code before its message",
            'write `refuse CLOSED "the account is closed"`',
        ),
        ("let", "=", "`let` needs `=` and a value after its name", "write `let fee = 1 CNY`"),
        ("let", "NAME", "`let` needs a name", "write `let fee = 1 CNY`"),
        (
            "move",
            "from",
            "`move` needs `from` and a balance after its amount",
            "write `move amount from payer.balance to payee.balance`",
        ),
        (
            "move",
            "to",
            "`move` needs `to` and the balance that receives",
            "write `move amount from payer.balance to payee.balance`",
        ),
        (
            "issue",
            "to",
            "`issue` needs `to` and the balance that receives",
            "write `issue amount to account.balance`",
        ),
        (
            "retire",
            "from",
            "`retire` needs `from` and the balance that gives",
            "write `retire amount from account.balance`",
        ),
        (
            "create",
            "(",
            "a new record's fields stand in brackets",
            "write `create Account(number: number, holder: bank)`",
        ),
        ("emit", "(", "an event's values stand in brackets", "write `emit Paid(payment)`"),
        (
            "notify",
            "that",
            "`notify` needs `that` and a text after the party",
            'write `notify payer.holder that "payment {payment.id} was stopped"`',
        ),
        (
            "for",
            "in",
            "`for` needs `in` and what it ranges over after its name",
            "write `for a in Account where a.standing is Grey`",
        ),
        ("for", "NAME", "`for` needs a name", "write `for a in Account where a.standing is Grey`"),
        ("limit", "INTEGER", "`limit` needs a whole number", "write `limit 100`"),
        ("feed", "as", "`feed` needs `as` and a name for the row", _FEED_FORM),
        ("feed", "TEXT", "`feed` needs the name of a file in quotes", _FEED_FORM),
        ("cannot", "because", "`cannot` needs `because` and the code of the refusal", _CANNOT_FORM),
        ("cannot", "CALL", "`cannot` needs the action that is tried", _CANNOT_FORM),
        ("does", "CALL", "`does` needs the action that is done", "write `icbc does open(a)`"),
    )
)

FOREIGN_WORDS: dict[str, Sentence] = (
    {
        "return": Sentence("`return` is no word of this language", "write `give` and the value"),
        "while": Sentence(
            "there is no `while`: every run ends", "write `for … in …` over a record"
        ),
        "loop": Sentence("there is no `loop`: every run ends", "write `for … in …` over a record"),
        "foreach": Sentence("`foreach` is no word of this language", "write `for … in …`"),
        "elseif": Sentence("`elseif` is no word of this language", "write `elif`"),
        "elsif": Sentence("`elsif` is no word of this language", "write `elif`"),
        "switch": Sentence("`switch` is no word of this language", "write `choose`"),
        "match": Sentence("`match` is no word of this language", "write `choose`"),
        "throw": Sentence("`throw` is no word of this language", 'write `refuse CODE "message"`'),
        "raise": Sentence("`raise` is no word of this language", 'write `refuse CODE "message"`'),
        "revert": Sentence("`revert` is no word of this language", 'write `refuse CODE "message"`'),
        "assert": Sentence(
            "`assert` is no word of this language", 'write `require … else CODE "message"`'
        ),
        "var": Sentence("`var` is no word of this language", "write `let`"),
        "const": Sentence("`const` is no word of this language", "write `let`"),
        "transfer": Sentence(
            "`transfer` is no word of this language", "write `move … from … to …`"
        ),
        "send": Sentence("`send` is no word of this language", "write `move … from … to …`"),
        "mint": Sentence("`mint` is no word of this language", "write `issue … to …`"),
        "burn": Sentence("`burn` is no word of this language", "write `retire … from …`"),
        "new": Sentence("`new` is no word of this language", "write `create`"),
        "struct": Sentence("`struct` is no word of this language", "write `record`"),
        "class": Sentence("`class` is no word of this language", "write `record`"),
        "import": Sentence("`import` is no word of this language", "write `use`"),
    }
    | {
        word: Sentence("records are never deleted", "let it end in a final state of its lifecycle")
        for word in ("delete", "remove", "destroy", "drop")
    }
    | {
        word: Sentence(
            f"`{word}` is no word of this language",
            "write `action` for what a party does, `rule` for a value, `clause` for effects",
        )
        for word in ("def", "fn", "func", "function", "procedure", "method")
    }
)

FOREIGN_SIGNS: dict[str, Sentence] = {
    sign: Sentence(f"`{sign}` is no sign of this language", advice)
    for sign, advice in (
        ("<>", "write `!=`"),
        ("=>", "write `>=`"),
        ("=<", "write `<=`"),
        ("===", "write `==`"),
        ("!==", "write `!=`"),
        (":=", "write `=`"),
        ("::", "write `.`"),
        ("*/", "delete it: a comment goes from `#` to the end of its line"),
        ("**", "write the product out, or `product(… for n in 1..n)`"),
        ("..=", "write `..`: both ends belong to the range"),
        ("...", "write `..` for a range with both its ends"),
    )
}
"""Two signs that stand side by side nowhere in this language."""

WRONG_CHARACTERS: dict[str, Sentence] = {
    ";": Sentence("unknown character `;`", "delete it: a statement ends with its line"),
    "'": Sentence("unknown character `'`", 'write texts in double quotes: `"text"`'),
    "`": Sentence("unknown character `` ` ``", 'write texts in double quotes: `"text"`'),
    "{": Sentence("unknown character `{`", "write a block as lines indented under the line above"),
    "}": Sentence("unknown character `}`", "write a block as lines indented under the line above"),
    "&": Sentence("unknown character `&`", "write `and`"),
    "!": Sentence("unknown character `!`", "write `not`"),
    "%": Sentence("`%` belongs to a number", "write a rate as `3.65%`; there is no remainder"),
    "^": Sentence("unknown character `^`", "write the product out, or `product(… for n in 1..n)`"),
    "$": Sentence("unknown character `$`", "write an amount with its currency: `100 USD`"),
    "€": Sentence("unknown character `€`", "write an amount with its currency: `100 EUR`"),
    "¥": Sentence("unknown character `¥`", "write an amount with its currency: `100 CNY`"),
    "£": Sentence("unknown character `£`", "write an amount with its currency: `100 GBP`"),
    "\\": Sentence("unknown character `\\`", "break a line inside brackets, nowhere else"),
    "@": Sentence("unknown character `@`", "delete it: nothing is marked with `@`"),
    "≤": Sentence("unknown character `≤`", "write `<=`"),
    "≥": Sentence("unknown character `≥`", "write `>=`"),
    "≠": Sentence("unknown character `≠`", "write `!=`"),
    "→": Sentence("unknown character `→`", "write `->`"),
    "×": Sentence("unknown character `×`", "write `*`"),
    "÷": Sentence("unknown character `÷`", "write `/`"),
    "…": Sentence("unknown character `…`", "write a range with two points: `1..5`"),
    "“": Sentence("unknown character `“`", 'write texts in straight double quotes: `"text"`'),
    "”": Sentence("unknown character `”`", 'write texts in straight double quotes: `"text"`'),
} | {
    wide: Sentence(f"unknown character `{wide}`", f"write `{narrow}`")
    for wide, narrow in zip(
        "（）［］，：．＝＋－＊／＜＞｜？＂＃、。",  # noqa: RUF001 (they are the subject)
        [*'()[],:.=+-*/<>|?"#,.'],
        strict=True,
    )
}

THING_NAMES: dict[str, str] = {
    "NAME": "a name",
    "INTEGER": "a whole number",
    "DECIMAL": "a decimal",
    "PERCENT": "a rate such as `3%`",
    "TEXT": "a text in quotes",
    "DATE": "a date",
    "INSTANT": "an instant",
    "CLOCK": "a time of day",
    "_NEWLINE": "the end of the line",
    "_INDENT": "an indented block",
    "_DEDENT": "the end of the block",
    "$END": "the end of the line",
}
"""What a reader calls the terminals that are not written as they are named."""

DECLARATION_WORDS = frozenset(
    "contract timezone use role unit enum lifecycle record event rule decision clause action "
    "when every invariant test".split()
)
"""The words that begin an item in the first column."""

STATEMENT_WORDS = frozenset(
    "require refuse let move issue retire create emit notify if elif else choose for give expect "
    "at wait show feed by seen holds".split()
)
"""The words that begin a line of a block."""

OPERATORS = frozenset("+ - * / == != <= >= < > and or is in not".split())
"""The words and signs that stand between two values."""
