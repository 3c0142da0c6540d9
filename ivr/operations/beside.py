"""What stands around all requests: turns are counted, and health and metrics answered, whatever became of the rest."""

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from time import perf_counter
from types import TracebackType
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ivr.operations.health import Health
from ivr.tally import Tally
from ivr.telephony.rescue import FAILED

VOICE: Final = "/voice/"
KINDS: Final = frozenset({"incoming", "turn", "wait", "status", "recording", "fallback", "agent", "taskrouter"})
PASSED_ON: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
PLAIN: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
REFUSED: Final = {"400": "incomplete", "404": "no such path", "405": "method", "413": "too large", "429": "too many"}
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
Answer = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class Beside:
    """Answers `/healthz`, `/readyz` and `/metrics` itself, and hands all else on; `metrics` makes the page of figures.

    Whoever has the `token` may read that page; where there is none, whoever asks from this machine.
    """

    tally: Tally
    health: Health
    metrics: Callable[[], tuple[str, bytes]]
    token: str = ""

    def around(self, application: WSGIApplication) -> WSGIApplication:
        """Return the application with all this around it."""
        own = {"/healthz": _alive, "/readyz": self._ready, "/metrics": self._metrics}
        tally = self.tally

        def by_path(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            path: str = environ.get("PATH_INFO", "")
            if path.startswith(VOICE):
                return _turn(tally, application, path, environ, start)
            if (answer := own.get(path)) is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                return application(environ, start)
            status, kind, body = answer(environ)
            told = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
            start(status, told)
            return [body] if environ["REQUEST_METHOD"] == "GET" else []

        return by_path

    def _ready(self, _: WSGIEnvironment) -> Answer:
        found = self.health.ready()
        body = {"ready": found.ready, "answers": found.answers, "reasons": found.reasons}
        return "200 OK" if found.ready else "503 Service Unavailable", JSON, json.dumps(body).encode()

    def _metrics(self, environ: WSGIEnvironment) -> Answer:
        if not self._may_read(environ):
            return (
                "403 Forbidden",
                PLAIN,
                b"ask from this machine, or with METRICS_TOKEN as a bearer token\n",
            )
        return "200 OK", *self.metrics()

    def _may_read(self, environ: WSGIEnvironment) -> bool:
        if self.token:
            given = environ.get("HTTP_AUTHORIZATION", "")
            return hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode())
        # What a proxy on this machine hands on comes from elsewhere, whatever it says about that.
        return not any(name in environ for name in PASSED_ON) and _here(environ.get("REMOTE_ADDR", ""))


def _alive(_: WSGIEnvironment) -> Answer:
    return "200 OK", PLAIN, b"alive\n"


def _here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _turn(
    tally: Tally, application: WSGIApplication, path: str, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    status = "500"

    def started(line: str, headers: list[tuple[str, str]], error: ExcInfo | None = None) -> Any:
        nonlocal status
        status = line[:3]
        return start(line, headers, error) if error else start(line, headers)

    tally.begin()
    begun = perf_counter()
    kind = path[len(VOICE) :].partition("/")[0]
    try:
        return application(environ, started)
    finally:
        seconds = perf_counter() - begun
        refused = _refused(status, environ) if status[0] == "4" else ""
        tally.end(kind if kind in KINDS else "other", status, seconds, refused, _lifeboat(kind, status, environ))


def _refused(status: str, environ: WSGIEnvironment) -> str:
    if status == "403":
        return "signature" if environ.get("HTTP_X_TWILIO_SIGNATURE") else "unsigned"
    return REFUSED.get(status, "other")


def _lifeboat(kind: str, status: str, environ: WSGIEnvironment) -> str:
    if FAILED in environ:
        return "a turn failed"
    return "fallback" if kind == "fallback" and status[0] == "2" else ""
