"""A server within this process: asks an application by RSGI, as Granian does, for whoever asks by WSGI."""

from asyncio import AbstractEventLoop, run_coroutine_threadsafe
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wsgi import get_input_stream

Told = list[tuple[str, str]]


@dataclass(frozen=True)
class Scope:
    """What is asked."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] | Headers = field(default_factory=dict)
    http_version: str = "1.1"
    scheme: str = "http"
    client: str = "127.0.0.1:9"
    server: str = "127.0.0.1:80"


@dataclass
class Exchange:
    """What is sent with it, and what is answered: a status, headers and a body."""

    sent: bytes
    status: int = 0
    headers: Told = field(default_factory=list)
    body: bytes = b""

    async def __call__(self) -> bytes:
        """Return all that is sent."""
        return self.sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield it."""
        yield await self()

    def response_empty(self, status: int, headers: Told) -> None:
        """Answer with nothing."""
        self.response_bytes(status, headers, b"")

    def response_str(self, status: int, headers: Told, body: str) -> None:
        """Answer with a text."""
        self.response_bytes(status, headers, body.encode())

    def response_bytes(self, status: int, headers: Told, body: bytes) -> None:
        """Answer with bytes."""
        self.status, self.headers, self.body = status, headers, body

    def response_stream(self, status: int, headers: Told) -> Self:
        """Begin to answer."""
        self.response_bytes(status, headers, b"")
        return self

    async def send_bytes(self, part: bytes) -> None:
        """Go on with it."""
        self.body += part


def asked(
    application: Callable[[Any, Any], Awaitable[None]], loop: AbstractEventLoop
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """Return as a WSGI application what is one for RSGI, which runs in a loop of another thread."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        headers = Headers((name.lower(), value) for name, value in EnvironHeaders(environ).items())
        scope = Scope(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers)
        exchange = Exchange(get_input_stream(environ).read())

        async def run() -> None:
            await application(scope, exchange)

        run_coroutine_threadsafe(run(), loop).result()
        start(f"{exchange.status} {HTTP_STATUS_CODES.get(exchange.status, '')}", exchange.headers)
        return [exchange.body]

    return answer
