"""Waiting: how fast requests may follow each other, how long to wait before trying again, and when to give up.

One pace is shared by all threads of a fetch, so a server that asks for a pause is left alone by all of them.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from displacement.sources.limits import Limits
from displacement.sources.questions import SourceError

_CHANCE = random.SystemRandom()


class Pace:
    """Lets requests through at the pace of the limits, until the time for all of them is over."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._allowance = float(limits.burst)
        self._counted = time.monotonic()
        self._not_before = 0.0
        self.until = self._counted + limits.total_seconds

    def take_turn(self) -> None:
        """Wait until the next request may be sent.

        Raises:
            SourceError: the time for the whole fetch is over, or the fetch was ended.
        """
        with self._lock:
            now = time.monotonic()
            rate = self._limits.requests_per_second
            self._allowance = min(self._limits.burst, self._allowance + (now - self._counted) * rate)
            self._counted = now
            self._allowance -= 1
            pause = max(0.0, -self._allowance / rate, self._not_before - now)
        self.wait(pause)

    def leave_alone(self, seconds: float) -> None:
        """Send nothing for some time, in any thread."""
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def wait(self, seconds: float) -> None:
        """Wait, unless the time for the whole fetch would be over by then.

        Raises:
            SourceError: it would, or the fetch was ended.
        """
        if time.monotonic() + seconds > self.until:
            raise SourceError(
                f"The time for the whole fetch, {self._limits.total_seconds / 60:.3g} minutes, is over. What had come "
                "is kept; run the command again to go on."
            )
        if self._ended.wait(seconds):
            raise SourceError("The fetch was ended before it was done. Run the command again to go on.")

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended.set()

    def before_next_try(self, tries: int, asked_for: float | None) -> float:
        """Return the seconds to wait after so many tries: what the server asked for, or ever longer by chance."""
        limits = self._limits
        if asked_for is not None:
            return min(asked_for, limits.retry_after_cap_seconds)
        longest = min(limits.backoff_seconds * 2.0 ** (tries - 1), limits.backoff_cap_seconds)
        return _CHANCE.uniform(longest / 2, longest)


def seconds_asked_for(retry_after: str | None) -> float | None:
    """Return the seconds that a `Retry-After` asks to wait, in seconds or as a date; None where it says neither."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
