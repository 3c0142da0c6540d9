"""Yesterday on tomorrow: the calls of some days are done again in a draft, by processes of their own."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from threading import Event, Lock, Thread
from typing import Final

import structlog
from sqlalchemy import Engine

from ivr.editor.replaying import Finding, Part, Source, begin, part
from ivr.flow.replay.course import Sort
from ivr.store.errors import StoreError
from ivr.store.recorded import Span, spans

WORKERS: Final = 2
SIZE: Final = 250  # Calls that a process takes at once: half a second's work.
AHEAD: Final = 3 * WORKERS
log = structlog.get_logger()


Draft = tuple[int, int]  # Its number and revision.


class BusyError(RuntimeError):
    """Calls are being done again in another draft."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(f"calls are being done again in draft {draft[0]}")
        self.draft = draft


@dataclass(frozen=True)
class Calls:
    """Calls to be done again in a draft, part by part; `of` them all."""

    source: Source
    spans: list[Span]

    @property
    def of(self) -> int:
        """How many calls there are."""
        return sum(span.calls for span in self.spans)

    def __iter__(self) -> Iterator[Part]:
        """Yield what came of each part, in the order of time; whoever stops listening stops the processes."""
        coming = iter(self.spans)
        pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), begin, (self.source,))
        try:
            # Python does not end before all is done that was handed over.
            ahead = [pool.submit(part, span) for span in islice(coming, AHEAD)]
            while ahead:
                yield ahead.pop(0).result()
                ahead += [pool.submit(part, span) for span in islice(coming, 1)]
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass
class Sum:
    """What came of the parts up to now, of so many calls; `sorts` counts in what calls differ."""

    of: int
    done: int = 0
    unread: int = 0
    sorts: Counter[Sort] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, made: Part) -> None:
        """Add a part."""
        self.findings += made.findings
        self.sorts.update(one.sort for one in made.findings)
        self.unread += made.unread
        self.done += made.calls

    @property
    def cut_off(self) -> int:
        """How many calls our menus would cut off."""
        return self.sorts["cut off"]


@dataclass
class Run:
    """A run through all calls in the background, to be looked at while it goes; `failed` says why it did not end."""

    draft: Draft
    calls: Calls
    sum: Sum
    failed: str = ""
    _cancelled: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        """Begin."""
        self._thread = Thread(target=self._go, name="yesterday", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it came to its end, or was cancelled, or failed."""
        return not self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for its end, but no longer than this."""
        self._thread.join(seconds)

    def cancel(self) -> None:
        """Come to an end soon; what was found by then stays to be seen."""
        self._cancelled.set()

    def _go(self) -> None:
        try:
            for made in self.calls:
                self.sum.add(made)
                if self._cancelled.is_set():
                    break
        except (StoreError, RuntimeError) as error:
            log.exception("calls could not be done again")
            self.failed = str(error)


@dataclass
class Yesterday:
    """Does calls again, in the background one run at a time, which stays to be seen until the next."""

    engine: Engine
    secrets: tuple[str, ...] = field(repr=False)
    run: Run | None = None
    _lock: Lock = field(default_factory=Lock)

    def calls(self, files: Mapping[str, str], since: datetime, until: datetime) -> Calls:
        """Return the calls that began from one moment on, before another, and are over, to be done in these files."""
        url = self.engine.url.render_as_string(hide_password=False)
        return Calls(Source(url, self.secrets, dict(files)), spans(self.engine, since, until, SIZE))

    def begin(self, draft: Draft, files: Mapping[str, str], since: datetime, until: datetime) -> Run:
        """Begin to do calls again in a draft; raise BusyError while that is done in another state or draft."""
        with self._lock:
            if self.run and not self.run.over:
                if self.run.draft == draft:
                    return self.run
                raise BusyError(self.run.draft)
            calls = self.calls(files, since, until)
            self.run = Run(draft, calls, Sum(calls.of))
            return self.run
