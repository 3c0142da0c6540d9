"""What somebody should know, and to whom it goes: each once, tried again for a day where it does not go."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Column, Engine, Index, Integer, String, Table, Text, UniqueConstraint, and_, select, update

from ivr.store.engine import begun, opened
from ivr.store.tables import INSERT, Moment, meta

LEASE: Final = timedelta(minutes=2)
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(hours=24)

notices = Table(
    "notices",
    meta,
    # The delivery's id, which stays the same however often it is tried.
    Column("id", String(32), primary_key=True),
    # What it is about, so that it is told once: a message's place, a queue and the hour.
    Column("of", String(160), nullable=False),
    # `webhook`, or the address of a mail.
    Column("to", String(160), nullable=False),
    Column("kind", String(32), nullable=False),
    # JSON; nothing that names a person.
    Column("told", Text, nullable=False),
    # waiting, sent, given up.
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("of", "to"),
    Index(None, "state", "next_try_at"),
    Index(None, "created_at"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice on its way: what it tells (as JSON has it), of which kind, to whom, and which try this is."""

    id: str
    to: str
    kind: str
    tries: int
    created_at: datetime
    told: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notices:
    """The keeping of notices."""

    engine: Engine

    def add(self, of: str, kind: str, told: Mapping[str, Any], to: Iterable[str], now: datetime) -> None:
        """Have all of these know it, each once, however often it is added, and by whichever process."""
        row = {"of": of, "kind": kind, "told": json.dumps(told, ensure_ascii=False), "state": "waiting", "tries": 0}
        rows = [{**row, "id": uuid4().hex, "to": one, "next_try_at": now, "created_at": now} for one in to]
        if rows:
            with begun(self.engine) as connection:
                connection.execute(INSERT[connection.dialect.name](notices).on_conflict_do_nothing(), rows)

    def known(self, found: Iterable[str]) -> set[str]:
        """Return of what somebody was told already, or is being told."""
        with opened(self.engine) as connection:
            return set(connection.scalars(select(notices.c.of).where(notices.c.of.in_(list(found)))))

    def due(self, now: datetime, limit: int = 100) -> list[str]:
        """Return the ids of those that are to be tried by now, the longest waiting first."""
        query = select(notices.c.id).where(_due(now)).order_by(notices.c.next_try_at, notices.c.id).limit(limit)
        with opened(self.engine) as connection:
            return list(connection.scalars(query))

    def claim(self, notice_id: str, now: datetime) -> Notice | None:
        """Take one in hand for two minutes; None where it is not due, or another has it."""
        told = {"tries": notices.c.tries + 1, "next_try_at": now + LEASE}
        claim = update(notices).where(notices.c.id == notice_id, _due(now)).values(told).returning(notices)
        with begun(self.engine) as connection:
            row = connection.execute(claim).mappings().first()
        if row is None:
            return None
        names = ("id", "to", "kind", "tries", "created_at")
        return Notice(**{name: row[name] for name in names}, told=json.loads(row["told"]))

    def sent(self, notice_id: str) -> None:
        """Write down that it went."""
        self._note(notice_id, {"state": "sent", "next_try_at": None, "error": None})

    def failed(self, notice: Notice, error: str, now: datetime) -> datetime | None:
        """Write down why it did not go; return when to try again: ever more seldom, and never (None) after a day."""
        pause: timedelta = min(FIRST_PAUSE * 2 ** min(notice.tries - 1, 20), LONGEST_PAUSE)
        again = now + pause if now + pause < notice.created_at + GIVE_UP else None
        self._note(notice.id, {"state": "waiting" if again else "given up", "next_try_at": again, "error": error})
        return again

    def _note(self, notice_id: str, told: Mapping[str, Any]) -> None:
        with begun(self.engine) as connection:
            connection.execute(
                update(notices).where(notices.c.id == notice_id, notices.c.state == "waiting").values(told)
            )


def _due(now: datetime) -> Any:
    return and_(notices.c.state == "waiting", notices.c.next_try_at <= now)
