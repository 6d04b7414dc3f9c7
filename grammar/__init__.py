"""The language's form: sources, diagnostics, the syntax tree, the parser and the formatter.

In comes text, out come trees and diagnostics. This layer knows no types, runs nothing, and reads
no file but its own grammar.
"""
