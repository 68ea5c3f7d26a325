"""A country on one screen: who comes from it, whom it hosts, the ways between, solutions, revisions, oddities.

`country` gathers it from the published file as plain data, `wording` lays it out for a terminal.
"""
