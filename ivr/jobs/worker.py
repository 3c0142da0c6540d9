"""Who does the jobs: a few threads, in the web process or in a process of their own."""

import signal
from collections.abc import Callable
from threading import Event, Thread
from typing import Final, Generic, TypeVar

import structlog

THREADS: Final = 2
LOOK_SECONDS: Final = 1.0  # How often a thread with nothing to do looks again.
STOP_SECONDS: Final = 5.0
Job = TypeVar("Job")
log = structlog.get_logger()


class Worker(Generic[Job]):
    """Does whatever is due, soon after it was told of; the tables that say what is due are the queue of jobs, too.

    `do` does one job, `due` names those whose time has come, the longest waiting first. Any number of workers may run
    on one database: each job is in one hand at a time, and what a dead hand held is due again.
    """

    def __init__(
        self, do: Callable[[Job], object], due: Callable[[], list[Job]], threads: int = THREADS, name: str = ""
    ) -> None:
        self.name, self.done, self.failed = name, 0, 0  # For whoever reads; a count more or less does no harm.
        self._do, self._due, self._number = do, due, threads
        self._woken, self._ended = Event(), Event()
        self._threads: list[Thread] = []
        self.failures = 0  # How often in a row it failed: one that is done ends that.

    def wake(self) -> None:
        """Look at once for what is due; workers of other processes see it within about a second."""
        self._woken.set()

    def start(self) -> None:
        """Start the threads, and return; what was due before is done at once."""
        self._ended.clear()
        self._threads = [Thread(target=self._forever, name="jobs", daemon=True) for _ in range(self._number)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the threads finish what they are at, for five seconds at most."""
        self._ended.set()
        self._woken.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def run(self) -> None:
        """Work until the process is told to end (SIGTERM, SIGINT); for a process of its own."""
        ended = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.start()
        ended.wait()
        self.stop()

    def _forever(self) -> None:
        while not self._ended.is_set():
            try:
                self.look()
            except Exception as error:
                self.failed, self.failures = self.failed + 1, self.failures + 1
                log.warning("jobs not done", why=type(error).__name__)
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()

    def look(self) -> None:
        """Do what is due."""
        for job in self._due():
            if not self._ended.is_set():
                self._do(job)
                self.done, self.failures = self.done + 1, 0
