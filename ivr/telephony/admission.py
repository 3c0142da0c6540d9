"""Who is let in when more is asked than can be answered: an answer in time for everybody, and none for whoever forges.

After an outage the carrier asks for thousands of calls at once. Each request stands in the server's queue, and one that
stood there for longer than the carrier waits was answered in vain, while those behind it grow old, too.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog

from ivr.tally import Tally
from ivr.web.peers import line_of

ROOM: Final = "/voice/"
PROBE: Final = "/voice/queue"
LONG: Final = 1.5  # Seconds in the queue from which on callers are asked for patience; the carrier waits for 6.
GIVES_UP: Final = 15.0
LOOKS_AGAIN: Final = 0.25
COMES_AGAIN: Final = "503"  # No document.
COMES_BACK: Final = (2, 6)  # Seconds after which callers ask again, spread so that they do not all come at once.
LARGEST: Final = 64 * 1024
ASKED: Final = ("incoming", "turn/", "wait/")  # Below /voice/: what callers hear, and can hear a little later.
TOLD: Final = ("status", "recording")  # What the carrier tells again where we do not take it.
# What is told once only, and would be lost: how a queue, a talk, or a recorder was left.
ONCE: Final = (b"QueueResult=", b"DialCallStatus=", b"RecordingSid=", b"RecordingUrl=")
KEYED: Final = ("Digits", "SpeechResult")
PRESENT: Final = "turn/0"  # No turn has this number: asked for it, we say the present prompt again.
FORGED: Final = 20  # Wrong signatures of one address within MINUTE, from which on it is not heard.
MINUTE: Final = 60.0
KNOWN: Final = 3600.0  # Seconds for which whoever signed rightly is heard, whatever else comes from there.
MOST: Final = 10_000  # Addresses.
log = structlog.get_logger()


@dataclass
class Queue:
    """How long a request stands in the server's queue now: one of ours stands there again and again."""

    tally: Tally = field(default_factory=Tally)
    waited: float = 0.0
    _asked: float = 0.0

    def watch(self, host: str, port: int) -> None:
        """Look from now on, in a thread of this process; the server listens there."""
        # Who listens everywhere is asked here; nothing is bound to these.
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # nosec B104
        Thread(target=self._forever, args=(here, port), name="queue", daemon=True).start()

    def long(self) -> bool:
        """Does a request that comes now stand there for too long?"""
        asked = self._asked
        return self.waited > LONG or (asked > 0 and monotonic() - asked > LONG)

    def look(self, connection: HTTPConnection) -> None:
        """Stand in the queue once."""
        self._asked = monotonic()
        try:
            connection.request("GET", PROBE)
            connection.getresponse().read()
            waited = monotonic() - self._asked
            self.tally.stood(waited)
        except (OSError, HTTPException) as error:
            connection.close()
            waited = 0.0  # Nothing is known.
            if isinstance(error, TimeoutError):  # It stands there still.
                self.tally.stood(GIVES_UP)
        if (waited > LONG) != (self.waited > LONG):
            log.warning("callers are asked for patience", waited=f"{waited:.1f} s", over=str(waited <= LONG))
        self.waited, self._asked = waited, 0.0

    def _forever(self, host: str, port: int) -> None:
        connection = HTTPConnection(host, port, timeout=GIVES_UP)
        while True:
            self.look(connection)
            if self.waited <= LONG:
                sleep(LOOKS_AGAIN)


@dataclass
class Strangers:
    """Addresses from which wrong signatures come, and never a right one: they are not heard for a while.

    Of IPv6 it is the /64, which is one customer's.

    The carrier is never among them, even where it comes by the same proxy: what it signs is right.
    """

    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)
    _right: dict[str, float] = field(default_factory=dict)

    def told(self, peer: str, right: bool) -> None:
        """Note how a request from there was signed."""
        peer, now = line_of(peer), monotonic()
        kept: dict[str, Any] = self._right if right else self._wrong
        if len(kept) >= MOST and peer not in kept:
            kept.clear()
        if right:
            self._right[peer] = now
        else:
            count, since = self._wrong.get(peer, (0, now))
            self._wrong[peer] = (count + 1, since) if now - since < MINUTE else (1, now)

    def heard(self, peer: str) -> bool:
        """Is a request from there looked at?"""
        peer, now = line_of(peer), monotonic()
        if not (found := self._wrong.get(peer)) or found[0] < FORGED:
            return True
        return now - found[1] >= MINUTE or now - self._right.get(peer, -KNOWN) < KNOWN


@dataclass(frozen=True)
class Admission:
    """Stands before the `calls`: while the queue is long, answers from memory what can come again.

    `patience` is told a language, what to ask next (as `turn/7?…`) and after how many seconds, and returns a document.
    """

    calls: WSGIApplication
    patience: Callable[[str, str, int], str]
    tally: Tally
    queue: Queue
    strangers: Strangers = field(default_factory=Strangers)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer, or have the calls answer."""
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(ROOM):
            return self.calls(environ, start)
        if path == PROBE:
            return _said(start, "204 No Content")
        peer = environ.get("REMOTE_ADDR", "")
        if not self.strangers.heard(peer):
            self.tally.later("stranger")
            return _said(start, "429 Too Many Requests", ("Retry-After", "60"))
        if self.queue.long() and environ.get("HTTP_X_TWILIO_SIGNATURE") and (body := _read(environ)) is not None:
            answer = self.later(path, environ.get("QUERY_STRING", ""), body)
            if answer == COMES_AGAIN:
                return _said(start, "503 Service Unavailable", ("Retry-After", "5"))
            if answer is not None:
                return _said(start, "200 OK", ("Content-Type", "text/xml; charset=utf-8"), body=answer.encode())

        def begun(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if status < "3" or status.startswith("403"):
                self.strangers.told(peer, right=status < "3")
            return start(status, headers, *more)

        return self.calls(environ, begun)

    def later(self, path: str, query: str, body: bytes) -> str | None:
        """Return what has this asked again later, `COMES_AGAIN` where it is told again; None to take it now."""
        asked = path.removeprefix(ROOM)
        if asked.startswith(TOLD):
            self.tally.later("notice")
            return COMES_AGAIN
        if not asked.startswith(ASKED) or any(one in body for one in ONCE):
            return None
        language = parse_qs(query).get("language", [""])[0]
        form = parse_qs(body.decode("utf-8", "replace"))
        if asked.startswith("turn/") and any(form.get(name) for name in KEYED):
            # The carrier does not tell again what was keyed, so the caller is to hear what was asked for.
            asked, query = PRESENT, f"language={language}" if language.replace("-", "").isalnum() else ""
        self.tally.later("caller")
        return self.patience(language, f"{asked}?{query}" if query else asked, random.randint(*COMES_BACK))  # nosec B311


def _read(environ: WSGIEnvironment) -> bytes | None:
    """Return the body of a request, which stays to be read; None for one that is too large or of unknown length."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > LARGEST:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _said(start: StartResponse, status: str, *headers: tuple[str, str], body: bytes = b"") -> Iterable[bytes]:
    start(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]
