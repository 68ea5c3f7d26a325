"""Lines through the years: inside against across, the ten largest countries, a claim against what was published.

Published totals and totals recomputed from the newest figures are two series; a chart that recomputes reports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, stacked, theme
from displacement.charts.chart import Context, Drawing, Key, Row
from displacement.charts.marks import Mark
from displacement.charts.years import frame


def inside_and_across(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw people displaced inside their country against those displaced across borders."""
    say, language = context.say, context.language
    first, last = rows[0]["year"], rows[-1]
    end = last["year"]
    colours = {"inside": theme.palette()[stacked.INSIDE].colour, "across": theme.palette()["refugees"].colour}
    compared = next((row["year"] for row in rows if row["published_total"] is not None), end)
    more, fewer = sorted(colours, key=lambda name: -last[name])
    axis, _ = parts.amounts(max(max(row["inside"], row["across"]) for row in rows) * 1.02 / theme.MILLION, context)
    before = Mark(compared - 0.5, say("no-published-before", year=str(compared)))

    def line(name: str, part: Sequence[Row], dash: str) -> dict[str, Any]:
        colour = colours[name]
        return parts.line(
            part,
            lambda row: row[name] / theme.MILLION,
            lambda row: parts.hover(context, row["reference_date"], language.millions(row[name]), say(name)),
            colour,
            3,
        ) | {"line": {"color": colour, "width": 3, "dash": dash}}

    years = frame(
        context,
        first,
        end,
        axis,
        left=48,
        narrow_left=36,
        narrow_top=12,
        around=(0.5, 0.5),
        every=5,
        marks=[before],
        ends=[
            (end, last[name] / theme.MILLION, f"<b>{say(name)}</b> {language.millions(last[name])}", colour)
            for name, colour in colours.items()
        ],
    )
    return Drawing(
        title=context.tell(
            f"title-{more}", more=language.millions(last[more]), fewer=language.millions(last[fewer]), year=str(end)
        ),
        subtitle=context.tell("subtitle", first=str(first), last=str(end), release=context.release),
        alt=context.tell(
            "alt",
            first=str(first),
            last=str(end),
            **{
                f"{name}_{when}": language.millions(row[name])
                for name in colours
                for when, row in (("first", rows[0]), ("last", last))
            },
        ),
        data=[
            *(
                line(name, [row for row in rows if kept(row["year"])], dash)
                for name in colours
                for kept, dash in ((compared.__ge__, "dot"), (compared.__le__, "solid"))
            ),
            parts.points(
                [row for row in rows if row["inside_as_published"] is not None],
                lambda row: row["inside_as_published"] / theme.MILLION,
                lambda row: (
                    f"{language.date(row['reference_date'])} · {language.millions(row['inside_as_published'])}"
                    f"<br>{context.tell('published')}"
                ),
                colours["inside"],
                theme.GROUND,
                8,
            ),
        ],
        layout=years.layout,
        notes=(context.tell("parts", first=str(first)), *stacked.overlap_note(last, context, "in-both")),
        key=(
            *(Key(say(name), language.millions(last[name]), colours[name], "line") for name in (more, fewer)),
            Key(context.tell("published"), "", colours["inside"], "dot"),
            Key(before.label, "", theme.QUIET, "dash"),
        ),
        narrow_layout=years.narrow | {"annotations": []},
    )


def leading(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries from which, or in which, most refugees and others in need of protection are."""
    say, language = context.say, context.language
    newest = list({row["rank"]: row for row in rows}.values())  # rows are by rank and date
    first, end = min(row["year"] for row in rows), max(row["year"] for row in rows)
    axis, top = parts.amounts(max(row["refugees_and_oip"] for row in rows) * 1.01 / theme.MILLION, context, most=8)
    names = [language.country(row["country"]) for row in newest]
    texts = [
        f"{name} {stacked.short(row['refugees_and_oip'], theme.MILLION, context)}"
        for name, row in zip(names, newest, strict=True)
    ]
    labels = [
        (
            end,
            row["refugees_and_oip"] / theme.MILLION,
            f"<b>{text}</b>" if index == 0 else text,
            theme.HIGHLIGHT if index == 0 else theme.INK,
        )
        for index, (row, text) in enumerate(zip(newest, texts, strict=True))
    ]

    def line(index: int) -> dict[str, Any]:
        said = context.tell("hover", country=names[index])
        return parts.line(
            [row for row in rows if row["country"] == newest[index]["country"]],
            lambda row: row["refugees_and_oip"] / theme.MILLION,
            lambda row: parts.hover(context, row["reference_date"], language.people(row["refugees_and_oip"]), said),
            theme.GREY if index else theme.HIGHLIGHT,
            1.75 if index else 3,
            name=names[index],
        )

    years = frame(
        context, first, end, axis, left=36, narrow_left=28, narrow_top=12, around=(0.3, 0.3), every=5, ends=labels
    )
    values: dict[str, Any] = {"n": len(newest), "first": str(first), "last": str(end), "year": str(newest[0]["year"])}
    amounts = [language.amount(row["refugees_and_oip"]) for row in newest]
    return Drawing(
        title=context.tell(
            "title",
            n=len(newest),
            share=language.share(rows[-1]["cumulative_share"]),
            country=names[0],
            amount=amounts[0],
        ),
        subtitle=context.tell("subtitle", **values),
        alt=context.tell(
            "alt",
            countries=language.listed(f"{name} {amount}" for name, amount in zip(names, amounts, strict=True)),
            **values,
        ),
        data=[line(index) for index in reversed(range(len(newest)))],  # the highlighted line lies above the others
        layout=years.layout,
        notes=(say("ranked-is"), say("no-unrwa"), say("line-gap")),
        key=tuple(
            Key(f"{index + 1} {name}", amount, theme.GREY if index else theme.HIGHLIGHT, "line")
            for index, (name, amount) in enumerate(zip(names, amounts, strict=True))
        ),
        narrow_layout=years.narrow
        | {
            "margin": years.narrow["margin"] | {"r": 36},
            "annotations": theme.end_labels(
                [(x, y, str(index + 1), colour) for index, (x, y, _, colour) in enumerate(labels)],
                pixels_per_unit=(context.declaration.narrow_height - 12 - 32) / top,
                gap=theme.NARROW_LABEL_GAP,
                link=18,
            ),
        },
    )


def claim_and_after(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the claimed number and growth from the date they were said of, and every published total."""
    say, language = context.say, context.language
    year_ends = [row for row in rows if row["period"] == "year-end"]
    first, newest, claimed = year_ends[0]["year"], year_ends[-1], rows[0]
    start = claimed["claimed_for"].year - (0.5 if claimed["claimed_for"].month == 6 else 0)
    end, total, yearly = newest["year"], claimed["claimed_total"], claimed["claimed_change"]
    reached = round(total + yearly * (end - start))
    axis, _ = parts.amounts(max(reached, *(row["published_total"] for row in rows)) * 1.02 / theme.MILLION, context)
    values: dict[str, Any] = {
        "claimed": parts.plain(total, context),
        "yearly": parts.plain(yearly, context),
        "claimant": claimed["claimant"],
        "date": claimed["made_on"],
        "year": str(end),
        "published": language.millions(newest["published_total"]),
        "reached": language.millions(reached),
    }
    growth = {
        "type": "scatter",
        "mode": "lines",
        "x": [start, end],
        "y": [total / theme.MILLION, reached / theme.MILLION],
        "line": {"color": theme.FALL, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }
    years = frame(
        context,
        first,
        end,
        axis,
        left=48,
        narrow_left=36,
        narrow_top=12,
        around=(0.5, 0.5),
        ends=[
            (
                end,
                reached / theme.MILLION,
                context.tell("growing", reached=f"<b>{values['reached']}</b>"),
                theme.FALL,
            ),
            (
                end,
                newest["published_total"] / theme.MILLION,
                context.tell("published", published=f"<b>{values['published']}</b>"),
                theme.INK,
            ),
        ],
        gap=2.4 * theme.LABEL_GAP,
    )
    claim = theme.text(
        context.tell("said", **values),
        x=start,
        y=total / theme.MILLION,
        xanchor="right",
        align="right",
        xshift=-16,
        yanchor="bottom",
        yshift=22,
        font={"size": theme.TEXT, "color": theme.FALL},
    )
    return Drawing(
        title=context.tell("title", **values),
        subtitle=context.tell("subtitle", first=str(first), last=str(end)),
        alt=context.tell("alt", first=str(first), for_date=claimed["claimed_for"], **values),
        data=[
            growth,
            *(
                parts.points(
                    [row for row in rows if row["period"] == period],
                    lambda row: row["published_total"] / theme.MILLION,
                    lambda row: parts.as_published(row, context),
                    fill,
                    theme.INK,
                    8,
                    mode=mode,
                    name=say(f"published.{period}"),
                    line={"color": theme.INK, "width": 1.5},
                )
                for period, fill, mode in (
                    ("year-end", theme.INK, "lines+markers"),
                    ("mid-year", theme.GROUND, "markers"),
                )
            ),
        ],
        layout=years.layout | {"annotations": [claim, *years.layout["annotations"]]},
        notes=(
            context.tell("from", for_date=claimed["claimed_for"], **values),
            say("mid-years-hollow"),
            context.tell("published-series"),
        ),
        key=(
            Key(context.tell("key", **values), values["reached"], theme.FALL, "dash"),
            Key(say("published.year-end"), values["published"], theme.INK, "dot"),
            Key(say("published.mid-year"), "", theme.INK, "ring"),
        ),
        narrow_layout=years.narrow | {"annotations": []},
    )


def projection(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw displaced people up to the newest year-end, and a fan of the projection for the next two."""
    language = context.language
    known = [row for row in rows if row["projection"] is None]
    ahead = [row for row in rows if row["projection"] is not None]
    now, end = known[-1], ahead[-1]
    is_unchanged = end["projection"] == now["forcibly_displaced"]
    unit, unit_name = theme.scale(max(end["high_80"], *(row["forcibly_displaced"] for row in known)))
    axis, _ = parts.amounts(max(end["high_80"], *(row["forcibly_displaced"] for row in known)) * 1.02 / unit, context)
    values: dict[str, Any] = {
        "place": context.place,
        "first": str(known[0]["year"]),
        "last": str(now["year"]),
        "year": str(end["year"]),
        "now": language.amount(now["forcibly_displaced"]),
        "median": language.amount(end["projection"]),
        "low": language.amount(end["low_80"]),
        "high": language.amount(end["high_80"]),
    }

    def fan(share: str, colour: str) -> dict[str, Any]:
        edge = [
            (now["year"], now["forcibly_displaced"]),
            *((row["year"], row[f"high_{share}"]) for row in ahead),
            *((row["year"], row[f"low_{share}"]) for row in reversed(ahead)),
        ]
        return {
            "type": "scatter",
            "mode": "lines",
            "x": [year for year, _ in edge],
            "y": [people / unit for _, people in edge],
            "fill": "toself",
            "fillcolor": theme.colours()[colour].light,
            "line": {"width": 0},
            "hoverinfo": "skip",
        }

    def said(row: Row) -> str:
        return f"{language.date(row['reference_date'])}<br>" + context.tell(
            "hover",
            median=language.people(row["projection"]),
            low=language.amount(row["low_80"]),
            high=language.amount(row["high_80"]),
        )

    years = frame(
        context,
        known[0]["year"],
        end["year"],
        axis,
        left=12 + parts.widest(axis),
        narrow_top=12,
        around=(0.5, 0.5),
        ends=[
            (end["year"], end["high_80"] / unit, values["high"], theme.QUIET),
            (
                end["year"],
                end["projection"] / unit,
                f"<b>{context.tell('label')}</b> {values['median']}",
                theme.HIGHLIGHT,
            ),
            (end["year"], end["low_80"] / unit, values["low"], theme.QUIET),
        ],
    )
    return Drawing(
        title=context.tell("title.unchanged" if is_unchanged else "title", **values),
        subtitle=context.tell("subtitle", unit=context.say(f"unit.{unit_name}"), release=context.release, **values),
        alt=context.tell("alt", **values),
        data=[
            fan("80", "band"),
            fan("50", "band_highlight"),
            parts.line(
                known,
                lambda row: row["forcibly_displaced"] / unit,
                lambda row: parts.hover(
                    context, row["reference_date"], language.people(row["forcibly_displaced"]), context.tell("known")
                ),
                theme.INK,
                3,
            ),
            parts.points(ahead, lambda row: row["projection"] / unit, said, theme.GROUND, theme.HIGHLIGHT, 9),
        ],
        layout=years.layout,
        notes=(*([context.tell("unchanged")] if is_unchanged else []), context.tell("fan"), context.tell("earned")),
        key=(
            Key(context.tell("label"), values["median"], theme.HIGHLIGHT, "ring"),
            Key(context.tell("wide"), f"{values['low']} – {values['high']}", theme.QUIET),
        ),
        narrow_layout=years.narrow | {"annotations": []},
    )
