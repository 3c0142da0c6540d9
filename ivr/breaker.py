"""When a wallet, or a carrier's REST, that fails is left alone for a while."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

FAILURES: Final = 5  # in a row, after which nothing is asked
SECONDS: Final = 5.0  # without asking, after which one question tries again


class Breaker:
    """Says whether to ask; threads may share it.

    It is our own, as the libraries either hold a lock while the question is under way, so that callers wait for one
    another, or are for asyncio alone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds."""
        self._clock, self._lock = clock, Lock()
        self._failures, self._until = 0, 0.0

    @property
    def open(self) -> bool:
        """Whether it failed so often that nothing is asked, but for one question now and then."""
        return self._failures >= FAILURES

    def allows(self) -> bool:
        """Tell whether to ask; whoever is told so says afterwards how it went."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._clock() < self._until:
                return False
            # This one tries; the others wait for how it goes, and no longer than if it had failed.
            self._until = self._clock() + SECONDS
            return True

    def went(self, well: bool) -> bool:
        """Hear how a question went; tell whether it was the one after which nothing is asked."""
        with self._lock:
            self._failures = 0 if well else self._failures + 1
            if self._failures >= FAILURES:
                self._until = self._clock() + SECONDS
            return self._failures == FAILURES
