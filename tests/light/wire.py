"""HTTP as cheaply as it can be had from asyncio: one request a connection at a time, both as client and as server."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast

LARGEST: Final = 1 << 20
REASONS: Final = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found", 429: "Too Many Requests"}


class RefusedError(ConnectionError):
    """Nobody listens there, or nobody took the connection in time."""


class BrokenError(ConnectionError):
    """The connection broke before there was any answer."""


class CutError(ConnectionError):
    """An answer began and broke off."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer: its first line's words, its headers in lower case, its body, and all as it came."""

    first: tuple[str, str, str]
    headers: Mapping[str, str]
    body: bytes
    raw: bytes = field(repr=False)

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.first[1])

    @property
    def path(self) -> str:
        """The path of a request, with its query."""
        return self.first[1]


@dataclass
class Client:
    """Asks one host and port, by as many connections as there are requests at once; those that are free are kept."""

    host: str
    port: int
    _free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    _closed: bool = False

    async def ask(self, request: bytes, connect: float = 5.0, read: float = 15.0) -> Message:
        """Return the answer to a whole request; raise RefusedError, BrokenError, CutError, or TimeoutError."""
        reader, writer, kept = await self._connection(connect)
        try:
            try:
                writer.write(request)
                answer = await _within(read, read_message(reader))
            except BrokenError:
                if not kept:
                    raise
                # It was closed while nobody used it, as any server may: that is no fault of anybody.
                writer.close()
                reader, writer = await self._new(connect)
                writer.write(request)
                answer = await _within(read, read_message(reader))
        except BaseException:
            writer.transport.abort()
            raise
        if answer.headers.get("connection", "").lower() == "close" or self._closed:
            writer.close()
        else:
            self._free.append((reader, writer))
        return answer

    def close(self) -> None:
        """Let go of all connections, and of those in use when they are not any more."""
        self._closed = True
        for _, writer in self._free:
            writer.close()
        self._free.clear()

    async def _connection(self, patience: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bool]:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof() and not writer.transport.is_closing():
                return reader, writer, True
            writer.close()
        return *(await self._new(patience)), False

    async def _new(self, patience: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            made = await _within(patience, asyncio.open_connection(self.host, self.port, limit=LARGEST))
        except (OSError, TimeoutError) as error:
            raise RefusedError(str(error) or "no connection in time") from error
        return made[0], made[1]


async def _within(seconds: float, job: Awaitable[Any]) -> Any:
    async with asyncio.timeout(seconds):
        return await job


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Return the next message of a connection; raise BrokenError where there is none, CutError for a part of one."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        partial = getattr(error, "partial", b"")
        raise (CutError if partial else BrokenError)(str(error)) from error
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    try:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise CutError(str(error)) from error
    one, two, *rest = first.split(" ", 2)
    return Message((one, two, *rest) if rest else (one, two, ""), headers, body, head + body)  # type: ignore[arg-type]


def request(method: str, path: str, host: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "\r\n"]).encode() + body


def answer(status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Said')}", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "\r\n"]).encode() + body


class HangUp(Exception):  # noqa: N818
    """The server is to break the connection instead of answering; `part` is sent before."""

    def __init__(self, part: bytes = b"") -> None:
        super().__init__("broken off")
        self.part = part


Handler = Callable[[Message], Awaitable[bytes]]


@dataclass
class Served:
    """A server that runs, and the connections that it has."""

    server: asyncio.Server = field(init=False)
    open: set[asyncio.Transport] = field(default_factory=set)
    closed: bool = False

    def close(self) -> None:
        """Take no more, and let go of those that there are, and of those that are just being made."""
        self.closed = True
        # First accept no more, then close: who is accepted already would find no server, and never be let go of.
        loop = self.server.get_loop()  # (This is CPython's gh-109564.)
        for listener in self.server.sockets:
            loop.remove_reader(listener.fileno())
        loop.call_soon(self.server.close)
        for transport in self.open.copy():
            transport.abort()


class _Connection(asyncio.StreamReaderProtocol):
    """A connection that its server knows of before there is a task for it, which may be cancelled unbegun."""

    def __init__(self, served: Served, talked: Callable[..., Awaitable[None]]) -> None:
        super().__init__(asyncio.StreamReader(limit=LARGEST), talked)
        self._served = served

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to talk, unless the server is closed."""
        made = cast("asyncio.Transport", transport)
        if self._served.closed:
            made.abort()
            return
        self._served.open.add(made)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Be over."""
        self._served.open.discard(cast("asyncio.Transport", self._transport))
        super().connection_lost(exc)


async def serve(handler: Handler, port: int) -> Served:
    """Answer requests on a port of this machine by a handler, which may raise HangUp."""

    async def talked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                while True:
                    asked = await read_message(reader)
                    try:
                        writer.write(await handler(asked))
                        await writer.drain()
                    except HangUp as broken:
                        writer.write(broken.part)
                        with suppress(ConnectionError):
                            await writer.drain()
                        writer.transport.abort()
                        return
        finally:
            writer.close()

    served = Served()
    loop = asyncio.get_running_loop()
    served.server = await loop.create_server(lambda: _Connection(served, talked), "127.0.0.1", port, backlog=4096)
    return served


def timed() -> float:
    """Return the present moment in seconds, from no particular one on."""
    return time.perf_counter()
