"""How coroutines give a thread what it is to do and are told what came of it: all there is at one moment, at one go."""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from threading import Event, Lock
from typing import Generic, TypeVar

J = TypeVar("J")
T = TypeVar("T")
Jobs = Sequence[tuple[J, Future[T]]]


class Waking(Generic[J, T]):
    """Brings a thread the jobs of one event loop, and the loop the answers; to wake it for each would cost too much.

    Two threads of one interpreter mostly wait for each other, and find the processor's cache full of what the other
    needs. So the loop rests while its jobs are done: for `rest` seconds at most, in case that takes longer.
    """

    def __init__(self, loop: AbstractEventLoop, hand_over: Callable[[Jobs[J, T]], bool], rest: float) -> None:
        """Have jobs begun by `hand_over`, from the loop; it says whether the thread does them at once."""
        self.loop, self._hand_over, self._rest = loop, hand_over, rest
        self._jobs = list[tuple[J, Future[T]]]()
        self._told = deque[tuple[Future[T], T]]()
        self._woken, self._rests, self._rested = False, False, Event()

    def ask(self, job: J) -> Future[T]:
        """Return what comes of a job; it is handed over once all who are ready now have asked."""
        if not self._jobs:
            self.loop.call_soon(self._give)
        self._jobs.append((job, answer := self.loop.create_future()))
        return answer

    def tell(self, future: Future[T], answer: T) -> None:
        """Answer from any thread, which is to `wake` the loop after the last; whoever no longer waits is not told."""
        self._told.append((future, answer))

    def wake(self) -> None:
        """Have those answered who were told what came of their jobs."""
        if self._rests:
            self._rested.set()
        elif self._told and not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # The loop is closed, and nobody waits in it; whoever tells goes on.
                self.loop.call_soon_threadsafe(self._deliver)

    def _give(self) -> None:
        jobs, self._jobs = self._jobs, []
        self._rested.clear()
        self._rests = True  # Before it is handed over, so that no answer to it wakes a loop that is awake.
        if self._hand_over(jobs):
            self._rested.wait(self._rest)
        self._rests = False  # Before what is there is taken, so that whatever comes later wakes the loop again.
        self._deliver()

    def _deliver(self) -> None:
        self._woken = False
        while self._told:
            future, answer = self._told.popleft()
            if not future.done():
                future.set_result(answer)


class Together(Generic[J, T]):
    """Looks up in a thread what coroutines ask for: all that is asked while it looks, at one go thereafter."""

    def __init__(self, threads: Executor, look: Callable[[Sequence[J]], Sequence[T]]) -> None:
        """Have one of these threads `look`, which returns an answer to each and raises nothing."""
        self._threads, self._look = threads, look
        self._waking: Waking[J, T] | None = None
        self._waiting = list[tuple[J, Future[T]]]()
        self._lock, self._looks = Lock(), False

    def ask(self, job: J) -> Future[T]:
        """Return what is found, for a coroutine that may wait for it."""
        loop = get_running_loop()
        if self._waking is None or self._waking.loop is not loop:
            self._waking = Waking(loop, self._take, 0)
        return self._waking.ask(job)

    def _take(self, jobs: Jobs[J, T]) -> bool:
        with self._lock:
            self._waiting += jobs
            looks, self._looks = self._looks, True
        if not looks:
            with suppress(RuntimeError):  # The threads are no more, as the process ends.
                self._threads.submit(self._go_on)
        return False

    def _go_on(self) -> None:
        while jobs := self._next():
            for (_, future), answer in zip(jobs, self._look([job for job, _ in jobs]), strict=True):
                if self._waking:
                    self._waking.tell(future, answer)
            if self._waking:
                self._waking.wake()

    def _next(self) -> Jobs[J, T]:
        with self._lock:
            jobs, self._waiting = self._waiting, []
            self._looks = bool(jobs)
        return jobs
