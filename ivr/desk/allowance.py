"""How much may be spent in a day on calls and texts that callers can have made, however many of them ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

DAY: Final = timedelta(days=1)
COUNTS_AGAIN: Final = timedelta(hours=1)  # What other processes spend is seen that much later.


class UsedUpError(RuntimeError):
    """There is nothing left of today's."""


@dataclass
class Allowance:
    """So many a day, and no more; `counted` tells how many there were since a moment, by all processes."""

    most: int
    counted: Callable[[datetime], int]
    now: Callable[[], datetime]
    _known: int = 0
    _read: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def spend(self) -> None:
        """Take one of today's; raise UsedUpError where there is none."""
        now = self.now()
        with self._lock:
            if self._read is None or not timedelta() <= now - self._read < COUNTS_AGAIN:
                self._known, self._read = self.counted(now - DAY), now
            self._known += 1
            if self._known > self.most:
                raise UsedUpError(f"{self.most} a day")
