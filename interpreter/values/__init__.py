"""Run-time values: exact numbers, units, dates, times and time zones, and how they are shown."""
