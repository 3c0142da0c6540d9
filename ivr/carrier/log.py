"""The carrier's log: each request with its answer, each warning and error with Twilio's number."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request of ours and what came back; `status` None means no answer came, `failure` says why."""

    at: datetime
    call: str
    context: str
    method: str
    url: str
    form: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    attempt: int
    status: int | None
    content_type: str
    body: bytes
    failure: str

    @property
    def fields(self) -> dict[str, str]:
        """The parameters by name."""
        return dict(self.form)


@dataclass(frozen=True, slots=True)
class Fault:
    """One warning or error as Twilio's debugger would show it."""

    at: datetime
    call: str
    level: str
    code: int
    text: str
    url: str


class Log:
    """Everything that happened, in order; the oldest entries are let go beyond `keep`."""

    def __init__(self, keep: int) -> None:
        self._lock = threading.Lock()
        self._requests: deque[Asked] = deque(maxlen=keep)
        self._faults: deque[Fault] = deque(maxlen=keep)

    def add(self, entry: Asked | Fault) -> None:
        """Append an entry."""
        with self._lock:
            if isinstance(entry, Asked):
                self._requests.append(entry)
            else:
                self._faults.append(entry)

    @property
    def requests(self) -> list[Asked]:
        """All requests, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def faults(self) -> list[Fault]:
        """All warnings and errors, oldest first."""
        with self._lock:
            return list(self._faults)

    @property
    def codes(self) -> list[int]:
        """The numbers of all warnings and errors, oldest first."""
        return [fault.code for fault in self.faults]

    def of(self, call: str) -> list[Asked]:
        """The requests of one call."""
        return [asked for asked in self.requests if asked.call == call]

    def documents(self) -> list[Asked]:
        """The requests whose answers were run as TwiML."""
        return [asked for asked in self.requests if asked.context not in ("callback", "ignored", "media")]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
            self._faults.clear()
