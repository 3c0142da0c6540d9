"""Which day's report was mailed: each once, whichever process does it, and again where it did not go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Engine, Integer, String, Table, select, update

from ivr.store.engine import begun, opened
from ivr.store.tables import INSERT, Moment, meta

PAUSES: Final = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
IN_HAND: Final = timedelta(minutes=10)  # A process that died in the middle is given up after so long.

mails = Table(
    "mails",
    meta,
    # The day that is reported, 2026-11-26; sending, sent, or given up after the last try.
    Column("day", String(10), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Mails:
    """Keeps which reports were mailed."""

    engine: Engine

    def due(self, day: str, now: datetime) -> bool:
        """Return whether the report of a day is to be mailed now."""
        with opened(self.engine) as connection:
            row = connection.execute(select(mails).where(mails.c.day == day)).first()
        return row is None or (row.state == "sending" and row.next_try_at <= now)

    def claim(self, day: str, now: datetime) -> int | None:
        """Take the report of a day in hand; return which try this is, None where it is not due, or another has it."""
        told = {"state": "sending", "next_try_at": now + IN_HAND}
        with begun(self.engine) as connection:
            insert = INSERT[connection.dialect.name](mails).values(day=day, tries=1, **told)
            if connection.scalar(insert.on_conflict_do_nothing().returning(mails.c.tries)):
                return 1
            theirs = (mails.c.day == day) & (mails.c.state == "sending") & (mails.c.next_try_at <= now)
            again = update(mails).where(theirs).values(tries=mails.c.tries + 1, **told)
            tries: int | None = connection.scalar(again.returning(mails.c.tries))
        return tries

    def sent(self, day: str) -> None:
        """Note that it went."""
        self._note(day, {"state": "sent"})

    def failed(self, day: str, tries: int, now: datetime) -> bool:
        """Note that it did not go; return whether it is tried again."""
        if tries > len(PAUSES):
            self._note(day, {"state": "given up"})
            return False
        self._note(day, {"next_try_at": now + PAUSES[tries - 1]})
        return True

    def _note(self, day: str, told: Mapping[str, Any]) -> None:
        with begun(self.engine) as connection:
            connection.execute(update(mails).where(mails.c.day == day).values(told))
