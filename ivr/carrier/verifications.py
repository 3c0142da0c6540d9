"""One-time codes that the carrier makes, sends and checks, as Twilio Verify does; here the code is always the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CODE = "135790"
VALID = timedelta(minutes=10)
MOST_SENDS = 5
MOST_CHECKS = 5
SERVICE = "VA" + "0" * 32  # The one that there is.


class TooManyError(RuntimeError):
    """A code was sent or checked too often."""


@dataclass
class Verification:
    """A code on its way to a phone: when it was sent, under which ids, and how often it was tried."""

    sid: str
    service: str
    to: str
    created: datetime
    updated: datetime
    status: str = "pending"
    checks: int = 0
    sends: list[tuple[datetime, str]] = field(default_factory=list)


class Verifications:
    """The codes of all phones, each for one service."""

    def __init__(self, now: Callable[[], datetime], new_sid: Callable[[str], str]) -> None:
        self._now, self._new_sid = now, new_sid
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, str], Verification] = {}

    def send(self, service: str, to: str) -> Verification:
        """A code is sent to a phone, the same one again while it is pending. Raises TooManyError the sixth time."""
        now = self._now()
        with self._lock:
            found = self._open(service, to) or Verification(self._new_sid("VE"), service, to, now, now)
            if len(found.sends) >= MOST_SENDS:
                raise TooManyError
            found.sends.append((now, self._new_sid("VL")))
            found.updated = now
            self._pending[service, to] = found
            return found

    def pending(self, service: str, to: str) -> Verification | None:
        """The code that is on its way to a phone; None where none is."""
        with self._lock:
            return self._open(service, to)

    def check(self, service: str, to: str, code: str) -> Verification | None:
        """The code as it stands after a try, approved if right; None where none is pending.

        Raises TooManyError the sixth time.
        """
        with self._lock:
            found = self._open(service, to)
            if found is None:
                return None
            if found.checks >= MOST_CHECKS:
                raise TooManyError
            found.checks += 1
            found.updated = self._now()
            if code == CODE:
                found.status = "approved"
                del self._pending[service, to]
            return found

    def _open(self, service: str, to: str) -> Verification | None:
        found = self._pending.get((service, to))
        return found if found and self._now() < found.created + VALID else None
