"""What the program costs, held against what the same work costs without it. Run it with `python -m benchmarks`.

Only measuring belongs here; README.md says what is measured against what. Nothing imports this package.
"""
