"""Numbers whose calls are not taken: kept with a reason and an end, and known in memory to whoever answers calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Index,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from ivr.store.crypto import Sealed, last4, of
from ivr.store.engine import begun, opened
from ivr.store.errors import StoreError
from ivr.store.tables import Moment, meta

SECONDS: Final = 5.0  # After so many at most all servers know.
NOBODY: Final = "----"  # In place of the last four digits of who was erased: no number ends so.
log = structlog.get_logger()

blocked = Table(
    "blocked",
    meta,
    Column("id", String(32), primary_key=True),
    Column("number", Sealed, nullable=False),
    Column("number_hash", String(64), nullable=False),
    Column("number_last4", String(4), nullable=False),
    Column("reason", Sealed, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    # Null for ever.
    Column("until", Moment),
    # Who let the number call again, and when.
    Column("ended_at", Moment),
    Column("ended_by", String(64)),
    Index(None, "number_hash"),
    Index(None, "at"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A number (E.164) whose calls are not taken: why, since when, until when (None for ever), and who said so."""

    id: str
    number: str = field(repr=False)
    number_last4: str
    reason: str
    by: str
    at: datetime
    until: datetime | None


COLUMNS: Final = tuple(blocked.c[name] for name in Block.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Keeps who is blocked."""

    engine: Engine
    now: Callable[[], datetime]

    def add(self, number: str, reason: str, by: str, until: datetime | None) -> str:
        """Block a number until a moment, instead of what was said of it before; return the block's id."""
        told = {"number": number, "number_hash": of(self.engine).hash(number), "number_last4": last4(number)}
        made: dict[str, Any] = {"id": uuid4().hex, "reason": reason, "by": by[:64], "at": self.now(), "until": until}
        with begun(self.engine) as connection:
            connection.execute(self._ending(blocked.c.number_hash.in_(of(self.engine).hashes(number)), by))
            connection.execute(insert(blocked).values(**told, **made))
        return str(made["id"])

    def remove(self, block_id: str, by: str) -> bool:
        """Let a number call again; return False where it is blocked no more."""
        with begun(self.engine) as connection:
            return connection.execute(self._ending(blocked.c.id == block_id, by)).rowcount > 0

    def all(self) -> list[Block]:
        """Return who is blocked now, the newest first."""
        with opened(self.engine) as connection:
            query = select(*COLUMNS).where(self._now()).order_by(blocked.c.at.desc(), blocked.c.id)
            return [Block(*row) for row in connection.execute(query)]

    def of(self, number: str) -> Block | None:
        """Return the block of a number, None where it may call."""
        with opened(self.engine) as connection:
            theirs = blocked.c.number_hash.in_(of(self.engine).hashes(number))
            found = connection.execute(select(*COLUMNS).where(theirs, self._now())).first()
            return Block(*found) if found else None

    def hashes(self) -> dict[str, datetime | None]:
        """Return until when which hashes are blocked."""
        with opened(self.engine) as connection:
            rows = connection.execute(select(blocked.c.number_hash, blocked.c.until).where(self._now()))
            return {row.number_hash: row.until for row in rows}

    def _now(self) -> ColumnElement[bool]:
        return blocked.c.ended_at.is_(None) & or_(blocked.c.until.is_(None), blocked.c.until > self.now())

    def _ending(self, which: ColumnElement[bool], by: str) -> Any:
        return update(blocked).where(which, self._now()).values(ended_at=self.now(), ended_by=by[:64])


def forget(connection: Connection, number: str, now: datetime) -> None:
    """Forget all blocks of a number, but for what keeps up the one in force: a keyed hash, until when, and by whom."""
    theirs = blocked.c.number_hash.in_(of(connection.engine).hashes(number))
    nobody = {"number": "", "number_hash": of(connection.engine).hash(number), "number_last4": NOBODY, "reason": ""}
    for row in connection.execute(delete(blocked).where(theirs).returning(blocked)).mappings().all():
        if row["ended_at"] is None and (row["until"] is None or row["until"] > now):
            connection.execute(insert(blocked).values({**row, **nobody, "at": now}))


class Gatekeeper:
    """Knows in memory who is blocked, and asks the database every few seconds, but never while a call waits."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks, self._closed = blocks, Event()
        self._known: dict[str, datetime | None] = {}

    def bars(self, number: str) -> bool:
        """Tell whether a number's calls are not taken; one that is withheld is nobody's, so it never is."""
        if not self._known or not last4(number):
            return False
        now, nobody = self._blocks.now(), object()
        ends = [self._known.get(one, nobody) for one in of(self._blocks.engine).hashes(number)]
        return any(end is None or (isinstance(end, datetime) and end > now) for end in ends)

    def look(self) -> None:
        """Ask the database; where it does not answer, what was known goes on."""
        try:
            self._known = self._blocks.hashes()
        except StoreError as error:
            log.warning("who is blocked is not known anew", why=str(error))

    def start(self) -> None:
        """Ask now, and every few seconds from now on."""
        Thread(target=self._run, name="blocked", daemon=True).start()

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()

    def _run(self) -> None:
        self.look()
        while not self._closed.wait(SECONDS):
            self.look()
