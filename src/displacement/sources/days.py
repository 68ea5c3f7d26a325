"""How a release is named: after the day on which its tables were captured."""

from __future__ import annotations

from datetime import UTC, date, datetime

from displacement.errors import WrongUseError


def today() -> date:
    """Return the day a capture is named after when nobody names it: today, in UTC."""
    return datetime.now(UTC).date()


def release_of(text: str) -> date:
    """Return a release from its name.

    Raises:
        WrongUseError: it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUseError(
            f"{text} is no release: a release is named after the day of its capture, such as {today()}."
        ) from None
