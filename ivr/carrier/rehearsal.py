"""A rehearsal: an application served over real HTTP for one call, which the caller's listening moves through time."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.inside import asked
from ivr.listening import listening

HOST = "127.0.0.1"
THREADS = 8
ANSWER = "ivr.answer"  # in a request's environment: what it is answered with


class _Quiet(WSGIRequestHandler):
    """Answers without a line on the screen for each request."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close the answer to whoever is gone.

        Werkzeug does so only after it has read what they still sent, and not where that cannot be read.
        """
        if environ and ANSWER in environ:
            environ[ANSWER].close()


@contextmanager
def rehearsal(
    make: Callable[[int, Callable[[], datetime]], Flask], at: datetime, account: str, token: str, number: str
) -> Iterator[tuple[Flask, Carrier]]:
    """Serve what `make(port, now)` returns on a free port of this machine, with a carrier that can dial `number`.

    Its clock stands at `at` until the caller listens. `account` and `token` are those the application believes in.
    """
    clock = SimulatedClock(at.astimezone(UTC))
    with closing(socket.create_server((HOST, 0))) as kept:  # Nobody else gets its port while the application is made.
        port = int(kept.getsockname()[1])
        app = make(port, clock)
        url = f"http://{HOST}:{port}"
        carrier = Carrier(account, token, clock, api_url=url)
        carrier.number(number, f"{url}/voice/incoming", f"{url}/voice/fallback", f"{url}/voice/status")
        with served(app, port, kept.fileno()):
            yield app, carrier


@contextmanager
def served(app: Flask, port: int, listens: int | None = None) -> Iterator[None]:
    """Serve an application on this machine until the block ends; on a socket that already listens, if it is given."""
    server = make_server(HOST, port, _noted(app), threaded=True, request_handler=_Quiet, fd=listens)
    with listening(server):
        yield


def _noted(app: Flask) -> WSGIApplication:
    calls = _front(app)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        door = calls if environ["PATH_INFO"].startswith("/voice/") else app
        parts = environ[ANSWER] = _once(door(environ, start_response))
        return parts

    return answer


def _front(app: Flask) -> WSGIApplication:
    """Return what answers calls as a real server has it do, where that is not the application itself."""
    made = app.extensions.get("front")
    if made is None:
        return app
    return asked(made(THREADS, THREADS).__rsgi__, _loop())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return the loop of all rehearsals of this process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="calls", daemon=True).start()
    return loop


def _once(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield an answer, and close it once, however often that is asked."""
    with closing(ClosingIterator(parts)):
        for part in parts:  # noqa: UP028 - `yield from` would close it, too.
            yield part
