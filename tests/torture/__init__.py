"""The long tests of faults: real builds killed at random moments, and what must hold whenever one was.

`python -m tests.torture` runs them; `tests/pipeline/test_robustness_*.py` runs a few, and uses what is here.
"""
