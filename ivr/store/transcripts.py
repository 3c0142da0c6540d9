"""Which recordings are being written down: each once, tried again for a day; the words are sealed in its own row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Engine, Index, Integer, String, Table, Text, and_, or_, select, update

from ivr.store.engine import begun, opened
from ivr.store.tables import INSERT, Moment, messages, meta

WRITTEN: Final = ("message", "remark")  # A talk is written down by nobody.
LEASE: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(hours=24)

transcripts = Table(
    "transcripts",
    meta,
    Column("message_id", String(32), primary_key=True),
    # waiting, done, given up.
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("error", Text),
    Index(None, "state", "next_try_at"),
)


@dataclass(frozen=True, slots=True)
class Transcripts:
    """The keeping of what was said in recordings."""

    engine: Engine

    def due(self, now: datetime, limit: int = 20) -> list[str]:
        """Return the ids of recordings of the last day that are to be written down by now, the earliest first."""
        begun_by_nobody = transcripts.c.message_id.is_(None)
        here = and_(messages.c.state == "fetched", messages.c.kind.in_(WRITTEN), messages.c.transcript.is_(None))
        query = (
            select(messages.c.id)
            .outerjoin(transcripts, transcripts.c.message_id == messages.c.id)
            .where(here, messages.c.created_at > now - GIVE_UP, or_(begun_by_nobody, _due(now)))
            .order_by(messages.c.created_at)
            .limit(limit)
        )
        with opened(self.engine) as connection:
            return list(connection.scalars(query))

    def claim(self, message_id: str, now: datetime) -> int | None:
        """Take one in hand for five minutes; return which try this is, None where another has it."""
        with begun(self.engine) as connection:
            told = {"message_id": message_id, "state": "waiting", "tries": 1, "next_try_at": now + LEASE}
            insert = INSERT[connection.dialect.name](transcripts).values(told)
            again = {"tries": transcripts.c.tries + 1, "next_try_at": now + LEASE}
            mine = insert.on_conflict_do_update(index_elements=["message_id"], set_=again, where=_due(now))
            tries: int | None = connection.scalar(mine.returning(transcripts.c.tries))
        return tries

    def done(self, message_id: str, text: str) -> None:
        """Keep what was said, unless the recording was erased meanwhile."""
        with begun(self.engine) as connection:
            here = and_(messages.c.id == message_id, messages.c.state == "fetched")
            connection.execute(update(messages).where(here).values(transcript=text))
            self._note(connection, message_id, {"state": "done", "next_try_at": None, "error": None})

    def failed(self, message_id: str, tries: int, error: str, since: datetime | None, now: datetime) -> datetime | None:
        """Write down why it was not; return when to try again.

        Never (None) where it is a day old that was recorded `since` then, or where that is None.
        """
        pause: timedelta = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
        again = now + pause if since and now + pause < since + GIVE_UP else None
        told = {"state": "waiting" if again else "given up", "next_try_at": again, "error": error}
        with begun(self.engine) as connection:
            self._note(connection, message_id, told)
        return again

    def _note(self, connection: Any, message_id: str, told: dict[str, Any]) -> None:
        connection.execute(update(transcripts).where(transcripts.c.message_id == message_id).values(told))


def _due(now: datetime) -> Any:
    return and_(transcripts.c.state == "waiting", transcripts.c.next_try_at <= now)
