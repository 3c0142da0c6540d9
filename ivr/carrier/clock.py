"""The carrier's clock: simulated time that cues move on in tests, or the wall clock handed in."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


class SimulatedClock:
    """A clock that stands still until a caller listens; hand the same one to the carrier and to the hotline."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("the clock needs a time with its zone")
        self._time = start
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """The time it is now, with its zone."""
        with self._lock:
            return self._time

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        with self._lock:
            self._time += timedelta(seconds=seconds)

    def reach(self, moment: datetime) -> None:
        """Let time pass until `moment`; nothing happens when it is past."""
        with self._lock:
            self._time = max(self._time, moment.astimezone(self._time.tzinfo))


class WallClock:
    """The time of day as `now` tells it; nobody can move it on."""

    def __init__(self, now: Now) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """The time it is now, in UTC."""
        return self._now().astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Nothing: real seconds pass by themselves."""

    def reach(self, moment: datetime) -> None:
        """Nothing: real seconds pass by themselves."""


Clock = SimulatedClock | WallClock


def clock(now: Now | Clock) -> Clock:
    """The clock that stands behind `now`: itself when it is one, else the wall clock that reads it."""
    return now if isinstance(now, SimulatedClock | WallClock) else WallClock(now)
