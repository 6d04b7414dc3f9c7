"""`servanda chain`: a chain in a folder, from its genesis to a proof for a court.

One module for each group of commands; `command.py` knows their words, `session.py` opens what they
need. Exit status of all: 0 done, 1 the rules or the chain said no, 2 it could not be tried.
"""
