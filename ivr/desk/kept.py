"""A reading of the database that many ask for at once, and that may be a moment old."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Kept(Generic[T]):
    """What `read` gives, read anew by whoever finds it older than `fresh`; who asks meanwhile gets the last reading."""

    read: Callable[[], T]
    now: Callable[[], datetime]
    fresh: timedelta
    _lock: Lock = field(default_factory=Lock)
    _last: tuple[datetime, T] | None = None

    def at_hand(self, times: int = 1) -> T | None:
        """Return the reading where it is younger than so many times `fresh`; None where it takes a moment to have."""
        last, now = self._last, self.now()
        # A clock that was set back makes no reading fresh.
        return last[1] if last and timedelta(0) <= now - last[0] < times * self.fresh else None

    def get(self) -> T:
        """Return the reading; whoever asks first of all waits for it, and raises what it raises."""
        if (reading := self.at_hand()) is not None:
            return reading
        last, now = self._last, self.now()
        if not self._lock.acquire(blocking=last is None):
            return last[1] if last else self.get()
        try:
            if self._last is last:
                self._last = (now, self.read())
            return self._last[1]  # type: ignore[index]
        finally:
            self._lock.release()
