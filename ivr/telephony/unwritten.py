"""What the carrier told us while the database was away, kept on disk until it is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

import structlog

from ivr.store.errors import Refused, StoreError
from ivr.telephony.facts import Fact
from ivr.telephony.spool import Spool

SECONDS: Final = 0.5
MOST: Final = 10_000  # Calls of which something is kept in memory, too.
WARNS_AGAIN: Final = 60.0
LOOKS: Final = 10.0  # Seconds between two looks at what is left in the spool,
LEFT: Final = 20.0  # by nobody who is still trying, as it lies there for so long, and we have nothing to try.
log = structlog.get_logger()


@dataclass
class Unwritten:
    """Tries again what the database did not take: of each call in order, and by the same name only once.

    `job` writes a fact down, maybe twice, and must not mind. What the spool holds outlives the process.
    """

    job: Callable[[Fact], object]
    spool: Spool
    _kept: dict[str, dict[str, Fact]] = field(default_factory=dict)  # By call and name, as they were told.
    _lock: Lock = field(default_factory=Lock)
    _closed: Event = field(default_factory=Event)
    _busy: bool = False
    _warned: float = 0.0

    def start(self) -> None:
        """Take in what a process before this one left in the spool, and from now on what one beside it leaves there."""
        self.spool.tidy()
        self._take_in(self.spool.all())
        Thread(target=self._look, name="spool", daemon=True).start()

    def _look(self) -> None:
        while not self._closed.wait(LOOKS):
            try:
                if not self._kept:
                    self._take_in(self.spool.all(LEFT))
            except Exception:
                log.exception("the spool was not looked at")

    def _take_in(self, left: list[Fact]) -> None:
        if left:
            log.warning("taken out of the spool", facts=str(len(left)))
            with self._lock:
                later, self._kept = self._kept, {}
                for fact in (*left, *(fact for told in later.values() for fact in told.values())):
                    self._kept.setdefault(fact.call, {})[fact.name] = fact
            self._go_on()

    def write(self, fact: Fact) -> bool:
        """Write a fact down now, or keep it where something of its call is kept; False where it may yet be lost."""
        return (not self.behind(fact.call) and self._written(fact)) or self.keep(fact)

    def behind(self, call_id: str) -> bool:
        """Return whether something of this call is kept, which goes before whatever is told of it now."""
        return call_id in self._kept

    def calls(self) -> frozenset[str]:
        """Return the calls of which something is kept."""
        with self._lock:
            return frozenset(self._kept)

    def keep(self, fact: Fact) -> bool:
        """Write a fact down as soon as the database takes it; True once it cannot be lost any more."""
        safe = self.spool.put(fact)
        with self._lock:
            if len(self._kept) >= MOST:
                log.error("too much is unwritten", call=fact.call, what=fact.name)
                return safe  # What is on disk is taken in once these are written.
            self._kept.setdefault(fact.call, {}).setdefault(fact.name, fact)
        self._go_on()
        return safe

    def close(self) -> None:
        """Try what is kept for the last time, until the database does not take something."""
        self._closed.set()
        self._again()

    def _go_on(self) -> None:
        with self._lock:
            idle, self._busy = not self._busy, True
        if not idle:
            return
        try:
            Thread(target=self._until_written, name="unwritten", daemon=True).start()
        except RuntimeError:  # There is none to be had; what is told next tries again.
            log.exception("no thread writes down what is kept")
            with self._lock:
                self._busy = False

    def _until_written(self) -> None:
        left = True
        try:
            while left and not self._closed.wait(SECONDS):
                left = self._again()
        finally:
            if left:  # Else it is known already that nobody tries any more, and somebody else may try by now.
                with self._lock:
                    self._busy = False

    def _again(self) -> bool:
        """Try each fact, but for those behind one that failed; return whether any are left."""
        with self._lock:
            kept = [list(told.values()) for told in self._kept.values()]
        for told in kept:
            try:
                if not self._all_done(told) and self._closed.is_set():
                    break
            except Exception:  # As of a disk that takes nothing: what is told of other calls does not wait for it.
                log.exception("what is kept was not tried", call=told[0].call)
        with self._lock:
            self._busy = bool(self._kept)
            return self._busy

    def _all_done(self, told: list[Fact]) -> bool:
        """Write down what is told of a call; False from what the database does not take on."""
        for fact in told:
            if not self._done(fact):
                return False
            with self._lock:
                if mine := self._kept.get(fact.call):
                    mine.pop(fact.name, None)
                if not mine:
                    self._kept.pop(fact.call, None)
        return True

    def _done(self, fact: Fact) -> bool:
        if done := self._written(fact):
            self.spool.remove(fact)
        return done

    def _told(self, fact: Fact) -> None:
        try:
            self.job(fact)
        except Refused:  # What we knew of its call is forgotten by that, and may be all that it contradicts.
            self.job(fact)

    def _written(self, fact: Fact) -> bool:
        """Write a fact down, or set it aside where that can never be; False where the database is away."""
        try:
            self._told(fact)
        except Refused as error:
            log.error("never to be written", call=fact.call, what=fact.name, why=str(error))
            return self.spool.set_aside(fact)
        except StoreError as error:
            if monotonic() - self._warned > WARNS_AGAIN:
                self._warned = monotonic()
                log.warning("not yet written", call=fact.call, what=fact.name, why=str(error))
            return False
        except Exception:
            log.exception("never to be written", call=fact.call, what=fact.name)
            return self.spool.set_aside(fact)
        return True
