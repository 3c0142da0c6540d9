"""The SMS that have arrived at phones, for whoever looks at one."""

from __future__ import annotations

import threading
from collections import deque

from ivr.carrier.messages import TextMessage

KEPT = 1000
_ALIKE = 7  # So many digits at the end of two numbers show them to be one, with and without its country.


class Inbox:
    """The latest SMS of all phones, numbered from 1 as they arrive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrived: deque[tuple[int, TextMessage]] = deque(maxlen=KEPT)
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the latest; 0 where none has arrived."""
        return self._last

    def put(self, message: TextMessage) -> None:
        """An SMS arrives."""
        with self._lock:
            self._last += 1
            self._arrived.append((self._last, message))

    def of(self, number: str, after: int = 0) -> list[tuple[int, TextMessage]]:
        """What has arrived at a phone after the SMS of that number, in order."""
        with self._lock:
            return [one for one in self._arrived if one[0] > after and _same(one[1].to, number)]


def _same(one: str, other: str) -> bool:
    first, second = (number.strip().lstrip("+") for number in (one, other))
    short, long = sorted((first, second), key=len)
    return first == second or (len(short) >= _ALIKE and long.endswith(short.lstrip("0")))
