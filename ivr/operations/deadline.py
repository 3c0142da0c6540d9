"""Something asked that may hang: whoever asks is told so in time, and nobody asks again while it does."""

from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Late(Exception):  # noqa: N818 - a state to be told, as `Busy` is
    """There was no answer in time."""


class Asked(Generic[T]):
    """A question whose answer counts for a moment, so that nobody can have it asked too often."""

    def __init__(self, question: Callable[[], T], seconds: float, lasts: float = 0.0) -> None:
        """Take the question, for how many seconds to wait for its answer, and for how many that counts."""
        self._question, self._seconds, self._lasts = question, seconds, lasts
        self._lock = Lock()
        self._asking: Event | None = None
        self._answer: tuple[float, T | None, Exception | None] | None = None

    def answer(self) -> T:
        """Return the answer, or raise what the question raised; raise Late where neither comes in time."""
        with self._lock:
            found = self._answer
            if found is None or monotonic() - found[0] > self._lasts:
                asking = self._asking or self._begin()
            else:
                return _told(found)
        if not asking.wait(self._seconds) or self._answer is None:
            raise Late(f"no answer within {self._seconds:.0f} s")
        return _told(self._answer)

    def _begin(self) -> Event:
        self._asking = asking = Event()
        Thread(target=self._ask, args=(asking,), name="asked", daemon=True).start()
        return asking

    def _ask(self, asking: Event) -> None:
        answer: T | None = None
        error: Exception | None = None
        try:
            answer = self._question()
        except Exception as raised:
            error = raised
        with self._lock:
            self._answer, self._asking = (monotonic(), answer, error), None
        asking.set()


def _told(found: tuple[float, T | None, Exception | None]) -> T:
    _, answer, error = found
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # Where there is no error this is what the question returned.
