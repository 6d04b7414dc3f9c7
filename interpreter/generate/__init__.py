"""The one code generator: model in, Python source out, one function per declaration.

With `probes` the same functions are written with calls that report what was seen, for `why` and
for coverage; there is no second meaning. The generated source refers to tables and to other
functions by names that are bound to one chain's state later (see `interpreter/compile.py`).
"""
