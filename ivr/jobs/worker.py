"""Who does the jobs: a few threads, in the web process or in a process of their own."""

import signal
from collections.abc import Callable
from threading import Event
from typing import Any, Final

import structlog
from huey import Huey

THREADS: Final = 2
LATEST_SECONDS: Final = 0.5  # The longest that a thread with nothing to do sleeps before it looks again.
log = structlog.get_logger()


class Worker:
    """Fetches messages as they are told of, and once a minute starts again whatever is stuck.

    `fetch` does one message and returns in how many seconds to try again (None: not at all), `due` names those whose
    time has come. Any number of workers may run on one queue and one database: each message is in one hand at a time.
    """

    def __init__(self, huey: Huey, fetch: Callable[[str], float | None], due: Callable[[], list[str]]) -> None:
        self._huey = huey
        self._fetch, self._due = fetch, due
        self._job = huey.task(name="fetch")(self._fetched)
        huey.periodic_task(lambda _: True, name="sweep")(self._swept)
        self._consumer: Any = None

    def wanted(self, message_id: str) -> None:
        """Have this message fetched, within about a second; never an error, as the sweep finds it in any case."""
        try:
            self._job(message_id)
        except Exception as error:
            log.warning("job not queued", message=message_id, why=type(error).__name__)

    def start(self) -> None:
        """Start the threads, and return; what was stuck before is started again at once."""
        self._consumer = self._huey.create_consumer(
            workers=THREADS, max_delay=LATEST_SECONDS, check_worker_health=False, shutdown_timeout=5
        )
        # Not the consumer's own start: that takes the process's signals, which are the web server's, and fails
        # outside the main thread. Its threads never end of themselves, so nobody need look after them either.
        for thread in (self._consumer.scheduler, *(thread for _, thread in self._consumer.worker_threads)):
            thread.start()

    def stop(self) -> None:
        """Let the threads finish what they are at, for five seconds at most, and close the queue."""
        if self._consumer:
            self._consumer.stop(graceful=True)
            self._consumer = None
        self._huey.storage.close()

    def run(self) -> None:
        """Work until the process is told to end (SIGTERM, SIGINT); for a process of its own."""
        ended = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.start()
        ended.wait()
        self.stop()

    def _fetched(self, message_id: str) -> None:
        again = self._fetch(message_id)
        if again is not None:
            self._job.schedule((message_id,), delay=again)

    def _swept(self) -> None:
        for message_id in self._due():
            self.wanted(message_id)
