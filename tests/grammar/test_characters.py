"""Characters: what could deceive a reader is refused where it stands, in code, comment and text."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from servanda.grammar.characters import LINE_LENGTH_MAX, NAME, SOURCE_SIZE_MAX, check_characters
from servanda.grammar.diagnostics import Diagnostic, Diagnostics
from servanda.grammar.parser import parse
from servanda.grammar.source import Source

TROJAN = (
    Path(__file__).resolve().parents[2]
    / ".."
    / "shared"
    / "cases"
    / "lang_robustness"
    / "trojan_source.json"
)
PLACES = ("let a{}b = 1\n", "# a{}b\n", 'let x = "a{}b"\n', "# first\n\nlet x = 1 {}+ 2\n")


def found(text: str) -> list[tuple[str, int, int, str]]:
    """Return code, line, column and covered text of what the check finds."""
    source = Source("x.contract", text)
    diagnostics = Diagnostics()
    is_readable = check_characters(source, diagnostics)
    assert is_readable == (not diagnostics.has_errors)
    return [
        (one.code, *source.position(one.span.start), source.slice(one.span)) for one in diagnostics
    ]


def only(text: str) -> Diagnostic:
    """Return the one diagnostic of `text`."""
    diagnostics = Diagnostics()
    check_characters(Source("x.contract", text), diagnostics)
    (diagnostic,) = diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        ("\x00", "E0003"),
        ("\x1b", "E0003"),
        ("\x7f", "E0003"),
        ("\x0b", "E0003"),
        ("\x0c", "E0003"),
        ("\x85", "E0003"),
        ("\u2028", "E0003"),
        ("\u2029", "E0003"),
        ("\r", "E0017"),
        ("\t", "E0004"),
        ("\u202e", "E0005"),
        ("\u2066", "E0005"),
        ("\u200b", "E0005"),
        ("\u00ad", "E0005"),
        ("\ufe0f", "E0005"),
        ("\U000e0041", "E0005"),
        ("\u3164", "E0005"),
        ("\ud800", "E0006"),
        ("\uffff", "E0006"),
        ("\ufdd0", "E0006"),
        ("\U0010ffff", "E0006"),
        ("\ue000", "E0006"),
        ("\u00a0", "E0007"),
        ("\u3000", "E0007"),
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_deceiving_characters_are_refused_where_they_stand(
    letter: str, code: str, place: str
) -> None:
    """In code, in a comment, in a text: the same code, at the very character."""
    offset = place.index("{}")
    before = place[:offset]
    line, column = before.count("\n") + 1, offset - before.rfind("\n")
    assert found(place.replace("{}", letter)) == [(code, line, column, letter)]


def test_every_trojan_source_character_is_refused() -> None:
    """The published list of deceiving characters is refused in code, comment and text."""
    if not TROJAN.exists():
        pytest.skip("the shared cases are not beside this checkout")
    cases = json.loads(TROJAN.read_text(encoding="utf-8"))["control_characters"]
    assert len(cases) > 40
    for case in cases:
        letter = chr(int(case["cp"], 16))
        for place in PLACES:
            (one,) = found(place.replace("{}", letter))
            assert one[3] == letter, case


def test_a_byte_order_mark_is_refused_with_its_own_help() -> None:
    """At the start it is the file's encoding that is wrong, not what was written."""
    diagnostic = only("\ufeffrole Police\n")
    assert (diagnostic.code, diagnostic.span.start) == ("E0009", 0)
    assert diagnostic.help == "save the file as UTF-8 without a byte order mark"


def test_the_grammar_takes_the_same_for_names() -> None:
    """The check looks at exactly what the grammar will read as a name."""
    grammar = Path(__file__).resolve().parents[2] / "grammar" / "servanda.lark"
    assert f"\nNAME: /{NAME}/\n" in grammar.read_text(encoding="utf-8")


def test_a_line_ends_in_a_line_feed_alone() -> None:
    """One meaning has one spelling: the first other line end is told, and not every line."""
    text = "role Police\r\n# list\r\nclause c()\r\n\r\n  stop(x)\r\n"
    assert found(text) == [("E0017", 1, 12, "\r")]
    assert only(text).help == "`servanda fmt FILE` writes the file with plain line ends"
    assert only(text).label == "U+000D before the line feed, as Windows writes it"


def test_a_carriage_return_alone_is_told_once() -> None:
    """Nobody can know whether it was to end a line, so no command is named that would guess."""
    assert found("role A\r# B\rrole C\n") == [("E0017", 1, 7, "\r")]
    assert only("role A\rrole B\n").help == "write a line feed in its place, or delete it"
    assert found("role A\r\r\nrole B\r\n") == [("E0017", 1, 7, "\r"), ("E0017", 1, 8, "\r")]


def test_plain_line_ends_lose_nothing() -> None:
    """What stands before a line feed goes, whatever else there is stays."""
    text = 'role A\r\n# a "b\r\n\r\nrole B\rC\r\r\n'
    plain = Source("x", text).with_plain_line_ends()
    assert plain == Source("x", 'role A\n# a "b\n\nrole B\rC\r\n')


def test_a_run_of_one_character_is_one_mistake() -> None:
    """A line indented by five tabs is told once; a file full of them ten times."""
    assert found("clause c()\n\t\t\tstop(x)\n") == [("E0004", 2, 1, "\t")]
    many = Diagnostics()
    check_characters(Source("x", "\ta\n" * 50), many)
    assert (len(many), many.left_out_count) == (10, 40)


def test_a_source_has_a_largest_size() -> None:
    """The last byte allowed is allowed; one more is refused before anything is read."""
    line = "# " + "x" * 97 + "\n"
    largest = line * (SOURCE_SIZE_MAX // 100) + "#" * (SOURCE_SIZE_MAX % 100)
    assert len(largest) == SOURCE_SIZE_MAX
    assert found(largest) == []
    assert found(largest + "#") == [("E0001", 1, 1, "")]
    assert found("# 账" * (SOURCE_SIZE_MAX // 5 + 1))[0][0] == "E0001"


def test_a_line_has_a_largest_length() -> None:
    """The part of the line that is too much is marked; line ends do not count."""
    assert [one[0] for one in found("#" * LINE_LENGTH_MAX + "\r\n#\n")] == ["E0017"]
    assert found("#\n" + "#" * (LINE_LENGTH_MAX + 2) + "\n") == [("E0002", 2, 1001, "##")]
    assert found("#" * (LINE_LENGTH_MAX + 1)) == [("E0002", 1, 1001, "#")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ｂank", "the name `ｂank` is not in its plain form"),
        ("e\u0301tat", "the name `e\u0301tat` is not in its plain form"),
        ("x²", "the name `x²` is not in its plain form"),
        ("ﬁrst", "the name `ﬁrst` is not in its plain form"),
    ],
)
def test_names_are_in_their_plain_form(text: str, message: str) -> None:
    """What NFKC would change could be two spellings of one name."""
    diagnostic = only(f"let {text} = 1\n")
    assert (diagnostic.code, diagnostic.message) == ("E0008", message)
    assert diagnostic.span[1:] == (4, 4 + len(text))


@pytest.mark.parametrize(
    "name", ["账户", "账户A", "口座カナかな", "계좌", "खाता", "บัญชี", "حساب", "État", "Счёт", "λ"]
)
def test_names_may_be_in_any_script(name: str) -> None:
    """Scripts that are written together may meet in one name."""
    assert found(f"let {name} = 1\n") == []


@pytest.mark.parametrize("name", ["pаy", "αmount", "账户Ж"])
def test_mixtures_of_scripts_are_warned_of(name: str) -> None:
    """A warning, because the source still says one thing."""
    assert [one[0] for one in found(f"let {name} = 1\n")] == ["W0001"]


def test_look_alike_names_are_refused() -> None:
    """The second of two names that look the same is told, with the first beside it."""
    text = "let сор = 1\nlet cop = 2\n"
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.span[1:]) == ("E0018", (16, 19))
    assert diagnostic.label == "the first letter that differs is U+0063 LATIN SMALL LETTER C"
    (other,) = diagnostic.others
    assert other.span[1:] == (4, 7)
    assert other.text == "here it is U+0441 CYRILLIC SMALL LETTER ES"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("scope", "ѕсоре"),
        ("Bank", "Bаnk"),
        ("ΑΒ", "AB"),
        ("ТЕ", "ΤΕ"),
        ("口座", "ロ座"),
        ("a", "ɑ"),
    ],
)
def test_names_that_look_alike_are_found_across_scripts(first: str, second: str) -> None:
    """Whichever comes first, the two are not let pass as two names."""
    for one, other in ((first, second), (second, first)):
        assert "E0018" in [code for code, *_ in found(f"let {one} = 1\nlet {other} = 2\n")]


@pytest.mark.parametrize(
    "names",
    [
        "Τράπεζα τράπεζα Κόστος κόστος Βάση βάση κβτ ΚΒΤ",
        "Банк банк Вклад вклад Казна казна ТОРГ торг Мера мера Ня ня",
        "账户 账号 帐户 土 士 未 末 己 已 日 曰 人 入 大 太 存款 存歀",
        "口座 残高 カナ かな ヘ ひ",
        "l I l1 ll II O O0 Bank bank sinir sınır",
    ],
)
def test_names_of_one_script_are_told_apart_by_their_readers(names: str) -> None:
    """Capital and small letter, or two signs of one script, are no deceit."""
    assert found("".join(f"let {name} = 1\n" for name in names.split())) == []


def test_only_names_are_looked_at_as_names() -> None:
    """Plain text and comments may say anything visible; a hole holds names."""
    assert found('# ｂank x² pаy\nlet x = "ｂank x² pаy"\n') == []
    assert [one[0] for one in found('let x = "{x²}"\n')] == ["E0008"]


def test_a_brace_in_a_plain_text_opens_no_hole() -> None:
    """A description, a title or the name of a file holds any letters between its braces."""
    for plain in (
        'clause c()\n  "{x²}"\n  d()\n',
        'test "{x²}"\n  d()\n',
        'feed "{x²}" as r\n  d()\n',
    ):
        assert found(plain) == []
        diagnostics = Diagnostics()
        parse(Source("x", plain), diagnostics)
        assert not diagnostics.has_errors
    for holed in (
        'show f(\n  "{x²}"\n)\n',
        'show [1\nlet a = 1\nrefuse NO "{x²}"\n',
        'show "{x²}"\n',
    ):
        assert [one[0] for one in found(holed)] == ["E0008"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000_000,
        "[\n" * 500_000,
        "x" * 1_000_000,
        "".join(f"{' ' * depth}if x\n" for depth in range(1_000)),
        "let x = " + "not " * 240 + "y\n",
        "let x = (\n" + " not\n" * 200_000 + " y)\n",
        "let x = (\n" + " -(\n" * 200_000,
        "let x = (\n 1" + " +\n 1" * 200_000 + ")\n",
        "let x = " + ".".join("abcd" * 50) + "\n",
        "\x00" * 1_000_000,
        "\u202e" * 300_000,
        '"' * 999 + "\n",
        "a\n" * 500_000,
        "role\n" * 200_000,
        "clause c()\n" + "  x = = 1\n" * 100_000,
        "账" * 300_000,
    ],
    ids=range(16),
)
def test_no_input_takes_long(text: str) -> None:
    """Whatever the text, it is refused in bounded time, with a located diagnostic."""
    diagnostics = Diagnostics()
    parse(Source("x", "role A\n"), diagnostics)  # The tables are not what is measured.
    start = time.perf_counter()
    parse(Source("x", text), diagnostics)
    assert diagnostics.has_errors
    assert time.perf_counter() - start < 5
