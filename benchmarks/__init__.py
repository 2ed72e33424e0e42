"""Benchmarks: ratios against the bare limit and against tifffile, in one run; ``python -m benchmarks``.

Every measurement runs in a fresh process; the contenders of a case take turns, so that a slow minute of the machine
affects all of them; medians are compared. The benchmarks are not part of the test suite: no test asserts a time.
"""
