"""What answers now: each process looks again and again which version is live, reads it aside, and then switches."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Final

import structlog

from ivr.flow.flow import Flow
from ivr.store.errors import StoreError
from ivr.store.library import Library, Publication

SECONDS: Final = 0.5
KEPT: Final = 100  # Versions in memory; one takes some 3 MB.
Read = Callable[[Mapping[str, str]], Flow]
Switched = Callable[[int, Mapping[str, str], Flow], object]
log = structlog.get_logger()


class Live:
    """The live version's flow, and those of the versions that calls began with; `read` makes files a flow.

    Until the database says which version is live, a flow may stand in for it. `switched` is told the number, the files
    and the flow of each version that becomes live.
    """

    def __init__(self, library: Library, read: Read, switched: Switched = lambda *_: None) -> None:
        self.library = library
        self._read, self._switched = read, switched
        # One thing, so that nobody gets the version of the one and the flow of another.
        self._at: tuple[Publication | None, Flow] | None = None
        self._flows = OrderedDict[int, Flow]()
        self._lock, self._reads, self._looks = Lock(), Lock(), Lock()
        self._closed = Event()
        self._thread: Thread | None = None
        self._failed = 0

    @property
    def now(self) -> Publication:
        """What was published last; StoreError where the database was not there yet to say."""
        if self._at and self._at[0]:
            return self._at[0]
        raise StoreError("the database is away, and nobody else knows which menus are live")

    @property
    def flow(self) -> Flow:
        """The live version's flow, or the one that stands in for it."""
        if self._at is None:
            raise LookupError("no menus were read yet")
        return self._at[1]

    @property
    def version(self) -> int:
        """The version that new calls begin with."""
        return self.now.version

    def stand_in(self, files: Mapping[str, str]) -> None:
        """Let these files answer until the database says what is live."""
        self._at = self._at or (None, self._read(files))

    def at_hand(self, version: int) -> Flow | None:
        """Return the flow of a version where it was read already."""
        now, flow = self._at or (None, None)
        if now and flow and version == now.version:
            return flow
        with self._lock:
            if found := self._flows.get(version):
                self._flows.move_to_end(version)
        return found

    def of(self, version: int) -> Flow:
        """Return the flow of a version; raise KeyError for one there never was."""
        if flow := self.at_hand(version):
            return flow
        files = self.library.files(version)
        with self._reads:  # One after the other, as it takes all of a processor, and most ask for the same ones.
            return self.at_hand(version) or self._kept(version, self._read(files))

    def look(self) -> None:
        """Switch to what is live; go on with what was where that cannot be had, and say so once."""
        with self._looks:  # Or who was told of an older version last would have the last word.
            self._look()

    def _look(self) -> None:
        try:
            latest = self.library.live()
        except StoreError:
            return  # Calls say it louder.
        if latest is None or (self._at and self._at[0] and latest.id == self._at[0].id):
            return
        try:
            self.switch(latest)
        except StoreError:
            return
        except Exception:
            if latest.id != self._failed:
                self._failed = latest.id
                log.exception("a published version cannot be read", version=latest.version, live=self.version)

    def switch(self, latest: Publication) -> None:
        """Let what was published answer from now on; raise what `of` raises."""
        files, before = self.library.files(latest.version), self._at
        flow = self.of(latest.version)
        if before and before[0]:
            self._kept(before[0].version, before[1])
        self._at = (latest, flow)
        self._switched(latest.version, files, flow)
        if before:
            log.info("other menus answer", version=latest.version, by=latest.by)

    def start(self) -> None:
        """Look again and again, in this process."""
        self._closed.clear()
        self._thread = Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._closed.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._closed.wait(SECONDS):
            self.look()

    def _kept(self, version: int, flow: Flow) -> Flow:
        with self._lock:
            flow = self._flows.setdefault(version, flow)
            self._flows.move_to_end(version)
            while len(self._flows) > KEPT:
                self._flows.popitem(last=False)
        return flow
