"""The journal: every turn of every call, written down before it is answered, and the calls as it makes them."""

import os
from collections import Counter
from collections.abc import Collection
from threading import Lock
from typing import Final

from sqlalchemy import Engine, bindparam, select

from ivr.flow import record
from ivr.flow.call import Call, fold
from ivr.flow.events import Ended, Event
from ivr.store.batch import rows
from ivr.store.crypto import of
from ivr.store.engine import opened
from ivr.store.entries import Entry, Stored, Turn
from ivr.store.errors import Refused
from ivr.store.recent import Recent
from ivr.store.tables import calls, turns
from ivr.store.writer import Writer

REMEMBERED: Final = 4096
# Made once, as making it takes longer than asking.
OF_CALL: Final = (
    select(turns.c.turn, turns.c.asked, turns.c.events)
    .where(turns.c.call_id == bindparam("call"))
    .order_by(turns.c.turn)
)
WHOLE: Final = (
    select(calls.c.version, calls.c.greeted, turns.c.events)
    .outerjoin_from(calls, turns, turns.c.call_id == calls.c.id)
    .where(calls.c.id == bindparam("call"))
    .order_by(turns.c.turn)
)


class Journal:
    """What happened in every call, turn by turn, for ever; a turn is taken once, by whichever process comes first."""

    def __init__(self, engine: Engine, remembered: int = REMEMBERED) -> None:
        """Keep the journal in this database, with the calls last used in memory, up to so many."""
        self._engine = engine
        self._recent = Recent(remembered)
        self._lock = Lock()
        self.outcomes = Counter[str]()  # Of the calls that ended here, for whoever reads.
        self._writer: tuple[int, Writer] | None = None

    def append(self, entry: Entry) -> bool:
        """Write down one turn, and return once it is durable: True, or False where the turn or what was asked is taken.

        Raise Busy where too many wait, Refused where the database never will, StoreError where it does not take it
        within 2 s; it may then still be written, and a second try finds out.
        """
        try:
            taken = self._here().write(rows(entry, of(self._engine)))
        except Refused:
            self._recent.forget(entry.call_id)  # Maybe what we know of it is what the database does not.
            raise
        return self._noted(entry, taken)

    async def appended(self, entry: Entry) -> bool:
        """Do as `append` does for a coroutine, beside which others go on meanwhile."""
        try:
            taken = await self._here().written(rows(entry, of(self._engine)))
        except Refused:
            self._recent.forget(entry.call_id)
            raise
        return self._noted(entry, taken)

    def _noted(self, entry: Entry, taken: bool) -> bool:
        if not taken:
            self._recent.forget(entry.call_id)
        elif entry.start:
            self._recent.put(entry.call_id, Stored(entry.start.version, entry.call))
        else:
            self._recent.go_on(entry.call_id, entry.call)
        if taken and entry.events and isinstance(ended := entry.events[-1], Ended):
            with self._lock:
                self.outcomes[ended.reason] += 1
        return taken

    def recent(self, call_id: str) -> Stored | None:
        """Return the call as this process last knew it; None if it did not lately have it in hand."""
        return self._recent.get(call_id)

    def call(self, call_id: str) -> Stored | None:
        """Return the call as this process last knew it, or else as the database has it; None for an unknown call."""
        return self._recent.get(call_id) or self.fresh(call_id)

    def fresh(self, call_id: str) -> Stored | None:
        """Return the call as the database has it, as another process may have moved it on."""
        with opened(self._engine) as connection:
            found = connection.execute(WHOLE, {"call": call_id}).all()
        if not found:
            return None
        version, greeted, _ = found[0]
        told = [event for *_, events in found if events is not None for event in record.read(events)]
        stored = Stored(version, fold(Call(greeted), told))
        self._recent.put(call_id, stored)
        return stored

    def turns(self, call_id: str) -> list[Turn]:
        """Return the turns of a call, in order."""
        with opened(self._engine) as connection:
            found = connection.execute(OF_CALL, {"call": call_id}).all()
        return [Turn(turn, asked, record.read(events)) for turn, asked, events in found]

    def turn(self, call_id: str) -> int:
        """Return how far a call has come: the turn that it takes next; 0 for an unknown call."""
        with opened(self._engine) as connection:
            return connection.scalar(select(calls.c.turn).where(calls.c.id == call_id)) or 0

    def unknown(self, call_ids: Collection[str]) -> set[str]:
        """Return those of these calls that are not in the journal."""
        with opened(self._engine) as connection:
            return set(call_ids) - set(connection.scalars(select(calls.c.id).where(calls.c.id.in_(call_ids))))

    def caller(self, call_id: str) -> str:
        """Return the whole number that called, "" for an unknown call."""
        with opened(self._engine) as connection:
            return connection.scalar(select(calls.c.caller).where(calls.c.id == call_id)) or ""

    def events(self, call_id: str) -> list[Event]:
        """Return all that happened in a call, in order."""
        return [event for turn in self.turns(call_id) for event in turn.events]

    @property
    def writer(self) -> Writer | None:
        """The thread that writes in this process; None where nothing was written yet."""
        return self._writer[1] if self._writer and self._writer[0] == os.getpid() else None

    def close(self) -> None:
        """Write down what is waiting; nothing can be appended in this process until the next append opens it again."""
        with self._lock:
            if self._writer and self._writer[0] == os.getpid():
                self._writer[1].close()
            self._writer = None

    def _here(self) -> Writer:
        """Return this process's writer; a thread does not survive a fork, nor may its connection be shared."""
        if self._writer and self._writer[0] == os.getpid():
            return self._writer[1]
        with self._lock:
            if self._writer is None or self._writer[0] != os.getpid():
                if self._writer:
                    self._engine.dispose(close=False)
                self._writer = (os.getpid(), Writer(self._engine))
            return self._writer[1]
