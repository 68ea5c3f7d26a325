"""Notices to the people who answer for the figures: to a webhook or a mail address that the environment names.

What is worth a notice is decided by who calls; here it is put into words a person reads on a phone, and sent.
The address of a webhook is a secret: it is in no message, no error and no log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from displacement.errors import DisplacementError

SECONDS = 10
"""How long a webhook or a mail server may take to answer."""

SENDER = "displacement@localhost"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know: a title that tells what happened, what it means, and what to do."""

    title: str
    text: str
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> str:
        """The notice as plain text."""
        details = "\n".join(f"{name}: {value}" for name, value in self.details.items())
        return "\n\n".join(part for part in (self.title, self.text, details) if part)


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where notices go.

    Attributes:
        webhook: an address that takes JSON with a `text` (`DISPLACEMENT_ALERT_WEBHOOK`), as chat services do.
        mail: a mail address (`DISPLACEMENT_ALERT_MAIL`).
        mail_server: `host:port` of the server that takes the mail (`DISPLACEMENT_MAIL_SERVER`, default `localhost:25`).
    """

    webhook: str | None = field(default=None, repr=False)
    mail: str | None = None
    mail_server: str = "localhost:25"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Destinations:
        """Return the destinations the environment names; none is fine."""
        values = os.environ if environment is None else environment
        return cls(
            webhook=values.get("DISPLACEMENT_ALERT_WEBHOOK") or None,
            mail=values.get("DISPLACEMENT_ALERT_MAIL") or None,
            mail_server=values.get("DISPLACEMENT_MAIL_SERVER") or "localhost:25",
        )

    def __bool__(self) -> bool:
        """Say whether a notice would reach anybody."""
        return bool(self.webhook or self.mail)


def send(notice: Notice, destinations: Destinations) -> tuple[str, ...]:
    """Send a notice to every destination; return the kinds of those it reached.

    Raises:
        DisplacementError: a destination could not be reached; the others were tried all the same.
    """
    ways = {"webhook": (destinations.webhook, _post), "mail": (destinations.mail, _mail)}
    reached, failed = [], []
    for kind, (address, way) in ways.items():
        if not address:
            continue
        try:
            way(notice, destinations)
            reached.append(kind)
        except DisplacementError as error:
            failed.append(str(error))
    if failed:
        raise DisplacementError(f"The notice “{notice.title}” was not delivered everywhere. {' '.join(failed)}")
    return tuple(reached)


def _post(notice: Notice, destinations: Destinations) -> None:
    import requests

    body: dict[str, Any] = {"title": notice.title, "text": notice.whole, "details": dict(notice.details)}
    try:
        answer = requests.post(str(destinations.webhook), json=body, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise DisplacementError(
            f"The webhook did not answer ({type(error).__name__}); see DISPLACEMENT_ALERT_WEBHOOK."
        ) from None  # the cause repeats the address
    if not answer.ok:
        raise DisplacementError(f"The webhook answered {answer.status_code}; see DISPLACEMENT_ALERT_WEBHOOK.")


def _mail(notice: Notice, destinations: Destinations) -> None:
    import smtplib

    message = EmailMessage()
    message["Subject"] = " ".join(notice.title.split())
    message["From"] = SENDER
    message["To"] = destinations.mail
    message.set_content(notice.whole)
    host, _, port = destinations.mail_server.partition(":")
    try:
        with smtplib.SMTP(host, int(port or 25), timeout=SECONDS) as server:
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise DisplacementError(
            f"The mail server {destinations.mail_server} did not take the mail ({error}); see DISPLACEMENT_MAIL_SERVER."
        ) from error
