"""Benchmarks: ratios against the bare limit and against tifffile, in one run; ``python -m benchmarks``.

Every measurement is a fresh process; contenders of a case take turns, so that a slow minute of the machine falls on
all of them; medians are compared. Nothing here is part of the test suite: a test asserts no time.
"""
