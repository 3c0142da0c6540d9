"""How a thread tells coroutines what they wait for: all that it has at one moment, by waking their loop once."""

from asyncio import AbstractEventLoop, Future
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Waking(Generic[T]):
    """Gives the coroutines of one event loop their answers; to wake a loop for each would cost more than a turn."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.loop = loop
        self._told = deque[tuple[Future[T], T]]()
        self._woken = False

    def tell(self, future: Future[T], answer: T) -> None:
        """Answer from any thread; whoever no longer waits is not told."""
        self._told.append((future, answer))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # The loop is closed, and nobody waits in it; whoever tells goes on.
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False  # Before what is there is taken, so that whatever comes later wakes the loop again.
        while self._told:
            future, answer = self._told.popleft()
            if not future.done():
                future.set_result(answer)
