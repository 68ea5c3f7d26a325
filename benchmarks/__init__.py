"""What the program costs, compared with what the same work costs without it. Run it with `python -m benchmarks`.

Only measuring belongs here; README.md lists what is measured against what. Nothing imports this package.
"""
