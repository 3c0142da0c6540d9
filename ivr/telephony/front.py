"""The hotline as an ASGI application: turns of calls by the quick way, all else by WSGI in threads of their own."""

from asyncio import get_running_loop, timeout
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from time import perf_counter
from typing import Any, Final
from wsgiref.types import WSGIApplication

from a2wsgi.wsgi import build_environ
from werkzeug.test import run_wsgi_app

from ivr.store.errors import StoreError
from ivr.tally import Tally
from ivr.telephony.admission import COMES_AGAIN, PROBE, Admission
from ivr.telephony.calls import FORM, Told, fields
from ivr.telephony.quick import Quick
from ivr.telephony.routes import LARGEST, TRIED, Line
from ivr.telephony.wsgi import Pages

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
VOICE: Final = "/voice/"
AUDIO: Final = "/audio/"
SOUNDS: Final = 4  # Threads that give out what callers are played.
UPLOADS: Final = 2  # Threads that read what is larger than a form.
PATIENCE: Final = 10.0  # Seconds within which a form is sent.
LATE: Final = 408
WATCHED: Final = ("/healthz", "/readyz", "/metrics")
ENCODED: Final = FORM.encode()
NOT_HEARD: Final = "429"
AFTER: Final = {COMES_AGAIN: b"5", NOT_HEARD: b"60"}  # Seconds after which to ask again, by the status that says so.


class Front:
    """Answers the carrier at once where memory suffices; whatever is unusual goes the plain way, which knows all."""

    def __init__(
        self,
        line: Line,
        plain: WSGIApplication,
        admission: Admission,
        tally: Tally,
        headers: Sequence[tuple[str, str]],
        threads: int,
        pages: int,
    ) -> None:
        """Serve this application with so many threads for calls, and for pages: neither waits for the other's.

        Nor do health, and what callers are played, wait for any of them.
        `headers` stand on each answer of the quick way, as on all others.
        """
        self._plain, self._admission, self._tally = plain, admission, tally
        self._threads = ThreadPoolExecutor(threads, "calls")
        self._pages = Pages(plain, pages)
        self._uploads = Pages(plain, UPLOADS)
        self._sounds = Pages(plain, SOUNDS)
        self._watched = Pages(plain, 2)
        self._quick = Quick(line, self._threads)
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers]
        self._xml = [(b"content-type", b"text/xml; charset=utf-8"), *self._headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        if path == PROBE:
            # As whoever has to be answered in a thread stands in its queue.
            await get_running_loop().run_in_executor(self._threads, bool)
            await _send(send, 204, self._headers, b"")
        elif path.startswith(VOICE) and scope["method"] == "POST":
            await self._voice(scope, receive, send)
        else:
            kind = self._watched if path in WATCHED else self._sounds if path.startswith(AUDIO) else self._page
            await kind(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read what is sent before a thread is taken for it: whoever sends slowly, or never, keeps none from others."""
        headers = dict(scope.get("headers", ()))
        length = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers or not length.isdigit() or int(length) > LARGEST:
            await self._uploads(scope, _by_coroutine(receive), send)
        elif not int(length):
            await self._pages(scope, receive, send)
        elif (body := await _read(receive)) is None:
            await _send(send, LATE, self._headers, b"")
        else:
            await self._pages(scope, _read_before(body), send)

    async def _voice(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body only where it is signed and no longer than ours are; forgers get no farther than here."""
        headers, peer = dict(scope["headers"]), (scope.get("client") or ("",))[0]
        signature, length = headers.get(b"x-twilio-signature", b""), headers.get(b"content-length", b"")
        if not signature or not length.isdigit() or int(length) > LARGEST:
            await self._pages(scope, receive, send)
            return
        path, query = scope["path"], scope["query_string"].decode("ascii", "replace")
        if (body := await _read(receive)) is None:
            await _send(send, LATE, self._headers, b"")
            return
        form = fields(body) if headers.get(b"content-type", b"").startswith(ENCODED) else None
        told = self._quick.signed(path, query, form, signature.decode("latin-1")) if form else None
        answer, failed = None, None
        if told is not None:
            self._admission.strangers.told(peer, right=True)
            late = self._admission.queue.long()
            answer, failed = (self._admission.later(path, query, body), None) if late else await self._take(path, told)
        elif not self._admission.strangers.heard(peer):
            answer = NOT_HEARD
        if answer is None:
            environ = build_environ(scope, BytesIO(body))  # type: ignore[arg-type]
            await self._by_thread(environ | ({TRIED: failed} if failed else {}), send)
        elif answer in AFTER:
            await _send(send, int(answer), [*self._headers, (b"retry-after", AFTER[answer])], b"")
        else:
            await self._say(send, answer.encode())

    async def _take(self, path: str, told: Told) -> tuple[str | None, StoreError | None]:
        """Return the answer of the quick way, or None, and why that was in vain: nobody is to wait for it twice."""
        begun = perf_counter()
        try:
            answer = await self._quick.answer(path, told)
        except StoreError as error:
            return None, error
        except Exception as error:
            self._tally.stumble(error)  # The plain way, which does it once more, tells what is wrong.
            return None, None
        if answer is not None:
            kind = path[len(VOICE) :].partition("/")[0]
            self._tally.took(kind, "200" if answer else "204", perf_counter() - begun)
        return answer, None

    async def _say(self, send: Send, document: bytes) -> None:
        if document:
            await _send(send, 200, [*self._xml, (b"content-length", b"%d" % len(document))], document)
        else:
            await _send(send, 204, self._headers, b"")

    async def _by_thread(self, environ: dict[str, Any], send: Send) -> None:
        found = await get_running_loop().run_in_executor(self._threads, run_wsgi_app, self._plain, environ)
        chunks, status, headers = found
        told = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await _send(send, int(status.split()[0]), told, b"".join(chunks))


async def _read(receive: Receive) -> bytes | None:
    """Return a body; None where it does not come in time."""
    parts, more = list[bytes](), True
    try:
        async with timeout(PATIENCE):
            while more:
                message = await receive()
                parts.append(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return None
    return b"".join(parts)


def _by_coroutine(receive: Receive) -> Receive:
    """Return what threads can call: the server gives what can be awaited, but is no coroutine."""

    async def received() -> MutableMapping[str, Any]:
        return await receive()

    return received


def _read_before(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    return receive


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
