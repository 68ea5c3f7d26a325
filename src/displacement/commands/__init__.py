"""The commands, a module each: what is asked for on the command line, and what is said.

Each has `register(app)`, which `cli` calls. What a command needs beside typer is imported inside its function, so that
help and the other commands do not wait for it.
"""
