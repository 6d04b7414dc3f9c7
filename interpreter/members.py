"""Members: who takes part, with which roles, and who is suspended.

Roles are of the consortium, not of one contract: a member that is an `Institution` is one
everywhere. Here members are plain names; keys and signatures come with the chain.
"""

from __future__ import annotations


class Members:
    """The members of a consortium."""

    __slots__ = ("_roles", "_suspended")

    def __init__(self) -> None:
        self._roles: dict[str, frozenset[str]] = {}
        self._suspended: set[str] = set()

    def enrol(self, name: str, role: str) -> None:
        """Give a member a role, enrolling it if it is new."""
        self._roles[name] = self._roles.get(name, frozenset()) | {role}

    def suspend(self, name: str) -> None:
        """Let a member do nothing until it is reinstated."""
        self._suspended.add(name)

    def reinstate(self, name: str) -> None:
        """End a suspension."""
        self._suspended.discard(name)

    def is_member(self, name: str) -> bool:
        """Whether this is a member in good standing."""
        return name in self._roles and name not in self._suspended

    def roles_of(self, name: str) -> frozenset[str]:
        """Return the roles of a member in good standing; nobody else has any."""
        return frozenset() if name in self._suspended else self._roles.get(name, frozenset())
