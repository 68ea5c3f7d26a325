"""The command line: `app` puts it together, and each command has a module of its own.

A command's module has `register(app)`. What a command needs beside typer is imported inside its function, so that help
and the other commands do not wait for it.
"""
