"""What is done again and again, with a pause between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Every:
    """A job for a worker: due at once, then after a pause; after a shorter one where it failed."""

    job: Callable[[], object]
    now: Callable[[], datetime]
    pause: timedelta
    soon: timedelta
    _next: datetime | None = field(default=None)

    def due(self) -> list[datetime]:
        """Return the moment, where it is time."""
        now = self.now()
        return [now] if self._next is None or now >= self._next else []

    def do(self, at: datetime) -> None:
        """Do it; raise what it raises."""
        self._next = at + self.soon
        self.job()
        self._next = at + self.pause
