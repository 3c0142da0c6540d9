"""The hotline as an RSGI application: turns of calls by the quick way, all else by WSGI in threads of their own."""

from __future__ import annotations

import re
from asyncio import AbstractEventLoop, CancelledError, current_task, get_running_loop, timeout
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from wsgiref.types import WSGIApplication

from a2wsgi.wsgi import build_environ
from werkzeug.test import run_wsgi_app

from ivr.store.errors import StoreError
from ivr.tally import Tally
from ivr.telephony.admission import COMES_AGAIN, PROBE, Admission
from ivr.telephony.calls import FORM, TRIED, Told, fields
from ivr.telephony.quick import Quick
from ivr.telephony.routes import LARGEST, Line
from ivr.telephony.wsgi import Pages, address, asgi
from ivr.web.peers import Proxies

if TYPE_CHECKING:  # Else whoever only makes jobs would have the server in memory, too.
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

VOICE: Final = "/voice/"
OVER_BY: Final = "/voice/status"
TURNS: Final = ("/voice/incoming", "/voice/turn/")
AUDIO: Final = "/audio/"
SOUNDS: Final = 4  # Threads that give out what callers are played.
UPLOADS: Final = 2  # Threads that read what is larger than a form.
CROWD: Final = 64  # So many wait for a thread at most: more come again, or do without the database.
BOAT: Final = 16  # Threads that answer without the database, which all others may be waiting for.
PATIENCE: Final = 10.0  # Seconds within which a form is sent.
ANSWERS: Final = 4.0  # Seconds, of the five that a caller is to hear nothing for at most; the carrier waits for six.
LEAST: Final = 0.2  # Seconds that the plain way has in any case, also where the quick way took all of those in vain.
TAKES: Final = 1.0  # Seconds, after which what we are only told is kept on the disk instead.
# What can be answered without the database where that takes too long.
IN_TIME: Final = re.compile(
    r"/voice/(?:(incoming|turn/|wait/|fallback/(?:[0-9]|thanks))|(?:fallback/)?(?:recording|status))"
)
# What is answered so at once while many wait, and loses nothing by it.
AFLOAT: Final = re.compile(r"/voice/fallback/(?:[0-9]|thanks|recording)")
LATE: Final = 408
WATCHED: Final = ("/healthz", "/readyz", "/metrics")
NOT_HEARD: Final = "429"
AFTER: Final = {COMES_AGAIN: "5", NOT_HEARD: "60"}  # Seconds after which to ask again, by the status that says so.


class Front:
    """Answers the carrier at once where memory suffices; whatever is unusual goes the plain way, which knows all."""

    def __init__(
        self,
        line: Line,
        plain: WSGIApplication,
        admission: Admission,
        tally: Tally,
        headers: Sequence[tuple[str, str]],
        proxies: Proxies,
        threads: int,
        pages: int,
    ) -> None:
        """Serve this application with so many threads for calls, and for pages: neither waits for the other's.

        Nor do health, and what callers are played, wait for any of them.
        `headers` stand on each answer of the quick way, as on all others.
        """
        self._plain, self._admission, self._tally, self._unwritten = plain, admission, tally, line.unwritten
        self._proxies, self._journal = proxies, line.hotline.journal
        self._threads = ThreadPoolExecutor(threads, "calls")
        self._boat = ThreadPoolExecutor(BOAT, "lifeboat")
        self._pages = Pages(plain, pages)
        self._uploads = Pages(plain, UPLOADS)
        self._sounds = Pages(plain, SOUNDS)
        self._watched = Pages(plain, 2)
        self._quick = Quick(line, self._threads)
        self._waiting = 0  # How many stand before these threads, or are in one.
        self._headers = list(headers)
        self._xml = [("content-type", "text/xml; charset=utf-8"), *headers]

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        path = scope.path
        if path == PROBE:
            # As whoever has to be answered in a thread stands in its queue.
            await get_running_loop().run_in_executor(self._threads, bool)
            protocol.response_empty(204, self._headers)
        elif path.startswith(VOICE) and scope.method == "POST":
            await self._voice(scope, protocol)
        elif path in WATCHED:
            await self._watched.answer(scope, protocol)
        elif path.startswith(AUDIO):
            await self._sounds.answer(scope, protocol)
        else:
            await self._page(scope, protocol)

    def __rsgi_del__(self, _: AbstractEventLoop) -> None:
        """Write down what is left, as nothing is asked any more and the process ends."""
        self._unwritten.close()
        self._tally.close()

    async def _page(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Read what is sent before a thread is taken for it: whoever sends slowly, or never, keeps none from others."""
        headers = scope.headers
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not _number(length) or int(length) > LARGEST:
            await self._uploads.answer(scope, protocol)
        elif not int(length):
            await self._pages.answer(scope, protocol, b"")
        elif (body := await _read(protocol)) is None:
            protocol.response_empty(LATE, self._headers)
        else:
            await self._pages.answer(scope, protocol, body)

    async def _voice(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Read the body only where it is signed and no longer than ours are; forgers get no farther than here."""
        headers = scope.headers
        signature, length = headers.get("x-twilio-signature", ""), headers.get("content-length", "")
        if not signature or not _number(length) or int(length) > LARGEST:
            await self._pages.answer(scope, protocol)
            return
        path, query, begun = scope.path, scope.query_string, perf_counter()
        peer = self._proxies.client(address(scope.client)[0], headers.items)
        if (body := await _read(protocol)) is None:
            protocol.response_empty(LATE, self._headers)
            return
        form = fields(body) if headers.get("content-type", "").startswith(FORM) else None
        told = self._quick.signed(path, query, form, signature) if form else None
        answer, failed = None, None
        if told is not None:
            self._admission.strangers.told(peer, right=True)
            crowded = self._admission.queue.long()
            if not crowded:
                answer, failed = await self._take(path, told, begun + ANSWERS)
                crowded = answer is None and failed is None and self._waiting >= CROWD
            if crowded and (answer := self._admission.later(path, query, body)) is None and AFLOAT.match(path):
                self._tally.later("lifeboat")
                failed = StoreError("too many wait for a thread")
        elif not self._admission.strangers.heard(peer):
            self._tally.later("stranger")
            answer = NOT_HEARD
        if answer is None:
            status = await self._plainly(scope, body, failed, protocol, begun)
        else:
            status = self._told(answer, protocol)
        if told is not None:
            call = told["CallSid"]
            self._tally.turned(path[len(VOICE) :], status, perf_counter() - begun, call, self._place(path, call))
            if path == OVER_BY and (seconds := told.get("CallDuration", "")).isdecimal():
                self._tally.ended(told["CallStatus"], float(seconds), call)

    def _place(self, path: str, call: str) -> str:
        """Return to which file of the menus a turn led, "" where this server did not have it in hand, or it is none."""
        stored = self._journal.recent(call) if path.startswith(TURNS) else None
        return stored.call.node.partition(".")[0] if stored else ""

    def _told(self, answer: str, protocol: HTTPProtocol) -> str:
        """Tell the answer, or that it is to be asked for again; return the status."""
        if answer in AFTER:
            protocol.response_empty(int(answer), [*self._headers, ("retry-after", AFTER[answer])])
            return answer
        if answer:
            protocol.response_str(200, self._xml, answer)
            return "200"
        protocol.response_empty(204, self._headers)
        return "204"

    async def _take(self, path: str, told: Told, until: float) -> tuple[str | None, StoreError | None]:
        """Return the answer of the quick way, or None, and why that was in vain: nobody is to wait for it twice."""
        begun = perf_counter()
        try:
            answer = await self._quick.answer(path, told, until)
        except StoreError as error:
            return None, error
        except Exception as error:
            self._tally.stumble(error)  # The plain way, which does it once more, tells what is wrong.
            return None, None
        if answer is not None:
            kind = path[len(VOICE) :].partition("/")[0]
            self._tally.took(kind, "200" if answer else "204", perf_counter() - begun)
        return answer, None

    async def _plainly(
        self, scope: Scope, body: bytes, failed: StoreError | None, protocol: HTTPProtocol, begun: float
    ) -> str:
        """Answer by the plain way; without the database where that failed us already, or takes too long.

        Return the status. What was asked when it `begun` is answered in time, whatever was tried before.
        """
        loop, bounded = get_running_loop(), IN_TIME.match(scope.path)
        left = max(LEAST, begun + ANSWERS - perf_counter())
        patience = (left if bounded[1] else TAKES) if bounded else None

        def ask(tried: StoreError | None) -> Any:
            environ = build_environ(asgi(scope), BytesIO(body))  # type: ignore[arg-type]
            return run_wsgi_app(self._plain, environ | ({TRIED: tried} if tried else {}))

        found: Any = None
        if failed is None:
            self._waiting += 1
            try:
                async with timeout(patience):
                    found = await loop.run_in_executor(self._threads, ask, None)
            except TimeoutError:
                failed = StoreError(f"it took longer than {perf_counter() - begun:.1f} s")
            finally:
                self._waiting -= 1
        if failed is not None:
            found = await loop.run_in_executor(self._boat, ask, failed)
        chunks, status, headers = found
        protocol.response_bytes(int(status[:3]), list(headers), b"".join(chunks))
        return str(status[:3])


async def _read(protocol: HTTPProtocol) -> bytes | None:
    """Return a body; None where it does not come in time."""
    task = current_task()
    # As `timeout` does, which takes a twentieth of a turn for it; nobody else cancels a request.
    late = get_running_loop().call_later(PATIENCE, task.cancel) if task else None
    try:
        return await protocol()
    except CancelledError:
        return None
    finally:
        if late:
            late.cancel()


def _number(told: str) -> bool:
    return told.isascii() and told.isdigit()
