"""Where a number comes from: a figure with its releases, checks and citation, a number of a table with its parts.

`figure` and `number` gather what is known as plain data, `provenance` finds the record a figure came from, `wording`
says it to people. Everything is read from the published file, so that an explanation fits the number on show.
"""
