"""The chart of the largest corridors: from which country to which other people have been displaced."""

from __future__ import annotations

from collections.abc import Sequence

from displacement.charts import theme, wording
from displacement.charts.chart import Context, Drawing, Key, Row

HEIGHT = 640


def corridors(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the largest corridors as bands between origins and countries of asylum."""
    largest = rows[0]
    date = largest["reference_date"]
    origins = _sums(rows, "origin")
    asylums = _sums(rows, "asylum")
    totals = {(side, row[side]): row[f"{side}_displaced_across"] for row in rows for side in ("origin", "asylum")}
    names = {row["origin"]: row["origin_name"] for row in rows} | {row["asylum"]: row["asylum_name"] for row in rows}
    position = {("origin", code): index for index, code in enumerate(origins)}
    position |= {("asylum", code): len(origins) + index for index, code in enumerate(asylums)}
    share = wording.per_cent(sum(row["share_of_world"] for row in rows))
    first = largest["origin"]
    count = len(rows)
    return Drawing(
        title=f"The largest corridor at {wording.end_of(date)}: {largest['origin_name']} to {largest['asylum_name']}, "
        f"{wording.figure(largest['displaced_across'])} people",
        subtitle=f"The {count} largest corridors from country of origin to country of asylum, {wording.day(date)}, "
        "persons",
        alt=f"Bands between countries of origin and countries of asylum at {wording.end_of(date)}. The largest: "
        + wording.listed(
            [
                f"{row['origin_name']} to {row['asylum_name']} {wording.figure(row['displaced_across'])}"
                for row in rows[:5]
            ]
        )
        + ".",
        data=[
            {
                "type": "sankey",
                "arrangement": "fixed",
                "valueformat": ",d",
                "textfont": {"family": theme.FONT, "size": theme.TEXT, "color": theme.INK, "shadow": "none"},
                "node": {
                    "label": [
                        f"{names[code]} {wording.part(value, totals[side, code])}"
                        for side, sums in (("origin", origins), ("asylum", asylums))
                        for code, value in sums.items()
                    ],
                    "color": [theme.HIGHLIGHT if code == first else theme.QUIET for code in origins]
                    + [theme.QUIET] * len(asylums),
                    "pad": 14,
                    "thickness": 12,
                    "line": {"width": 0},
                    "hoverinfo": "none",
                },
                "link": {
                    "source": [position["origin", row["origin"]] for row in rows],
                    "target": [position["asylum", row["asylum"]] for row in rows],
                    "value": [row["displaced_across"] for row in rows],
                    "color": [
                        "rgba(0, 114, 188, 0.45)" if row["origin"] == first else "rgba(86, 99, 111, 0.25)"
                        for row in rows
                    ],
                    "customdata": [f"{row['origin_name']} are in {row['asylum_name']}" for row in rows],
                    "hovertemplate": f"{wording.day(date)} · %{{value}} people displaced across borders<br>from "
                    f"%{{customdata}} · release {context.release}<extra></extra>",
                },
            }
        ],
        layout=theme.layout(margin={"l": 24, "r": 24, "t": 24, "b": 24}),
        notes=(
            f"These {count} corridors hold {share} of all people displaced across borders (refugees under UNHCR’s "
            "mandate, asylum-seekers and others in need of international protection; UNRWA’s refugees are not among "
            "them). Beside a country stands how many of all its people displaced across borders are in the corridors "
            "drawn.",
        ),
        key=tuple(
            Key(
                f"{row['origin']}–{row['asylum']} · {row['origin_name']} to {row['asylum_name']}",
                wording.figure(row["displaced_across"]),
                theme.HIGHLIGHT if row["origin"] == first else theme.GREY,
            )
            for row in rows
        ),
        narrow_layout={"margin": {"l": 4, "r": 4, "t": 8, "b": 8}},
        narrow_data={
            0: {"node": {"label": [*origins, *asylums], "pad": 8}, "textfont": {"size": theme.SMALL}},
        },
    )


def _sums(rows: Sequence[Row], side: str) -> dict[str, int]:
    """Return the people of each country on one side, the largest first."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[side]] = sums.get(row[side], 0) + row["displaced_across"]
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
