"""The line to the wallet company: requests that end in time, whatever the other side does."""

import asyncio
import atexit
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    InvalidURL,
)

MOST: Final = 64 * 1024  # bytes of an answer
AGAIN: Final = (502, 503, 504)  # A moment later another server may be there.
UNSENT: Final = (ClientConnectorError, ConnectionTimeoutError, InvalidURL)


class LostError(ConnectionError):
    """There was no whole answer; the text says why, and nothing of what was asked. Whether the request was `sent`."""

    def __init__(self, why: str, sent: bool = True) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Limits:
    """How long it may take, in seconds: to be connected, all in all, and the pause before it is tried once more."""

    connect: float = 1.0
    total: float = 2.5
    pause: float = 0.1


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whole; `again` says that the request was sent before, and nobody knows what came of that."""

    status: int
    kind: str
    body: bytes
    again: bool = False


class Line:
    """Asks by HTTP, from as many threads as there are, over connections that are kept.

    aiohttp does it, in a thread of its own, as its time-outs alone end a request whose answer trickles in. It knows no
    proxy and no password of this machine, keeps no cookies and follows nobody elsewhere.
    """

    def __init__(self, limits: Limits) -> None:
        """Take the limits; nothing begins before the first request, as a server may fork after this."""
        self._limits, self._starting = limits, Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: ClientSession | None = None

    def post(self, url: str, body: bytes, headers: Callable[[], Mapping[str, str]]) -> Reply:
        """Return the answer, trying twice if need be; each time with headers of its own.

        Raise TimeoutError when the time is over, and LostError where there is no whole answer.
        """
        return asyncio.run_coroutine_threadsafe(self._posted(url, body, headers), self._started()).result()

    def close(self) -> None:
        """Close all connections; a later request opens others."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop is not None:
            atexit.unregister(self.close)
            asyncio.run_coroutine_threadsafe(self._closed(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    async def _closed(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=_run, args=(self._loop,), name="wallet", daemon=True).start()
                atexit.register(self.close)
            return self._loop

    async def _posted(self, url: str, body: bytes, headers: Callable[[], Mapping[str, str]]) -> Reply:
        async with asyncio.timeout(self._limits.total) as end:
            try:
                reply = await self._once(url, body, headers())
                if reply.status not in AGAIN or not self._time_for_more(end):
                    return reply
                sent = True
            except LostError as error:
                if not self._time_for_more(end):
                    raise
                sent = error.sent
            await asyncio.sleep(self._limits.pause)
            try:
                return replace(await self._once(url, body, headers()), again=sent)
            except LostError as error:
                raise LostError(str(error), sent or error.sent) from None

    def _time_for_more(self, end: asyncio.Timeout) -> bool:
        left = (end.when() or 0) - asyncio.get_running_loop().time()
        return left > self._limits.pause + self._limits.connect

    async def _once(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            async with self._opened().post(url, data=body, headers=headers, allow_redirects=False) as answer:
                read = bytearray()
                async for part in answer.content.iter_chunked(8192):
                    read += part
                    if len(read) > MOST:
                        raise LostError("too long")
                return Reply(answer.status, answer.content_type, bytes(read))
        except (ClientError, OSError) as error:
            if isinstance(error, LostError):
                raise
            raise LostError(type(error).__name__, not isinstance(error, UNSENT)) from None

    def _opened(self) -> ClientSession:
        if self._session is None:
            limit = ClientTimeout(total=None, connect=self._limits.connect)
            self._session = ClientSession(timeout=limit, cookie_jar=DummyCookieJar(), auto_decompress=False)
        return self._session


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
