"""Execution: programs bound to a state, calls and timers, all or nothing, and why."""
