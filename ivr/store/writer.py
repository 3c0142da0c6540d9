"""The one thread of a process that writes turns: it commits all that wait together, then lets them answer."""

from asyncio import Future, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as Exhausted

from ivr.store.batch import Rows, write
from ivr.store.engine import by_statements, first
from ivr.store.errors import Busy, StoreError, failed
from ivr.store.waking import Jobs, Waking
from ivr.value import value

LIMIT: Final = 4096  # Turns that may wait; at two thousand a second, more would wait longer than a turn may.
BATCH: Final = 256
PATIENCE_SECONDS: Final = 2.0
REST_SECONDS: Final = 0.005  # A commit takes less; where it takes more, the loop goes on with all else.
AWAY: Final = (OperationalError, InterfaceError, Exhausted, StoreError)  # Also where there is no connection to be had.
# By PostgreSQL's codes: a lock or a statement that took too long, a ring of who waits for whom, a change beside ours.
HELD: Final = frozenset({"55P03", "57014", "40P01", "40001"})
HELD_SECONDS: Final = 0.5  # That turns wait for a row which somebody holds.
LATE: Final = f"the database took longer than {PATIENCE_SECONDS:.0f} s to write a turn"
Answer = bool | StoreError


@value
class _Item:
    rows: Rows
    answer: Callable[[Answer], object]
    waking: Waking[Rows, Answer] | None = None  # The loop that is to be woken thereafter.


class Writer:
    """A thread with a connection of its own; whoever hands it a turn waits until that turn is durable.

    There is no timer: whatever queued during the last commit makes up the next one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._inbox: SimpleQueue[_Item | None] = SimpleQueue()
        self._held: list[_Item] = []
        self._open = True
        self.commits, self.turns = 0, 0  # As this one thread counts them, for whoever reads.
        self._waking: Waking[Rows, Answer] | None = None
        self._idle = False
        self._begun: float | None = None  # When it began with the turns that it has in hand.
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, rows: Rows) -> bool:
        """Return True once the turn is durable, False if it was already taken; raise Busy, Refused or StoreError.

        After a StoreError for lateness, or as the connection died, the turn may be written all the same: whoever asks
        again finds it taken.
        """
        answers = SimpleQueue[Answer]()
        self._take(_Item(rows, answers.put))
        try:
            return _plainly(answers.get(timeout=PATIENCE_SECONDS))
        except Empty:
            raise StoreError(LATE) from None

    async def written(self, rows: Rows) -> bool:
        """Do as `write` does for a coroutine, beside which others go on meanwhile."""
        loop = get_running_loop()
        if self._waking is None or self._waking.loop is not loop:
            self._waking = Waking(loop, self._take_all, REST_SECONDS)
        return _plainly(await self._waking.ask(rows))

    @property
    def alive(self) -> bool:
        """Whether the thread that writes still runs."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many turns wait to be written."""
        return self._inbox.qsize()

    @property
    def seconds(self) -> float:
        """For how long it has been writing the same turns."""
        begun = self._begun
        return 0.0 if begun is None else monotonic() - begun

    def close(self) -> None:
        """Write what is waiting, let it answer, and end the thread."""
        self._open = False
        self._inbox.put(None)
        self._thread.join()

    def _take(self, item: _Item) -> None:
        if not self._open:
            raise StoreError("the journal is closed")
        if self._inbox.qsize() >= LIMIT:
            raise Busy(f"more than {LIMIT} turns wait to be written")
        self._inbox.put(item)

    def _take_all(self, jobs: Jobs[Rows, Answer]) -> bool:
        """Take the turns of an event loop; return whether they are written at once."""
        idle, waking = self._idle, self._waking
        if waking is None:
            raise TypeError("jobs of no loop")
        waking.loop.call_later(PATIENCE_SECONDS, _given_up, [answer for _, answer in jobs])
        for rows, answer in jobs:
            try:
                self._take(_Item(rows, partial(waking.tell, answer), waking))
            except StoreError as error:
                waking.tell(answer, error)
                waking.wake()
        return idle

    def _run(self) -> None:
        while self._open or self._held or not self._inbox.empty():
            if batch := self._waiting():
                self._begun = monotonic()
                self._write(batch)
                self._begun = None
        self._drop()

    def _waiting(self) -> list[_Item]:
        """Return all that wait, at most one turn of each call; the others are held for the next batch."""
        self._idle = not self._held
        items: list[_Item | None] = [*self._held] or [self._inbox.get()]
        self._idle = False
        with suppress(Empty):
            while len(items) < BATCH:
                items.append(self._inbox.get_nowait())
        batch: dict[str, _Item] = {}
        self._held = [item for item in items if item and batch.setdefault(item.rows.call_id, item) is not item]
        return list(batch.values())

    def _write(self, batch: list[_Item]) -> None:
        try:
            taken = self._twice(batch)
        except Exception as error:
            self._refuse(batch, error)
        else:
            _tell(batch, lambda item: item.rows.call_id in taken)

    def _refuse(self, batch: list[_Item], error: Exception) -> None:
        """Tell why it failed; unless one bad turn, or one row that somebody holds, failed them all."""
        if len(batch) > 1 and not _away(error):
            self._one_by_one(batch)
            return
        why = failed(error, "a turn could not be written")
        _tell(batch, lambda _: why)

    def _one_by_one(self, batch: list[_Item]) -> None:
        """Write each turn alone, as long as anybody waits for one of them."""
        end = monotonic() + PATIENCE_SECONDS
        for item in batch:
            if monotonic() < end:
                self._write([item])
            else:
                _tell([item], lambda _: StoreError(LATE))

    def _twice(self, batch: list[_Item]) -> set[str]:
        try:
            return self._commit(batch)
        except DBAPIError as error:
            if not _away(error) and (len(batch) > 1 or not _held(error)):
                raise
            # The connection died, or somebody held a lock: once more, on a new connection. If the first commit did
            # go through, these turns are found taken, and answered from the journal.
            return self._commit(batch)

    def _commit(self, batch: list[_Item]) -> set[str]:
        try:
            if self._connection is None:
                self._connection = by_statements(self._engine.connect())
                first(self._connection)
                _hasty(self._connection)
            taken = write(self._connection, [item.rows for item in batch])
            self._connection.commit()
            self.commits, self.turns = self.commits + 1, self.turns + len(batch)
        except Exception:
            self._drop()
            raise
        return taken

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.invalidate()
            with suppress(Exception):
                connection.close()


def _hasty(connection: Connection) -> None:
    """Have PostgreSQL wait for a row for a moment only, as others wait behind it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET lock_timeout = {1000 * HELD_SECONDS:.0f}")


def _tell(items: list[_Item], answer: Callable[[_Item], Answer]) -> None:
    """Answer them all before any loop is woken: what they ask next is then there at one moment, for one commit."""
    for item in items:
        item.answer(answer(item))
    for waking in {item.waking for item in items}:
        if waking:
            waking.wake()


def _plainly(answer: Answer) -> bool:
    if isinstance(answer, StoreError):
        raise answer
    return answer


def _given_up(asked: list[Future[Answer]]) -> None:
    for answer in asked:
        if not answer.done():
            answer.set_result(StoreError(LATE))


def _away(error: Exception) -> bool:
    """Say whether the database rather than a turn is at fault."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or (isinstance(error, AWAY) and not _held(error))


def _held(error: Exception) -> bool:
    """Say whether somebody else holds a row of PostgreSQL's; who holds SQLite holds all of it."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in HELD
