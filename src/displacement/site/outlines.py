"""The outlines of countries as SVG paths, projected once: what a plain map is drawn from.

The shapes are those the charts ship for plotly.js, and so is the projection (natural earth, turned by ten degrees, so
that Chukotka stays in one piece); which country has which colour is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from displacement.charts import maps

WIDTH = 1000
LATITUDES = (-57, 84)
"""What of the earth is shown: without Antarctica."""

Point = tuple[float, float]


@cache
def paths(grain: float = 0.1) -> dict[str, str]:
    """Return the outline of each country that the map has, by its code; `grain` is the least step, in its units."""
    topology = maps.topology()
    arcs = _arcs(topology)
    found: dict[str, str] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        rings = (_ring(ring, arcs) for polygon in polygons for ring in polygon)
        path = "".join(_path(ring, grain) for ring in rings if max(point[1] for point in ring) > LATITUDES[0])
        if path:
            found[shape["id"]] = found.get(shape["id"], "") + path
    return found


@cache
def height() -> int:
    """Return the height of the map in a box that is `WIDTH` wide."""
    return math.ceil(_project(0, LATITUDES[0])[1])


def _arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """Undo the steps and the grid in which the file keeps its lines."""
    (step_x, step_y), (left, foot) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * step_x + left, y * step_y + foot))
        lines.append(line)
    return lines


def _ring(arcs: Sequence[int], lines: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the corners of a ring; a number below zero is a line walked backwards. It never jumps across the map."""
    corners: list[Point] = []
    for arc in arcs:
        line = lines[arc] if arc >= 0 else lines[~arc][::-1]
        corners += line[1:] if corners else line
    return list(_unbroken((_turned(longitude), latitude) for longitude, latitude in corners))


def _turned(longitude: float) -> float:
    return (longitude - maps.ROTATION + 180) % 360 - 180


def _unbroken(corners: Iterator[Point]) -> Iterator[Point]:
    before: float | None = None
    for longitude, latitude in corners:
        if before is not None:
            longitude += 360 * round((before - longitude) / 360)
        before = longitude
        yield longitude, latitude


def _path(ring: Sequence[Point], grain: float) -> str:
    """Return a ring as relative steps of the grain: a tenth of a unit is as fine as a phone can show."""
    corners = [tuple(round(value / grain) for value in _project(*corner)) for corner in ring]
    steps = [f"M{corners[0][0] * grain:g} {corners[0][1] * grain:g}l"]
    before = corners[0]
    for corner in corners[1:]:
        if corner != before:
            steps.append(f"{(corner[0] - before[0]) * grain:g} {(corner[1] - before[1]) * grain:g} ")
            before = corner
    return "".join(steps).rstrip() + "z" if len(steps) > 3 else ""


def _project(longitude: float, latitude: float) -> Point:
    """Project as d3's natural earth does, into a box that is `WIDTH` wide and begins at the highest latitude."""
    scale = WIDTH / (2 * _natural_earth(180, 0)[0])
    top = _natural_earth(0, LATITUDES[1])[1]
    x, y = _natural_earth(longitude, min(latitude, LATITUDES[1]))
    return WIDTH / 2 + x * scale, (top - y) * scale


def _natural_earth(longitude: float, latitude: float) -> Point:
    east, north = math.radians(longitude), math.radians(latitude)
    n2 = north * north
    n4 = n2 * n2
    x = east * (0.8707 - 0.131979 * n2 + n4 * (-0.013791 + n4 * (0.003971 * n2 - 0.001529 * n4)))
    y = north * (1.007226 + n2 * (0.015085 + n4 * (-0.044475 + 0.028874 * n2 - 0.005916 * n4)))
    return x, y
