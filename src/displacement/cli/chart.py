"""`displacement chart`: any chart of the catalogue as a file, in a language, of a country, for a year."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from displacement.cli.progress import AsJson, AsOf
from displacement.errors import DisplacementError, WrongUseError

if TYPE_CHECKING:
    from displacement.charts import Chart, Declaration
    from displacement.language import Language

FORMATS = ("png", "svg", "html", "csv")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(chart)


def chart(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Its name; --list shows all.")] = None,
    country: Annotated[str | None, typer.Option(help="Of one country: ISO 3166-1 alpha-3, such as UKR.")] = None,
    year: Annotated[int | None, typer.Option(help="At another year-end than the newest.")] = None,
    lang: Annotated[str, typer.Option(help="en, fr, es, ar, ru or zh.")] = "en",
    form: Annotated[
        str | None, typer.Option("--format", help="png, svg, html or csv; png unless --output ends in another.")
    ] = None,
    size: Annotated[str, typer.Option(help="Of a picture: report, or social (1200 x 630 pixels).")] = "report",
    output: Annotated[Path | None, typer.Option(help="The file to write; else named after the chart, here.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List every chart there is.")] = False,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Make a chart as a file: PNG, SVG, a page that works offline, or its figures as CSV with a note of their source.

    Example: displacement chart country-origin --country UKR --lang fr --format svg
    """
    from displacement import charts
    from displacement.language import load
    from displacement.query import names
    from displacement.query.formats import as_json as json_text
    from displacement.query.published import open_published
    from displacement.settings import Settings

    if listed:
        language = load(lang)
        described = [_described(entry, language) for entry in charts.DECLARATIONS]
        typer.echo(json_text(described) if as_json else _list(charts.DECLARATIONS, language))
        return
    if name is None:
        raise WrongUseError("Which chart? Name one, or list them with --list.")
    kind = _format(form, output)
    with open_published(Settings.from_environment().public, as_of) as connection:
        drawn = charts.draw(
            name,
            connection,
            lang,
            country=names.country(connection, country) if country else None,
            year=year,
            size=size,
            release=as_of,
        )
    written = _write(drawn, kind, size, output)
    said = {"chart": name, "title": drawn.title, "alt": drawn.drawing.alt, "files": [str(path) for path in written]}
    typer.echo(json_text([said]) if as_json else "\n".join([drawn.title, *(f"  {path}" for path in written)]))


def _format(form: str | None, output: Path | None) -> str:
    """Return the format asked for: by its name, else by the ending of the file, else PNG."""
    asked = form or (output.suffix.lstrip(".") if output and output.suffix else "png")
    if asked not in FORMATS:
        raise WrongUseError(f"There is no format {asked}. Formats: {', '.join(FORMATS)}.")
    return asked


def _write(drawn: Chart, kind: str, size: str, output: Path | None) -> list[Path]:
    from displacement.charts import browser, export, fonts

    language = drawn.context.language.code
    parts = [drawn.name, *([] if language == "en" else [language]), *([] if size == "report" else [size])]
    path = output or Path(f"{'-'.join(parts)}.{kind}")
    if kind == "csv":
        return export.write_figures(drawn, path)
    if kind == "html":
        return [export.write_page(drawn, path)]
    chrome = browser.find_browser()
    if chrome is None:
        raise DisplacementError(
            "There is no Chrome or Chromium to draw pictures with. Install one or name it with BROWSER_PATH; "
            "--format html and --format csv need none."
        )
    if language == "zh" and fonts.lacks_chinese():
        typer.echo(fonts.WITHOUT_CHINESE, err=True)
    return [export.write_picture(drawn, path, chrome, kind, size)]


def _list(entries: tuple[Declaration, ...], language: Language) -> str:
    width = max(len(entry.name) for entry in entries)
    return "\n".join(f"{entry.name:<{width}}  {entry.question(language)}{_takes(entry)}" for entry in entries)


def _takes(entry: Declaration) -> str:
    options = {"must be": "--country", "may be": "[--country]"}.get(entry.country, "")
    taken = " ".join(part for part in (options, "[--year]" if entry.takes_year else "") if part)
    return f"  {taken}" if taken else ""


def _described(entry: Declaration, language: Language) -> dict[str, Any]:
    return {
        "name": entry.name,
        "question": entry.question(language),
        "unit": language.text(f"chart.unit.{entry.unit}"),
        "kind": entry.kind,
        "country": entry.country,
        "takes_year": entry.takes_year,
        "tables": list(entry.tables),
    }
