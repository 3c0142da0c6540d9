"""The hotline as an ASGI application: turns of calls by the quick way, all else by WSGI in threads of their own."""

from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, Final
from wsgiref.types import WSGIApplication

import structlog
from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import build_environ
from werkzeug.test import run_wsgi_app

from ivr.store.errors import StoreError
from ivr.telephony.calls import FORM, fields
from ivr.telephony.quick import Quick
from ivr.telephony.routes import FAILED, LARGEST, Line

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ENCODED: Final = FORM.encode()
XML: Final = ((b"content-type", b"text/xml; charset=utf-8"), (b"cache-control", b"no-store"))
log = structlog.get_logger()


class Front:
    """Answers the carrier at once where memory suffices; whatever is unusual goes the plain way, which knows all."""

    def __init__(self, line: Line, plain: WSGIApplication, threads: int) -> None:
        """Serve this application with so many threads; calls do not wait for those of the pages."""
        self._plain = plain
        self._threads = ThreadPoolExecutor(threads, "calls")
        self._pages = WSGIMiddleware(plain, threads)  # type: ignore[arg-type]
        self._quick = Quick(line, self._threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/voice/"):
            await self._voice(scope, receive, send)
        else:
            await self._pages(scope, receive, send)  # type: ignore[arg-type]

    async def _voice(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body only where it is signed, and no longer than ours are."""
        headers = dict(scope["headers"])
        signature, length = headers.get(b"x-twilio-signature", b""), headers.get(b"content-length", b"")
        if not signature or not length.isdigit() or int(length) > LARGEST:
            await self._pages(scope, receive, send)  # type: ignore[arg-type]
            return
        body, failed = await _read(receive), None
        if headers.get(b"content-type", b"").startswith(ENCODED) and (told := fields(body)) is not None:
            query = scope["query_string"].decode("ascii", "replace")
            try:
                answer = await self._quick.answer(scope["path"], query, told, signature.decode("latin-1"))
            except StoreError as error:
                failed = error  # Whoever waited for the database so long must not wait for it again.
            except Exception:
                log.exception("not by the quick way", path=scope["path"])
            else:
                if answer is not None:
                    await _say(send, answer.encode())
                    return
        environ = build_environ(scope, BytesIO(body)) | ({FAILED: failed} if failed else {})  # type: ignore[arg-type]
        await self._by_thread(environ, send)

    async def _by_thread(self, environ: dict[str, Any], send: Send) -> None:
        chunks, status, headers = await get_running_loop().run_in_executor(
            self._threads, run_wsgi_app, self._plain, environ
        )
        told = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await _send(send, int(status.split()[0]), told, b"".join(chunks))


async def _read(receive: Receive) -> bytes:
    parts, more = list[bytes](), True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _say(send: Send, document: bytes) -> None:
    """Answer with a document, or with nothing where there is none."""
    status, length = (200, [(b"content-length", b"%d" % len(document))]) if document else (204, [])
    await _send(send, status, [*XML, *length] if document else [], document)


async def _send(send: Send, status: int, headers: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
