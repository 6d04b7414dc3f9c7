"""Servanda: contracts that say who may do what, when, and what follows.

>>> import servanda
>>> checked = servanda.check("loan_approval.contract")
>>> print(checked.text or "all is well")
>>> for outcome in servanda.run_tests("contracts"):
...     print(outcome.title, outcome.has_passed)

The public API is what stands in `__all__`: `check` never raises for a wrong file, `load` and
`run_tests` raise `NotGood`. Everything else is Servanda's own business and may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servanda.api import Checked, NotGood, check, load, run_tests

__all__ = ["Checked", "NotGood", "check", "load", "run_tests"]


def __getattr__(name: str) -> object:
    """Return a part of the public API, imported when it is first asked for.

    The layers below are part of this package: to import one of them must not import all.
    """
    if name in __all__:
        from servanda import api  # noqa: PLC0415 -- see above

        return getattr(api, name)
    message = f"module `servanda` has no attribute `{name}`"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the names of the public API."""
    return [*globals(), *__all__]
