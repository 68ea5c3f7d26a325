"""Text that a spreadsheet takes for a formula, made harmless in CSV and Excel files.

A claim that somebody typed, or a label of a publisher, may begin with `=`; opened in a spreadsheet it would be run.
"""

from __future__ import annotations

from typing import TypeVar

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with, for one spreadsheet or another."""

Value = TypeVar("Value")


def safe_cell(value: Value) -> Value | str:
    """Return a value as it may be written into a cell: text that begins as a formula gets an apostrophe before it.

    >>> safe_cell("=1+1"), safe_cell("Chad"), safe_cell(-5)
    ("'=1+1", 'Chad', -5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def safe_sql(column: str) -> str:
    """Return the SQL of a text column whose cells may be written into a CSV file, as `safe_cell`."""
    begins = ", ".join(f"chr({ord(sign)})" for sign in FORMULA)
    return f"case when left({column}, 1) in ({begins}) then concat(chr(39), {column}) else {column} end"
