"""What all tests share: golden files, renewed by `pytest --renew`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A machine that is busy with something else is no fault of what is tested.
settings.register_profile("servanda", deadline=None)
settings.load_profile("servanda")

GOLDEN = Path(__file__).resolve().parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--renew`."""
    parser.addoption(
        "--renew", action="store_true", help="write the golden files anew instead of comparing"
    )


@pytest.fixture(scope="session", autouse=True)
def _few_rounds() -> Iterator[None]:
    """Let keys that are made for a test be opened quickly: nobody will steal them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("servanda.key_encryption.ROUNDS", 2_048)
        yield


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of a name, or with `--renew` write it."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"{name}.txt"
        if request.config.getoption("--renew"):
            GOLDEN.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"there is no {path.name}: run `pytest --renew` and look at it"
        assert text == path.read_text(encoding="utf-8")

    return compare
