"""Bars over years beside each other, on each other or to both sides of zero: changes, claims, decisions, revisions.

Claims and decisions of a year are not of the same people: a decision may fall years after the claim. A break in a
series is marked, with its reason; bars join nothing across it. Every sentence is computed from rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, stacked, theme
from displacement.charts.chart import Context, Drawing, Key, Row
from displacement.charts.marks import Mark, break_marks
from displacement.charts.years import frame

APPLICATIONS, DECISIONS = "asylum_applications", "asylum_decisions_recognized"


# --- changes of the published total -----------------------------------------------------------------------------------


def yearly_change(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the change of the published total in each year against the change that the claim speaks of."""
    say, language = context.say, context.language
    years = [row["year"] for row in rows]
    last = rows[-1]
    claimed, claimant = last["claimed_change"], last["claimant"]
    claim_year = str(last["claim_made_on"].year)
    means = [row for row in rows if row["mean_of_three_years"] is not None]
    mean_now = language.change(means[-1]["mean_of_three_years"])
    limit, mean = claimed / theme.MILLION, means[-1]["mean_of_three_years"] / theme.MILLION
    changes = [row["published_yearly_change"] / theme.MILLION for row in rows]
    claim_text = context.tell("claim", amount=parts.plain(claimed, context), claimant=claimant, year=claim_year)
    mean_text = context.tell("mean", mean=f"<b>{mean_now}</b>")
    verb = "same" if changes[-1] == 0 else "grew" if changes[-1] > 0 else "fell"
    moved = context.tell(
        f"title-{verb}", year=str(years[-1]), amount=language.millions(abs(changes[-1] * theme.MILLION))
    )
    layout, narrow = _labelled(rows, "published_yearly_change", context)
    return Drawing(
        title=f"{_reached(rows, claimed, context)}{moved}",
        subtitle=context.tell("subtitle", first=str(years[0]), last=str(years[-1])),
        alt=context.tell(
            "alt",
            changes=language.listed(f"{row['year']} {language.change(row['published_yearly_change'])}" for row in rows),
            amount=parts.plain(claimed, context),
            mean=mean_now,
        ),
        data=[
            parts.bars(
                rows,
                lambda row: row["published_yearly_change"] / theme.MILLION,
                lambda row: context.tell(
                    "hover",
                    year=str(row["year"]),
                    total=language.millions(row["published_total"]),
                    change=language.change(row["published_yearly_change"]),
                ),
                _by_sign(rows, "published_yearly_change"),
            ),
            parts.line(
                means,
                lambda row: row["mean_of_three_years"] / theme.MILLION,
                lambda row: context.tell(
                    "hover-mean", year=str(row["year"]), mean=language.change(row["mean_of_three_years"])
                ),
                theme.INK,
                2,
                mode="lines+markers",
                marker={
                    "color": theme.GROUND,
                    "size": 6,
                    "line": {"color": theme.INK, "width": 2},
                    "symbol": "square",
                },
            ),
        ],
        layout=layout
        | {
            "margin": layout["margin"] | {"r": theme.margin_for([mean_text], link=4)},
            "yaxis": layout["yaxis"] | {"range": [min(0, *changes) * 1.15, max(*changes, limit) * 1.06]},
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": limit,
                    "y1": limit,
                    "line": {"color": theme.FALL, "width": 2, "dash": "dash"},
                }
            ],
            "annotations": [
                theme.text(claim_text, x=years[0] - 0.5, y=limit, yanchor="bottom"),
                theme.text(
                    mean_text, x=1, xref="paper", xshift=4, y=mean, font={"size": theme.TEXT, "color": theme.INK}
                ),
            ],
        },
        notes=(context.tell("year-ends"), context.tell("judged", claimant=claimant, date=last["claim_made_on"])),
        key=(
            Key(context.tell("key"), "", theme.HIGHLIGHT),
            Key(context.tell("key-mean"), mean_now, theme.INK, "line"),
            Key(say("the-claim", claimant=claimant, year=claim_year), language.change(claimed), theme.FALL, "dash"),
        ),
        narrow_layout=narrow | {"annotations": []},
    )


def published_and_now(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw by how much the total that the newest figures give differs from what was published for each year-end."""
    language = context.language
    first, end = rows[0]["year"], rows[-1]["year"]
    most = max(rows, key=lambda row: (abs(row["difference"]), row["year"]))
    differences = [row["difference"] / theme.MILLION for row in rows]
    reach = max(0.1, *(abs(difference) for difference in differences)) * 1.1

    def totals(part: str, row: Row) -> str:
        published, now = language.millions(row["published_total"]), language.millions(row["forcibly_displaced"])
        return context.tell(part, year=str(row["year"]), published=published, now=now)

    layout, narrow = _labelled(rows, "difference", context)
    low, high = -reach if min(differences) < 0 else 0, reach if max(differences) > 0 else reach / 5
    return Drawing(
        title=totals("title", most),
        subtitle=context.tell("subtitle", first=str(first), last=str(end), release=context.release),
        alt=context.tell("alt", release=context.release, totals=language.listed(totals("one", row) for row in rows)),
        data=[
            parts.bars(
                rows,
                lambda row: row["difference"] / theme.MILLION,
                lambda row: totals("one", row),
                _by_sign(rows, "difference"),
            )
        ],
        layout=layout | {"yaxis": layout["yaxis"] | {"range": [low, high]}},
        notes=(context.tell("why"), context.tell("not-traced")),
        key=(Key(context.tell("more"), "", theme.HIGHLIGHT), Key(context.tell("fewer"), "", theme.FALL)),
        narrow_layout=narrow,
    )


def _labelled(rows: Sequence[Row], column: str, context: Context) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the layout of bars whose changes are written below them, wide and narrow."""
    years = [row["year"] for row in rows]
    ticks = [f"<b>{context.language.change(row[column])}</b><br>{row['year']}" for row in rows]
    ink = {"color": theme.INK}
    layout = theme.layout(
        margin={"l": 24, "r": 24, "t": 24, "b": 56},
        bargap=0.35,
        xaxis=theme.time_axis(years[0] - 0.6, years[-1] + 0.6, tickvals=years, ticktext=ticks, tickfont=ink),
        yaxis=theme.amount_axis(1, showticklabels=False, showgrid=False),
    )
    narrow = {
        "margin": {"l": 8, "r": 8, "t": 16, "b": 48},
        "xaxis": {"tickvals": years[::-2], "ticktext": ticks[::-2]},
    }
    return layout, narrow


def _by_sign(rows: Sequence[Row], column: str) -> list[str]:
    return [theme.HIGHLIGHT if row[column] >= 0 else theme.FALL for row in rows]


def _reached(rows: Sequence[Row], claimed: int, context: Context) -> str:
    """Return in how many years the change reached what is claimed."""
    years = [row["year"] for row in rows if row["published_yearly_change"] >= claimed]
    amount = parts.plain(claimed, context)
    if not years:
        return context.tell("title-none", amount=amount, n=len(rows))
    if len(years) == 1:
        return context.tell("title-once", amount=amount, year=str(years[0]))
    return context.tell("title-often", amount=amount, times=len(years), n=len(rows))


# --- asylum -----------------------------------------------------------------------------------------------------------


def asylum_claims(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw new claims by year: persons filled, cases in outline beside them, never on top of each other."""
    say = context.say
    persons = [row for row in rows if row["unit"] == "persons"]
    cases = [row for row in rows if row["unit"] == "cases"]
    told = persons or cases
    last, peak = told[-1], max(told, key=lambda row: (row["applications"], row["year"]))
    first, end = rows[0]["year"], rows[-1]["year"]
    highest = max(row["applications"] for row in rows)
    unit, unit_name = theme.scale(highest)
    axis, _ = parts.amounts(highest / unit, context)
    also = [row for row in cases if row["year"] == last["year"]] if persons else []
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(last["year"]),
        "amount": _counted(last, context),
        "peak": _counted(peak, context),
        "peak_year": str(peak["year"]),
    }
    years = frame(
        context,
        first,
        end,
        axis,
        left=12 + parts.widest(axis),
        top=40,
        marks=_breaks(rows, (APPLICATIONS, f"{APPLICATIONS}_cases"), context),
        barmode="group",
        bargap=0.2,
        bargroupgap=0.05,
        showlegend=bool(persons and cases),
        legend=theme.inner_legend(),
    )
    outline = {"color": theme.GROUND, "line": {"color": theme.colours()["other"].light, "width": 1.5}}
    return Drawing(
        title=context.tell("title" if peak is not last else "title-peak", **values),
        subtitle=context.tell(
            "subtitle", place=context.place, first=str(first), last=str(end), unit=say(f"number.{unit_name}")
        ),
        alt=context.tell(
            "alt",
            first=str(first),
            also=say("asylum.and-cases", cases=_counted(also[0], context)) if also else "",
            **values,
        ),
        data=[
            parts.bars(
                part,
                lambda row: row["applications"] / unit,
                lambda row: (
                    f"{row['year']} · {_counted(row, context)}<br>{say('asylum.hover')} · "
                    f"{say('release', release=context.release)}"
                ),
                theme.HIGHLIGHT,
                name=say(name),
                **own,
            )
            for part, name, own in (
                (persons, "asylum.persons", {}),
                (cases, "asylum.in-cases", {"marker": outline}),
            )
            if part
        ],
        layout=years.layout,
        notes=(
            say("asylum.new-claims"),
            *([say("asylum.cases")] if cases else []),
            *([say("asylum.also", year=values["year"], cases=_counted(also[0], context))] if also else []),
            *_partial(rows, context, "asylum.partial"),
            say("gaps"),
        ),
        key=(
            *([Key(say("asylum.persons"), "", theme.HIGHLIGHT)] if persons else []),
            *([Key(say("asylum.in-cases"), "", theme.colours()["other"].light)] if cases else []),
            *years.key,
        ),
        narrow_layout=years.narrow,
    )


def protection_rate(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the share of decisions that recognise refugees or give other protection, as stacked bars."""
    say, language = context.say, context.language
    last = rows[-1]
    first, end = rows[0]["year"], last["year"]
    colours = {"recognised": theme.HIGHLIGHT, "complementary": theme.palette()["idmc_idps"].colour}
    columns = {"recognised": "recognized", "complementary": "complementary"}
    shares = {
        "recognised": last["recognition_rate"],
        "complementary": max(0, last["total_protection_rate"] - last["recognition_rate"]),
    }
    middles = {
        "recognised": shares["recognised"] / 2,
        "complementary": shares["recognised"] + shares["complementary"] / 2,
    }
    ticks = [0, 0.25, 0.5, 0.75, 1]
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(last["year"]),
        "share": language.share(last["total_protection_rate"]),
        "recognised": language.share(last["recognition_rate"]),
        "decisions": language.amount(last["decisions"]),
    }

    def bars(name: str) -> dict[str, Any]:
        column, said = columns[name], say(f"asylum.key-{name}")
        return parts.bars(
            [row for row in rows if row[column] is not None],
            lambda row: row[column] / row["decisions"],
            lambda row: say(
                "asylum.hover-rate",
                year=str(row["year"]),
                what=said,
                share=language.share(row[column] / row["decisions"]),
                decisions=language.amount(row["decisions"]),
            ),
            colours[name],
            name=said,
        )

    years = frame(
        context,
        first,
        end,
        theme.amount_axis(1, tickvals=ticks, ticktext=[language.share(tick) for tick in ticks]),
        left=52,
        narrow_left=48,
        top=40,
        marks=_breaks(rows, (APPLICATIONS, DECISIONS), context),
        ends=[
            (end + 0.45, middles[name], say(f"asylum.{name}", share=f"<b>{language.share(share)}</b>"), colours[name])
            for name, share in shares.items()
            if share or name == "recognised"
        ],
        barmode="stack",
        bargap=0.2,
    )
    return Drawing(
        title=context.tell("title", **values),
        subtitle=context.tell("subtitle", place=context.place, first=str(first), last=str(end)),
        alt=context.tell(
            "alt", first=str(first), first_share=language.share(rows[0]["total_protection_rate"]), **values
        ),
        data=[bars(name) for name in columns],
        layout=years.layout,
        notes=(
            say("asylum.decisions"),
            say("asylum.persons-only"),
            *_partial(rows, context, "asylum.partial" if _is_host(rows, context) else "asylum.partial-left-out"),
            say("gaps"),
        ),
        key=(
            *(Key(say(f"asylum.key-{name}"), language.share(share), colours[name]) for name, share in shares.items()),
            *years.key,
        ),
        narrow_layout=years.narrow,
    )


def _breaks(rows: Sequence[Row], indicators: Sequence[str], context: Context) -> list[Mark]:
    """Return the breaks: those of any country where many countries are added up, else those of the host alone."""
    return break_marks(context, indicators, rows[0]["year"], rows[-1]["year"], everywhere=not _is_host(rows, context))


def _is_host(rows: Sequence[Row], context: Context) -> bool:
    """Say whether the rows are of one country of asylum; else those of many are added up."""
    return context.country is not None and rows[0]["role"] == "asylum"


def _partial(rows: Sequence[Row], context: Context, message: str) -> list[str]:
    """Return the note on years of which some countries of asylum have the first half only, if there are any."""
    names = context.language.country
    partial = [
        f"{row['year']} ({context.language.listed(map(names, row['partial_in'].split()))})"
        for row in rows
        if row["partial_in"]
    ]
    return [context.say(message, years=context.language.listed(partial))] if partial else []


def _counted(row: Row, context: Context) -> str:
    if row["unit"] == "persons":
        return context.language.people(row["applications"])
    return context.say("cases", number=context.language.amount(row["applications"]))


# --- revisions --------------------------------------------------------------------------------------------------------


def revisions(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the sum of all revisions of each year-end by population type: what was added, and what was taken."""
    say, language = context.say, context.language
    types = [name for name in theme.palette() if any(row["indicator"] == name for row in rows)]
    by_year = {year: [r["difference"] for r in rows if r["year"] == year] for year in sorted({r["year"] for r in rows})}
    net = {year: sum(differences) for year, differences in by_year.items()}
    most = max(net, key=lambda year: (abs(net[year]), year))
    up = max(sum(max(0, one) for one in differences) for differences in by_year.values())
    down = max(sum(max(0, -one) for one in differences) for differences in by_year.values())
    unit, unit_name = theme.scale(max(up, down, 1))
    first, end = min(net), max(net)
    values: dict[str, Any] = {"place": context.place, "year": str(most), "n": len(net)}
    verb = "same" if net[most] == 0 else "up" if net[most] > 0 else "down"
    axis = _axis(up / unit, down / unit, context)
    largest = sorted(net, key=lambda year: -abs(net[year]))[:8]
    legend = theme.inner_legend() | {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    years = frame(
        context,
        first,
        end,
        axis,
        left=16 + parts.widest(axis),
        top=48,
        narrow_top=12,
        barmode="relative",
        bargap=0.2,
        showlegend=len(types) > 1,
        legend=legend,
    )
    return Drawing(
        title=context.tell(f"title-{verb}", amount=language.amount(abs(net[most])), **values),
        subtitle=context.tell(
            "subtitle", place=context.place, first=str(first), last=str(end), unit=say(f"unit.{unit_name}")
        ),
        alt=context.tell(
            "alt",
            place=context.place,
            n=len(net),
            years=language.listed(f"{year} {parts.signed(net[year], context)}" for year in largest),
        ),
        data=[
            parts.bars(
                [row for row in rows if row["indicator"] == name],
                lambda row: row["difference"] / unit,
                lambda row: (
                    f"{language.date(row['reference_date'])} · {parts.signed(row['difference'], context)}<br>"
                    f"{stacked.phrase(row['indicator'], context)}"
                ),
                theme.palette()[name].colour,
                name=stacked.name(name, context),
            )
            for name in types
        ],
        layout=years.layout,
        notes=(say("revisions.since"), say("revisions.year-ends")),
        key=tuple(Key(stacked.name(name, context), "", theme.palette()[name].colour) for name in types),
        narrow_layout=years.narrow,
    )


def _axis(up: float, down: float, context: Context) -> dict[str, Any]:
    distance = theme.step(max(up + down, 1e-9), 6)
    low = -theme.ceiling(down, distance) if down else 0
    high = theme.ceiling(up, distance) if up else 0
    values = [low + distance * index for index in range(round((high - low) / distance) + 1)]
    texts = parts.numbers(values, distance, context)
    return theme.amount_axis(1, tickvals=values, ticktext=texts) | {"range": [low * 1.02, high * 1.02]}
