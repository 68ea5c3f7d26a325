"""The server for assistants, asked by the client of the same package: sixty questions with known answers, ten refused.

The answers were computed from the figures by other means (a data frame over figures.parquet, the reports of UNHCR).
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from displacement.mcp import server
from tests.conftest import ROOT, Built

END = "2025-12-31"

FIGURES: list[tuple[dict[str, str], int]] = [
    ({"measure": "refugees", "date": END}, 28_461_306),
    ({"measure": "refugees", "date": "2025-06-30"}, 30_490_994),
    ({"measure": "asylum_seekers", "date": END}, 8_998_097),
    ({"measure": "oip", "date": END}, 7_177_473),
    ({"measure": "idmc_idps", "date": END}, 68_653_080),
    ({"measure": "unrwa_refugees", "date": END}, 5_964_782),
    ({"measure": "stateless", "date": END}, 4_477_220),
    ({"measure": "idps", "date": END}, 64_239_352),
    ({"measure": "forcibly_displaced", "date": END}, 117_830_238),
    ({"measure": "published_total", "date": END}, 117_800_000),
    ({"measure": "published_total", "date": "2023-06-30"}, 110_000_000),
    ({"measure": "refugees", "date": "1951-12-31"}, 2_116_011),
    ({"measure": "asylum_seekers", "date": "1995-12-31"}, 986_458),
    ({"measure": "oip", "date": "2018-12-31"}, 2_592_947),
    ({"measure": "asylum_applications", "date": "2022-12-31"}, 2_574_411),
    ({"measure": "asylum_applications", "date": "2023-12-31"}, 3_580_371),
    ({"measure": "asylum_applications", "date": "2024-12-31"}, 3_050_315),
    ({"measure": "resettlement", "date": "2024-12-31"}, 188_759),
    ({"measure": "naturalisation", "date": "2024-12-31"}, 88_675),
    ({"measure": "returned_refugees", "date": "2022-12-31"}, 999_261),
    ({"measure": "returned_idps", "date": "2024-12-31"}, 8_219_597),
    ({"measure": "refugees", "date": END, "origin": "Sudan", "asylum": "Chad"}, 1_330_950),
    ({"measure": "refugees", "date": END, "origin": "Ukraine", "asylum": "Poland"}, 972_287),
    ({"measure": "refugees", "date": END, "origin": "Syria", "asylum": "Turkey"}, 2_347_756),
    ({"measure": "refugees", "date": END, "origin": "SYR", "asylum": "Liban"}, 532_357),
    ({"measure": "refugees", "date": END, "origin": "Burma", "asylum": "Bangladesh"}, 1_178_003),
    ({"measure": "refugees", "date": "1980-12-31", "origin": "Afghanistan", "asylum": "Pakistan"}, 1_428_230),
    ({"measure": "refugees", "date": "2024-12-31", "origin": "AFG"}, 5_766_586),
    ({"measure": "refugees", "date": END, "origin": "AFG"}, 2_671_560),
    ({"measure": "refugees", "date": "2021-12-31", "asylum": "China"}, 303_436),
    ({"measure": "refugees", "date": "2022-12-31", "asylum": "China"}, 320),
    ({"measure": "refugees", "date": "2024-12-31", "asylum": "Germany"}, 2_749_266),
    ({"measure": "refugees_and_oip", "date": "2024-12-31", "asylum": "Colombia"}, 2_780_910),
    ({"measure": "displaced_across", "date": END, "origin": "Sudan"}, 3_761_034),
    ({"measure": "idmc_idps", "date": END, "origin": "Sudan"}, 9_117_000),
    ({"measure": "unrwa_refugees", "date": END, "asylum": "Lebanon"}, 228_274),
    ({"measure": "asylum_applications_cases", "date": END, "asylum": "USA"}, 282_594),
    ({"measure": "forcibly_displaced", "date": "2022-12-31", "as_of": "2023-06-14"}, 108_436_336),
    ({"measure": "returned_refugees", "date": "2022-12-31", "as_of": "2023-06-14"}, 339_261),
    ({"measure": "idmc_idps", "date": "2023-12-31", "origin": "Turkey", "as_of": "2024-06-17"}, 1_099_000),
    ({"measure": "refugees", "date": "2022-12-31", "as_of": "2023-06-14"}, 29_413_033),
    ({"measure": "asylum_seekers", "date": "2022-12-31", "as_of": "2023-06-14"}, 5_438_929),
]

RANKINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({"year": 2022, "n": 5}, ["TUR", "IRN", "COL", "DEU", "PAK"]),
    ({"year": 2023, "n": 5}, ["IRN", "TUR", "COL", "DEU", "PAK"]),
    ({"year": 2024, "n": 5}, ["IRN", "TUR", "COL", "DEU", "UGA"]),
    ({"n": 5}, ["COL", "DEU", "TUR", "UGA", "IRN"]),
    ({"role": "origin", "n": 5}, ["VEN", "UKR", "SYR", "AFG", "SDN"]),
    ({"measure": "asylum_seekers", "n": 3}, ["USA", "EGY", "PER"]),
    ({"measure": "idmc_idps", "role": "origin", "n": 3}, ["SDN", "COL", "SYR"]),
]

OTHERS: list[tuple[str, dict[str, Any], str]] = [
    ("series", {"measure": "refugees", "origin": "SYR", "since": 2021, "until": 2021}, "6848865"),
    ("series", {"measure": "refugees", "period": "mid-year", "since": 2025}, "30490994"),
    ("corridor", {"origin": "sdn", "asylum": "tcd"}, "1330950"),
    ("country", {"name": "Soudan"}, "'country': 'SDN'"),
    (
        "check_claim",
        {"text": "110 million", "measure": "headline_total", "value": 110e6, "made_on": "2024-01-22"},
        "held",
    ),
    (
        "check_claim",
        {"text": "1.3 <b>million</b>", "measure": "refugees", "country": "Chad", "role": "asylum", "value": 1.3e6},
        "does not hold",
    ),
    ("explain", {"indicator": "refugees", "origin": "UKR", "asylum": "POL", "date": END}, "972287"),
    ("revisions", {"country": "Türkiye"}, "2025-06-12"),
    ("figure", {"measure": "asylum_applications", "date": "2024-12-31", "asylum": "USA"}, "USA only to 2024-06-30"),
    ("forecasts", {"publisher": "danish"}, "danish"),
    ("find", {"text": "Congo"}, "COD"),
    ("find", {"text": "Gaza"}, "PSE"),
    ("sql", {"query": "select count(*) as releases from releases"}, "11"),
]

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("figure", {"measure": "asylum_applications + asylum_applications_cases", "date": END}, "persons and cases"),
    ("figure", {"measure": "forcibly_displaced", "date": "2025-06-30"}, "mid-year releases carry no"),
    ("figure", {"measure": "refugees", "date": "2030-12-31"}, "There is no figure refugees of the world at 2030-12-31"),
    ("figure", {"measure": "refugees", "date": END, "origin": "Congo"}, "COD .* or COG"),
    ("series", {"measure": "refugees", "period": "all"}, "never mixed"),
    ("ranking", {"year": 2030}, "There is no ranking of 2030"),
    ("sql", {"query": "select 1; select 2"}, "one question at a time"),
    ("sql", {"query": "copy figures to 'figures.csv'"}, "read-only"),
    ("sql", {"query": "from read_csv('/etc/passwd')"}, "disabled"),
    ("sql", {"query": "from demographics", "as_of": "2023-06-14"}, "newest release only"),
]


@pytest.fixture
def public(built: Built, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(built.public))
    return built.public


def test_sixty_questions_are_answered_and_ten_refused(public: Path) -> None:
    async def ask() -> None:
        async with Client(server()) as client:
            for asked, value in FIGURES:
                answer = (await client.call_tool("figure", asked)).structured_content
                assert answer and answer["value"] == value, asked
                assert all(answer[part] for part in ("unit", "reference_date", "release", "source", "citation")), asked
                assert answer["release"] == asked.get("as_of", answer["release"])
            for asked, codes in RANKINGS:
                answer = (await client.call_tool("ranking", asked)).structured_content
                assert answer and [one["country"] for one in answer["countries"]] == codes, asked
            for tool, asked, part in OTHERS:
                result = await client.call_tool(tool, asked)
                assert not result.is_error and part.lower() in str(result.structured_content).lower(), (tool, asked)
            for tool, asked, reason in REFUSED:
                result = await client.call_tool(tool, asked)
                assert result.is_error, (tool, asked)
                said = str(result.content[0].text)
                assert re.search(reason, said), said
            dictionary = (await client.read_resource("displacement://dictionary")).contents[0].text
            assert "## global_totals" in dictionary

    assert len(FIGURES) + len(RANKINGS) + len(OTHERS) >= 60 and len(REFUSED) == 10
    asyncio.run(ask())


def listening(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_it_answers_over_standard_input_and_over_http_on_this_machine_only(public: Path) -> None:
    command = [str(ROOT / ".venv/bin/displacement"), "mcp"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def value(client: Client) -> Any:
        async with client:
            answer = (await client.call_tool("figure", {"measure": "refugees", "date": END})).structured_content
            return answer and answer["value"]

    environment = {**os.environ}
    over_pipe = Client(stdio_client(StdioServerParameters(command=command[0], args=command[1:], env=environment)))
    assert asyncio.run(value(over_pipe)) == 28_461_306
    with subprocess.Popen([sys.executable, *command, "--http", "--port", str(port)], env=environment) as process:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and not listening(port):
                time.sleep(0.2)
            assert asyncio.run(value(Client(f"http://127.0.0.1:{port}/mcp"))) == 28_461_306
            from_elsewhere = http.client.HTTPConnection("127.0.0.1", port)
            from_elsewhere.request("POST", "/mcp", b"{}", {"Host": "evil.example", "Content-Type": "application/json"})
            assert from_elsewhere.getresponse().status == 421, "a page of another host reached it by its name"
            from_elsewhere.close()
        finally:
            process.terminate()
