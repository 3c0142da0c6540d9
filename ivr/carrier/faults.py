"""What can be made to go wrong with the next requests to REST about SMS and codes, for tests."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from flask import Response, request

from ivr.carrier.rest_shapes import Refused, View

# Refused as too many, not processed; failed before or after it was processed; processed only after a while; broken off
# before or after it was processed.
Fault = Literal["429", "500", "500 after", "hang", "break", "break after"]
HELD = 10.0
RETRY_AFTER = "2"


class Faults:
    """The faults that are still to come, one a request and in order; by their method, as a look-up is a GET."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, deque[Fault]] = {"GET": deque(), "POST": deque()}
        self.released = threading.Event()

    def plan(self, *faults: Fault, method: str = "POST") -> None:
        """Let these go wrong with the next requests."""
        with self._lock:
            self._planned[method].extend(faults)

    def release(self) -> None:
        """Let the requests that hang go on."""
        self.released.set()

    def forget(self) -> None:
        """Let nothing more go wrong."""
        self.released.clear()
        with self._lock:
            for planned in self._planned.values():
                planned.clear()

    def over(self, view: View) -> View:
        """The view, at which the next planned fault happens."""

        def faulty(**named: Any) -> Response:
            _ = request.form  # Read whole, before the line may break.
            fault = self._next(request.method)
            _before(fault, lambda: self.released.wait(HELD))
            answer = view(**named)
            if fault in ("500 after", "break after"):
                _fail(fault)
            return answer

        return faulty

    def _next(self, method: str) -> Fault | None:
        with self._lock:
            planned = self._planned.get(method)
            return planned.popleft() if planned else None


def _before(fault: Fault | None, hang: Callable[[], object]) -> None:
    match fault:
        case "429":
            raise Refused(429, 20429, "Too Many Requests", {"Retry-After": RETRY_AFTER})
        case "500" | "break":
            _fail(fault)
        case "hang":
            hang()


def _fail(fault: Fault) -> None:
    if fault.startswith("break"):
        line: socket.socket | None = request.environ.get("werkzeug.socket")
        if line is not None:
            line.shutdown(socket.SHUT_RDWR)
    raise Refused(500, 20500, "An internal server error has occurred")
