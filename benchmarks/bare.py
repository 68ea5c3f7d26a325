"""The floor of `displacement query` and of `displacement --help`: the shortest typer app that gives the same answer."""

import csv
import sys

import typer

app = typer.Typer(add_completion=False)


@app.command()
def query(path: str, sql: str, form: str = "table") -> None:
    """Open a DuckDB file, run a query and print its rows."""
    import duckdb

    with duckdb.connect(path, read_only=True) as connection:
        result = connection.execute(sql)
        names = [column[0] for column in result.description or []]
        rows = result.fetchall()
    if form == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([names, *rows])
        return
    for row in [names, *rows]:
        print(*("" if value is None else value for value in row))


if __name__ == "__main__":
    app()
