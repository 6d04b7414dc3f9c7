"""Loading: paths to checked models, with everything that the files `use`.

In come paths; out come a `Loaded` for each file, with its source, its diagnostics and, if all is
well, its model. A used contract is looked for beside the file that uses it, then in the library
that is installed with Servanda. Each file is read and checked once, however many use it.
"""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH100, PTH118, PTH119, PTH120, PTH208

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from servanda.check_callers import check_callers
from servanda.grammar import tree
from servanda.grammar.diagnostics import Diagnostic, Diagnostics, Label
from servanda.grammar.parser import parse, use_grammar_cache
from servanda.grammar.source import Source
from servanda.grammar_cache import DiskGrammarCache
from servanda.interpreter.check import Checked, Elsewhere, check_script, check_whole, uses_of
from servanda.interpreter.check.suggest import did_you_mean
from servanda.interpreter.model import ContractModel, ScriptModel
from servanda.interpreter.walk import contracts_below
from servanda.load_elsewhere import load_elsewhere
from servanda.sources import read_source

LIBRARY_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "contracts")
"""The contracts that are installed with Servanda."""

USE_DEPTH_MAX = 64
"""A longer chain of contracts that use one another is taken for a mistake."""

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Kind(StrEnum):
    """What a file holds, which its name says."""

    CONTRACT = ".contract"
    TEST = ".test.contract"
    SCRIPT = ".script"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file: its source, what is wrong with it, and its model if nothing is."""

    path: str
    kind: Kind
    source: Source
    diagnostics: Diagnostics
    checked: Checked | None = None
    script: ScriptModel | None = None

    @property
    def contract(self) -> ContractModel | None:
        """The model of a good contract."""
        return None if self.checked is None else self.checked.model

    @property
    def is_good(self) -> bool:
        """Whether the file was read, checked and found right."""
        return self.checked is not None or self.script is not None


def kind_of(path: str) -> Kind | None:
    """Return what the name of a file says that it holds, or None."""
    name = os.path.basename(path)
    for kind in (Kind.TEST, Kind.CONTRACT, Kind.SCRIPT):
        if name.endswith(kind.value) and name != kind.value:
            return kind
    return None


def snake_case(name: str) -> str:
    """Return the file name that belongs to a contract: `FraudScreening` in `fraud_screening`."""
    return _WORD_STARTS.sub("_", name).lower()


def _nothing_elsewhere(_: tree.File) -> Elsewhere:
    """Return that no other chain is known."""
    return {}


class Deployed(NamedTuple):
    """The contracts of a chain by name, and their sources by the names that they have there.

    `elsewhere` says what a contract that runs there may read on other chains.
    """

    contracts: Mapping[str, ContractModel]
    sources: Mapping[str, Source]
    elsewhere: Callable[[tree.File], Elsewhere] = _nothing_elsewhere


class Loader:
    """Loads files and remembers them; `sources` holds every source by the name it is shown by.

    A version that was in force `earlier` may stand in a file of any name, and what it uses may
    still stand where its successor is: in `folder`. With `deployed` a file uses the contracts of a
    chain and none that stands beside it, and a contract may stand in a file of any name.
    """

    def __init__(
        self,
        folder: str | None = None,
        *,
        is_earlier: bool = False,
        deployed: Deployed | None = None,
    ) -> None:
        use_grammar_cache(DiskGrammarCache())
        self._deployed = deployed
        self._folders = (LIBRARY_FOLDER,) if folder is None else (folder, LIBRARY_FOLDER)
        self._is_earlier = is_earlier
        self.sources: dict[str, Source] = {} if deployed is None else dict(deployed.sources)
        self.files: dict[str, Loaded] = {}
        """Every file that was looked at, by its real path, used ones before those that use them."""
        self._open: list[str] = []
        """The real paths of the files that are being loaded, each used by the one before."""

    def load(self, path: str, kind: Kind | None = None) -> Loaded:
        """Return the file at `path`, read and checked with all that it uses."""
        place = _real_path(path)
        if place in self.files:
            return self.files[place]
        diagnostics = Diagnostics()
        source = read_source(path, diagnostics)
        self.sources[path] = source
        kind = kind or kind_of(path) or Kind.SCRIPT
        self._open.append(place)
        loaded = self._check(path, kind, source, diagnostics)
        self._open.pop()
        self.files[place] = loaded
        return loaded

    @property
    def has_errors(self) -> bool:
        """Whether any file that was looked at has an error."""
        return any(one.diagnostics.has_errors for one in self.files.values())

    def _check(self, path: str, kind: Kind, source: Source, diagnostics: Diagnostics) -> Loaded:
        checked: Checked | None = None
        script: ScriptModel | None = None
        file = None if diagnostics.has_errors else _parse(source, diagnostics)
        used = None if file is None else self._load_used(path, kind, file, diagnostics)
        if file is not None and used is not None:
            if kind is Kind.CONTRACT:
                elsewhere = self._elsewhere(path, file, diagnostics)
                if elsewhere is not None:
                    checked = check_whole(file, used, diagnostics, elsewhere)
            else:
                script = check_script(file, used, diagnostics)
        if diagnostics.has_errors:
            checked = script = None
        return Loaded(path, kind, source, diagnostics, checked, script)

    def _elsewhere(self, path: str, file: tree.File, diagnostics: Diagnostics) -> Elsewhere | None:
        """Return what a contract reads on other chains, or None after saying what is wrong."""
        if self._deployed is not None:
            return self._deployed.elsewhere(file)
        folders = (os.path.dirname(path), *self._folders)
        return load_elsewhere(file, lambda name: _find_contract(folders, name), diagnostics)

    def _load_used(
        self, path: str, kind: Kind, file: tree.File, diagnostics: Diagnostics
    ) -> dict[str, ContractModel] | None:
        """Return the contracts that a file uses by name, or None if the file cannot be checked.

        What a missing contract declares would be unknown, name by name: nobody is helped by that.
        """
        if kind is Kind.CONTRACT:
            if not self._is_earlier and self._deployed is None:
                _check_file_name(path, file, diagnostics)
            self._check_callers(path, file, diagnostics)
        _check_time_zone(file, diagnostics)
        used: dict[str, ContractModel] = {}
        is_whole = True
        for use in uses_of(file):
            if diagnostics.is_full:
                return None
            if use.chain is not None:
                continue  # Of those only the headings are read, when all else is there.
            model = self._used(path, use, diagnostics)
            if model is None:
                is_whole = False
            else:
                used[use.contract.text] = model
        return used if is_whole and _is_one_of_each(file, used, diagnostics) else None

    def _used(self, path: str, use: tree.Use, diagnostics: Diagnostics) -> ContractModel | None:
        """Return the model of a used contract, or None after saying why there is none."""
        name = use.contract.text
        if self._deployed is not None:
            return _deployed_model(self._deployed, use, diagnostics)
        found = _find_contract((os.path.dirname(path), *self._folders), name)
        if found is None:
            diagnostics.report(
                Diagnostic(
                    "E0257",
                    f"unknown contract `{name}`",
                    use.contract.span,
                    f"there is no file `{snake_case(name)}.contract`",
                    help=did_you_mean(name, _contracts_near(os.path.dirname(path)))
                    or "put its file beside this one, named as the contract in snake_case",
                )
            )
            return None
        if _real_path(found) in self._open or len(self._open) > USE_DEPTH_MAX:
            self._report_circle(found, use, diagnostics)
            return None
        loaded = self.load(found, Kind.CONTRACT)
        if loaded.contract is None:
            diagnostics.report(
                Diagnostic(
                    "E0282",
                    f"the contract `{name}` has errors",
                    use.contract.span,
                    "used here",
                    help=f"put `{found}` right first",
                )
            )
        return loaded.contract

    def _check_callers(self, path: str, file: tree.File, diagnostics: Diagnostics) -> None:
        """Warn of callers that are neither beside a file nor among those that led to it."""
        folder, users = os.path.dirname(path), [os.path.basename(one) for one in self._open]

        def is_found(name: str) -> bool:
            if self._deployed is not None and name in self._deployed.contracts:
                return True
            file_name = snake_case(name) + Kind.CONTRACT.value
            return file_name in users or _find_contract((folder, *self._folders), name) is not None

        def near() -> list[str]:
            own = snake_case(os.path.basename(path).removesuffix(Kind.CONTRACT.value))
            return [one for one in _contracts_near(folder) if snake_case(one) != own]

        check_callers(file, is_found, near, diagnostics)

    def _report_circle(self, found: str, use: tree.Use, diagnostics: Diagnostics) -> None:
        place = _real_path(found)
        start = self._open.index(place) if place in self._open else 0
        names = [os.path.basename(one) for one in (*self._open[start:], place)]
        diagnostics.report(
            Diagnostic(
                "E0281",
                f"`{use.contract.text}` is used in a circle",
                use.contract.span,
                " uses ".join(names),
                help="move what both need into a contract that uses neither",
            )
        )


def _deployed_model(
    deployed: Deployed, use: tree.Use, diagnostics: Diagnostics
) -> ContractModel | None:
    """Return the model of a contract on the chain, or None after saying that there is none."""
    name = use.contract.text
    model = deployed.contracts.get(name)
    if model is None:
        diagnostics.report(
            Diagnostic(
                "E0257",
                f"unknown contract `{name}`",
                use.contract.span,
                "no contract of this name runs on the chain",
                help=did_you_mean(name, list(deployed.contracts))
                or "deploy it with `servanda chain deploy`",
            )
        )
    return model


def _parse(source: Source, diagnostics: Diagnostics) -> tree.File | None:
    """Return the tree of a source without mistakes: half a tree would only raise more of them."""
    file = parse(source, diagnostics)
    return None if diagnostics.has_errors else file


def _real_path(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _find_contract(folders: Iterable[str], name: str) -> str | None:
    """Return the path of a used contract: beside the file, or in the library."""
    file_name = snake_case(name) + Kind.CONTRACT.value
    for place in folders:
        path = os.path.join(place, file_name)
        if os.path.lexists(path):
            return path
    return None


def _contracts_near(folder: str) -> list[str]:
    """Return the names of the contracts that could have been meant."""
    found: list[str] = []
    for place in (folder or os.curdir, LIBRARY_FOLDER):
        try:
            names = sorted(os.listdir(place))
        except OSError:
            continue
        stems = [
            one.removesuffix(Kind.CONTRACT.value) for one in names if kind_of(one) is Kind.CONTRACT
        ]
        found += ["".join(map(str.capitalize, stem.split("_"))) for stem in stems]
    return found


def _check_file_name(path: str, file: tree.File, diagnostics: Diagnostics) -> None:
    """Report a contract that stands in a file of another name."""
    header = next((one for one in file.items if isinstance(one, tree.Header)), None)
    actual = os.path.basename(path)
    if header is None or actual == snake_case(header.name.text) + Kind.CONTRACT.value:
        return
    wanted = snake_case(header.name.text) + Kind.CONTRACT.value
    diagnostics.report(
        Diagnostic(
            "E0280",
            f"the contract `{header.name.text}` stands in a file of another name",
            header.name.span,
            f"this file is called `{actual}`",
            help=f"call the file `{wanted}`, so that others find the contract",
        )
    )


def _check_time_zone(file: tree.File, diagnostics: Diagnostics) -> None:
    """Report a time zone that the database does not have."""
    for item in file.items:
        if isinstance(item, tree.Timezone):
            from servanda.zones import zone_names, zones_of_area  # noqa: PLC0415 -- few name one

            if item.zone not in zone_names():
                diagnostics.report(
                    Diagnostic(
                        "E0284",
                        f"unknown time zone `{item.zone}`",
                        item.span,
                        "the IANA database has no zone of this name",
                        help=did_you_mean(item.zone, zones_of_area(item.zone))
                        or 'name it as the database does: `timezone "Asia/Shanghai"`',
                    )
                )


def _is_one_of_each(
    file: tree.File, used: dict[str, ContractModel], diagnostics: Diagnostics
) -> bool:
    """Report two contracts of one name, which could not stand on one chain."""
    found: dict[str, ContractModel] = {}
    is_one = True
    for use in uses_of(file):
        if use.contract.text not in used:
            continue
        for model in contracts_below(used[use.contract.text]):
            other = found.setdefault(model.name, model)
            if other is not model:
                is_one = False
                diagnostics.report(
                    Diagnostic(
                        "E0283",
                        f"there are two contracts `{model.name}`",
                        use.contract.span,
                        f"this leads to the one in `{model.span.source}`",
                        (Label(other.span, "this is another one, used as well"),),
                        help="let both use the same file",
                    )
                )
    return is_one
