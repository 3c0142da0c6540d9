"""What must be done next, one after the other in the thread that set it off; and what must be done in the end."""

import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]


class Afterwards:
    """Does `job` however the block ends, but not when Python throws away a call that nobody drives any more."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Do it."""
        if kind is not GeneratorExit:
            self._job()


class Errands:
    """Runs jobs in order; a job set off by a job waits for its end, so that no leg acts inside another's step."""

    def __init__(self) -> None:
        self._local = threading.local()

    def run(self, job: Job) -> None:
        """Run `job` now, or after the present one of this thread."""
        waiting: deque[Job] | None = getattr(self._local, "waiting", None)
        if waiting is not None:
            waiting.append(job)
            return
        self._local.waiting = jobs = deque([job])
        try:
            while jobs:
                jobs.popleft()()
        finally:
            self._local.waiting = None
