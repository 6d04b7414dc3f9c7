"""The language's form: sources, diagnostics, the syntax tree, the parser and the formatter.

In comes text, out come trees and diagnostics. This layer knows no types, runs nothing, and reads
no file but its own grammar. The entrances are `parser.parse`, `parser.parse_expression` and
`formatter.format_source`; they are imported from their modules, so that who needs a span alone does
not load the parser.
"""
