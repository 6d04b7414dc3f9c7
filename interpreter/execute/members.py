"""Members: who takes part, with which roles, and who is suspended.

Roles are of the consortium, not of one contract: a member that is an `Institution` is one
everywhere. Here members are plain names; keys and signatures come with the chain.
"""

from __future__ import annotations

NO_ROLES: frozenset[str] = frozenset()


class Members:
    """The members of a consortium."""

    __slots__ = ("_suspended", "active", "sealing_keys")

    def __init__(self) -> None:
        self.active: dict[str, frozenset[str]] = {}
        """The roles of every member in good standing."""
        self.sealing_keys: dict[str, bytes] = {}
        """The public keys to which values are sealed, by name."""
        self._suspended: dict[str, frozenset[str]] = {}

    def enrol(self, name: str, role: str) -> None:
        """Give a member a role, enrolling it if it is new; a suspended one stays suspended."""
        held = self._suspended if name in self._suspended else self.active
        held[name] = held.get(name, NO_ROLES) | {role}

    def suspend(self, name: str) -> None:
        """Let a member do nothing until it is reinstated."""
        if name in self.active:
            self._suspended[name] = self.active.pop(name)

    def reinstate(self, name: str) -> None:
        """End a suspension."""
        if name in self._suspended:
            self.active[name] = self._suspended.pop(name)

    def sealing_key_of(self, name: str) -> bytes | None:
        """Return the key to which values are sealed for a member in good standing, or None."""
        return self.sealing_keys.get(name) if name in self.active else None

    def readers_with(self, role: str) -> tuple[str, ...]:
        """Return the members that have a role and a sealing key, in order."""
        return tuple([name for name in sorted(self.sealing_keys) if self.has_role(name, (role,))])

    def has_role(self, name: str, roles: tuple[str, ...] | None) -> bool:
        """Whether `name` is in good standing and has one of the roles (None: any member)."""
        held = self.active.get(name)
        if held is None:
            return False
        if roles is None:
            return True
        for role in roles:  # noqa: SIM110 -- a generator costs six times the loop
            if role in held:
                return True
        return False
