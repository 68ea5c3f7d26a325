"""The Python interface: figures with their units, warnings, source and release, in one call.

What is asked is answered from the published build where there is one (`DISPLACEMENT_PUBLIC`), else from the figures
that come with the program. How tables are made and files are opened belongs below; `import displacement` offers the
functions under its own name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from displacement.catalogue import Column, Table, load_catalogue
from displacement.catalogue.words import publishers_of
from displacement.errors import DisplacementError, WrongUseError
from displacement.query import names
from displacement.query.explain_number import COUNTED
from displacement.query.published import FILE_NAME, open_kept, open_published, require_kept_by_release
from displacement.query.selection import Day, between, conditions, day, select
from displacement.settings import Settings
from displacement.storage.duck import first_line, rows

if TYPE_CHECKING:
    import duckdb
    import pandas

    from displacement.query.country import Profile
    from displacement.query.explain_figure import Explained

FORMS = {"pandas": "df", "polars": "pl", "arrow": "to_arrow_table"}
"""The method of a relation of DuckDB for each form."""

Form = Literal["pandas", "polars", "arrow", "rows"]

MIXED = frozenset({"never_add_roles", "never_add_measures", "never_add_schemes"})
"""Usage warnings of columns over whose values nothing is added."""


def connect(as_of: str | None = None, *, at: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a read-only DuckDB connection to all tables and macros.

    Args:
        as_of: a release; every table computed from figures then has the rows it had in that release.
        at: where to read instead of here: a directory with a build, a folder on the web (`https://…`), of which the
            file is fetched once for each build, or a store (`s3://bucket/prefix`), which has tables and no macros.

    Raises:
        DisplacementError: the file cannot be opened, or nothing is published at the address.
        WrongUseError: there is no such release.

    >>> connect().sql("select refugees from global_totals where reference_date = '2025-12-31'").fetchall()
    [(28461306,)]
    """
    return _open(None, as_of, at, own=True)


@overload
def load(
    table: str,
    *,
    as_of: str | None = ...,
    labels: bool | str = ...,
    since: Day | None = ...,
    until: Day | None = ...,
    as_: Literal["pandas"] = ...,
    at: str | None = ...,
    **where: Any,
) -> pandas.DataFrame: ...
@overload
def load(
    table: str,
    *,
    as_of: str | None = ...,
    labels: bool | str = ...,
    since: Day | None = ...,
    until: Day | None = ...,
    as_: Literal["rows"],
    at: str | None = ...,
    **where: Any,
) -> list[dict[str, Any]]: ...
@overload
def load(
    table: str,
    *,
    as_of: str | None = ...,
    labels: bool | str = ...,
    since: Day | None = ...,
    until: Day | None = ...,
    as_: Literal["polars", "arrow"],
    at: str | None = ...,
    **where: Any,
) -> Any: ...
def load(
    table: str,
    *,
    as_of: str | None = None,
    labels: bool | str = False,
    since: Day | None = None,
    until: Day | None = None,
    as_: Form = "pandas",
    at: str | None = None,
    **where: Any,
) -> Any:
    """Return the rows of a table, as a pandas frame unless another form is asked for.

    Args:
        table: the name of a table; `tables()` lists them.
        as_of: a release, by its day: the rows as they were in it.
        labels: whether to add the names of countries beside their codes; a language (fr, es, ar, ru, zh) for its names.
        since: the first reference date, as a date or a year.
        until: the last.
        as_: pandas, polars, arrow, or rows (dictionaries, for which nothing more need be installed).
        at: where to read instead of here, as for `connect`.
        where: a value, or several, of a column: `origin="Sudan"`, `role="asylum"`. Countries go by code or name.

    Returns:
        The rows in the order of the table. A pandas frame has `reference_date` as its index, so that years are not
        added by mistake, and in `attrs` its units, warnings, source, release and citation.

    Raises:
        WrongUseError: there is no such table, column, country or release, or a name has several meanings.
        DisplacementError: the form needs a library that is not installed.

    >>> load("global_totals", since=2025, period="year-end", as_="rows")[0]["refugees"]
    28461306
    """
    described = _described(table)
    with _open(table, as_of, at) as connection:
        if as_of:
            require_kept_by_release([table], as_of)
        met = [*conditions(connection, described, where), *between(described, since, until)]
        rows_met = f"{select(described, labels)} where {' and '.join(met or ['true'])}"
        order = ", ".join(f"{table}.{column}" for column in described.order)
        found = _asked(connection, f"{rows_met} order by {order}")
        if as_ == "rows":
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        frame = _in_form(found, as_)
        if as_ == "pandas":
            if "reference_date" in described.key:
                frame = frame.set_index("reference_date")
            frame.attrs.update(_attributes(connection, described, as_of))
        return frame


def figures(
    indicator: str,
    *,
    origin: str | Sequence[str] | None = None,
    asylum: str | Sequence[str] | None = None,
    since: Day | None = None,
    until: Day | None = None,
    period: str = "year-end",
    as_of: str | None = None,
    labels: bool | str = False,
    at: str | None = None,
) -> pandas.DataFrame:
    """Return the figures of an indicator as a pandas frame, year-ends unless `period="mid-year"`.

    Raises:
        WrongUseError: there is no such indicator, country or release.
    """
    places: dict[str, Any] = {"origin": origin, "asylum": asylum}
    frame: pandas.DataFrame = load(
        "figures",
        as_of=as_of,
        labels=labels,
        since=since,
        until=until,
        at=at,
        indicator=indicator,
        period=period,
        **{name: place for name, place in places.items() if place is not None},
    )
    return frame


def explain(
    indicator: str, *, origin: str, asylum: str, date: Day, as_of: str | None = None, at: str | None = None
) -> Explained:
    """Return where a figure comes from: its value, releases, record, checks, notes, and how to cite it.

    Raises:
        WrongUseError: a name or date is unknown, or there never was such a figure.

    >>> explain("refugees", origin="UKR", asylum="POL", date="2025-12-31").value > 900_000
    True
    """
    from displacement.query.explain_figure import Asked
    from displacement.query.explain_figure import explain as explained

    asked = Asked(indicator, origin, asylum, str(day(date, last=True)))
    with _open(None, None, at, needs_macros=True) as connection:
        return explained(connection, Settings.from_environment(), asked, as_of)


def claim(
    text: str,
    *,
    measure: str,
    value: float | str,
    country: str = "",
    role: str = "",
    made_on: Day | None = None,
    tolerance: float = 0.05,
    at: str | None = None,
) -> dict[str, Any]:
    """Compare a claim with what was known when it was made and what is known now.

    Args:
        text: the claim in its own words.
        measure: what it is about, as `displacement claims measures` lists.
        value: the claimed number of people.
        country: whom it is about; the world if left out.
        role: origin (people from the country) or asylum (people in it).
        made_on: the day it was made; today if left out.
        tolerance: how far off it may be and still hold, as a share.
        at: where to read instead of here, as for `connect`.

    Returns:
        The row of `claim_checks` it would have: values and verdicts then and now, and the `sentence` about them.

    Raises:
        WrongUseError: a part of it makes no sense; the message has what would.

    >>> claim("Chad hosts 1.3 million refugees", measure="refugees", country="TCD", role="asylum", value=1.3e6)[
    ...     "verdict_now"
    ... ]
    'does not hold'
    """
    from displacement.query import claims

    today = dt.datetime.now(dt.UTC).date()
    typed = claims.Claim(
        claim_id="asked",
        claimant="Claim",
        claim=text,
        measure=measure,
        country=country,
        role=role,
        value=f"{value:.0f}" if isinstance(value, int | float) else value,
        unit="",
        tolerance=f"{tolerance:g}",
        made_on=str(day(made_on, last=True) if made_on else today),
        source="asked",
    )
    settings = Settings.from_environment()
    with _open(None, None, at, needs_macros=True) as connection:
        return claims.check(connection, settings, claims.examined(settings, typed, today))


def country(name: str, *, as_of: str | None = None, at: str | None = None) -> Profile:
    """Return the profile of a country: its stocks, corridors, flows, revisions and what is odd in its figures.

    Raises:
        WrongUseError: there is no such country, or several are meant.
    """
    from displacement.query.country import profile

    with _open(None, as_of, at, needs_macros=True) as connection:
        return profile(connection, name, as_of)


def tables() -> pandas.DataFrame:
    """Return the tables there are, with what a row of each is and the columns that identify it."""
    found = [
        {"table": one.name, "title": one.title, "row": one.row, "key": ", ".join(one.key)}
        for one in load_catalogue().tables.values()
    ]
    frame: pandas.DataFrame = _pandas().DataFrame(found).set_index("table")
    return frame


def indicators() -> pandas.DataFrame:
    """Return the indicators there are, with their definitions, units, publishers and warnings."""
    return load("indicators").set_index("indicator")


def releases() -> pandas.DataFrame:
    """Return the releases of which figures are kept, oldest first."""
    return load("releases").set_index("release")


def forecasts() -> pandas.DataFrame:
    """Return the published forecasts with what followed, and what no change would have given on the same day."""
    return load("forecast_scores").set_index("forecast_id")


def total(frame: pandas.DataFrame, column: str | Sequence[str], by: str | Sequence[str] = ()) -> Any:
    """Return the sum of a column of a frame of `load`, where its values can be added.

    Args:
        frame: with its `attrs`, as `load` returns it; rows may have been left out.
        column: what to add; several columns are added together.
        by: columns whose values stay apart.

    Returns:
        A number, or a series by the values of `by`.

    Raises:
        WrongUseError: the rows or columns count the same people twice, or are no counts: stocks of several dates,
            origin and asylum, persons and cases, UNHCR's IDPs and IDMC's, shares and ranks.
    """
    columns, apart = _listed(column), _listed(by)
    described = _described(str(frame.attrs.get("table", "")))
    known = {one.name: one for one in described.columns}
    for name in columns:
        if name not in known:
            raise names.unknown("column", name, list(known), of=f"in {described.name}")
    if "superseded_in" in known:
        raise WrongUseError(f"{described.name} has a row for each value a figure had. Add figures as of one release.")
    _require_addable([known[name] for name in columns])
    rows_ = frame.reset_index()
    kinds = {known[name].kind for name in columns}
    if "indicator" in rows_ and columns == ["value"]:
        kinds = {frame.attrs["kinds"][code] for code in rows_["indicator"].unique()}
    mixed = [one.name for one in described.columns if MIXED & set(one.warnings)]
    dates = ["reference_date"] if kinds != {"flow"} else []
    periods = [] if "reference_date" in apart else ["period"]
    for name in (*dates, *mixed, *periods, "indicator", "unit"):
        if name in rows_ and name not in apart and rows_[name].nunique() > 1:
            first, second = (str(value).removesuffix(" 00:00:00") for value in rows_[name].unique()[:2])
            raise WrongUseError(
                f"{' and '.join(columns)} cannot be added over {name} (here {first}, {second} and so on): it would "
                f"count the same people several times. Choose one, or keep them apart with by={name!r}."
            )
    added = rows_[columns].sum(axis=1, min_count=1).rename(" + ".join(columns))
    return added.groupby([rows_[name] for name in apart]).sum(min_count=1) if apart else added.sum(min_count=1)


# --- opening ----------------------------------------------------------------------------------------------------------


def _open(
    table: str | None, as_of: str | None, at: str | None, *, needs_macros: bool = False, own: bool = False
) -> duckdb.DuckDBPyConnection:
    """Return a connection to what is at an address, to the published build, or to what is made from shipped figures.

    One to a file that stays open, unless it is the user's own: to open it costs more than a small question.
    """
    if at and "://" in at:
        from displacement.query.remote import open_remote

        return open_remote(at, as_of, needs_macros=needs_macros)
    directory = Path(at) if at else _here(None if as_of else table)
    directory = directory.parent if directory.suffix == ".duckdb" else directory
    return open_published(directory, as_of) if as_of or own else open_kept(directory)


def _here(table: str | None) -> Path:
    """Return the directory of the published build, or of what is made from shipped figures where there is none."""
    settings = Settings.from_environment()
    if (settings.public / FILE_NAME).exists():
        return settings.public
    from displacement.query.without_build import made_from_shipped

    return made_from_shipped(settings, table)


def _described(table: str) -> Table:
    known = load_catalogue().tables
    return known[names.one_of("table", table, known)]


def _asked(connection: duckdb.DuckDBPyConnection, select: str) -> duckdb.DuckDBPyRelation:
    import duckdb

    try:
        return connection.sql(select)
    except duckdb.BinderException as error:
        raise DisplacementError(
            f"The file that was read is not of this version of displacement ({first_line(error)}). Build it again, or "
            "install the version that made it."
        ) from error


# --- what is returned -------------------------------------------------------------------------------------------------


def _in_form(found: duckdb.DuckDBPyRelation, form: str) -> Any:
    if form not in FORMS:
        raise names.unknown("form", form, [*FORMS, "rows"])
    try:
        return getattr(found, FORMS[form])()
    except ModuleNotFoundError as error:
        raise _not_installed(error.name or form) from error


def _pandas() -> Any:
    try:
        import pandas
    except ModuleNotFoundError as error:
        raise _not_installed("pandas") from error
    return pandas


def _not_installed(library: str) -> DisplacementError:
    return DisplacementError(
        f"This form needs {library}, which is not installed. Install it with: pip install {library}; or ask for "
        'as_="rows".'
    )


def _attributes(connection: duckdb.DuckDBPyConnection, table: Table, as_of: str | None) -> dict[str, Any]:
    """Return what a frame carries beside its rows."""
    catalogue = load_catalogue()
    source = publishers_of(catalogue, table)
    cited = "; ".join(catalogue.publishers[code].citation for code in table.publishers)
    release = as_of or names.newest_release(connection)
    attributes: dict[str, Any] = {
        "table": table.name,
        "title": table.title,
        "row": table.row,
        "units": {column.name: column.unit for column in table.columns if column.unit},
        "warnings": {
            column.name: [warning.rule for warning in catalogue.warnings_of(column)]
            for column in table.columns
            if column.warnings
        },
        "source": source,
        "licence": "; ".join(dict.fromkeys(catalogue.publishers[code].licence_says for code in table.publishers)),
        "release": release,
        "citation": f"{cited}, release of {release}: {table.title}.",
    }
    if "indicator" in table.column_names:
        found = rows(connection, "select indicator, kind from indicators")
        attributes["kinds"] = {row["indicator"]: row["kind"] for row in found}
    return attributes


# --- adding -----------------------------------------------------------------------------------------------------------


def _listed(wanted: str | Sequence[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else list(wanted)


def _require_addable(columns: Sequence[Column]) -> None:
    """Require that columns count something, in one unit, and not the same people."""
    for column in columns:
        if column.unit not in COUNTED:
            raise WrongUseError(f"{column.name} cannot be added: {' '.join(_rules(column)) or 'it counts nothing.'}")
    if len({column.unit for column in columns}) > 1:
        raise WrongUseError(f"{' and '.join(column.name for column in columns)} are counted in different units.")
    counted = [code for column in columns for code in (column.made_of or (column.name,))]
    doubled = sorted({code for code in counted if counted.count(code) > 1})
    if doubled:
        raise WrongUseError(f"{' and '.join(doubled)} would be counted twice: one of the columns already includes it.")
    if {"idps", "idmc_idps"} <= set(counted):
        raise WrongUseError("idps and idmc_idps count the same people by different means. Take one of them.")


def _rules(column: Column) -> list[str]:
    return [warning.rule for warning in load_catalogue().warnings_of(column)]
