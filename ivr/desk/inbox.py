"""The inbox: messages and call backs as work, with an owner and a time by which it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, update

from ivr.desk.places import OPEN, Place, places
from ivr.desk.talks import wrapped
from ivr.store.desk_tables import line
from ivr.store.engine import opened

WORK: Final = ("message", "callback")
LATEST: Final = 100


@dataclass(frozen=True, slots=True)
class Inbox:
    """Keeps whose work it is, and what came of it."""

    engine: Engine
    now: Callable[[], datetime]

    def work(self, owner: str | None = None, open: bool = True) -> list[Place]:
        """Return the work there is, the soonest due first; or that which is done, or failed, the latest first."""
        query = places().where(line.c.kind.in_(WORK), line.c.state.in_(OPEN) if open else line.c.state.not_in(OPEN))
        if owner:
            query = query.where(line.c.owner == owner)
        query = query.order_by(line.c.due_at if open else line.c.ended_at.desc(), line.c.id)
        with opened(self.engine) as connection:
            return [Place(**row) for row in connection.execute(query if open else query.limit(LATEST)).mappings()]

    def assign(self, place: str, owner: str | None) -> bool:
        """Give work to an agent, whom alone it is then offered to, or to everybody; False where somebody is at it."""
        waits = (line.c.id == place) & (line.c.state == "waiting") & line.c.kind.in_(WORK)
        with self.engine.begin() as connection:
            return connection.execute(update(line).where(waits).values(owner=owner)).rowcount == 1

    def close(self, place: str, agent: str, code: str, note: str) -> bool:
        """Have work be done that nobody is at; False where somebody is, or it is done already."""
        now = self.now()
        told = {"state": "done", "ended_at": now, "done_by": agent, "closed_code": code}
        waits = (line.c.id == place) & line.c.state.in_(("waiting", "failed")) & line.c.kind.in_(WORK)
        with self.engine.begin() as connection:
            if connection.execute(update(line).where(waits).values(told)).rowcount != 1:
                return False
            wrapped(connection, place, agent, code, note, None, now)
        return True
