"""WSGI applications behind the ASGI front, in threads that end with the server."""

from asyncio import run_coroutine_threadsafe
from typing import Any, Final
from wsgiref.types import WSGIApplication

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import WSGIResponder

LOOKS_AGAIN: Final = 0.5


class Pages(WSGIMiddleware):
    """Serves an application by so many threads."""

    def __init__(self, plain: WSGIApplication, threads: int) -> None:
        """Begin with none of them."""
        super().__init__(plain, threads)  # type: ignore[arg-type]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await _Answer(self.app, self.executor, self.send_queue_size)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Answer(WSGIResponder):
    """One answer; the library's waits for ever where the server has ended meanwhile, and so keeps it from ending."""

    def send(self, message: Any) -> None:
        """Hand on a part of it, unless nobody is there any more who takes it."""
        told = run_coroutine_threadsafe(self.send_queue.put(message), loop=self.loop)
        while True:
            try:
                told.result(LOOKS_AGAIN)
                return
            except TimeoutError:
                if not self.loop.is_running():
                    raise ConnectionAbortedError("the server has ended") from None
