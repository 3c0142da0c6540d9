"""What is done again and again, with a pause between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Every:
    """A job for a worker: due `first` after somebody looks, then after a pause; after a shorter one where it failed."""

    job: Callable[[], object]
    now: Callable[[], datetime]
    pause: timedelta
    soon: timedelta
    first: timedelta = timedelta(0)
    _next: datetime | None = field(default=None)

    def due(self) -> list[datetime]:
        """Return the moment, where it is time."""
        now = self.now()
        self._next = self._next or now + self.first
        return [now] if now >= self._next else []

    def do(self, at: datetime) -> None:
        """Do it; raise what it raises."""
        self._next = at + self.soon
        self.job()
        self._next = at + self.pause
