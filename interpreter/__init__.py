"""The language's meaning: types, model, checker, analyses, generated code and its execution.

In come syntax trees; out come models, programs and receipts. It is pure: no clock but the
block's, no files, no randomness. The folders are the phases: `values` (exact arithmetic, units,
dates), `model`, `check` (tree to model), `analyse` (what holds of a whole model), `generate` (model
to Python source), `execute` (programs on a state).
"""
