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
log = structlog.get_logger()


class Live:
    """The live version's flow, and those of the versions that calls began with; `read` makes files a flow."""

    def __init__(self, library: Library, read: Read, now: Publication, flow: Flow) -> None:
        self.library = library
        self._read = read
        self._at = (now, flow)  # One thing, so that nobody gets the version of the one and the flow of another.
        self._flows = OrderedDict[int, Flow]()
        self._lock = Lock()
        self._closed = Event()
        self._thread: Thread | None = None
        self._failed = 0

    @property
    def now(self) -> Publication:
        """What was published last."""
        return self._at[0]

    @property
    def flow(self) -> Flow:
        """The live version's flow."""
        return self._at[1]

    @property
    def version(self) -> int:
        """The version that new calls begin with."""
        return self._at[0].version

    def of(self, version: int) -> Flow:
        """Return the flow of a version; raise KeyError for one there never was."""
        now, flow = self._at
        if version == now.version:
            return flow
        with self._lock:
            if found := self._flows.get(version):
                self._flows.move_to_end(version)
                return found
        return self._kept(version, self._read(self.library.files(version)))

    def look(self) -> None:
        """Switch to what is live; go on with what was where that cannot be had, and say so once."""
        try:
            latest = self.library.live()
            if latest is None or latest.id == self.now.id:
                return
            flow = self.of(latest.version)
        except StoreError:
            return  # Calls say it louder.
        except Exception:
            if latest and latest.id != self._failed:
                self._failed = latest.id
                log.exception("a published version cannot be read", version=latest.version, live=self.version)
            return
        self._kept(self.now.version, self.flow)
        self._at = (latest, flow)
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
