"""What a person can steer while the emulator runs: which release it shows, and what is wrong with it.

/-/                                             a page that says how things stand, with links
/-/release?date=2024-10-21                      show another release
/-/fault?name=server_error&endpoint=population&times=3
/-/clear                                        take all faults away (or ?endpoint=population)
/-/requests                                     what was asked, as JSON
/-/status, /-/faults                            how things stand and what faults there are, as JSON
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from tests.emulator import faults
from tests.emulator.invented import small_world
from tests.emulator.questions import Parameters
from tests.emulator.wire import HTML, Reply
from tests.emulator.world import World, real_releases, real_world

if TYPE_CHECKING:
    from tests.emulator.server import Emulator

INVENTED = ("2024-06-14", "2024-10-21", "2025-06-13", "2025-10-20")
"""Days of invented releases that follow one another, for the page; any other day will do."""


def answer(emulator: Emulator, path: str, parameters: Parameters) -> Reply:
    """Do what a request asks for, and say how things stand then."""
    given = {name: values[-1] for name, values in parameters.items()}
    try:
        if path == "release":
            emulator.show(find_world(given.get("date", "")))
        elif path == "fault":
            endpoint = given.pop("endpoint", "*")
            emulator.break_(endpoint, faults.make(given.pop("name", ""), given))
        elif path == "clear":
            emulator.mend(given.get("endpoint", "*"))
        elif path == "requests":
            return _json([_request(request) for request in emulator.requests])
        elif path == "faults":
            return _json([_declared(fault) for fault in faults.REGISTRY.values()])
        elif path not in ("", "status"):
            return _json(
                {"error": f"There is no /-/{path}. There are: release, fault, clear, requests, faults, status."}, 404
            )
    except (ValueError, FileNotFoundError) as error:
        return _json({"error": str(error)}, 400)
    return Reply(200, _page(emulator).encode(), HTML) if path == "" else _json(status(emulator))


def find_world(release: str) -> World:
    """Return the real release of a day where its tables stand beside the checkout, otherwise the invented one.

    Raises:
        ValueError: the text is no day.
    """
    return real_world(release) if release in real_releases() else small_world(release)


def status(emulator: Emulator) -> dict[str, Any]:
    """Return how things stand."""
    return {
        "release": emulator.world.name,
        "faults": [
            {"endpoint": endpoint, "fault": str(fault), "seen": fault.seen} for endpoint, fault in emulator.faults
        ],
        "requests": len(emulator.requests),
        "environment": emulator.environment,
    }


def _page(emulator: Emulator) -> str:
    """Return the page of links: everything here can be done with a browser."""
    days = sorted({*real_releases(), *INVENTED})
    releases = "".join(f'<li><a href="release?date={day}">{day}</a></li>' for day in days)
    at_work = "".join(f"<li>{escape(endpoint)}: {escape(str(fault))}</li>" for endpoint, fault in emulator.faults)
    declared = "".join(
        f'<tr><td><a href="fault?endpoint=population&amp;name={fault.name}">{fault.name}</a></td>'
        f"<td>{escape(fault.says)}</td><td><code>{escape(fault.example)}</code></td></tr>"
        for fault in faults.REGISTRY.values()
    )
    exports = "".join(f"export {name}={escape(value)}\n" for name, value in emulator.environment.items())
    return (
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Emulator</title>"
        f"<h1>Emulator</h1><p>On show: <b>{escape(emulator.world.name)}</b>. "
        f'<a href="requests">{len(emulator.requests)} requests</a> so far.</p><pre>{exports}</pre>'
        f"<h2>Show another release</h2><ul>{releases}</ul>"
        f'<h2>Faults at work</h2><ul>{at_work or "<li>none</li>"}</ul><p><a href="clear">Take them all away</a></p>'
        "<h2>Break something</h2><p>A link breaks the population table; add <code>&amp;times=…</code>, or write "
        "another <code>endpoint</code>.</p>"
        f"<table>{declared}</table></html>"
    )


def _request(request: Any) -> dict[str, Any]:
    return {
        "endpoint": request.endpoint,
        "path": request.path,
        "parameters": request.parameters,
        "status": request.status,
        "bytes": request.sent,
        "seconds": None if request.ended is None else round(request.ended - request.began, 4),
        "faults": request.faults,
    }


def _declared(fault: faults.Declaration) -> dict[str, Any]:
    return {"name": fault.name, "says": fault.says, "example": fault.example, "passes": fault.passes}


def _json(document: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(document, ensure_ascii=False, indent=1).encode())
