"""The language's meaning: types, model, checker, analyses, generated code and its execution.

In come syntax trees; out come models, programs and receipts. It is pure: no clock but the
block's, no files, no randomness. The entrances are `check`, `compile`, `machine` and `script`.
"""
