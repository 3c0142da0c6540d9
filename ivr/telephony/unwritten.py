"""What the carrier told us while the database was away, kept in memory until it is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

import structlog

from ivr.store.errors import StoreError

SECONDS: Final = 0.5
MOST: Final = 10_000
PATIENCE_SECONDS: Final = 3600.0  # The carrier knows no more of a call then than its log does.
Job = Callable[[], object]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Kept:
    """A job of one call, which is given up at a moment of the monotonic clock."""

    call: str
    job: Job
    until: float


@dataclass
class Unwritten:
    """Tries again what the database did not take: of each call in order, and by the same name only once.

    A job may be done twice, and must not mind. A process that is killed forgets what it keeps; the carrier asks again.
    """

    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _closed: Event = field(default_factory=Event)

    def write(self, call: str, name: str, job: Job) -> bool:
        """Do a job now, unless something of the same call is kept; return False where it is kept, too."""
        with self._lock:
            behind = any(kept.call == call for kept in self._kept.values())
        if not behind and _written(job):
            return True
        self.keep(call, name, job)
        return False

    def keep(self, call: str, name: str, job: Job) -> None:
        """Do a job as soon as the database takes it."""
        with self._lock:
            if len(self._kept) >= MOST:
                log.error("too much is unwritten", call=call, what=name)
                return
            idle = not self._kept
            self._kept.setdefault((call, name), _Kept(call, job, monotonic() + PATIENCE_SECONDS))
        if idle:
            Thread(target=self._until_written, name="unwritten", daemon=True).start()

    def close(self) -> None:
        """Try what is kept for the last time."""
        self._closed.set()
        self._again()

    def _until_written(self) -> None:
        while not self._closed.wait(SECONDS) and self._again():
            pass

    def _again(self) -> bool:
        """Try each job, but for those behind one that failed; return whether any are left."""
        with self._lock:
            kept = dict(self._kept)
        failed = set[str]()
        for name, one in kept.items():
            if one.call in failed:
                continue
            if self._done(one):
                with self._lock:
                    self._kept.pop(name, None)
            else:
                failed.add(one.call)
        with self._lock:
            return bool(self._kept)

    def _done(self, one: _Kept) -> bool:
        try:
            if _written(one.job):
                return True
        except Exception:
            log.exception("never to be written", call=one.call)
            return True
        if late := monotonic() > one.until:
            log.error("given up", call=one.call)
        return late


def _written(job: Job) -> bool:
    """Do a job; False where the database is away."""
    try:
        job()
    except StoreError as error:
        log.warning("not yet written", why=str(error))
        return False
    return True
