"""The characters of a source, looked at before anything is read from them.

In comes the whole text; reported is everything that would let it say something other than what
its reader sees, or cost more than a source may: controls, invisible and bidirectional characters,
blanks that are no blank, size, names that change under NFKC or mix scripts. It knows text
literals and comments by their outline, and nothing else of the language.

The limits of names follow UAX 31 (XID) and UTS 39 (highly restrictive), of invisible characters
Unicode's general categories and `Default_Ignorable_Code_Point`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.source import Source, Span

SOURCE_SIZE_MAX = 1_048_576
"""Bytes of UTF-8 in one source: 1 MiB."""

LINE_LENGTH_MAX = 1_000
"""Characters in one line."""

REPORTS_MAX = 10
"""More places than this of one mistake are counted, not shown."""


class _Fault(NamedTuple):
    """Why a character is refused wherever it stands."""

    code: str
    message: str
    label: str
    help: str


_TAB = _Fault(
    "E0004",
    "a tab stands in this source",
    "a tab",
    "write blanks: indentation is blanks, never tabs",
)
_BYTE_ORDER_MARK = _Fault(
    "E0009",
    "the source begins with a byte order mark",
    "an invisible U+FEFF before the first character",
    "save the file as UTF-8 without a byte order mark",
)
_RETURN_AND_FEED = _Fault(
    "E0017",
    "a carriage return stands in this source",
    "U+000D before the line feed, as Windows writes it",
    "`servanda fmt FILE` writes the file with plain line ends",
)
_LONE_RETURN = _Fault(
    "E0017",
    "a carriage return stands in this source",
    "U+000D alone",
    "write a line feed in its place, or delete it",
)

_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0000, 0xE1000))
_NONCHARACTERS = range(0xFDD0, 0xFDF0)
_PLANE_END = 0xFFFE
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
NAME = r"[^\W\d](\w|[^\x00-\xbf\xd7\xf7\u2000-\u22ff\u3000-\u303f\uff00-\uffef])*"
"""What the grammar takes for a name: letters, digits, `_` and the marks of many scripts."""

_PIECES = re.compile(rf'"(?:[^"\\\n]|\\[^\n])*"|#[^\n]*|[()\[\]]|{NAME}')
_BEFORE_PLAIN_TEXT = re.compile(r" *(?:(?:feed|invariant|test|timezone) *)?")
"""What stands on a line before a text that has no holes: a description, a title, a file."""

_WORD = re.compile(NAME)
_HOLE = re.compile(r"\\.|\{([^{}\\]*)\}")


def check_characters(source: Source, diagnostics: Diagnostics) -> bool:
    """Report what is wrong with the characters; return whether the text may be read on."""
    text = source.text
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > SOURCE_SIZE_MAX:
        _report_size(source, diagnostics, size)
        return False
    found = _long_lines(source) + list(_bad_characters(source))
    if not found and not text.isascii():
        found += _bad_names(source)
    _report_all(found, diagnostics)
    return all(one.is_warning for one in found)


def _report_size(source: Source, diagnostics: Diagnostics, size: int) -> None:
    diagnostics.report(
        Diagnostic(
            "E0001",
            f"a source has at most {SOURCE_SIZE_MAX:_} bytes",
            Span(source.name, 0, 0),
            label=f"this one has {size:_}",
            help="divide the contract into several that `use` one another",
        )
    )


def _report_all(found: list[Diagnostic], diagnostics: Diagnostics) -> None:
    """Report what was `found`, of each code no more than help anybody."""
    counts: dict[str, int] = {}
    for diagnostic in found:
        counts[diagnostic.code] = counts.get(diagnostic.code, 0) + 1
        if counts[diagnostic.code] <= REPORTS_MAX:
            diagnostics.report(diagnostic)
        else:
            diagnostics.left_out_count += 1


def _long_lines(source: Source) -> list[Diagnostic]:
    found = []
    for start, following in pairwise((*source.line_starts, len(source.text) + 1)):
        if following - 1 - start > LINE_LENGTH_MAX:
            length = len(source.text[start : following - 1].removesuffix("\r"))
            if length > LINE_LENGTH_MAX:
                found.append(
                    Diagnostic(
                        "E0002",
                        f"a line has at most {LINE_LENGTH_MAX:_} characters",
                        Span(source.name, start + LINE_LENGTH_MAX, start + length),
                        label=f"this line has {length:_}",
                        help="break the line inside brackets",
                    )
                )
    return found


def _bad_characters(source: Source) -> Iterator[Diagnostic]:
    text = source.text
    if text.isascii():
        pattern: re.Pattern[str] | None = _CONTROL
    else:
        bad = [one for one in sorted(set(text)) if one == "\r" or _fault(one, 1) is not None]
        pattern = re.compile(f"[{re.escape(''.join(bad))}]") if bad else None
    if pattern is None:
        return
    last_end = -1
    last_letter = ""
    told: set[_Fault] = set()
    for match in pattern.finditer(text):
        letter, start = match[0], match.start()
        if letter == "\r":
            fault = _RETURN_AND_FEED if text.startswith("\n", start + 1) else _LONE_RETURN
            if fault not in told:  # How a file ends its lines is one mistake, not one a line.
                told.add(fault)
                yield _diagnostic(fault, source, start)
            continue
        if start == last_end and letter == last_letter:
            last_end += 1  # A run of one character is one mistake.
            continue
        last_end, last_letter = start + 1, letter
        found = _fault(letter, start)
        assert found is not None, "only refused characters are looked for"
        yield _diagnostic(found, source, start)


def _diagnostic(fault: _Fault, source: Source, start: int) -> Diagnostic:
    span = Span(source.name, start, start + 1)
    return Diagnostic(fault.code, fault.message, span, label=fault.label, help=fault.help)


def _fault(letter: str, offset: int) -> _Fault | None:
    """Return why `letter` is refused at `offset`, or None when it may stand there."""
    point = ord(letter)
    if letter == "\n" or " " <= letter <= "~":
        return None
    if letter == "\t":
        return _TAB
    if letter == "\ufeff" and offset == 0:
        return _BYTE_ORDER_MARK
    category = unicodedata.category(letter)
    called = _called(letter)
    if category in {"Cc", "Zl", "Zp"}:
        return _Fault(
            "E0003", "a control character stands in this source", called, "delete the character"
        )
    if category == "Cf" or letter in _INVISIBLE_LETTERS or _is_selector(point):
        return _Fault(
            "E0005",
            "an invisible character stands in this source",
            called,
            "delete the character: what a reader cannot see must not change what is written",
        )
    if category in {"Cs", "Co"} or letter == "\ufffd" or _is_noncharacter(point):
        return _Fault(
            "E0006",
            "this is not a character",
            called,
            "read the file again in the encoding it was written in, and save it as UTF-8",
        )
    if category == "Zs":
        return _Fault(
            "E0007",
            "a blank other than the plain one stands in this source",
            called,
            "replace it with a plain blank",
        )
    return None


def _called(letter: str) -> str:
    """Return how Unicode calls a character that cannot be told by its look."""
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()


def _is_selector(point: int) -> bool:
    """Return whether `point` selects a variant of the character before it."""
    return any(point in block for block in _SELECTORS)


def _is_noncharacter(point: int) -> bool:
    """Return whether Unicode keeps `point` from ever being a character."""
    return point in _NONCHARACTERS or point % 0x10000 >= _PLANE_END


# ── names ─────────────────────────────────────────────────────────────────────────────────────

_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "HANGUL", "IDEOGRAPHIC"}),
)
"""The scripts that one name may mix: those that are written together (UTS 39, 5.2)."""

_OF_NO_SCRIPT = frozenset({"COMBINING", "MODIFIER", "LOW", "UNDERTIE", "MIDDLE"})

_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝѵӏктАВЕЗІЈКМНОРСТУХЅԌԚԜѴαεινορυχγκτβΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոզցɑɡエカニハタトロヘリ",
    "aeopcyxijshdqwvlĸᴛABE3IJKMHOPCTYXSGQWVaeivopuxyĸᴛßABEZHIKMNOPTYXouhnqgag工力二八夕卜口へり",
)
"""Letters and those of another script they are mistaken for (UTS 39).

A capital and its small letter never get the same outline, or `Банк` could not own a `банк`.
"""


def outline(name: str) -> str:
    """Return what a reader sees of `name`: the same for two names that look alike."""
    return name if name.isascii() else name.translate(_LOOK_ALIKE)


def _names(source: Source) -> Iterator[tuple[str, int]]:
    """Return each word that is neither in a comment nor plain text, and where it stands."""
    depth = 0
    for match in _PIECES.finditer(source.text):
        first = match[0][0]
        if first in "([":
            depth += 1
        elif first in ")]":
            depth -= depth > 0
        elif first == '"':
            line_start = source.text.rfind("\n", 0, match.start()) + 1
            before = source.text[line_start : match.start()]
            if depth == 0 and _BEFORE_PLAIN_TEXT.fullmatch(before):
                continue
            for hole in _HOLE.finditer(match[0]):
                for word in _WORD.finditer(hole[1] or ""):
                    yield word[0], match.start() + hole.start(1) + word.start()
        elif first != "#":
            if match.start() == 0 or source.text[match.start() - 1] == "\n":
                depth = 0  # A new item: brackets that were left open are no matter of this one.
            yield match[0], match.start()


def _bad_names(source: Source) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    first_places: dict[str, int] = {}
    outlines: dict[str, str] = {}
    for name, start in _names(source):
        if name in first_places:
            continue
        first_places[name] = start
        span = Span(source.name, start, start + len(name))
        twin = outlines.setdefault(outline(name), name)
        if twin != name:
            found.append(_twins(name, span, twin, first_places[twin]))
        elif not name.isascii():
            found += _bad_name(name, span)
    return found


def _twins(name: str, span: Span, twin: str, place: int) -> Diagnostic:
    letter, other = next((one, two) for one, two in zip(name, twin, strict=True) if one != two)
    return Diagnostic(
        "E0018",
        f"`{name}` looks like another name but is not the same",
        span,
        label=f"the first letter that differs is {_called(letter)}",
        others=(
            Label(Span(span.source, place, place + len(twin)), f"here it is {_called(other)}"),
        ),
        help="spell both with the same letters if they are one, or rename one of them",
    )


def _bad_name(name: str, span: Span) -> Iterator[Diagnostic]:
    plain = unicodedata.normalize("NFKC", name)
    if plain != name:
        yield Diagnostic(
            "E0008",
            f"the name `{name}` is not in its plain form",
            span,
            label="changed by normalisation (NFKC)",
            help=f"write `{plain}`",
        )
    elif not name.isidentifier():
        bad = next((one for one in name if not ("a" + one).isidentifier()), name[0])
        yield Diagnostic(
            "E0008",
            f"`{bad}` cannot be part of a name",
            span,
            label=_called(bad),
            help="make names of letters, digits and `_`",
        )
    else:
        scripts = sorted({_script(one) for one in name} - {""})
        if len(scripts) > 1 and not any(group.issuperset(scripts) for group in _TOGETHER):
            written = " and ".join(one.capitalize() for one in scripts)
            yield Diagnostic(
                "W0001",
                f"the name `{name}` mixes {written} letters",
                span,
                label="letters of different scripts can look the same",
                help="type the name again in one script",
            )


def _script(letter: str) -> str:
    """Return the first word of the character's Unicode name, or nothing where no script is."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else ""
    script = unicodedata.name(letter, "UNNAMED").split()[0]
    return "" if script in _OF_NO_SCRIPT else script
