"""WSGI applications behind the front, in threads that end with the server."""

from __future__ import annotations

from asyncio import run_coroutine_threadsafe
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Final, cast
from wsgiref.types import WSGIApplication

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import WSGIResponder

if TYPE_CHECKING:  # Else whoever only makes jobs would have the server in memory, too.
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

LOOKS_AGAIN: Final = 0.5
VERSIONS: Final = {"1": "1.0"}  # As the server calls it.
Message = MutableMapping[str, Any]


class Pages(WSGIMiddleware):
    """Serves an application by so many threads."""

    def __init__(self, plain: WSGIApplication, threads: int) -> None:
        """Begin with none of them."""
        super().__init__(plain, threads)  # type: ignore[arg-type]

    async def answer(self, scope: Scope, protocol: HTTPProtocol, body: bytes | None = None) -> None:
        """Answer one request, whose body is yet to be read where it is not given."""
        exchange = _Exchange(protocol, body)
        answer = _Answer(self.app, self.executor, self.send_queue_size, exchange)
        try:
            await answer(cast("Any", asgi(scope)), cast("Any", exchange.receive), cast("Any", exchange.send))
        except ConnectionAbortedError:
            if not exchange.gone:
                raise


class _Exchange:
    """One request and its answer, as applications for ASGI are told and tell them."""

    def __init__(self, protocol: HTTPProtocol, body: bytes | None) -> None:
        from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

        self._protocol, self._body, self._parts = protocol, body, aiter(protocol) if body is None else None
        self._closed = ProtocolClosed
        self._begun: tuple[int, list[tuple[str, str]]] = (500, [])
        self._stream: Any = None
        self.gone = False  # Whoever asked.

    async def receive(self) -> Message:
        """Return the next part of what is sent to us."""
        if self._parts is None:
            return {"type": "http.request", "body": self._body}
        part = await anext(self._parts, None)
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}

    async def send(self, message: Message) -> None:
        """Send the next part of the answer."""
        if message["type"] == "http.response.start":
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            self._begun = message["status"], headers
            return
        body, more = message["body"], message.get("more_body", False)
        try:
            if self._stream is None and not more:
                self._protocol.response_bytes(*self._begun, body)
            elif body:
                self._stream = self._stream or self._protocol.response_stream(*self._begun)
                await self._stream.send_bytes(body)
        except self._closed:
            self.gone = True


class _Answer(WSGIResponder):
    """One answer; the library's waits for ever where the server has ended meanwhile, and so keeps it from ending.

    Nor does it end what is told for as long as somebody listens.
    """

    def __init__(self, app: Any, executor: Any, most: int, exchange: _Exchange) -> None:
        super().__init__(app, executor, most)
        self._exchange = exchange

    def send(self, message: Any) -> None:
        """Hand on a part of it, unless nobody is there any more who takes it."""
        told = run_coroutine_threadsafe(self.send_queue.put(message), loop=self.loop)
        while not self._exchange.gone:
            try:
                told.result(LOOKS_AGAIN)
                return
            except TimeoutError:
                if not self.loop.is_running():
                    raise ConnectionAbortedError("the server has ended") from None
        raise ConnectionAbortedError("whoever asked is gone")


def asgi(scope: Scope) -> dict[str, Any]:
    """Return what is asked as an ASGI scope; a header that is not in ASCII the server leaves out."""
    return {
        "type": "http",
        "http_version": VERSIONS.get(scope.http_version, scope.http_version),
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "query_string": scope.query_string.encode("ascii", "replace"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in scope.headers.items()],
        "client": address(scope.client),
        "server": address(scope.server),
    }


def address(told: str) -> tuple[str, str]:
    """Return host and port of `127.0.0.1:80` or `[::1]:80`."""
    host, _, port = told.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), port
